/* SPDX-License-Identifier: MIT */
#include "probes/parse/sshd-effective.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/sshd-files.h"
#include "tests/support/test-main.h"

static char *group_names[] = { (char *) "root", (char *) "wheel" };
static const PfStrv groups = { .items = group_names, .n = 2 };
static const PfSshdConnection root = { .user = "root",
                                       .groups = &groups,
                                       .host = "push.example",
                                       .address = "203.0.113.10",
                                       .local_address = "192.0.2.5",
                                       .local_port = 22 };
static const PfSshdConnection nobody_knows = { .user = "root", .groups = &groups };

typedef struct Machine {
        PfSshdConfig *conf;
        PfSshdEffective *effective;
} Machine;

static void machine_close(Machine *machine) {
        machine->effective = pf_sshd_effective_free(machine->effective);
        machine->conf = pf_sshd_config_free(machine->conf);
}
#define AUTO_MACHINE PF_CLEANUP(machine_close) Machine

static Machine ask(const char *text, const PfSshdConnection *connection) {
        Machine machine = { 0 };
        PfErr err = { 0 };

        ck_assert_msg(pf_virtual_load(text, strlen(text), &machine.conf, &err) == 0, "%s",
                      err.text);
        ck_assert_int_eq(
                pf_sshd_config_evaluate(machine.conf, connection, &machine.effective, &err), 0);
        return machine;
}

static void check(const char *text, const PfSshdConnection *connection, const char *keyword,
                  const char *value) {
        AUTO_MACHINE machine = ask(text, connection);
        const char *found = pf_sshd_effective_text(machine.effective, keyword);

        ck_assert_msg(value ? found && strcmp(found, value) == 0 : !found, "%s: %s %s, not %s",
                      text, keyword, found ? found : "(none)", value ? value : "(none)");
}

START_TEST(first_value_wins) {
        check("PermitRootLogin yes\nPermitRootLogin no\n", &root, "permitrootlogin", "yes");
        check("Include a\nPermitRootLogin no\n--- /etc/ssh/a\nPermitRootLogin yes\n", &root,
              "permitrootlogin", "yes");
        check("", &root, "PermitRootLogin", "without-password");
}
END_TEST

/* Not all do as the manual says: these take the last line. */
START_TEST(last_value_wins) {
        check("MaxStartups 5\nMaxStartups 7\n", &root, "maxstartups", "7:30:7");
        check("MaxStartups 5:10:20\nMaxStartups 7\n", &root, "maxstartups", "7:10:7");
        check("IPQoS ef\nIPQoS cs0 cs1\n", &root, "ipqos", "cs0 cs1");
        check("FingerprintHash MD5\nFingerprintHash SHA512\n", &root, "fingerprinthash", "SHA512");
}
END_TEST

START_TEST(parts_have_their_own_first_line) {
        check("RekeyLimit 1G\nRekeyLimit 2G 1h\n", &root, "rekeylimit", "1073741824 3600");
        check("RekeyLimit default none\n", &root, "rekeylimit", "0 0");
        check("# OpenSSH_9.9p1\nPerSourcePenalties crash:1m\nPerSourcePenalties crash:1 max:2m "
              "overflow:deny-all\n",
              &root, "persourcepenalties",
              "crash:60 authfail:5 noauth:1 grace-exceeded:10 refuseconnection:10 max:120 min:15 "
              "max-sources4:65536 max-sources6:65536 overflow:deny-all overflow6:deny-all");
        check("# OpenSSH_9.9p1\nPerSourcePenalties no\n", &root, "persourcepenalties", "no");
}
END_TEST

static void check_lines(const char *text, const char *keyword, const char *joined) {
        AUTO_MACHINE machine = ask(text, &root);
        const PfSshdSetting *setting = pf_sshd_effective_get(machine.effective, keyword);
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 16);

        ck_assert_ptr_nonnull(setting);
        ck_assert(setting->is_list);
        for (size_t i = 0; i < setting->n_values; i++)
                ck_assert_int_eq(
                        pf_buf_printf(&buf, "%s%s", i > 0 ? "|" : "", setting->values[i].text), 0);
        ck_assert_str_eq(buf.data ? buf.data : "", joined);
}

