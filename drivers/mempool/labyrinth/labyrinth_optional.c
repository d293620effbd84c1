/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <dlfcn.h>
#include <string.h>

#include "labyrinth_driver.h"

bool labyrinth_optional_load(const char *library, const struct labyrinth_symbol symbols[],
                             unsigned int n)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    for (unsigned int i = 0; handle != NULL && i < n; i++) {
        void *function = dlsym(handle, symbols[i].name);

        if (function == NULL)
            return false;
        memcpy(symbols[i].place, &function, sizeof(function));
    }
    return handle != NULL;
}
