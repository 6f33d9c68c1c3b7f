/* SPDX-License-Identifier: MIT */
/*
 * Follows a command line to the program that it ends in: through shells,
 * wrappers and interpreters, as far as these are known. A program that is not
 * known makes the answer "unknown".
 */
#include "probes/sshd/command.h"

#include <stdarg.h>
#include <string.h>

#define DEPTH_MAX 8
#define HEAD_BYTES 512

/* What programs are, by the name under which they are started. */
typedef enum Kind {
        KIND_UNKNOWN,
        KIND_SERVER, /* sftp-server */
        KIND_SHELL,  /* a plain sh */
        KIND_BASH,
        KIND_OTHER_SHELL, /* runs a command behind "-c" all the same */
        KIND_ENV,
        KIND_OTHER, /* certainly no SFTP server, whatever its words are */
} Kind;

static const struct {
        const char *name;
        Kind kind;
} kinds[] = {
        { "sftp-server", KIND_SERVER }, { "sh", KIND_SHELL },         { "dash", KIND_SHELL },
        { "ash", KIND_SHELL },          { "bash", KIND_BASH },        { "rbash", KIND_BASH },
        { "zsh", KIND_OTHER_SHELL },    { "ksh", KIND_OTHER_SHELL },  { "mksh", KIND_OTHER_SHELL },
        { "ksh93", KIND_OTHER_SHELL },  { "fish", KIND_OTHER_SHELL }, { "csh", KIND_OTHER_SHELL },
        { "tcsh", KIND_OTHER_SHELL },   { "env", KIND_ENV },          { "nologin", KIND_OTHER },
        { "false", KIND_OTHER },        { "true", KIND_OTHER },       { "echo", KIND_OTHER },
        { "printf", KIND_OTHER },       { "cat", KIND_OTHER },        { "date", KIND_OTHER },
        { "id", KIND_OTHER },           { "ls", KIND_OTHER },         { "uname", KIND_OTHER },
        { "uptime", KIND_OTHER },       { "whoami", KIND_OTHER },     { "hostname", KIND_OTHER },
        { "passwd", KIND_OTHER },       { "sleep", KIND_OTHER },      { "sync", KIND_OTHER },
        { "shutdown", KIND_OTHER },     { "halt", KIND_OTHER },       { "scp", KIND_OTHER },
        { "rsync", KIND_OTHER },        { "git-shell", KIND_OTHER },  { "mkdir", KIND_OTHER },
        { "rm", KIND_OTHER },           { "test", KIND_OTHER },       { "yes", KIND_OTHER },
        { "pwd", KIND_OTHER },          { "printenv", KIND_OTHER },
};

/* Only there is a name what everybody takes it for. */
static const char *const standard_places[] = {
        "/bin/",
        "/sbin/",
        "/usr/bin/",
        "/usr/sbin/",
        "/usr/lib/openssh/",
        "/usr/libexec/",
        "/usr/libexec/openssh/",
        "/usr/lib/ssh/",
        "/usr/lib/misc/",
        "/usr/lib/sftp-server/",
        "/usr/lib/busybox/",
};

typedef struct Inquiry {
        const PfSshdSession *session;
        PfSshdCommand *answer;
        PfErr *err;
        bool is_bash;
        bool is_direct; /* started by sshd itself, which knows no text without "#!" */
        bool wants_shell;
        unsigned depth;
} Inquiry;

static int follow(Inquiry *inquiry, const PfStrv *argv);

void pf_sshd_command_deinit(PfSshdCommand *command) {
        free(command->why);
        free(command->path);
        free(command->text);
        free(command->shell_name);
        pf_strv_deinit(&command->argv);
        *command = (PfSshdCommand){ 0 };
}

/* --- answers --- */

static int answer(Inquiry *inquiry, PfSshdCommandEnd end, const char *path, const char *fmt, ...)
        PF_PRINTF(4, 5);
static int answer(Inquiry *inquiry, PfSshdCommandEnd end, const char *path, const char *fmt, ...) {
        PfSshdCommand *command = inquiry->answer;
        char why[512];
        va_list args;

        va_start(args, fmt);
        (void) vsnprintf(why, sizeof(why), fmt, args);
        va_end(args);
        command->end = end;
        free(command->why);
        command->why = strdup(why);
        free(command->path);
        command->path = path ? strdup(path) : NULL;
        return command->why && (!path || command->path) ? 0 : -ENOMEM;
}

