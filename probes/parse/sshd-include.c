/* SPDX-License-Identifier: MIT */
/*
 * Include, and the files of a configuration. What a pattern stands for is
 * found out once, as sshd does; the second reading takes what the first found.
 */
#include "probes/parse/sshd-parse.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "probes/parse/sshd-words.h"

#define DIRECTORY "/etc/ssh"

/* More than these make a pattern walk through half a system, or take for ever;
 * nobody writes them but to that end. */
#define WILD_DIRECTORIES_MAX 4
#define STARS_MAX 12

PfSshdFile *pf_sshd_file_free(PfSshdFile *file) {
        if (!file)
                return NULL;
        free(file->path);
        free(file->contents);
        free(file->lines);
        free(file);
        return NULL;
}
PF_DEFINE_CLEANUP(PfSshdFile, pf_sshd_file_free);

/* Cuts the contents into lines; nothing is copied. */
static int cut_lines(PfSshdFile *file) {
        char *rest = file->contents;
        size_t n = 1;

        for (const char *c = rest; *c; c++)
                n += *c == '\n';
        file->lines = calloc(n, sizeof(*file->lines));
        if (!file->lines)
                return -ENOMEM;
        for (char *line; (line = strsep(&rest, "\n")); file->n++) {
                pf_sshd_trim_end(line);
                file->lines[file->n].line = (PfSshdLine){ .path = file->path,
                                                          .number = (unsigned) file->n + 1,
                                                          .text = line };
        }
        return 0;
}

static int add_file_take(PfSshdConfig *conf, PfSshdFile *file, size_t *ret) {
        PfSshdFile **files = realloc(conf->files, (conf->n_files + 1) * sizeof(PfSshdFile *));

        if (!files) {
                pf_sshd_file_free(file);
                return -ENOMEM;
        }
        conf->files = files;
        *ret = conf->n_files;
        files[conf->n_files++] = file;
        return pf_strv_contains(&conf->paths, file->path) ? 0
                                                          : pf_strv_add(&conf->paths, file->path);
}

int pf_sshd_file_read(PfSshdRun *run, const char *path, size_t *ret) {
        PF_CLEANUP(pf_sshd_file_freep) PfSshdFile *file = NULL;
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_SSHD_FILE_MAX);
        PfSshdConfig *conf = run->conf;
        PfErr ignored = { 0 };
        int r;

        if (conf->n_files == PF_SSHD_FILES_MAX)
                return pf_err_set(run->err, -E2BIG, "%s: more than %d files are included",
                                  conf->files[0]->path, PF_SSHD_FILES_MAX);
        r = run->files->read(run->files->data, path, PF_SSHD_FILE_MAX, &buf, &ignored);
        if (r > 0)
                return PF_SSHD_CONFIG_ABSENT;
        if (r == -ELOOP && conf->n_files > 0)
                return PF_SSHD_FILE_LOOPS;
        /* sshd opens a directory, and reads nothing from it. */
        if (r < 0 && r != -EISDIR)
                return pf_err_set(run->err, r, "%s", pf_err_text(&ignored, r));
        conf->n_bytes += buf.n;
        if (conf->n_bytes > PF_SSHD_BYTES_MAX)
                return pf_err_set(run->err, -E2BIG, "%s: more than %d bytes with what it includes",
                                  path, PF_SSHD_BYTES_MAX);

        file = calloc(1, sizeof(*file));
        if (!file)
                return -ENOMEM;
        file->path = strdup(path);
        if (!file->path)
                return -ENOMEM;
        r = pf_sshd_text(buf.data ? buf.data : "", buf.n,
                         pf_sshd_version_number(run->version) < PF_SSHD_SHELL_WORDS,
                         &file->contents);
        if (r == 0)
                r = cut_lines(file);
        return r < 0 ? r : add_file_take(conf, PF_STEAL(file), ret);
}

/* A copy of @text at *@to, which is behind it afterwards. */
static const char *put(char **to, const char *text) {
        char *start = *to;

        *to = stpcpy(start, text) + 1;
        return start;
}

