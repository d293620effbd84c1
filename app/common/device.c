/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "device.h"

#include "message.h"

#include <ctype.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))

/* Drivers that ask the kernel for what not everybody may have. */
static const struct privilege {
    const char *driver;
    uint64_t capabilities;
    const char *names;
} privileges[] = {
    /* It sets the MAC address anew when it is started. */
    {"net_af_packet", BIT(CAP_NET_RAW) | BIT(CAP_NET_ADMIN), "CAP_NET_RAW and CAP_NET_ADMIN"},
    {"net_af_xdp", BIT(CAP_NET_RAW) | BIT(CAP_NET_ADMIN) | BIT(CAP_BPF),
     "CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF"},
    {"net_tap", BIT(CAP_NET_ADMIN), "CAP_NET_ADMIN"},
};

bool device_words_only(const struct eal_words *user)
{
    for (int i = 0; i < user->n; i++) {
        const char *word = user->words[i];

        if (word[0] == '-' && strncmp(word, "--vdev", 6) != 0 && strncmp(word, "-a", 2) != 0 &&
            strncmp(word, "--allow", 7) != 0)
            return false;
    }
    return true;
}

static uint64_t capabilities(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    uint64_t found = UINT64_MAX;
    char line[128];

    if (status == NULL)
        return found;
    while (fgets(line, sizeof(line), status) != NULL) {
        if (sscanf(line, "CapEff: %" SCNx64, &found) == 1)
            break;
    }
    fclose(status);
    return found;
}

void device_lacking(const char *driver, char *text, size_t capacity)
{
    text[0] = '\0';
    for (size_t i = 0; i < sizeof(privileges) / sizeof(privileges[0]); i++) {
        const struct privilege *p = &privileges[i];

        if (strcmp(driver, p->driver) == 0 && (p->capabilities & ~capabilities()) != 0)
            snprintf(text, capacity, ": it needs %s: run as root, or with these capabilities",
                     p->names);
    }
}

unsigned device_interface_mtu(unsigned if_index)
{
    int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {0};
    unsigned mtu = 0;

    if (socket_fd < 0)
        return 0;
    if (if_indextoname(if_index, request.ifr_name) != NULL &&
        ioctl(socket_fd, SIOCGIFMTU, &request) == 0)
        mtu = (unsigned)request.ifr_mtu;
    close(socket_fd);
    return mtu;
}

/* A device "net_af_packet0,iface=veth0" in pieces. */
struct device {
    const char *text;
    char driver[64];
    char interface[IFNAMSIZ]; /* "": names none */
};

static void read_device(struct device *device, const char *text)
{
    size_t length = strcspn(text, ",");
    const char *interface = strstr(text, ",iface=");

    *device = (struct device){.text = text};
    while (length > 0 && isdigit((unsigned char)text[length - 1]))
        length--;
    snprintf(device->driver, sizeof(device->driver), "%.*s", (int)length, text);
    if (interface != NULL) {
        interface += strlen(",iface=");
        snprintf(device->interface, sizeof(device->interface), "%.*s", (int)strcspn(interface, ","),
                 interface);
    }
}

static bool is_installed(const struct device *device)
{
    char library[128];

    /* Asked for by the name under which the EAL would have loaded it: then it is here already. */
    snprintf(library, sizeof(library), "librte_%s.so." LABYRINTH_DPDK_ABI, device->driver);
    return dlopen(library, RTLD_LAZY) != NULL;
}

static void complain_missing(const struct device *device)
{
    char package[sizeof(device->driver)];
    size_t i;

    for (i = 0; device->driver[i] != '\0'; i++)
        package[i] = device->driver[i] == '_' ? '-' : device->driver[i];
    package[i] = '\0';
    complain("--vdev=%s: the driver %s is not installed: apt install librte-%s" LABYRINTH_DPDK_ABI
             ", where Debian has it",
             device->text, device->driver, package);
}

/* A TAP's interface is made; the others' must be there. */
static bool needs_interface(const struct device *device)
{
    return device->interface[0] != '\0' && strcmp(device->driver, "net_tap") != 0;
}

static bool complain_device(const char *text)
{
    struct device device;
    char lacking[128];

    read_device(&device, text);
    if (strncmp(device.driver, "net_", 4) != 0)
        return false;
    device_lacking(device.driver, lacking, sizeof(lacking));
    if (!is_installed(&device))
        complain_missing(&device);
    else if (needs_interface(&device) && if_nametoindex(device.interface) == 0)
        complain("--vdev=%s: there is no interface %s", text, device.interface);
    else if (lacking[0] != '\0')
        complain("--vdev=%s does not start%s", text, lacking);
    else
        return false;
    return true;
}

bool device_complain(const struct eal_words *user)
{
    for (int i = 0; i < user->n; i++) {
        const char *word = user->words[i];

        if (strncmp(word, "--vdev=", 7) == 0 && complain_device(word + 7))
            return true;
        if (strcmp(word, "--vdev") == 0 && i + 1 < user->n && complain_device(user->words[i + 1]))
            return true;
    }
    return false;
}
