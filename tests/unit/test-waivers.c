/* SPDX-License-Identifier: MIT */
/* Waivers: which files count, what becomes of them, and what is told to whom. */
#include "daemon/report/waivers.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/report/fingerprint.h"
#include "daemon/report/schedule.h"
#include "tests/support/fake-probes.h"
#include "tests/support/question.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define DIRECTORY PF_WAIVERS_DIRECTORY
#define NOW UINT64_C(1800000000000000) /* 2027-01-15T08:00:00Z */
#define WAIVER(check, expires)                                                                     \
        "[Waiver]\nCheck=" check "\nReason=because of it\nOwner=Jane\nExpires=" expires "\n"

static PfSandbox box;
static PfProfile *profile;
static const PfCheck copy = { "space.copy" }, inodes = { "space.inodes" };

static void set_up(void) {
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
}

static void tear_down(void) {
        profile = pf_profile_unref(profile);
        pf_sandbox_close(&box);
}

/* What becomes of the files that there are, and of the results. */
static void judge(const char *only, PfReport *report, PfWaivers *waivers) {
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = pf_test_question(profile, only);

        ck_assert_int_eq(pf_waivers_load(box.target, waivers), 0);
        ck_assert_int_eq(pf_waivers_apply(waivers, report->results, report->n, NOW), 0);
        ck_assert_int_eq(pf_waivers_conclude(waivers, question, report, NOW), 0);
}

/* The same of one file alone, and a report in which @check fails. */
static void judge_one(PfReport *report, PfWaivers *waivers) {
        (void) pf_report_fail(report, &copy, "too little");
        (void) pf_report_evidence(report, NULL, "/etc/a", 3, "one", "two");
        judge(NULL, report, waivers);
        ck_assert_uint_eq(waivers->n, 1);
}

START_TEST(none_is_none) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        (void) pf_report_fail(&report, &copy, "too little");
        judge(NULL, &report, &waivers);
        ck_assert_uint_eq(waivers.n, 0);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
        ck_assert_uint_eq(pf_waivers_next_expiry(&waivers, NOW), UINT64_MAX);
}
END_TEST

START_TEST(a_failure_is_waived) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "2027-01-31"));
        judge_one(&report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_WAIVED);
        ck_assert_str_eq(report.results[0].summary, "too little");
        ck_assert_uint_eq(report.results[0].n_evidence, 1);
        ck_assert_int_eq(waivers.items[0].state, PF_WAIVER_ACTIVE);
        ck_assert_str_eq(waivers.items[0].summary, "waives space.copy until 2027-01-31T00:00:00Z");
        ck_assert_ptr_eq(pf_waivers_find(&waivers, "space.copy"), &waivers.items[0]);
        ck_assert_uint_eq(pf_waivers_next_expiry(&waivers, NOW), UINT64_C(1801353600000000));
}
END_TEST

/* Of a machine with Windows they lie elsewhere, whoever looks at it. */
START_TEST(windows_has_its_own_place) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, "/Windows/System32/config/SYSTEM", "regf");
        pf_sandbox_write(&box, DIRECTORY "/b.conf", WAIVER("space.inodes", "2027-01-31"));
        pf_sandbox_write(&box, PF_WAIVERS_DIRECTORY_WINDOWS "/a.conf",
                         WAIVER("space.copy", "2027-01-31"));
        judge_one(&report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_WAIVED);
        ck_assert_str_eq(waivers.items[0].file, PF_WAIVERS_DIRECTORY_WINDOWS "/a.conf");
}
END_TEST

/* Its last microsecond, and the one after it. */
START_TEST(it_ends_on_time) {
        const uint64_t end = UINT64_C(1801353600000000);

        for (int i = 0; i < 2; i++) {
                PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
                PF_AUTO_REPORT PfReport report = { 0 };

                pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "2027-01-31"));
                (void) pf_report_fail(&report, &copy, "too little");
                ck_assert_int_eq(pf_waivers_load(box.target, &waivers), 0);
                ck_assert_int_eq(
                        pf_waivers_apply(&waivers, report.results, 1, end - 1 + (uint64_t) i), 0);
                ck_assert_int_eq(report.results[0].verdict, i == 0 ? PF_WAIVED : PF_FAIL);
        }
}
END_TEST

