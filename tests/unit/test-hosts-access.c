/* SPDX-License-Identifier: MIT */
/* hosts.allow and hosts.deny: what each pattern, list and option means, and what
 * is left undecided. What libwrap itself says is held against it elsewhere:
 * tests/differential/hosts-access.c. */
#include "probes/parse/hosts-access.h"

#include <string.h>

#include "tests/support/test-main.h"

static const PfWrapperRequest caller = { .daemon = "sshd",
                                         .port = 22,
                                         .client = { "10.20.0.5", "unknown" },
                                         .server = { "10.20.0.1", "unknown" } };

static PfWrapperTable table(const char *path, const char *text) {
        return (PfWrapperTable){ path, text, text ? strlen(text) : 0, false };
}

static void ask(const PfWrapperRequest *request, const char *allow, const char *deny,
                PfWrapperVerdict *ret) {
        const PfWrapperTable tables[] = { table(PF_HOSTS_ALLOW_PATH, allow),
                                          table(PF_HOSTS_DENY_PATH, deny) };

        pf_wrapper_verdict_deinit(ret);
        ck_assert_int_eq(pf_hosts_access(request, &tables[0], &tables[1], ret), 0);
}

/* What a hosts.deny comes to. */
static PfWrapperOutcome denying(const PfWrapperRequest *request, const char *deny) {
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };

        ask(request, NULL, deny, &verdict);
        return verdict.outcome;
}

START_TEST(whom_no_rule_means_is_let_in) {
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };

        ask(&caller, NULL, NULL, &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_ALLOW);
        ck_assert_ptr_null(verdict.rule.path);
        ask(&caller, "sshd: 192.0.2.1\n", "vsftpd: ALL\n", &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_ALLOW);
}
END_TEST

START_TEST(hosts_allow_comes_first) {
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };

        ask(&caller, "# ours\nsshd: 10.20.\n", "ALL: ALL\n", &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_ALLOW);
        ck_assert_str_eq(verdict.rule.path, PF_HOSTS_ALLOW_PATH);
        ck_assert_uint_eq(verdict.rule.line, 2);
        ck_assert_str_eq(verdict.rule.text, "sshd: 10.20.");

        ask(&caller, "sshd: 10.21.\n", "\n \nALL: ALL\n", &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_DENY);
        ck_assert_str_eq(verdict.rule.path, PF_HOSTS_DENY_PATH);
        ck_assert_uint_eq(verdict.rule.line, 3);
}
END_TEST

START_TEST(patterns) {
        static const struct {
                const char *rule;
                bool denies;
        } cases[] = {
                { "SSHD: all", true },
                { "22: ALL", true },
                { "2*: ALL", false },
                { "ssh*: 10.2?.0.*", true },
                { "vsftpd, sshd: 192.0.2.1 10.20.0.5", true },
                { "sshd@10.20.0.1: ALL", true },
                { "sshd@10.20.0.2: ALL", false },
                { "sshd: 10.20.0.0/16", true },
                { "sshd: 10.20.0.5/16", false }, /* bits beyond the mask */
                { "sshd: 10.20.0.0/255.255.0.0", true },
                { "sshd: 012.024.0.0/16", true }, /* octal */
                { "sshd: 0.0.0.0/0", false },
                { "sshd: 10.20.0.0/33", false },
                { "sshd: 10.2.", false },
                { "sshd: .0.5", true },
                { "sshd: [10.20.0.5]", false },
                { "sshd: LOCAL", false },
                { "sshd: KNOWN", false },
                { "sshd: UNKNOWN", true },
                { "sshd: ALL EXCEPT 10.20.0.5", false },
                { "sshd: ALL EXCEPT 10.20. EXCEPT 10.20.0.5", true },
                { "ALL EXCEPT sshd: ALL", false },
                { "sshd: root@10.20.0.5", false },
                { "sshd: ALL@10.20.0.5", true },
                { "sshd ALL", false },
                { "sshd: 10.20.0.5 # not a comment", true },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                char text[128];

                (void) snprintf(text, sizeof(text), "%s\n", cases[i].rule);
                ck_assert_msg((denying(&caller, text) == PF_WRAPPER_DENY) == cases[i].denies, "%s",
                              cases[i].rule);
        }
}
END_TEST

