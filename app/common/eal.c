/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "eal.h"

#include "device.h"
#include "eal_log.h"
#include "hugepages.h"
#include "memory.h"
#include "message.h"
#include "plugin.h"
#include "status.h"
#include "stop.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define MAX_OWN 16
#define PATIENCE_S 2 /* with an EAL that does not come back after a signal */
#define NO_DIRECTORY "/dev/null"

/* The EAL's command line. It keeps pointers into it, so it lives as long as the program. */
static struct {
    char **argv;
    int argc;
    char lcores[16 * RTE_MAX_LCORE];
    char memory[32];
    char prefix[64];
    char farewell[96];
    bool own_prefix;
    bool starting;
    bool running;
} eal;

static void add(const char *word)
{
    eal.argv[eal.argc++] = (char *)(uintptr_t)word;
}

/* Whether one of the options is given that begin with a word of the list. */
static bool is_given(const struct eal_words *user, const char *const words[])
{
    for (int i = 0; i < user->n; i++) {
        for (size_t j = 0; words[j] != NULL; j++) {
            if (strncmp(user->words[i], words[j], strlen(words[j])) == 0)
                return true;
        }
    }
    return false;
}

static void add_lcores(const struct eal_request *request)
{
    static const char *const words[] = {"-l", "-c", "--lcores", "-s", "-S", NULL};

    if (is_given(&request->user, words))
        return;
    snprintf(eal.lcores, sizeof(eal.lcores), "--lcores=%s", request->lcores);
    add(eal.lcores);
}

/* From the budget of which the program has had some already. */
static bool take_ordinary_memory(uint64_t bytes, const char *memory_advice)
{
    char taken[64] = "";

    if (memory_take(bytes))
        return true;
    if (memory_taken() >= MIB)
        snprintf(taken, sizeof(taken), ", less %" PRIu64 " MiB that are taken already",
                 memory_taken() / MIB);
    complain("%" PRIu64 " MiB are needed of ordinary memory, of which %" PRIu64
             " MiB may be used (eight tenths of what is available%s): %s",
             bytes / MIB, memory_left() / MIB, taken, memory_advice);
    return false;
}

static bool add_ordinary_memory(const struct eal_request *request)
{
    size_t bytes = request->ordinary_bytes;

    if (!take_ordinary_memory(bytes, request->memory_advice))
        return false;
    snprintf(eal.memory, sizeof(eal.memory), "%zu", (bytes + MIB - 1) / MIB);
    add("--no-huge");
    add("--no-shconf"); /* what --in-memory means here: the EAL does not allow both */
    add("-m");
    add(eal.memory);
    return true;
}

/* With the user's own words for ordinary memory, of which the pool touches what it needs. */
static bool take_for_user(const struct eal_request *request)
{
    static const char *const words[] = {"--no-huge", NULL};
    const struct eal_words *user = &request->user;
    uint64_t mib = 64; /* the EAL's own choice */

    if (!is_given(user, words))
        return true;
    for (int i = 0; i < user->n; i++) {
        const char *word = user->words[i];

        if (strcmp(word, "-m") == 0 && i + 1 < user->n)
            mib = strtoull(user->words[i + 1], NULL, 10);
        else if (strncmp(word, "-m", 2) == 0)
            mib = strtoull(word + 2, NULL, 10);
    }
    return mib < request->ordinary_bytes / MIB ||
           take_ordinary_memory(request->ordinary_bytes, request->memory_advice);
}

static bool add_memory(const struct eal_request *request)
{
    size_t free_bytes = hugepages_free_bytes(), need_bytes = request->huge_bytes;
    struct lab_error refusal;
    char command[96];

    if (free_bytes < need_bytes) {
        hugepages_advice(command, sizeof(command), need_bytes - free_bytes);
        note("on ordinary memory: %zu MiB of huge pages are needed, %zu MiB are free: %s",
             (need_bytes + MIB - 1) / MIB, free_bytes / MIB, command);
    } else if (hugepages_granted(need_bytes, &refusal)) {
        add("--in-memory");
        /* And no hugetlbfs: whatever is mounted would be opened and locked, though nothing is made
         * there, and may be locked by another program for as long as it likes. */
        add("--huge-dir=" NO_DIRECTORY);
        return true;
    } else {
        note("on ordinary memory: %s", refusal.message);
    }
    return add_ordinary_memory(request);
}