START_TEST(lists) {
        check_lines("AllowUsers a b\nAllowUsers c\n", "allowusers", "a|b|c");
        check_lines("AllowUsers a\nMatch User root\nAllowUsers b\nAllowUsers c\n", "allowusers",
                    "b|c");
        check_lines("", "denygroups", "");
        check_lines("SetEnv A=1 B=2 A=3\nSetEnv C=4\n", "setenv", "A=1|B=2");
        check_lines("Subsystem sftp /x  \"a b\"\nSubsystem y z\n", "subsystem", "sftp /x a b|y z");
        check("AuthorizedKeysFile a ~/b\nAuthorizedKeysFile c\n", &root, "authorizedkeysfile",
              "a /root/b");
        check("PermitListen 80 [::1]:*\n", &root, "permitlisten", "*:80 [::1]:*");
}
END_TEST

START_TEST(listen_addresses) {
        check_lines("", "listenaddress", "[::]:22|0.0.0.0:22");
        check_lines("ListenAddress ::1\nPort 22\nPort 2200\nListenAddress 10.1:80\n",
                    "listenaddress", "[::1]:22|[::1]:2200|10.0.0.1:80");
        check_lines("Port 2200\nAddressFamily inet\n", "listenaddress", "0.0.0.0:2200");
        check_lines("ListenAddress [2001:DB8:0::1]\n", "listenaddress", "[2001:db8::1]:22");
}
END_TEST

START_TEST(names_are_not_looked_up) {
        AUTO_MACHINE machine = ask("ListenAddress db7.example\n", &root);
        const PfSshdSetting *setting = pf_sshd_effective_get(machine.effective, "listenaddress");

        ck_assert(setting->unresolved);
        ck_assert_str_eq(setting->values[0].text, "db7.example:22");
        ck_assert(pf_sshd_effective_is_accepted(machine.effective));
}
END_TEST

/* The block replaces, keyword by keyword; of two blocks the first wins. */
START_TEST(blocks) {
        static const char text[] = "PasswordAuthentication no\nMaxAuthTries 3\n"
                                   "Match User root Address 203.0.113.0/24\n"
                                   " PasswordAuthentication yes\nMatch Group wheel\n"
                                   " PasswordAuthentication no\n MaxAuthTries 1\n";

        check(text, &root, "passwordauthentication", "yes");
        check(text, &root, "maxauthtries", "1");
        check("Match User r*,!root\nX11Forwarding yes\n", &root, "x11forwarding", "no");
        check("Match LocalPort 22 LocalAddress 192.0.2.0/24 Host push.*\nX11Forwarding yes\n",
              &root, "x11forwarding", "yes");
        check("Match Group !wheel,*\nX11Forwarding yes\n", &root, "x11forwarding", "no");
        check("ForceCommand /x\nMatch User root\nForceCommand none\n", &root, "forcecommand",
              "none");
}
END_TEST

START_TEST(blocks_and_files) {
        /* A block ends with its file; in a block that does not match none does. */
        check("Include a\nPermitRootLogin no\n--- /etc/ssh/a\nMatch User bob\n"
              "PasswordAuthentication no\n",
              &root, "permitrootlogin", "no");
        check("Match User bob\nInclude a\n--- /etc/ssh/a\nMatch all\nMaxAuthTries 1\n", &root,
              "maxauthtries", "6");
        check("Match User root\nInclude a\n--- /etc/ssh/a\nMaxAuthTries 1\n", &root, "maxauthtries",
              "1");
        check("Include a\n--- /etc/ssh/a\nMatch User root\nMaxAuthTries 1\n", &root, "maxauthtries",
              "1");
        /* Before 8.4 such a block in an included file never matched. */
        check("# OpenSSH_8.3p1\nInclude /etc/ssh/a\n--- /etc/ssh/a\nMatch User root\n"
              "MaxAuthTries 1\n",
              &root, "maxauthtries", "6");
}
END_TEST

