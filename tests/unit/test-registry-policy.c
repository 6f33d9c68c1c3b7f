/* SPDX-License-Identifier: MIT */
/* What files of group policies say: by the byte, and damaged. */
#include "probes/parse/registry-policy.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

#define KEY "Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
#define VALUE "LocalAccountTokenFilterPolicy"

/* --- policy files --- */

static void add_text(PfBuf *file, const char *text, size_t n) {
        for (size_t i = 0; i < n; i++) {
                const char unit[] = { text[i], 0 };

                ck_assert_int_eq(pf_buf_add(file, unit, 2), 0);
        }
}

static void add_record(PfBuf *file, const char *key, const char *value) {
        static const uint8_t type[] = { 4, 0, 0, 0 }, data[] = { ']', 0, '[', 0 };

        add_text(file, "[", 1);
        add_text(file, key, strlen(key) + 1);
        add_text(file, ";", 1);
        add_text(file, value, strlen(value) + 1);
        add_text(file, ";", 1);
        ck_assert_int_eq(pf_buf_add(file, type, 4), 0);
        add_text(file, ";", 1);
        ck_assert_int_eq(pf_buf_add(file, type, 4), 0);
        add_text(file, ";", 1);
        ck_assert_int_eq(pf_buf_add(file, data, 4), 0);
        add_text(file, "]", 1);
}

static void make_file(PfBuf *file, const char *key, const char *value) {
        static const uint8_t head[] = { 'P', 'R', 'e', 'g', 1, 0, 0, 0 };

        *file = (PfBuf) PF_BUF_INIT(65536);
        ck_assert_int_eq(pf_buf_add(file, head, sizeof(head)), 0);
        add_record(file, "Software\\Policies\\Other", "Other");
        add_record(file, key, value);
        add_record(file, "Software\\Policies\\Other", "Last");
}

START_TEST(values_of_policies) {
        static const struct {
                const char *key, *value;
                bool is_set;
        } cases[] = {
                { KEY, VALUE, true },
                { "SOFTWARE\\microsoft\\windows\\currentversion\\policies\\SYSTEM",
                  "localaccounttokenfilterpolicy", true },
                { KEY, "**del." VALUE, true },
                { KEY, "**delvals.", true },
                { KEY, "**del.EnableLUA", false },
                { KEY, "EnableLUA", false },
                { KEY "\\Audit", VALUE, false },
                { "Software", VALUE, false },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_BUF PfBuf file;
                bool is_set = !cases[i].is_set;
                PfErr err = { 0 };

                make_file(&file, cases[i].key, cases[i].value);
                ck_assert_int_eq(pf_policy_file_sets(file.data, file.n, KEY, VALUE, &is_set, &err),
                                 0);
                ck_assert_msg(is_set == cases[i].is_set, "%s, %s", cases[i].key, cases[i].value);
        }
}
END_TEST

/* Cut off anywhere but between records it is damaged, and says nothing. */
START_TEST(cut_policies) {
        PF_AUTO_BUF PfBuf file;
        unsigned n_whole = 0;

        make_file(&file, KEY, VALUE);
        for (size_t n = 0; n < file.n; n++) {
                PF_AUTO_FREE char *part = malloc(n + 1);
                bool is_set = false;
                PfErr err = { 0 };
                int r;

                ck_assert_ptr_nonnull(part);
                memcpy(part, file.data, n);
                r = pf_policy_file_sets(part, n, KEY, VALUE, &is_set, &err);
                ck_assert_msg(r == 0 || (r == -EINVAL && err.text[0]), "%zu: %d", n, r);
                n_whole += r == 0;
        }
        ck_assert_uint_eq(n_whole, 3); /* none, one and two of its records */
}
END_TEST

START_TEST(odd_policies) {
        PF_AUTO_BUF PfBuf file;
        bool is_set;
        PfErr err = { 0 };

        make_file(&file, KEY, VALUE);
        file.data[4] = 2;
        ck_assert_int_eq(pf_policy_file_sets(file.data, file.n, KEY, VALUE, &is_set, &err),
                         -EINVAL);
        file.data[4] = 1;
        memset(file.data + file.n - 8, 0xff, 4); /* more data than there are */
        ck_assert_int_eq(pf_policy_file_sets(file.data, file.n, KEY, VALUE, &is_set, &err),
                         -EINVAL);
        ck_assert_int_eq(pf_policy_file_sets("", 0, KEY, VALUE, &is_set, &err), -EINVAL);
}
END_TEST

/* --- security templates --- */

#define TEMPLATE                                                                                   \
        "[Unicode]\r\nUnicode=yes\r\n[Registry Values]\r\n"                                        \
        "MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\EnableLUA=4,1"   \
        "\r\n[Service General Setting]\r\n\"Netlogon\",2,\"D:AR(A;;CC;;;SY)\"\r\nVSS , 4,\"\"\r\n" \
        "[Version]\r\nMSDTC,1,2\r\n"

static void check_template(const void *bytes, size_t n) {
        static const struct {
                const char *name;
                bool is_set;
        } services[] = { { "netlogon", true }, { "VSS", true }, { "MSDTC", false }, { "", false } };
        PfErr err = { 0 };
        bool is_set = false;

        for (size_t i = 0; i < PF_ELEMENTS(services); i++) {
                ck_assert_int_eq(
                        pf_security_template_starts(bytes, n, services[i].name, &is_set, &err), 0);
                ck_assert_msg(is_set == services[i].is_set, "%s", services[i].name);
        }
        ck_assert_int_eq(pf_security_template_sets(bytes, n, KEY, "EnableLUA", &is_set, &err), 0);
        ck_assert(is_set);
        ck_assert_int_eq(pf_security_template_sets(bytes, n, KEY, VALUE, &is_set, &err), 0);
        ck_assert(!is_set);
}

START_TEST(templates) {
        PF_AUTO_BUF PfBuf wide = PF_BUF_INIT(65536);

        check_template(TEMPLATE, strlen(TEMPLATE));
        ck_assert_int_eq(pf_buf_add(&wide, "\xff\xfe", 2), 0);
        add_text(&wide, TEMPLATE, strlen(TEMPLATE));
        check_template(wide.data, wide.n);
}
END_TEST

START_TEST(odd_templates) {
        static const char *const odd[] = { "", "[", "[Service General Setting]",
                                           "[Service General Setting]\n,", "Netlogon,2" };
        bool is_set = true;
        PfErr err = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(odd); i++) {
                ck_assert_int_eq(pf_security_template_starts(odd[i], strlen(odd[i]), "Netlogon",
                                                             &is_set, &err),
                                 0);
                ck_assert(!is_set);
        }
        ck_assert_int_eq(pf_security_template_starts("a\0b", 3, "Netlogon", &is_set, &err),
                         -EINVAL);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("registry-policy");

        PF_TEST(suite, values_of_policies);
        PF_TEST(suite, cut_policies);
        PF_TEST(suite, odd_policies);
        PF_TEST(suite, templates);
        PF_TEST(suite, odd_templates);
        return pf_test_main(suite);
}
