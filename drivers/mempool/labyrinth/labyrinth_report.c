/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The audit's entries as text and as JSON. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <lab_audit.h>
#include <lab_os.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labyrinth_driver.h"
#include "labyrinth_site.h"

#define TEXT 600

#define LIBRARY "libjansson.so.4"

/* The functions that are used of it. */
static struct {
    __typeof__(json_delete) *json_delete;
    __typeof__(json_dumps) *json_dumps;
    __typeof__(json_integer) *json_integer;
    __typeof__(json_object_set_new) *json_object_set_new;
    __typeof__(json_pack) *json_pack;
    __typeof__(json_string) *json_string;
} js;

static const struct labyrinth_symbol symbols[] = {
    LABYRINTH_SYMBOL(js, json_delete),  LABYRINTH_SYMBOL(js, json_dumps),
    LABYRINTH_SYMBOL(js, json_integer), LABYRINTH_SYMBOL(js, json_object_set_new),
    LABYRINTH_SYMBOL(js, json_pack),    LABYRINTH_SYMBOL(js, json_string),
};

static struct labyrinth_options asked; /* set before there are entries */

/* report=FILE from the root on: a program may go elsewhere before there is anything to write. "":
 * nothing is written. */
static char path[PATH_MAX];

/* "lcore 3", "device queue 1", "a thread without an lcore", and the process if it is another. */
static const char *who_text(const struct lab_audit_actor *actor, char *text, size_t size)
{
    int used;

    if (actor->device)
        used = snprintf(text, size, "device queue %" PRIu32, actor->lcore);
    else if (actor->lcore == LAB_LCORE_ANY)
        used = snprintf(text, size, "a thread without an lcore");
    else
        used = snprintf(text, size, "lcore %" PRIu32, actor->lcore);
    if (actor->process != lab_audit_self())
        snprintf(text + used, size - (size_t)used, " of process %d",
                 lab_os_process_pid(actor->process));
    return text;
}

static void add_actor(char *text, const char *what, const char *cache,
                      const struct lab_audit_actor *actor)
{
    size_t used = strlen(text);
    char who[64], site[LABYRINTH_SITE_TEXT];

    if (labyrinth_site_is_cache(actor->site))
        what = cache;
    if (actor->site != 0)
        snprintf(text + used, TEXT - used, "; %s by %s in %s, %.3f s ago", what,
                 who_text(actor, who, sizeof(who)),
                 labyrinth_site_text(actor->process, actor->site, site),
                 (double)actor->age_ns / 1e9);
}

/* The beginning of a sentence: what, and where it was found. */
static void begin(char *text, const struct lab_audit_entry *entry)
{
    char who[64], site[LABYRINTH_SITE_TEXT];

    if (entry->fault == LAB_AUDIT_LEAK) {
        snprintf(text, TEXT, "mempool %s: %" PRIu64 " objects %s", entry->pool, entry->count,
                 lab_audit_fault_text(entry->fault));
        return;
    }
    if (entry->fault == LAB_AUDIT_SHARED_LCORE && entry->object == NULL)
        snprintf(text, TEXT, "mempool %s: a call %s", entry->pool,
                 lab_audit_fault_text(entry->fault));
    else
        snprintf(text, TEXT, "mempool %s: object %p %s", entry->pool, entry->object,
                 lab_audit_fault_text(entry->fault));
    if (entry->caller.site == 0) {
        snprintf(text + strlen(text), TEXT - strlen(text),
                 "; it is dropped. LABYRINTH_OPTIONS=audit=full names who freed it");
        return;
    }
    snprintf(text + strlen(text), TEXT - strlen(text), ", by %s%s in %s",
             who_text(&entry->caller, who, sizeof(who)),
             labyrinth_site_is_cache(entry->caller.site) ? ", for a cache," : "",
             labyrinth_site_text(entry->caller.process, entry->caller.site, site));
    if (entry->fault == LAB_AUDIT_INSIDE_FREE || entry->fault == LAB_AUDIT_WRITE_AFTER_FREE)
        snprintf(text + strlen(text), TEXT - strlen(text),
                 entry->fault == LAB_AUDIT_INSIDE_FREE ? "; it starts %" PRIu64 " bytes before"
                                                       : "; byte %" PRIu64 " was changed",
                 entry->offset);
}

static void log_entry(const struct lab_audit_entry *entry)
{
    char text[TEXT];

    begin(text, entry);
    add_actor(text, "got", "a cache was filled with it", &entry->got);
    add_actor(text, "handed over", "handed over", &entry->holder);
    add_actor(text, "freed", "a cache was emptied of it", &entry->put);
    if (entry->left_out > 0)
        snprintf(text + strlen(text), TEXT - strlen(text),
                 " (%" PRIu64 " reports before this one were left out)", entry->left_out);
    LABYRINTH_LOG(ERR, "%s", text);
}

