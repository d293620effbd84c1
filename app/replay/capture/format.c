/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/format.h"

#include "quote.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum remedy {
    REMEDY_UNPACK,   /* the command's output is the capture */
    REMEDY_EDITCAP,  /* Wireshark reads it */
    REMEDY_ETHERNET, /* the same, without a header of its own before each frame */
    REMEDY_PERHAPS,  /* Wireshark may read it, where libpcap does not */
    REMEDY_ANEW,     /* nothing converts it: it has to be written in another way */
};

#define NETSNIFF                                                                                   \
    "a capture of netsniff-ng's own kind, which neither libpcap nor Wireshark reads",              \
        "netsniff-ng -T 0xa1b2c3d4"
#define VARIANT "a variant of pcap that neither libpcap nor Wireshark reads", "tcpdump -w"

/* The first bytes: wiretap, file(1) and the formats' own descriptions agree. */
static const struct format {
    const char *magic;
    unsigned n_magic;
    enum remedy remedy;
    const char *what;
    const char *command; /* of REMEDY_UNPACK and REMEDY_ANEW */
} formats[] = {
    {"\x1f\x8b", 2, REMEDY_UNPACK, "compressed by gzip", "gunzip -c"},
    {"\x1f\x9d", 2, REMEDY_UNPACK, "compressed by compress", "gunzip -c"},
    {"\x28\xb5\x2f\xfd", 4, REMEDY_UNPACK, "compressed by zstd", "zstd -dc"},
    {"\xfd\x37zXZ\0", 6, REMEDY_UNPACK, "compressed by xz", "xz -dc"},
    {"\x5d\0\0", 3, REMEDY_UNPACK, "compressed by lzma", "xz -dc"},
    {"BZh", 3, REMEDY_UNPACK, "compressed by bzip2", "bzip2 -dc"},
    {"\x04\x22\x4d\x18", 4, REMEDY_UNPACK, "compressed by lz4", "lz4 -dc"},
    {"\x02\x21\x4c\x18", 4, REMEDY_UNPACK, "compressed by lz4", "lz4 -dc"},
    {"LZIP", 4, REMEDY_UNPACK, "compressed by lzip", "lzip -dc"},
    {"PK\3\4", 4, REMEDY_UNPACK, "a zip archive", "funzip"},
    {"snoop\0\0\0", 8, REMEDY_EDITCAP, "a capture of Sun's snoop", NULL},
    {"btsnoop\0", 8, REMEDY_EDITCAP, "a capture of Bluetooth (btsnoop)", NULL},
    {"RTSS", 4, REMEDY_EDITCAP, "a capture of Microsoft's Network Monitor 1", NULL},
    {"GMBU", 4, REMEDY_EDITCAP, "a capture of Microsoft's Network Monitor 2", NULL},
    {"VL\0\0", 4, REMEDY_EDITCAP, "a capture of NetXRay", NULL},
    {"XCP\0", 4, REMEDY_EDITCAP, "a capture of NetXRay or Sniffer for Windows", NULL},
    {"TRSNIFF data    \x1a", 17, REMEDY_EDITCAP, "a capture of Sniffer for DOS", NULL},
    {"iptrace 1.0", 11, REMEDY_EDITCAP, "a capture of AIX's iptrace", NULL},
    {"iptrace 2.0", 11, REMEDY_EDITCAP, "a capture of AIX's iptrace", NULL},
    {"ObserverPktBuffe", 16, REMEDY_EDITCAP, "a capture of Observer", NULL},
    {"\x7fver", 4, REMEDY_EDITCAP, "a capture of EtherPeek or OmniPeek", NULL},
    {"\x05VNF", 4, REMEDY_EDITCAP, "a capture of Visual Networks", NULL},
    {"\xaa\xaa\xaa\xaa", 4, REMEDY_EDITCAP, "a capture of 5Views", NULL},
    {"TR\0d\0", 5, REMEDY_EDITCAP, "a capture of HP-UX's nettl", NULL},
    {"\0\0\2\0\x12\5\0\x10", 8, REMEDY_EDITCAP, "a capture of K12xx (rf5)", NULL},
    {"\xac\1\0\x1c", 4, REMEDY_EDITCAP, "a capture of IXIA's, with times of its hardware", NULL},
    {"\xab\1\0\x1c", 4, REMEDY_EDITCAP, "a capture of IXIA's, with times of its software", NULL},
    {"\x1c\0\1\xac", 4, REMEDY_EDITCAP, "a capture of IXIA's, with times of its hardware", NULL},
    {"\x1c\0\1\xab", 4, REMEDY_EDITCAP, "a capture of IXIA's, with times of its software", NULL},
    {"\x12\xcb\xe2\xa1", 4, REMEDY_ANEW, NETSNIFF},
    {"\xa1\xe2\xcb\x12", 4, REMEDY_ANEW, NETSNIFF},
    {"\xcd\xc3\xb2\xa1", 4, REMEDY_ANEW, VARIANT},
    {"\xa1\xb2\xc3\xcd", 4, REMEDY_ANEW, VARIANT},
    {"\xcd\x34\xb2\xa1", 4, REMEDY_ANEW, VARIANT},
    {"\xa1\xb2\x34\xcd", 4, REMEDY_ANEW, VARIANT},
    {"\x4d\x3c\x2b\xa1", 4, REMEDY_ANEW, VARIANT},
    {"\xa1\x2b\x3c\x4d", 4, REMEDY_ANEW, VARIANT},
    {"\x0a\x0d\x0d\x0a", 4, REMEDY_PERHAPS, "pcapng", NULL},
    {"\xd4\xc3\xb2\xa1", 4, REMEDY_PERHAPS, "pcap", NULL},
    {"\xa1\xb2\xc3\xd4", 4, REMEDY_PERHAPS, "pcap", NULL},
    {"\x4d\x3c\xb2\xa1", 4, REMEDY_PERHAPS, "pcap", NULL},
    {"\xa1\xb2\x3c\x4d", 4, REMEDY_PERHAPS, "pcap", NULL},
};

