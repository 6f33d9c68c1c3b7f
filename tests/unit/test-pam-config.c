/* SPDX-License-Identifier: MIT */
/* The answers expected here are those of libpam 1.5.2 for the same files. */
#include <string.h>

#include "probes/pam/control.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfPamConfig *load(const PfSandbox *box, const char *service) {
        PfPamConfig *config = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_pam_config_load(box->target, service, &config, &err) == 0, "%s", err.text);
        return config;
}

static PfPamConfig *load_text(PfSandbox *box, const char *text) {
        pf_sandbox_new(box);
        pf_sandbox_write(box, "/etc/pam.d/t", text);
        return load(box, "t");
}

static const PfPamEntry *entry(const PfPamConfig *config, PfPamFacility facility, size_t i) {
        const PfPamStack *stack = pf_pam_config_stack(config, facility);

        ck_assert_uint_gt(stack->n, i);
        return stack->entries[i];
}

START_TEST(words_and_brackets) {
        char line[] = "  auth [success=1 default=ignore]pam_x.so a=[b [c \\] d] [open";
        char *rest = line;

        ck_assert_str_eq(pf_pam_next_word(&rest), "auth");
        ck_assert_str_eq(pf_pam_next_word(&rest), "success=1 default=ignore");
        ck_assert_str_eq(pf_pam_next_word(&rest), "pam_x.so");
        ck_assert_str_eq(pf_pam_next_word(&rest), "a=[b");
        ck_assert_str_eq(pf_pam_next_word(&rest), "c ] d");
        ck_assert_str_eq(pf_pam_next_word(&rest), "open");
        ck_assert_ptr_null(pf_pam_next_word(&rest));
        ck_assert_ptr_null(pf_pam_next_word(&rest));
}
END_TEST

static void expect_action(const char *control, PfPamCode code, int action) {
        int actions[PF_PAM_N_CODES];

        (void) pf_pam_parse_control(control, actions);
        ck_assert_msg(actions[code] == action, "%s: %s is %d", control, pf_pam_code_to_string(code),
                      actions[code]);
}

START_TEST(controls) {
        expect_action("required", PF_PAM_SUCCESS, PF_PAM_DO_OK);
        expect_action("required", PF_PAM_IGNORE, PF_PAM_DO_IGNORE);
        expect_action("Required", PF_PAM_AUTH_ERR, PF_PAM_DO_BAD);
        expect_action("requisite", PF_PAM_AUTH_ERR, PF_PAM_DO_DIE);
        expect_action("sufficient", PF_PAM_SUCCESS, PF_PAM_DO_DONE);
        expect_action("optional", PF_PAM_AUTH_ERR, PF_PAM_DO_IGNORE);
        expect_action("success=2 default=ignore", PF_PAM_SUCCESS, 2);
        expect_action("success = ok", PF_PAM_SUCCESS, PF_PAM_DO_OK);
        expect_action("success=ok", PF_PAM_AUTH_ERR, PF_PAM_DO_BAD);
        expect_action("success=ignore default=ok success=ok", PF_PAM_SUCCESS, PF_PAM_DO_OK);
        expect_action("default=ok default=bad", PF_PAM_SUCCESS, PF_PAM_DO_OK);
        expect_action("success=1success=ok", PF_PAM_SUCCESS, PF_PAM_DO_OK);
        expect_action("success=4294967297", PF_PAM_SUCCESS, 1);
}
END_TEST

START_TEST(wrong_controls_are_bad) {
        static const char *const wrong[] = { "mandatory",
                                             "success=ok x",
                                             "success=OK",
                                             "successful=ok",
                                             "success=0",
                                             "success=okay",
                                             "success=-1",
                                             "success=ok,default=bad",
                                             "default=ignore success=" };
        int actions[PF_PAM_N_CODES];

        for (size_t i = 0; i < PF_ELEMENTS(wrong); i++) {
                ck_assert_msg(!pf_pam_parse_control(wrong[i], actions), "%s", wrong[i]);
                ck_assert_int_eq(actions[PF_PAM_SUCCESS], PF_PAM_DO_BAD);
        }
        ck_assert(pf_pam_parse_control("", actions));
        ck_assert_int_eq(actions[PF_PAM_SUCCESS], PF_PAM_DO_BAD);
}
END_TEST

