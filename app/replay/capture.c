/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture.h"

#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MIB (1024.0 * 1024.0)

/* A file that is being read. */
struct source {
    const char *name;
    pcap_t *pcap;
    const struct capture_limits *limits;
    bool is_ethernet;
    bool has_first;
    uint64_t first_ns; /* the file's own time of its first frame */
    uint64_t base_ns;  /* the time in the capture at which the file begins */
    uint64_t last_ns;  /* the latest time so far, in the capture */
    uint64_t n_read;
};

const char *capture_refusal_name(enum refusal reason)
{
    static const char *const names[REFUSALS] = {
        [REFUSED_ZERO_LENGTH] = "zero_length",
        [REFUSED_NOT_ETHERNET] = "not_ethernet",
        [REFUSED_LARGER_THAN_RING] = "larger_than_ring",
        [REFUSED_LARGER_THAN_PORT] = "larger_than_port",
        [REFUSED_SMALLER_THAN_HEADER] = "smaller_than_header",
    };

    return names[reason];
}

uint64_t capture_span_ns(const struct capture *capture)
{
    return capture->n_frames == 0 ? 0 : capture->frames[capture->n_frames - 1].time_ns;
}

void capture_free(struct capture *capture)
{
    free(capture->data);
    free(capture->frames);
    memset(capture, 0, sizeof(*capture));
}

static int too_large(const char *name, double needs_bytes, const struct capture_limits *limits)
{
    complain("%s: preloading needs about %.0f MiB of memory, and %.0f MiB may be used (eight "
             "tenths of what is available): replay a part of it, with --limit",
             name, needs_bytes / MIB, (double)limits->memory_bytes / MIB);
    return -ENOMEM;
}

/* Doubles an array until it has room for `used` of its elements. The part that is never touched
 * never becomes memory. */
static int grow(void **array, size_t *capacity, size_t used, size_t element_bytes)
{
    size_t larger = *capacity == 0 ? 4096 : *capacity;
    void *moved;

    if (used <= *capacity)
        return 0;
    while (larger < used)
        larger *= 2;
    moved = realloc(*array, larger * element_bytes);
    if (moved == NULL)
        return -ENOMEM;
    *array = moved;
    *capacity = larger;
    return 0;
}

static int reserve(struct capture *capture, uint32_t bytes)
{
    int rc = grow((void **)&capture->data, &capture->data_capacity, capture->data_bytes + bytes, 1);

    if (rc != 0)
        return rc;
    return grow((void **)&capture->frames, &capture->frames_capacity, capture->n_frames + 1,
                sizeof(struct frame));
}

/* The frame's time in the capture: never before the one before it. */
static uint64_t frame_time(struct source *source, struct capture *capture,
                           const struct pcap_pkthdr *header)
{
    /* The capture was opened for nanoseconds: tv_usec holds them. */
    uint64_t ns = (uint64_t)header->ts.tv_sec * 1000000000u + (uint64_t)header->ts.tv_usec;
    int64_t since_first;

    if (!source->has_first) {
        source->has_first = true;
        source->first_ns = ns;
    }
    since_first = (int64_t)(ns - source->first_ns);
    if (since_first < (int64_t)(source->last_ns - source->base_ns))
        capture->n_backward++;
    else
        source->last_ns = source->base_ns + (uint64_t)since_first;
    return source->last_ns;
}

static int keep(struct source *source, struct capture *capture, const struct pcap_pkthdr *header,
                const uint8_t *bytes)
{
    uint64_t memory =
        capture->data_bytes + header->caplen + (capture->n_frames + 1) * sizeof(struct frame);
    int rc;

    if (source->limits->memory_bytes != 0 && memory > source->limits->memory_bytes)
        return too_large(source->name, (double)memory, source->limits);
    rc = reserve(capture, header->caplen);
    if (rc != 0) {
        complain("%s: no memory for frame %" PRIu64, source->name, source->n_read);
        return rc;
    }
    capture->frames[capture->n_frames++] = (struct frame){
        .offset = capture->data_bytes,
        .time_ns = frame_time(source, capture, header),
        .bytes = header->caplen,
    };
    memcpy(capture->data + capture->data_bytes, bytes, header->caplen);
    capture->data_bytes += header->caplen;
    capture->n_cut += header->caplen < header->len;
    if (header->caplen > capture->largest)
        capture->largest = header->caplen;
    return 0;
}

