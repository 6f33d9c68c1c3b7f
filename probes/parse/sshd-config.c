/* SPDX-License-Identifier: MIT */
/*
 * The reader's loop: line by line through the files, as sshd goes. What an
 * argument means is in sshd-arguments.c, what a Match means in sshd-condition.c.
 */
#include "probes/parse/sshd-config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "probes/parse/sshd-checks.h"
#include "probes/parse/sshd-parse.h"
#include "probes/parse/sshd-words.h"

#define LINE_COST 64                   /* bytes that a line counts beside its own */
#define SECOND_NAME "reprocess config" /* sshd's name for the main file when it reads it again */

/* The path under which sshd speaks of the line in hand. */
static const char *spoken_path(const PfSshdRun *run) {
        bool main_file = run->text->line.path == run->conf->files[0]->path;

        if (run->text->words)
                return "command-line";
        return run->connection && main_file ? SECOND_NAME : run->text->line.path;
}

static char *format(const char *fmt, ...) PF_PRINTF(1, 2);
static char *format(const char *fmt, ...) {
        va_list args;
        char *text;
        int n;

        va_start(args, fmt);
        n = vasprintf(&text, fmt, args);
        va_end(args);
        return n < 0 ? NULL : text;
}

/* Adds a problem with the line in hand; @text is taken over. */
static int note_take(PfSshdRun *run, bool fatal, const char *before, const char *colon,
                     char *text) {
        PF_AUTO_FREE char *words = NULL;
        int r;

        if (!text)
                return -ENOMEM;
        words = format("%s%s%s%s line %u: %s", before, *before ? "\n" : "", spoken_path(run), colon,
                       run->text->line.number, text);
        r = pf_sshd_problems_add_take(run->problems, &run->text->line, run->text->line.path, fatal,
                                      text, words ? pf_sshd_visible(words) : NULL);
        if (r < 0)
                return r;
        if (!run->connection)
                run->text->refused = true;
        return PF_SSHD_REFUSED;
}

#define FORMAT_ARGUMENTS(fmt)                                                                      \
        ({                                                                                         \
                va_list args_;                                                                     \
                char *text_;                                                                       \
                va_start(args_, fmt);                                                              \
                if (vasprintf(&text_, fmt, args_) < 0)                                             \
                        text_ = NULL;                                                              \
                va_end(args_);                                                                     \
                text_;                                                                             \
        })

int pf_sshd_refuse(PfSshdRun *run, const char *fmt, ...) {
        return note_take(run, true, "", "", FORMAT_ARGUMENTS(fmt));
}

int pf_sshd_refuse_softly(PfSshdRun *run, const char *fmt, ...) {
        return note_take(run, false, "", "", FORMAT_ARGUMENTS(fmt));
}

int pf_sshd_refuse_after(PfSshdRun *run, const char *before, const char *fmt, ...) {
        return note_take(run, true, before, "", FORMAT_ARGUMENTS(fmt));
}

int pf_sshd_refuse_bare(PfSshdRun *run, const char *fmt, ...) {
        PF_AUTO_FREE char *text = FORMAT_ARGUMENTS(fmt);
        PfSshdProblem *problem;
        int r;

        r = text ? pf_sshd_refuse(run, "%s", text) : -ENOMEM;
        if (r != PF_SSHD_REFUSED)
                return r;
        problem = pf_sshd_last_problem(run);
        free(problem->words);
        problem->words = pf_sshd_visible(text);
        return problem->words ? r : -ENOMEM;
}

int pf_sshd_warn(PfSshdRun *run, const char *fmt, ...) {
        PF_AUTO_FREE char *text = FORMAT_ARGUMENTS(fmt);
        PF_AUTO_FREE char *words = NULL;

        if (!run->warnings)
                return 0;
        words = text ? format("%s line %u: %s", spoken_path(run), run->text->line.number, text)
                     : NULL;
        return pf_sshd_problems_add_take(run->warnings, &run->text->line, run->text->line.path,
                                         false, PF_STEAL(text),
                                         words ? pf_sshd_visible(words) : NULL);
}

static int refuse_unknown(PfSshdRun *run) {
        PF_AUTO_FREE char *text = format("Bad configuration option: %s", run->name);
        PF_AUTO_FREE char *before = NULL;
        int r;

        if (run->active || run->connection)
                return note_take(run, false, "", ":", PF_STEAL(text));

        /* In a block it is, besides, a keyword that is not for blocks. */
        before = text ? format("%s: line %u: %s", spoken_path(run), run->text->line.number, text)
                      : NULL;
        if (!before)
                return -ENOMEM;
        r = pf_sshd_refuse_after(run, before, "Directive '%s' is not allowed within a Match block",
                                 run->name);
        if (r == PF_SSHD_REFUSED) {
                PfSshdProblem *problem = &run->problems->items[run->problems->n - 1];

                free(problem->text);
                problem->text = PF_STEAL(text);
        }
        return r;
}

