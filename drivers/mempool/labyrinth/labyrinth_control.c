/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The telemetry commands that change something: the audit's level, what idle lcores keep to
 * themselves, what the dead held. The program opts in by control=on, and none but its own user may
 * connect.
 *
 * They run in telemetry's thread. No get or put waits for them: the level is a word that calls look
 * at, and a private part is revoked as by any get that starves. The freeing of a mempool waits, and
 * so does a reclaim of reclaim=auto. */

#include <errno.h>
#include <inttypes.h>
#include <lab_audit.h>
#include <lab_intercept.h>
#include <lab_os.h>
#include <lab_pool_core.h>
#include <pthread.h>
#include <rte_eal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "labyrinth_driver.h"
#include "labyrinth_plain.h"
#include "labyrinth_site.h"

#define LOGS_MAX 10u /* in one second */

static bool is_on;

/* One command at a time, of the ten that telemetry serves. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct command {
    const char *name; /* of the mempool, as the program has it or as it is listed */
    bool (*run)(struct rte_mempool *mp, struct command *command);
    struct rte_tel_data *data;
    bool found, done;

    enum lab_audit_level level;
    uint32_t sample; /* 0: as it was */
};

/* Telemetry has room for 127 characters. */
static void say_error(const struct command *command, const char *text)
{
    rte_tel_data_add_dict_string(command->data, "error", text);
}

/* A change is the program's own business: its log has it. */
static bool may_log(void)
{
    static uint64_t second, logged;
    uint64_t now = lab_os_clock_ns() / UINT64_C(1000000000);

    if (now != second)
        logged = 0;
    second = now;
    return logged++ < LOGS_MAX;
}

