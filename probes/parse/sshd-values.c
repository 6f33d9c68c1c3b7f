/* SPDX-License-Identifier: MIT */
/*
 * Single values of sshd_config.
 */
#include "probes/parse/sshd-values.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *pf_sshd_value_integer(const char *text, long long max, long long *ret) {
        long long value;
        char *end;

        if (!text || !*text)
                return "missing";
        errno = 0;
        value = strtoll(text, &end, 10);
        if (end == text || *end)
                return "invalid";
        if (value < 0 || (errno == ERANGE && value == LLONG_MIN))
                return "too small";
        if (value > max || errno == ERANGE)
                return "too large";
        *ret = value;
        return NULL;
}

static int unit_seconds(char unit) {
        switch (tolower((unsigned char) unit)) {
        case '\0':
        case 's':
                return 1;
        case 'm':
                return 60;
        case 'h':
                return 60 * 60;
        case 'd':
                return 24 * 60 * 60;
        case 'w':
                return 7 * 24 * 60 * 60;
        default:
                return 0;
        }
}

int pf_sshd_value_time(const char *text) {
        long total = 0;

        if (!text || !*text)
                return -1;
        while (*text) {
                char *end;
                long value = strtol(text, &end, 10);
                int unit = unit_seconds(*end);

                if (end == text || value < 0 || unit == 0 || value > INT_MAX / unit)
                        return -1;
                total += value * unit;
                if (total > INT_MAX)
                        return -1;
                text = *end ? end + 1 : end;
        }
        return (int) total;
}

int pf_sshd_value_port(const char *text) {
        long long port;

        return pf_sshd_value_integer(text, 65535, &port) ? -1 : (int) port;
}

typedef struct Scaled {
        long long whole;
        long long fraction; /* 25 of 3.25 */
        unsigned n_fraction;
        unsigned n_whole;
        bool point;
} Scaled;

#define DIGITS_MAX 21 /* as many as scan_scaled(3) takes */

static int scaled_digit(Scaled *scaled, int digit) {
        long long *part = scaled->point ? &scaled->fraction : &scaled->whole;

        if (scaled->point && scaled->n_fraction >= DIGITS_MAX - 2)
                return 0; /* too fine to count */
        if (!scaled->point && ++scaled->n_whole >= DIGITS_MAX)
                return -ERANGE;
        if (scaled->point)
                scaled->n_fraction++;
        if (*part > (LLONG_MAX - digit) / 10)
                return -ERANGE;
        *part = *part * 10 + digit;
        return 0;
}

static int scaled_unit(const char *text, long long *ret) {
        static const char units[] = "BKMGTPE";
        const char *found = strchr(units, toupper((unsigned char) *text));

        if (!found || isalnum((unsigned char) text[1]))
                return -EINVAL;
        *ret = 1LL << (10 * (found - units));
        return 0;
}

static int scaled_finish(const Scaled *scaled, const char *text, int sign, long long *ret) {
        long long factor, fraction;
        unsigned digits;
        int r;

        if (!*text) {
                *ret = sign * scaled->whole;
                return 0;
        }
        r = scaled_unit(text, &factor);
        if (r < 0)
                return r;
        if (scaled->whole > LLONG_MAX / factor)
                return -ERANGE;
        /* Only so much of the fraction as can be multiplied without overflow. */
        fraction = scaled->fraction;
        digits = scaled->n_fraction;
        for (; fraction >= LLONG_MAX / factor; digits--)
                fraction /= 10;
        for (fraction *= factor; digits > 0; digits--)
                fraction /= 10;
        *ret = sign * (scaled->whole * factor + fraction);
        return 0;
}

int pf_sshd_value_scaled(const char *text, long long *ret) {
        Scaled scaled = { 0 };
        int sign = 1;

        while (isspace((unsigned char) *text))
                text++;
        if (*text == '-' || *text == '+')
                sign = *text++ == '-' ? -1 : 1;
        for (; isdigit((unsigned char) *text) || *text == '.'; text++) {
                int r = 0;

                if (*text == '.' && scaled.point)
                        return -EINVAL;
                if (*text == '.')
                        scaled.point = true;
                else
                        r = scaled_digit(&scaled, *text - '0');
                if (r < 0)
                        return r;
        }
        return scaled_finish(&scaled, text, sign, ret);
}