START_TEST(ipv6) {
        PfWrapperRequest request = caller;

        request.client.address = "fd20::5";
        ck_assert_int_eq(denying(&request, "sshd: [FD20:0::5]\n"), PF_WRAPPER_DENY);
        ck_assert_int_eq(denying(&request, "sshd: [fd20::7]/64\n"), PF_WRAPPER_DENY);
        ck_assert_int_eq(denying(&request, "sshd: [fd20::7]/127\n"), PF_WRAPPER_ALLOW);
        ck_assert_int_eq(denying(&request, "sshd: [fd20::]/129\n"), PF_WRAPPER_ALLOW);
        ck_assert_int_eq(denying(&request, "sshd: fd20::5\n"), PF_WRAPPER_ALLOW);
        ck_assert_int_eq(denying(&request, "sshd: 0.0.0.0/1\n"), PF_WRAPPER_ALLOW);
}
END_TEST

START_TEST(names) {
        PfWrapperRequest request = caller;

        request.client.name = "Push.Example";
        ck_assert_int_eq(denying(&request, "sshd: .example\n"), PF_WRAPPER_DENY);
        ck_assert_int_eq(denying(&request, "sshd: KNOWN\n"), PF_WRAPPER_DENY);
        ck_assert_int_eq(denying(&request, "sshd: LOCAL\n"), PF_WRAPPER_ALLOW);
        request.client.name = PF_WRAPPER_PARANOID_NAME;
        ck_assert_int_eq(denying(&request, "sshd: PARANOID\n"), PF_WRAPPER_DENY);
        ck_assert_int_eq(denying(&request, "sshd: KNOWN\n"), PF_WRAPPER_ALLOW);
}
END_TEST

/* What is not known counts only where it would change something. */
START_TEST(what_is_not_known) {
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };
        PfWrapperRequest request = caller;

        request.client.name = NULL;
        ask(&request, NULL, "sshd: 192.0.2.1\nsshd: .example\n", &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_UNDECIDED);
        ck_assert_uint_eq(verdict.rule.line, 2);
        ask(&request, NULL, "sshd: .example\nsshd: ALL\n", &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_DENY);
        ck_assert_uint_eq(verdict.rule.line, 2);
        ask(&request, "sshd: .example\n", "vsftpd: ALL\n", &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_ALLOW);
        ck_assert_int_eq(denying(&request, "sshd: ALL EXCEPT .example\n"), PF_WRAPPER_UNDECIDED);
        ck_assert_int_eq(denying(&request, "sshd: .example 10.20.0.5\n"), PF_WRAPPER_DENY);
        ck_assert_int_eq(denying(&request, "vsftpd: .example\n"), PF_WRAPPER_ALLOW);
        ck_assert_int_eq(denying(&request, "sshd: @admins\n"), PF_WRAPPER_UNDECIDED);

        request.client.address = NULL;
        ck_assert_int_eq(denying(&request, "sshd: 10.\n"), PF_WRAPPER_UNDECIDED);
        ck_assert_int_eq(denying(&request, "sshd: ALL\n"), PF_WRAPPER_DENY);
}
END_TEST

START_TEST(options) {
        static const struct {
                const char *options;
                PfWrapperOutcome of_allow, of_deny;
        } cases[] = {
                { "", PF_WRAPPER_ALLOW, PF_WRAPPER_DENY },
                { ": deny", PF_WRAPPER_DENY, PF_WRAPPER_DENY },
                { ":ALLOW", PF_WRAPPER_ALLOW, PF_WRAPPER_ALLOW },
                { ": spawn (echo a\\:b) & : allow", PF_WRAPPER_ALLOW, PF_WRAPPER_ALLOW },
                { ": allow : spawn x", PF_WRAPPER_DENY, PF_WRAPPER_DENY },
                { ": severity auth.info", PF_WRAPPER_ALLOW, PF_WRAPPER_DENY },
                { ": severity auth", PF_WRAPPER_DENY, PF_WRAPPER_DENY },
                { ": /bin/true", PF_WRAPPER_DENY, PF_WRAPPER_DENY },
                { ":", PF_WRAPPER_DENY, PF_WRAPPER_DENY },
                { ": twist /bin/echo", PF_WRAPPER_DENY, PF_WRAPPER_DENY },
                { ": aclexec /bin/check", PF_WRAPPER_UNDECIDED, PF_WRAPPER_UNDECIDED },
                { ": umask 1000", PF_WRAPPER_DENY, PF_WRAPPER_DENY },
                { ": user root", PF_WRAPPER_ALLOW, PF_WRAPPER_DENY },
                { ": user nobody", PF_WRAPPER_UNDECIDED, PF_WRAPPER_UNDECIDED },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };
                char text[128];

                (void) snprintf(text, sizeof(text), "sshd: ALL%s\n", cases[i].options);
                ask(&caller, text, "ALL: ALL\n", &verdict);
                ck_assert_msg(verdict.outcome == cases[i].of_allow, "allow \"%s\"",
                              cases[i].options);
                ck_assert_msg(denying(&caller, text) == cases[i].of_deny, "deny \"%s\"",
                              cases[i].options);
        }
}
END_TEST