int pf_sshd_change(PfSshdRun *run, PfSshdKey key, PfSshdMode mode, const char *text) {
        PfSshdChange *changes;
        char *copy;

        if (run->n_changes == PF_SSHD_VALUES_MAX)
                return pf_err_set(run->err, -E2BIG, "%s:%u: more than %d values",
                                  run->text->line.path, run->text->line.number, PF_SSHD_VALUES_MAX);
        if (run->n_changes == run->allocated_changes) {
                size_t allocated = run->allocated_changes ? 2 * run->allocated_changes : 16;

                changes = realloc(run->changes, allocated * sizeof(*changes));
                if (!changes)
                        return -ENOMEM;
                run->changes = changes;
                run->allocated_changes = allocated;
        }
        copy = strdup(text);
        if (!copy)
                return -ENOMEM;
        run->changes[run->n_changes++] = (PfSshdChange){ .key = key, .mode = mode, .text = copy };
        return 0;
}

int pf_sshd_change_number(PfSshdRun *run, PfSshdKey key, PfSshdMode mode, long long number) {
        char text[24];

        (void) snprintf(text, sizeof(text), "%lld", number);
        return pf_sshd_change(run, key, mode, text);
}

static void drop_changes(PfSshdRun *run) {
        for (size_t i = 0; i < run->n_changes; i++)
                free(run->changes[i].text);
        run->n_changes = 0;
}

static int overwrite(PfSshdRun *run, PfSshdSlot *slot) {
        int r = slot->n > 0 ? pf_sshd_slot_shadow(slot, slot->values[0].line) : 0;

        pf_sshd_slot_clear(slot);
        slot->owner = run->sequence;
        return r;
}

static int commit(PfSshdRun *run, const PfSshdChange *change) {
        PfSshdSlot *slot = &run->options->slots[change->key];
        const PfSshdLine *line = &run->text->line;
        int r = 0;

        if (!run->active) {
                /* Were the block to match, this is what it would change. */
                if (run->doubt && (change->mode != PF_SSHD_SET || !slot->owner))
                        slot->doubt = run->doubt;
                return 0;
        }
        if (change->mode == PF_SSHD_OVERWRITE && slot->owner != run->sequence)
                r = overwrite(run, slot);
        if (change->mode == PF_SSHD_SET && slot->owner && slot->owner != run->sequence)
                return pf_sshd_slot_shadow(slot, line);
        slot->owner = run->sequence;
        return r < 0 ? r : pf_sshd_slot_add(slot, change->text, line);
}

static int commit_all(PfSshdRun *run) {
        int r = 0;

        for (size_t i = 0; i < run->n_changes && r == 0; i++)
                r = commit(run, &run->changes[i]);
        return r;
}

char *pf_sshd_next(PfSshdRun *run) {
        PfSshdArguments *arguments = &run->arguments;

        if (!arguments->shell)
                return pf_sshd_delim(&arguments->rest, true);
        return arguments->next < arguments->words.n ? arguments->words.items[arguments->next++]
                                                    : NULL;
}

char *pf_sshd_next_of_all(PfSshdRun *run) {
        char *word = pf_sshd_next(run);

        return word && !*word && !run->arguments.shell ? NULL : word;
}

void pf_sshd_consume(PfSshdRun *run) {
        run->arguments.next = run->arguments.words.n;
        if (!run->arguments.shell)
                run->arguments.rest = NULL;
}

bool pf_sshd_has_more(const PfSshdRun *run) {
        return run->arguments.shell ? run->arguments.next < run->arguments.words.n
                                    : run->arguments.rest != NULL;
}

static int check_end(PfSshdRun *run) {
        const char *word;

        if (!pf_sshd_has_more(run))
                return 0;
        if (run->arguments.shell)
                return pf_sshd_refuse_softly(run, "keyword %s extra arguments at end of line",
                                             run->name);
        word = pf_sshd_next(run);
        return word && *word ? pf_sshd_refuse(run, "garbage at end of line; \"%.200s\".", word) : 0;
}

/* Splits what stands behind the keyword. */
static int split(PfSshdRun *run, char *rest) {
        int r = 0;

        pf_strv_deinit(&run->arguments.words);
        run->arguments =
                (PfSshdArguments){ .shell = run->number >= PF_SSHD_SHELL_WORDS, .rest = rest };
        if (run->arguments.shell)
                r = pf_sshd_split(rest, &run->arguments.words);
        return r == PF_SSHD_OPEN_QUOTE ? pf_sshd_refuse_softly(run, "invalid quotes") : r;
}

