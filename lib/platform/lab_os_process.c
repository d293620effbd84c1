/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The identity of a process, and whether it has ended.
 *
 * A process id is used again, means something else in another PID namespace, and stays when the
 * process executes another program. The time at which a process started is shown differently in
 * another time namespace. So an identity has the id, and fingerprints of the start and of where the
 * kernel put the program's stack, which is elsewhere after each exec; and its home says in which
 * namespaces these can be compared. Where they cannot be compared, it is unknown whether a process
 * has ended: a pidfd alone says so, or a /proc of which the kernel is asked by that pidfd. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lab_lcore.h>
#include <lab_os.h>
#include <lab_os_text.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Of /proc/PID/stat, behind the name of the program: that may hold blanks and brackets. */
#define FIELDS_TO_START                                                                            \
    "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d"
#define FIELDS_TO_STACK "%*u %*d %*u %*u %*u"

/* An identity: the id << PID_SHIFT | print of the start << START_SHIFT | print of the stack. */
#define PRINT_BITS 21
#define PRINT_MASK ((UINT64_C(1) << PRINT_BITS) - 1)
#define START_SHIFT PRINT_BITS
#define PID_SHIFT (64 - LAB_OS_PID_BITS)

/* A home: the PID namespace's number, which has 32 bits, << 32 | the time namespace's. */
#define PID_NAMESPACE_SHIFT 32

/* The facts that /proc shows of a process. */
struct facts {
    uint64_t start;
    uint64_t stack; /* 0: not to this caller */
};

/* Reads a file of /proc as text; nothing else that was mounted there counts. */
static int read_proc(const char *path, char *text, size_t size)
{
    int err = lab_os_read_text(AT_FDCWD, path, text, size);
    struct statfs system;

    if (err == 0 && (statfs(path, &system) != 0 || (uint64_t)system.f_type != PROC_SUPER_MAGIC))
        err = -ENOTSUP;
    return err;
}

/* `pid` as this /proc has it. By way of its first thread, as which the kernel lists the process
 * itself: emulators change what stands in /proc/PID/stat. */
static int read_facts(int pid, struct facts *ret_facts)
{
    char path[64], line[1024];
    const char *behind_name;
    int err;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, pid);
    err = read_proc(path, line, sizeof(line));
    if (err != 0)
        return err;
    behind_name = strrchr(line, ')');
    if (behind_name == NULL)
        return -ESRCH; /* it ended while its line was read */
    return sscanf(behind_name, ") " FIELDS_TO_START " %" SCNu64 " " FIELDS_TO_STACK " %" SCNu64,
                  &ret_facts->start, &ret_facts->stack) == 2
               ? 0
               : -EIO;
}

/* The caller, as a directory of /proc. Its first thread, whose "self" is, may have ended. */
#define HERE "thread-self"

/* The number of a namespace of a process, or of HERE. Needs no file descriptor. */
static int read_namespace(const char *process, const char *kind, uint64_t *ret_number)
{
    struct statfs system;
    struct stat status;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, kind);
    if (stat(path, &status) != 0 || statfs(path, &system) != 0)
        return -errno;
    if ((uint64_t)system.f_type != NSFS_MAGIC)
        return -ENOTSUP;
    *ret_number = (uint32_t)status.st_ino;
    return 0;
}

static int read_home(const char *process, uint64_t *ret_home)
{
    uint64_t pids, times = 0;
    int err = read_namespace(process, "pid", &pids);

    if (err == 0) {
        err = read_namespace(process, "time", &times);
        if (err == -ENOENT) /* a kernel that has one time for all */
            err = 0;
    }
    if (err == 0)
        *ret_home = pids << PID_NAMESPACE_SHIFT | times;
    return err;
}

/* Of a value, in a home; 0 is that of 0 alone, and none has all bits. */
static uint64_t print_of(uint64_t value, uint64_t home)
{
    uint64_t mixed = value ^ home * UINT64_C(0x9e3779b97f4a7c15);

    if (value == 0)
        return 0;
    mixed = (mixed ^ mixed >> 33) * UINT64_C(0xff51afd7ed558ccd);
    mixed = (mixed ^ mixed >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (mixed ^ mixed >> 33) % (PRINT_MASK - 1) + 1;
}

static uint64_t identity_of(int pid, const struct facts *facts, uint64_t home)
{
    return (uint64_t)pid << PID_SHIFT | print_of(facts->start, home) << START_SHIFT |
           print_of(facts->stack, home);
}

static int read_self(struct lab_os_process *ret_self)
{
    char number[16] = "";
    struct facts facts;
    int pid = getpid(), shown, err;

    if (pid < 0) /* a filter refuses even that */
        return -errno;
    /* /proc may be of an outer PID namespace, and have another number for this process. */
    if (readlink("/proc/self", number, sizeof(number) - 1) < 0)
        return -errno;
    if (sscanf(number, "%d", &shown) != 1)
        return -ENOTSUP;
    err = read_home(HERE, &ret_self->home);
    if (err == 0)
        err = read_facts(shown, &facts);
    if (err == 0)
        ret_self->identity = identity_of(pid, &facts, ret_self->home);
    return err;
}

void lab_os_process_self(struct lab_os_process *ret_self)
{
    uint64_t drawn;

    if (read_self(ret_self) == 0)
        return;
    if (getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK) != (ssize_t)sizeof(drawn))
        drawn = lab_os_clock_ns() ^ (uint64_t)(uintptr_t)&drawn;
    ret_self->identity = (uint64_t)getpid() << PID_SHIFT | drawn >> LAB_OS_PID_BITS;
    ret_self->home = 0;
}

