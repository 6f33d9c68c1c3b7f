/* SPDX-License-Identifier: MIT */
/*
 * Reads the configuration of a service as libpam does, mistakes included: a
 * line that libpam cannot use stays in its stack as one that always fails, and
 * where libpam would not even start, that is told.
 */
#include "probes/pam/config.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "probes/pam/control.h"
#include "probes/pam/modules.h"

#define LEVEL_MAX 16     /* PAM_SUBSTACK_MAX_LEVEL: substacks in substacks */
#define DEPTH_MAX 200    /* includes in includes, which libpam follows until it is out of memory */
#define PIECE_SIZE 1024u /* libpam's buffer: a longer line becomes two */
#define OTHER "other"
#define CONF_PATH "/etc/pam.conf"

static const char *const directories[] = { "/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d" };
static const char *const facility_names[PF_PAM_N_FACILITIES] = { "auth", "account", "session",
                                                                 "password" };
#define ANY PF_PAM_N_FACILITIES
#define DIES 2 /* libpam itself ends */

/* One file while it is read. */
typedef struct Source {
        PfPamConfig *config;
        const PfTarget *target;
        PfPamStack *stacks; /* where its lines go */
        const char *path;
        const char *service;  /* pam.conf: lines name their service; NULL: they do not */
        PfPamFacility wanted; /* of the include that names this file; or ANY */
        unsigned depth;
        unsigned level;
        size_t *n_lines;
        PfErr *err;
} Source;

/* A line put together from its pieces. */
typedef struct Piece {
        const char *next;
        const char *end;
        unsigned number;   /* of the line that begins at next */
        unsigned begun_at; /* where text begins */
        char text[PIECE_SIZE];
} Piece;

const char *pf_pam_facility_to_string(PfPamFacility facility) {
        return facility < PF_PAM_N_FACILITIES ? facility_names[facility] : "unknown";
}

/* --- entries --- */

static PfPamEntry *entry_free(PfPamEntry *entry) {
        if (!entry)
                return NULL;
        free((char *) entry->line.path);
        free((char *) entry->line.text);
        free((char *) entry->line.module);
        free((char *) entry->line.name);
        if (entry->line.args)
                pf_strv_deinit((PfStrv *) entry->line.args);
        free((PfStrv *) entry->line.args);
        free(entry->fault);
        free(entry);
        return NULL;
}
PF_DEFINE_CLEANUP(PfPamEntry, entry_free);

static char *name_of(const char *module) {
        const char *slash = strrchr(module, '/');
        const char *name = slash ? slash + 1 : module;
        size_t n = strlen(name);

        if (n > 3 && strcmp(name + n - 3, ".so") == 0)
                n -= 3;
        return strndup(name, n);
}

static PfPamEntry *entry_new(const Source *source, unsigned number, const char *text,
                             const char *module) {
        PF_CLEANUP(entry_freep) PfPamEntry *entry = calloc(1, sizeof(*entry));

        if (!entry)
                return NULL;
        entry->line = (PfPamLine){ .path = strdup(source->path),
                                   .number = number,
                                   .text = strdup(text),
                                   .module = strdup(module),
                                   .name = name_of(module),
                                   .args = calloc(1, sizeof(PfStrv)) };
        entry->level = source->level;
        if (!entry->line.path || !entry->line.text || !entry->line.module || !entry->line.name ||
            !entry->line.args)
                return NULL;
        return PF_STEAL(entry);
}

static int entry_add_words(PfPamEntry *entry, char *rest) {
        const char *word;
        int r = 0;

        while (r == 0 && (word = pf_pam_next_word(&rest)))
                r = pf_strv_add((PfStrv *) entry->line.args, word);
        return r;
}

static int entry_put_take(PfPamStack *stack, PfPamEntry *entry) {
        PfPamEntry **entries = realloc(stack->entries, (stack->n + 1) * sizeof(*entries));

        if (!entries) {
                entry_free(entry);
                return -ENOMEM;
        }
        entries[stack->n++] = entry;
        stack->entries = entries;
        return 0;
}

/* --- lines --- */

/* What fgets() would put into @room bytes: through the newline, if it fits. */
static size_t take_piece(Piece *piece, char *to, size_t room) {
        size_t left = (size_t) (piece->end - piece->next);
        size_t n = left < room - 1 ? left : room - 1;
        const char *newline = memchr(piece->next, '\n', n);

        if (newline)
                n = (size_t) (newline - piece->next) + 1;
        memcpy(to, piece->next, n);
        to[n] = '\0';
        piece->next += n;
        if (newline)
                piece->number++;
        return n;
}