/* What waives nothing, and why. The check fails. */
static const struct {
        const char *text;
        PfWaiverState state;
        unsigned line;
        const char *summary;
} idle[] = {
        { WAIVER("space.copy", "2027-01-15T08:00:00Z"), PF_WAIVER_EXPIRED, 0,
          "expired at 2027-01-15T08:00:00Z" },
        { WAIVER("space.nothing", "2027-01-31"), PF_WAIVER_NO_SUCH_CHECK, 0,
          "there is no check space.nothing" },
        { WAIVER("windows.com", "2027-01-31"), PF_WAIVER_NO_SUCH_CHECK, 0,
          "windows.com is not answered on this system" },
        { WAIVER("space.copy",
                 "2027-01-31") "Evidence=sha256:"
                               "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
          PF_WAIVER_MISMATCH, 0, "was given for other evidence of space.copy than there is now" },
        { WAIVER("space.copy", "soon"), PF_WAIVER_INVALID, 5,
          "Expires=soon: expected a date such as 2027-01-31, or a time in UTC such as "
          "2027-01-31T12:00:00Z" },
        { "[Waiver]\nCheck=space.copy\nReason=r\nOwner=o\n", PF_WAIVER_INVALID, 0,
          "Expires= is missing in [Waiver]: from when on it does not count any more, in UTC; a "
          "date is its first moment" },
        { "junk\n" WAIVER("space.copy", "soon"), PF_WAIVER_INVALID, 1,
          "expected Key=Value, [Section] or a comment (and 1 more)" },
};

START_TEST(what_waives_nothing_is_told) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, DIRECTORY "/a.conf", idle[_i].text);
        judge_one(&report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
        ck_assert_int_eq(waivers.items[0].state, idle[_i].state);
        ck_assert_uint_eq(waivers.items[0].line, idle[_i].line);
        ck_assert_str_eq(waivers.items[0].summary, idle[_i].summary);
}
END_TEST

static const struct {
        int (*answer)(PfReport *report, const PfCheck *check, const char *fmt, ...);
        PfWaiverState state;
        PfVerdict verdict;
} others[] = {
        { pf_report_pass, PF_WAIVER_NOT_NEEDED, PF_PASS },
        { pf_report_warn, PF_WAIVER_NOT_NEEDED, PF_WARN },
        { pf_report_skip, PF_WAIVER_NOT_NEEDED, PF_SKIP },
        { pf_report_unknown, PF_WAIVER_UNDETERMINED, PF_UNKNOWN },
};

/* Only a failure can be waived. */
START_TEST(no_other_verdict_is_waived) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "2027-01-31"));
        (void) others[_i].answer(&report, &copy, "so it is");
        judge(NULL, &report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, others[_i].verdict);
        ck_assert_int_eq(waivers.items[0].state, others[_i].state);
}
END_TEST

START_TEST(what_was_not_asked_for_is_no_fault) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "2027-01-31"));
        (void) pf_report_fail(&report, &inodes, "too few");
        judge("space.inodes", &report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
        ck_assert_int_eq(waivers.items[0].state, PF_WAIVER_NOT_ASKED);
}
END_TEST

/* The first by name that holds counts; one that does not makes room for the next. */
START_TEST(of_several_one_counts) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, DIRECTORY "/c.conf", WAIVER("space.copy", "2027-03-01"));
        pf_sandbox_write(&box, DIRECTORY "/b.conf", WAIVER("space.copy", "2027-02-01"));
        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "2026-02-01"));
        (void) pf_report_fail(&report, &copy, "too little");
        judge(NULL, &report, &waivers);
        ck_assert_uint_eq(waivers.n, 3);
        ck_assert_int_eq(waivers.items[0].state, PF_WAIVER_EXPIRED);
        ck_assert_int_eq(waivers.items[1].state, PF_WAIVER_ACTIVE);
        ck_assert_int_eq(waivers.items[2].state, PF_WAIVER_DUPLICATE);
        ck_assert_str_eq(waivers.items[2].summary,
                         "space.copy is waived by " DIRECTORY "/b.conf already");
        /* The one that counts for nothing yet will matter next. */
        ck_assert_uint_eq(pf_waivers_next_expiry(&waivers, NOW),
                          waivers.items[1].waiver.expires_usec);
}
END_TEST

