/* SPDX-License-Identifier: MIT */
/*
 * Patterns and addresses of sshd_config. Pure text; asks no resolver.
 */
#include "probes/parse/sshd-match.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/wildcard.h"
#include "probes/parse/sshd-effective.h"

#define PATTERN_MAX 1023 /* bytes of one pattern that sshd has room for */
#define CIDR_TEXT_MAX 64 /* bytes of a block, with its end */

typedef struct Address {
        int family;
        unsigned bits; /* 32 or 128 */
        uint32_t scope;
        unsigned char bytes[16];
} Address;

/* The next element of a list; @size bytes at most, else false and *ret_long. */
static bool next_element(const char **list, char *ret, size_t size, bool *ret_long) {
        size_t n;

        if (!*list)
                return false;
        n = strcspn(*list, ",");
        *ret_long = n >= size;
        if (*ret_long)
                return false;
        memcpy(ret, *list, n);
        ret[n] = '\0';
        *list = (*list)[n] == ',' ? *list + n + 1 : NULL;
        return true;
}

static void to_lower(char *text) {
        for (; *text; text++)
                *text = (char) tolower((unsigned char) *text);
}

PfSshdMatch pf_sshd_match_list(const char *text, const char *list, bool lower) {
        PfSshdMatch match = PF_SSHD_MATCH_NONE;

        while (list && *list) {
                char pattern[PATTERN_MAX];
                bool negated = *list == '!';
                bool too_long = false;

                list += negated;
                if (!next_element(&list, pattern, sizeof(pattern), &too_long) || too_long)
                        return PF_SSHD_MATCH_NONE;
                if (lower)
                        to_lower(pattern);
                if (!pf_wildcard_match(pattern, text))
                        continue;
                if (negated)
                        return PF_SSHD_MATCH_NEGATED;
                match = PF_SSHD_MATCH_POSITIVE;
        }
        return match;
}

PfSshdMatch pf_sshd_match_any(const PfStrv *names, const char *list) {
        PfSshdMatch match = PF_SSHD_MATCH_NONE;

        for (size_t i = 0; names && i < names->n; i++) {
                PfSshdMatch one = pf_sshd_match_list(names->items[i], list, false);

                if (one == PF_SSHD_MATCH_NEGATED)
                        return one;
                if (one == PF_SSHD_MATCH_POSITIVE)
                        match = one;
        }
        return match;
}

PfSshdMatch pf_sshd_match_host(const char *host, const char *list) {
        PF_AUTO_FREE char *lower = strdup(host);

        if (!lower)
                return PF_SSHD_MATCH_NONE;
        to_lower(lower);
        return pf_sshd_match_list(lower, list, true);
}

/* Through the C library, since its notion of a numeric address is sshd's:
 * "10.1" is one, and so is "fe80::1%lo". */
static bool address_read(const char *text, Address *ret) {
        const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST };
        struct addrinfo *info;

        if (getaddrinfo(text, NULL, &hints, &info) != 0)
                return false;
        *ret = (Address){ .family = info->ai_family };
        if (info->ai_family == AF_INET) {
                struct sockaddr_in in;

                memcpy(&in, info->ai_addr, sizeof(in));
                ret->bits = 32;
                memcpy(ret->bytes, &in.sin_addr, 4);
        } else {
                struct sockaddr_in6 in6;

                memcpy(&in6, info->ai_addr, sizeof(in6));
                ret->bits = 128;
                ret->scope = in6.sin6_scope_id;
                memcpy(ret->bytes, &in6.sin6_addr, 16);
        }
        freeaddrinfo(info);
        return true;
}

/* Keeps the first @n bits; says whether the others were zero already. */
static bool address_mask(Address *address, unsigned n) {
        bool clean = true;

        for (unsigned i = 0; i < address->bits / 8; i++) {
                unsigned kept = n >= 8 * (i + 1) ? 8 : n > 8 * i ? n - 8 * i : 0;
                unsigned char mask = (unsigned char) (0xff00u >> kept);

                clean = clean && !(address->bytes[i] & (unsigned char) ~mask);
                address->bytes[i] &= mask;
        }
        return clean;
}

typedef enum Block {
        BLOCK_OK,
        BLOCK_NONE, /* no address and no block: perhaps a pattern */
        BLOCK_BAD,  /* the mask does not fit */
} Block;

