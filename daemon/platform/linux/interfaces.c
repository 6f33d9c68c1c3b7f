/* SPDX-License-Identifier: MIT */
/*
 * Network interfaces, their addresses, and the way to an address: as the kernel
 * answers over netlink.
 */
#include "daemon/platform/interfaces.h"

#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/platform/linux/netlink-ask.h"

#define TRIES 3 /* where what is asked for changes meanwhile */

void pf_interfaces_deinit(PfInterfaces *interfaces) {
        for (size_t i = 0; i < interfaces->n; i++)
                free(interfaces->items[i].addresses);
        free(interfaces->items);
        *interfaces = (PfInterfaces){ 0 };
}

/* One more of @size bytes, all zero, behind @n others; NULL: out of memory. */
static void *grow(void *list, size_t *n, size_t size, size_t max) {
        char *items = *n < max ? realloc(*(void **) list, (*n + 1) * size) : NULL;

        if (!items)
                return NULL;
        *(void **) list = items;
        memset(items + *n * size, 0, size);
        return items + (*n)++ * size;
}

PfInterface *pf_interfaces_add(PfInterfaces *interfaces) {
        return grow(&interfaces->items, &interfaces->n, sizeof(*interfaces->items),
                    PF_INTERFACES_MAX);
}

int pf_interface_add_address(PfInterface *interface, const PfInterfaceAddress *address) {
        PfInterfaceAddress *added = grow(&interface->addresses, &interface->n_addresses,
                                         sizeof(*interface->addresses), PF_INTERFACE_ADDRESSES_MAX);

        if (!added)
                return interface->n_addresses == PF_INTERFACE_ADDRESSES_MAX ? -E2BIG : -ENOMEM;
        *added = *address;
        return 0;
}

PfInterface *pf_interfaces_find(const PfInterfaces *interfaces, const char *name) {
        for (size_t i = 0; i < interfaces->n; i++)
                if (strcmp(interfaces->items[i].name, name) == 0)
                        return &interfaces->items[i];
        return NULL;
}

PfInterface *pf_interfaces_at(const PfInterfaces *interfaces, unsigned index) {
        for (size_t i = 0; i < interfaces->n; i++)
                if (interfaces->items[i].index == index)
                        return &interfaces->items[i];
        return NULL;
}

/* --- what the kernel answers --- */

static void take_text(const struct rtattr *attribute, char ret[static PF_INTERFACE_NAME_MAX]) {
        if (attribute)
                (void) snprintf(ret, PF_INTERFACE_NAME_MAX, "%.*s", (int) RTA_PAYLOAD(attribute),
                                (const char *) RTA_DATA(attribute));
}

static unsigned number_of(const struct rtattr *attribute) {
        unsigned number = 0;

        if (attribute)
                memcpy(&number, RTA_DATA(attribute), sizeof(number));
        return number;
}

