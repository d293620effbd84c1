/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where.h"

#include "message.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_BYTES 4096

/* "LENGTH HEX": the packet as far as it was copied. False: there is none. */
static bool parse_packet(const char *answer, struct pcap_pkthdr *ret_head,
                         unsigned char bytes[PACKET_BYTES])
{
    char *hex;
    unsigned long length = strtoul(answer, &hex, 10);
    unsigned n = 0, byte;

    if (hex == answer)
        return false;
    while (*hex == ' ')
        hex++;
    for (; n < PACKET_BYTES && sscanf(hex, "%2x", &byte) == 1; hex += 2)
        bytes[n++] = (unsigned char)byte;
    *ret_head = (struct pcap_pkthdr){.caplen = n, .len = (bpf_u_int32)(length > n ? length : n)};
    return true;
}

/* Returns how many packets were written. */
static unsigned dump(struct client *client, json_int_t search, json_int_t group, unsigned packets,
                     pcap_dumper_t *dumper)
{
    unsigned n = 0;

    for (; n < packets; n++) {
        unsigned char bytes[PACKET_BYTES];
        struct pcap_pkthdr head;
        char words[64];
        json_t *answer;
        bool is_packet;

        snprintf(words, sizeof(words), "%lld,%lld,%u", (long long)search, (long long)group, n);
        answer = client_ask(client, "packet", words);
        is_packet = json_is_string(answer) && parse_packet(json_string_value(answer), &head, bytes);
        json_decref(answer);
        if (!is_packet)
            break;
        pcap_dump((u_char *)dumper, &head, bytes);
    }
    return n;
}

int where_capture(struct client *client, json_t *answer, json_t *group, const char *path,
                  unsigned packets)
{
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
    pcap_dumper_t *dumper = pcap != NULL ? pcap_dump_open(pcap, path) : NULL;
    int rc = 0;
    unsigned n;

    if (dumper == NULL) {
        complain("cannot write %s: %s", path, pcap != NULL ? pcap_geterr(pcap) : "no memory");
        if (pcap != NULL)
            pcap_close(pcap);
        return -EIO;
    }
    n = dump(client, json_integer_value(json_object_get(answer, "search")),
             json_integer_value(json_object_get(group, "group")), packets, dumper);
    if (pcap_dump_flush(dumper) != 0) {
        complain("cannot write %s: %s", path, strerror(errno));
        rc = -EIO;
    } else {
        note("%u packets of group %lld are in %s", n,
             (long long)json_integer_value(json_object_get(group, "group")), path);
    }
    pcap_dump_close(dumper);
    pcap_close(pcap);
    return rc;
}
