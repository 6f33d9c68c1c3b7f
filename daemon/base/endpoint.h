/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/ip-address.h"

#define PF_ENDPOINT_HOST_MAX 253 /* RFC 1035, in the form that people write */

/* A server and its TCP port. */
typedef struct PfEndpoint {
        char host[PF_ENDPOINT_HOST_MAX + 1]; /* without the brackets of an IPv6 address */
        uint16_t port;
        bool is_address; /* @host is one, and needs nobody to look it up */
        PfIpAddress address;
} PfEndpoint;

/**
 * pf_endpoint_parse() - "server.example:443", "192.0.2.7:9443" or "[2001:db8::7]:443"
 * Rule:   a name is of letters, digits, '-', '_' and dots, of which no two are
 *         side by side; one may end it. A port is from 1 to 65535.
 * Return: 0 or -EINVAL.
 */
int pf_endpoint_parse(const char *text, PfEndpoint *ret) PF_MUST_CHECK;