/* A descriptor of the process that has an id; -ESRCH when none has it. That of a thread may be in
 * use, for which kernels say so in other ways, and a filter in any. */
static int open_process(int pid)
{
    int process = (int)syscall(SYS_pidfd_open, pid, 0u);
    int err = errno;

    if (process >= 0)
        return process;
    if ((err == ESRCH || err == ENOENT || err == EINVAL) && syscall(SYS_tgkill, pid, pid, 0) != 0 &&
        errno == ESRCH)
        return -ESRCH;
    return err == ESRCH ? -EAGAIN : -err;
}

/* Whether what open_process gave has ended: the kernel lets one wait for that, as for input. */
static int has_ended(int process)
{
    struct pollfd end = {.fd = process, .events = POLLIN};
    int n = poll(&end, 1, 0);

    return n < 0 ? -errno : n;
}

/* The number of a pidfd's process in this /proc, whichever namespace that is of. */
static int find_in_proc(int process, int *ret_pid)
{
    char path[64], text[512];
    const char *line;
    int err;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", process);
    err = read_proc(path, text, sizeof(text));
    if (err != 0)
        return err;
    line = strstr(text, "\nPid:");
    if (line == NULL || sscanf(line, "\nPid: %d", ret_pid) != 1)
        return -ENOTSUP;
    return *ret_pid > 0 ? 0 : -EXDEV;
}

/* The facts of the process that has an id, and its home (or NULL); -ESRCH when none has it. */
static int read_living(int pid, struct facts *ret_facts, uint64_t *ret_home)
{
    int process = open_process(pid), shown, ended, err;
    char number[16];

    if (process < 0)
        return process;
    err = find_in_proc(process, &shown);
    if (err == 0) {
        snprintf(number, sizeof(number), "%d", shown);
        if (ret_home != NULL)
            err = read_home(number, ret_home);
        if (err == 0)
            err = read_facts(shown, ret_facts);
    }
    /* A process that has not ended by now had the id, and its place in /proc, all the time. */
    ended = has_ended(process);
    close(process);
    if (ended != 0)
        return ended < 0 ? ended : -ESRCH;
    return err == -ENOENT || err == -ESRCH ? -EACCES : err; /* it lives, and /proc hides it */
}

int lab_os_process(int pid, uint64_t *ret_identity)
{
    struct lab_os_process self = {0};
    struct facts facts;
    uint64_t here, home;
    int err;

    if (pid == 0 || pid == getpid()) {
        err = read_self(&self);
        if (err == 0)
            *ret_identity = self.identity;
        return err;
    }
    if (pid < 0 || (uint64_t)pid >> LAB_OS_PID_BITS != 0)
        return -ESRCH;
    err = read_living(pid, &facts, &home);
    if (err == 0)
        err = read_home(HERE, &here);
    if (err == 0 && home != here)
        err = -EXDEV;
    if (err == 0 && facts.stack == 0)
        err = -EACCES;
    if (err == 0)
        *ret_identity = identity_of(pid, &facts, home);
    return err;
}

/* Whether what has the id of a process, and lives, is that process: 1, 0, or -errno. */
static int compare(const struct lab_os_process *process, const struct facts *facts)
{
    uint64_t start = process->identity >> START_SHIFT & PRINT_MASK;
    uint64_t stack = process->identity & PRINT_MASK, here;
    int err;

    /* Another program, or another process, if both are known. */
    if (stack != 0 && facts->stack != 0 && stack != print_of(facts->stack, process->home))
        return 0;
    err = read_home(HERE, &here);
    if (err != 0)
        return err;
    if ((uint32_t)here != (uint32_t)process->home)
        return -EXDEV;
    return start == print_of(facts->start, process->home);
}

int lab_os_process_runs(const struct lab_os_process *process, uint64_t own_home)
{
    struct facts facts;
    int err;

    if (process->home == 0 || (process->home ^ own_home) >> PID_NAMESPACE_SHIFT != 0)
        return -EXDEV;
    err = read_living(lab_os_process_pid(process->identity), &facts, NULL);
    if (err != 0)
        return err == -ESRCH ? 0 : err;
    return compare(process, &facts);
}

void lab_os_yield(void)
{
    (void)sched_yield();
}

int lab_os_process_pid(uint64_t identity)
{
    return (int)(identity >> PID_SHIFT);
}