START_TEST(lines_are_joined) {
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };

        ask(&caller, NULL, "#\nsshd: \\\n  10.20.0.5\n", &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_DENY);
        ck_assert_uint_eq(verdict.rule.line, 2);
        ck_assert_str_eq(verdict.rule.text, "sshd: \\");
        ck_assert_int_eq(denying(&caller, "# \\\nsshd: ALL\n"), PF_WRAPPER_ALLOW);
}
END_TEST

/* Of hosts.deny it refuses all, of hosts.allow it hides the rest. */
START_TEST(last_line_without_newline) {
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };

        ask(&caller, NULL, "vsftpd: 192.0.2.1", &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_DENY);
        ck_assert_uint_eq(verdict.rule.line, 1);
        ck_assert_ptr_nonnull(verdict.why);

        ask(&caller, "sshd: ALL", "ALL: ALL\n", &verdict);
        ck_assert_int_eq(verdict.outcome, PF_WRAPPER_DENY);
        ck_assert_str_eq(verdict.cut_at.path, PF_HOSTS_ALLOW_PATH);
        ck_assert_str_eq(verdict.cut_at.text, "sshd: ALL");
}
END_TEST

START_TEST(line_of_2047_bytes_is_the_longest) {
        char text[2100];

        memset(text, ' ', sizeof(text));
        memcpy(text, "x:", 2);
        text[2046] = '\n';
        text[2047] = '\0';
        ck_assert_int_eq(denying(&caller, text), PF_WRAPPER_ALLOW);
        text[2046] = ' ';
        text[2047] = '\n';
        text[2048] = '\0';
        ck_assert_int_eq(denying(&caller, text), PF_WRAPPER_DENY);
}
END_TEST

static int read_patterns(void *data, const char *path, PfBuf *buf) {
        (void) data;
        if (strcmp(path, "/deep") == 0)
                return pf_buf_add_string(buf, "/deep");
        if (strcmp(path, "/closed") == 0)
                return -EACCES;
        if (strcmp(path, "/patterns") == 0)
                return pf_buf_add_string(buf, "192.0.2.1\n10.20.0.0/16");
        return 1;
}

START_TEST(files_of_patterns) {
        PfWrapperRequest request = caller;

        ck_assert_int_eq(denying(&request, "sshd: /patterns\n"), PF_WRAPPER_UNDECIDED);
        request.read = read_patterns;
        ck_assert_int_eq(denying(&request, "sshd: /patterns\n"), PF_WRAPPER_DENY);
        ck_assert_int_eq(denying(&request, "sshd: ALL EXCEPT /patterns\n"), PF_WRAPPER_ALLOW);
        ck_assert_int_eq(denying(&request, "sshd: /none\n"), PF_WRAPPER_ALLOW);
        ck_assert_int_eq(denying(&request, "sshd: /closed\n"), PF_WRAPPER_UNDECIDED);
        ck_assert_int_eq(denying(&request, "sshd: /deep\n"), PF_WRAPPER_UNDECIDED);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("hosts-access");

        PF_TEST(suite, whom_no_rule_means_is_let_in);
        PF_TEST(suite, hosts_allow_comes_first);
        PF_TEST(suite, patterns);
        PF_TEST(suite, ipv6);
        PF_TEST(suite, names);
        PF_TEST(suite, what_is_not_known);
        PF_TEST(suite, options);
        PF_TEST(suite, lines_are_joined);
        PF_TEST(suite, last_line_without_newline);
        PF_TEST(suite, line_of_2047_bytes_is_the_longest);
        PF_TEST(suite, files_of_patterns);
        return pf_test_main(suite);
}
