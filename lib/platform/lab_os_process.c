/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Who a process is. Ids are used again, so the id alone does not tell. */

#include <errno.h>
#include <inttypes.h>
#include <lab_os.h>
#include <lab_process.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of /proc/PID/stat, behind the name of the program: that may hold blanks and brackets. */
#define FIELDS_TO_START                                                                            \
    "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d"

static int read_start_time(int pid, uint64_t *ret_start)
{
    char path[32], line[1024];
    const char *behind_name = NULL;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT ? -ESRCH : -errno;
    if (fgets(line, sizeof(line), file) != NULL)
        behind_name = strrchr(line, ')');
    fclose(file);
    if (behind_name == NULL)
        return -ESRCH; /* it ended while its line was read */
    return sscanf(behind_name, ") " FIELDS_TO_START " %" SCNu64, ret_start) == 1 ? 0 : -EIO;
}

int lab_os_process(int pid, uint64_t *ret_identity)
{
    uint64_t start;
    int err;

    if (pid == 0)
        pid = getpid();
    if (pid < 0 || (uint64_t)pid >> LAB_OS_PID_BITS != 0)
        return -ESRCH;
    err = read_start_time(pid, &start);
    if (!err)
        *ret_identity =
            (uint64_t)pid << (64 - LAB_OS_PID_BITS) | (start & (UINT64_MAX >> LAB_OS_PID_BITS));
    return err;
}

/* Whether what pidfd_open gave has ended: the kernel lets one wait for that, as for input. */
static int has_ended(int file)
{
    struct pollfd end = {.fd = file, .events = POLLIN};
    int n = poll(&end, 1, 0);

    return n < 0 ? -errno : n;
}

int lab_os_process_runs(uint64_t identity)
{
    int file = (int)syscall(SYS_pidfd_open, lab_os_process_pid(identity), 0u);
    uint64_t found;
    int err;

    if (file < 0)
        return errno == ESRCH ? 0 : -errno;
    /* From here on the id is not used again: is it still the same process? */
    err = lab_os_process(lab_os_process_pid(identity), &found);
    if (err == 0 && found == identity)
        err = has_ended(file);
    else if (err == 0 || err == -ESRCH)
        err = 1;
    close(file);
    return err < 0 ? err : !err;
}

void lab_os_yield(void)
{
    (void)sched_yield();
}

int lab_os_process_pid(uint64_t identity)
{
    return (int)(identity >> (64 - LAB_OS_PID_BITS));
}
