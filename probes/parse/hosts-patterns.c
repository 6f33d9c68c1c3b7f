/* SPDX-License-Identifier: MIT */
/*
 * One pattern of a rule of libwrap: a daemon, a host, a network, a file of them.
 */
#include "probes/parse/hosts-access-parse.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/ip-address.h"
#include "daemon/base/wildcard.h"

#define FILES_DEEP 4 /* files of patterns that name files */
#define FILE_MAX (1u << 20)

/* --- texts --- */

static void lower(const char *text, char *ret, size_t size) {
        size_t i;

        for (i = 0; text[i] && i + 1 < size; i++)
                ret[i] =
                        text[i] >= 'A' && text[i] <= 'Z' ? (char) (text[i] + ('a' - 'A')) : text[i];
        ret[i] = '\0';
}

/* Of several stars in a row at the end the first must stand for something. */
static bool matches_wildcard(const char *pattern, const char *text) {
        char a[2048];
        char b[1024];
        size_t n;

        lower(pattern, a, sizeof(a));
        lower(text, b, sizeof(b));
        n = strlen(a);
        if (n >= 2 && a[n - 1] == '*' && a[n - 2] == '*')
                a[n - 2] = '?';
        return pf_wildcard_match(a, b);
}

/* "[fd20::5]", whatever its spelling. */
static bool parse_bracketed(const char *text, PfIpAddress *ret) {
        char address[64];
        size_t n = strlen(text);

        if (n < 2 || n - 2 >= sizeof(address) || text[0] != '[' || text[n - 1] != ']')
                return false;
        memcpy(address, text + 1, n - 2);
        address[n - 2] = '\0';
        return pf_ip_address_parse(address, ret) == 0 && ret->is_ipv6;
}

static bool is_same_address(const char *pattern, const char *text) {
        PfIpAddress wanted;
        PfIpAddress address;

        return parse_bracketed(pattern, &wanted) && pf_ip_address_parse(text, &address) == 0 &&
               pf_ip_address_equal(&wanted, &address);
}

/* Does the pattern mean any text at all? */
static bool means_all(const char *pattern) {
        return strcasecmp(pattern, "ALL") == 0 ||
               (*pattern && pattern[strspn(pattern, "*")] == '\0');
}

static bool matches_text(const char *pattern, const char *text) {
        size_t n = strlen(pattern);
        size_t length = strlen(text);

        if (strpbrk(pattern, "*?"))
                return matches_wildcard(pattern, text);
        if (pattern[0] == '.')
                return length > n && strcasecmp(text + length - n, pattern) == 0;
        if (strcasecmp(pattern, "ALL") == 0)
                return true;
        if (strcasecmp(pattern, "KNOWN") == 0)
                return strcasecmp(text, PF_WRAPPER_UNKNOWN_NAME) != 0;
        if (n > 0 && pattern[n - 1] == '.')
                return strncasecmp(pattern, text, n) == 0;
        return strcasecmp(pattern, text) == 0 || is_same_address(pattern, text);
}

/* @text may not be known. */
static PfMaybe match_text(const char *pattern, const char *text) {
        if (*pattern == '\0')
                return PF_NO;
        if (!text)
                return means_all(pattern) ? PF_YES : PF_MAYBE;
        return matches_text(pattern, text) ? PF_YES : PF_NO;
}

/* --- networks --- */

/* Four numbers with dots, each also octal or hexadecimal: inet_addr(3). */
static bool parse_quad(const char *text, uint32_t *ret) {
        uint32_t value = 0;

        for (int i = 0; i < 4; i++) {
                char *end;
                unsigned long part = strtoul(text, &end, 0);

                if (*text < '0' || *text > '9' || part > 255 || *end != (i < 3 ? '.' : '\0'))
                        return false;
                value = value << 8 | (uint32_t) part;
                text = end + 1;
        }
        *ret = value;
        /* inet_addr(3) cannot tell this one from an error. */
        return value != UINT32_MAX;
}

/* As atoi(3), without its undefined ends. */
static int leading_number(const char *text) {
        long value = strtol(text, NULL, 10);

        return value < INT_MIN ? INT_MIN : value > INT_MAX ? INT_MAX : (int) value;
}

static bool parse_mask(const char *text, uint32_t *ret) {
        int bits;

        if (parse_quad(text, ret))
                return true;
        bits = leading_number(text);
        if (bits < 1 || bits > 32)
                return false;
        *ret = UINT32_MAX << (32 - bits);
        return true;
}

