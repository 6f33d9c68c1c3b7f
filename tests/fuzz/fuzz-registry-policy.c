/* SPDX-License-Identifier: MIT */
/*
 * What files of group policies say: a file that is understood still is when a record is added,
 * and says what that record says; any other is an error with a text, and no answer.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/registry-policy.h"

#define SERVICE_LINE "\n[Service General Setting]\nnetlogon,2\n"
#define VALUE_LINE "\n[Registry Values]\nMACHINE\\Key\\Value=4,1\n"

static int is_told(int r, bool answer, const PfErr *err) {
        check(r == 0 || (r == -EINVAL && err->text[0] && answer));
        return r;
}

/* An answer that was given before would be seen: it begins as true. */
static int ask_file(const void *bytes, size_t n, bool *ret) {
        PfErr err = { 0 };

        *ret = true;
        return is_told(pf_policy_file_sets(bytes, n, "Key", "Value", ret, &err), *ret, &err);
}

static int ask_value(const void *bytes, size_t n, bool *ret) {
        PfErr err = { 0 };

        *ret = true;
        return is_told(pf_security_template_sets(bytes, n, "Key", "Value", ret, &err), *ret, &err);
}

static int ask_service(const void *bytes, size_t n, bool *ret) {
        PfErr err = { 0 };

        *ret = true;
        return is_told(pf_security_template_starts(bytes, n, "Netlogon", ret, &err), *ret, &err);
}

typedef int (*Ask)(const void *bytes, size_t n, bool *ret);

/* Return: it is understood. */
static bool try_with(Ask ask, const uint8_t *bytes, size_t n, const void *more, size_t n_more) {
        PF_AUTO_BUF PfBuf longer = PF_BUF_INIT(PF_POLICY_FILE_MAX);
        bool is_set;

        if (ask(bytes, n, &is_set) < 0)
                return false;
        if (pf_buf_add(&longer, bytes, n) < 0 || pf_buf_add(&longer, more, n_more) < 0)
                return true;
        check(ask(longer.data, longer.n, &is_set) == 0 && is_set);
        return true;
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        static const char record[] = "[\0K\0e\0y\0\0\0;\0V\0a\0l\0u\0e\0\0\0;\0"
                                     "\4\0\0\0;\0\4\0\0\0;\0\1\0\0\0]";

        return try_with(ask_file, bytes, n, record, sizeof(record));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        bool is_set;

        (void) pf_fuzz_accepts(bytes, n);
        if (n >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe) { /* UTF-16 */
                (void) ask_value(bytes, n, &is_set);
                (void) ask_service(bytes, n, &is_set);
                return 0;
        }
        (void) try_with(ask_value, bytes, n, VALUE_LINE, strlen(VALUE_LINE));
        (void) try_with(ask_service, bytes, n, SERVICE_LINE, strlen(SERVICE_LINE));
        return 0;
}