static int put_given(const PfSshdGivenLine *given, size_t n, PfSshdFile *file) {
        size_t size = 1;
        char *to;

        for (size_t i = 0; i < n; i++)
                size += strlen(given[i].words) + strlen(given[i].path) + strlen(given[i].text) + 3;
        file->lines = calloc(n + 1, sizeof(*file->lines));
        file->contents = to = malloc(size);
        if (!file->lines || !file->contents)
                return -ENOMEM;
        for (; file->n < n; file->n++) {
                PfSshdText *text = &file->lines[file->n];
                const PfSshdGivenLine *line = &given[file->n];

                text->words = put(&to, line->words);
                text->line.path = put(&to, line->path);
                text->line.text = put(&to, line->text);
                text->line.number = line->number;
                text->replaces_ports = line->replaces_ports;
        }
        return 0;
}

int pf_sshd_file_given(PfSshdRun *run, const char *path, const PfSshdGivenLine *given, size_t n,
                       size_t *ret) {
        PF_CLEANUP(pf_sshd_file_freep) PfSshdFile *file = calloc(1, sizeof(*file));
        int r;

        if (!file)
                return -ENOMEM;
        file->path = strdup(path);
        if (!file->path)
                return -ENOMEM;
        r = put_given(given, n, file);
        return r < 0 ? r : add_file_take(run->conf, PF_STEAL(file), ret);
}

static int check_pattern(PfSshdRun *run, const char *pattern) {
        unsigned directories = 0, stars = 0;

        for (const char *part = pattern; *part; part += strcspn(part, "/"), part += *part == '/') {
                const char *slash = strchr(part, '/');
                const char *wild = strpbrk(part, "*?[");

                directories += slash && wild && wild < slash;
        }
        for (const char *c = pattern; *c; c++)
                stars += *c == '*';
        if (directories > WILD_DIRECTORIES_MAX || stars > STARS_MAX || strlen(pattern) >= PATH_MAX)
                return pf_err_set(run->err, -E2BIG, "%s:%u: Include pattern is too wide",
                                  run->text->line.path, run->text->line.number);
        return 0;
}

static PfSshdInclude *find_include(PfSshdConfig *conf, const char *pattern) {
        for (size_t i = 0; i < conf->n_includes; i++)
                if (strcmp(conf->includes[i].pattern, pattern) == 0)
                        return &conf->includes[i];
        return NULL;
}

/* How blocks in an included file are to be taken. Before 8.4 a file that was
 * included outside of any block could not have blocks of its own. */
static unsigned flags_for(const PfSshdRun *run) {
        if ((run->flags & PF_SSHD_MATCH_ONLY) && run->number >= 804)
                return PF_SSHD_MATCH_ONLY;
        return run->active ? 0 : PF_SSHD_NEVER_MATCH;
}

/* Runs one file, and is where it was afterwards: a Match ends with its file. */
static int run_included(PfSshdRun *run, size_t file) {
        PfSshdRun before = *run;
        int r;

        run->outer_doubt = run->doubt;
        run->include = &before.text->line;
        run->arguments = (PfSshdArguments){ 0 };
        run->changes = NULL;
        run->n_changes = run->allocated_changes = 0;

        r = pf_sshd_run_file(run, file, flags_for(run));

        free(run->changes);
        pf_strv_deinit(&run->arguments.words);
        before.sequence = run->sequence;
        before.budget = run->budget;
        before.stopped = run->stopped;
        *run = before;
        return r;
}

/* sshd ends where it cannot open a file that the pattern named: a link to nowhere. */
static int refuse_file(PfSshdRun *run, const char *path, int error) {
        int r;

        run->stopped = true;
        r = pf_sshd_refuse_bare(run, "%s: %s", path, strerror(error));
        if (r != PF_SSHD_REFUSED)
                return r;
        pf_sshd_last_problem(run)->file = strdup(path);
        return pf_sshd_last_problem(run)->file ? r : -ENOMEM;
}

