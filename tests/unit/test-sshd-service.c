/* SPDX-License-Identifier: MIT */
/*
 * The stages of the start, and the listener, on a good machine with one thing
 * changed.
 */
#include "probes/sshd/live.h"
#include "probes/sshd/stages.h"

#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

#define CONFIG "/etc/ssh/sshd_config"
#define OPTIONS "/etc/default/ssh"
#define KEY "/etc/ssh/ssh_host_ed25519_key"
#define UNIT "/usr/lib/systemd/system/ssh.service"
#define LINK "/etc/systemd/system/multi-user.target.wants/ssh.service"

static const char config[] = "PermitRootLogin yes\nSubsystem sftp /usr/lib/openssh/sftp-server\n";

typedef struct Want {
        PfVerdict verdict;
        const char *reason; /* NULL: none */
        const char *path;   /* of the first evidence; NULL: any */
        unsigned line;
} Want;

static void open_good(void) {
        pf_sandbox_open(&box, "sshd/good");
        pf_sandbox_write(&box, CONFIG, config);
}

static void ask(PfSshdStageFn stage, const PfDemand *demand, const Want *want) {
        static const PfCheck check = { "stage" };
        PF_AUTO_SSHD_LOOK PfSshdLook look = { 0 };
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfSshdRoom room = { box.target, demand, &look, &report };
        const PfResult *result = NULL;
        PfErr err = { 0 };

        ck_assert_int_eq(pf_sshd_look_at_version(box.target, &look, &err), 0);
        ck_assert_int_eq(pf_sshd_look_at_configuration(box.target, demand, &look, &err), 0);
        ck_assert_int_eq(stage(&room, &check, &err), 0);
        ck_assert_uint_eq(report.n, 1);
        result = report.results;
        ck_assert_msg(result->verdict == want->verdict, "%s: %s",
                      pf_verdict_to_string(result->verdict), result->summary);
        if (want->reason)
                ck_assert_str_eq(result->reason ? result->reason : "(none)", want->reason);
        if (!want->path)
                return;
        ck_assert_uint_ge(result->n_evidence, 1);
        ck_assert_str_eq(result->evidence[0].path, want->path);
        ck_assert_uint_eq(result->evidence[0].line, want->line);
}

static void expect(PfSshdStageFn stage, Want want) {
        const PfDemand demand = { .account = "root",
                                  .source = "192.0.2.7",
                                  .local_address = "192.0.2.1",
                                  .local_port = 22 };

        ask(stage, &demand, &want);
}

static void expect_ipv6(PfSshdStageFn stage, Want want) {
        const PfDemand demand = { .account = "root",
                                  .source = "2001:db8::7",
                                  .local_address = "2001:db8::1",
                                  .local_port = 22 };

        ask(stage, &demand, &want);
}

#define GOOD ((Want){ .verdict = PF_PASS })

START_TEST(a_good_machine) {
        static const PfSshdStageFn stages[] = { pf_sshd_stage_service, pf_sshd_stage_configuration,
                                                pf_sshd_stage_privilege_separation,
                                                pf_sshd_stage_host_keys, pf_sshd_stage_listener };

        open_good();
        for (size_t i = 0; i < PF_ELEMENTS(stages); i++)
                expect(stages[i], GOOD);
        expect_ipv6(pf_sshd_stage_listener, GOOD);
}
END_TEST

/* --- what starts it --- */

