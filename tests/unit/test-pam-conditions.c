/* SPDX-License-Identifier: MIT */
/* pam_time, pam_succeed_if and pam_listfile, as the real modules answer. */
#include <string.h>

#include "tests/support/pam-case.h"

extern const PfPamModule pf_pam_time, pf_pam_succeed_if, pf_pam_listfile;

static PfSandbox box;

#define OK PF_PAM_SUCCESS
#define DENIED PF_PAM_PERM_DENIED
#define FAILS PF_PAM_AUTH_ERR
#define BAD PF_PAM_SERVICE_ERR

/* Saturday, 22 November 2025, 16:00 UTC, which is 17:00 where there is a zone. */
static const struct {
        const char *rules;
        const char *user;
        PfPamCode code;
} times[] = {
        { "", NULL, OK },
        { "*;*;*;Al0000-2400\n", NULL, OK },
        { "*;*;*;!Al0000-2400\n", NULL, DENIED },
        { "*;*;!user;!Al0000-2400\n", NULL, DENIED },
        { "*;*;!user;!Al0000-2400\n", "user", OK },
        { "login;tty*;*;!Al0000-2400\n", NULL, OK },
        { "sshd;ssh;root;Sa1559-1601\n", NULL, OK },
        { "sshd;ssh;root;Sa1600-1601\n", NULL, OK },
        { "sshd;ssh;root;Sa1559-1600\n", NULL, DENIED },
        { "sshd;ssh;root;Wk0000-2400\n", NULL, DENIED },
        { "sshd;ssh;root;Fr2200-1600\n", NULL, OK },
        { "*;*;*;Al\n*;*;root;!Al\n", NULL, DENIED },
        { "*;*;root;!Al\n*;*;*;Al\n", NULL, DENIED },
        { "*;*;@admins;!Al\n", NULL, PF_PAM_UNKNOWN },
        { "*;*;@admins;Al\n", NULL, OK },
        { "*;*;@admins;!Al\n*;*;root;!Al\n", NULL, DENIED },
        { "*;*;*;!Al0000-2400\n", "nosuch", DENIED },
};

START_TEST(time_rules) {
        pf_pam_case_open(&box);
        pf_pam_case_check(&box, &pf_pam_time, &(PfPamCase){ .facility = PF_PAM_ACCOUNT }, OK,
                          "no file");
        for (size_t i = 0; i < PF_ELEMENTS(times); i++) {
                const PfPamCase one = { .facility = PF_PAM_ACCOUNT, .user = times[i].user };

                pf_sandbox_write(&box, "/etc/security/time.conf", times[i].rules);
                pf_pam_case_check(&box, &pf_pam_time, &one, times[i].code, times[i].rules);
        }
}
END_TEST

/* The evidence is the rule that decides, not the first one. */
START_TEST(time_evidence) {
        PF_AUTO_PAM_ANSWER PfPamAnswer answer = { 0 };
        const PfPamCase one = { .facility = PF_PAM_ACCOUNT, .words = "conffile=/etc/t" };

        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/t", "# x\n*;*;*;Al\n*;*;ro\\\not;!Al0000-2400 # y\n");
        pf_pam_case_ask(&box, &pf_pam_time, &one, &answer);
        ck_assert_int_eq(answer.code, DENIED);
        ck_assert_str_eq(answer.evidence.path, "/etc/t");
        ck_assert_uint_eq(answer.evidence.line, 3);
        ck_assert_str_eq(answer.evidence.found, "*;*;root;!Al0000-2400 ");
}
END_TEST

