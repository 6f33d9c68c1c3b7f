/* SPDX-License-Identifier: MIT */
/*
 * pam_nologin: while a file is there, root alone gets in.
 *
 * Rule: pam_nologin(8), and the observed behaviour of 1.5.2: /var/run/nologin
 *       counts before /etc/nologin; whatever can be opened there counts, empty
 *       or not. successok is about what is said where no file is there.
 */
#include <string.h>

#include "probes/pam/pam.h"

static const char *const default_paths[] = { "/var/run/nologin", "/run/nologin", "/etc/nologin" };

/* The first of them that is there, or NULL. */
static int find(const PfPamQuestion *question, const char *named, const char **ret, PfErr *err) {
        const char *const *paths = named ? &named : default_paths;
        size_t n = named ? 1 : PF_ELEMENTS(default_paths);
        PfFileInfo info;
        int r = PF_TARGET_ABSENT;

        *ret = NULL;
        for (size_t i = 0; i < n && r == PF_TARGET_ABSENT; i++) {
                r = pf_target_stat(question->target, paths[i], &info, err);
                if (r == -ENOTDIR || r == -ELOOP || r == -ENAMETOOLONG)
                        r = PF_TARGET_ABSENT;
                if (r == 0)
                        *ret = paths[i];
        }
        return r < 0 ? r : 0;
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const char *named = pf_pam_argument(line, "file");
        const char *path;
        int r;

        (void) facility;
        answer->code = pf_pam_has_argument(line, "successok") ? PF_PAM_SUCCESS : PF_PAM_IGNORE;
        r = find(question, named, &path, err);
        if (r < 0 || !path)
                return r;
        if (!question->account->exists)
                return pf_pam_answer_set(answer, PF_PAM_USER_UNKNOWN, NULL,
                                         "there is no such user");
        if (question->account->uid == 0)
                return 0;
        r = pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, "nologin", "%s keeps everybody but root out",
                              path);
        if (r == 0)
                r = pf_pam_answer_evidence(answer, NULL, path, 0, NULL, "no such file");
        return r;
}

const PfPamModule pf_pam_nologin = {
        .name = "pam_nologin",
        .facilities = 1 << PF_PAM_AUTH | 1 << PF_PAM_ACCOUNT,
        .credentials = PF_PAM_IGNORE,
        .run = run,
};