START_TEST(disabled_masked_and_held_back) {
        open_good();
        pf_sandbox_write(&box, "/etc/ssh/sshd_not_to_be_run", "");
        expect(pf_sshd_stage_service,
               (Want){ PF_FAIL, "unit-condition", "/etc/ssh/sshd_not_to_be_run", 0 });
        open_good();
        pf_sandbox_remove(&box, LINK);
        expect(pf_sshd_stage_service, (Want){ PF_FAIL, "unit-disabled", LINK, 0 });
        pf_sandbox_symlink(&box, "/dev/null", "/etc/systemd/system/ssh.service");
        expect(pf_sshd_stage_service,
               (Want){ PF_FAIL, "unit-masked", "/etc/systemd/system/ssh.service", 0 });
        open_good();
        pf_sandbox_remove(&box, UNIT);
        expect(pf_sshd_stage_service, (Want){ PF_FAIL, "unit-disabled", LINK, 0 });
        open_good();
        pf_sandbox_remove(&box, LINK);
        pf_sandbox_symlink(&box, UNIT, "/etc/systemd/system/rescue.target.wants/ssh.service");
        expect(pf_sshd_stage_service, (Want){ PF_FAIL, "unit-disabled", NULL, 0 });
}
END_TEST

START_TEST(first_boots) {
        open_good();
        pf_sandbox_remove(&box, LINK);
        pf_sandbox_write(&box, "/etc/machine-id", "uninitialized\n");
        expect(pf_sshd_stage_service, (Want){ PF_UNKNOWN, NULL, "/etc/machine-id", 0 });
        pf_sandbox_write(&box, "/usr/lib/systemd/system-preset/90.preset", "enable ssh.service\n");
        expect(pf_sshd_stage_service,
               (Want){ PF_PASS, NULL, "/usr/lib/systemd/system-preset/90.preset", 1 });
        pf_sandbox_write(&box, "/etc/systemd/system-preset/10.preset", "disable *\n");
        expect(pf_sshd_stage_service,
               (Want){ PF_FAIL, "unit-disabled", "/etc/systemd/system-preset/10.preset", 1 });
        /* No first boot: presets say nothing. */
        pf_sandbox_write(&box, "/etc/machine-id", "");
        pf_sandbox_remove(&box, "/etc/systemd/system-preset/10.preset");
        expect(pf_sshd_stage_service, (Want){ PF_FAIL, "unit-disabled", LINK, 0 });
}
END_TEST

START_TEST(before_systemd) {
        open_good();
        pf_sandbox_remove(&box, UNIT);
        pf_sandbox_remove(&box, LINK);
        pf_sandbox_symlink(&box, "../init.d/ssh", "/etc/rc2.d/S02ssh");
        pf_sandbox_write(&box, OPTIONS, "# sourced\nSSHD_OPTS='-p 2222'\n");
        expect(pf_sshd_stage_service, (Want){ PF_PASS, NULL, "/etc/rc2.d/S02ssh", 0 });
        expect(pf_sshd_stage_privilege_separation, GOOD);
        expect(pf_sshd_stage_listener, (Want){ PF_FAIL, "port", OPTIONS, 2 });
        pf_sandbox_write(&box, "/etc/ssh/sshd_not_to_be_run", "");
        expect(pf_sshd_stage_service, (Want){ PF_FAIL, "unit-condition", NULL, 0 });
}
END_TEST

START_TEST(programs) {
        open_good();
        pf_sandbox_chmod(&box, "/usr/sbin/sshd", 0644);
        expect(pf_sshd_stage_service, (Want){ PF_FAIL, "sshd-not-installed", "/usr/sbin/sshd", 0 });
        pf_sandbox_remove(&box, "/usr/sbin/sshd");
        pf_sandbox_write(&box, "/usr/sbin/dropbear", "");
        expect(pf_sshd_stage_service, (Want){ .verdict = PF_UNKNOWN });
        open_good();
        pf_sandbox_write(&box, "/etc/systemd/system/ssh.service.d/a.conf",
                         "[Service]\nEnvironmentFile=/etc/no\n");
        expect(pf_sshd_stage_service,
               (Want){ PF_FAIL, "config-rejected", "/etc/systemd/system/ssh.service.d/a.conf", 2 });
        pf_sandbox_write(&box, "/etc/systemd/system/ssh.service.d/a.conf",
                         "[Service]\nExecStart=\nExecStart=/opt/wrapper\n");
        expect(pf_sshd_stage_configuration, (Want){ .verdict = PF_UNKNOWN });
}
END_TEST