START_TEST(where_a_value_comes_from) {
        AUTO_MACHINE machine = ask("Include a\nMaxAuthTries 4\nMatch User root\nMaxAuthTries 5\n"
                                   "MaxAuthTries 6\n--- /etc/ssh/a\n\n  MaxAuthTries 3\n",
                                   &root);
        const PfSshdSetting *setting = pf_sshd_effective_get(machine.effective, "maxauthtries");

        ck_assert(!setting->is_default);
        ck_assert_str_eq(setting->values[0].text, "5");
        ck_assert_uint_eq(setting->values[0].line->number, 4);
        ck_assert_str_eq(setting->values[0].line->match->text, "Match User root");
        ck_assert_uint_eq(setting->n_shadowed, 3);
        ck_assert_uint_eq(setting->shadowed[0]->number, 2);
        ck_assert_str_eq(setting->shadowed[1]->path, "/etc/ssh/a");
        ck_assert_uint_eq(setting->shadowed[1]->number, 2);
        ck_assert_str_eq(setting->shadowed[1]->text, "MaxAuthTries 3");
        ck_assert_uint_eq(setting->shadowed[2]->number, 5);
        setting = pf_sshd_effective_get(machine.effective, "maxsessions");
        ck_assert(setting->is_default);
        ck_assert_ptr_null(setting->values[0].line);
}
END_TEST

static bool is_doubtful(const char *text, const char *keyword) {
        AUTO_MACHINE machine = ask(text, &nobody_knows);
        const PfSshdLine *line = pf_sshd_effective_get(machine.effective, keyword)->doubt;

        ck_assert(!line || strncmp(line->text, "Match", 5) == 0);
        return line;
}

/* What is not known is not "no": the block could change these keywords, and only these. */
START_TEST(doubts) {
        static const char text[] = "Match Address 192.0.2.0/24\nMaxAuthTries 1\nAllowUsers x\n";

        ck_assert(is_doubtful(text, "maxauthtries"));
        ck_assert(is_doubtful(text, "allowusers"));
        ck_assert(!is_doubtful(text, "maxsessions"));
        ck_assert(!is_doubtful("Match User bob Address ::1\nMaxAuthTries 1\n", "maxauthtries"));
        ck_assert(!is_doubtful("Match User root\nMaxAuthTries 1\nMatch LocalPort 22\n"
                               "MaxAuthTries 2\n",
                               "maxauthtries")); /* the first wins anyhow */
        ck_assert(is_doubtful("Match LocalPort 22\nMaxAuthTries 2\nMatch User root\n"
                              "MaxAuthTries 1\n",
                              "maxauthtries"));
        ck_assert(is_doubtful("Match Address ::1\nInclude a\n--- /etc/ssh/a\nMatch User root\n"
                              "MaxAuthTries 2\n",
                              "maxauthtries"));
}
END_TEST

START_TEST(host_is_the_address_without_dns) {
        const PfSshdConnection nameless = { .user = "root", .address = "192.0.2.7" };
        AUTO_MACHINE machine = { 0 };

        check("Match Host 192.0.2.*\nMaxAuthTries 1\n", &nameless, "maxauthtries", "1");
        machine = ask("UseDNS yes\nMatch Host 192.0.2.*\nMaxAuthTries 1\n", &nameless);
        ck_assert_str_eq(pf_sshd_effective_text(machine.effective, "maxauthtries"), "6");
        ck_assert_ptr_nonnull(pf_sshd_effective_get(machine.effective, "maxauthtries")->doubt);
}
END_TEST

START_TEST(as_sshd_tests_it) {
        const PfSshdConnection test = { .user = "root", .as_test = true };
        AUTO_MACHINE machine = ask("Match Host x Address 192.0.2.7\nMaxAuthTries 1\n", &test);

        ck_assert_ptr_null(pf_sshd_effective_get(machine.effective, "maxauthtries")->doubt);
        machine_close(&machine);
        machine = ask("Match LocalPort 22\nMaxAuthTries 1\n", &test);
        ck_assert(pf_sshd_config_is_accepted(machine.conf));
        ck_assert(!pf_sshd_effective_is_accepted(machine.effective));
}
END_TEST

/* Accepted at start; the login it is asked for fails. */
START_TEST(refused_for_a_connection_only) {
        AUTO_MACHINE machine =
                ask("# OpenSSH_7.4p1\nMatch Address 192.0.2.1/24\nMaxAuthTries 1\n", &root);
        const PfSshdProblem *problems;
        size_t n;

        ck_assert(pf_sshd_config_is_accepted(machine.conf));
        ck_assert(!pf_sshd_effective_is_accepted(machine.effective));
        problems = pf_sshd_effective_problems(machine.effective, &n);
        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(problems[0].words, "reprocess config line 2: Bad Match condition");
}
END_TEST

