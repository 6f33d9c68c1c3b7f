/* SPDX-License-Identifier: MIT */
/* Stages of a login before anybody is asked for a password: libwrap, limits on
 * connections, algorithms, time and tries; good, bad, and not to be known. */
#include <string.h>

#include "probes/sshd/stages.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define DEBIAN12 "ID=debian\nVERSION_ID=\"12\"\n"
#define RHEL9 "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n"
#define SUSE15 "ID=\"sles\"\nVERSION_ID=\"15.5\"\n"

static PfSandbox box;
static PfReport report;
static const PfCheck stage = { "stage" };

static void machine(const char *os_release, const char *sshd_config) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/os-release", os_release);
        pf_sandbox_write(&box, "/usr/sbin/sshd", "a stub");
        pf_sandbox_write(&box, "/etc/ssh/sshd_config", sshd_config);
        pf_sandbox_write(&box, "/etc/resolv.conf", "");
}

/* The stage's answer for @demand, borrowed until the next call. */
static const PfResult *answer_for(PfSshdStageFn run, const PfDemand *demand) {
        PF_AUTO_SSHD_LOOK PfSshdLook look = { 0 };
        PfErr err = { 0 };
        PfSshdRoom room;

        pf_report_deinit(&report);
        pf_sandbox_reset_target(&box);
        ck_assert_msg(pf_sshd_look_at_version(box.target, &look, &err) == 0, "%s", err.text);
        ck_assert_msg(pf_sshd_look_at_configuration(box.target, demand, &look, &err) == 0, "%s",
                      err.text);
        room = (PfSshdRoom){ box.target, demand, &look, &report };
        ck_assert_msg(run(&room, &stage, &err) == 0, "%s", err.text);
        ck_assert_uint_eq(report.n, 1);
        return &report.results[0];
}

static const PfDemand from_outside = { .account = "root",
                                       .agent_version = "9.65",
                                       .source = "10.20.0.5",
                                       .local_address = "10.20.0.1",
                                       .local_port = 22 };

static const PfResult *answer(PfSshdStageFn run) {
        return answer_for(run, &from_outside);
}

static void assert_fails(const PfResult *result, const char *reason, const char *path,
                         unsigned line) {
        ck_assert_int_eq(result->verdict, PF_FAIL);
        ck_assert_str_eq(result->reason, reason);
        ck_assert_uint_ge(result->n_evidence, 1);
        ck_assert_str_eq(result->evidence[0].path, path);
        ck_assert_uint_eq(result->evidence[0].line, line);
        ck_assert_ptr_nonnull(result->evidence[0].found);
        ck_assert_ptr_nonnull(result->remedy);
}

/* --- libwrap --- */

START_TEST(wrappers_let_in) {
        machine(DEBIAN12, "");
        ck_assert_int_eq(answer(pf_sshd_stage_tcp_wrappers)->verdict, PF_PASS);
        pf_sandbox_write(&box, "/etc/hosts.deny", "sshd: 192.0.2.\n");
        ck_assert_int_eq(answer(pf_sshd_stage_tcp_wrappers)->verdict, PF_PASS);
        pf_sandbox_mkdir(&box, "/etc/hosts.allow");
        ck_assert_int_eq(answer(pf_sshd_stage_tcp_wrappers)->verdict, PF_PASS);
}
END_TEST

START_TEST(wrappers_turn_away) {
        machine(DEBIAN12, "");
        pf_sandbox_write(&box, "/etc/hosts.deny", "# all\nsshd: 10.20.0.0/16\n");
        assert_fails(answer(pf_sshd_stage_tcp_wrappers), "tcp-wrappers", "/etc/hosts.deny", 2);
        pf_sandbox_write(&box, "/etc/hosts.allow", "sshd: 10.20.0.5\n");
        ck_assert_int_eq(answer(pf_sshd_stage_tcp_wrappers)->verdict, PF_PASS);
        pf_sandbox_write(&box, "/etc/hosts.allow", "sshd: 10.20.0.5");
        ck_assert_uint_eq(answer(pf_sshd_stage_tcp_wrappers)->n_evidence, 2);
}
END_TEST

