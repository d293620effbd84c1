/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Whether a mempool knows of the processes that use it, by the word in it that decides which
 * barrier a starving get uses. All work in one lcore id, one after the other.
 *
 *     arrival [EAL options] -- primary      makes a mempool, forks, then waits for its input's end
 *     arrival [EAL options] -- secondary    uses that, and makes one of its own
 *
 * Each line is a word and whether the mempool knows then of another process than its maker. */

#include <lab_pool.h>
#include <rte_eal.h>
#include <rte_mempool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURST 8u

static bool knows(const struct rte_mempool *mp)
{
    const struct lab_pool *pool = mp->pool_data;

    return lab_load_relaxed(&pool->state.is_multi_process) != 0;
}

static void tell(const char *word, const struct rte_mempool *mp)
{
    printf("%s %d\n", word, knows(mp));
    fflush(stdout);
}

static struct rte_mempool *make(const char *name)
{
    struct rte_mempool *mp = rte_mempool_create_empty(name, 1023, 64, 0, 0, SOCKET_ID_ANY, 0);
    void *objects[BURST];

    if (mp == NULL || rte_mempool_set_ops_byname(mp, "labyrinth", NULL) != 0 ||
        rte_mempool_populate_default(mp) != 1023)
        exit(1);
    /* Twice, so that the last put leaves something in the private part. */
    for (int i = 0; i < 2; i++) {
        if (rte_mempool_get_bulk(mp, objects, BURST) != 0)
            exit(1);
        rte_mempool_put_bulk(mp, objects, BURST);
    }
    return mp;
}

/* One get, or one put of what the parent got, is all that a process does. */
static bool knows_after(struct rte_mempool *mp, void *object, bool gets)
{
    if (!gets)
        rte_mempool_put(mp, object);
    else if (rte_mempool_get(mp, &object) != 0)
        exit(1);
    return knows(mp);
}

static int child_of(struct rte_mempool *mp, void *object, int what)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(what == 0 ? knows(mp) : knows_after(mp, object, what == 1));
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        exit(1);
    return WEXITSTATUS(status);
}

static void be_primary(void)
{
    static const char *const children[] = {"child", "child gets", "child puts"};
    struct rte_mempool *mp;
    char name[] = "fork0";
    void *object;

    tell("made", make("arrival"));
    for (int what = 0; what < 3; what++, name[4]++) {
        mp = make(name);
        if (rte_mempool_get(mp, &object) != 0)
            exit(1);
        printf("%s %d\n", children[what], child_of(mp, object, what));
    }
    tell("before", rte_mempool_lookup("arrival"));
    while (getchar() != EOF)
        ;
    tell("after", rte_mempool_lookup("arrival"));
}

static void be_secondary(void)
{
    struct rte_mempool *mp = rte_mempool_lookup("arrival");

    if (mp == NULL)
        exit(1);
    tell("looked up", mp);
    printf("gets %d\n", knows_after(mp, NULL, true));
    tell("its own", make("own"));
}

int main(int argc, char **argv)
{
    if (rte_eal_init(argc, argv) < 0)
        return 1;
    if (strcmp(argv[argc - 1], "primary") == 0)
        be_primary();
    else
        be_secondary();
    return rte_eal_cleanup() == 0 ? 0 : 1;
}