START_TEST(refused_lines_have_no_effect) {
        check("AllowUsers a b@192.0.2.1/24 c\n", &root, "allowusers", NULL);
        check("PermitRootLogin yes extra\nPermitRootLogin no\n", &root, "permitrootlogin", "no");
        check("Match Address 192.0.2.1/24\nMaxAuthTries 1\n", &root, "maxauthtries", "1");
}
END_TEST

START_TEST(versions_differ) {
        check("# OpenSSH_8.0p1\nSkeyAuthentication no\n", &root, "kbdinteractiveauthentication",
              "yes");
        check("# OpenSSH_7.4p1\nSkeyAuthentication no\n", &root, "kbdinteractiveauthentication",
              "no");
        check("# OpenSSH_8.4p1\nChallengeResponseAuthentication no\n"
              "Match User root\nKbdInteractiveAuthentication yes\n",
              &root, "kbdinteractiveauthentication", "yes");
        check("# OpenSSH_7.4p1\nMaxAuthTries 0x10\n", &root, "maxauthtries", "0");
        check("# OpenSSH_9.6p1\nSubsystem sftp /a\nSubsystem sftp /b\n", &root, "subsystem",
              "sftp /a");
        check("# OpenSSH_9.6p1\nSubsystem sftp /a\nMatch User root\nSubsystem sftp \"/b c\" d\n",
              &root, "subsystem", "sftp \"/b c\" d");
        check("# OpenSSH_8.4p1\nMatch User root#x\nMaxAuthTries 1\n", &root, "maxauthtries", "1");
        check("Match User root#x\nMaxAuthTries 1\n", &root, "maxauthtries", "6");
        check("Match User 'root'\nMaxAuthTries 1\n", &root, "maxauthtries", "6");
        check("# OpenSSH_9.9p1\nMatch User 'root'\nMaxAuthTries 1\n", &root, "maxauthtries", "1");
        check("# OpenSSH_10.0p2\nMatch user=root\nMaxAuthTries 1\n", &root, "maxauthtries", "1");
        check("# OpenSSH_10.0p2\nMatch version OpenSSH_10.*\nMaxAuthTries 1\n", &root,
              "maxauthtries", "1");
        check("# OpenSSH_8.4p1\nPubkeyAcceptedKeyTypes ssh-ed25519\n", &root,
              "pubkeyacceptedkeytypes", "ssh-ed25519");
        check("# OpenSSH_8.4p1\n", &root, "channeltimeout", NULL);
}
END_TEST

START_TEST(found_by_other_names) {
        AUTO_MACHINE machine =
                ask("ChallengeResponseAuthentication no\nSubsystem sftp internal-sftp -l INFO\n",
                    &root);
        const PfSshdLine *line = NULL;

        ck_assert_str_eq(
                pf_sshd_effective_text(machine.effective, "ChallengeResponseAuthentication"), "no");
        ck_assert_ptr_null(pf_sshd_effective_get(machine.effective, "nonsense"));
        ck_assert_str_eq(pf_sshd_effective_subsystem(machine.effective, "sftp", &line),
                         "internal-sftp -l INFO");
        ck_assert_uint_eq(line->number, 2);
        ck_assert_ptr_null(pf_sshd_effective_subsystem(machine.effective, "sft", NULL));
        ck_assert_ptr_null(pf_sshd_effective_subsystem(machine.effective, "SFTP", NULL));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("sshd-effective");

        PF_TEST(suite, first_value_wins);
        PF_TEST(suite, last_value_wins);
        PF_TEST(suite, parts_have_their_own_first_line);
        PF_TEST(suite, lists);
        PF_TEST(suite, listen_addresses);
        PF_TEST(suite, names_are_not_looked_up);
        PF_TEST(suite, blocks);
        PF_TEST(suite, blocks_and_files);
        PF_TEST(suite, where_a_value_comes_from);
        PF_TEST(suite, doubts);
        PF_TEST(suite, host_is_the_address_without_dns);
        PF_TEST(suite, as_sshd_tests_it);
        PF_TEST(suite, refused_for_a_connection_only);
        PF_TEST(suite, refused_lines_have_no_effect);
        PF_TEST(suite, versions_differ);
        PF_TEST(suite, found_by_other_names);
        return pf_test_main(suite);
}
