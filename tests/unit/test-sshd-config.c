/* SPDX-License-Identifier: MIT */
#include "probes/parse/sshd-config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/sandbox.h"
#include "tests/support/sshd-files.h"
#include "tests/support/test-main.h"

static PfSshdConfig *load(const char *text) {
        PfSshdConfig *conf = NULL;
        PfErr err = { 0 };
        int r = pf_virtual_load(text, strlen(text), &conf, &err);

        ck_assert_msg(r == 0, "%d: %s", r, err.text);
        return conf;
}

typedef struct RefusedCase {
        const char *text;
        const char *words; /* sshd's, of each problem, joined by '|' */
} RefusedCase;

static void check_refused(const RefusedCase *refused) {
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = load(refused->text);
        PF_AUTO_BUF PfBuf words = PF_BUF_INIT(1 << 16);
        const PfSshdProblem *problems;
        size_t n;

        problems = pf_sshd_config_problems(conf, &n);
        for (size_t i = 0; i < n; i++)
                ck_assert_int_eq(pf_buf_printf(&words, "%s%s", i > 0 ? "|" : "", problems[i].words),
                                 0);
        ck_assert_msg(strcmp(words.data ? words.data : "", refused->words) == 0, "%s: %s",
                      refused->text, words.data);
        ck_assert(pf_sshd_config_is_accepted(conf) == (n == 0));
}

#define FILE_1 "/etc/ssh/sshd_config line 1: "
#define FILE_2 "/etc/ssh/sshd_config line 2: "
#define BAD_1 "/etc/ssh/sshd_config: line 1: Bad configuration option: "

