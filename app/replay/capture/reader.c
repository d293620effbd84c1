/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/reader.h"

#include "capture/choice.h"
#include "capture/format.h"
#include "capture/input.h"
#include "capture/link.h"
#include "capture/way.h"
#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BUFFER_BYTES                                                                               \
    (256 * 1024) /* the C library's own is a page: a system call for each few frames */

static int cannot_open(const char *name)
{
    int error = errno;

    complain("%s: %s", name, strerror(error));
    return -error;
}

/* Refuses what libpcap would name badly or not at all. */
static int look_at(const char *name)
{
    struct stat status;

    if (strcmp(name, "-") == 0)
        return 0;
    if (stat(name, &status) != 0)
        return cannot_open(name);
    if (S_ISDIR(status.st_mode)) {
        complain("%s: is a directory, not a capture", name);
        return -EISDIR;
    }
    if (S_ISREG(status.st_mode) && status.st_size == 0) {
        complain("%s: is an empty file, not a capture", name);
        return -EBADMSG;
    }
    return 0;
}

/* Of which there is no version 2 yet. */
static bool is_pcapng(const struct reader *reader)
{
    return pcap_major_version(reader->pcap) == 1;
}

static int open_file(struct reader *reader, FILE **ret_file, struct input_head *ret_head)
{
    int rc = input_open(ret_file, ret_head, reader->name, reader->stopping);

    if (rc == -EINTR)
        return rc;
    if (rc != 0) {
        errno = -rc;
        return cannot_open(reader->name);
    }
    __fsetlocking(*ret_file, FSETLOCKING_BYCALLER); /* one thread reads it */
    reader->buffer = malloc(BUFFER_BYTES);
    if (reader->buffer != NULL)
        setvbuf(*ret_file, reader->buffer, _IOFBF, BUFFER_BYTES);
    return 0;
}

int reader_open(struct reader *ret_reader, const struct reader *how)
{
    struct reader reader = *how;
    char why[PCAP_ERRBUF_SIZE] = "";
    int rc = look_at(reader.name);
    char remedy[FORMAT_BYTES];
    struct input_head head;
    FILE *file;

    if (rc == 0)
        rc = open_file(&reader, &file, &head);
    if (rc != 0)
        return rc;
    reader.pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
    if (reader.pcap == NULL) {
        bool is_over = input_is_over(reader.stopping);

        fclose(file);
        free(reader.buffer);
        if (is_over)
            return -EINTR;
        if (strstr(why, strerror(EBADMSG)) != NULL)
            strcpy(why, "its compressed data is damaged, or ends too early");
        format_unreadable(reader.name, &head, remedy);
        complain("%s: not a capture that libpcap can read: %s%s", reader.name, why, remedy);
        return -EBADMSG;
    }
    reader.link = pcap_datalink(reader.pcap);
    *ret_reader = reader;
    return 0;
}

void reader_close(struct reader *reader)
{
    const char *link = pcap_datalink_val_to_name(reader->link);
    bool notes = reader->notes && !input_is_over(reader->stopping);

    if (notes && reader->n_read == 0 && !reader->counts->partial)
        note("%s: holds no frame", reader->name);
    if (notes && reader->link != DLT_EN10MB && reader->n_read > 0)
        note("%s: %" PRIu64 " frames %s: the link type is %s (%d)%s", reader->name, reader->n_read,
             reader->request->pad_ethernet ? "given an Ethernet header" : "refused: not_ethernet",
             link == NULL ? "unknown" : link, reader->link,
             reader->request->pad_ethernet ? ""
                                           : ": --linktype=pad-eth gives them one of Ethernet");
    pcap_close(reader->pcap); /* and the file */
    free(reader->made);
    free(reader->buffer);
}

uint32_t reader_largest(const struct reader *reader)
{
    return (uint32_t)pcap_snapshot(reader->pcap) +
           (reader->link == DLT_EN10MB ? 0 : LINK_ETHERNET_BYTES);
}