START_TEST(other_names_are_passed_over) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, DIRECTORY "/.a.conf", WAIVER("space.copy", "2027-01-31"));
        pf_sandbox_write(&box, DIRECTORY "/a.conf~", WAIVER("space.copy", "2027-01-31"));
        pf_sandbox_write(&box, DIRECTORY "/.conf", WAIVER("space.copy", "2027-01-31"));
        (void) pf_report_fail(&report, &copy, "too little");
        judge(NULL, &report, &waivers);
        ck_assert_uint_eq(waivers.n, 0);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
}
END_TEST

/* --- trust --- */

static const struct {
        const char *path;
        uint32_t mode;
        const char *summary;
} open_to_all[] = {
        { DIRECTORY "/a.conf", 0666, DIRECTORY "/a.conf may be written by every user" },
        { DIRECTORY, 0777, DIRECTORY " may be written by every user" },
        { DIRECTORY, 01777, DIRECTORY " may be written by every user" },
        { "/etc/preflightd", 0757, "/etc/preflightd may be written by every user" },
        { "/etc", 0702, "/etc may be written by every user" },
        { "/", 0777, "/ may be written by every user" },
};

START_TEST(what_others_may_write_is_refused) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "2027-01-31"));
        pf_sandbox_chmod(&box, open_to_all[_i].path, open_to_all[_i].mode);
        judge_one(&report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
        ck_assert_int_eq(waivers.items[0].state, PF_WAIVER_REFUSED);
        ck_assert_str_eq(waivers.items[0].summary, open_to_all[_i].summary);
        ck_assert_ptr_null(waivers.items[0].waiver.check); /* it was not even read */
}
END_TEST

START_TEST(another_owner_is_refused) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_FREE char *path = pf_sandbox_path(&box, DIRECTORY "/a.conf");

        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "2027-01-31"));
        if (chown(path, 4711, (gid_t) -1) < 0) {
                pf_test_skip("only root can give files away");
                return;
        }
        judge_one(&report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
        ck_assert_int_eq(waivers.items[0].state, PF_WAIVER_REFUSED);
        ck_assert_ptr_nonnull(strstr(waivers.items[0].summary, "belongs to another user"));
}
END_TEST

START_TEST(another_group_is_refused) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_FREE char *path = pf_sandbox_path(&box, DIRECTORY "/a.conf");

        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "2027-01-31"));
        if (chown(path, (uid_t) -1, 4711) < 0) {
                pf_test_skip("only root can give files away");
                return;
        }
        pf_sandbox_chmod(&box, DIRECTORY "/a.conf", 0664);
        judge_one(&report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
        ck_assert_ptr_nonnull(strstr(waivers.items[0].summary, "may be written by a group"));
}
END_TEST

START_TEST(a_link_is_refused) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, "/home/me/a.conf", WAIVER("space.copy", "2027-01-31"));
        pf_sandbox_mkdir(&box, DIRECTORY);
        pf_sandbox_symlink(&box, "/home/me/a.conf", DIRECTORY "/a.conf");
        judge_one(&report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
        ck_assert_int_eq(waivers.items[0].state, PF_WAIVER_REFUSED);
        ck_assert_ptr_nonnull(strstr(waivers.items[0].summary, "is a symbolic link"));
}
END_TEST

START_TEST(a_linked_directory_is_refused) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_write(&box, "/home/me/a.conf", WAIVER("space.copy", "2027-01-31"));
        pf_sandbox_mkdir(&box, "/etc/preflightd");
        pf_sandbox_symlink(&box, "/home/me", DIRECTORY);
        judge_one(&report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
        ck_assert_int_eq(waivers.items[0].state, PF_WAIVER_REFUSED);
}
END_TEST