/* 1: a line is in @piece; 0: the file has ended; -EINVAL: within a line that goes
 * on, or a line that does not fit. Comments and blank lines do not end one. */
static int next_line(Piece *piece) {
        char *to = piece->text;
        char *const end = piece->text + sizeof(piece->text);

        for (piece->begun_at = 0;;) {
                unsigned number = piece->number;
                char *first;
                char *last;

                if (to + 1 >= end)
                        return -EINVAL;
                if (take_piece(piece, to, (size_t) (end - to)) == 0)
                        return to > piece->text ? -EINVAL : 0;
                first = to + strspn(to, " \t\n");
                if (!*first || *first == '#')
                        continue;
                if (piece->begun_at == 0)
                        piece->begun_at = number;
                last = first + strcspn(first, "#");
                if (*last == '#') {
                        *last = '\0';
                        return 1;
                }
                while (last > first && strchr(" \t\n", last[-1]))
                        last--;
                if (last[-1] != '\\')
                        return 1;
                to = last - 1;
                *to = '\0';
        }
}

/* --- files --- */

/* 0; PF_TARGET_ABSENT: libpam gives up on it, or DIES; a negative errno */
static int read_stream(const Source *source, const char *bytes, size_t n);

static void forgive(PfPamConfig *config) {
        free(config->fault);
        free(config->fault_from.path);
        free(config->fault_from.found);
        config->fault = NULL;
        config->fault_from = (PfEvidence){ 0 };
}

static int refuse(const Source *source, unsigned number, const char *text, const char *fmt, ...)
        PF_PRINTF(4, 5);

/*
 * libpam gives up on a file, and on those that take every facility from it; a
 * line that includes it for one facility fails instead. The first reason counts.
 */
static int refuse(const Source *source, unsigned number, const char *text, const char *fmt, ...) {
        PfPamConfig *config = source->config;
        va_list args;
        int n;

        if (config->fault)
                return PF_TARGET_ABSENT;
        va_start(args, fmt);
        n = vasprintf(&config->fault, fmt, args);
        va_end(args);
        if (n < 0) {
                config->fault = NULL;
                return -ENOMEM;
        }
        config->fault_from.path = strdup(source->path);
        config->fault_from.line = number;
        config->fault_from.found = text ? strdup(text) : NULL;
        config->fault_from.restricted = !pf_target_is_public(source->target, source->path);
        return config->fault_from.path && (!text || config->fault_from.found) ? PF_TARGET_ABSENT
                                                                              : -ENOMEM;
}

/* libpam opens a directory as well, and finds no line in it. */
static int read_file(const PfTarget *target, const char *path, PfBuf *bytes, PfErr *err) {
        PfErr own = { 0 };
        int r = pf_target_read(target, path, PF_PAM_FILE_MAX, bytes, &own);

        if (r == -EISDIR)
                return 0;
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&own, r)) : r;
}

/* 0, PF_TARGET_ABSENT, or a negative errno. @ret_path is the caller's. */
static int read_named(const PfTarget *target, const char *name, PfBuf *bytes, char **ret_path,
                      PfErr *err) {
        int r = PF_TARGET_ABSENT;

        for (size_t i = 0; i < PF_ELEMENTS(directories) && r == PF_TARGET_ABSENT; i++) {
                PF_AUTO_FREE char *path = NULL;

                if (name[0] == '/')
                        path = strdup(name);
                else if (asprintf(&path, "%s/%s", directories[i], name) < 0)
                        path = NULL;
                if (!path)
                        return -ENOMEM;
                r = read_file(target, path, bytes, err);
                if (r == 0)
                        *ret_path = PF_STEAL(path);
        }
        return r;
}

/* 0, PF_TARGET_ABSENT where libpam cannot read it, a negative errno. */
static int include(const Source *source, const char *name, PfPamFacility facility, bool substack) {
        PF_AUTO_BUF PfBuf bytes = PF_BUF_INIT(PF_PAM_FILE_MAX);
        PF_AUTO_FREE char *path = NULL;
        Source inner = *source;
        int r;

        if (source->level + substack >= LEVEL_MAX)
                return PF_TARGET_ABSENT;
        if (source->depth >= DEPTH_MAX) {
                r = refuse(source, 0, NULL, "its includes lead back to themselves");
                return r < 0 ? r : DIES;
        }
        r = read_named(source->target, name, &bytes, &path, source->err);
        if (r != 0)
                return r;
        inner.path = path;
        inner.service = NULL;
        inner.wanted = facility;
        inner.depth++;
        inner.level += substack;
        return read_stream(&inner, bytes.data ? bytes.data : "", bytes.n);
}

