/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/choice.h"

#include "message.h"
#include "option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_SNAPLEN 262144 /* libpcap's own bound */

static bool parse_number(const char **text, uint64_t *ret_number)
{
    unsigned long long number;
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    number = strtoull(*text, &end, 10);
    if (errno != 0 || number == 0)
        return false;
    *text = end;
    *ret_number = number;
    return true;
}

/* "7", "7-9" or "7-", up to a comma or the end. */
static bool parse_range(const char **text, struct number_range *range)
{
    if (!parse_number(text, &range->first))
        return false;
    range->last = range->first;
    if (**text == '-') {
        (*text)++;
        range->last = UINT64_MAX;
        if (**text != ',' && **text != '\0' && !parse_number(text, &range->last))
            return false;
    }
    return range->last >= range->first && (**text == ',' || **text == '\0');
}

bool choice_parse(const char *option, const char *text, struct number_ranges *ranges)
{
    struct number_ranges found = *ranges;
    const char *rest = strncmp(text, "P:", 2) == 0 ? text + 2 : text;

    for (;; rest++) {
        if (found.n == CHOICE_MAX_RANGES) {
            complain("--%s: at most %d numbers and ranges", option, CHOICE_MAX_RANGES);
            return false;
        }
        if (!parse_range(&rest, &found.ranges[found.n]))
            return wrong_value(option, text,
                               "packet numbers and ranges of them, such as 1-5,9,72-");
        found.n++;
        if (*rest == '\0')
            break;
    }
    *ranges = found;
    return true;
}

static bool is_among(const struct number_ranges *ranges, uint64_t number)
{
    for (unsigned i = 0; i < ranges->n; i++) {
        if (number >= ranges->ranges[i].first && number <= ranges->ranges[i].last)
            return true;
    }
    return false;
}

bool choice_has_number(const struct choice *choice, uint64_t number)
{
    return (choice->include.n == 0 || is_among(&choice->include, number)) &&
           !is_among(&choice->exclude, number);
}

bool choice_is_all(const struct choice *choice)
{
    return choice->include.n == 0 && choice->exclude.n == 0 && choice->filter == NULL;
}

/* A capture file without a frame. libpcap compiles for a live interface unless it reads a file, and
 * then takes `inbound` or `ifindex 2`, of which a file of Ethernet frames knows nothing. */
static pcap_t *open_ethernet(void)
{
    struct pcap_file_header header = {
        .magic = 0xa1b2c3d4,
        .version_major = PCAP_VERSION_MAJOR,
        .version_minor = PCAP_VERSION_MINOR,
        .snaplen = LARGEST_SNAPLEN,
        .linktype = DLT_EN10MB,
    };
    char why[PCAP_ERRBUF_SIZE];
    FILE *file = fmemopen(NULL, sizeof(header), "w+");
    pcap_t *pcap = NULL;

    if (file == NULL)
        return NULL;
    if (fwrite(&header, sizeof(header), 1, file) == 1 && fseek(file, 0, SEEK_SET) == 0)
        pcap = pcap_fopen_offline(file, why);
    if (pcap == NULL)
        fclose(file);
    return pcap;
}

int choice_compile(const struct choice *choice, struct bpf_program *ret_program)
{
    pcap_t *ethernet = open_ethernet();
    int rc = 0;

    if (ethernet == NULL) {
        complain("no memory for a filter");
        return -ENOMEM;
    }
    if (pcap_compile(ethernet, ret_program, choice->filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        complain("--filter=%s: %s: see pcap-filter(7)", choice->filter, pcap_geterr(ethernet));
        rc = -EINVAL;
    }
    pcap_close(ethernet);
    return rc;
}