/* A name may have been given, or a file lie, in an encoding that is not JSON's. */
static json_t *text_json(const char *text)
{
    json_t *json = js.json_string(text);
    char *escaped = json == NULL ? malloc(4 * strlen(text) + 1) : NULL;
    char *to = escaped;

    if (escaped == NULL)
        return json;
    for (*to = '\0'; *text != '\0'; text++)
        to += sprintf(to, *text > 0 ? "%c" : "\\x%02x", (unsigned char)*text);
    json = js.json_string(escaped);
    free(escaped);
    return json;
}

static json_t *actor_json(const struct lab_audit_actor *actor)
{
    struct labyrinth_site site;
    json_t *json;

    if (actor->site == 0)
        return NULL;
    (void)labyrinth_site_find(actor->process, actor->site, &site);
    json = js.json_pack("{s:I, s:f, s:o, s:I, s:o, s:o, s:i, s:I}", "pid",
                        (json_int_t)lab_os_process_pid(actor->process), "age_s",
                        (double)actor->age_ns / 1e9, "function", text_json(site.function), "offset",
                        (json_int_t)site.offset, "module", text_json(site.module), "file",
                        text_json(site.file), "line", site.line, "address",
                        (json_int_t)(actor->site & ~LABYRINTH_SITE_CACHE));
    if (labyrinth_site_is_cache(actor->site))
        js.json_object_set_new(json, "cache", js.json_integer(1));
    if (actor->device)
        js.json_object_set_new(json, "device_queue", js.json_integer(actor->lcore));
    else if (actor->lcore != LAB_LCORE_ANY)
        js.json_object_set_new(json, "lcore", js.json_integer(actor->lcore));
    return json;
}

static json_t *entry_json(const struct lab_audit_entry *entry)
{
    char object[24];
    json_t *json = js.json_pack("{s:s, s:o, s:I}", "fault", lab_audit_fault_name(entry->fault),
                                "pool", text_json(entry->pool), "count", (json_int_t)entry->count);

    if (entry->fault != LAB_AUDIT_LEAK) {
        snprintf(object, sizeof(object), "%p", entry->object);
        js.json_object_set_new(json, "object", js.json_string(object));
        js.json_object_set_new(json, "generation", js.json_integer(entry->generation));
    }
    if (entry->offset != 0)
        js.json_object_set_new(json, "offset", js.json_integer((json_int_t)entry->offset));
    if (entry->left_out != 0)
        js.json_object_set_new(json, "left_out", js.json_integer((json_int_t)entry->left_out));
    /* A call that was not seen is left out: NULL adds nothing. */
    js.json_object_set_new(json, "caller", actor_json(&entry->caller));
    js.json_object_set_new(json, "got", actor_json(&entry->got));
    js.json_object_set_new(json, "handed_over", actor_json(&entry->holder));
    js.json_object_set_new(json, "freed", actor_json(&entry->put));
    return json;
}

static void report_failure(void)
{
    LABYRINTH_LOG(ERR, "cannot write the report %s: %s", asked.report, strerror(errno));
}

/* Never waits for somebody who would read. -1 and errno. */
static int open_report(void)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
}

/* One write for each line: several processes may add to the same file. */
static void write_line(const char *line)
{
    int file = open_report();

    if (file < 0 || write(file, line, strlen(line)) != (ssize_t)strlen(line))
        report_failure();
    if (file >= 0)
        close(file);
}

static void write_entry(const struct lab_audit_entry *entry)
{
    json_t *json = entry_json(entry);
    char *text = js.json_dumps(json, JSON_COMPACT), *line = NULL;

    if (text != NULL && asprintf(&line, "%s\n", text) > 0)
        write_line(line);
    free(line);
    free(text);
    js.json_delete(json);
}

static void tell(void *entry)
{
    log_entry(entry);
    if (path[0] != '\0')
        write_entry(entry);
}

/* A core dump wants the stack of the thread that was wrong. */
static void take(const struct lab_audit_entry *entry)
{
    labyrinth_stack_call(tell, (void *)(uintptr_t)entry);
    if (asked.abort && entry->fault != LAB_AUDIT_LEAK)
        abort();
}

static bool load(void)
{
    return labyrinth_optional_load(LIBRARY, symbols, RTE_DIM(symbols));
}

/* An unwritable report is reported now, not when there is something to lose. */
static void start_file(void)
{
    char folder[PATH_MAX - LABYRINTH_REPORT_MAX - 1] = "";
    int file;

    if (!load()) {
        LABYRINTH_LOG(ERR,
                      "report=%s: cannot be written without " LIBRARY ": apt install libjansson4",
                      asked.report);
        return;
    }
    if (asked.report[0] != '/' && getcwd(folder, sizeof(folder)) == NULL) {
        report_failure();
        return;
    }
    snprintf(path, sizeof(path), "%s%s%s", folder, folder[0] != '\0' ? "/" : "", asked.report);
    file = open_report();
    if (file < 0)
        report_failure(); /* by the next time, somebody may have made the folder */
    else
        close(file);
}

void labyrinth_report_start(const struct labyrinth_options *options)
{
    asked = *options;
    if (asked.report[0] != '\0')
        start_file();
    lab_audit_report_to(take, options->limit);
}
