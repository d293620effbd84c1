/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* make-capture FILE: writes the capture that ships with the project (doc/demo).
 * make-capture FILE MIB: writes so much, hardly any of which takes place on a disk: frames of
 * zeros, with a number in front that no two of them share.
 *
 * Conversations between made-up hosts, both directions: Ethernet, some with a VLAN tag, IPv4 and
 * IPv6, UDP and TCP, frames of 60 bytes to 9 KB, all lengths and checksums right. Every run writes
 * the same bytes. Addresses are those set aside for documentation (RFC 5737, RFC 3849). */

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_FRAMES 3000
#define N_FLOWS 24
#define MTU 9000
#define ETHERNET_MIN 60 /* without the check sequence, which captures do not hold */
#define MIB (1024u * 1024u)
#define SPARSE_BYTES 60000
#define START_SECOND 1767225600 /* 2026-01-01 */

struct flow {
    bool is_ipv6;
    bool is_tcp;
    uint16_t vlan; /* 0: none */
    uint8_t host[2];
    uint16_t port[2];
    uint32_t sequence[2]; /* of the next byte that each side sends */
    uint16_t ip_id[2];
};

/* A frame as it grows, from the front. */
struct frame {
    uint8_t bytes[MTU + 18];
    size_t length;
};

/* xorshift64*: small, and the same everywhere. */
static uint64_t random_state = 0x4c61627972696e74;

static uint32_t random_below(uint32_t n)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1d) >> 32) % n;
}

static void put(struct frame *frame, uint64_t value, unsigned n_bytes)
{
    while (n_bytes-- > 0)
        frame->bytes[frame->length++] = (uint8_t)(value >> (8 * n_bytes));
}

static void put_mac(struct frame *frame, uint8_t host)
{
    put(frame, 0x020000000000 | host, 6); /* locally administered */
}

static void put_address(struct frame *frame, const struct flow *flow, unsigned side)
{
    if (flow->is_ipv6) {
        put(frame, 0x20010db800000000, 8);
        put(frame, flow->host[side], 8);
    } else {
        put(frame, 0xc0000200 | flow->host[side], 4);
    }
}

/* The Internet checksum: one's complement sum of 16-bit words. */
static uint32_t sum(uint32_t so_far, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        so_far += (i & 1) ? bytes[i] : (uint32_t)bytes[i] << 8;
    return so_far;
}

static uint16_t fold(uint32_t value)
{
    while (value >> 16)
        value = (value & 0xffff) + (value >> 16);
    return (uint16_t)~value;
}

static void store16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_ethernet(struct frame *frame, const struct flow *flow, unsigned side)
{
    put_mac(frame, flow->host[!side]);
    put_mac(frame, flow->host[side]);
    if (flow->vlan != 0) {
        put(frame, 0x8100, 2);
        put(frame, flow->vlan, 2);
    }
    put(frame, flow->is_ipv6 ? 0x86dd : 0x0800, 2);
}

static void put_ip(struct frame *frame, struct flow *flow, unsigned side, size_t payload)
{
    size_t start = frame->length;
    unsigned protocol = flow->is_tcp ? 6 : 17;

    if (flow->is_ipv6) {
        put(frame, 0x60000000, 4);
        put(frame, payload, 2);
        put(frame, protocol, 1);
        put(frame, 64, 1); /* hop limit */
    } else {
        put(frame, 0x4500, 2);
        put(frame, 20 + payload, 2);
        put(frame, flow->ip_id[side]++, 2);
        put(frame, 0x4000, 2); /* do not fragment */
        put(frame, 64, 1);     /* time to live */
        put(frame, protocol, 1);
        put(frame, 0, 2);
    }
    put_address(frame, flow, side);
    put_address(frame, flow, !side);
    if (!flow->is_ipv6)
        store16(frame->bytes + start + 10,
                fold(sum(0, frame->bytes + start, frame->length - start)));
}

static void put_transport(struct frame *frame, struct flow *flow, unsigned side, size_t payload)
{
    put(frame, flow->port[side], 2);
    put(frame, flow->port[!side], 2);
    if (flow->is_tcp) {
        put(frame, flow->sequence[side], 4);
        put(frame, flow->sequence[!side], 4);
        put(frame, payload > 0 ? 0x5018 : 0x5010, 2); /* ACK, and PSH with data */
        put(frame, 0xffff, 2);                        /* window */
        put(frame, 0, 4);
        flow->sequence[side] += (uint32_t)payload;
    } else {
        put(frame, 8 + payload, 2);
        put(frame, 0, 2);
    }
}

/* Over the transport header, the payload, and the pseudo-header of addresses before it. */
static void set_checksum(struct frame *frame, const struct flow *flow, size_t transport)
{
    size_t addresses = flow->is_ipv6 ? 32 : 8;
    uint8_t *at = frame->bytes + transport + (flow->is_tcp ? 16 : 6);
    uint32_t total = (flow->is_tcp ? 6 : 17) + (uint32_t)(frame->length - transport);

    total = sum(total, frame->bytes + transport - addresses, addresses);
    store16(at, fold(sum(total, frame->bytes + transport, frame->length - transport)));
    if (!flow->is_tcp && at[0] == 0 && at[1] == 0)
        store16(at, 0xffff); /* in UDP, 0 means none */
}

