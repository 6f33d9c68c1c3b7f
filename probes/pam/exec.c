/* SPDX-License-Identifier: MIT */
/*
 * pam_exec: the exit status of a program decides. Nothing is started here: what
 * a few programs do is known, a script of sh or bash is read, and a file that
 * cannot be started fails.
 *
 * Rule: pam_exec(8), and the observed behaviour of 1.5.2: the first word that is
 *       no option is the program; it is not searched for in a PATH.
 */
#include <string.h>

#include "probes/pam/policy.h"
#include "probes/parse/shell-script.h"

#define ELF_MAGIC "\177ELF"
#define HEAD_BYTES 128 /* that the kernel looks at for an interpreter */

/* The options before the program. Return: the index of the program, or that behind
 * the last word where there is none. */
static size_t read_words(const PfStrv *args, const char **ret_type, const char **ret_log) {
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
                        break;
        }
        return i;
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

/* PAM's items are its whole environment. What is not known may be anything. */
static int fill_environment(const PfPamQuestion *question, PfPamFacility facility, PfStrv *ret) {
        const struct {
                const char *name;
                const char *value;
        } items[] = {
                { "PAM_SERVICE", question->service },
                { "PAM_USER", question->user },
                { "PAM_TTY", question->tty },
                { "PAM_RHOST", question->source_host },
                { "PAM_TYPE", facility_types[facility] },
        };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(items) && r == 0; i++) {
                PF_AUTO_FREE char *text = NULL;

                if (asprintf(&text, "%s%s%s", items[i].name, items[i].value ? "=" : "",
                             items[i].value ? items[i].value : "") < 0)
                        return -ENOMEM;
                r = pf_strv_add(ret, text);
        }
        return r;
}

static int answer_script(const PfPamQuestion *question, const PfShellOutcome *outcome,
                         PfPamAnswer *answer) {
        bool is_over = outcome->end == PF_SHELL_ENDS || outcome->end == PF_SHELL_EXITS;
        const PfPamPlace place = { .path = outcome->path,
                                   .line = outcome->line,
                                   .text = outcome->text };
        int r;

        if (is_over && outcome->status == 0)
                return 0;
        r = is_over && outcome->status > 0 ? fail(answer, "ends in an error") : unknown(answer);
        return r < 0 || !place.path || !place.line
                       ? r
                       : pf_pam_answer_place(answer, question->target, &place, NULL);
}

/* "#!/bin/sh" and the like, without options. */
static bool read_interpreter(const PfBuf *head, bool *ret_is_bash) {
        static const struct {
                const char *path;
                bool is_bash;
        } shells[] = { { "/bin/sh", false },       { "/bin/dash", false },
                       { "/bin/bash", true },      { "/usr/bin/sh", false },
                       { "/usr/bin/dash", false }, { "/usr/bin/bash", true } };
        const char *path = head->data + 2 + strspn(head->data + 2, " \t");
        size_t n = strcspn(path, " \t\n");

        for (size_t i = 0; i < PF_ELEMENTS(shells); i++)
                if (strlen(shells[i].path) == n && memcmp(path, shells[i].path, n) == 0) {
                        *ret_is_bash = shells[i].is_bash;
                        return path[n + strspn(path + n, " \t")] == '\n';
                }
        return false;
}

static int judge_script(const PfPamQuestion *question, PfPamFacility facility, const PfBuf *head,
                        const PfStrv *arguments, PfPamAnswer *answer, PfErr *err) {
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };
        PF_AUTO_STRV PfStrv environment = { 0 };
        const PfIdentity root = { .uid = 0 };
        PfShellSetup setup = { .view = { .target = question->target, .who = &root },
                               .user = "root",
                               .is_deaf = true,
                               .environment = &environment,
                               .arguments = arguments };
        int r;

        if (!read_interpreter(head, &setup.is_bash))
                return unknown(answer);
        r = fill_environment(question, facility, &environment);
        if (r == 0)
                r = pf_shell_script_run_file(&setup, arguments->items[0], &outcome, err);
        if (r != 0)
                return r < 0 ? r : unknown(answer);
        return answer_script(question, &outcome, answer);
}

/* A file that the kernel can start: what does it end in? */
static int judge_file(const PfPamQuestion *question, PfPamFacility facility,
                      const PfStrv *arguments, PfPamAnswer *answer, PfErr *err) {
        const char *path = arguments->items[0];
        PF_AUTO_BUF PfBuf head = PF_BUF_INIT(HEAD_BYTES);
        int r = pf_target_read_head(question->target, path, HEAD_BYTES, &head, err);

        if (r < 0)
                return r;
        if (head.n >= 2 && memcmp(head.data, "#!", 2) == 0)
                return judge_script(question, facility, &head, arguments, answer, err);
        if (head.n < 4 || memcmp(head.data, ELF_MAGIC, 4) != 0)
                return fail(answer, "is no program");
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
        size_t first = read_words(line->args, &type, &log);
        const PfStrv arguments = { .items = first > 0 ? line->args->items + first
                                                      : line->args->items,
                                   .n = line->args->n - first };
        const char *path = arguments.n > 0 ? arguments.items[0] : NULL;
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
        return judge_file(question, facility, &arguments, answer, err);
}

const PfPamModule pf_pam_exec = {
        .name = "pam_exec",
        .facilities = PF_PAM_ALL,
        .run = run,
};