static int run_keyword(PfSshdRun *run, char *rest) {
        int r;

        run->keyword = pf_sshd_keyword_find(run->version, run->name);
        if (!run->keyword)
                return run->connection && !run->active ? 0 : refuse_unknown(run);
        r = split(run, rest);
        if (r != 0)
                return r;
        if (!run->active && !pf_sshd_keyword_may_match(run->keyword, run->version)) {
                if (run->connection)
                        return 0; /* it had its effect in the first reading */
                return pf_sshd_refuse(run, "Directive '%s' is not allowed within a Match block",
                                      run->name);
        }

        /* Not even looked at. */
        if (run->keyword->key == PF_SSHD_PORT && run->conf->ports_given &&
            !run->text->replaces_ports)
                return pf_sshd_slot_shadow(&run->options->slots[PF_SSHD_PORT], &run->text->line);
        r = pf_sshd_arguments_read(run, pf_sshd_keyword_kind(run->keyword, run->version));
        if (r == 0 && !run->stopped)
                r = check_end(run);
        return r != 0 ? r : commit_all(run);
}

static int run_line(PfSshdRun *run, char *line) {
        char *rest = line;

        run->name = pf_sshd_delim(&rest, true);
        if (run->name && !*run->name)
                run->name = pf_sshd_delim(&rest, true);
        if (!run->name || !*run->name || *run->name == '#')
                return 0;
        if (run->number >= PF_SSHD_SHELL_WORDS && (!rest || !*rest))
                return pf_sshd_refuse_softly(run, "no argument after keyword \"%s\"", run->name);
        return run_keyword(run, rest);
}

static int run_text(PfSshdRun *run, PfSshdText *text) {
        PF_AUTO_FREE char *line = NULL;
        const char *words = text->words ? text->words : text->line.text;
        size_t cost = strlen(words) + LINE_COST;
        int r;

        run->sequence++;
        if (text->refused || !*words)
                return 0;
        if (text->replaces_ports)
                run->conf->ports_given = true;
        if (cost > run->budget)
                return pf_err_set(run->err, -E2BIG, "%s: more than %d bytes with what it includes",
                                  run->conf->files[0]->path, PF_SSHD_BYTES_MAX);
        run->budget -= cost;
        if (!text->seen) {
                text->line.match = run->match;
                text->line.include = run->include;
                text->seen = true;
        }
        line = strdup(words);
        if (!line)
                return -ENOMEM;

        run->text = text;
        r = run_line(run, line);
        drop_changes(run);
        run->arguments.rest = NULL;
        return r == PF_SSHD_REFUSED ? 0 : r;
}

int pf_sshd_run_file(PfSshdRun *run, size_t file, unsigned flags) {
        const PfSshdFile *lines = run->conf->files[file];
        unsigned outer_flags = run->flags;
        int r = 0;

        run->flags = flags;
        run->depth++;
        /* The file stays where it is, also when others are added meanwhile. */
        for (size_t i = 0; i < lines->n && r == 0 && !run->stopped; i++)
                r = run_text(run, &lines->lines[i]);
        run->depth--;
        run->flags = outer_flags;
        return r;
}

int pf_sshd_run(PfSshdRun *run) {
        int r;

        run->number = pf_sshd_version_number(run->version);
        run->budget = PF_SSHD_BYTES_MAX;
        run->active = !run->connection;
        /* The command line is there once, and has no blocks. */
        r = run->conf->given && !run->connection ? pf_sshd_run_file(run, run->conf->given, 0) : 0;
        if (r == 0)
                r = pf_sshd_run_file(run, 0, run->connection ? PF_SSHD_MATCH_ONLY : 0);
        drop_changes(run);
        free(run->changes);
        pf_strv_deinit(&run->arguments.words);
        return r;
}

/* What is read before anything is run. */
typedef struct Input {
        const PfSshdFiles *files;
        const char *path; /* NULL: no file */
        const PfSshdGivenLine *given;
        size_t n_given;
} Input;

static int read_input(PfSshdRun *run, const Input *input) {
        size_t file;
        int r;

        if (input->n_given > PF_SSHD_GIVEN_MAX)
                return pf_err_set(run->err, -E2BIG, "more than %d options of the command line",
                                  PF_SSHD_GIVEN_MAX);
        r = input->path ? pf_sshd_file_read(run, input->path, &file)
                        : pf_sshd_file_given(run, "none", NULL, 0, &file);
        if (r != 0 || input->n_given == 0)
                return r;
        return pf_sshd_file_given(run, input->given[0].path, input->given, input->n_given,
                                  &run->conf->given);
}

static int load(PfSshdRun *run, const Input *input) {
        int r;

        r = read_input(run, input);
        if (r != 0)
                return r;
        r = pf_sshd_run(run);
        return r < 0 ? r : pf_sshd_check_global(run->conf, run->stopped);
}