START_TEST(what_is_no_file_is_refused) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        pf_sandbox_mkdir(&box, DIRECTORY "/a.conf");
        judge_one(&report, &waivers);
        ck_assert_int_eq(waivers.items[0].state, PF_WAIVER_REFUSED);
        ck_assert_ptr_nonnull(strstr(waivers.items[0].summary, "is no regular file"));
}
END_TEST

START_TEST(one_that_is_too_large_is_told) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_FREE char *text = calloc(1, PF_WAIVER_FILE_MAX + 2);

        memset(text, '\n', PF_WAIVER_FILE_MAX + 1);
        pf_sandbox_write(&box, DIRECTORY "/a.conf", text);
        judge_one(&report, &waivers);
        ck_assert_int_eq(waivers.items[0].state, PF_WAIVER_UNREADABLE);
}
END_TEST

START_TEST(there_is_a_limit) {
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };

        for (int i = 0; i <= PF_WAIVERS_MAX; i++) {
                char path[128];

                (void) snprintf(path, sizeof(path), DIRECTORY "/%03d.conf", i);
                pf_sandbox_write(&box, path,
                                 i < PF_WAIVERS_MAX ? "" : WAIVER("space.copy", "2028-01-01"));
        }
        (void) pf_report_fail(&report, &copy, "too little");
        judge(NULL, &report, &waivers);
        ck_assert_uint_eq(waivers.n, PF_WAIVERS_MAX + 1);
        ck_assert_int_eq(report.results[0].verdict, PF_FAIL);
        ck_assert_str_eq(waivers.items[PF_WAIVERS_MAX].file, DIRECTORY);
        ck_assert_int_eq(waivers.items[PF_WAIVERS_MAX].state, PF_WAIVER_UNREADABLE);
}
END_TEST

/* --- fingerprints --- */

typedef struct Piece {
        const char *path, *found, *expected;
        unsigned line;
} Piece;

static void fingerprint(const PfCheck *check, const char *reason, const Piece *pieces, size_t n,
                        char ret[static PF_FINGERPRINT_SIZE]) {
        PF_AUTO_REPORT PfReport report = { 0 };

        (void) pf_report_fail(&report, check, "summary %zu", n);
        if (reason)
                pf_report_reason(&report, reason);
        for (size_t i = 0; i < n; i++)
                (void) pf_report_evidence(&report, NULL, pieces[i].path, pieces[i].line,
                                          pieces[i].found, pieces[i].expected);
        ck_assert_int_eq(pf_fingerprint(&report.results[0], ret), 0);
}

/* The canonical form is a promise: files in /etc hold its digest. */
START_TEST(a_fingerprint_never_changes) {
        static const char canonical[] = "21:preflightd.evidence.1,10:space.copy,6:reason,"
                                        "-,-,6:/etc/a,3:one,";
        const Piece pieces[] = { { "/etc/a", "one", "x", 3 }, { 0 } };
        char text[PF_FINGERPRINT_SIZE], digits[PF_SHA256_HEX_SIZE];

        fingerprint(&copy, "reason", pieces, 2, text);
        pf_sha256_hex(canonical, strlen(canonical), digits);
        ck_assert_int_eq(strncmp(text, "sha256:", 7), 0);
        ck_assert_str_eq(text + 7, digits);
}
END_TEST

START_TEST(what_leaves_a_fingerprint_as_it_is) {
        const Piece before[] = { { "/etc/a", "one", "two", 3 }, { "/etc/b", "x", NULL, 0 } };
        const Piece after[] = { { "/etc/b", "x", "y", 7 }, { "/etc/a", "one", "three", 4 } };
        char one[PF_FINGERPRINT_SIZE], other[PF_FINGERPRINT_SIZE];

        fingerprint(&copy, NULL, before, 2, one);
        fingerprint(&copy, NULL, after, 2, other);
        ck_assert_str_eq(one, other);
}
END_TEST