START_TEST(refused_in_sshd_s_words) {
        static const RefusedCase cases[] = {
                { "PasswordAuthentication yes\n", "" },
                { "Foo 1\n", BAD_1 "Foo" },
                { "\fPort 22\n", BAD_1 "\\014Port" },
                { "AllowUsers\n", FILE_1 "no argument after keyword \"AllowUsers\"" },
                { "Banner \"x\n", FILE_1 "invalid quotes" },
                { "Port 22 23\n", FILE_1 "keyword Port extra arguments at end of line" },
                { "Port 0\n", FILE_1 "Badly formatted port number." },
                { "Port \"\"\n", FILE_1 "missing port number." },
                { "MaxAuthTries six\n", FILE_1 "MaxAuthTries integer value invalid." },
                { "LoginGraceTime soon\n", FILE_1 "invalid time value." },
                { "LogLevel loud\n", FILE_1 "unsupported log level 'loud'" },
                { "PermitTunnel maybe\n", FILE_1 "bad PermitTunnel argument maybe" },
                { "MaxStartups 10:0:20\n", FILE_1 "Invalid MaxStartups spec." },
                { "MaxStartups 10:30\n", FILE_1 "Invalid MaxStartups spec." },
                { "RekeyLimit 8\n", FILE_1 "RekeyLimit too small" },
                { "RekeyLimit 1Q\n", FILE_1 "Bad RekeyLimit number '1Q': Invalid argument" },
                { "StreamLocalBindMask 1000\n", FILE_1 "Invalid StreamLocalBindMask." },
                { "IPQoS fast\n", FILE_1 "Bad IPQoS value: fast" },
                { "AllowUsers a@192.0.2.1/24\n",
                  FILE_1 "invalid AllowUsers pattern: \"a@192.0.2.1/24\"" },
                { "AcceptEnv A=b\n", FILE_1 "Invalid environment name." },
                { "SetEnv A\n", FILE_1 "Invalid environment." },
                { "PermitOpen host\n", FILE_1 "PermitOpen bad port number" },
                { "PermitOpen any host:1\n",
                  FILE_1 "keyword PermitOpen extra arguments at end of line" },
                { "ListenAddress host:0\n", FILE_1 "bad port number" },
                { "ListenAddress [::1\n", FILE_1 "bad address:port usage" },
                { "AddressFamily inet\nListenAddress ::1\n",
                  "bad addr or host: ::1 (Address family for hostname not supported)" },
                { "AuthorizedKeysCommand bin/x\n",
                  FILE_1 "AuthorizedKeysCommand must be an absolute path" },
                { "AuthorizedKeysCommand /bin/x\n",
                  "AuthorizedKeysCommand set without AuthorizedKeysCommandUser" },
                { "AuthenticationMethods any publickey\n",
                  FILE_1 "\"any\" must appear alone in AuthenticationMethods" },
                { "Subsystem sftp\n", FILE_1 "Missing subsystem command." },
                { "ChannelTimeout none a=1\n",
                  FILE_1 "keyword ChannelTimeout \"none\" argument must appear alone." },
                { "PubkeyAuthOptions touch\n",
                  FILE_1 "unsupported PubkeyAuthOptions option touch" },
                { "RDomain x\n", FILE_1 "setting RDomain not supported on this platform." },
                { "FingerprintHash crc\n", FILE_1 "Invalid FingerprintHash algorithm \"crc\"." },
                { "Include\t\"\"\n", FILE_1 "keyword Include empty argument" },
                { "KexAlgorithms x\n",
                  "Unsupported KEX algorithm \"x\"\n" FILE_1 "Bad SSH2 KexAlgorithms 'x'." },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                check_refused(&cases[i]);
}
END_TEST

START_TEST(refused_blocks) {
        static const RefusedCase cases[] = {
                { "Match User x\nPort 22\n",
                  FILE_2 "Directive 'Port' is not allowed within a Match block" },
                { "Match User x\nFoo 1\n",
                  "/etc/ssh/sshd_config: line 2: Bad configuration option: Foo\n" FILE_2
                  "Directive 'Foo' is not allowed within a Match block" },
                { "Match all\nPort 22\n", "" }, /* is always in effect */
                { "Match all User x\n",
                  "'all' cannot be combined with other Match attributes\n" FILE_1
                  "Bad Match condition" },
                { "Match all # x\n", "" },
                { "Match User # x\n",
                  "Missing Match criteria for User\n" FILE_1 "Bad Match condition" },
                { "Match Canonical x\n",
                  "Unsupported Match attribute Canonical\n" FILE_1 "Bad Match condition" },
                { "Match # x\n",
                  "One or more attributes required for Match\n" FILE_1 "Bad Match condition" },
                { "Match LocalPort x\n",
                  "Invalid LocalPort 'x' on Match line\n" FILE_1 "Bad Match condition" },
                { "Match LocalAddress ::1/8\n",
                  "Invalid Match localaddress argument '::1/8' at line 1" },
                { "# OpenSSH_7.4p1\nMatch Address 192.0.2.1/8\n", "" }, /* seen at a login */
                { "# OpenSSH_8.4p1\nPort 22 x\n", FILE_2 "garbage at end of line; \"x\"." },
                { "# OpenSSH_8.4p1\nPort 22 # x\n", "" },
                { "# OpenSSH_8.4p1\nAllowUsers\n", "" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                check_refused(&cases[i]);
}
END_TEST

/* sshd would name the first and stop; all of them are found, and which ends it. */
START_TEST(all_problems_at_once) {
        PF_CLEANUP(pf_sshd_config_freep)
        PfSshdConfig *conf = load("Foo 1\nPort x\nMatch User bob\n  Port 22\nBar 2\n");
        const PfSshdProblem *problems;
        size_t n;

        problems = pf_sshd_config_problems(conf, &n);
        ck_assert_uint_eq(n, 4);
        ck_assert(!problems[0].fatal && problems[1].fatal);
        ck_assert_uint_eq(problems[2].line->number, 4);
        ck_assert_str_eq(problems[2].line->text, "Port 22");
        ck_assert_str_eq(problems[2].line->match->text, "Match User bob");
        ck_assert_str_eq(problems[3].text, "Bad configuration option: Bar");
        ck_assert_ptr_null(problems[0].line->match);
}
END_TEST

START_TEST(warnings_are_no_problems) {
        PF_CLEANUP(pf_sshd_config_freep)
        PfSshdConfig *conf = load("Protocol 2\nRSAAuthentication yes\nKerberosGetAFSToken no\n");
        const PfSshdProblem *warnings;
        size_t n;

        ck_assert(pf_sshd_config_is_accepted(conf));
        warnings = pf_sshd_config_warnings(conf, &n);
        ck_assert_uint_eq(n, 2); /* Protocol is not even worth one */
        ck_assert_str_eq(warnings[0].words, FILE_2 "Deprecated option RSAAuthentication");
        ck_assert_str_eq(warnings[1].text, "Unsupported option KerberosGetAFSToken");
}
END_TEST

START_TEST(includes) {
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = NULL;
        const PfStrv *files;

        conf = load("Include d/*.conf none /etc/ssh/b\nInclude d/*.conf\n"
                    "--- /etc/ssh/d/9.conf\n\n--- /etc/ssh/d/10.conf\nInclude b\n"
                    "--- /etc/ssh/d/.x.conf\nFoo 1\n--- /etc/ssh/b\nBar 1\n");
        files = pf_sshd_config_files(conf);
        ck_assert_uint_eq(files->n, 4);
        ck_assert_str_eq(files->items[1], "/etc/ssh/d/10.conf");
        ck_assert_str_eq(files->items[2], "/etc/ssh/b"); /* relative to /etc/ssh, not to d */
        ck_assert_str_eq(files->items[3], "/etc/ssh/d/9.conf");
        ck_assert(!pf_sshd_config_is_accepted(conf));
}
END_TEST

START_TEST(include_too_deep) {
        static const RefusedCase itself = { "Include /etc/ssh/sshd_config\n",
                                            "Too many recursive configuration includes" };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 16);

        check_refused(&itself);
        ck_assert_int_eq(pf_buf_add_string(&text, "Include 0\n"), 0);
        for (int i = 0; i < 16; i++)
                ck_assert_int_eq(pf_buf_printf(&text, "--- /etc/ssh/%d\nInclude %d\n", i, i + 1),
                                 0);
        check_refused(&(RefusedCase){ text.data, "" }); /* sixteen are not too many */
        ck_assert_int_eq(pf_buf_add_string(&text, "--- /etc/ssh/16\n# 17\n"), 0);
        check_refused(&(RefusedCase){ text.data, "Too many recursive configuration includes" });
}
END_TEST

static int load_result(const char *text, size_t n) {
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = NULL;
        PfErr err = { 0 };
        int r = pf_virtual_load(text, n, &conf, &err);

        ck_assert(r == 0 || err.text[0]);
        return r;
}

/* Nine to the power of sixteen lines, in seventeen files. */
START_TEST(fan_out_is_bounded) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 16);

        for (char name = 'a'; name < 'a' + 15; name++) {
                ck_assert_int_eq(
                        pf_buf_printf(&text, "%s%c\n", name == 'a' ? "# " : "--- /etc/ssh/", name),
                        0);
                for (int i = 0; i < 9; i++)
                        ck_assert_int_eq(pf_buf_printf(&text, "Include %c\n", name + 1), 0);
        }
        ck_assert_int_eq(load_result(text.data, text.n), -E2BIG);
}
END_TEST