START_TEST(lines_have_words_and_places) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep)
        PfPamConfig *config = load_text(&box, "# c\n\n-AUTH required /a/pam_x.so k=v \\\n w # c\n"
                                              "session optional pam_y.so");
        const PfPamEntry *first = entry(config, PF_PAM_AUTH, 0);
        const PfPamEntry *second = entry(config, PF_PAM_SESSION, 0);

        ck_assert_uint_eq(first->line.number, 3);
        ck_assert_str_eq(first->line.path, "/etc/pam.d/t");
        ck_assert_str_eq(first->line.module, "/a/pam_x.so");
        ck_assert_str_eq(first->line.name, "pam_x");
        ck_assert_uint_eq(first->line.args->n, 2);
        ck_assert_str_eq(pf_pam_argument(&first->line, "k"), "v");
        ck_assert(pf_pam_has_argument(&first->line, "w"));
        ck_assert_uint_eq(second->line.number, 5);
        ck_assert_str_eq(second->line.text, "session optional pam_y.so");
}
END_TEST

static void expect_fault(const char *line, PfPamFacility facility, const char *fault) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = load_text(&box, line);
        const PfPamEntry *first = entry(config, facility, 0);

        ck_assert_int_eq(first->kind, PF_PAM_ENTRY_MUST_FAIL);
        ck_assert_str_eq(first->fault, fault);
}

START_TEST(useless_lines_fail) {
        expect_fault("foo required pam_permit.so\n", PF_PAM_AUTH,
                     "begins with a word that is no facility");
        expect_fault("session\n", PF_PAM_SESSION, "has no control");
        expect_fault("account required\n", PF_PAM_ACCOUNT, "names no module");
        expect_fault("auth include /nope\n", PF_PAM_AUTH, "includes what cannot be read");
}
END_TEST

static void expect_refused(const char *text, const char *fault, unsigned line) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = load_text(&box, text);

        ck_assert_msg(config->fault, "accepted: %s", text);
        ck_assert_str_eq(config->fault, fault);
        ck_assert_uint_eq(config->fault_from.line, line);
}

START_TEST(libpam_gives_up) {
        expect_refused("auth required pam_permit.so\n@include nope\n",
                       "an included file cannot be read", 2);
        expect_refused("auth required pam_permit.so\\",
                       "a line goes on behind the end of the "
                       "file, or is too long",
                       1);
        expect_refused("auth include\n", "an include names no file", 1);
        expect_refused("auth include t\n", "its includes lead back to themselves", 0);
        expect_refused("@include t\n", "its includes lead back to themselves", 0);
}
END_TEST

/* A broken file is a broken line where one facility takes it. */
START_TEST(faults_are_forgiven_by_an_include) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/pam.d/t", "auth include broken\n");
        pf_sandbox_write(&box, "/etc/pam.d/broken", "auth required pam_x.so\nauth y \\\n");
        config = load(&box, "t");
        ck_assert_ptr_null(config->fault);
        ck_assert_uint_eq(pf_pam_config_stack(config, PF_PAM_AUTH)->n, 2);
        ck_assert_int_eq(entry(config, PF_PAM_AUTH, 1)->kind, PF_PAM_ENTRY_MUST_FAIL);
}
END_TEST

START_TEST(substacks_have_levels) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/pam.d/t", "auth substack s\nauth include s\n");
        pf_sandbox_write(&box, "/usr/lib/pam.d/s", "auth required pam_x.so\nsession x pam_y.so\n");
        config = load(&box, "T");
        ck_assert_uint_eq(pf_pam_config_stack(config, PF_PAM_AUTH)->n, 3);
        ck_assert_int_eq(entry(config, PF_PAM_AUTH, 0)->kind, PF_PAM_ENTRY_SUBSTACK);
        ck_assert_uint_eq(entry(config, PF_PAM_AUTH, 1)->level, 1);
        ck_assert_uint_eq(entry(config, PF_PAM_AUTH, 2)->level, 0);
        ck_assert_uint_eq(pf_pam_config_stack(config, PF_PAM_SESSION)->n, 0);
}
END_TEST