/* What the first word says. ANY: an @include that takes every facility. */
typedef struct Head {
        PfPamFacility facility;
        bool include;
        bool substack;
        const char *fault;
} Head;

static void parse_head(const Source *source, const char *word, Head *ret) {
        *ret = (Head){ .facility = source->wanted };
        word += word[0] == '-'; /* only less is logged */
        for (PfPamFacility i = 0; i < PF_PAM_N_FACILITIES; i++)
                if (strcasecmp(word, facility_names[i]) == 0) {
                        ret->facility = i;
                        return;
                }
        if (strcasecmp(word, "@include") == 0) {
                ret->include = true;
                return;
        }
        /* libpam takes the most sensitive. */
        if (ret->facility == ANY)
                ret->facility = PF_PAM_AUTH;
        ret->fault = "begins with a word that is no facility";
}

static int put(const Source *source, const Head *head, PfPamEntryKind kind, unsigned number,
               const char *text, const char *module, const int *actions, char *rest) {
        PF_CLEANUP(entry_freep) PfPamEntry *entry = entry_new(source, number, text, module);

        if (!entry)
                return -ENOMEM;
        entry->kind = kind;
        memcpy(entry->actions, actions, sizeof(entry->actions));
        /* What is wrong with a line does not keep it from including another. */
        if (kind == PF_PAM_ENTRY_MUST_FAIL && !(entry->fault = strdup(head->fault)))
                return -ENOMEM;
        if (entry_add_words(entry, rest) < 0)
                return -ENOMEM;
        return entry_put_take(&source->stacks[head->facility], PF_STEAL(entry));
}

static int read_include(const Source *source, Head *head, unsigned number, const char *text,
                        char *rest) {
        const char *name = pf_pam_next_word(&rest);
        int actions[PF_PAM_N_CODES];
        int r;

        (void) pf_pam_parse_control("default=bad", actions);
        if (!name) { /* libpam 1.5 dies of it */
                r = refuse(source, number, text, "an include names no file");
                return r < 0 ? r : DIES;
        }
        if (head->substack) {
                r = put(source, head, PF_PAM_ENTRY_SUBSTACK, number, text, name, actions, NULL);
                if (r < 0)
                        return r;
        }
        r = include(source, name, head->facility, head->substack);
        if (r != PF_TARGET_ABSENT)
                return r;
        if (head->facility == ANY)
                return refuse(source, number, text, "an included file cannot be read");
        forgive(source->config);
        head->fault = "includes what cannot be read";
        return put(source, head, PF_PAM_ENTRY_MUST_FAIL, number, text, name, actions, NULL);
}

/* The control, or that the line is an include. */
static void parse_middle(char **rest, Head *head, int actions[PF_PAM_N_CODES]) {
        const char *word = pf_pam_next_word(rest);

        head->substack = word && strcasecmp(word, "substack") == 0;
        head->include = head->substack || (word && strcasecmp(word, "include") == 0);
        (void) pf_pam_parse_control(word && !head->include ? word : "default=bad", actions);
        if (!word)
                head->fault = "has no control";
}

static int read_words(const Source *source, unsigned number, const char *text, char *rest) {
        int actions[PF_PAM_N_CODES];
        const char *word;
        Head head;

        if (source->service) {
                word = pf_pam_next_word(&rest);
                if (!word || strcasecmp(word, source->service) != 0)
                        return 0;
        }
        word = pf_pam_next_word(&rest);
        parse_head(source, word ? word : "", &head);
        if (source->wanted != ANY && head.facility != source->wanted)
                return 0;
        if (!head.include)
                parse_middle(&rest, &head, actions);
        if (head.include)
                return read_include(source, &head, number, text, rest);
        word = pf_pam_next_word(&rest);
        if (!word && !head.fault)
                head.fault = "names no module";
        return put(source, &head, head.fault ? PF_PAM_ENTRY_MUST_FAIL : PF_PAM_ENTRY_MODULE, number,
                   text, word ? word : "", actions, rest);
}

/* As evidence shows it: without what surrounds it. */
static char *trimmed(const char *line) {
        size_t n;

        line += strspn(line, " \t\n");
        for (n = strlen(line); n > 0 && strchr(" \t\r\n", line[n - 1]);)
                n--;
        return strndup(line, n);
}

static int read_line(const Source *source, unsigned number, char *line) {
        PF_AUTO_FREE char *text = trimmed(line);

        if (!text)
                return -ENOMEM;
        if (++*source->n_lines > PF_PAM_LINES_MAX)
                return pf_err_set(source->err, -E2BIG,
                                  "%s: the includes come to more than %d lines", source->path,
                                  PF_PAM_LINES_MAX);
        return read_words(source, number, text, line);
}