static const struct {
        const PfCheck *check;
        const char *reason;
        Piece pieces[2];
        size_t n;
} different[] = {
        { &copy, NULL, { { "/etc/a", "one", "two", 3 } }, 1 },
        { &inodes, NULL, { { "/etc/a", "one", "two", 3 } }, 1 },
        { &copy, "why", { { "/etc/a", "one", "two", 3 } }, 1 },
        { &copy, "", { { "/etc/a", "one", "two", 3 } }, 1 },
        { &copy, NULL, { { "/etc/a", "One", "two", 3 } }, 1 },
        { &copy, NULL, { { "/etc/a", "one ", "two", 3 } }, 1 },
        { &copy, NULL, { { "/etc/a", "", "two", 3 } }, 1 },
        { &copy, NULL, { { "/etc/a", NULL, "two", 3 } }, 1 },
        { &copy, NULL, { { "/etc/ao", "ne", "two", 3 } }, 1 },
        { &copy, NULL, { { NULL, "one", "two", 3 } }, 1 },
        { &copy, NULL, { { 0 } }, 0 },
        { &copy, NULL, { { "/etc/a", "one", "two", 3 }, { "/etc/a", "one", "two", 3 } }, 2 },
        { &copy, NULL, { { "/etc/a", "one", "two", 3 }, { "/etc/a", NULL, "two", 3 } }, 2 },
};

START_TEST(what_makes_another_fingerprint) {
        char texts[PF_ELEMENTS(different)][PF_FINGERPRINT_SIZE];

        for (size_t i = 0; i < PF_ELEMENTS(different); i++) {
                fingerprint(different[i].check, different[i].reason, different[i].pieces,
                            different[i].n, texts[i]);
                for (size_t j = 0; j < i; j++)
                        ck_assert_msg(strcmp(texts[i], texts[j]) != 0, "%zu is as %zu", i, j);
        }
}
END_TEST

/* The fingerprint of a report makes a waiver that holds for it, and for no other. */
START_TEST(a_waiver_is_bound_to_evidence) {
        const Piece piece = { "/etc/a", "one", "two", 3 };
        char bound[512], text[PF_FINGERPRINT_SIZE];
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 }, again = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 }, other = { 0 };

        fingerprint(&copy, NULL, &piece, 1, text);
        (void) snprintf(bound, sizeof(bound), WAIVER("space.copy", "2027-01-31") "Evidence=%s\n",
                        text);
        pf_sandbox_write(&box, DIRECTORY "/a.conf", bound);
        judge_one(&report, &waivers);
        ck_assert_int_eq(report.results[0].verdict, PF_WAIVED);

        (void) pf_report_fail(&other, &copy, "too little");
        (void) pf_report_evidence(&other, NULL, "/etc/a", 3, "none", "two");
        judge(NULL, &other, &again);
        ck_assert_int_eq(other.results[0].verdict, PF_FAIL);
        ck_assert_int_eq(again.items[0].state, PF_WAIVER_MISMATCH);
}
END_TEST

/* --- who is told what --- */

static void expect_texts(const PfJson *object, bool withheld) {
        ck_assert_int_eq(pf_json_get_string(object, "reason") == NULL, withheld);
        ck_assert_int_eq(pf_json_get_string(object, "owner") == NULL, withheld);
        ck_assert_int_eq(pf_json_bool(pf_json_get(object, "withheld")), withheld);
}

/* Of a file that not every user may read the reason is not told to every user. */
START_TEST(texts_are_withheld) {
        for (int i = 0; i < 4; i++) {
                bool is_public = i & 1, privileged = i & 2;
                PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
                PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
                PF_AUTO_REPORT PfReport report = { 0 };

                pf_sandbox_chmod(&box, "/", 0755);
                pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "2027-01-31"));
                pf_sandbox_chmod(&box, DIRECTORY "/a.conf", is_public ? 0644 : 0600);
                judge_one(&report, &waivers);
                ck_assert_int_eq(pf_waivers_put_waiver(object, &waivers.items[0], privileged), 0);
                ck_assert_int_eq(pf_waivers_put_all(object, &waivers, privileged), 0);
                expect_texts(pf_json_get(object, "waiver"), !is_public && !privileged);
                expect_texts(pf_json_at(pf_json_get(object, "waivers"), 0),
                             !is_public && !privileged);
        }
}
END_TEST

