/* SPDX-License-Identifier: MIT */
#include "probes/net/reachable.h"

bool pf_net_is_reachable(const PfIpAddress *address) {
        static const PfIpAddress link_local = { .bytes = { 169, 254 } };
        static const PfIpAddress loopback = { .bytes = { 127 } };
        static const PfIpAddress none = { 0 };

        return !address->is_ipv6 && !pf_ip_address_in_prefix(address, &link_local, 16) &&
               !pf_ip_address_in_prefix(address, &loopback, 8) &&
               !pf_ip_address_equal(address, &none);
}
