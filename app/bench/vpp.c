/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "vpp.h"

#include <stdlib.h>
#include <string.h>

struct vpp *vpp_create(uint32_t n)
{
    struct vpp *vpp = calloc(1, sizeof(*vpp) + n * sizeof(vpp->indices[0]));

    if (vpp != NULL)
        rte_spinlock_init(&vpp->lock);
    return vpp;
}

void vpp_destroy(struct vpp *vpp)
{
    free(vpp);
}

void vpp_put(struct vpp *vpp, const uint32_t *indices, uint32_t n)
{
    rte_spinlock_lock(&vpp->lock);
    memcpy(vpp->indices + vpp->n, indices, n * sizeof(*indices));
    vpp->n += n;
    rte_spinlock_unlock(&vpp->lock);
}

bool vpp_get(struct vpp *vpp, uint32_t *ret_indices, uint32_t n)
{
    bool enough;

    rte_spinlock_lock(&vpp->lock);
    enough = n <= vpp->n;
    if (enough) {
        vpp->n -= n;
        memcpy(ret_indices, vpp->indices + vpp->n, n * sizeof(*ret_indices));
    }
    rte_spinlock_unlock(&vpp->lock);
    return enough;
}
