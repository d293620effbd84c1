/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Who a process is. Ids are used again, so the id alone does not tell. */

#include <errno.h>
#include <inttypes.h>
#include <lab_os.h>
#include <stdio.h>
#include <string.h>
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

int lab_os_process_pid(uint64_t identity)
{
    return (int)(identity >> (64 - LAB_OS_PID_BITS));
}