#define CONTROL_LOG(format, ...)                                                                   \
    do {                                                                                           \
        if (may_log())                                                                             \
            LABYRINTH_LOG(NOTICE, format " (telemetry)", ##__VA_ARGS__);                           \
    } while (0)

static bool run_audit(struct rte_mempool *mp, struct command *command)
{
    struct lab_pool *pool = labyrinth_pool_of(mp);
    struct lab_pool_audit_stats before, after;

    lab_pool_audit_stats(pool, &before);
    if (!before.records) {
        say_error(command, "there are no records: start the program with "
                           "LABYRINTH_OPTIONS=audit=off:control=on");
        return false;
    }
    if (command->sample != 0)
        (void)lab_pool_set_sample(pool, command->sample);
    if (lab_pool_set_audit(pool, command->level) != 0)
        return false;
    lab_pool_audit_stats(pool, &after);
    CONTROL_LOG("mempool %s: the audit is at level %s now, it was %s", mp->name,
                labyrinth_level_names[after.level], labyrinth_level_names[before.level]);
    labyrinth_telemetry_add_level(&after, command->data);
    rte_tel_data_add_dict_string(command->data, "was", labyrinth_level_names[before.level]);
    if (after.level != LAB_AUDIT_OFF)
        rte_tel_data_add_dict_u64(command->data, "cache_size", labyrinth_cache_size(mp));
    return true;
}

static uint64_t count_private(const struct lab_pool *pool)
{
    uint64_t n = 0;

    for (uint32_t lcore = 0; lcore < pool->lcores; lcore++) {
        struct lab_pool_lcore_stats stats;

        if (lab_pool_lcore_stats(pool, lcore, &stats) == 0)
            n += stats.private_part;
    }
    return n;
}

static bool run_publish(struct rte_mempool *mp, struct command *command)
{
    struct lab_pool *pool = labyrinth_pool_of(mp);
    uint64_t before = count_private(pool), after;

    lab_pool_publish_all(pool);
    after = count_private(pool);
    CONTROL_LOG("mempool %s: private parts are published: %" PRIu64 " objects lie in them, of "
                "%" PRIu64 " before",
                mp->name, after, before);
    rte_tel_data_add_dict_u64(command->data, "in_private_parts", after);
    rte_tel_data_add_dict_u64(command->data, "before", before);
    return true;
}

static bool run_reclaim(struct rte_mempool *mp, struct command *command)
{
    char plain[RTE_TEL_MAX_STRING_LEN];
    struct lab_pool_reclaimed reclaimed;
    struct lab_error error;
    int rc = labyrinth_reclaim_now(mp, &reclaimed, &error);

    if (rc == -ENOTSUP) {
        say_error(command, "reclaim needs to know who holds what: start the program with "
                           "LABYRINTH_OPTIONS=audit=full:control=on");
        return false;
    }
    if (rc != 0) {
        say_error(command, labyrinth_plain(plain, sizeof(plain), error.message));
        return false;
    }
    CONTROL_LOG("mempool %s: %" PRIu32 " objects are back that processes held which have ended, "
                "and %" PRIu32 " that these were moving",
                mp->name, reclaimed.held, reclaimed.in_motion);
    rte_tel_data_add_dict_u64(command->data, "held", reclaimed.held);
    rte_tel_data_add_dict_u64(command->data, "in_motion", reclaimed.in_motion);
    rte_tel_data_add_dict_u64(command->data, "processes_unknown", reclaimed.unknown);
    rte_tel_data_add_dict_string(command->data, "complete", reclaimed.complete ? "yes" : "no");
    return true;
}

static void run_if_named(struct rte_mempool *mp, void *context)
{
    struct command *command = context;
    char plain[LABYRINTH_PLAIN_NAME];

    labyrinth_plain(plain, sizeof(plain), mp->name);
    if (command->found ||
        (strcmp(plain, command->name) != 0 && strcmp(mp->name, command->name) != 0))
        return;
    command->found = true;
    rte_tel_data_add_dict_string(command->data, "name", plain);
    command->done = command->run(mp, command);
}

/* Telemetry does not say who asks, so that the directory of its socket must be closed to others. */
static bool is_private(const struct command *command)
{
    const char *directory = rte_eal_get_runtime_dir();
    char path[64], text[RTE_TEL_MAX_STRING_LEN];
    struct stat status;

    if (stat(directory, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
        (status.st_uid == geteuid() || status.st_uid == 0))
        return true;
    snprintf(text, sizeof(text), "others may connect, so nothing is changed: chmod 700 %s",
             labyrinth_plain(path, sizeof(path), directory));
    say_error(command, text);
    return false;
}

static int answer(struct command *command)
{
    rte_tel_data_start_dict(command->data);
    if (!is_on) {
        say_error(command, "nothing may be changed: start the program with control=on among the "
                           "words of LABYRINTH_OPTIONS");
        return 0;
    }
    if (!is_private(command))
        return 0;
    labyrinth_caller_prepare();
    pthread_mutex_lock(&lock);
    labyrinth_leaks_each(run_if_named, command);
    pthread_mutex_unlock(&lock);
    if (!command->found)
        say_error(command, "this process has made no labyrinth pool of that name; "
                           "/labyrinth/list has names");
    return 0;
}

static int handle_publish(const char *cmd, const char *params, struct rte_tel_data *data)
{
    RTE_SET_USED(cmd);
    return answer(
        &(struct command){.name = params != NULL ? params : "", .run = run_publish, .data = data});
}

static int handle_reclaim(const char *cmd, const char *params, struct rte_tel_data *data)
{
    RTE_SET_USED(cmd);
    return answer(
        &(struct command){.name = params != NULL ? params : "", .run = run_reclaim, .data = data});
}

/* "off", "sample", "sample:N" or "full". */
static bool parse_level(const char *text, struct command *command)
{
    const char *number = text + strlen("sample:");
    char *end;

    for (int level = LAB_AUDIT_OFF; level <= LAB_AUDIT_FULL; level++) {
        command->level = (enum lab_audit_level)level;
        if (strcmp(text, labyrinth_level_names[command->level]) == 0)
            return true;
    }
    command->level = LAB_AUDIT_SAMPLE;
    if (strncmp(text, "sample:", strlen("sample:")) != 0 || *number < '0' || *number > '9')
        return false;
    command->sample = (uint32_t)strtoul(number, &end, 10);
    return *end == '\0' && strlen(number) < 10 && command->sample > 0;
}

/* A name may have commas itself: the level is what is behind the last one. */
static int handle_audit(const char *cmd, const char *params, struct rte_tel_data *data)
{
    const char *comma = params != NULL ? strrchr(params, ',') : NULL;
    struct command command = {.run = run_audit, .data = data};
    char name[LABYRINTH_PLAIN_NAME];

    RTE_SET_USED(cmd);
    if (comma == NULL || !parse_level(comma + 1, &command)) {
        rte_tel_data_start_dict(data);
        say_error(&command, "which level? /labyrinth/audit,NAME,LEVEL; levels are off, sample, "
                            "sample:N and full");
        return 0;
    }
    snprintf(name, sizeof(name), "%.*s", (int)(comma - params), params);
    command.name = name;
    return answer(&command);
}

void labyrinth_control_register(const struct labyrinth_options *options)
{
    is_on = options->control;
    labyrinth_look_command("/labyrinth/audit", handle_audit,
                           "Changes the audit's level. Parameters: the pool's name, and off, "
                           "sample, sample:N or full.");
    labyrinth_look_command("/labyrinth/publish", handle_publish,
                           "Makes public what idle lcores keep. Parameter: the pool's name.");
    labyrinth_look_command("/labyrinth/reclaim", handle_reclaim,
                           "Takes back what the dead held. Parameter: the pool's name.");
}
