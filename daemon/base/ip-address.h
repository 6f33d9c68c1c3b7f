/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "daemon/base/cleanup.h"

/* An address of IPv4 or IPv6. All zero is 0.0.0.0. */
typedef struct PfIpAddress {
        bool is_ipv6;
        unsigned char bytes[16]; /* in the order of the network; of IPv4 the first 4 */
} PfIpAddress;

/**
 * pf_ip_address_parse() - an address as inet_pton(3) takes it
 * Four decimal numbers, or IPv6 without brackets; what follows '%' is no part of it.
 * Return: 0 or -EINVAL.
 */
int pf_ip_address_parse(const char *text, PfIpAddress *ret) PF_MUST_CHECK;

bool pf_ip_address_equal(const PfIpAddress *a, const PfIpAddress *b);

/* Are both of one family, and do they begin with the same @bits bits? */
bool pf_ip_address_in_prefix(const PfIpAddress *address, const PfIpAddress *prefix, unsigned bits);

/* Is it one of IPv4 in the form of IPv6, "::ffff:192.0.2.7"? RFC 4291, section 2.5.5.2. */
bool pf_ip_address_is_mapped(const PfIpAddress *address);

/**
 * pf_ip_address_is_dead() - is this one that no host ever has?
 * Rule: set aside for documentation, for discarding, or reserved: RFC 5737,
 *       RFC 3849, RFC 9637, RFC 6666, RFC 1112 section 4 (240.0.0.0/4).
 */
bool pf_ip_address_is_dead(const PfIpAddress *address);