/* Evidence of a script: the outcome's line becomes ours. */
static int answer_script(Inquiry *inquiry, PfSshdCommandEnd end, PfShellOutcome *outcome,
                         const char *what) {
        PfSshdCommand *command = inquiry->answer;
        int r = answer(inquiry, end, outcome->path, "%s", what);

        command->line = outcome->path ? outcome->line : 0;
        free(command->text);
        command->text = outcome->path ? PF_STEAL(outcome->text) : NULL;
        return r;
}

static int keep_words(Inquiry *inquiry, const PfStrv *argv) {
        pf_strv_deinit(&inquiry->answer->argv);
        return pf_strv_copy(argv, &inquiry->answer->argv);
}

/* --- files --- */

int pf_sshd_command_find(const PfSshdSession *session, const char *path, PfFoundFile *ret,
                         PfErr *err) {
        PfFoundFile file = { 0 };
        int r = pf_file_view_find(&session->view, path, &file, err);

        if (r == -ELOOP || r == -ENAMETOOLONG)
                r = PF_FILE_VIEW_ABSENT;
        if (r == 0 && (file.info.type != PF_FILE_REGULAR ||
                       !pf_identity_may(&session->who, &file.info, PF_FILE_MAY_EXECUTE)))
                r = PF_FILE_VIEW_DENIED;
        if (r == 0)
                *ret = file;
        else
                pf_found_file_deinit(&file);
        return r;
}

/* The name that a multi-call program goes by is the link's. */
static Kind kind_of(const char *started_as, const char *real) {
        const char *base = strrchr(real, '/') + 1;
        bool is_standard = false;

        for (size_t i = 0; i < PF_ELEMENTS(standard_places); i++)
                is_standard |= strncmp(real, standard_places[i], strlen(standard_places[i])) == 0;
        if (strcmp(base, "busybox") == 0 || strcmp(base, "toybox") == 0)
                base = strrchr(started_as, '/') ? strrchr(started_as, '/') + 1 : started_as;
        if (strcmp(base, "sftp-server") == 0)
                return KIND_SERVER;
        for (size_t i = 0; is_standard && i < PF_ELEMENTS(kinds); i++)
                if (strcmp(base, kinds[i].name) == 0)
                        return kinds[i].kind;
        return KIND_UNKNOWN;
}

/* --- scripts --- */

static PfShellSetup make_setup(const Inquiry *inquiry, const PfStrv *arguments) {
        return (PfShellSetup){ .view = inquiry->session->view,
                               .user = inquiry->session->user,
                               .is_bash = inquiry->is_bash,
                               .environment = &inquiry->session->environment,
                               .arguments = arguments };
}

static int follow_outcome(Inquiry *inquiry, PfShellOutcome *outcome) {
        char what[512];

        switch (outcome->end) {
        case PF_SHELL_RUNS:
        case PF_SHELL_EXECS:
                inquiry->is_direct = false;
                return follow(inquiry, &outcome->argv);
        case PF_SHELL_PRINTS:
                return answer_script(inquiry, PF_SSHD_COMMAND_PRINTS, outcome,
                                     "it writes something else to standard output first");
        case PF_SHELL_ENDS:
        case PF_SHELL_EXITS:
                if (outcome->argv.n > 0 && !outcome->path)
                        return follow(inquiry, &outcome->argv); /* which cannot be started */
                return answer_script(inquiry, PF_SSHD_COMMAND_FAILS, outcome,
                                     "it ends without an SFTP server");
        case PF_SHELL_UNKNOWN:
                break;
        }
        (void) snprintf(what, sizeof(what), "%s", outcome->why);
        return answer_script(inquiry, PF_SSHD_COMMAND_UNKNOWN, outcome, what);
}

static int follow_text(Inquiry *inquiry, const char *path, const char *text, size_t n,
                       const PfStrv *arguments) {
        PF_AUTO_SHELL_OUTCOME PfShellOutcome outcome = { 0 };
        PfShellSetup setup = make_setup(inquiry, arguments);
        int r = pf_shell_script_run(&setup, path, text, n, &outcome, inquiry->err);

        return r < 0 ? r : follow_outcome(inquiry, &outcome);
}

