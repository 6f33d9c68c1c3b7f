/* SPDX-License-Identifier: MIT */
/*
 * pam_usertype: is it the account of a person, or of the system?
 *
 * Rule: pam_usertype(8), and the observed behaviour of 1.5.2: below UID_MIN of
 *       login.defs, and "nobody", are the system's; the last condition counts.
 */
#include <stdlib.h>
#include <string.h>

#include "probes/pam/policy.h"

#define LOGIN_DEFS_PATH "/etc/login.defs"
#define UID_MIN_DEFAULT 1000
#define UID_NOBODY 65534

/* "UID_MIN 1000" */
static bool is_uid_min(const char *text, const void *data) {
        size_t n = strlen(data);

        text += strspn(text, " \t");
        return strncmp(text, data, n) == 0 && strspn(text + n, " \t") > 0;
}

static int read_uid_min(const PfTarget *target, unsigned long *ret, PfErr *err) {
        static const char key[] = "UID_MIN";
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PAM_FILE_MAX);
        PF_AUTO_FREE char *text = NULL;
        unsigned number;
        char *end;
        int r;

        *ret = UID_MIN_DEFAULT;
        r = pf_target_read(target, LOGIN_DEFS_PATH, PF_PAM_FILE_MAX, &buf, err);
        if (r == 0)
                r = pf_pam_find_line(&buf, 0, is_uid_min, key, &number, &text);
        if (r == 0) {
                const char *value = strstr(text, key) + strlen(key);
                unsigned long uid = strtoul(value, &end, 10);

                if (end != value)
                        *ret = uid;
        }
        return r < 0 ? r : 0;
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        bool use_uid = pf_pam_has_argument(line, "use_uid");
        unsigned uid = use_uid ? 0 : question->account->uid; /* sshd is root */
        const char *condition = NULL;
        unsigned long uid_min;
        bool is_system;
        int r;

        (void) facility;
        for (size_t i = 0; i < line->args->n; i++)
                if (strcmp(line->args->items[i], "issystem") == 0 ||
                    strcmp(line->args->items[i], "isregular") == 0)
                        condition = line->args->items[i];
        if (!condition)
                return pf_pam_answer_set(answer, PF_PAM_SERVICE_ERR, NULL,
                                         "pam_usertype has no condition");
        if (!use_uid && !question->account->exists)
                return pf_pam_answer_unknown_user(answer);
        r = read_uid_min(question->target, &uid_min, err);
        if (r < 0)
                return r;
        is_system = uid < uid_min || uid == UID_NOBODY;
        if (is_system == (strcmp(condition, "issystem") == 0))
                return 0;
        return pf_pam_answer_set(answer, PF_PAM_AUTH_ERR, NULL, "the account is %s",
                                 is_system ? "one of the system" : "not one of the system");
}

const PfPamModule pf_pam_usertype = {
        .name = "pam_usertype",
        .facilities = PF_PAM_ALL,
        .run = run,
};