static int take(struct source *source, struct capture *capture, const struct pcap_pkthdr *header,
                const uint8_t *bytes)
{
    uint64_t largest = source->limits->frame_bytes;

    source->n_read++;
    capture->n_read++;
    if (!source->is_ethernet)
        capture->refused[REFUSED_NOT_ETHERNET]++;
    else if (header->caplen == 0)
        capture->refused[REFUSED_ZERO_LENGTH]++;
    else if (largest != 0 && header->caplen > largest)
        capture->refused[REFUSED_LARGER_THAN_RING]++;
    else
        return keep(source, capture, header, bytes);
    return 0;
}

static int read_frames(struct source *source, struct capture *capture)
{
    uint64_t limit = source->limits->frames;
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    int rc;

    while (limit == 0 || capture->n_frames < limit) {
        rc = pcap_next_ex(source->pcap, &header, &bytes);
        if (rc == PCAP_ERROR_BREAK)
            break;
        if (rc != 1) {
            complain("%s: partial: %" PRIu64 " frames of at least %" PRIu64 ": %s", source->name,
                     source->n_read, source->n_read + 1, pcap_geterr(source->pcap));
            capture->partial = true;
            break;
        }
        rc = take(source, capture, header, bytes);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* Refuses what libpcap would name badly or not at all. */
static int look_at(const char *name, const struct capture_limits *limits, uint64_t held_bytes)
{
    struct stat status;

    if (strcmp(name, "-") == 0)
        return 0;
    if (stat(name, &status) != 0) {
        int error = errno;

        complain("%s: %s", name, strerror(error));
        return -error;
    }
    if (S_ISDIR(status.st_mode)) {
        complain("%s: is a directory, not a capture", name);
        return -EISDIR;
    }
    if (S_ISREG(status.st_mode) && status.st_size == 0) {
        complain("%s: is an empty file, not a capture", name);
        return -EBADMSG;
    }
    /* A record's header in the file and its entry in frames[] are about equally large. */
    if (limits->memory_bytes != 0 && limits->frames == 0 &&
        held_bytes + (uint64_t)status.st_size > limits->memory_bytes)
        return too_large(name, (double)held_bytes + (double)status.st_size, limits);
    return 0;
}

static int load_file(struct capture *capture, const char *name, const struct capture_limits *limits)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    struct source source = {
        .name = name,
        .limits = limits,
        .base_ns = capture_span_ns(capture),
        .last_ns = capture_span_ns(capture),
    };
    int rc = look_at(name, limits, capture->data_bytes + capture->n_frames * sizeof(struct frame));
    int link;

    if (rc != 0)
        return rc;
    errno = 0;
    source.pcap = pcap_open_offline_with_tstamp_precision(name, PCAP_TSTAMP_PRECISION_NANO, why);
    if (source.pcap == NULL) {
        rc = errno == EACCES ? -EACCES : -EBADMSG;
        if (rc == -EACCES)
            complain("%s: %s", name, strerror(EACCES));
        else
            complain("%s: not a capture that libpcap can read: %s", name, why);
        return rc;
    }
    link = pcap_datalink(source.pcap);
    source.is_ethernet = link == DLT_EN10MB;
    rc = read_frames(&source, capture);
    if (rc == 0 && source.n_read == 0 && !capture->partial)
        note("%s: holds no frame", name);
    if (!source.is_ethernet && source.n_read > 0) {
        const char *link_name = pcap_datalink_val_to_name(link);

        note("%s: %" PRIu64 " frames refused: not_ethernet: the link type is %s (%d)", name,
             source.n_read, link_name == NULL ? "unknown" : link_name, link);
    }
    pcap_close(source.pcap);
    return rc;
}

int capture_load(struct capture *ret_capture, char *const files[], int n_files,
                 const struct capture_limits *limits)
{
    struct capture capture = {0};

    for (int i = 0; i < n_files; i++) {
        int rc;

        /* The limit counts frames that will be replayed: what lies behind it is not read. */
        if (limits->frames != 0 && capture.n_frames >= limits->frames)
            break;
        rc = load_file(&capture, files[i], limits);
        if (rc != 0) {
            capture_free(&capture);
            return rc;
        }
    }
    *ret_capture = capture;
    return 0;
}