START_TEST(sizes_are_bounded) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(4 << 20);

        ck_assert_int_eq(pf_buf_add_string(&text, "AllowUsers"), 0);
        for (int i = 0; i < PF_SSHD_VALUES_MAX; i++)
                ck_assert_int_eq(pf_buf_add_string(&text, " u"), 0);
        ck_assert_int_eq(load_result(text.data, text.n), 0);
        ck_assert_int_eq(pf_buf_add_string(&text, " u"), 0);
        ck_assert_int_eq(load_result(text.data, text.n), -E2BIG);
        while (text.n <= PF_SSHD_FILE_MAX)
                ck_assert_int_eq(pf_buf_add_string(&text, "                        #\n"), 0);
        ck_assert_int_eq(load_result(text.data, text.n), -EFBIG);
}
END_TEST

START_TEST(wide_patterns_are_refused) {
        static const char *const wide[] = { "Include /*/*/*/*/*/x\n",
                                            "Include /etc/*a*a*a*a*a*a*a*a*a*a*a*a*a\n" };
        static const char fine[] = "Include /etc/*/*/*.d/*.conf\n";

        for (size_t i = 0; i < PF_ELEMENTS(wide); i++)
                ck_assert_int_eq(load_result(wide[i], strlen(wide[i])), -E2BIG);
        ck_assert_int_eq(load_result(fine, strlen(fine)), 0);
}
END_TEST

START_TEST(switched_off) {
        PF_CLEANUP(pf_sshd_config_freep)
        PfSshdConfig *conf =
                load("#PermitRootLogin prohibit-password\n"
                     "PermitRootLogin yes # PermitRootLogin no\n"
                     "  ## permitrootlogin=no\n#PermitRootLogins no\n#Subsystem scp x\n"
                     "#Subsystem \"sftp\" internal-sftp\n#PermitRootLogin\n");
        const PfSshdLine *line = NULL;

        line = pf_sshd_config_find_comment(conf, "permitrootlogin", NULL, line);
        ck_assert_uint_eq(line->number, 1);
        line = pf_sshd_config_find_comment(conf, "permitrootlogin", NULL, line);
        ck_assert_uint_eq(line->number, 3);
        ck_assert_ptr_null(pf_sshd_config_find_comment(conf, "permitrootlogin", NULL, line));
        line = pf_sshd_config_find_comment(conf, "Subsystem", "sftp", NULL);
        ck_assert_uint_eq(line->number, 6);
        ck_assert_ptr_null(pf_sshd_config_find_comment(conf, "Subsystem", "nfs", NULL));
}
END_TEST