static int take_link(const struct nlmsghdr *header, void *data) {
        const struct ifinfomsg *message = NLMSG_DATA(header);
        const struct rtattr *info;
        const void *first;
        PfInterface *interface;
        size_t n;

        if (header->nlmsg_type != RTM_NEWLINK || header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
                return -EBADMSG;
        interface = pf_interfaces_add(data);
        if (!interface)
                return -ENOMEM;
        first = IFLA_RTA(message);
        n = header->nlmsg_len - NLMSG_LENGTH(sizeof(*message));
        interface->index = (unsigned) message->ifi_index;
        interface->is_loopback = message->ifi_flags & IFF_LOOPBACK;
        interface->is_up = message->ifi_flags & IFF_UP;
        interface->is_running = message->ifi_flags & IFF_RUNNING;
        interface->master_index =
                number_of(pf_netlink_attribute(first, n, IFLA_MASTER, sizeof(unsigned)));
        take_text(pf_netlink_attribute(first, n, IFLA_IFNAME, 1), interface->name);
        info = pf_netlink_attribute(first, n, IFLA_LINKINFO, sizeof(*info));
        if (info)
                take_text(
                        pf_netlink_attribute(RTA_DATA(info), RTA_PAYLOAD(info), IFLA_INFO_KIND, 1),
                        interface->kind);
        return 0;
}

/* Of two ends of a line IFA_LOCAL is ours; IPv6 has IFA_ADDRESS alone. */
static int take_address(const struct nlmsghdr *header, void *data) {
        const struct ifaddrmsg *message = NLMSG_DATA(header);
        PfInterfaceAddress address = { 0 };
        const struct rtattr *attribute;
        PfInterface *interface;
        size_t n, size;

        if (header->nlmsg_type != RTM_NEWADDR || header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
                return -EBADMSG;
        interface = pf_interfaces_at(data, message->ifa_index);
        if (!interface || (message->ifa_family != AF_INET && message->ifa_family != AF_INET6))
                return 0;
        n = header->nlmsg_len - NLMSG_LENGTH(sizeof(*message));
        size = message->ifa_family == AF_INET ? 4 : 16;
        attribute = pf_netlink_attribute(IFA_RTA(message), n, IFA_LOCAL, size);
        if (!attribute)
                attribute = pf_netlink_attribute(IFA_RTA(message), n, IFA_ADDRESS, size);
        if (!attribute)
                return -EBADMSG;
        address.prefix = message->ifa_prefixlen;
        address.address.is_ipv6 = size == 16;
        memcpy(address.address.bytes, RTA_DATA(attribute), size);
        return pf_interface_add_address(interface, &address);
}

static int dump(const PfNetlink *netlink, uint16_t type, PfNetlinkVisit visit,
                PfInterfaces *interfaces, PfErr *err) {
        const struct {
                struct nlmsghdr header;
                struct ifinfomsg body; /* all zero: as long as any of these, and of any family */
        } request = {
                .header = { .nlmsg_len = sizeof(request),
                            .nlmsg_type = type,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
        };

        return pf_netlink_ask(netlink, &request.header, visit, interfaces, err);
}

static int read_once(const PfNetlink *netlink, PfInterfaces *ret, PfErr *err) {
        PF_AUTO_INTERFACES PfInterfaces interfaces = { 0 };
        int r = dump(netlink, RTM_GETLINK, take_link, &interfaces, err);

        if (r == 0)
                r = dump(netlink, RTM_GETADDR, take_address, &interfaces, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < interfaces.n; i++) {
                const PfInterface *master =
                        pf_interfaces_at(&interfaces, interfaces.items[i].master_index);

                if (master)
                        memcpy(interfaces.items[i].master, master->name, sizeof(master->name));
        }
        *ret = interfaces;
        interfaces = (PfInterfaces){ 0 };
        return 0;
}

int pf_interfaces_read(PfInterfaces *ret, PfErr *err) {
        PF_AUTO_NETLINK PfNetlink netlink = PF_NETLINK_INIT;
        int r = pf_netlink_open(NETLINK_ROUTE, &netlink, err);

        if (r < 0)
                return r;
        r = -EAGAIN;
        for (int i = 0; i < TRIES && r == -EAGAIN; i++)
                r = read_once(&netlink, ret, err);
        return r < 0 ? pf_err_errno(err, r, "the interfaces of the network") : 0;
}

/* --- the way to an address --- */

static int take_route(const struct nlmsghdr *header, void *data) {
        const struct rtmsg *message = NLMSG_DATA(header);
        unsigned *index = data;

        if (header->nlmsg_type != RTM_NEWROUTE ||
            header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
                return -EBADMSG;
        *index = number_of(pf_netlink_attribute(RTM_RTA(message),
                                                header->nlmsg_len - NLMSG_LENGTH(sizeof(*message)),
                                                RTA_OIF, sizeof(unsigned)));
        return 0;
}

/* Asked for over the same socket, which may be of another network than this process. */
static int read_name(const PfNetlink *netlink, unsigned index,
                     char ret_name[static PF_INTERFACE_NAME_MAX], PfErr *err) {
        const struct {
                struct nlmsghdr header;
                struct ifinfomsg body;
        } request = {
                .header = { .nlmsg_len = sizeof(request),
                            .nlmsg_type = RTM_GETLINK,
                            .nlmsg_flags = NLM_F_REQUEST },
                .body = { .ifi_index = (int) index },
        };
        PF_AUTO_INTERFACES PfInterfaces interfaces = { 0 };
        int r = pf_netlink_ask(netlink, &request.header, take_link, &interfaces, err);

        if (r == -ENODEV)
                return PF_ROUTE_NONE;
        if (r < 0)
                return pf_err_errno(err, r, "the interface of a route");
        (void) snprintf(ret_name, PF_INTERFACE_NAME_MAX, "%s", interfaces.items[0].name);
        return 0;
}

/* Errors of a lookup: no route; unreachable, blackhole and prohibit; no IPv6. */
static bool says_none(int r) {
        return r == -ENETUNREACH || r == -EHOSTUNREACH || r == -EINVAL || r == -EACCES ||
               r == -EAFNOSUPPORT || r == -EOPNOTSUPP;
}

int pf_route_read(const PfIpAddress *address, char ret_name[static PF_INTERFACE_NAME_MAX],
                  PfErr *err) {
        PF_AUTO_NETLINK PfNetlink netlink = PF_NETLINK_INIT;
        const size_t size = address->is_ipv6 ? 16 : 4;
        struct {
                struct nlmsghdr header;
                struct rtmsg body;
                struct rtattr attribute;
                unsigned char bytes[16];
        } request = {
                .header = { .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST },
                .body = { .rtm_family = address->is_ipv6 ? AF_INET6 : AF_INET,
                          .rtm_dst_len = (unsigned char) (size * 8) },
                .attribute = { .rta_type = RTA_DST, .rta_len = (uint16_t) RTA_LENGTH(size) },
        };
        unsigned index = 0;
        int r = pf_netlink_open(NETLINK_ROUTE, &netlink, err);

        if (r < 0)
                return r;
        memcpy(request.bytes, address->bytes, size);
        request.header.nlmsg_len =
                (uint32_t) (NLMSG_LENGTH(sizeof(request.body)) + RTA_LENGTH(size));
        r = pf_netlink_ask(&netlink, &request.header, take_route, &index, err);
        if (r < 0)
                return says_none(r) ? PF_ROUTE_NONE
                                    : pf_err_errno(err, r, "the route to an address");
        /* A route without an interface is a blackhole. */
        return index > 0 ? read_name(&netlink, index, ret_name, err) : PF_ROUTE_NONE;
}
