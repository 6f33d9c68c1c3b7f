/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <string.h>

#include "config/key-outlet.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

/* What a text on top of the built-in values says; its complaints, joined by '|'. */
static PfSettings *parse(const char *text, char *complaints, size_t size) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PfSettings *settings = pf_settings_new();
        size_t n = 0;

        ck_assert_ptr_nonnull(settings);
        ck_assert_int_eq(pf_settings_parse(settings, "f", text, strlen(text), &errors), 0);
        complaints[0] = '\0';
        for (size_t i = 0; i < errors.texts.n; i++)
                n += (size_t) snprintf(complaints + n, size - n, "%s|", errors.texts.items[i]);
        return settings;
}

static void expect_complaint(const char *text, const char *complaint) {
        char complaints[4096];
        PfSettings *settings = parse(text, complaints, sizeof(complaints));

        pf_settings_free(settings);
        ck_assert_str_eq(complaints, complaint);
}

START_TEST(built_in_values) {
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = pf_settings_new();

        ck_assert_str_eq(settings->socket, "/run/preflightd/org.preflightd.Preflight");
        ck_assert_uint_eq(settings->maximum_age_usec, 10000000);
        ck_assert_uint_eq(settings->maximum_clients, 1024);
        ck_assert_uint_eq(settings->maximum_message_bytes, 1 << 20);
        ck_assert_int_eq(settings->log_level, PF_LOG_INFO);
        ck_assert_str_eq(settings->profile, "asr-mobility");
        ck_assert_ptr_null(settings->agent_version);
        ck_assert_str_eq(settings->account, "root");
        ck_assert_ptr_null(settings->source);
        ck_assert_uint_eq(settings->deadline_usec, 0);
        ck_assert_uint_eq(settings->endpoints.n, 0);
        ck_assert_uint_eq(settings->network_timeout_usec, 5000000);
        ck_assert_int_eq(settings->auto_mode, PF_AUTO_MODE_OFF);
        ck_assert_uint_eq(settings->auto_only.n, 0);
        ck_assert_uint_eq(settings->auto_skip.n, 0);
        ck_assert_uint_eq(settings->history_age_usec, UINT64_C(180) * 24 * 3600 * 1000000);
        ck_assert_uint_eq(settings->history_max, 200);
        ck_assert_ptr_null(settings->text_file);
        ck_assert_ptr_null(settings->virtio_port);
        ck_assert_ptr_null(settings->console);
        ck_assert(!settings->guest_info && !settings->kvp_pool);
}
END_TEST

START_TEST(every_key) {
        char complaints[4096];
        PF_CLEANUP(pf_settings_freep)
        PfSettings *settings = parse("[Daemon]\n"
                                     "Socket=/run/x\n"
                                     "MaximumAgeSec=2min\n"
                                     "MaximumClients=3\n"
                                     "MaximumMessageBytes=64K\n"
                                     "LogLevel=debug\n"
                                     "[Check]\n"
                                     "Profile=other\n"
                                     "AgentVersion=9.62\n"
                                     "Account=CORP\\admin\n"
                                     "Source=2001:db8::7\n"
                                     "DeadlineSec=1.5\n"
                                     "[Network]\n"
                                     "Endpoints=192.0.2.7:443 cs.example:9443\n"
                                     "Endpoints=[2001:db8::7]:443\n"
                                     "TimeoutSec=1500ms\n"
                                     "[Remedy]\n"
                                     "Auto=safe\n"
                                     "AutoOnly=boot.* ssh.sftp-subsystem\n"
                                     "AutoSkip=boot.drivers\n"
                                     "AutoSkip=boot.fstab-identity\n"
                                     "HistoryAgeSec=2weeks\n"
                                     "HistoryMax=7\n"
                                     "[Publish]\n"
                                     "TextFile=/srv/metrics/preflightd.prom\n"
                                     "VirtioPort=org.preflightd.0\n"
                                     "Console=/dev/ttyS0\n"
                                     "GuestInfo=yes\n"
                                     "KvpPool=true\n",
                                     complaints, sizeof(complaints));

        ck_assert_str_eq(complaints, "");
        ck_assert_str_eq(settings->socket, "/run/x");
        ck_assert_uint_eq(settings->maximum_age_usec, 120000000);
        ck_assert_uint_eq(settings->maximum_clients, 3);
        ck_assert_uint_eq(settings->maximum_message_bytes, 65536);
        ck_assert_int_eq(settings->log_level, PF_LOG_DEBUG);
        ck_assert_str_eq(settings->profile, "other");
        ck_assert_str_eq(settings->agent_version, "9.62");
        ck_assert_str_eq(settings->account, "CORP\\admin");
        ck_assert_str_eq(settings->source, "2001:db8::7");
        ck_assert_uint_eq(settings->deadline_usec, 1500000);
        ck_assert_uint_eq(settings->endpoints.n, 3);
        ck_assert_str_eq(settings->endpoints.items[1], "cs.example:9443");
        ck_assert_str_eq(settings->endpoints.items[2], "[2001:db8::7]:443");
        ck_assert_uint_eq(settings->network_timeout_usec, 1500000);
        ck_assert_int_eq(settings->auto_mode, PF_AUTO_MODE_SAFE);
        ck_assert_uint_eq(settings->auto_only.n, 2);
        ck_assert_str_eq(settings->auto_only.items[0], "boot.*");
        ck_assert_uint_eq(settings->auto_skip.n, 2);
        ck_assert_str_eq(settings->auto_skip.items[1], "boot.fstab-identity");
        ck_assert_uint_eq(settings->history_age_usec, UINT64_C(14) * 24 * 3600 * 1000000);
        ck_assert_uint_eq(settings->history_max, 7);
        ck_assert_str_eq(settings->text_file, "/srv/metrics/preflightd.prom");
        ck_assert_str_eq(settings->virtio_port, "org.preflightd.0");
        ck_assert_str_eq(settings->console, "/dev/ttyS0");
        ck_assert(settings->guest_info && settings->kvp_pool);
}
END_TEST