/* "#!/bin/sh -e" is the script with "set -e" in its first line. */
static int apply_option(const char *option, char *text, size_t n_line) {
        char command[32];
        int n = snprintf(command, sizeof(command), "set %s", option);

        if (option[0] != '-' || strspn(option + 1, "eux") != strlen(option + 1) || n < 0 ||
            (size_t) n > n_line)
                return -EINVAL;
        memset(text, ' ', n_line);
        memcpy(text, command, (size_t) n);
        return 0;
}

static int follow_shell_script(Inquiry *inquiry, const PfFoundFile *file, const PfStrv *argv,
                               const char *option) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_SHELL_SCRIPT_MAX);
        int r;

        if (!pf_identity_may(&inquiry->session->who, &file->info, PF_FILE_MAY_READ))
                return answer(inquiry, PF_SSHD_COMMAND_FAILS, file->path,
                              "the account may not read the script");
        r = pf_target_read(inquiry->session->view.target, file->path, PF_SHELL_SCRIPT_MAX, &text,
                           inquiry->err);
        if (r == -EFBIG)
                return answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, file->path,
                              "the script is too long to be read");
        if (r != 0)
                return r < 0 ? r
                             : answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, file->path,
                                      "the script has just gone");
        if (option && *option && apply_option(option, text.data, strcspn(text.data, "\n")) < 0)
                return answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, file->path,
                              "its interpreter gets an option that is not known");
        return follow_text(inquiry, file->path, text.data ? text.data : "", text.n, argv);
}

/* A file that begins with "#!": @head holds that line. */
static int follow_interpreter(Inquiry *inquiry, const PfFoundFile *file, const PfStrv *argv,
                              char *head) {
        PF_AUTO_FOUND_FILE PfFoundFile interpreter = { 0 };
        PF_AUTO_FREE char *line = NULL;
        char *rest = head + 2;
        const char *name, *option;
        Kind kind;
        int r;

        head[strcspn(head, "\n")] = '\0';
        line = strdup(head);
        if (!line)
                return -ENOMEM;
        rest += strspn(rest, " \t");
        name = strsep(&rest, " \t");
        option = rest ? rest + strspn(rest, " \t") : NULL;
        r = pf_sshd_command_find(inquiry->session, name, &interpreter, inquiry->err);
        if (r != 0) {
                inquiry->answer->line = 1;
                free(inquiry->answer->text);
                inquiry->answer->text = PF_STEAL(line);
                return r < 0 ? r
                             : answer(inquiry, PF_SSHD_COMMAND_FAILS, file->path,
                                      "its interpreter %s cannot be started", name);
        }
        kind = kind_of(name, interpreter.path);
        if (kind == KIND_ENV && option &&
            (strcmp(option, "sh") == 0 || strcmp(option, "bash") == 0)) {
                kind = strcmp(option, "sh") == 0 ? KIND_SHELL : KIND_BASH;
                option = NULL;
        }
        if (kind != KIND_SHELL && kind != KIND_BASH)
                return answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, file->path,
                              "what a script for %s does is not known", name);
        inquiry->is_bash = kind == KIND_BASH;
        return follow_shell_script(inquiry, file, argv, option);
}

/* --- programs --- */

static int follow_env(Inquiry *inquiry, const PfStrv *argv) {
        PF_AUTO_STRV PfStrv rest = { 0 };
        size_t i = 1;
        int r = 0;

        while (i < argv->n && strchr(argv->items[i], '=') && argv->items[i][0] != '-') {
                if (strncmp(argv->items[i], "PATH=", strlen("PATH=")) == 0)
                        return answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, NULL,
                                      "env looks for it elsewhere");
                i++;
        }
        if (i == argv->n)
                return answer(inquiry, PF_SSHD_COMMAND_FAILS, NULL, "env only lists variables");
        if (strcmp(argv->items[i], "-c") == 0)
                return answer(inquiry, PF_SSHD_COMMAND_FAILS, NULL, "env knows no \"-c\"");
        if (argv->items[i][0] == '-')
                return answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, NULL,
                              "an option of env is not known");
        for (; i < argv->n && r == 0; i++)
                r = pf_strv_add(&rest, argv->items[i]);
        inquiry->is_direct = false;
        return r < 0 ? r : follow(inquiry, &rest);
}

