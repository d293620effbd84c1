/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_DICT_H
#define LABYRINTH_DICT_H

#include <rte_telemetry.h>

/* Adds an empty dictionary to one of telemetry's, which owns it: it is filled then. NULL without
 * memory or room: the answer has no such key. */
static inline struct rte_tel_data *labyrinth_dict_add(struct rte_tel_data *outer, const char *name)
{
    struct rte_tel_data *dict = rte_tel_data_alloc();

    if (dict == NULL)
        return NULL;
    rte_tel_data_start_dict(dict);
    if (rte_tel_data_add_dict_container(outer, name, dict, 0) == 0)
        return dict;
    rte_tel_data_free(dict);
    return NULL;
}

#endif