START_TEST(wrappers_and_names) {
        PfDemand demand = from_outside;

        machine(DEBIAN12, "");
        pf_sandbox_write(&box, "/etc/hosts.deny", "sshd: .example\n");
        ck_assert_int_eq(answer(pf_sshd_stage_tcp_wrappers)->verdict, PF_PASS);
        pf_sandbox_write(&box, "/etc/resolv.conf", "nameserver 10.20.0.53\n");
        ck_assert_int_eq(answer(pf_sshd_stage_tcp_wrappers)->verdict, PF_UNKNOWN);
        demand.source_host = "ps.example";
        ck_assert_int_eq(answer_for(pf_sshd_stage_tcp_wrappers, &demand)->verdict, PF_FAIL);
        pf_sandbox_write(&box, "/etc/hosts", "10.20.0.5 push.example\n");
        assert_fails(answer(pf_sshd_stage_tcp_wrappers), "tcp-wrappers", "/etc/hosts.deny", 1);
}
END_TEST

START_TEST(wrappers_without_a_source) {
        PfDemand demand = from_outside;

        demand.source = NULL;
        machine(DEBIAN12, "");
        pf_sandbox_write(&box, "/etc/hosts.deny", "sshd: 10.\n");
        ck_assert_int_eq(answer_for(pf_sshd_stage_tcp_wrappers, &demand)->verdict, PF_UNKNOWN);
        pf_sandbox_write(&box, "/etc/hosts.deny", "sshd: ALL\n");
        ck_assert_int_eq(answer_for(pf_sshd_stage_tcp_wrappers, &demand)->verdict, PF_FAIL);
}
END_TEST

START_TEST(wrappers_by_distribution) {
        machine(RHEL9, "");
        pf_sandbox_write(&box, "/etc/hosts.deny", "ALL: ALL\n");
        ck_assert_int_eq(answer(pf_sshd_stage_tcp_wrappers)->verdict, PF_SKIP);
        machine(SUSE15, "");
        ck_assert_int_eq(answer(pf_sshd_stage_tcp_wrappers)->verdict, PF_PASS);
        pf_sandbox_write(&box, "/etc/hosts.deny", "ALL: ALL\n");
        ck_assert_int_eq(answer(pf_sshd_stage_tcp_wrappers)->verdict, PF_UNKNOWN);
}
END_TEST

/* --- limits --- */

START_TEST(connections) {
        machine(DEBIAN12, "");
        ck_assert_int_eq(answer(pf_sshd_stage_connections)->verdict, PF_PASS);
        pf_sandbox_write(&box, "/etc/ssh/sshd_config",
                         "MaxStartups 1:1:1\nPerSourceMaxStartups 1\n");
        ck_assert_int_eq(answer(pf_sshd_stage_connections)->verdict, PF_PASS);
        pf_sandbox_write(&box, "/etc/ssh/sshd_config", "UsePAM yes\nPerSourceMaxStartups 0\n");
        assert_fails(answer(pf_sshd_stage_connections), "max-startups", "/etc/ssh/sshd_config", 2);
}
END_TEST

START_TEST(tries) {
        machine(DEBIAN12, "MaxAuthTries 1\n");
        ck_assert_int_eq(answer(pf_sshd_stage_tries)->verdict, PF_PASS);
        pf_sandbox_write(&box, "/etc/ssh/sshd_config",
                         "MaxAuthTries 1\nMatch Address 10.20.0.0/16\nMaxAuthTries 0\n");
        assert_fails(answer(pf_sshd_stage_tries), "max-auth-tries", "/etc/ssh/sshd_config", 3);
}
END_TEST