/* Puts an Ethernet header before the content; what libpcap has given stays as it is. */
static int wrap(struct reader *reader, struct pcap_pkthdr *header, const uint8_t **bytes)
{
    uint8_t ethernet[LINK_ETHERNET_BYTES];
    uint32_t own = link_to_ethernet(reader->link, *bytes, header->caplen, ethernet);
    size_t needed = (size_t)header->caplen - own + LINK_ETHERNET_BYTES;

    if (needed > reader->made_capacity) {
        uint8_t *larger = realloc(reader->made, 2 * needed);

        if (larger == NULL) {
            complain("%s: no memory for frame %" PRIu64, reader->name, reader->n_read);
            return -ENOMEM;
        }
        reader->made = larger;
        reader->made_capacity = 2 * needed;
    }
    memcpy(reader->made, ethernet, LINK_ETHERNET_BYTES);
    memcpy(reader->made + LINK_ETHERNET_BYTES, *bytes + own, header->caplen - own);
    header->caplen += LINK_ETHERNET_BYTES - own;
    header->len += LINK_ETHERNET_BYTES - own;
    *bytes = reader->made;
    return 0;
}

/* Why the frame will not be replayed; REFUSALS when it will. It is on Ethernet by now, or refused.
 */
static enum refusal judge(struct reader *reader, const struct pcap_pkthdr *header,
                          const uint8_t *bytes)
{
    const struct capture_request *request = reader->request;

    if (!choice_has_number(&request->choice, reader->n_read))
        return REFUSED_EXCLUDED;
    if (request->ways != NULL && !way_cache_look(request->ways, reader->n_read, &reader->way))
        return REFUSED_NOT_SENT;
    if (reader->link != DLT_EN10MB && !request->pad_ethernet)
        return REFUSED_NOT_ETHERNET;
    if (header->caplen == 0)
        return REFUSED_ZERO_LENGTH;
    if (reader->filter != NULL && pcap_offline_filter(reader->filter, header, bytes) == 0)
        return REFUSED_FILTERED;
    if (request->frame_bytes != 0 && header->caplen > request->frame_bytes)
        return REFUSED_LARGER_THAN_RING;
    return REFUSALS;
}

static void complain_partial(const struct reader *reader)
{
    const char *why = pcap_geterr(reader->pcap);
    char remedy[FORMAT_BYTES];

    if (strstr(why, strerror(EBADMSG)) != NULL)
        why = "its compressed data is damaged, or ends too early";
    format_unfinished(reader->name, why, is_pcapng(reader), reader->link == DLT_EN10MB, remedy);
    complain("%s: partial: %" PRIu64 " frames of at least %" PRIu64 ": %s%s", reader->name,
             reader->n_read, reader->n_read + 1, why, remedy);
}

/* The next frame of the file, whatever becomes of it. */
static int next_raw(struct reader *reader, struct pcap_pkthdr *header, const uint8_t **bytes)
{
    struct pcap_pkthdr *read;
    int rc = pcap_next_ex(reader->pcap, &read, bytes);

    if (rc == PCAP_ERROR_BREAK)
        return 0;
    if (rc != 1) {
        if (input_is_over(reader->stopping))
            return -EINTR;
        if (reader->complains)
            complain_partial(reader);
        reader->counts->partial = true;
        return 0;
    }
    *header = *read;
    reader->n_read++;
    return 1;
}

/* It was opened for nanoseconds: tv_usec holds them. The seconds of pcap are 32 bits without a
 * sign, which libpcap 1.10.3 gives one. */
static instant_t time_of(const struct reader *reader, const struct timeval *ts)
{
    int64_t seconds = ts->tv_sec;

    if (!is_pcapng(reader))
        seconds = (uint32_t)seconds;
    return (instant_t)seconds * 1000000000 + ts->tv_usec;
}

int reader_next(struct reader *reader)
{
    bool wraps = reader->link != DLT_EN10MB && reader->request->pad_ethernet;
    struct pcap_pkthdr header;
    const uint8_t *bytes;
    int rc;

    while ((rc = next_raw(reader, &header, &bytes)) == 1) {
        const struct way_cache *ways = reader->request->ways;
        enum refusal refusal;

        if (ways != NULL && reader->n_read > ways->n_frames) {
            complain("--cachefile: knows %" PRIu64 " frames, and %s has more: it was made of "
                     "another capture",
                     ways->n_frames, reader->name);
            return -EINVAL;
        }
        if (wraps && header.caplen > 0 && (rc = wrap(reader, &header, &bytes)) != 0)
            return rc;
        refusal = judge(reader, &header, bytes);
        if (refusal == REFUSALS) {
            reader->time_ns = time_of(reader, &header.ts);
            reader->bytes = bytes;
            reader->n_bytes = header.caplen;
            reader->is_cut = header.caplen < header.len;
            return 1;
        }
        reader->counts->n_read++;
        reader->counts->refused[refusal]++;
    }
    return rc;
}
