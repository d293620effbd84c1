/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_board.h"

#include <dirent.h>
#include <inttypes.h>
#include <rte_eal.h>
#include <rte_memzone.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_BEGINS "mp_socket_" /* of secondaries; the primary's has no number */
#define COME_MS 500u               /* in which a process says that it takes part */
#define WALK_MS 60000u             /* in which it must have walked */
#define LOOK_EVERY_MS 2u

/* Processes leave their sockets when they are killed: one that nobody has bound refuses. */
static bool is_alive(const char *folder, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is;

    if (fd < 0 || snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name) >=
                      (int)sizeof(address.sun_path)) {
        if (fd >= 0)
            close(fd);
        return true;
    }
    is = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return is;
}

static unsigned count_processes(void)
{
    const char *path = rte_eal_get_runtime_dir();
    DIR *folder = opendir(path);
    struct dirent *entry;
    unsigned n = 0;

    if (folder == NULL)
        return 0;
    while ((entry = readdir(folder)) != NULL)
        n += strncmp(entry->d_name, SOCKET_BEGINS, strlen(SOCKET_BEGINS)) == 0 &&
             is_alive(path, entry->d_name);
    closedir(folder);
    return n;
}

/* The board with room for `objects` objects: a larger one is another memzone. */
static struct where_board *find_board(uint32_t objects, char zone[32])
{
    static struct where_board *board;
    static unsigned number;
    const struct rte_memzone *memzone;

    if (board == NULL || board->room < objects) {
        snprintf(zone, 32, "labyrinth_where_%u", ++number);
        memzone =
            rte_memzone_reserve_aligned(zone, sizeof(*board) + (size_t)WHERE_BOARD_SLOTS * objects,
                                        SOCKET_ID_ANY, 0, RTE_CACHE_LINE_SIZE);
        if (memzone == NULL)
            return NULL;
        board = memzone->addr;
        memset(board, 0, sizeof(*board));
        board->magic = WHERE_BOARD_MAGIC;
        board->room = objects;
    }
    snprintf(zone, 32, "labyrinth_where_%u", number);
    return board;
}

static void send_call(uint32_t walk, const char zone[32])
{
    struct rte_mp_msg message = {.name = WHERE_BOARD_MESSAGE,
                                 .len_param = sizeof(struct where_call)};
    struct where_call call = {.magic = WHERE_BOARD_MAGIC, .walk = walk};

    memcpy(call.zone, zone, sizeof(call.zone));
    memcpy(message.param, &call, sizeof(call));
    (void)rte_mp_sendmsg(&message); /* those whom it does not reach are unseen */
}

void where_others_begin(struct where_others *ret_others, const struct where_pool *pool,
                        const struct where_options *options)
{
    struct where_others others = {.board = NULL};
    static uint32_t walks;
    char zone[32];

    if (rte_eal_process_type() == RTE_PROC_PRIMARY)
        others.processes = count_processes();
    if (others.processes > 0)
        others.board = find_board(pool->set.n, zone);
    if (others.board != NULL) {
        for (unsigned i = 0; i < WHERE_BOARD_SLOTS; i++) {
            lab_store_relaxed(&others.board->slot[i].process, 0);
            lab_store_relaxed(&others.board->slot[i].done, 0);
        }
        others.board->objects = pool->set.n;
        others.board->mib_s = options->mib_s;
        memcpy(others.board->pool, pool->name, sizeof(others.board->pool));
        memcpy(others.board->leave_out, options->leave_out, sizeof(others.board->leave_out));
        lab_store_release(&others.board->walk, ++walks);
        send_call(walks, zone);
    }
    *ret_others = others;
}

/* How many have come, and how many of these are done. */
static unsigned count_come(const struct where_board *board, unsigned *ret_done)
{
    uint64_t walk = lab_load_relaxed(&board->walk);
    unsigned come = 0;

    *ret_done = 0;
    for (unsigned i = 0; i < WHERE_BOARD_SLOTS; i++) {
        come += lab_load_relaxed(&board->slot[i].process) != 0;
        *ret_done += lab_load_acquire(&board->slot[i].done) == walk; /* Q2: or not all is there */
    }
    return come;
}

static void await(const struct where_others *others)
{
    unsigned done;

    for (unsigned ms = 0; ms < WALK_MS; ms += LOOK_EVERY_MS) {
        unsigned come = count_come(others->board, &done);

        if (done == others->processes || (ms >= COME_MS && done == come))
            return;
        usleep(LOOK_EVERY_MS * 1000);
    }
}

void where_others_take(struct where_others *others, struct where_walk *walk)
{
    if (others->board == NULL)
        return;
    await(others);
    others->answered = 0;
    for (unsigned slot = 0; slot < WHERE_BOARD_SLOTS; slot++) {
        const uint8_t *group_of = where_board_groups(others->board, slot);

        others->is_done[slot] = lab_load_acquire(&others->board->slot[slot].done) == /* Q2 */
                                lab_load_relaxed(&others->board->walk);
        if (!others->is_done[slot])
            continue;
        others->answered++;
        for (uint32_t i = 0; i < walk->pool->set.n; i++)
            if (group_of[i] != 0 && walk->place[i] < WHERE_ELSEWHERE) {
                walk->place[i] = WHERE_ELSEWHERE;
                walk->at[i] = (uintptr_t)slot << 8 | group_of[i];
            }
    }
}

void where_others_name(const struct where_others *others, uintptr_t at, const char **ret_kind,
                       char *name, size_t capacity)
{
    const struct where_slot *slot;
    unsigned group = (unsigned)(at & 0xff) - 1;

    *ret_kind = "another process";
    name[0] = '\0';
    if (others->board == NULL || at >> 8 >= WHERE_BOARD_SLOTS || group >= WHERE_BOARD_GROUPS)
        return;
    slot = &others->board->slot[at >> 8];
    snprintf(name, capacity, "%" PRIu64 ", %.23s%s%.103s", lab_load_relaxed(&slot->process),
             slot->group[group].kind, slot->group[group].name[0] != '\0' ? ": " : "",
             slot->group[group].name);
}