static size_t header_bytes(const struct flow *flow)
{
    return 14 + (flow->vlan != 0 ? 4 : 0) + (flow->is_ipv6 ? 40 : 20) + (flow->is_tcp ? 20 : 8);
}

/* The sizes of a simple IMIX (7 to 4 to 1), and a few jumbo frames. */
static size_t random_size(const struct flow *flow)
{
    uint32_t die = random_below(1200);

    if (die < 690)
        return ETHERNET_MIN + random_below(41);
    if (die < 1080)
        return 300 + random_below(500);
    if (die < 1188)
        return 1514;
    if (die < 1194)
        return 2000 + random_below(MTU - 2000);
    return MTU + 14 + (flow->vlan != 0 ? 4 : 0);
}

static void make_frame(struct frame *frame, struct flow *flow, unsigned side)
{
    size_t headers = header_bytes(flow), size = random_size(flow), transport;
    size_t payload = size > headers ? size - headers : 0;

    frame->length = 0;
    put_ethernet(frame, flow, side);
    put_ip(frame, flow, side, payload + (flow->is_tcp ? 20 : 8));
    transport = frame->length;
    put_transport(frame, flow, side, payload);
    for (size_t i = 0; i < payload; i++)
        put(frame, random_below(256), 1);
    set_checksum(frame, flow, transport);
    while (frame->length < ETHERNET_MIN)
        put(frame, 0, 1);
}

static void make_flow(struct flow *flow, unsigned number)
{
    memset(flow, 0, sizeof(*flow));
    flow->is_ipv6 = number % 3 == 2;
    flow->is_tcp = number % 2 == 0;
    flow->vlan = number % 4 == 3 ? (uint16_t)(100 + number) : 0;
    flow->host[0] = (uint8_t)(1 + number);
    flow->host[1] = (uint8_t)(200 + number % 8);
    flow->port[0] = (uint16_t)(49152 + random_below(16384));
    flow->port[1] = 9; /* discard: whatever is sent there means nothing */
    for (unsigned side = 0; side < 2; side++) {
        flow->sequence[side] = random_below(UINT32_MAX);
        flow->ip_id[side] = (uint16_t)random_below(65536);
    }
}

static void write_demo(pcap_dumper_t *dumper)
{
    static struct flow flows[N_FLOWS];
    static struct frame frame;
    struct pcap_pkthdr header = {.ts.tv_sec = START_SECOND};

    for (unsigned i = 0; i < N_FLOWS; i++)
        make_flow(&flows[i], i);
    for (unsigned i = 0; i < N_FRAMES; i++) {
        /* One after the other: the order of a call's arguments is the compiler's. */
        struct flow *flow = &flows[random_below(N_FLOWS)];
        unsigned side = random_below(2);

        make_frame(&frame, flow, side);
        header.ts.tv_usec += 1000 + random_below(600000); /* nanoseconds; about a second in all */
        if (header.ts.tv_usec >= 1000000000) {
            header.ts.tv_usec -= 1000000000;
            header.ts.tv_sec++;
        }
        header.caplen = header.len = (uint32_t)frame.length;
        pcap_dump((uint8_t *)dumper, &header, frame.bytes);
    }
}

/* The bytes that are passed over are a hole in the file, which reads as zeros. */
static void write_sparse(pcap_dumper_t *dumper, uint64_t mib)
{
    FILE *file = pcap_dump_file(dumper);

    for (uint64_t i = 0; i < mib * MIB / SPARSE_BYTES; i++) {
        const uint32_t record[4] = {(uint32_t)(START_SECOND + i / 1000),
                                    (uint32_t)(i % 1000 * 1000000), SPARSE_BYTES, SPARSE_BYTES};
        struct frame frame = {.length = 0};

        put_mac(&frame, 1);
        put_mac(&frame, 2);
        put(&frame, 0x88b5, 2); /* for experiments */
        put(&frame, i, 8);
        fwrite(record, sizeof(record), 1, file);
        fwrite(frame.bytes, frame.length, 1, file);
        fseek(file, SPARSE_BYTES - (long)frame.length - 1, SEEK_CUR);
        fputc(0, file);
    }
}

int main(int argc, char *argv[])
{
    uint64_t mib = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    pcap_t *pcap;
    pcap_dumper_t *dumper;
    int rc;

    if (argc != 2 && mib == 0) {
        fprintf(stderr, "usage: make-capture FILE [MIB]\n");
        return 2;
    }
    pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 65535, PCAP_TSTAMP_PRECISION_NANO);
    dumper = pcap == NULL ? NULL : pcap_dump_open(pcap, argv[1]);
    if (dumper == NULL) {
        fprintf(stderr, "make-capture: %s\n", pcap == NULL ? "no memory" : pcap_geterr(pcap));
        return EXIT_FAILURE;
    }
    if (mib == 0)
        write_demo(dumper);
    else
        write_sparse(dumper, mib);
    rc = pcap_dump_flush(dumper);
    pcap_dump_close(dumper);
    pcap_close(pcap);
    if (rc != 0)
        fprintf(stderr, "make-capture: %s: cannot be written\n", argv[1]);
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