/* The machine's own names of ports count, and those of TCP alone. */
START_TEST(ports_by_name) {
        static const char services[] = "--- /etc/services\n# names\ndomain 53/udp\n"
                                       "ssh\t\t22/tcp  secure-shell # of old\nbig 65536/tcp\n";
        static const struct {
                const char *line;
                bool taken;
        } cases[] = {
                { "Port ssh\n", true },
                { "Port secure-shell\n", true },
                { "ListenAddress 192.0.2.1:ssh\n", true },
                { "PermitOpen host:ssh\n", true },
                { "Match LocalPort ssh\n", true },
                { "Port SSH\n", false },
                { "Port domain\n", false },
                { "Port big\n", false },
                { "Port 22/tcp\n", false },
                { "Port of\n", false },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *without = load(cases[i].line);
                PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *with = NULL;
                PF_AUTO_BUF PfBuf text = PF_BUF_INIT(4096);

                ck_assert_int_eq(pf_buf_printf(&text, "%s%s", cases[i].line, services), 0);
                with = load(text.data);
                ck_assert_msg(pf_sshd_config_is_accepted(with) == cases[i].taken, "%s",
                              cases[i].line);
                ck_assert(!pf_sshd_config_is_accepted(without));
        }
}
END_TEST

static int load_target(PfSandbox *box, PfSshdConfig **ret) {
        PfSshdVersion version = pf_sshd_version_make(9, 2, 1, PF_SSHD_DEBIAN);
        PfErr err = { 0 };

        return pf_sshd_config_load(box->target, PF_SSHD_CONFIG_PATH, &version, ret, &err);
}

START_TEST(absent) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfSshdConfig *conf = NULL;

        pf_sandbox_new(&box);
        ck_assert_int_eq(load_target(&box, &conf), PF_SSHD_CONFIG_ABSENT);
        ck_assert_ptr_null(conf);
}
END_TEST

START_TEST(files_of_a_target) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*\n");
        pf_sandbox_write(&box, "/srv/real", "Port 2222\n");
        pf_sandbox_mkdir(&box, "/etc/ssh/sshd_config.d/10-directory"); /* sshd reads nothing */
        pf_sandbox_symlink(&box, "/srv/real", "/etc/ssh/sshd_config.d/20-link");
        pf_sandbox_symlink(&box, "/dev/null", "/etc/ssh/sshd_config.d/30-masked");
        ck_assert_int_eq(load_target(&box, &conf), 0);
        ck_assert(pf_sshd_config_is_accepted(conf));
        ck_assert_uint_eq(pf_sshd_config_files(conf)->n, 4);
}
END_TEST

START_TEST(dangling_link_ends_sshd) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = NULL;
        const PfSshdProblem *problems;
        size_t n;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/ssh/sshd_config",
                         "AuthorizedKeysCommand /bin/x\nInclude /etc/ssh/d/*\nFoo 1\n");
        pf_sandbox_mkdir(&box, "/etc/ssh/d");
        pf_sandbox_symlink(&box, "/nosuch", "/etc/ssh/d/a");
        ck_assert_int_eq(load_target(&box, &conf), 0);
        problems = pf_sshd_config_problems(conf, &n);
        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(problems[0].words, "/etc/ssh/d/a: No such file or directory");
        ck_assert_uint_eq(problems[0].line->number, 2);
}
END_TEST

START_TEST(fifo_is_not_waited_for) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfSshdConfig *conf = NULL;

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/ssh/sshd_config", "Include /etc/ssh/fifo\n");
        pf_sandbox_mkfifo(&box, "/etc/ssh/fifo");
        ck_assert_int_lt(load_target(&box, &conf), 0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-config");

        PF_TEST(suite, refused_in_sshd_s_words);
        PF_TEST(suite, refused_blocks);
        PF_TEST(suite, all_problems_at_once);
        PF_TEST(suite, warnings_are_no_problems);
        PF_TEST(suite, includes);
        PF_TEST(suite, include_too_deep);
        PF_TEST(suite, fan_out_is_bounded);
        PF_TEST(suite, sizes_are_bounded);
        PF_TEST(suite, wide_patterns_are_refused);
        PF_TEST(suite, switched_off);
        PF_TEST(suite, ports_by_name);
        PF_TEST(suite, absent);
        PF_TEST(suite, files_of_a_target);
        PF_TEST(suite, dangling_link_ends_sshd);
        PF_TEST(suite, fifo_is_not_waited_for);
        return pf_test_main(suite);
}
