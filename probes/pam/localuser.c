/* SPDX-License-Identifier: MIT */
/*
 * pam_localuser: the user must stand in /etc/passwd, or in the file that its
 * argument names.
 *
 * Rule: pam_localuser(8).
 */
#include <string.h>

#include "probes/pam/policy.h"

static bool begins_with_name(const char *text, const void *data) {
        size_t n = strlen(data);

        return strncmp(text, data, n) == 0 && text[n] == ':';
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const char *path = pf_pam_last_argument(line, "file");
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(8 * PF_PAM_FILE_MAX);
        PF_AUTO_FREE char *text = NULL;
        unsigned number;
        int r;

        (void) facility;
        if (!path)
                path = "/etc/passwd";
        r = *path ? pf_target_read(question->target, path, 8 * PF_PAM_FILE_MAX, &buf, err)
                  : PF_TARGET_ABSENT;
        if (r == PF_TARGET_ABSENT)
                return pf_pam_answer_set(answer, PF_PAM_SERVICE_ERR, NULL,
                                         "pam_localuser does not find its file");
        if (r == 0 && !strchr(question->user, ':'))
                r = pf_pam_find_line(&buf, 0, begins_with_name, question->user, &number, &text);
        else if (r == 0)
                r = PF_TARGET_ABSENT;
        return r == PF_TARGET_ABSENT
                       ? pf_pam_answer_set(answer, PF_PAM_PERM_DENIED, NULL,
                                           "the user is not in the file of local users")
                       : r;
}

const PfPamModule pf_pam_localuser = {
        .name = "pam_localuser",
        .facilities = PF_PAM_ALL,
        .run = run,
};