static Block block_read(const char *text, Address *ret, unsigned *ret_bits) {
        char copy[CIDR_TEXT_MAX];
        unsigned long bits = 0;
        char *slash, *end;

        if (strlen(text) >= sizeof(copy))
                return BLOCK_NONE;
        strcpy(copy, text);
        slash = strchr(copy, '/');
        if (slash) {
                *slash++ = '\0';
                bits = strtoul(slash, &end, 10);
                if (!isdigit((unsigned char) *slash) || *end || bits > 128)
                        return BLOCK_NONE;
        }
        if (!address_read(copy, ret))
                return BLOCK_NONE;
        if (!slash)
                bits = ret->bits;
        if (bits > ret->bits || !address_mask(ret, (unsigned) bits))
                return BLOCK_BAD;
        *ret_bits = (unsigned) bits;
        return BLOCK_OK;
}

static bool block_holds(const Address *block, unsigned bits, Address address) {
        if (address.family != block->family || address.scope != block->scope)
                return false;
        (void) address_mask(&address, bits);
        return memcmp(address.bytes, block->bytes, sizeof(address.bytes)) == 0;
}

/* One element of a list; INVALID, POSITIVE or NONE. */
static PfSshdMatch match_element(const char *element, const char *text, const Address *address) {
        Address block;
        unsigned bits;
        bool match;

        if (!*element)
                return PF_SSHD_MATCH_INVALID;
        switch (block_read(element, &block, &bits)) {
        case BLOCK_BAD:
                return PF_SSHD_MATCH_INVALID;
        case BLOCK_OK:
                match = text && block_holds(&block, bits, *address);
                break;
        case BLOCK_NONE:
        default:
                match = text && pf_wildcard_match(element, text);
                break;
        }
        return match ? PF_SSHD_MATCH_POSITIVE : PF_SSHD_MATCH_NONE;
}

PfSshdMatch pf_sshd_match_address(const char *address, const char *list) {
        PF_AUTO_FREE char *copy = strdup(list);
        PfSshdMatch match = PF_SSHD_MATCH_NONE;
        Address parsed = { 0 };
        char *rest = copy;
        char *element;

        if (!copy || (address && !address_read(address, &parsed)))
                return PF_SSHD_MATCH_NONE;
        while ((element = strsep(&rest, ","))) {
                bool negated = *element == '!';
                PfSshdMatch one = match_element(element + negated, address, &parsed);

                if (one == PF_SSHD_MATCH_INVALID)
                        return one;
                if (one == PF_SSHD_MATCH_POSITIVE && negated)
                        return PF_SSHD_MATCH_NEGATED;
                if (one == PF_SSHD_MATCH_POSITIVE)
                        match = one;
        }
        return match;
}

bool pf_sshd_is_cidr_list(const char *list) {
        PF_AUTO_FREE char *copy = strdup(list);
        char *rest = copy;
        char *element;
        Address block;
        unsigned bits;

        if (!copy)
                return false;
        while ((element = strsep(&rest, ",")))
                if (!*element || block_read(element, &block, &bits) != BLOCK_OK)
                        return false;
        return true;
}

bool pf_sshd_user_pattern_is_valid(const char *pattern) {
        const char *at = strchr(pattern, '@');

        return !at || pf_sshd_match_address(NULL, at + 1) != PF_SSHD_MATCH_INVALID;
}

static bool match_host_or_address(const char *host, const char *address, const char *list) {
        PfSshdMatch by_address, by_name;

        if (!host || !address)
                return false;
        by_address = pf_sshd_match_address(address, list);
        if (by_address < PF_SSHD_MATCH_NONE)
                return false;
        by_name = pf_sshd_match_host(host, list);
        if (by_name == PF_SSHD_MATCH_NEGATED)
                return false;
        return by_name == PF_SSHD_MATCH_POSITIVE || by_address == PF_SSHD_MATCH_POSITIVE;
}

bool pf_sshd_match_user(const char *user, const char *host, const char *address,
                        const char *pattern) {
        const char *at = strchr(pattern, '@');
        PF_AUTO_FREE char *name = NULL;

        if (!at)
                return pf_wildcard_match(pattern, user);
        name = strndup(pattern, (size_t) (at - pattern));
        return name && pf_wildcard_match(name, user) &&
               match_host_or_address(host ? host : address, address, at + 1);
}

bool pf_sshd_match_group(const PfStrv *groups, const char *pattern) {
        for (size_t i = 0; groups && i < groups->n; i++)
                if (pf_wildcard_match(pattern, groups->items[i]))
                        return true;
        return false;
}