START_TEST(grace_time) {
        static const struct {
                const char *sshd_config, *resolv_conf;
                PfVerdict verdict;
        } cases[] = {
                { "", "nameserver 192.0.2.53\n", PF_PASS },
                { "UseDNS yes\nLoginGraceTime 3\n", "", PF_PASS },
                { "UseDNS yes\nLoginGraceTime 3\n", "nameserver 10.0.0.1\n", PF_PASS },
                { "UseDNS yes\nLoginGraceTime 0\n", "nameserver 192.0.2.53\n", PF_PASS },
                { "UseDNS yes\nLoginGraceTime 10\n", "nameserver 192.0.2.53\n", PF_FAIL },
                { "UseDNS yes\nLoginGraceTime 11\n", "nameserver 192.0.2.53\n", PF_UNKNOWN },
                { "UseDNS yes\nLoginGraceTime 1m\n", "nameserver 192.0.2.53\n", PF_PASS },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                machine(DEBIAN12, cases[i].sshd_config);
                pf_sandbox_write(&box, "/etc/resolv.conf", cases[i].resolv_conf);
                ck_assert_msg(answer(pf_sshd_stage_grace_time)->verdict == cases[i].verdict, "%s%s",
                              cases[i].sshd_config, cases[i].resolv_conf);
        }
}
END_TEST

START_TEST(grace_time_is_to_blame) {
        machine(DEBIAN12, "UseDNS yes\nLoginGraceTime 3\n");
        pf_sandbox_write(&box, "/etc/resolv.conf", "nameserver 192.0.2.53\n");
        assert_fails(answer(pf_sshd_stage_grace_time), "grace-time", "/etc/ssh/sshd_config", 2);
        pf_sandbox_write(&box, "/etc/hosts", "10.20.0.5 push.example\n");
        ck_assert_int_eq(answer(pf_sshd_stage_grace_time)->verdict, PF_PASS);
}
END_TEST

/* --- algorithms --- */

START_TEST(algorithms) {
        static const struct {
                const char *sshd_config;
                PfVerdict verdict;
        } cases[] = {
                { "", PF_PASS },
                { "Ciphers aes128-ctr\nMACs hmac-sha2-256\n", PF_PASS },
                { "HostKeyAlgorithms ssh-ed25519\n", PF_PASS },
                { "Ciphers aes128-cbc,3des-cbc\n", PF_FAIL },
                { "KexAlgorithms diffie-hellman-group1-sha1\n", PF_FAIL },
                { "HostKeyAlgorithms ssh-rsa\n", PF_FAIL },
                { "MACs hmac-md5\n", PF_PASS }, /* the first cipher in common needs none */
                { "MACs hmac-md5\nCiphers aes256-ctr\n", PF_FAIL },
                { "Ciphers chacha20-poly1305@openssh.com\n", PF_WARN },
                { "MACs hmac-sha2-256-etm@openssh.com\n", PF_WARN },
                { "KexAlgorithms sntrup761x25519-sha512@openssh.com\n", PF_WARN },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                machine(DEBIAN12, cases[i].sshd_config);
                ck_assert_msg(answer(pf_sshd_stage_algorithms)->verdict == cases[i].verdict, "%s",
                              cases[i].sshd_config);
        }
}
END_TEST

START_TEST(algorithms_show_the_line) {
        machine(DEBIAN12, "UsePAM yes\nCiphers aes128-cbc\n");
        assert_fails(answer(pf_sshd_stage_algorithms), "kex", "/etc/ssh/sshd_config", 2);
        machine(DEBIAN12, "Ciphers aes128-gcm@openssh.com\n");
        ck_assert_int_eq(answer(pf_sshd_stage_algorithms)->verdict, PF_WARN);
        ck_assert_ptr_nonnull(strstr(report.results[0].summary, "libssh2"));
        ck_assert_ptr_null(report.results[0].reason);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-connect");

        PF_TEST(suite, wrappers_let_in);
        PF_TEST(suite, wrappers_turn_away);
        PF_TEST(suite, wrappers_and_names);
        PF_TEST(suite, wrappers_without_a_source);
        PF_TEST(suite, wrappers_by_distribution);
        PF_TEST(suite, connections);
        PF_TEST(suite, tries);
        PF_TEST(suite, grace_time);
        PF_TEST(suite, grace_time_is_to_blame);
        PF_TEST(suite, algorithms);
        PF_TEST(suite, algorithms_show_the_line);
        return pf_test_main(suite);
}
