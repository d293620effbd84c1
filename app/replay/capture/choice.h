/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_CHOICE_H
#define REPLAY_CHOICE_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

/* The frames of a capture that are to be replayed: by their numbers in their file, as wireshark and
 * editcap count them (from 1), and by a filter in the language of pcap-filter(7), which sees the
 * frame as it will be replayed. */

#define CHOICE_MAX_RANGES 128

struct number_ranges {
    unsigned n;
    struct number_range {
        uint64_t first;
        uint64_t last;
    } ranges[CHOICE_MAX_RANGES];
};

struct choice {
    struct number_ranges include; /* none: all */
    struct number_ranges exclude;
    const char *filter; /* NULL: none */
};

/* Adds "1-5,9,72-", or the same after "P:". False, and the reason said, for anything else. */
bool choice_parse(const char *option, const char *text, struct number_ranges *ranges);

bool choice_has_number(const struct choice *choice, uint64_t number);

/* Whether it leaves any frame out, as far as can be known beforehand. */
bool choice_is_all(const struct choice *choice);

/* For frames on Ethernet, to be freed with pcap_freecode(). 0 or -errno, and the reason has been
 * said; -EINVAL where the filter is none. */
int choice_compile(const struct choice *choice, struct bpf_program *ret_program);

#endif
