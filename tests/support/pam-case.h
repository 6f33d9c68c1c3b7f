/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One question to one module of PAM, on a small machine: root, a user and a
 * service, of whom the user is in the group wheel.
 */

#include <string.h>

#include "probes/pam/pam.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

/* What is not said is root's, from 10.20.0.5, on a Saturday at 16:00 UTC. */
typedef struct PfPamCase {
        PfPamFacility facility;
        const char *words; /* of the module, with blanks between them; NULL: none */
        const char *user;
        const char *source; /* "": not known */
        const char *source_host;
        int64_t now_sec;
} PfPamCase;

static inline void pf_pam_case_open(PfSandbox *box) {
        pf_sandbox_new(box);
        pf_sandbox_write(box, "/etc/passwd",
                         "root:x:0:0:root:/root:/bin/bash\n"
                         "daemon:x:1:1::/:/usr/sbin/nologin\n"
                         "user:x:1000:1000::/home/user:/bin/bash\n"
                         "nobody:x:65534:65534::/:/usr/sbin/nologin\n");
        pf_sandbox_write(
                box, "/etc/group",
                "root:x:0:\ndaemon:x:1:\nwheel:x:10:user\nuser:x:1000:\nnogroup:x:65534:\n");
        pf_sandbox_write(box, "/etc/debian_version", "12.5\n");
}

static inline void pf_pam_case_split(const char *words, PfStrv *ret) {
        while (words && *words) {
                size_t n = strcspn(words, " ");

                if (n > 0)
                        ck_assert_int_eq(pf_strv_add_n(ret, words, n), 0);
                words += n + (words[n] ? 1 : 0);
        }
}

/* The module's answer, which the caller frees. */
static inline void pf_pam_case_ask(const PfSandbox *box, const PfPamModule *module,
                                   const PfPamCase *one, PfPamAnswer *ret) {
        const char *user = one->user ? one->user : "root";
        const char *source = one->source ? *one->source ? one->source : NULL : "10.20.0.5";
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        PF_AUTO_STRV PfStrv args = { 0 };
        const PfPamLine line = {
                .path = "/etc/pam.d/sshd", .number = 1, .text = "", .args = &args
        };
        PfErr err = { 0 };

        pf_pam_case_split(one->words, &args);
        ck_assert_int_eq(pf_sshd_account_read(box->target, user, &account, &err), 0);
        const PfPamQuestion question = {
                .target = box->target,
                .service = "sshd",
                .user = user,
                .account = &account,
                .tty = "ssh",
                .source = source,
                .source_host = one->source_host ? one->source_host : source,
                .now_sec = one->now_sec ? one->now_sec : 1763827200, /* 16:00 UTC */
        };
        ck_assert_msg(module->run(&question, one->facility, &line, ret, &err) == 0, "%s", err.text);
        ck_assert_msg(ret->code == PF_PAM_SUCCESS || ret->why, "%s: %d without a word",
                      module->name, (int) ret->code);
}

/* The code alone; @what names the case where it is another one. */
static inline void pf_pam_case_check(const PfSandbox *box, const PfPamModule *module,
                                     const PfPamCase *one, PfPamCode code, const char *what) {
        PF_AUTO_PAM_ANSWER PfPamAnswer answer = { 0 };

        pf_pam_case_ask(box, module, one, &answer);
        ck_assert_msg(answer.code == code, "%s, \"%s\", %s: %d instead of %d", what,
                      one->words ? one->words : "", one->user ? one->user : "root",
                      (int) answer.code, (int) code);
}
