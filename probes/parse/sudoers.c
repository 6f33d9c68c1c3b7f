/* SPDX-License-Identifier: MIT */
/*
 * Looks through the files of sudo for the line that lets an account be root.
 */
#include "probes/parse/sudoers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"

#define SUDOERS_MAX (1 << 20) /* bytes of one file */
#define FILES_MAX 128
#define BLANKS " \t\r"

typedef struct Reader {
        const PfTarget *target;
        const PfSshdAccount *account;
        PfSudoers *sudoers;
        PfErr *err;
        unsigned n_files;
} Reader;

static int read_file(Reader *reader, const char *path);

static bool has_word(const char *text, const char *word) {
        size_t n = strlen(word);

        for (const char *at = text; (at = strstr(at, word)); at += n)
                if ((at == text || strchr(" \t,=:)!", at[-1])) && strchr(" \t,:=", at[n]))
                        return true;
        return false;
}

/* "root", "%wheel", "%#10", "ALL", "#1000" */
static bool is_meant(const PfSshdAccount *account, const char *who) {
        char number[16];

        if (strcmp(who, "ALL") == 0 || strcmp(who, account->name) == 0)
                return true;
        (void) snprintf(number, sizeof(number), "#%u", account->uid);
        if (strcmp(who, number) == 0)
                return true;
        return *who == '%' && pf_strv_contains(&account->groups, who + 1);
}

static void take_line(Reader *reader, const char *path, unsigned number, char *line) {
        PfSudoers *sudoers = reader->sudoers;
        size_t n = strcspn(line, BLANKS);
        const char *commands = strchr(line, '=');
        char who[256];

        if (strncmp(line, "Defaults", n) == 0 && n == strlen("Defaults")) {
                if (has_word(line, "requiretty"))
                        sudoers->require_tty = !has_word(line, "!requiretty");
                return;
        }
        if (n >= sizeof(who))
                return;
        memcpy(who, line, n);
        who[n] = '\0';
        if (!commands || !is_meant(reader->account, who) || !has_word(commands, "ALL"))
                return;
        /* "(ALL) /bin/ls" gives one command: the last word has to be ALL. */
        n = strlen(commands);
        if (n < 4 || strcmp(commands + n - 3, "ALL") != 0 || !strchr(" \t,:=)", commands[n - 4]))
                return;
        sudoers->grants_all = true;
        sudoers->no_password = has_word(commands, "NOPASSWD");
        (void) snprintf(sudoers->path, sizeof(sudoers->path), "%s", path);
        sudoers->line = number;
        (void) snprintf(sudoers->text, sizeof(sudoers->text), "%s", line);
}

static int read_directory(Reader *reader, const char *path) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r;

        r = pf_target_list(reader->target, path, &names, reader->err);
        if (r == PF_TARGET_ABSENT)
                return 0;
        for (size_t i = 0; i < names.n && r == 0; i++) {
                const char *name = names.items[i];
                PF_AUTO_FREE char *file = NULL;

                if (strchr(name, '.') || name[strlen(name) - 1] == '~')
                        continue;
                if (asprintf(&file, "%s/%s", path, name) < 0) {
                        file = NULL;
                        return -ENOMEM;
                }
                r = read_file(reader, file);
        }
        return r;
}

typedef struct Directive {
        const char *name;
        int (*read)(Reader *reader, const char *path);
} Directive;

static const Directive directives[] = {
        { "#includedir", read_directory },
        { "@includedir", read_directory },
        { "#include", read_file },
        { "@include", read_file },
};

/* 1: it was one; 0; or a negative errno. A relative name is below /etc. */
static int take_include(Reader *reader, const char *line) {
        for (size_t i = 0; i < PF_ELEMENTS(directives); i++) {
                size_t n = strlen(directives[i].name);
                PF_AUTO_FREE char *path = NULL;
                const char *name;
                int r;

                if (strncmp(line, directives[i].name, n) != 0 || !line[n] ||
                    !strchr(BLANKS, line[n]))
                        continue;
                name = line + n + strspn(line + n, BLANKS);
                if (asprintf(&path, "%s%s", *name == '/' ? "" : "/etc/", name) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = directives[i].read(reader, path);
                return r < 0 ? r : 1;
        }
        return 0;
}

static int take_text(Reader *reader, const char *path, char *text) {
        unsigned number = 0;
        char *rest = text;
        char *line;
        int r;

        while ((line = strsep(&rest, "\n"))) {
                size_t n;

                number++;
                line += strspn(line, BLANKS);
                for (n = strlen(line); n > 0 && strchr(BLANKS, line[n - 1]);)
                        line[--n] = '\0';
                r = take_include(reader, line);
                if (r < 0)
                        return r;
                if (r == 0 && *line && *line != '#')
                        take_line(reader, path, number, line);
        }
        return 0;
}

static int read_file(Reader *reader, const char *path) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SUDOERS_MAX);
        int r;

        if (reader->n_files++ >= FILES_MAX)
                return pf_err_set(reader->err, -ELOOP, "%s includes too many files",
                                  PF_SUDOERS_PATH);
        r = pf_target_read(reader->target, path, SUDOERS_MAX, &buf, reader->err);
        if (r == PF_TARGET_ABSENT)
                return 0;
        if (r < 0)
                return r;
        reader->sudoers->exists = true;
        return buf.data ? take_text(reader, path, buf.data) : 0;
}

int pf_sudoers_read(const PfTarget *target, const PfSshdAccount *account, PfSudoers *ret,
                    PfErr *err) {
        PfSudoers sudoers = { 0 };
        Reader reader = { .target = target, .account = account, .sudoers = &sudoers, .err = err };
        int r;

        r = read_file(&reader, PF_SUDOERS_PATH);
        if (r < 0)
                return r;
        *ret = sudoers;
        return 0;
}
