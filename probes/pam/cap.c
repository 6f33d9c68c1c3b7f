/* SPDX-License-Identifier: MIT */
/*
 * pam_cap: has a line of its file capabilities for the user? It refuses nobody:
 * who is in none is none of its business.
 *
 * Rule: capability.conf(5): capabilities, then names, "@group" or "*"; the first
 *       line that fits counts. Seen in libcap 2.66: what such a line says is
 *       judged when the credentials are set, and there too is no reason to fail.
 */
#include <string.h>

#include "probes/pam/policy.h"

#define DEFAULT_FILE "/etc/security/capability.conf"
#define BLANKS " \t\r\n"

typedef struct Wanted {
        const PfPamQuestion *question;
        PfErr *err;
        int error; /* of looking for a group */
} Wanted;

static bool is_meant(Wanted *wanted, const char *word, size_t n) {
        const char *user = wanted->question->user;
        PF_AUTO_FREE char *group = NULL;
        bool is_member = false;

        if (n == 1 && *word == '*')
                return true;
        if (*word != '@')
                return strlen(user) == n && memcmp(user, word, n) == 0;
        group = strndup(word + 1, n - 1);
        wanted->error = group ? pf_pam_is_member(wanted->question, group, &is_member, wanted->err)
                              : -ENOMEM;
        return is_member;
}

static bool means_user(const char *text, const void *data) {
        Wanted *wanted = *(Wanted *const *) data;

        if (*text == '#' || wanted->error < 0)
                return false;
        text += strspn(text, BLANKS);
        for (text += strcspn(text, BLANKS); *text; text += strcspn(text, BLANKS)) {
                text += strspn(text, BLANKS);
                if (*text && is_meant(wanted, text, strcspn(text, BLANKS)))
                        return true;
        }
        return false;
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const char *path = pf_pam_last_argument(line, "config");
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PAM_FILE_MAX);
        PF_AUTO_FREE char *text = NULL;
        Wanted *wanted = &(Wanted){ .question = question, .err = err };
        unsigned number;
        int r;

        (void) facility;
        r = pf_target_read(question->target, path ? path : DEFAULT_FILE, PF_PAM_FILE_MAX, &buf,
                           err);
        if (r == 0)
                r = pf_pam_find_line(&buf, 0, means_user, &wanted, &number, &text);
        if (r >= 0 && wanted->error < 0)
                r = wanted->error;
        if (r < 0)
                return r;
        return r == PF_TARGET_ABSENT ? pf_pam_answer_set(answer, PF_PAM_IGNORE, NULL,
                                                         "pam_cap has no capabilities for the user")
                                     : 0;
}

const PfPamModule pf_pam_cap = {
        .name = "pam_cap",
        .facilities = 1 << PF_PAM_AUTH | 1 << PF_PAM_CREDENTIALS,
        .run = run,
};
