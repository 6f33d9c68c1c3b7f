/* SPDX-License-Identifier: MIT */
/*
 * A server and its port, as people write them.
 */
#include "daemon/base/endpoint.h"

#include <string.h>

#define LABEL_MAX 63 /* RFC 1035 */
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
#define DIGITS "0123456789"

static int parse_port(const char *text, uint16_t *ret) {
        unsigned long port;

        if (!*text || strlen(text) > 5 || strspn(text, DIGITS) != strlen(text))
                return -EINVAL;
        port = strtoul(text, NULL, 10);
        if (port < 1 || port > UINT16_MAX)
                return -EINVAL;
        *ret = (uint16_t) port;
        return 0;
}

/* What is of digits and dots alone is an address, or a slip of the pen. */
static bool is_name(const char *text) {
        if (strspn(text, DIGITS ".") == strlen(text))
                return false;
        while (*text) {
                size_t n = strspn(text, NAME_BYTES);

                if (n == 0 || n > LABEL_MAX || (text[n] && text[n] != '.'))
                        return false;
                text += n + (text[n] == '.');
        }
        return true;
}

static int take_host(const char *text, size_t n, PfEndpoint *ret) {
        if (n == 0 || n > PF_ENDPOINT_HOST_MAX)
                return -EINVAL;
        memcpy(ret->host, text, n);
        ret->host[n] = '\0';
        ret->is_address = pf_ip_address_parse(ret->host, &ret->address) == 0;
        return 0;
}

int pf_endpoint_parse(const char *text, PfEndpoint *ret) {
        PfEndpoint endpoint = { 0 };
        bool in_brackets = text[0] == '[';
        const char *colon = strrchr(text, ':');
        const char *end = colon;

        if (!colon || parse_port(colon + 1, &endpoint.port) < 0)
                return -EINVAL;
        if (in_brackets && (end == text || *--end != ']'))
                return -EINVAL;
        text += in_brackets;
        if (end < text || take_host(text, (size_t) (end - text), &endpoint) < 0)
                return -EINVAL;
        /* An IPv6 address stands in brackets, and nothing else does. */
        if (in_brackets != (endpoint.is_address && endpoint.address.is_ipv6) ||
            strchr(endpoint.host, '%') || (!endpoint.is_address && !is_name(endpoint.host)))
                return -EINVAL;
        *ret = endpoint;
        return 0;
}