/* PCI devices are nothing that a tool should take from others unless it is told to. */
static void add_no_pci(const struct eal_request *request)
{
    static const char *const words[] = {"-a", "--allow", "-b", "--block", "--no-pci", NULL};

    if (!is_given(&request->user, words))
        add("--no-pci");
}

static bool add_own(const struct eal_request *request)
{
    /* A name of its own: the directory that the EAL makes can be removed without asking who
     * else uses it. */
    snprintf(eal.prefix, sizeof(eal.prefix), "--file-prefix=%s-%d", program_invocation_short_name,
             (int)getpid());
    eal.own_prefix = true;
    add("--no-telemetry");
    add("--log-level=error");
    eal_log_without_directory();
    add(eal.prefix);
    return add_memory(request);
}

/* The EAL makes a directory for its sockets and files even when it is to have none. That of root
 * lies in one that belongs to the machine; anybody else's, in one that it made as well, and which
 * would be in the way of the next user where that is /tmp. */
static void remove_directory(void)
{
    char path[PATH_MAX];

    if (!eal.own_prefix)
        return;
    snprintf(path, sizeof(path), "%s", rte_eal_get_runtime_dir());
    rmdir(path);
    if (getuid() != 0)
        rmdir(dirname(path));
}

/* The EAL of DPDK 25.11 ends the program itself at an option that it does not know. Drivers for
 * hardware that is not there have been seen to call exit(), one of them with 0. */
static void at_exit(int status, void *unused)
{
    if (eal.starting && status == -EINVAL) {
        complain("the EAL does not start: it refuses an option, named above");
        _exit(EXIT_USAGE);
    }
    if (!eal.running)
        return;
    complain("a driver of DPDK's has ended the program");
    _exit(EXIT_FAILURE);
}

/* The advice, as far as the EAL's words show one. */
static const char *advice(const struct eal_request *request, int error)
{
    static const char *const ordinary_words[] = {"--no-huge", NULL};
    static char text[sizeof(((struct lab_error *)NULL)->message) + 64];
    const struct eal_words *user = &request->user;
    struct lab_error refusal;
    struct rlimit limit;

    if (error == ENOMEM && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        return ": it wants more address space than is allowed: `ulimit -v unlimited`";
    if (user->n == 0)
        return "";
    if (error == ENOMEM && !is_given(user, ordinary_words) &&
        !hugepages_granted(request->huge_bytes, &refusal)) {
        snprintf(text, sizeof(text), " (have --no-huge before \"--\", for %s)", refusal.message);
        return text;
    }
    if (error == EACCES)
        return " (with no hugetlbfs mounted, have --in-memory before \"--\"; with no huge pages, "
               "--no-huge)";
    return " (its options are those before \"--\")";
}

/* Called by libnuma, in the place of a function of its own that prints each refusal of the kernel.
 * The build exports it. */
void numa_error(char *where);
void numa_error(char *where)
{
    static bool is_reported;

    if (!is_reported)
        note("memory is on whatever NUMA nodes the kernel takes: %s: %s", where, strerror(errno));
    is_reported = true;
}

/* A signal has come, and the EAL still waits: for the lock of a directory, as long as another
 * program has it. */
static void on_alarm(int number)
{
    ssize_t written = write(STDERR_FILENO, eal.farewell, strlen(eal.farewell));

    (void)written;
    remove_directory();
    _exit(EXIT_FAILURE);
}

/* Where no thread or descriptor is left for an lcore, the EAL does not return: it prints a trace of
 * the stack and aborts. */
static void on_abort(int number)
{
    static const char text[] =
        ": the EAL has given up, and says why above; it does so where a thread or a pipe for an "
        "lcore is refused (`ulimit -u`, `ulimit -n`, a control group's pids.max)\n";
    const char *name = program_invocation_short_name;
    ssize_t written = write(STDERR_FILENO, name, strlen(name));

    written += write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)written;
    remove_directory();
    _exit(EXIT_FAILURE);
}

