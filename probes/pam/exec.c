/* SPDX-License-Identifier: MIT */
/*
 * pam_exec: the exit status of a program decides. Nothing is started here: what
 * a few programs do is known, and a file that cannot be started fails.
 *
 * Rule: pam_exec(8), and the observed behaviour of 1.5.2: the first word that is
 *       no option is the program; it is not searched for in a PATH.
 */
#include <string.h>

#include "probes/pam/policy.h"

#define ELF_MAGIC "\177ELF"

/* The options before the program. Return: the program, or NULL where there is none. */
static const char *read_words(const PfStrv *args, const char **ret_type, const char **ret_log) {
        static const char *const options[] = {
                "debug", "stdout", "seteuid", "quiet", "quiet_log", "expose_authtok",
        };
        size_t i, j;

        for (i = 0; i < args->n; i++) {
                for (j = 0; j < PF_ELEMENTS(options); j++)
                        if (strcmp(args->items[i], options[j]) == 0)
                                break;
                if (j < PF_ELEMENTS(options))
                        continue;
                if (strncmp(args->items[i], "type=", 5) == 0)
                        *ret_type = args->items[i] + 5;
                else if (strncmp(args->items[i], "log=", 4) == 0)
                        *ret_log = args->items[i] + 4;
                else
                        return args->items[i];
        }
        return NULL;
}

static const char *const facility_types[PF_PAM_N_FACILITIES] = {
        [PF_PAM_AUTH] = "auth",
        [PF_PAM_ACCOUNT] = "account",
        [PF_PAM_SESSION] = "open_session",
        [PF_PAM_PASSWORD] = "password",
};

/* Programs that always end in the same way. */
static const struct {
        const char *name;
        bool succeeds;
} programs[] = {
        { "true", true },
        { "echo", true },
        { "false", false },
};

static PfMaybe end_of_program(const char *path) {
        const char *name = strrchr(path, '/') + 1;

        if (strncmp(path, "/bin/", 5) != 0 && strncmp(path, "/usr/bin/", 9) != 0)
                return PF_MAYBE;
        for (size_t i = 0; i < PF_ELEMENTS(programs); i++)
                if (strcmp(name, programs[i].name) == 0)
                        return pf_maybe(programs[i].succeeds);
        return PF_MAYBE;
}

static int fail(PfPamAnswer *answer, const char *what) {
        return pf_pam_answer_set(answer, PF_PAM_SYSTEM_ERR, NULL, "the program of pam_exec %s",
                                 what);
}

static int unknown(PfPamAnswer *answer) {
        return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                 "depends on what the program of pam_exec does");
}

/* A file that the kernel can start: what does it end in? */
static int judge_file(const PfPamQuestion *question, const char *path, PfPamAnswer *answer,
                      PfErr *err) {
        PF_AUTO_BUF PfBuf head = PF_BUF_INIT(4);
        int r = pf_target_read_head(question->target, path, 4, &head, err);

        if (r < 0)
                return r;
        if (head.n < 4 || memcmp(head.data, ELF_MAGIC, 4) != 0)
                return head.n >= 2 && memcmp(head.data, "#!", 2) == 0
                               ? unknown(answer)
                               : fail(answer, "is no program");
        switch (end_of_program(path)) {
        case PF_YES:
                return 0;
        case PF_NO:
                return fail(answer, "always fails");
        case PF_MAYBE:
        default:
                return unknown(answer);
        }
}

static int run(const PfPamQuestion *question, PfPamFacility facility, const PfPamLine *line,
               PfPamAnswer *answer, PfErr *err) {
        const char *type = NULL, *log = NULL;
        const char *path = read_words(line->args, &type, &log);
        PfFileInfo info;
        int r;

        if (type && strcmp(type, facility_types[facility]) != 0)
                return pf_pam_answer_set(answer, PF_PAM_IGNORE, NULL,
                                         "pam_exec is not for this part");
        if (!path)
                return pf_pam_answer_set(answer, PF_PAM_SERVICE_ERR, NULL,
                                         "pam_exec is given no program");
        if (*path != '/')
                return fail(answer, "is not named by its whole path");
        if (log && *log)
                return pf_pam_answer_set(answer, PF_PAM_UNKNOWN, NULL,
                                         "depends on whether pam_exec can write its log");
        r = pf_target_stat(question->target, path, &info, err);
        if (r < 0)
                return r;
        if (r == PF_TARGET_ABSENT)
                return fail(answer, "is not there");
        if (info.type != PF_FILE_REGULAR || !(info.mode & 0111))
                return fail(answer, "cannot be started");
        return judge_file(question, path, answer, err);
}

const PfPamModule pf_pam_exec = {
        .name = "pam_exec",
        .facilities = PF_PAM_ALL,
        .run = run,
};