/* One hour east of UTC. */
START_TEST(time_zone) {
        static const char zone[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1"
                                   "\0\0\x0e\x10\0\0";
        const PfPamCase one = { .facility = PF_PAM_ACCOUNT };

        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/security/time.conf", "*;*;*;Al1700-1701\n");
        pf_pam_case_check(&box, &pf_pam_time, &one, DENIED, "UTC");
        pf_sandbox_write_bytes(&box, "/usr/share/zoneinfo/X", zone, sizeof(zone));
        pf_sandbox_symlink(&box, "/usr/share/zoneinfo/X", "/etc/localtime");
        pf_pam_case_check(&box, &pf_pam_time, &one, OK, "one hour east");
}
END_TEST

static const struct {
        const char *words;
        const char *user;
        PfPamCode code;
} conditions[] = {
        { "", NULL, OK },
        { "quiet", NULL, OK },
        { "user = root", NULL, OK },
        { "user = root", "user", FAILS },
        { "user != root", NULL, FAILS },
        { "user eq root", NULL, BAD },
        { "user == root", NULL, BAD },
        { "uid >= 1000 quiet", NULL, FAILS },
        { "uid >= 1000 quiet", "user", OK },
        { "uid = 0", NULL, OK },
        { "uid = 00", NULL, FAILS },
        { "uid eq 00", NULL, OK },
        { "uid lt 0x1", NULL, OK },
        { "uid > -1", NULL, OK },
        { "uid >= 1000x", NULL, BAD },
        { "uid < 99999999999999999999", NULL, BAD },
        { "gid ne 0", "user", OK },
        { "user ingroup wheel", NULL, FAILS },
        { "user ingroup x:wheel", "user", OK },
        { "user notingroup wheel", "user", FAILS },
        { "user notingroup x:y", "user", OK },
        { "shell in /bin/sh:/bin/bash", NULL, OK },
        { "user in roo:ot", NULL, FAILS },
        { "user notin x:y", NULL, OK },
        { "user =~ r*", NULL, OK },
        { "user !~ r*", NULL, FAILS },
        { "home =~ /r*", NULL, OK },
        { "service = sshd", NULL, OK },
        { "tty = ssh", NULL, OK },
        { "ruser = x", NULL, FAILS },
        { "ruser != x", NULL, OK },
        { "ruser <= 0", NULL, OK },
        { "ruser ingroup root", NULL, FAILS },
        { "tty ingroup root", NULL, OK },
        { "rhost =~ 10.20.*", NULL, OK },
        { "user", NULL, BAD },
        { "user = root uid", NULL, BAD },
        { "user = x uid", NULL, FAILS },
        { "foo = bar", NULL, BAD },
        { "user = root foo = bar", NULL, BAD },
        { "user = x foo = bar", NULL, FAILS },
        { "user = root use_uid", "user", OK },
        { "use_uid user = user", "user", FAILS },
        { "user innetgr x", NULL, PF_PAM_UNKNOWN },
        { "uid = 0", "nosuch", PF_PAM_USER_UNKNOWN },
        { "user = nosuch", "nosuch", OK },
        { "user ingroup wheel", "nosuch", FAILS },
};

START_TEST(succeed_if) {
        pf_pam_case_open(&box);
        for (size_t i = 0; i < PF_ELEMENTS(conditions); i++) {
                const PfPamCase one = { .facility = PF_PAM_AUTH,
                                        .words = conditions[i].words,
                                        .user = conditions[i].user };

                pf_pam_case_check(&box, &pf_pam_succeed_if, &one, conditions[i].code, "succeed_if");
        }
        pf_pam_case_check(&box, &pf_pam_succeed_if,
                          &(PfPamCase){ .words = "rhost = 10.20.0.5", .source = "" },
                          PF_PAM_UNKNOWN, "without a source");
}
END_TEST

static const struct {
        const char *list;
        const char *words;
        const char *user;
        PfPamCode code;
} lists[] = {
        { "root\ngit\n", "item=user sense=deny", NULL, FAILS },
        { "root", "item=user sense=deny", NULL, FAILS },
        { "root\r\n", "item=user sense=deny", NULL, FAILS },
        { " root\nROOT\n#root\n\n", "item=user sense=deny", NULL, OK },
        { "git\n", "item=user sense=deny", NULL, OK },
        { "root\n", "item=user sense=allow", NULL, OK },
        { "git\n", "item=user sense=allow", NULL, FAILS },
        { "10.20.0.5\n", "item=rhost sense=deny", NULL, FAILS },
        { "/dev/ssh\n", "item=tty sense=deny", NULL, FAILS },
        { "x\n", "item=ruser sense=allow", NULL, FAILS },
        { "x\n", "item=ruser sense=deny", NULL, OK },
        { "wheel\n", "item=group sense=allow", "user", OK },
        { "wheel\n", "item=group sense=allow", NULL, FAILS },
        { "/bin/bash\n", "item=shell sense=deny", NULL, FAILS },
        { "x\n", "item=shell sense=deny", "nosuch", BAD },
        { "x\n", "item=group sense=allow", "nosuch", FAILS },
        { "root\n", "item=user", NULL, BAD },
        { "root\n", "sense=deny", NULL, BAD },
        { "root\n", "item=x sense=deny", NULL, BAD },
        { "root\n", "item=x sense=deny onerr=succeed", NULL, OK },
        { "root\n", "onerr=succeed item=user sense=x", NULL, OK },
        { "root\n", "item=user sense=x onerr=succeed", NULL, BAD },
        { "root\n", "item=user sense=deny onerr=x", NULL, BAD },
        { "root\n", "item=user sense=deny quiet x", NULL, FAILS },
        { "10.20.0.5\n", "item=rhost sense=deny apply=root", NULL, FAILS },
        { "10.20.0.5\n", "item=rhost sense=deny apply=user", NULL, PF_PAM_IGNORE },
        { "10.20.0.5\n", "item=rhost sense=deny apply=@wheel", NULL, PF_PAM_IGNORE },
        { "10.20.0.5\n", "item=rhost sense=deny apply=@wheel", "user", FAILS },
        { "root\n", "item=user sense=deny apply=user", NULL, FAILS },
        { "root\n", "item=user item=tty sense=deny", NULL, PF_PAM_UNKNOWN },
        { "root\n", "item=user sense=deny file=/nope", NULL, BAD },
        { "root\n", "item=user sense=allow file=/nope onerr=succeed", NULL, OK },
        { "root\n", "item=user sense=allow file=/etc onerr=succeed", NULL, FAILS },
};

START_TEST(listfile) {
        for (size_t i = 0; i < PF_ELEMENTS(lists); i++) {
                char words[256];
                const PfPamCase one = { .words = words, .user = lists[i].user };

                (void) snprintf(words, sizeof(words), "file=/etc/list %s", lists[i].words);
                pf_pam_case_open(&box);
                pf_sandbox_write(&box, "/etc/list", lists[i].list);
                pf_pam_case_check(&box, &pf_pam_listfile, &one, lists[i].code, lists[i].list);
        }
}
END_TEST

/* A line of more than 255 bytes comes in pieces. */
START_TEST(listfile_pieces) {
        const PfPamCase one = { .words = "file=/etc/list item=user sense=deny" };
        char text[300];

        pf_pam_case_open(&box);
        for (size_t n = 254; n <= 256; n++) {
                memset(text, 'x', sizeof(text));
                memcpy(text + n, "root\n", 6);
                pf_sandbox_write(&box, "/etc/list", text);
                pf_pam_case_check(&box, &pf_pam_listfile, &one, n == 255 ? FAILS : OK, "pieces");
        }
}
END_TEST

START_TEST(listfile_evidence) {
        PF_AUTO_PAM_ANSWER PfPamAnswer answer = { 0 };
        const PfPamCase one = { .words = "file=/etc/list item=user sense=deny" };

        pf_pam_case_open(&box);
        pf_sandbox_write(&box, "/etc/list", "git\nroot\n");
        pf_pam_case_ask(&box, &pf_pam_listfile, &one, &answer);
        ck_assert_str_eq(answer.evidence.path, "/etc/list");
        ck_assert_uint_eq(answer.evidence.line, 2);
        ck_assert_str_eq(answer.evidence.found, "root");

        /* Anybody might have written it: refused, whatever is in it. */
        pf_sandbox_write(&box, "/etc/list", "git\n");
        pf_sandbox_chmod(&box, "/etc/list", 0666);
        pf_pam_case_check(&box, &pf_pam_listfile, &one, FAILS, "mode 0666");
        pf_pam_case_check(
                &box, &pf_pam_listfile,
                &(PfPamCase){ .words = "file=/etc/list item=rhost sense=deny", .source = "" },
                PF_PAM_UNKNOWN, "without a source");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("pam-conditions");

        PF_TEST(suite, time_rules);
        PF_TEST(suite, time_evidence);
        PF_TEST(suite, time_zone);
        PF_TEST(suite, succeed_if);
        PF_TEST(suite, listfile);
        PF_TEST(suite, listfile_pieces);
        PF_TEST(suite, listfile_evidence);
        return pf_test_main(suite);
}
