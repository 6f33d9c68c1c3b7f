/* SPDX-License-Identifier: MIT */
/*
 * The probe's answers that a fixture cannot hold: dates near today, tallies, and
 * that no hash gets out.
 */
#include <string.h>
#include <time.h>

#include "config/profile.h"
#include "probes/probe.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define HASH_BODY "CiVORNIChGm8i9ti813EZ"
#define HASH "$1$FE4YbV6o$" HASH_BODY "."

extern const PfProbe pf_probe_accounts;

typedef struct Machine {
        PfSandbox box;
        PfReport report;
        const char *account;
} Machine;

static void machine_deinit(Machine *machine) {
        pf_sandbox_close(&machine->box);
        pf_report_deinit(&machine->report);
}
#define AUTO_MACHINE PF_CLEANUP(machine_deinit)

static void machine_init(Machine *machine, const char *account) {
        machine->account = account;
        pf_sandbox_new(&machine->box);
        pf_sandbox_write(&machine->box, "/etc/passwd",
                         "root:x:0:0:root:/root:/bin/sh\njoe:x:1000:1000::/home/joe:/bin/sh\n");
        pf_sandbox_write(&machine->box, "/etc/group", "root:x:0:\nwheel:x:10:joe\n");
        pf_sandbox_write(&machine->box, "/bin/sh", "");
        pf_sandbox_chmod(&machine->box, "/bin/sh", 0755);
}

static const PfResult *run(Machine *machine, const char *id) {
        const PfDemand demand = { .agent_version = "",
                                  .account = machine->account,
                                  .local_port = 22 };
        PfErr err = { 0 };
        int r;

        pf_report_deinit(&machine->report);
        machine->report = (PfReport){ 0 };
        r = pf_probe_accounts.run(machine->box.target, &demand, &machine->report, &err);
        ck_assert_msg(r == 0, "%s", pf_err_text(&err, r));
        for (size_t i = 0; i < machine->report.n; i++)
                if (strcmp(machine->report.results[i].check->id, id) == 0)
                        return &machine->report.results[i];
        ck_abort_msg("%s is not answered", id);
        return NULL;
}

static long today(void) {
        return (long) (time(NULL) / 86400);
}

static void write_shadow(Machine *machine, const char *password, long changed, const char *maximum,
                         const char *expire) {
        PF_AUTO_FREE char *text = NULL;

        ck_assert_int_ge(
                asprintf(&text, "root:%s:%ld:0:%s:7::%s:\n", password, changed, maximum, expire),
                0);
        pf_sandbox_write(&machine->box, "/etc/shadow", text);
}

static void check_usable(Machine *machine, PfVerdict verdict, const char *reason) {
        const PfResult *result = run(machine, "account.usable");

        ck_assert_msg(result->verdict == verdict, "%s", result->summary);
        if (reason)
                ck_assert_str_eq(result->reason, reason);
}

START_TEST(usable) {
        AUTO_MACHINE Machine machine = { 0 };

        machine_init(&machine, "root");
        write_shadow(&machine, HASH, today(), "99999", "");
        check_usable(&machine, PF_PASS, NULL);
        write_shadow(&machine, "*", today(), "99999", "");
        check_usable(&machine, PF_FAIL, "no-usable-hash");
        write_shadow(&machine, "!" HASH, today(), "99999", "");
        check_usable(&machine, PF_FAIL, "account-locked");
        write_shadow(&machine, HASH, 0, "99999", "");
        check_usable(&machine, PF_FAIL, "password-change-required");
        write_shadow(&machine, HASH, today(), "99999", "1");
        check_usable(&machine, PF_FAIL, "account-expired");
        write_shadow(&machine, HASH, today() - 80, "90", "");
        check_usable(&machine, PF_WARN, NULL);
        ck_assert_ptr_nonnull(strstr(run(&machine, "account.usable")->summary, "11 days"));
        write_shadow(&machine, HASH, today() - 10, "90", "");
        check_usable(&machine, PF_PASS, NULL);
        pf_sandbox_chmod(&machine.box, "/bin/sh", 0644);
        check_usable(&machine, PF_FAIL, "shell-missing");
        machine.account = "nobody-here";
        check_usable(&machine, PF_FAIL, "user-unknown");
}
END_TEST

START_TEST(unreadable_is_unknown) {
        AUTO_MACHINE Machine machine = { 0 };

        machine_init(&machine, "root");
        pf_sandbox_mkdir(&machine.box, "/etc/shadow");
        check_usable(&machine, PF_UNKNOWN, NULL);
}
END_TEST

static void write_tally(Machine *machine, const char *path, unsigned n) {
        unsigned char records[8][64] = { { 0 } };
        uint64_t now = (uint64_t) time(NULL);

        for (unsigned i = 0; i < n; i++) {
                records[i][54] = 1;
                for (size_t k = 0; k < 8; k++)
                        records[i][56 + k] = (unsigned char) (now >> (8 * k));
        }
        pf_sandbox_write_bytes(&machine->box, path, records, n * sizeof(records[0]));
}