START_TEST(what_is_wrong_is_withheld_too) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_WAIVERS PfWaivers waivers = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfJson *item;

        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER("space.copy", "a-secret"));
        pf_sandbox_chmod(&box, DIRECTORY "/a.conf", 0600);
        judge_one(&report, &waivers);
        ck_assert_int_eq(pf_waivers_put_all(object, &waivers, false), 0);
        item = pf_json_at(pf_json_get(object, "waivers"), 0);
        ck_assert_str_eq(pf_json_get_string(item, "state"), "invalid");
        ck_assert_str_eq(pf_json_get_string(item, "summary"), "what the file says is wrong");
        ck_assert_int_eq(pf_json_integer(pf_json_get(item, "line")), 5);
        ck_assert_ptr_null(pf_json_get_string(item, "check"));
}
END_TEST

/* --- in a run --- */

static uv_loop_t loop;

typedef struct Outcome {
        PfReadiness *readiness;
        PfVerdict told; /* of PF_FAKE_BAD, while the run went on */
        bool is_over;
} Outcome;

static void on_finished(const PfResult *results, size_t n, const PfWaivers *waivers, void *data) {
        Outcome *outcome = data;

        for (size_t i = 0; i < n; i++)
                if (strcmp(results[i].check->id, PF_FAKE_BAD) == 0) {
                        outcome->told = results[i].verdict;
                        ck_assert_int_eq(pf_waivers_find(waivers, PF_FAKE_BAD) != NULL,
                                         results[i].verdict == PF_WAIVED);
                }
}

static void on_done(PfReadiness *readiness_take, int r, void *data) {
        Outcome *outcome = data;

        ck_assert_int_eq(r, 0);
        outcome->readiness = readiness_take;
        outcome->is_over = true;
}

static const PfRunEvents events = { .finished = on_finished, .done = on_done };

static void run(Outcome *outcome) {
        PF_CLEANUP(pf_question_unrefp)
        PfQuestion *question = pf_test_question(profile, PF_FAKE_BAD);
        PfSchedule *schedule = NULL;
        PfRun *running;

        ck_assert_int_eq(uv_loop_init(&loop), 0);
        ck_assert_int_eq(pf_schedule_new(&loop, box.target, 0, &schedule), 0);
        ck_assert_int_eq(pf_schedule_run(schedule, question, &events, outcome, &running), 0);
        while (!outcome->is_over)
                (void) uv_run(&loop, UV_RUN_ONCE);
        (void) pf_schedule_free(schedule);
        (void) uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* What is told as it goes is what the report says in the end. */
START_TEST(a_run_waives) {
        Outcome outcome = { 0 };
        size_t counts[PF_N_VERDICTS];

        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER(PF_FAKE_BAD, "9999-12-31"));
        run(&outcome);
        ck_assert_int_eq(outcome.told, PF_WAIVED);
        pf_readiness_count(outcome.readiness, counts);
        ck_assert_uint_eq(counts[PF_WAIVED], 1);
        ck_assert_uint_eq(counts[PF_FAIL], 0);
        ck_assert_uint_eq(counts[PF_PASS], 0);
        ck_assert_int_eq(pf_readiness_overall(outcome.readiness), PF_OVERALL_READY);
        ck_assert(pf_readiness_holds(outcome.readiness, pf_clock_realtime_usec()));
        ck_assert(!pf_readiness_holds(outcome.readiness, UINT64_C(253402214400000000)));
        outcome.readiness = pf_readiness_free(outcome.readiness);
}
END_TEST