/* Code points of RFC 2474, RFC 2597, RFC 3246, RFC 8622; types of service of RFC 1349. */
static const struct {
        const char *name;
        int value;
        unsigned since;
        bool type_of_service;
} qos_names[] = {
        { "none", INT_MAX, 709, false }, { "af11", 0x28, 0, false },
        { "af12", 0x30, 0, false },      { "af13", 0x38, 0, false },
        { "af21", 0x48, 0, false },      { "af22", 0x50, 0, false },
        { "af23", 0x58, 0, false },      { "af31", 0x68, 0, false },
        { "af32", 0x70, 0, false },      { "af33", 0x78, 0, false },
        { "af41", 0x88, 0, false },      { "af42", 0x90, 0, false },
        { "af43", 0x98, 0, false },      { "cs0", 0x00, 0, false },
        { "cs1", 0x20, 0, false },       { "cs2", 0x40, 0, false },
        { "cs3", 0x60, 0, false },       { "cs4", 0x80, 0, false },
        { "cs5", 0xa0, 0, false },       { "cs6", 0xc0, 0, false },
        { "cs7", 0xe0, 0, false },       { "ef", 0xb8, 0, false },
        { "le", 0x04, 804, false },      { "lowdelay", 0x10, 0, true },
        { "throughput", 0x08, 0, true }, { "reliability", 0x04, 0, true },
};

/* A number that is written out: once in any base of strtol(3), now in decimal. */
static bool qos_number(const char *text, bool dscp_only, long *ret) {
        long long value;
        char *end;

        if (dscp_only) {
                if (pf_sshd_value_integer(text, 255, &value))
                        return false;
                *ret = (long) value;
                return true;
        }
        *ret = strtol(text, &end, 0);
        return *text && !*end && *ret >= 0 && *ret <= 255;
}

bool pf_sshd_value_qos(const PfSshdVersion *version, const char *text, char ret[16]) {
        bool dscp_only = pf_sshd_version_has_dscp_only(version);
        unsigned number = pf_sshd_version_number(version);
        long value = -1;

        for (size_t i = 0; i < PF_ELEMENTS(qos_names) && value < 0; i++)
                if (number >= qos_names[i].since && strcasecmp(qos_names[i].name, text) == 0)
                        value = dscp_only && qos_names[i].type_of_service ? INT_MAX
                                                                          : qos_names[i].value;
        if (value < 0 && !qos_number(text, dscp_only, &value))
                return false;
        for (size_t i = 0; i < PF_ELEMENTS(qos_names); i++)
                if (number >= qos_names[i].since && qos_names[i].value == value &&
                    !(dscp_only && qos_names[i].type_of_service)) {
                        (void) snprintf(ret, 16, "%s", qos_names[i].name);
                        return true;
                }
        (void) snprintf(ret, 16, "0x%02lx", value);
        return true;
}

typedef struct Choice {
        const char *word;
        const char *printed;
        unsigned since;
        unsigned until;
        unsigned flavours; /* bits 1 << PfSshdFlavour; 0: all */
} Choice;

#define YES                                                                                        \
        { "yes", "yes", 0, 0, 0 }
#define NO                                                                                         \
        { "no", "no", 0, 0, 0 }
#define WORD(word)                                                                                 \
        { word, word, 0, 0, 0 }
#define END                                                                                        \
        { NULL, NULL, 0, 0, 0 }

static const Choice flag[] = { YES, NO, END };
static const Choice ignore_rhosts[] = { YES, NO, { "shosts-only", "shosts-only", 803, 0, 0 }, END };
static const Choice address_family[] = { WORD("inet"), WORD("inet6"), WORD("any"), END };
static const Choice root_login[] = {
        WORD("without-password"),
        { "prohibit-password", "without-password", 0, 0, 0 },
        WORD("forced-commands-only"),
        YES,
        NO,
        END,
};
static const Choice compression[] = {
        { "yes", "yes", 0, 0, 0 },
        { "delayed", "delayed", 0, 705, 0 },
        { "delayed", "yes", 705, 0, 0 },
        NO,
        END,
};
static const Choice gateway_ports[] = { WORD("clientspecified"), YES, NO, END };
static const Choice forwarding[] = {
        YES, { "all", "yes", 0, 0, 0 }, NO, WORD("remote"), WORD("local"), END,
};
static const Choice tunnel[] = { NO, WORD("point-to-point"), WORD("ethernet"), YES, END };
static const Choice privilege_separation[] = {
        { "yes", "yes", 0, 0, 0 }, WORD("sandbox"), { "nosandbox", "yes", 0, 0, 0 }, NO, END,
};
static const Choice fingerprint_hash[] = {
        WORD("MD5"), WORD("SHA1"), WORD("SHA256"), WORD("SHA384"), WORD("SHA512"), END,
};
static const Choice exposed_methods[] = {
        WORD("never"),
        WORD("pam-only"),
        WORD("pam-and-env"),
        END,
};
static const Choice facility[] = {
        WORD("DAEMON"),
        WORD("USER"),
        WORD("AUTH"),
        WORD("AUTHPRIV"),
        WORD("LOCAL0"),
        WORD("LOCAL1"),
        WORD("LOCAL2"),
        WORD("LOCAL3"),
        WORD("LOCAL4"),
        WORD("LOCAL5"),
        WORD("LOCAL6"),
        WORD("LOCAL7"),
        END,
};
static const Choice level[] = {
        { "SILENT", "SILENT", 0, 0, 1u << PF_SSHD_DEBIAN },
        { "QUIET", "SILENT", 0, 0, 1u << PF_SSHD_DEBIAN }, /* as Debian prints it */
        WORD("QUIET"),
        WORD("FATAL"),
        WORD("ERROR"),
        WORD("INFO"),
        WORD("VERBOSE"),
        { "DEBUG", "DEBUG", 0, 0, 0 },
        { "DEBUG1", "DEBUG", 0, 0, 0 },
        WORD("DEBUG2"),
        WORD("DEBUG3"),
        END,
};