/* sh -c text, sh script; without either it takes the protocol for commands. */
static int follow_shell(Inquiry *inquiry, const PfStrv *argv, Kind kind, const char *name) {
        PF_AUTO_FOUND_FILE PfFoundFile script = { 0 };
        PF_AUTO_STRV PfStrv arguments = { 0 };
        int r = 0;

        inquiry->is_bash = kind != KIND_SHELL;
        if (argv->n > 1 && strcmp(argv->items[1], "-c") == 0 && argv->n > 2) {
                for (size_t i = 3; i < argv->n && r == 0; i++)
                        r = pf_strv_add(&arguments, argv->items[i]);
                if (r < 0)
                        return r;
                if (inquiry->wants_shell) {
                        inquiry->answer->is_bash = kind == KIND_BASH;
                        free(inquiry->answer->shell_name);
                        inquiry->answer->shell_name = strdup(name);
                        return inquiry->answer->shell_name
                                       ? answer(inquiry, PF_SSHD_COMMAND_SHELL, NULL,
                                                "a shell runs the command")
                                       : -ENOMEM;
                }
                inquiry->is_direct = false;
                return follow_text(inquiry, NULL, argv->items[2], strlen(argv->items[2]),
                                   arguments.n ? &arguments : NULL);
        }
        if (argv->n == 1)
                return answer(inquiry, PF_SSHD_COMMAND_FAILS, NULL,
                              "a shell takes the protocol for commands");
        if (argv->items[1][0] == '-' || kind == KIND_OTHER_SHELL)
                return answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, NULL,
                              "an option of a shell is not known");
        for (size_t i = 1; i < argv->n && r == 0; i++)
                r = pf_strv_add(&arguments, argv->items[i]);
        if (r == 0)
                r = pf_file_view_find(&inquiry->session->view, argv->items[1], &script,
                                      inquiry->err);
        if (r != 0)
                return r < 0 ? r
                             : answer(inquiry, PF_SSHD_COMMAND_FAILS, NULL,
                                      "the script %s is not there", argv->items[1]);
        return follow_shell_script(inquiry, &script, &arguments, NULL);
}

static int follow_binary(Inquiry *inquiry, const PfStrv *argv, const PfFoundFile *file) {
        Kind kind = kind_of(argv->items[0], file->path);
        const char *name = argv->items[0];
        const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
        int r;

        switch (kind) {
        case KIND_SERVER:
                if (pf_sshd_server_refuses(argv))
                        return answer(inquiry, PF_SSHD_COMMAND_FAILS, NULL,
                                      "with %s the SFTP server ends at once",
                                      pf_sshd_server_refuses(argv));
                r = keep_words(inquiry, argv);
                return r < 0 ? r
                             : answer(inquiry, PF_SSHD_COMMAND_SERVES, file->path, "%s serves",
                                      name);
        case KIND_SHELL:
        case KIND_BASH:
        case KIND_OTHER_SHELL:
                /* By another name it is another shell: bash as sh. */
                return follow_shell(inquiry, argv, strcmp(base, "sh") == 0 ? KIND_SHELL : kind,
                                    base);
        case KIND_ENV:
                return follow_env(inquiry, argv);
        case KIND_OTHER:
                return answer(inquiry, PF_SSHD_COMMAND_FAILS, NULL, "%s is no SFTP server", name);
        case KIND_UNKNOWN:
                break;
        }
        return answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, file->path, "what %s does is not known",
                      name);
}

static int follow_file(Inquiry *inquiry, const PfStrv *argv, const PfFoundFile *file) {
        PF_AUTO_BUF PfBuf head = PF_BUF_INIT(HEAD_BYTES);
        int r = pf_target_read_head(inquiry->session->view.target, file->path, HEAD_BYTES, &head,
                                    inquiry->err);

        if (r < 0)
                return r;
        if (head.n >= 4 && memcmp(head.data, "\177ELF", 4) == 0)
                return follow_binary(inquiry, argv, file);
        if (head.n >= 2 && memcmp(head.data, "#!", 2) == 0)
                return follow_interpreter(inquiry, file, argv, head.data);
        if (inquiry->is_direct)
                return answer(inquiry, PF_SSHD_COMMAND_FAILS, file->path,
                              "%s is neither a program nor begins with \"#!\"", argv->items[0]);
        /* A shell runs a text itself, unless it looks like something else. */
        if (head.data && memchr(head.data, '\0', head.n))
                return answer(inquiry, PF_SSHD_COMMAND_FAILS, file->path,
                              "%s is no program for this machine", argv->items[0]);
        return follow_shell_script(inquiry, file, argv, NULL);
}

