/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WORLDS_H
#define WORLDS_H

/* Processes that see others wrongly, or are seen wrongly: in namespaces of their own, without a
 * /proc, without file descriptors, without a system call. */

#include "unit.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef CLONE_NEWTIME /* glibc 2.37 */
#define CLONE_NEWTIME 0x00000080
#endif

/* A world is entered by the caller or, where it is a namespace of processes, by its next child. 0,
 * or -errno where this machine or this user may not. */
typedef int world(void);

static inline int plain_world(void)
{
    return 0;
}

static inline int other_pids(void)
{
    return unshare(CLONE_NEWPID) == 0 ? 0 : -errno;
}

/* A clock that is ahead of the others'. */
static inline int other_time(void)
{
    static const char offset[] = "boottime 1000000 0\n";
    int file, err;

    if (unshare(CLONE_NEWTIME) != 0)
        return -errno;
    file = open("/proc/self/timens_offsets", O_WRONLY);
    if (file < 0)
        return -errno;
    err = write(file, offset, sizeof(offset) - 1) < 0 ? -errno : 0;
    close(file);
    return err;
}

static inline int mount_own_proc(const char *options)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", 0, options) != 0)
        return -errno;
    return 0;
}

/* As another user, whom /proc does not show the processes of others. */
static inline int hidden_processes(void)
{
    int err = mount_own_proc("hidepid=2");

    if (err != 0)
        return err;
    return setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0 ? 0 : -errno;
}

/* The mount at /proc is no proc. */
static inline int no_proc(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/proc", "tmpfs", 0, NULL) != 0)
        return -errno;
    return 0;
}

/* The kernel's count of memory cannot be read. */
static inline int no_meminfo(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("/dev/null", "/proc/meminfo", NULL, MS_BIND, NULL) != 0)
        return -errno;
    return 0;
}

static inline int no_descriptors(void)
{
    struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_NOFILE, &none) == 0 ? 0 : -errno;
}

/* A filter that refuses a system call. */
static inline int without_call(unsigned call)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return -errno;
    return 0;
}

static inline int no_pidfd_open(void)
{
    return without_call(SYS_pidfd_open);
}

static inline int no_readlinkat(void)
{
    return without_call(SYS_readlinkat);
}

static inline int no_getpid(void)
{
    return without_call(SYS_getpid);
}

/* Memory that the processes of a test share. */
static inline void *shared_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(memory != MAP_FAILED);
    return memory;
}

/* A process that lives in a world until it is ended. */
struct resident {
    pid_t host; /* a process of the test's own world, which waits for the other */
    volatile struct {
        pid_t pid;   /* of the resident, in the test's world */
        int refused; /* -errno: the world could not be entered */
        bool settled;
    } * shared;
};

static inline void host_resident(struct resident *resident, world *enter, int (*body)(void *),
                                 void *argument)
{
    int err = enter();
    pid_t pid;

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody outlives a test that fails */
    if (err != 0) {
        resident->shared->refused = err;
        _exit(0);
    }
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (body(argument) != 0)
            _exit(1);
        resident->shared->settled = true;
        for (;;)
            pause();
    }
    resident->shared->pid = pid;
    _exit(pid > 0 && waitpid(pid, NULL, 0) == pid ? 0 : 1);
}

/* body(argument) is to return 0 there. */
static inline struct resident settle_later(world *enter, int (*body)(void *), void *argument)
{
    struct resident resident = {.shared = shared_memory(sizeof(*resident.shared))};

    resident.host = fork();
    assert_true(resident.host >= 0);
    if (resident.host == 0)
        host_resident(&resident, enter, body, argument);
    return resident;
}

/* Returns when it has. */
static inline void wait_until_settled(struct resident *resident)
{
    int status;

    while (!resident->shared->settled) {
        if (waitpid(resident->host, &status, WNOHANG) == resident->host) {
            int refused = resident->shared->refused;

            munmap((void *)resident->shared, sizeof(*resident->shared));
            if (refused != 0)
                skip_because("no such world here: %s", strerror(-refused));
            fail_msg("the resident ended before it had settled");
        }
        usleep(1000);
    }
    while (resident->shared->pid == 0)
        usleep(1000);
}

static inline struct resident settle(world *enter, int (*body)(void *), void *argument)
{
    struct resident resident = settle_later(enter, body, argument);

    wait_until_settled(&resident);
    return resident;
}

/* It has ended, and has been waited for, when this returns. */
static inline void end(struct resident *resident)
{
    int status;

    assert_int_equal(kill(resident->shared->pid, SIGKILL), 0);
    assert_int_equal(waitpid(resident->host, &status, 0), resident->host);
    assert_exited_with(0, status);
    munmap((void *)resident->shared, sizeof(*resident->shared));
}

/* Runs body(argument) in a child that has entered a world itself. Skips where it cannot. */
#define ENTERED_NOT 78
struct visit {
    world *enter;
    int (*body)(void *);
    void *argument;
};

static inline int visit_body(void *argument)
{
    const struct visit *visit = argument;

    return visit->enter() != 0 ? ENTERED_NOT : visit->body(visit->argument);
}

static inline int visit_world(world *enter, int (*body)(void *), void *argument)
{
    struct visit visit = {enter, body, argument};
    int status = status_of_child(visit_body, &visit);

    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == ENTERED_NOT)
        skip_because("no such world here");
    return WEXITSTATUS(status);
}

#endif