static int load_input(const Input *input, const PfSshdVersion *version, PfSshdConfig **ret,
                      PfErr *err) {
        PF_CLEANUP(pf_sshd_config_freep) PfSshdConfig *conf = NULL;
        PfSshdRun run;
        int r;

        conf = calloc(1, sizeof(*conf));
        if (!conf)
                return -ENOMEM;
        conf->version = *version;
        run = (PfSshdRun){ .conf = conf,
                           .files = input->files,
                           .version = &conf->version,
                           .options = &conf->global,
                           .problems = &conf->problems,
                           .warnings = &conf->warnings,
                           .err = err };
        r = load(&run, input);
        if (r != 0)
                return r;
        *ret = PF_STEAL(conf);
        return 0;
}

int pf_sshd_config_load_files(const PfSshdFiles *files, const char *path,
                              const PfSshdVersion *version, PfSshdConfig **ret, PfErr *err) {
        const Input input = { .files = files, .path = path };

        return load_input(&input, version, ret, err);
}

/* A link to /dev/null is how somebody switches a file off; an image has no such
 * device, and of a running machine none is read. */
static bool is_masked(const PfTarget *target, const char *path) {
        PF_AUTO_FREE char *text = NULL;
        PfErr ignored = { 0 };

        return pf_target_readlink(target, path, &text, &ignored) == 0 &&
               strcmp(text, "/dev/null") == 0;
}

static int read_target(void *data, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        PfErr why = { 0 };
        int r;

        r = pf_target_read(data, path, max, buf, &why);
        if ((r == PF_TARGET_ABSENT || r == -EINVAL) && is_masked(data, path))
                return 0;
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&why, r)) : r;
}

static int glob_target(void *data, const char *pattern, PfStrv *ret, PfErr *err) {
        return pf_target_glob(data, pattern, ret, err);
}

int pf_sshd_config_load_with(const PfTarget *target, const char *path, const PfSshdVersion *version,
                             const PfSshdGivenLine *given, size_t n, PfSshdConfig **ret,
                             PfErr *err) {
        const PfSshdFiles files = { .read = read_target,
                                    .glob = glob_target,
                                    .data = (PfTarget *) target };
        const Input input = { .files = &files, .path = path, .given = given, .n_given = n };

        return load_input(&input, version, ret, err);
}

int pf_sshd_config_load(const PfTarget *target, const char *path, const PfSshdVersion *version,
                        PfSshdConfig **ret, PfErr *err) {
        return pf_sshd_config_load_with(target, path, version, NULL, 0, ret, err);
}

/* "#Subsystem sftp …", "# PermitRootLogin yes" */
static bool is_switched_off(const char *text, const char *keyword, const char *value) {
        size_t n = strlen(keyword);

        if (*text != '#')
                return false;
        text += strspn(text, "# \t");
        if (strncasecmp(text, keyword, n) != 0 || !strchr(" \t=", text[n]) || !text[n])
                return false;
        text += n;
        text += strspn(text, " \t=\"");
        return !value || strncmp(text, value, strlen(value)) == 0;
}

const PfSshdLine *pf_sshd_config_find_comment(const PfSshdConfig *conf, const char *keyword,
                                              const char *value, const PfSshdLine *after) {
        const PfSshdFile *file = conf->files[0];

        for (size_t i = after ? after->number : 0; i < file->n; i++)
                if (is_switched_off(file->lines[i].line.text, keyword, value))
                        return &file->lines[i].line;
        return NULL;
}

PfSshdConfig *pf_sshd_config_free(PfSshdConfig *conf) {
        if (!conf)
                return NULL;
        for (size_t i = 0; i < conf->n_files; i++)
                pf_sshd_file_free(conf->files[i]);
        free(conf->files);
        for (size_t i = 0; i < conf->n_includes; i++) {
                free(conf->includes[i].pattern);
                free(conf->includes[i].files);
        }
        free(conf->includes);
        pf_strv_deinit(&conf->paths);
        free(conf->services);
        pf_sshd_options_deinit(&conf->global);
        pf_sshd_problems_deinit(&conf->problems);
        pf_sshd_problems_deinit(&conf->warnings);
        free(conf);
        return NULL;
}

const PfSshdVersion *pf_sshd_config_version(const PfSshdConfig *conf) {
        return &conf->version;
}

bool pf_sshd_config_is_accepted(const PfSshdConfig *conf) {
        return conf->problems.n == 0;
}

const PfSshdProblem *pf_sshd_config_problems(const PfSshdConfig *conf, size_t *ret_n) {
        *ret_n = conf->problems.n;
        return conf->problems.items;
}

const PfSshdProblem *pf_sshd_config_warnings(const PfSshdConfig *conf, size_t *ret_n) {
        *ret_n = conf->warnings.n;
        return conf->warnings.items;
}

const PfStrv *pf_sshd_config_files(const PfSshdConfig *conf) {
        return &conf->paths;
}