static unsigned big16(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

/* ERF has no magic number: this is the header of a record that holds an Ethernet frame, and that no
 * other file is likely to begin with. */
static bool is_erf(const struct input_head *head)
{
    const uint8_t *at = head->bytes;
    unsigned type = at[8] & 0x7f, record = big16(at + 10), lost = big16(at + 12),
             wire = big16(at + 14);

    return head->n == sizeof(head->bytes) &&
           (type == 2 || type == 11 || type == 16 || type == 20) && at[9] < 0x40 && lost < 256 &&
           wire > 0 && wire <= 16384 && record >= 18 && record <= wire + 18 + 8;
}

static const struct format *find_format(const struct input_head *head)
{
    static const struct format erf = {NULL, 0, REMEDY_ETHERNET, "a capture in Endace's ERF", NULL};

    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        const struct format *format = &formats[i];
        /* Of what is cut within its own header, Wireshark makes nothing either. */
        size_t least = format->remedy == REMEDY_PERHAPS ? sizeof(head->bytes) : format->n_magic;

        if (head->n >= least && memcmp(head->bytes, format->magic, format->n_magic) == 0)
            return format;
    }
    return is_erf(head) ? &erf : NULL;
}

/* The word for the file in a command: standard input cannot be read again. */
static const char *file_word(const char *name, char text[FORMAT_BYTES / 2])
{
    char path[PATH_MAX];

    if (strcmp(name, "-") == 0)
        return "FILE";
    /* A name that begins like an option is none behind a folder. */
    snprintf(path, sizeof(path), "%s%s", name[0] == '-' ? "./" : "", name);
    return quote_word(path, text, FORMAT_BYTES / 2)[0] != '\0' ? text : "FILE";
}

void format_unreadable(const char *name, const struct input_head *head, char text[FORMAT_BYTES])
{
    const struct format *format = find_format(head);
    char word[FORMAT_BYTES / 2];

    text[0] = '\0';
    if (format == NULL)
        return;
    name = file_word(name, word);
    switch (format->remedy) {
    case REMEDY_UNPACK:
        snprintf(text, FORMAT_BYTES, ": it is %s: `%s < %s | labyrinth-replay -`", format->what,
                 format->command, name);
        break;
    case REMEDY_EDITCAP:
    case REMEDY_ETHERNET:
        snprintf(text, FORMAT_BYTES, ": it is %s: `editcap -F pcap%s %s converted.pcap`",
                 format->what, format->remedy == REMEDY_ETHERNET ? " -T ether" : "", name);
        break;
    case REMEDY_ANEW:
        snprintf(text, FORMAT_BYTES, ": it is %s: capture anew, by `%s`", format->what,
                 format->command);
        break;
    case REMEDY_PERHAPS:
        snprintf(text, FORMAT_BYTES,
                 ": it is %s; Wireshark may read it: `editcap -F pcap %s "
                 "converted.pcap`",
                 format->what, name);
        break;
    }
}

void format_unfinished(const char *name, const char *reason, bool is_pcapng, bool is_ethernet,
                       char text[FORMAT_BYTES])
{
    char word[FORMAT_BYTES / 2];

    text[0] = '\0';
    if (!is_pcapng)
        return;
    name = file_word(name, word);
    if (strstr(reason, "different from the type") != NULL)
        snprintf(text, FORMAT_BYTES,
                 ": the frames of the first interface alone: `tshark -r %s -Y "
                 "frame.interface_id==0 -w - | editcap -F pcap%s - converted.pcap`",
                 name, is_ethernet ? " -T ether" : "");
    else if (strstr(reason, "different from the snapshot length") != NULL ||
             strstr(reason, "bigger than snaplen") != NULL || strstr(reason, "> maximum") != NULL)
        snprintf(text, FORMAT_BYTES, ": Wireshark may read on: `editcap -F pcap %s converted.pcap`",
                 name);
}