/* --- the command line --- */

static void expect_options(const char *options, PfSshdStageFn stage, Want want) {
        pf_sandbox_write(&box, OPTIONS, options);
        expect(stage, want);
}

START_TEST(options_that_are_refused) {
        const Want refused = { PF_FAIL, "config-rejected", OPTIONS, 1 };

        open_good();
        expect_options("SSHD_OPTS=--verbose\n", pf_sshd_stage_configuration, refused);
        expect_options("SSHD_OPTS=-p\n", pf_sshd_stage_configuration, refused);
        expect_options("SSHD_OPTS=-p0\n", pf_sshd_stage_configuration, refused);
        expect_options("SSHD_OPTS=extra\n", pf_sshd_stage_configuration, refused);
        expect_options("SSHD_OPTS=-t\n", pf_sshd_stage_configuration, refused);
        expect_options("SSHD_OPTS=-G\n", pf_sshd_stage_configuration, refused); /* since 9.3 */
        expect_options("SSHD_OPTS='-o Foo=bar'\n", pf_sshd_stage_configuration, refused);
        expect_options("SSHD_OPTS='-g x'\n", pf_sshd_stage_configuration, refused);
        expect_options("SSHD_OPTS=-d\n", pf_sshd_stage_configuration,
                       (Want){ .verdict = PF_UNKNOWN });
        expect_options("SSHD_OPTS='-Deq -u0 -E /var/log/x'\n", pf_sshd_stage_configuration, GOOD);
}
END_TEST

START_TEST(options_beat_the_file) {
        open_good();
        expect_options("SSHD_OPTS='-p 2222'\n", pf_sshd_stage_listener,
                       (Want){ PF_FAIL, "port", OPTIONS, 1 });
        expect_options("SSHD_OPTS='-p 2222 -p22'\n", pf_sshd_stage_listener, GOOD);
        expect_options("SSHD_OPTS=-6\n", pf_sshd_stage_listener,
                       (Want){ PF_FAIL, "address-family", OPTIONS, 1 });
        expect_options("SSHD_OPTS='-oAddressFamily=inet6 -4'\n", pf_sshd_stage_listener, GOOD);
        expect_options("SSHD_OPTS='-o ListenAddress=127.0.0.1'\n", pf_sshd_stage_listener,
                       (Want){ PF_FAIL, "listen-address", OPTIONS, 1 });
        expect_options("SSHD_OPTS='-o PermitRootLogin=no'\n", pf_sshd_stage_root_login,
                       (Want){ PF_FAIL, "root-login", OPTIONS, 1 });
        pf_sandbox_write(&box, CONFIG, "Port 2222\nPort nonsense\n");
        expect_options("SSHD_OPTS='-p 22'\n", pf_sshd_stage_listener, GOOD);
        pf_sandbox_remove(&box, OPTIONS);
        expect(pf_sshd_stage_listener, (Want){ PF_FAIL, "port", CONFIG, 1 });
}
END_TEST

START_TEST(other_files) {
        open_good();
        pf_sandbox_write(&box, "/etc/ssh/other", config);
        expect_options("SSHD_OPTS='-f /etc/ssh/other'\n", pf_sshd_stage_configuration,
                       (Want){ PF_PASS, NULL, "/etc/ssh/other", 0 });
        expect_options("SSHD_OPTS='-f none'\n", pf_sshd_stage_configuration, GOOD);
        expect_options("SSHD_OPTS='-f none'\n", pf_sshd_stage_root_login,
                       (Want){ .verdict = PF_FAIL, .reason = "root-login" });
        expect_options("SSHD_OPTS='-f /etc/ssh/no'\n", pf_sshd_stage_configuration,
                       (Want){ PF_FAIL, "config-rejected", "/etc/ssh/no", 0 });
        /* The unit tests the default file without the options. */
        pf_sandbox_write(&box, CONFIG, "\nFoo bar\n");
        expect_options("SSHD_OPTS='-f /etc/ssh/other'\n", pf_sshd_stage_configuration,
                       (Want){ PF_FAIL, "config-rejected", CONFIG, 2 });
}
END_TEST