static int read_stream(const Source *source, const char *bytes, size_t n) {
        Piece *piece = calloc(1, sizeof(*piece));
        int r = piece ? 0 : -ENOMEM;

        if (piece)
                *piece = (Piece){ .next = bytes, .end = bytes + n, .number = 1 };
        while (r == 0) {
                int more = next_line(piece);

                if (more == 0)
                        break;
                if (more < 0)
                        r = refuse(source, piece->begun_at, NULL,
                                   "a line goes on behind the end of the file, or is too long");
                else
                        r = read_line(source, piece->begun_at, piece->text);
        }
        free(piece);
        return r;
}

/* --- the whole --- */

static void stack_deinit(PfPamStack *stack) {
        for (size_t i = 0; i < stack->n; i++)
                entry_free(stack->entries[i]);
        free(stack->entries);
        *stack = (PfPamStack){ 0 };
}

PfPamConfig *pf_pam_config_free(PfPamConfig *config) {
        if (!config)
                return NULL;
        for (size_t i = 0; i < PF_PAM_N_FACILITIES; i++) {
                stack_deinit(&config->service[i]);
                stack_deinit(&config->other[i]);
        }
        forgive(config);
        pf_strv_deinit(&config->places);
        free(config->path);
        free(config);
        return NULL;
}

/* 0, PF_TARGET_ABSENT, or a negative errno. */
static int read_service(Source *source, const char *name, char **ret_path) {
        PF_AUTO_BUF PfBuf bytes = PF_BUF_INIT(PF_PAM_FILE_MAX);
        int r;

        r = read_named(source->target, name, &bytes, ret_path, source->err);
        if (r != 0)
                return r;
        source->path = *ret_path;
        source->service = NULL;
        return read_stream(source, bytes.data ? bytes.data : "", bytes.n);
}

/* /etc/pam.conf, whose lines begin with the name of a service */
static int read_conf(Source *source, const char *name, char **ret_path) {
        PF_AUTO_BUF PfBuf bytes = PF_BUF_INIT(PF_PAM_FILE_MAX);
        int r;

        r = read_file(source->target, CONF_PATH, &bytes, source->err);
        if (r != 0)
                return r;
        if (!*ret_path && !(*ret_path = strdup(CONF_PATH)))
                return -ENOMEM;
        source->path = CONF_PATH;
        source->service = name;
        return read_stream(source, bytes.data ? bytes.data : "", bytes.n);
}

/* Is one of the directories there? Return: 1, 0, a negative errno. */
static int has_directory(const PfTarget *target, PfErr *err) {
        for (size_t i = 0; i < PF_ELEMENTS(directories); i++) {
                PfFileInfo info;
                int r = pf_target_stat(target, directories[i], &info, err);

                if (r < 0)
                        return r;
                if (r == 0 && info.type == PF_FILE_DIRECTORY)
                        return 1;
        }
        return 0;
}

static int read_all(Source *source, const char *service, bool has_directories) {
        int (*read)(Source *, const char *, char **) = has_directories ? read_service : read_conf;
        PF_AUTO_FREE char *other_path = NULL;
        PfPamConfig *config = source->config;
        int own;
        int other;

        source->stacks = config->service;
        own = read(source, service, &config->path);
        if (own < 0 || config->fault)
                return own;
        source->stacks = config->other;
        other = read(source, OTHER, &other_path);
        if (other < 0 || config->fault || own == 0 || other == 0)
                return other;
        source->path = has_directories ? directories[0] : CONF_PATH;
        return refuse(source, 0, NULL,
                      "there is neither a file for the service nor one for \"" OTHER "\"");
}

int pf_pam_config_load(const PfTarget *target, const char *service, PfPamConfig **ret, PfErr *err) {
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = calloc(1, sizeof(*config));
        PF_AUTO_FREE char *name = strdup(service);
        size_t n_lines = 0;
        Source source = {
                .config = config, .target = target, .wanted = ANY, .n_lines = &n_lines, .err = err
        };
        int r;

        if (!config || !name)
                return -ENOMEM;
        for (char *c = name; *c; c++)
                *c = (char) tolower((unsigned char) *c);
        r = has_directory(target, err);
        if (r < 0)
                return r;
        r = read_all(&source, name, r);
        if (r >= 0)
                r = pf_pam_module_places(target, &config->places, err);
        if (r < 0)
                return r;
        *ret = PF_STEAL(config);
        return 0;
}

const PfPamStack *pf_pam_config_stack(const PfPamConfig *config, PfPamFacility facility) {
        return config->service[facility].n > 0 ? &config->service[facility]
                                               : &config->other[facility];
}
