/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_READER_H
#define REPLAY_READER_H

#include "capture/capture.h"
#include "capture/input.h"

#include <pcap/pcap.h>

/* One capture file, frame by frame, of which those come that are to be replayed. */

/* Nanoseconds since 1970: 64 bits would end in 2554, and the years before 1970 are negative. */
typedef __int128 instant_t;

struct reader {
    const char *name;
    const struct capture_request *request;
    const struct bpf_program *filter; /* NULL: none */
    struct capture *counts;           /* what was read and refused; `partial` */
    bool notes;                       /* says what is odd about the file */
    bool complains;                   /* says where it is damaged */
    const lab_atomic_t *stopping;     /* ends the reading when it is set; NULL: signals alone do */
    pcap_t *pcap;
    char *buffer; /* the file's */
    int link;
    uint64_t n_read;
    uint8_t *made; /* a frame that has been given an Ethernet header */
    size_t made_capacity;

    /* The frame that reader_next() found last, until it is called again. */
    instant_t time_ns; /* as recorded */
    const uint8_t *bytes;
    uint32_t n_bytes;
    unsigned way; /* which of two ports it goes out on, by the cache file */
    bool is_cut;  /* the capture holds its beginning only */
};

/* 0 or -errno, and the reason has been said: the file is missing, or no capture. -EINTR, and
 * nothing said, when the reading was ended while it waited for the file. */
int reader_open(struct reader *ret_reader, const struct reader *how);

/* 1 and a frame, in the reader, 0 after the last, -ENOMEM, or -EINTR as above. A file that cannot
 * be read to its end ends where it is damaged: that has been said and makes the capture partial. */
int reader_next(struct reader *reader);

void reader_close(struct reader *reader);

/* Bytes of the largest frame that the file can hold. */
uint32_t reader_largest(const struct reader *reader);

#endif