START_TEST(empty_takes_back) {
        char complaints[4096];
        PF_CLEANUP(pf_settings_freep)
        PfSettings *settings = parse("[Check]\nSource=192.0.2.7\nAgentVersion=9.1\nSource=\n"
                                     "AgentVersion=\n[Network]\nEndpoints=a:1 b:2\nEndpoints=\n"
                                     "Endpoints=c:3\n",
                                     complaints, sizeof(complaints));

        ck_assert_str_eq(complaints, "");
        ck_assert_ptr_null(settings->source);
        ck_assert_ptr_null(settings->agent_version);
        ck_assert_uint_eq(settings->endpoints.n, 1);
        ck_assert_str_eq(settings->endpoints.items[0], "c:3");
}
END_TEST

START_TEST(values_that_are_wrong) {
        expect_complaint("[Daemon]\nSocket=run/x\n",
                         "f:2: Socket=run/x: expected a path that begins with '/'|");
        expect_complaint("[Daemon]\nMaximumAgeSec=soon\n",
                         "f:2: MaximumAgeSec=soon: expected a time such as 500ms, 10s or 2min|");
        expect_complaint("[Remedy]\nHistoryMax=-1\nHistoryAgeSec=long\n",
                         "f:2: HistoryMax=-1: expected a number|"
                         "f:3: HistoryAgeSec=long: expected a time such as 500ms, 10s or 2min|");
        expect_complaint("[Daemon]\nMaximumClients=0\n",
                         "f:2: MaximumClients=0: expected a number from 1 to 65536|");
        expect_complaint("[Daemon]\nMaximumMessageBytes=1K\n",
                         "f:2: MaximumMessageBytes=1K: expected a size from 4K to 64M|");
        expect_complaint("[Daemon]\nLogLevel=loud\n",
                         "f:2: LogLevel=loud: expected error, warning, notice, info or debug|");
        expect_complaint(
                "[Check]\nProfile=../x\n",
                "f:2: Profile=../x: expected a name of letters, digits, '.', '_' and '-'|");
        expect_complaint("[Check]\nAgentVersion=new\n",
                         "f:2: AgentVersion=new: expected a version such as 9.65|");
        expect_complaint("[Check]\nAccount=\n", "f:2: Account=: expected the name of an account|");
        expect_complaint("[Check]\nAccount=a:b\n",
                         "f:2: Account=a:b: expected the name of an account|");
        expect_complaint("[Check]\nSource=db7\n",
                         "f:2: Source=db7: expected an IPv4 or IPv6 address|");
        expect_complaint("[Network]\nEndpoints=a:1 b\n",
                         "f:2: Endpoints=a:1 b: expected HOST:PORT, ADDRESS:PORT or "
                         "[ADDRESS]:PORT, and spaces between them|");
        expect_complaint("[Network]\nTimeoutSec=1min\n",
                         "f:2: TimeoutSec=1min: expected a time from 100ms to 20s|");
        expect_complaint("[Remedy]\nAuto=consent\n", "f:2: Auto=consent: expected off or safe|");
        expect_complaint("[Remedy]\nAutoOnly=ssh.* boot.rot\n",
                         "f:2: AutoOnly=ssh.* boot.rot: expected checks as preflightctl list "
                         "shows them, or wildcards of them, and spaces between them|");
}