static int refuse_depth(PfSshdRun *run) {
        run->stopped = true;
        return pf_sshd_refuse_bare(run, "Too many recursive configuration includes");
}

static int add_include(PfSshdConfig *conf, const char *pattern, PfSshdInclude **ret) {
        PfSshdInclude *includes =
                realloc(conf->includes, (conf->n_includes + 1) * sizeof(*includes));

        if (!includes)
                return -ENOMEM;
        conf->includes = includes;
        includes[conf->n_includes] = (PfSshdInclude){ .pattern = strdup(pattern) };
        if (!includes[conf->n_includes].pattern)
                return -ENOMEM;
        *ret = &includes[conf->n_includes++];
        return 0;
}

static int add_match(PfSshdConfig *conf, const char *pattern, size_t file) {
        PfSshdInclude *include = find_include(conf, pattern);
        size_t *files;
        int r = 0;

        if (!include)
                r = add_include(conf, pattern, &include);
        if (r < 0)
                return r;
        files = realloc(include->files, (include->n + 1) * sizeof(*files));
        if (!files)
                return -ENOMEM;
        include->files = files;
        files[include->n++] = file;
        return 0;
}

/* Reads and runs a file that a pattern named for the first time. sshd notes what
 * a pattern stands for file by file, each when it is through with it: a file
 * that includes the pattern once more gets those before it. */
static int run_match(PfSshdRun *run, const char *pattern, const char *path) {
        size_t file;
        int r;

        r = pf_sshd_file_read(run, path, &file);
        if (r > 0)
                return refuse_file(run, path, r == PF_SSHD_CONFIG_ABSENT ? ENOENT : ELOOP);
        if (r < 0)
                return r;
        if (run->depth > PF_SSHD_DEPTH_MAX)
                return refuse_depth(run);
        r = run_included(run, file);
        return r == 0 ? add_match(run->conf, pattern, file) : r;
}

static int run_new_pattern(PfSshdRun *run, const char *pattern) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PfSshdInclude *include;
        int r;

        r = check_pattern(run, pattern);
        if (r == 0)
                r = run->files->glob(run->files->data, pattern, &paths, run->err);
        if (r == 0 && paths.n == 0)
                r = add_include(run->conf, pattern, &include);
        for (size_t i = 0; i < paths.n && r == 0 && !run->stopped; i++)
                r = run_match(run, pattern, paths.items[i]);
        return r;
}

static int run_pattern(PfSshdRun *run, const char *pattern) {
        PfSshdInclude *include = find_include(run->conf, pattern);
        int r = 0;

        if (!include)
                return run->files ? run_new_pattern(run, pattern) : 0;
        if (run->depth > PF_SSHD_DEPTH_MAX && include->n > 0)
                return refuse_depth(run);
        /* Files that are run may add includes, and move the array. */
        for (size_t i = 0, n = include->n; i < n && r == 0 && !run->stopped; i++)
                r = run_included(run, find_include(run->conf, pattern)->files[i]);
        return r;
}

static char *absolute(const PfSshdRun *run, const char *word) {
        char *path;

        /* 8.2 took its own keyword for a name that is not absolute. */
        if (*word != '/' && *word != '~' && run->number == 802)
                word = run->name;
        if (asprintf(&path, "%s%s%s", *word == '/' || *word == '~' ? "" : DIRECTORY,
                     *word == '/' ? "" : "/", word) < 0)
                return NULL;
        return path;
}

int pf_sshd_include(PfSshdRun *run) {
        const char *word;
        bool any = false;
        int r = 0;

        while (r == 0 && !run->stopped && (word = pf_sshd_next_of_all(run))) {
                PF_AUTO_FREE char *pattern = NULL;

                if (!*word)
                        return pf_sshd_refuse_softly(run, "keyword %s empty argument", run->name);
                any = true;
                pattern = absolute(run, word);
                r = pattern ? run_pattern(run, pattern) : -ENOMEM;
        }
        if (r == 0 && !any)
                return pf_sshd_refuse(run, "%s missing filename argument",
                                      run->arguments.shell ? run->name : "Include");
        return r;
}
