/* SPDX-License-Identifier: MIT */
/*
 * Results, and one answer made from another.
 */
#include <stdint.h>
#include <string.h>

#include "probes/probe.h"
#include "tests/support/test-main.h"

static const PfCheck stage = { "stage" };
static const PfCheck check = { "check" };

/* An answer with all that one can have, "one" and "two" its evidence. */
static void answer(PfReport *report) {
        ck_assert_int_eq(pf_report_fail(report, &stage, "%s is wrong", "it"), 0);
        pf_report_reason(report, "wrong");
        pf_report_where(report, "auth");
        ck_assert_int_eq(pf_report_evidence(report, NULL, "/etc/one", 1, "found", "expected"), 0);
        ck_assert_int_eq(pf_report_evidence(report, NULL, NULL, 0, NULL, NULL), 0);
        report->results[0].evidence[0].restricted = true;
        ck_assert_int_eq(pf_report_remedy(report, "mend %d%%", 100), 0);
        ck_assert_int_eq(pf_report_vendor_verdict(report, "passes"), 0);
}

/* A summary is no format: "100%" comes through as it is. */
START_TEST(a_copy_says_the_same_under_another_check) {
        PF_AUTO_REPORT PfReport from = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        answer(&from);
        ck_assert_int_eq(pf_report_copy(&report, &check, &from.results[0]), 0);

        ck_assert_uint_eq(report.n, 1);
        ck_assert_ptr_eq(report.results[0].check, &check);
        ck_assert_str_eq(report.results[0].remedy, "mend 100%");
        ck_assert_ptr_ne(report.results[0].summary, from.results[0].summary);
        ck_assert_ptr_ne(report.results[0].evidence, from.results[0].evidence);
        ck_assert(report.results[0].evidence[0].restricted);
        report.results[0].check = &stage;
        report.results[0].where = from.results[0].where;
        ck_assert(pf_result_equal(&report.results[0], &from.results[0]));
}
END_TEST

START_TEST(how_far_a_login_comes_is_not_copied) {
        PF_AUTO_REPORT PfReport from = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        answer(&from);
        ck_assert_int_eq(pf_report_copy(&report, &check, &from.results[0]), 0);

        ck_assert_ptr_null(report.results[0].where);
        ck_assert_str_eq(report.results[0].reason, "wrong");
}
END_TEST

START_TEST(every_verdict_is_copied) {
        for (PfVerdict verdict = PF_PASS; verdict < PF_N_VERDICTS; verdict++) {
                PF_AUTO_REPORT PfReport report = { 0 };
                const PfResult from = { .verdict = verdict, .summary = (char *) "so" };

                ck_assert_int_eq(pf_report_copy(&report, &check, &from), 0);
                ck_assert_int_eq(report.results[0].verdict, verdict);
                ck_assert_uint_eq(report.results[0].n_evidence, 0);
                ck_assert_ptr_null(report.results[0].remedy);
        }
}
END_TEST

/* The answer keeps its own verdict and words, and what evidence it has comes first. */
START_TEST(grounds_are_added_to_the_answer_given_last) {
        PF_AUTO_REPORT PfReport from = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        answer(&from);
        ck_assert_int_eq(pf_report_warn(&report, &check, "but %s", "so"), 0);
        ck_assert_int_eq(pf_report_evidence(&report, NULL, "/etc/first", 0, NULL, NULL), 0);
        ck_assert_int_eq(pf_report_grounds(&report, &from.results[0]), 0);

        ck_assert_int_eq(report.results[0].verdict, PF_WARN);
        ck_assert_str_eq(report.results[0].summary, "but so");
        ck_assert_uint_eq(report.results[0].n_evidence, 3);
        ck_assert_str_eq(report.results[0].evidence[0].path, "/etc/first");
        ck_assert_str_eq(report.results[0].evidence[1].path, "/etc/one");
        ck_assert_str_eq(report.results[0].vendor_verdict, "passes");
}
END_TEST

/* Without an answer there is nothing that it could be the ground of. */
START_TEST(no_answer_has_no_grounds) {
        PF_AUTO_REPORT PfReport from = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        answer(&from);
        ck_assert_int_eq(pf_report_grounds(&report, &from.results[0]), 0);
        ck_assert_uint_eq(report.n, 0);

        report.error = -ENOMEM;
        ck_assert_int_eq(pf_report_grounds(&report, &from.results[0]), -ENOMEM);
        report.error = 0;
}
END_TEST

/* Whatever bytes a summary is made of, it stays on one line. */
START_TEST(control_characters_are_replaced) {
        PF_AUTO_REPORT PfReport report = { 0 };

        ck_assert_int_eq(pf_report_unknown(&report, &check, "a\nb\x7f"), 0);
        ck_assert_str_eq(report.results[0].summary, "a?b?");
}
END_TEST

/* What a translation needs, of all three sentences and of a copy of them. */
START_TEST(sentences_are_kept_apart_from_what_stands_in_them) {
        PF_AUTO_REPORT PfReport from = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfResult *result;

        answer(&from);
        ck_assert_int_eq(pf_report_copy(&report, &check, &from.results[0]), 0);
        result = &report.results[0];
        ck_assert_str_eq(result->summary_message.format, "%s is wrong");
        ck_assert_str_eq(result->summary_message.arguments.items[0], "it");
        ck_assert_str_eq(result->remedy_message.format, "mend %d%%");
        ck_assert_str_eq(result->remedy_message.arguments.items[0], "100");
        ck_assert_str_eq(result->vendor_message.format, "passes");
        ck_assert_uint_eq(result->vendor_message.arguments.n, 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("report");

        PF_TEST(suite, sentences_are_kept_apart_from_what_stands_in_them);
        PF_TEST(suite, a_copy_says_the_same_under_another_check);
        PF_TEST(suite, how_far_a_login_comes_is_not_copied);
        PF_TEST(suite, every_verdict_is_copied);
        PF_TEST(suite, grounds_are_added_to_the_answer_given_last);
        PF_TEST(suite, no_answer_has_no_grounds);
        PF_TEST(suite, control_characters_are_replaced);
        return pf_test_main(suite);
}
