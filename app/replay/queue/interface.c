/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "queue/interface.h"

#include "device.h"
#include "message.h"
#include "suggest.h"

#include <dlfcn.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <rte_dev.h>
#include <rte_log.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define XDP "net_af_xdp"
#define PACKET "net_af_packet"

bool interface_is_there(const char *interface)
{
    return if_nametoindex(interface) != 0;
}

static int complain_missing(const char *interface)
{
    struct if_nameindex *all = if_nameindex();
    const char *names[64], *nearest;
    char list[512] = "";
    size_t n = 0, length = 0;

    for (; all != NULL && n < 64 && all[n].if_index != 0; n++) {
        names[n] = all[n].if_name;
        if (length < sizeof(list))
            length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s",
                                       n == 0 ? "" : ", ", all[n].if_name);
    }
    nearest = suggest(interface, names, n);
    if (nearest != NULL)
        complain("there is no interface %s: did you mean %s? (there is: %s)", interface, nearest,
                 list);
    else
        complain("there is no interface %s (there is: %s)", interface, list);
    if (all != NULL)
        if_freenameindex(all);
    return -EINVAL;
}

static bool is_up(const struct ifaddrs *all, const char *interface)
{
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        if (strcmp(one->ifa_name, interface) == 0)
            return (one->ifa_flags & IFF_UP) != 0;
    }
    return true; /* unknown: the port will tell */
}

/* An address of the interface by which others speak with this machine. */
static bool is_spoken_to(const struct ifaddrs *one)
{
    const struct sockaddr_in6 *ipv6 = (const void *)one->ifa_addr;

    if (one->ifa_addr == NULL)
        return false;
    if (one->ifa_addr->sa_family == AF_INET6)
        return !IN6_IS_ADDR_LINKLOCAL(&ipv6->sin6_addr);
    return one->ifa_addr->sa_family == AF_INET;
}

/* Why the kernel needs what the interface receives; NULL: it does not. */
static const char *use_of(const struct ifaddrs *all, const char *interface)
{
    char path[64];
    struct stat place;

    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        if (strcmp(one->ifa_name, interface) == 0 && is_spoken_to(one))
            return "has an address";
    }
    snprintf(path, sizeof(path), "/sys/class/net/%s", interface);
    if (stat(path, &place) != 0)
        return "is not shown by /sys: it may belong to a bridge";
    snprintf(path, sizeof(path), "/sys/class/net/%s/master", interface);
    return stat(path, &place) == 0 ? "belongs to a bridge or the like" : NULL;
}

/* libxdp and libbpf tell the terminal how they look for what they can do without. */
static void silence_libraries(void)
{
    static const char *const functions[][2] = {{"libxdp.so.1", "libxdp_set_print"},
                                               {"libbpf.so.1", "libbpf_set_print"},
                                               {"libbpf.so.0", "libbpf_set_print"}};

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *library = dlopen(functions[i][0], RTLD_LAZY | RTLD_NOLOAD);
        void *(*set_print)(void *) = NULL;

        if (library != NULL) /* POSIX's own way of writing it */
            *(void **)&set_print = dlsym(library, functions[i][1]);
        if (set_print != NULL)
            set_print(NULL);
    }
}

/* The drivers' own messages are not shown: a sentence says what they could not get, or there is
 * another way. */
static int make(const char *driver, const char *interface, char ret_port[RTE_ETH_NAME_MAX_LEN])
{
    uint32_t level = rte_log_get_global_level();
    char port[RTE_ETH_NAME_MAX_LEN], arguments[32];
    int rc;

    snprintf(port, sizeof(port), "%s_%s", driver, interface);
    snprintf(arguments, sizeof(arguments), "iface=%s", interface);
    silence_libraries();
    rte_log_set_global_level(RTE_LOG_EMERG);
    rc = rte_eal_hotplug_add("vdev", port, arguments);
    rte_log_set_global_level(level);
    if (rc == 0)
        snprintf(ret_port, RTE_ETH_NAME_MAX_LEN, "%s", port);
    return rc;
}

static int make_packet(const char *interface, char ret_port[RTE_ETH_NAME_MAX_LEN])
{
    int rc = make(PACKET, interface, ret_port);

    if (rc == 0)
        return 0;
    complain("interface %s cannot be a port of AF_PACKET: %s", interface, strerror(-rc));
    return -EIO;
}

static bool is_allowed(const char *driver)
{
    char lacking[128];

    device_lacking(driver, lacking, sizeof(lacking));
    return lacking[0] == '\0';
}

/* The same sentence for both, which need it. */
static int complain_forbidden(const char *interface)
{
    char lacking[128];

    device_lacking(PACKET, lacking, sizeof(lacking));
    complain("interface %s cannot be sent on%s", interface, lacking);
    return -EPERM;
}

int interface_open(const char *interface, bool with_xdp, char ret_port[RTE_ETH_NAME_MAX_LEN])
{
    struct ifaddrs *all = NULL;
    const char *use;
    bool up;

    if (!interface_is_there(interface))
        return complain_missing(interface);
    if (!is_allowed(PACKET))
        return complain_forbidden(interface);
    if (getifaddrs(&all) != 0)
        all = NULL;
    up = is_up(all, interface);
    use = use_of(all, interface);
    if (all != NULL)
        freeifaddrs(all);
    if (!up) {
        complain("interface %s is down: `ip link set %s up`", interface, interface);
        return -EINVAL;
    }
    with_xdp = with_xdp && is_allowed(XDP);
    if (with_xdp && use != NULL)
        note("interface %s %s: AF_PACKET leaves what it receives to the kernel, as AF_XDP would "
             "not",
             interface, use);
    if (with_xdp && use == NULL && make(XDP, interface, ret_port) == 0)
        return 0;
    return make_packet(interface, ret_port);
}

int interface_reopen(const char *interface, char port[RTE_ETH_NAME_MAX_LEN])
{
    uint32_t level = rte_log_get_global_level();

    rte_log_set_global_level(RTE_LOG_EMERG);
    rte_eal_hotplug_remove("vdev", port);
    rte_log_set_global_level(level);
    return make_packet(interface, port);
}