START_TEST(locked_out) {
        AUTO_MACHINE Machine machine = { 0 };
        const PfResult *result;

        machine_init(&machine, "joe");
        pf_sandbox_write(&machine.box, "/etc/pam.d/sshd", "auth required pam_unix.so\n");
        ck_assert_int_eq(run(&machine, "account.locked-out")->verdict, PF_SKIP);
        pf_sandbox_write(&machine.box, "/etc/pam.d/sshd",
                         "auth required pam_faillock.so preauth\nauth required pam_unix.so\n");
        ck_assert_int_eq(run(&machine, "account.locked-out")->verdict, PF_PASS);
        write_tally(&machine, "/var/run/faillock/joe", 2);
        ck_assert_int_eq(run(&machine, "account.locked-out")->verdict, PF_WARN);
        write_tally(&machine, "/var/run/faillock/joe", 3);
        result = run(&machine, "account.locked-out");
        ck_assert_int_eq(result->verdict, PF_FAIL);
        ck_assert_str_eq(result->reason, "faillock");
        ck_assert_ptr_nonnull(strstr(result->summary, "10 minutes"));
        ck_assert_str_eq(result->evidence[0].path, "/var/run/faillock/joe");
        /* Root is spared unless the settings say otherwise. */
        write_tally(&machine, "/var/run/faillock/root", 5);
        machine.account = "root";
        ck_assert_int_eq(run(&machine, "account.locked-out")->verdict, PF_PASS);
        pf_sandbox_write(&machine.box, "/etc/security/faillock.conf", "even_deny_root\n");
        ck_assert_int_eq(run(&machine, "account.locked-out")->verdict, PF_FAIL);
}
END_TEST

START_TEST(privileged) {
        AUTO_MACHINE Machine machine = { 0 };
        const PfResult *result;

        machine_init(&machine, "root");
        ck_assert_int_eq(run(&machine, "account.privileged")->verdict, PF_PASS);
        machine.account = "joe";
        pf_sandbox_write(&machine.box, "/etc/sudoers",
                         "Defaults requiretty\nroot ALL=(ALL) ALL\n%wheel ALL=(ALL) ALL\n"
                         "@includedir /etc/sudoers.d\n");
        result = run(&machine, "account.privileged");
        ck_assert_int_eq(result->verdict, PF_FAIL);
        ck_assert_ptr_nonnull(strstr(result->summary, "ask for a password"));
        ck_assert_ptr_nonnull(strstr(result->summary, "terminal"));
        ck_assert_uint_eq(result->evidence[0].line, 3);
        pf_sandbox_write(&machine.box, "/etc/sudoers.d/90-joe", "joe ALL=(ALL) NOPASSWD:ALL\n");
        result = run(&machine, "account.privileged");
        ck_assert_ptr_null(strstr(result->summary, "ask for a password"));
        ck_assert_str_eq(result->evidence[0].path, "/etc/sudoers.d/90-joe");
        /* Another name for the superuser, behind root's and before it. */
        pf_sandbox_write(&machine.box, "/etc/passwd",
                         "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n");
        machine.account = "toor";
        ck_assert_int_eq(run(&machine, "account.privileged")->verdict, PF_WARN);
        pf_sandbox_write(&machine.box, "/etc/passwd",
                         "admin:x:0:0::/root:/bin/sh\nroot:x:0:0::/root:/bin/sh\n");
        machine.account = "root";
        ck_assert_int_eq(run(&machine, "account.privileged")->verdict, PF_FAIL);
        /* Root in name only. */
        pf_sandbox_write(&machine.box, "/etc/passwd", "root:x:1500:1500::/root:/bin/sh\n");
        ck_assert_int_eq(run(&machine, "account.privileged")->verdict, PF_FAIL);
}
END_TEST

static void check_text(const char *text) {
        ck_assert_msg(!text || !strstr(text, HASH_BODY), "%s", text);
}

/* Wherever a hash stands, none of it is in what the probe says. */
START_TEST(no_hash_gets_out) {
        static const char *const files[][2] = {
                { "root:x:0:0::/root:/bin/none\n", "root:" HASH ":0:0:9:7:::\n" },
                { "root:x:0:0::/root:/bin/none\n", "root:!" HASH ":0:0:9:7:::\n" },
                { "root:x:0:0::/root:/bin/none\n", "root:" HASH "\n" },
                { "root:x:0:0::/root:/bin/none\n", "root:x:" HASH ":0:9:7:::\n" },
                { "root:" HASH ":0:0::/root:/bin/none\n", "" },
                { "root:!" HASH ":0:0::/root:/bin/none\n", "" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(files); i++) {
                AUTO_MACHINE Machine machine = { 0 };

                machine_init(&machine, "root");
                pf_sandbox_write(&machine.box, "/etc/passwd", files[i][0]);
                pf_sandbox_write(&machine.box, "/etc/shadow", files[i][1]);
                (void) run(&machine, "account.usable");
                for (size_t k = 0; k < machine.report.n; k++) {
                        const PfResult *result = &machine.report.results[k];

                        check_text(result->summary);
                        check_text(result->remedy);
                        for (size_t e = 0; e < result->n_evidence; e++) {
                                check_text(result->evidence[e].found);
                                check_text(result->evidence[e].expected);
                        }
                }
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("accounts");

        PF_TEST(suite, usable);
        PF_TEST(suite, unreadable_is_unknown);
        PF_TEST(suite, locked_out);
        PF_TEST(suite, privileged);
        PF_TEST(suite, no_hash_gets_out);
        return pf_test_main(suite);
}