END_TEST

/* Nothing but what it says is written to: no other device, and no file of another name. */
START_TEST(places_that_nothing_is_published_to) {
        static const char *const files[] = {
                "preflightd.prom",    "/srv/a.txt",        "/srv/.prom", "/srv/..prom/../a.prom",
                "/srv/../etc/a.prom", "/srv/a.prom/b.txt", "/",          "/srv/a.prom/",
                "/srv/a.prom/..",
        };
        static const char *const lines[] = {
                "/dev/tty",    "/dev/tty1", "/dev/ttyS",         "/dev/ttyS0x", "/dev/pts/0",
                "/dev/null",   "ttyS0",     "/dev/../dev/ttyS0", "/dev/sda",    "/dev/ttyS1234",
                "/dev/hvc0/x", "/dev/kmsg", "/tmp/dev/ttyS0",    "/dev/ttyS-1", "/dev/ttyACM0",
        };
        PF_AUTO_FREE char *field = NULL;

        for (size_t i = 0; i < PF_ELEMENTS(files); i++)
                ck_assert_msg(pf_key_text_file(files[i], &field), "%s", files[i]);
        for (size_t i = 0; i < PF_ELEMENTS(lines); i++)
                ck_assert_msg(pf_key_serial_line(lines[i], &field), "%s", lines[i]);
        ck_assert_ptr_null(field);
        ck_assert_ptr_null(pf_key_text_file("/srv/..a/b..prom", &field));
        ck_assert_str_eq(field, "/srv/..a/b..prom");
        ck_assert_ptr_null(pf_key_serial_line("/dev/hvc0", &field));
        ck_assert_ptr_null(pf_key_serial_line("/dev/ttyAMA12", &field));
        ck_assert_str_eq(field, "/dev/ttyAMA12");
        ck_assert_ptr_null(pf_key_serial_line("", &field));
        ck_assert_ptr_null(field);

        expect_complaint("[Publish]\nTextFile=a.prom\n",
                         "f:2: TextFile=a.prom: expected a path that begins with '/', has no "
                         "\"..\", and ends in a name with .prom|");
        expect_complaint("[Publish]\nConsole=/dev/tty1\n",
                         "f:2: Console=/dev/tty1: expected a serial line: /dev/ttyS0, "
                         "/dev/ttyAMA0, /dev/hvc0 or /dev/ttyUSB0, or another number|");
        expect_complaint("[Publish]\nVirtioPort=../x\n",
                         "f:2: VirtioPort=../x: expected a name of letters, digits, '.', '_' and "
                         "'-'|");
        expect_complaint("[Publish]\nKvpPool=1x\n", "f:2: KvpPool=1x: expected yes or no|");
}
END_TEST

/* More servers than are asked for in one run, line by line. */
START_TEST(too_many_endpoints) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(8192);
        char complaints[4096];
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;

        ck_assert_int_eq(pf_buf_add_string(&text, "[Network]\n"), 0);
        for (int i = 0; i < 65; i++)
                ck_assert_int_eq(pf_buf_printf(&text, "Endpoints=a:%d\n", i + 1), 0);
        settings = parse(text.data, complaints, sizeof(complaints));
        ck_assert_str_eq(complaints, "f:66: Endpoints=a:65: expected at most 64 of them|");
        ck_assert_uint_eq(settings->endpoints.n, 64);
}
END_TEST

START_TEST(a_wrong_value_leaves_the_old_one) {
        char complaints[4096];
        PF_CLEANUP(pf_settings_freep)
        PfSettings *settings = parse("[Daemon]\nMaximumClients=3\nMaximumClients=x\n", complaints,
                                     sizeof(complaints));

        ck_assert_uint_eq(settings->maximum_clients, 3);
}
END_TEST

START_TEST(unknown_names) {
        expect_complaint("[Deamon]\nSocket=/x\n", "f:1: unknown section [Deamon], expected "
                                                  "[Daemon], [Check], [Network], [Remedy] "
                                                  "or [Publish]|");
        expect_complaint("[Daemon]\nsocket=/x\n",
                         "f:2: unknown key socket=, expected one of preflightd.conf(5)|");
        expect_complaint("[Check]\nSocket=/x\n",
                         "f:2: unknown key Socket=, expected one of preflightd.conf(5)|");
        expect_complaint("Socket=/x\n", "f:1: Socket= stands before the first [Section]|");
        expect_complaint("[Daemon]\nSocket=/x\n y\n",
                         "f:3: Socket= goes on here, expected all of it on one line|");
}
END_TEST