/* Signals that end a program at once, and none that the EAL needs. */
static void hold_signals(sigset_t *ret_before)
{
    static const int numbers[] = {SIGVTALRM, SIGPROF, SIGIO, SIGPWR};
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaddset(&held, numbers[i]);
    pthread_sigmask(SIG_BLOCK, &held, ret_before);
}

/* rte_eal_init(), which a signal ends when it does not come back. The directory goes as soon as it
 * is made, for nothing lies in it: so nothing stays, however the program ends. */
static int initialise(void)
{
    struct sigaction alarm_action = {.sa_handler = on_alarm}, alarm_before;
    struct sigaction abort_action = {.sa_handler = on_abort}, abort_before;
    sigset_t signals_before;
    int rc;

    snprintf(eal.farewell, sizeof(eal.farewell), "%s: interrupted while the EAL started\n",
             program_invocation_short_name);
    sigaction(SIGALRM, &alarm_action, &alarm_before);
    sigaction(SIGABRT, &abort_action, &abort_before);
    hold_signals(&signals_before);
    stop_within(PATIENCE_S);
    eal.starting = true;
    rc = rte_eal_init(eal.argc, eal.argv);
    eal.starting = false;
    stop_within(0);
    remove_directory();
    pthread_sigmask(SIG_SETMASK, &signals_before, NULL);
    sigaction(SIGALRM, &alarm_before, NULL);
    sigaction(SIGABRT, &abort_before, NULL);
    return rc;
}

/* Without, the EAL knows no CPU, and calls all words about them wrong. */
static bool may_see_cpus(void)
{
    static const char path[] = "/sys/devices/system/cpu";

    if (access(path, R_OK) == 0)
        return true;
    complain("DPDK finds no CPU: %s: %s: `mount -t sysfs sysfs /sys`", path, strerror(errno));
    return false;
}

int eal_start(const struct eal_request *request)
{
    const struct eal_words *user = &request->user;
    static const char *const plugin_words[] = {"-d", NULL};
    int rc, error;

    /* A write beyond a limit fails, and is reported. */
    (void)signal(SIGXFSZ, SIG_IGN);

    if (!may_see_cpus() || (!is_given(user, plugin_words) && !plugin_load()))
        return -ENOENT;
    eal.argv = calloc((size_t)user->n + MAX_OWN, sizeof(*eal.argv));
    if (eal.argv == NULL)
        return -ENOMEM;
    add(program_invocation_short_name);
    add_lcores(request);
    add_no_pci(request);
    if (device_words_only(user) ? !add_own(request) : !take_for_user(request))
        return -ENOMEM;
    for (int i = 0; i < user->n; i++)
        add(user->words[i]);

    if (on_exit(at_exit, NULL) != 0)
        return -ENOMEM;
    rc = initialise();
    if (rc >= 0 && rc + 1 < eal.argc) {
        /* getopt has moved what is no option to the end. */
        complain("%s stands before \"--\", and is no option of the EAL", eal.argv[rc + 1]);
        eal_stop();
        return -EINVAL;
    }
    if (rc >= 0) {
        eal.running = true;
        return 0;
    }
    error = rte_errno;
    if (device_complain(user))
        return -ENODEV;
    complain("the EAL does not start: %s%s", rte_strerror(error), advice(request, error));
    return user->n > 0 && error == EINVAL ? -EINVAL : -EIO;
}

void eal_stop(void)
{
    eal.running = false;
    rte_eal_cleanup();
}
