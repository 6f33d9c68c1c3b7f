/* SPDX-License-Identifier: MIT */
#include "daemon/base/ip-address.h"

#include <stddef.h>
#include <string.h>
#include <uv.h>

int pf_ip_address_parse(const char *text, PfIpAddress *ret) {
        PfIpAddress address = { 0 };

        if (uv_inet_pton(AF_INET, text, address.bytes) != 0) {
                address.is_ipv6 = true;
                if (uv_inet_pton(AF_INET6, text, address.bytes) != 0)
                        return -EINVAL;
        }
        *ret = address;
        return 0;
}

static unsigned bits_of(const PfIpAddress *address) {
        return address->is_ipv6 ? 128 : 32;
}

bool pf_ip_address_equal(const PfIpAddress *a, const PfIpAddress *b) {
        return pf_ip_address_in_prefix(a, b, bits_of(a));
}

bool pf_ip_address_in_prefix(const PfIpAddress *address, const PfIpAddress *prefix, unsigned bits) {
        size_t n = bits / 8;
        unsigned rest = bits % 8;

        if (address->is_ipv6 != prefix->is_ipv6 || bits > bits_of(address))
                return false;
        if (memcmp(address->bytes, prefix->bytes, n) != 0)
                return false;
        return rest == 0 || (address->bytes[n] ^ prefix->bytes[n]) >> (8 - rest) == 0;
}

bool pf_ip_address_is_mapped(const PfIpAddress *address) {
        static const PfIpAddress prefix = { true, { [10] = 0xff, [11] = 0xff } };

        return pf_ip_address_in_prefix(address, &prefix, 96);
}

bool pf_ip_address_is_dead(const PfIpAddress *address) {
        static const struct {
                PfIpAddress prefix;
                unsigned bits;
        } dead[] = {
                { { false, { 192, 0, 2 } }, 24 },
                { { false, { 198, 51, 100 } }, 24 },
                { { false, { 203, 0, 113 } }, 24 },
                { { false, { 240 } }, 4 },
                { { true, { 0x20, 0x01, 0x0d, 0xb8 } }, 32 },
                { { true, { 0x3f, 0xff } }, 20 },
                { { true, { 0x01 } }, 64 },
        };

        for (size_t i = 0; i < PF_ELEMENTS(dead); i++)
                if (pf_ip_address_in_prefix(address, &dead[i].prefix, dead[i].bits))
                        return true;
        return false;
}