START_TEST(all_complaints_at_once) {
        expect_complaint(
                "[Daemon]\nX=1\njunk\nMaximumClients=no\n[Y]\n",
                "f:2: unknown key X=, expected one of preflightd.conf(5)|"
                "f:3: expected Key=Value, [Section] or a comment|"
                "f:4: MaximumClients=no: expected a number from 1 to 65536|"
                "f:5: unknown section [Y], expected [Daemon], [Check], [Network], [Remedy] or "
                "[Publish]|");
}
END_TEST

static PfSettings *load(PfSandbox *box) {
        PfSettings *settings = NULL;
        PfErr err = { 0 };
        int r;

        r = pf_settings_load(box->target, &settings, NULL, &err);
        ck_assert_msg(r == 0, "%d: %s", r, err.text);
        return settings;
}

#define CLIENTS(n) "[Daemon]\nMaximumClients=" #n "\n"

START_TEST(no_file_at_all) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;

        pf_sandbox_new(&box);
        settings = load(&box);
        ck_assert_uint_eq(settings->maximum_clients, 1024);
}
END_TEST

START_TEST(the_first_main_file_counts) {
        static const char *const paths[] = { "/usr/lib/preflightd/preflightd.conf",
                                             "/run/preflightd/preflightd.conf",
                                             "/etc/preflightd/preflightd.conf" };
        static const char *const texts[] = { CLIENTS(1), CLIENTS(2), CLIENTS(3) };
        PF_AUTO_SANDBOX PfSandbox box = { 0 };

        pf_sandbox_new(&box);
        for (size_t i = 0; i < 3; i++) {
                PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;

                pf_sandbox_write(&box, paths[i], texts[i]);
                settings = load(&box);
                ck_assert_uint_eq(settings->maximum_clients, i + 1);
        }
}
END_TEST

/* Sorted by name across the directories, not directory by directory. */
START_TEST(drop_ins_in_the_order_of_their_names) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/preflightd/preflightd.conf", CLIENTS(1));
        pf_sandbox_write(&box, "/etc/preflightd/preflightd.conf.d/10-a.conf", CLIENTS(2));
        pf_sandbox_write(&box, "/usr/lib/preflightd/preflightd.conf.d/20-b.conf", CLIENTS(3));
        pf_sandbox_write(&box, "/run/preflightd/preflightd.conf.d/15-c.conf", CLIENTS(4));
        pf_sandbox_write(&box, "/etc/preflightd/preflightd.conf.d/99-not.conf~", CLIENTS(5));
        pf_sandbox_write(&box, "/etc/preflightd/preflightd.conf.d/.99.conf", CLIENTS(6));
        settings = load(&box);
        ck_assert_uint_eq(settings->maximum_clients, 3);
}
END_TEST

START_TEST(a_name_in_etc_masks_the_others) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_settings_freep) PfSettings *a = NULL;
        PF_CLEANUP(pf_settings_freep) PfSettings *b = NULL;
        PF_CLEANUP(pf_settings_freep) PfSettings *c = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/usr/lib/preflightd/preflightd.conf.d/a.conf", CLIENTS(3));
        pf_sandbox_write(&box, "/run/preflightd/preflightd.conf.d/a.conf", CLIENTS(4));
        a = load(&box);
        ck_assert_uint_eq(a->maximum_clients, 4);

        pf_sandbox_symlink(&box, "/dev/null", "/etc/preflightd/preflightd.conf.d/a.conf");
        b = load(&box);
        ck_assert_uint_eq(b->maximum_clients, 1024);

        pf_sandbox_write(&box, "/etc/preflightd/preflightd.conf.d/a.conf", "");
        c = load(&box);
        ck_assert_uint_eq(c->maximum_clients, 1024);
}
END_TEST