static int not_started(Inquiry *inquiry, const char *name, int outcome) {
        int r = answer(inquiry, PF_SSHD_COMMAND_FAILS, strchr(name, '/') ? name : NULL,
                       outcome == PF_FILE_VIEW_ABSENT ? "%s is not there"
                                                      : "the account cannot execute %s",
                       name);

        inquiry->answer->is_missing = outcome == PF_FILE_VIEW_ABSENT;
        return r;
}

/* By PATH, as a shell looks for it. */
static int find_by_path(Inquiry *inquiry, const char *name, PfFoundFile *ret) {
        const PfStrv *environment = &inquiry->session->environment;
        const char *path = NULL;
        int found = PF_FILE_VIEW_ABSENT;

        for (size_t i = 0; i < environment->n; i++)
                if (strncmp(environment->items[i], "PATH", 4) == 0 &&
                    (environment->items[i][4] == '=' || !environment->items[i][4]))
                        path = environment->items[i][4] ? environment->items[i] + 5 : NULL;
        if (!path)
                return -ENODATA;
        while (*path && found != 0) {
                size_t n = strcspn(path, ":");
                PF_AUTO_BUF PfBuf candidate = PF_BUF_INIT(8192);
                int r = pf_buf_printf(&candidate, "%.*s/%s", (int) n, path, name);

                if (r == 0)
                        r = pf_sshd_command_find(inquiry->session, candidate.data, ret,
                                                 inquiry->err);
                if (r < 0)
                        return r;
                if (r != PF_FILE_VIEW_ABSENT)
                        found = r;
                path += n + (path[n] == ':');
        }
        return found;
}

static int follow(Inquiry *inquiry, const PfStrv *argv) {
        PF_AUTO_FOUND_FILE PfFoundFile file = { 0 };
        const char *name = argv->items[0];
        int r;

        if (++inquiry->depth > DEPTH_MAX)
                return answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, NULL,
                              "one script starts another again and again");
        r = strchr(name, '/') ? pf_sshd_command_find(inquiry->session, name, &file, inquiry->err)
                              : find_by_path(inquiry, name, &file);
        if (r == -ENODATA)
                return answer(inquiry, PF_SSHD_COMMAND_UNKNOWN, NULL,
                              "where programs are found is not known");
        if (r < 0)
                return r;
        if (r > 0)
                return not_started(inquiry, name, r);
        return follow_file(inquiry, argv, &file);
}

/* --- questions --- */

int pf_sshd_command_shell(const PfSshdSession *session, PfSshdCommand *ret, PfErr *err) {
        PF_AUTO_SSHD_COMMAND PfSshdCommand command = { 0 };
        PF_AUTO_STRV PfStrv argv = { 0 };
        Inquiry inquiry = { .session = session,
                            .answer = &command,
                            .err = err,
                            .is_direct = true,
                            .wants_shell = true };
        int r;

        r = pf_strv_add(&argv, session->shell);
        if (r == 0)
                r = pf_strv_add(&argv, "-c");
        if (r == 0)
                r = pf_strv_add(&argv, session->command ? session->command : "");
        if (r == 0)
                r = follow(&inquiry, &argv);
        if (r < 0)
                return r;
        *ret = command;
        command = (PfSshdCommand){ 0 };
        return 0;
}

int pf_sshd_command_judge(const PfSshdSession *session, const char *text, bool is_bash,
                          PfSshdCommand *ret, PfErr *err) {
        PF_AUTO_SSHD_COMMAND PfSshdCommand command = { 0 };
        Inquiry inquiry = {
                .session = session, .answer = &command, .err = err, .is_bash = is_bash
        };
        int r = follow_text(&inquiry, NULL, text, strlen(text), NULL);

        if (r < 0)
                return r;
        *ret = command;
        command = (PfSshdCommand){ 0 };
        return 0;
}
