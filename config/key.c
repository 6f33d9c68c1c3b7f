/* SPDX-License-Identifier: MIT */
/*
 * The parsers that settings and profiles share. What a value may look like is
 * value.c; here is where it goes, and what to say where it cannot.
 */
#include "config/key.h"

#include <string.h>

#include "config/value.h"
#include "daemon/base/ip-address.h"

#define ACCOUNT_MAX 256

const char pf_key_no_memory[] = "out of memory";

const char *pf_key_text(const char *text, void *field) {
        char **member = field;
        char *copy = NULL;

        if (text[0]) {
                copy = strdup(text);
                if (!copy)
                        return pf_key_no_memory;
        }
        free(*member);
        *member = copy;
        return NULL;
}

const char *pf_key_path(const char *text, void *field) {
        return text[0] == '/' ? pf_key_text(text, field) : "expected a path that begins with '/'";
}

const char *pf_key_file_name(const char *text, void *field) {
        return pf_value_is_file_name(text) ? pf_key_text(text, field)
                                           : "expected a name of letters, digits, '.', '_' and '-'";
}

const char *pf_key_version(const char *text, void *field) {
        return text[0] == '\0' || pf_value_is_version(text) ? pf_key_text(text, field)
                                                            : "expected a version such as 9.65";
}

const char *pf_key_address(const char *text, void *field) {
        PfIpAddress address;

        if (text[0] && pf_ip_address_parse(text, &address) < 0)
                return "expected an IPv4 or IPv6 address";
        return pf_key_text(text, field);
}

const char *pf_key_account(const char *text, void *field) {
        size_t n = strcspn(text, ":/ \t");

        if (n == 0 || n > ACCOUNT_MAX || text[n])
                return "expected the name of an account";
        return pf_key_text(text, field);
}

const char *pf_key_time(const char *text, void *field) {
        return pf_value_parse_time(text, field) < 0 ? "expected a time such as 500ms, 10s or 2min"
                                                    : NULL;
}

const char *pf_key_size(const char *text, void *field) {
        return pf_value_parse_size(text, field) < 0 ? "expected a size such as 512K, 100M or 2G"
                                                    : NULL;
}

const char *pf_key_count(const char *text, void *field) {
        return pf_value_parse_unsigned(text, field) < 0 ? "expected a number" : NULL;
}

const char *pf_key_bool(const char *text, void *field) {
        return pf_value_parse_bool(text, field) < 0 ? "expected yes or no" : NULL;
}

const char *pf_key_words(const char *text, void *field) {
        while (*(text += strspn(text, " \t"))) {
                size_t n = strcspn(text, " \t");

                if (pf_strv_add_n(field, text, n) < 0)
                        return pf_key_no_memory;
                text += n;
        }
        return NULL;
}

int pf_key_set(const PfIniEntry *entry, PfKeyParser parse, void *field, PfIniErrors *errors) {
        const char *expected = parse(entry->value, field);

        if (expected == pf_key_no_memory)
                return -ENOMEM;
        if (expected)
                pf_ini_complain(errors, entry, "%s=%s: %s", entry->name, entry->value, expected);
        return 0;
}