START_TEST(a_failed_load_keeps_the_old_settings) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PfSettings *before;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        settings = before = load(&box);
        pf_sandbox_write(&box, "/etc/preflightd/preflightd.conf", "[Daemon]\nX=1\n");
        pf_sandbox_write(&box, "/run/preflightd/preflightd.conf.d/a.conf", "\n[Y]\n");

        ck_assert_int_eq(pf_settings_load(box.target, &settings, &errors, &err), -EINVAL);

        ck_assert_ptr_eq(settings, before);
        ck_assert_uint_eq(errors.texts.n, 2);
        ck_assert_str_eq(errors.texts.items[0], "/etc/preflightd/preflightd.conf:2: unknown key "
                                                "X=, expected one of preflightd.conf(5)");
        ck_assert_str_eq(errors.texts.items[1],
                         "/run/preflightd/preflightd.conf.d/a.conf:2: unknown section [Y], "
                         "expected [Daemon], [Check], [Network], [Remedy] or [Publish]");
        ck_assert_str_eq(err.text, "/etc/preflightd/preflightd.conf:2: unknown key X=, expected "
                                   "one of preflightd.conf(5) (and 1 more)");
}
END_TEST

/* What is there and cannot be read is an error: it may say something. */
START_TEST(files_that_cannot_be_read) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_mkfifo(&box, "/etc/preflightd/preflightd.conf");
        pf_sandbox_mkdir(&box, "/etc/preflightd/preflightd.conf.d/a.conf");
        pf_sandbox_symlink(&box, "gone", "/etc/preflightd/preflightd.conf.d/b.conf");
        pf_sandbox_write(&box, "/run/preflightd/preflightd.conf.d", "a file");

        ck_assert_int_eq(pf_settings_load(box.target, &settings, &errors, &err), -EINVAL);

        ck_assert_uint_eq(errors.texts.n, 4);
        ck_assert_ptr_nonnull(strstr(errors.texts.items[0], "is a FIFO"));
        ck_assert_ptr_nonnull(strstr(errors.texts.items[1], "/run/preflightd/preflightd.conf.d: "
                                                            "cannot be listed"));
        ck_assert_ptr_nonnull(strstr(errors.texts.items[2], "is a directory"));
        ck_assert_ptr_nonnull(strstr(errors.texts.items[3], "b.conf: what it "
                                                            "links to is not there"));
}
END_TEST

START_TEST(a_file_of_hostile_size) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;
        PF_AUTO_FREE char *big = malloc(1 << 20);
        PfErr err = { 0 };

        memset(big, '#', 1 << 20);
        pf_sandbox_new(&box);
        pf_sandbox_write_bytes(&box, "/etc/preflightd/preflightd.conf", big, 1 << 20);
        ck_assert_int_eq(pf_settings_load(box.target, &settings, NULL, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "limit of 65536"));
        ck_assert_ptr_null(settings);
}
END_TEST

/* The file that is installed shows every key with its built-in value, in order. */
START_TEST(the_installed_file_shows_the_table) {
        char path[4096], line[256], want[256];
        char section[64] = "";
        size_t i = 0;
        FILE *file;

        (void) snprintf(path, sizeof(path), "%s/config/preflightd.conf", pf_test_source_root());
        file = fopen(path, "r");
        ck_assert_msg(file, "%s", path);
        while (fgets(line, sizeof(line), file)) {
                const PfSettingsKey *key = pf_settings_key(i);

                line[strcspn(line, "\n")] = '\0';
                (void) sscanf(line, "[%63[^]]", section);
                if (line[0] != '#' || !strchr(line, '=') || line[1] == ' ')
                        continue;
                ck_assert_msg(key, "%s is not in the table", line);
                (void) snprintf(want, sizeof(want), "#%s=%s", key->name, key->fallback);
                ck_assert_str_eq(line, want);
                ck_assert_str_eq(section, key->section);
                i++;
        }
        ck_assert_int_eq(fclose(file), 0);
        ck_assert_msg(!pf_settings_key(i), "%s is missing", pf_settings_key(i)->name);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("config");

        PF_TEST(suite, built_in_values);
        PF_TEST(suite, every_key);
        PF_TEST(suite, empty_takes_back);
        PF_TEST(suite, values_that_are_wrong);
        PF_TEST(suite, places_that_nothing_is_published_to);
        PF_TEST(suite, too_many_endpoints);
        PF_TEST(suite, a_wrong_value_leaves_the_old_one);
        PF_TEST(suite, unknown_names);
        PF_TEST(suite, all_complaints_at_once);
        PF_TEST(suite, no_file_at_all);
        PF_TEST(suite, the_first_main_file_counts);
        PF_TEST(suite, drop_ins_in_the_order_of_their_names);
        PF_TEST(suite, a_name_in_etc_masks_the_others);
        PF_TEST(suite, a_failed_load_keeps_the_old_settings);
        PF_TEST(suite, files_that_cannot_be_read);
        PF_TEST(suite, a_file_of_hostile_size);
        PF_TEST(suite, the_installed_file_shows_the_table);
        return pf_test_main(suite);
}
