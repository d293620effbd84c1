#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
#
# dpdk-testpmd forwards between two null ports, with packets from Labyrinth's pool, until Ctrl-C.
# Arguments are more options of the EAL: -d librte_mempool_labyrinth.so where the plugin is not
# installed, --no-huge -m 512 where there are no huge pages.
[ $# -gt 0 ] || set -- --in-memory
exec dpdk-testpmd --no-pci --vdev=net_null0 --vdev=net_null1 --mbuf-pool-ops-name=labyrinth "$@" \
    -- --forward-mode=mac --auto-start --stats-period=1
