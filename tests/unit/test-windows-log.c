/* SPDX-License-Identifier: MIT */
/* The log of the agent's installer where it is too long to be read from its beginning. */
#include "probes/probe.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define LOG "/ProgramData/ASRSetupLogs/ASRUnifiedAgentInstaller.log"
#define READ_MAX ((size_t) 4 << 20) /* of its end; more is passed over */
#define HIRAGANA 0x3042

#define BEGIN "11:16:40:Application Started\r\n"
#define PAIR "- Error code: -2147023824 [0x80070430]\r\n- Exit code: 517\r\n"
#define ENDED "11:18:02:Application Ended\r\n"

static void run(PfSandbox *box, PfReport *report) {
        const PfProbe *probe = pf_probe_find("windows.installer-log", PF_PLATFORM_WINDOWS);
        const PfDemand demand = { .agent_version = "9.65" };
        PfErr err = { 0 };
        int r;

        ck_assert_ptr_nonnull(probe);
        pf_sandbox_reset_target(box);
        r = probe->run(box->target, &demand, report, &err);
        ck_assert_msg(r == 0, "%s", pf_err_text(&err, r));
        ck_assert_uint_eq(report->n, 1);
}

static size_t put(uint8_t *bytes, size_t at, unsigned unit, bool is_big) {
        bytes[at] = (uint8_t) (is_big ? unit >> 8 : unit);
        bytes[at + 1] = (uint8_t) (is_big ? unit : unit >> 8);
        return at + 2;
}

/* UTF-16 with its mark, of @n bytes: long lines in Japanese, and what is said at the end. */
static uint8_t *make_japanese(size_t n, bool is_big, const char *said) {
        uint8_t *bytes = malloc(n);
        size_t at;

        ck_assert_ptr_nonnull(bytes);
        at = put(bytes, 0, 0xFEFF, is_big);
        for (size_t i = 1; at + 2 * strlen(said) + 4 <= n; i++)
                at = put(bytes, at, i % 300 == 0 ? '\n' : HIRAGANA, is_big);
        at = put(bytes, at, '\n', is_big);
        for (; *said; said++)
                at = put(bytes, at, (unsigned char) *said, is_big);
        memset(bytes + at, 0, n - at);
        return bytes;
}

/* What does not look like UTF-16 is so by a mark that is far away. */
static const struct Long {
        size_t n;
        bool is_big;
} longs[] = {
        { READ_MAX + 1, false },
        { READ_MAX + 4096, true },
};

START_TEST(the_mark_of_a_long_log_counts) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_FREE uint8_t *bytes = make_japanese(longs[_i].n, longs[_i].is_big, PAIR ENDED);

        pf_sandbox_open(&box, "windows-log/good");
        pf_sandbox_write_bytes(&box, LOG, bytes, longs[_i].n);
        run(&box, &report);
        ck_assert_int_eq(report.results[0].verdict, PF_WARN);
        ck_assert_str_eq(report.results[0].reason, "vss-marked-for-deletion");
}
END_TEST

static PfVerdict judge_long(const char *said) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(2 * READ_MAX);

        ck_assert_int_eq(pf_buf_add_string(&text, BEGIN PAIR), 0);
        while (text.n <= READ_MAX + 4096)
                ck_assert_int_eq(pf_buf_add_string(&text, "11:17:00:Installing components....\r\n"),
                                 0);
        ck_assert_int_eq(pf_buf_add_string(&text, said), 0);
        pf_sandbox_open(&box, "windows-log/good");
        pf_sandbox_write_bytes(&box, LOG, text.data, text.n);
        run(&box, &report);
        return report.results[0].verdict;
}

/* A failure may stand in what is passed over, unless that is of another run. */
START_TEST(a_run_is_seen_from_its_beginning) {
        ck_assert_int_eq(judge_long(ENDED), PF_UNKNOWN);
        ck_assert_int_eq(judge_long(BEGIN ENDED), PF_PASS);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("windows-log");

        PF_TEST_LOOP(suite, the_mark_of_a_long_log_counts, sizeof(longs) / sizeof(longs[0]));
        PF_TEST(suite, a_run_is_seen_from_its_beginning);
        return pf_test_main(suite);
}
