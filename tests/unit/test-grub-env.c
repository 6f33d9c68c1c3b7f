/* SPDX-License-Identifier: MIT */
#include "probes/parse/grub-env.h"

#include <string.h>

#include "tests/support/corpus.h"

#define HEADER "# GRUB Environment Block\n"

/* Settings as "line:name=value|". */
static void expect(const char *text, const char *want) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);
        PfErr err = { 0 };

        ck_assert_int_eq(pf_grub_env_parse("/grubenv", text, strlen(text), &settings, &err), 0);
        for (size_t i = 0; i < settings.n; i++)
                ck_assert_int_eq(pf_buf_printf(&got, "%u:%s=%s|", settings.items[i].line,
                                               settings.items[i].name, settings.items[i].value),
                                 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(variables) {
        expect(HEADER, "");
        expect(HEADER "saved_entry=0\n####", "2:saved_entry=0|");
        expect(HEADER "# WARNING: x=y\na=b=c\nd=\n###", "3:a=b=c|4:d=|");
        expect(HEADER "a=b\n=x\nno\nc=d\ne=f\n", "2:a=b|3:=x|4:no\nc=d|6:e=f|");
        expect(HEADER "\na=b\nc=d\nno\n###", "2:\na=b|4:c=d|");
        expect(HEADER "a=b", "2:a=b|");
}
END_TEST

START_TEST(escapes) {
        expect(HEADER "a=b\\\\c\\\nd\ne=f\n", "2:a=b\\c\nd|4:e=f|");
        expect(HEADER "a=b\\", "2:a=b\\|");
}
END_TEST

START_TEST(what_is_no_block) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_grub_env_parse("/g", "../data", 7, &settings, &err), -EINVAL);
        ck_assert_str_eq(err.text, "/g is no environment block of GRUB");
        ck_assert_int_eq(pf_grub_env_parse("/g", "", 0, &settings, &err), -EINVAL);
        ck_assert_int_eq(pf_grub_env_parse("/g", HEADER "a=b\n", 24, &settings, &err), -EINVAL);
}
END_TEST

typedef struct Corpus {
        const char *file;
        const PfBootSettings *settings;
        size_t n_files, n_variables;
} Corpus;

static int compare_variable(const char *name, PfJson *value, void *data) {
        Corpus *corpus = data;

        pf_corpus_same(corpus->file, name, pf_boot_settings_value(corpus->settings, name, NULL),
                       value);
        corpus->n_variables++;
        return 0;
}

static int compare_file(const char *name, PfJson *truth, void *data) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PF_AUTO_FREE char *text = NULL;
        Corpus *corpus = data;
        size_t n, before = corpus->n_variables;
        int r;

        if (strcmp(pf_json_get_string(truth, "type"), "grubenv") != 0)
                return 0;
        text = pf_corpus_read("bls", name, &n);
        r = pf_grub_env_parse(name, text, n, &settings, NULL);
        ck_assert_msg((r == 0) == !pf_json_get(truth, "error"), "%s: %d", name, r);
        corpus->file = name;
        corpus->settings = &settings;
        if (r == 0)
                (void) pf_json_each(pf_json_get(truth, "env"), compare_variable, corpus);
        ck_assert_msg(corpus->n_variables - before == settings.n, "%s: %zu variables", name,
                      settings.n);
        corpus->n_files++;
        return 0;
}

START_TEST(agrees_with_grub_editenv) {
        Corpus corpus = { 0 };

        if (pf_corpus_each("bls", compare_file, &corpus) > 0)
                ck_assert_uint_eq(corpus.n_files, 13);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("grub-env");

        PF_TEST(suite, variables);
        PF_TEST(suite, escapes);
        PF_TEST(suite, what_is_no_block);
        PF_TEST(suite, agrees_with_grub_editenv);
        return pf_test_main(suite);
}