/* --- user and directory --- */

START_TEST(privilege_separation) {
        open_good();
        pf_sandbox_write(&box, "/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
        expect(pf_sshd_stage_privilege_separation,
               (Want){ PF_FAIL, "config-rejected", "/etc/passwd", 0 });
        pf_sandbox_write(&box, "/etc/nsswitch.conf", "passwd: files sss # x\n");
        expect(pf_sshd_stage_privilege_separation,
               (Want){ PF_UNKNOWN, NULL, "/etc/nsswitch.conf", 0 });
        open_good();
        pf_sandbox_write(&box, "/etc/systemd/system/ssh.service.d/a.conf",
                         "[Service]\nRuntimeDirectory=\n");
        expect(pf_sshd_stage_privilege_separation,
               (Want){ PF_FAIL, "config-rejected", "/run/sshd", 0 });
        pf_sandbox_write(&box, "/usr/lib/tmpfiles.d/sshd.conf",
                         "# x\nd /var/run/sshd 0755 - - -\n");
        expect(pf_sshd_stage_privilege_separation,
               (Want){ PF_PASS, NULL, "/usr/lib/tmpfiles.d/sshd.conf", 2 });
}
END_TEST

/* --- host keys --- */

START_TEST(host_keys) {
        open_good();
        pf_sandbox_write(&box, KEY, "not a key\n");
        pf_sandbox_chmod(&box, KEY, 0600);
        expect(pf_sshd_stage_host_keys, (Want){ .verdict = PF_FAIL, .reason = "no-host-keys" });
        pf_sandbox_remove(&box, KEY);
        expect(pf_sshd_stage_host_keys, (Want){ .verdict = PF_FAIL, .reason = "no-host-keys" });
        pf_sandbox_write(&box, CONFIG, "HostKey none\n");
        expect(pf_sshd_stage_host_keys, (Want){ PF_FAIL, "no-host-keys", CONFIG, 1 });
        pf_sandbox_write(&box, CONFIG, "HostKey /etc/ssh/mine\n");
        expect(pf_sshd_stage_host_keys, (Want){ PF_FAIL, "no-host-keys", CONFIG, 1 });
        pf_sandbox_write(&box, CONFIG, "HostKeyAgent /run/agent\n");
        expect(pf_sshd_stage_host_keys, (Want){ .verdict = PF_UNKNOWN });
}
END_TEST

/* sshd looks at the mode of files of its own user alone. */
START_TEST(open_keys) {
        PfFileInfo info;
        PfErr err = { 0 };

        open_good();
        pf_sandbox_chmod(&box, KEY, 0640);
        ck_assert_int_eq(pf_target_stat(box.target, KEY, &info, &err), 0);
        expect(pf_sshd_stage_host_keys,
               info.uid == 0 ? (Want){ .verdict = PF_FAIL, .reason = "no-host-keys" } : GOOD);
}
END_TEST

START_TEST(keys_that_will_be_made) {
        open_good();
        pf_sandbox_remove(&box, KEY);
        pf_sandbox_write(&box, "/etc/systemd/system/ssh.service.d/a.conf",
                         "[Service]\nExecStartPre=/usr/bin/ssh-keygen -A\n");
        expect(pf_sshd_stage_host_keys,
               (Want){ PF_PASS, NULL, "/etc/systemd/system/ssh.service.d/a.conf", 2 });
        pf_sandbox_remove(&box, "/etc/systemd/system/ssh.service.d/a.conf");
        pf_sandbox_write(&box, "/usr/lib/systemd/system/cloud-init.service", "[Unit]\n");
        pf_sandbox_write(&box, "/etc/cloud/cloud.cfg", "cloud_init_modules:\n - ssh\n");
        expect(pf_sshd_stage_host_keys, (Want){ PF_PASS, NULL, "/etc/cloud/cloud.cfg", 2 });
        pf_sandbox_write(&box, "/etc/cloud/cloud-init.disabled", "");
        expect(pf_sshd_stage_host_keys, (Want){ .verdict = PF_FAIL, .reason = "no-host-keys" });
        /* As Red Hat does. */
        pf_sandbox_write(&box, "/etc/systemd/system/ssh.service.d/b.conf",
                         "[Unit]\nWants=sshd-keygen@rsa.service\n");
        expect(pf_sshd_stage_host_keys, (Want){ .verdict = PF_FAIL, .reason = "no-host-keys" });
        pf_sandbox_write(&box, "/usr/lib/systemd/system/sshd-keygen@.service", "[Service]\n");
        expect(pf_sshd_stage_host_keys,
               (Want){ PF_PASS, NULL, "/etc/systemd/system/ssh.service.d/b.conf", 2 });
        /* Nobody makes keys of names of one's own. */
        pf_sandbox_remove(&box, "/etc/cloud/cloud-init.disabled");
        pf_sandbox_write(&box, CONFIG, "HostKey /etc/ssh/mine\n");
        expect(pf_sshd_stage_host_keys, (Want){ .verdict = PF_FAIL, .reason = "no-host-keys" });
}
END_TEST

/* --- where it listens --- */

static void expect_config(const char *text, PfSshdStageFn stage, Want want) {
        pf_sandbox_write(&box, CONFIG, text);
        expect(stage, want);
}

START_TEST(addresses) {
        open_good();
        expect_config("ListenAddress 192.0.2.1\n", pf_sshd_stage_listener, GOOD);
        expect_config("ListenAddress 192.0.2.2\n", pf_sshd_stage_listener,
                      (Want){ PF_FAIL, "listen-address", CONFIG, 1 });
        expect_config("ListenAddress ::\n", pf_sshd_stage_listener,
                      (Want){ PF_FAIL, "listen-address", CONFIG, 1 });
        expect_config("\nListenAddress 192.0.2.1:2222\n", pf_sshd_stage_listener,
                      (Want){ PF_FAIL, "port", CONFIG, 2 });
        expect_config("Port 2222\nListenAddress 192.0.2.1:22\n", pf_sshd_stage_listener, GOOD);
        expect_config("AddressFamily inet6\n", pf_sshd_stage_listener,
                      (Want){ PF_FAIL, "address-family", CONFIG, 1 });
        expect_ipv6(pf_sshd_stage_listener, GOOD);
        pf_sandbox_write(&box, CONFIG, "AddressFamily inet\n");
        expect_ipv6(pf_sshd_stage_listener, (Want){ PF_FAIL, "address-family", CONFIG, 1 });
}
END_TEST

START_TEST(names) {
        const Want unknown = { PF_UNKNOWN, NULL, CONFIG, 1 };

        open_good();
        pf_sandbox_write(&box, "/etc/hosts", "192.0.2.1 front\n192.0.2.9 back\n");
        expect_config("ListenAddress front\n", pf_sshd_stage_listener, GOOD);
        expect_config("ListenAddress back\n", pf_sshd_stage_listener,
                      (Want){ PF_FAIL, "listen-address", CONFIG, 1 });
        expect_config("ListenAddress back\n", pf_sshd_stage_configuration, GOOD);
        expect_config("ListenAddress elsewhere\n", pf_sshd_stage_listener, unknown);
        expect_config("ListenAddress elsewhere\n", pf_sshd_stage_configuration, unknown);
        expect_config("ListenAddress no.such.example\n", pf_sshd_stage_configuration,
                      (Want){ PF_FAIL, "config-rejected", CONFIG, 1 });
}
END_TEST

static void expect_socket(const char *socket, Want want) {
        pf_sandbox_write(&box, "/usr/lib/systemd/system/ssh.socket", socket);
        expect(pf_sshd_stage_listener, want);
}

START_TEST(sockets) {
        const char *unit = "/usr/lib/systemd/system/ssh.socket";

        open_good();
        pf_sandbox_symlink(&box, unit, "/etc/systemd/system/sockets.target.wants/ssh.socket");
        pf_sandbox_write(&box, CONFIG, "Port 2222\n"); /* has no say in it */
        expect(pf_sshd_stage_service, GOOD);
        expect_socket("[Socket]\nListenStream=22\n", (Want){ PF_PASS, NULL, unit, 2 });
        expect_socket("[Socket]\nListenStream=2222\n", (Want){ PF_FAIL, "port", unit, 2 });
        expect_socket("[Socket]\nListenStream=/run/x\nListenStream=0.0.0.0:22\n", GOOD);
        expect_socket("[Socket]\nListenStream=22\nBindIPv6Only=ipv6-only\n",
                      (Want){ PF_FAIL, "listen-address", unit, 2 });
        /* Unless Ubuntu's generator gives it one. */
        pf_sandbox_write(&box, "/usr/lib/systemd/system-generators/sshd-socket-generator", "");
        expect_socket("[Socket]\nListenStream=22\n",
                      (Want){ .verdict = PF_FAIL, .reason = "port" });
        pf_sandbox_write(&box, "/etc/systemd/system/ssh.socket.d/a.conf",
                         "[Socket]\nListenStream=\nListenStream=22\n");
        expect(pf_sshd_stage_listener, GOOD);
}
END_TEST

/* A socket tells not whose it is; the units of sshd do. */
START_TEST(another_server) {
        static const struct {
                PfUnitState service;
                PfUnitState socket;
                bool has_units;
                bool is_running;
                bool is_another;
        } cases[] = {
                { PF_UNIT_INACTIVE, PF_UNIT_INACTIVE, true, false, true },
                { PF_UNIT_FAILED, PF_UNIT_ABSENT, true, false, true },
                { PF_UNIT_ACTIVE, PF_UNIT_INACTIVE, true, false, false },
                { PF_UNIT_INACTIVE, PF_UNIT_ACTIVE, true, false, false },
                { PF_UNIT_STARTING, PF_UNIT_ABSENT, true, false, false },
                { PF_UNIT_INACTIVE, PF_UNIT_INACTIVE, true, true, false },
                { PF_UNIT_INACTIVE, PF_UNIT_INACTIVE, false, false, false },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfSshdLive live = { .has_units = cases[i].has_units,
                                    .is_running = cases[i].is_running };

                for (size_t j = 0; j < PF_SSHD_N_UNITS; j++)
                        live.units[j] = PF_UNIT_ABSENT;
                live.units[PF_SSHD_UNIT_SSH] = cases[i].service;
                live.units[PF_SSHD_UNIT_SSH_SOCKET] = cases[i].socket;
                ck_assert_msg(pf_sshd_live_is_another(&live) == cases[i].is_another, "case %zu", i);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-service");

        PF_TEST(suite, a_good_machine);
        PF_TEST(suite, disabled_masked_and_held_back);
        PF_TEST(suite, first_boots);
        PF_TEST(suite, before_systemd);
        PF_TEST(suite, programs);
        PF_TEST(suite, options_that_are_refused);
        PF_TEST(suite, options_beat_the_file);
        PF_TEST(suite, other_files);
        PF_TEST(suite, privilege_separation);
        PF_TEST(suite, host_keys);
        PF_TEST(suite, open_keys);
        PF_TEST(suite, keys_that_will_be_made);
        PF_TEST(suite, addresses);
        PF_TEST(suite, names);
        PF_TEST(suite, sockets);
        PF_TEST(suite, another_server);
        return pf_test_main(suite);
}