START_TEST(substack_of_itself_fails) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = load_text(&box, "auth substack t\n");

        ck_assert_ptr_null(config->fault);
        ck_assert_uint_eq(pf_pam_config_stack(config, PF_PAM_AUTH)->n, 17);
        ck_assert_int_eq(entry(config, PF_PAM_AUTH, 16)->kind, PF_PAM_ENTRY_MUST_FAIL);
}
END_TEST

START_TEST(includes_that_multiply) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfPamConfig *config = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/pam.d/t", "auth substack t\nauth substack t\n");
        ck_assert_int_eq(pf_pam_config_load(box.target, "t", &config, &err), -E2BIG);
        ck_assert_ptr_null(config);
}
END_TEST

START_TEST(other_takes_the_place_of_what_is_missing) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/pam.d/t", "account required pam_x.so\n");
        pf_sandbox_write(&box, "/etc/pam.d/other",
                         "auth required pam_deny.so\naccount required pam_deny.so\n");
        pf_sandbox_write(&box, "/etc/pam.conf", "t auth required pam_permit.so\n");
        config = load(&box, "t");
        ck_assert_str_eq(entry(config, PF_PAM_AUTH, 0)->line.name, "pam_deny");
        ck_assert_str_eq(entry(config, PF_PAM_ACCOUNT, 0)->line.name, "pam_x");
        ck_assert_uint_eq(pf_pam_config_stack(config, PF_PAM_SESSION)->n, 0);
}
END_TEST

START_TEST(pam_conf_without_directories) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/pam.conf",
                         "t auth required pam_x.so\nOTHER session required pam_y.so\n");
        config = load(&box, "t");
        ck_assert_str_eq(entry(config, PF_PAM_AUTH, 0)->line.name, "pam_x");
        ck_assert_str_eq(entry(config, PF_PAM_SESSION, 0)->line.name, "pam_y");
        ck_assert_str_eq(entry(config, PF_PAM_AUTH, 0)->line.path, "/etc/pam.conf");
}
END_TEST

START_TEST(nothing_at_all_is_refused) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = NULL;

        pf_sandbox_new(&box);
        config = load(&box, "t");
        ck_assert_ptr_nonnull(config->fault);
}
END_TEST

/* A line of more than 1023 bytes is two, and the second makes no sense. */
START_TEST(long_lines_are_two) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = NULL;
        char text[1200] = "# ";

        memset(text + 2, 'x', 1100);
        text[1102] = '\n';
        config = load_text(&box, text);
        ck_assert_int_eq(entry(config, PF_PAM_AUTH, 0)->kind, PF_PAM_ENTRY_MUST_FAIL);
}
END_TEST

START_TEST(unreadable_is_an_error) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfPamConfig *config = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_mkdir(&box, "/etc/pam.d/t");
        config = load(&box, "t");
        ck_assert_ptr_null(config->fault); /* a directory reads as an empty file */
        pf_pam_config_free(config);
        config = NULL;
        pf_sandbox_remove(&box, "/etc/pam.d/t");
        pf_sandbox_symlink(&box, "t", "/etc/pam.d/t");
        ck_assert_int_lt(pf_pam_config_load(box.target, "t", &config, &err), 0);
        ck_assert(err.text[0]);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("pam-config");

        PF_TEST(suite, words_and_brackets);
        PF_TEST(suite, controls);
        PF_TEST(suite, wrong_controls_are_bad);
        PF_TEST(suite, lines_have_words_and_places);
        PF_TEST(suite, useless_lines_fail);
        PF_TEST(suite, libpam_gives_up);
        PF_TEST(suite, faults_are_forgiven_by_an_include);
        PF_TEST(suite, substacks_have_levels);
        PF_TEST(suite, substack_of_itself_fails);
        PF_TEST(suite, includes_that_multiply);
        PF_TEST(suite, other_takes_the_place_of_what_is_missing);
        PF_TEST(suite, pam_conf_without_directories);
        PF_TEST(suite, nothing_at_all_is_refused);
        PF_TEST(suite, long_lines_are_two);
        PF_TEST(suite, unreadable_is_an_error);
        return pf_test_main(suite);
}