START_TEST(a_run_without_one_blocks) {
        Outcome outcome = { 0 };

        pf_sandbox_write(&box, DIRECTORY "/a.conf", WAIVER(PF_FAKE_BAD, "2020-12-31"));
        run(&outcome);
        ck_assert_int_eq(outcome.told, PF_FAIL);
        ck_assert_int_eq(pf_readiness_overall(outcome.readiness), PF_OVERALL_BLOCKED);
        ck_assert_uint_eq(outcome.readiness->expires_usec, UINT64_MAX);
        outcome.readiness = pf_readiness_free(outcome.readiness);
}
END_TEST

/* The evidence is of a file that not everybody may read, so that its fingerprint
 * would let the text be guessed. */
START_TEST(a_fingerprint_keeps_secrets) {
        Outcome outcome = { 0 };

        pf_sandbox_write(&box, "/secret", "x\n");
        for (int i = 0; i < 4; i++) {
                bool is_public = i & 1, privileged = i & 2;
                PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
                const PfJson *check;

                pf_sandbox_chmod(&box, "/", 0755);
                pf_sandbox_chmod(&box, "/secret", is_public ? 0644 : 0600);
                outcome = (Outcome){ 0 };
                run(&outcome);
                ck_assert_int_eq(pf_readiness_to_json(outcome.readiness, privileged, &json), 0);
                check = pf_json_at(pf_json_get(json, "checks"), 0);
                ck_assert_str_eq(pf_json_get_string(check, "verdict"), "fail");
                ck_assert_int_eq(pf_json_get_string(check, "fingerprint") != NULL,
                                 is_public || privileged);
                outcome.readiness = pf_readiness_free(outcome.readiness);
        }
}
END_TEST

static TCase *add_case(Suite *suite, const char *name) {
        TCase *tcase = tcase_create(name);

        tcase_add_checked_fixture(tcase, set_up, tear_down);
        suite_add_tcase(suite, tcase);
        return tcase;
}

int main(void) {
        Suite *suite = suite_create("waivers");
        TCase *tcase = add_case(suite, "states");

        tcase_add_test(tcase, none_is_none);
        tcase_add_test(tcase, a_failure_is_waived);
        tcase_add_test(tcase, windows_has_its_own_place);
        tcase_add_test(tcase, it_ends_on_time);
        tcase_add_loop_test(tcase, what_waives_nothing_is_told, 0, (int) PF_ELEMENTS(idle));
        tcase_add_loop_test(tcase, no_other_verdict_is_waived, 0, (int) PF_ELEMENTS(others));
        tcase_add_test(tcase, what_was_not_asked_for_is_no_fault);
        tcase_add_test(tcase, of_several_one_counts);
        tcase_add_test(tcase, other_names_are_passed_over);
        tcase = add_case(suite, "trust");
        tcase_add_loop_test(tcase, what_others_may_write_is_refused, 0,
                            (int) PF_ELEMENTS(open_to_all));
        tcase_add_test(tcase, another_owner_is_refused);
        tcase_add_test(tcase, another_group_is_refused);
        tcase_add_test(tcase, a_link_is_refused);
        tcase_add_test(tcase, a_linked_directory_is_refused);
        tcase_add_test(tcase, what_is_no_file_is_refused);
        tcase_add_test(tcase, one_that_is_too_large_is_told);
        tcase_add_test(tcase, there_is_a_limit);
        tcase = add_case(suite, "fingerprints");
        tcase_add_test(tcase, a_fingerprint_never_changes);
        tcase_add_test(tcase, what_leaves_a_fingerprint_as_it_is);
        tcase_add_test(tcase, what_makes_another_fingerprint);
        tcase_add_test(tcase, a_waiver_is_bound_to_evidence);
        tcase = add_case(suite, "told");
        tcase_add_test(tcase, texts_are_withheld);
        tcase_add_test(tcase, what_is_wrong_is_withheld_too);
        tcase = add_case(suite, "run");
        tcase_add_test(tcase, a_run_waives);
        tcase_add_test(tcase, a_run_without_one_blocks);
        tcase_add_test(tcase, a_fingerprint_keeps_secrets);
        return pf_test_main(suite);
}