/* Bits of the network beyond its mask make it match nothing. */
static bool is_in_network4(const char *network, const char *mask, const char *address) {
        uint32_t bits;
        uint32_t wanted;
        uint32_t quad;

        return parse_quad(address, &quad) && parse_quad(network, &wanted) &&
               parse_mask(mask, &bits) && (quad & bits) == wanted;
}

/* Here they do not, and what is no number is 0. */
static bool is_in_network6(const char *network, const char *mask, const char *address) {
        int bits = leading_number(mask);
        PfIpAddress wanted;
        PfIpAddress value;

        return bits >= 0 && bits <= 128 && parse_bracketed(network, &wanted) &&
               pf_ip_address_parse(address, &value) == 0 &&
               pf_ip_address_in_prefix(&value, &wanted, (unsigned) bits);
}

static PfMaybe match_network(const char *network, const char *mask, const char *address) {
        if (!address)
                return PF_MAYBE;
        return is_in_network4(network, mask, address) || is_in_network6(network, mask, address)
                       ? PF_YES
                       : PF_NO;
}

/* --- hosts --- */

typedef struct Host {
        const PfWrapperRequest *request;
        const PfWrapperEnd *end;
        unsigned depth;
} Host;

static PfMaybe match_host(const Host *host, char *pattern);

/* Words, of which each is a pattern; there are no comments. */
static PfMaybe match_file(const Host *host, const char *path) {
        const PfWrapperRequest *request = host->request;
        const Host inner = { request, host->end, host->depth + 1 };
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX);
        PfMaybe answer = PF_NO;
        char *words;
        char *word;
        int r;

        if (!request->read || host->depth >= FILES_DEEP)
                return PF_MAYBE;
        r = request->read(request->data, path, &buf);
        if (r != 0)
                return r > 0 ? PF_NO : PF_MAYBE;
        for (words = buf.data; answer != PF_YES && (word = strsep(&words, " \t\n\v\f\r"));)
                if (*word)
                        answer = pf_maybe_or(answer, match_host(&inner, word));
        return answer;
}

static bool is_known(const char *name) {
        return strcasecmp(name, PF_WRAPPER_UNKNOWN_NAME) != 0 &&
               strcasecmp(name, PF_WRAPPER_PARANOID_NAME) != 0;
}

/* KNOWN and LOCAL ask for a name. */
static PfMaybe match_known_name(const Host *host, bool without_dot) {
        const char *name = host->end->name;

        if (!name)
                return PF_MAYBE;
        return is_known(name) && !(without_dot && strchr(name, '.')) ? PF_YES : PF_NO;
}

/* Could it be a name: does it hold more than an address would? */
static bool may_be_name(const char *pattern) {
        return pattern[strspn(pattern, "0123456789./")] != '\0';
}

static PfMaybe match_host(const Host *host, char *pattern) {
        const PfWrapperEnd *end = host->end;
        PfMaybe answer;
        char *mask;

        if (pattern[0] == '@')
                return PF_MAYBE; /* a netgroup: whoever keeps them would be asked */
        if (pattern[0] == '/')
                return match_file(host, pattern);
        if (strcasecmp(pattern, "KNOWN") == 0)
                return match_known_name(host, false);
        if (strcasecmp(pattern, "LOCAL") == 0)
                return match_known_name(host, true);
        if (strncmp(pattern, "{RBL}.", 6) == 0)
                return PF_MAYBE; /* a list that a name server has */
        mask = pf_wrapper_split(pattern, '/');
        if (mask)
                return match_network(pattern, mask, end->address);
        answer = match_text(pattern, end->address);
        if (may_be_name(pattern))
                answer = pf_maybe_or(answer, match_text(pattern, end->name));
        return answer;
}

/* --- servers and clients --- */

static bool is_port(const char *pattern, unsigned port) {
        char *end;
        long value = strtol(pattern, &end, 10);

        return end != pattern && *end == '\0' && value == (long) port;
}

PfMaybe pf_wrapper_match_server(const PfWrapperRequest *request, char *pattern) {
        const Host server = { request, &request->server, 0 };
        char *host = pf_wrapper_split(pattern + 1, '@');

        if (!is_port(pattern, request->port) && match_text(pattern, request->daemon) != PF_YES)
                return PF_NO;
        return host ? match_host(&server, host) : PF_YES;
}

PfMaybe pf_wrapper_match_client(const PfWrapperRequest *request, char *pattern) {
        const Host client = { request, &request->client, 0 };
        const char *user = request->user ? request->user : PF_WRAPPER_UNKNOWN_NAME;
        char *host = pf_wrapper_split(pattern + 1, '@');

        if (!host)
                return match_host(&client, pattern);
        return pf_maybe_and(match_text(pattern, user), match_host(&client, host));
}