static const Choice *choices_of(PfSshdKey key) {
        switch (key) {
        case PF_SSHD_IGNORE_RHOSTS:
                return ignore_rhosts;
        case PF_SSHD_ADDRESS_FAMILY:
                return address_family;
        case PF_SSHD_PERMIT_ROOT_LOGIN:
                return root_login;
        case PF_SSHD_COMPRESSION:
                return compression;
        case PF_SSHD_GATEWAY_PORTS:
                return gateway_ports;
        case PF_SSHD_ALLOW_TCP_FORWARDING:
        case PF_SSHD_ALLOW_STREAM_LOCAL_FORWARDING:
                return forwarding;
        case PF_SSHD_PERMIT_TUNNEL:
                return tunnel;
        case PF_SSHD_USE_PRIVILEGE_SEPARATION:
                return privilege_separation;
        case PF_SSHD_FINGERPRINT_HASH:
                return fingerprint_hash;
        case PF_SSHD_EXPOSE_METHODS:
                return exposed_methods;
        case PF_SSHD_SYSLOG_FACILITY:
                return facility;
        case PF_SSHD_LOG_LEVEL:
                return level;
        default:
                return flag;
        }
}

/* Up to 8.1 yes and no were written in lower case, other words in any. */
static bool is_exact(unsigned number, PfSshdKey key, const Choice *choices) {
        return key == PF_SSHD_PERMIT_TUNNEL ||
               (number < 802 && (choices == flag || choices == ignore_rhosts));
}

const char *pf_sshd_value_choice(const PfSshdVersion *version, PfSshdKey key, const char *text) {
        unsigned number = pf_sshd_version_number(version);
        const Choice *choices = choices_of(key);
        int (*compare)(const char *, const char *) =
                is_exact(number, key, choices) ? strcmp : strcasecmp;

        for (const Choice *choice = choices; choice->word; choice++)
                if (number >= choice->since && (!choice->until || number < choice->until) &&
                    (!choice->flavours || (choice->flavours & (1u << version->flavour))) &&
                    compare(choice->word, text) == 0)
                        return choice->printed;
        return NULL;
}

static bool is_method(const PfSshdVersion *version, const char *name) {
        static const char *const methods[] = {
                "none", "publickey", "password", "keyboard-interactive", "hostbased",
        };

        for (size_t i = 0; i < PF_ELEMENTS(methods); i++)
                if (strcmp(methods[i], name) == 0)
                        return true;
        if (strcmp(name, "gssapi-with-mic") == 0)
                return version->features & PF_SSHD_HAS_GSSAPI;
        if (strcmp(name, "gssapi-keyex") == 0)
                return version->features & PF_SSHD_HAS_GSSAPI_KEX;
        return false;
}

bool pf_sshd_value_methods(const PfSshdVersion *version, const char *text, char **ret_unknown) {
        PF_AUTO_FREE char *copy = strdup(text);
        char *rest = copy;
        char *name;

        *ret_unknown = NULL;
        if (!copy || !*copy)
                return false;
        while ((name = strsep(&rest, ","))) {
                name[strcspn(name, ":")] = '\0'; /* a device of keyboard-interactive */
                if (!is_method(version, name)) {
                        *ret_unknown = strdup(name);
                        return false;
                }
        }
        return true;
}

bool pf_sshd_value_is_timeout(const char *text) {
        const char *equals = strchr(text, '=');

        return equals && equals != text && pf_sshd_value_time(equals + 1) >= 0;
}

char *pf_sshd_value_split_port(char *text, char **ret_port) {
        char *end = *text == '[' ? strchr(text, ']') : text + strcspn(text, ":/");

        if (!end)
                return NULL;
        end += *text == '[';
        *ret_port = NULL;
        if (*end == ':') {
                *end = '\0';
                *ret_port = end + 1;
        } else if (*end) {
                return NULL;
        }
        return text;
}

char *pf_sshd_value_unbracket(char *host) {
        size_t n = strlen(host);

        if (*host != '[' || host[n - 1] != ']')
                return host;
        host[n - 1] = '\0';
        return host + 1;
}
