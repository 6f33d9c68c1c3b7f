/* SPDX-License-Identifier: MIT */
/*
 * The second reading, and what comes of both: settings as `sshd -T` prints them.
 */
#include "probes/parse/sshd-effective.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/parse/sshd-algorithms.h"
#include "probes/parse/sshd-checks.h"
#include "probes/parse/sshd-parse.h"

struct PfSshdEffective {
        PfSshdOptions block; /* what matching blocks have set */
        PfSshdProblems block_problems;
        PfSshdProblem *problems; /* borrowed ones: of the configuration, then of the block */
        size_t n_problems;
        PfSshdSetting settings[PF_SSHD_N_PRINTED];
        PfSshdKey keys[PF_SSHD_N_PRINTED]; /* of each setting */
        size_t n;
        PfStrv texts; /* that are neither in the configuration nor in the block */
};

/* One setting on its way: what it comes from, and where it goes. */
typedef struct Build {
        const PfSshdConfig *conf;
        PfSshdEffective *effective;
        PfSshdKey key;
        const PfSshdKeyInfo *info;
        const PfSshdSlot *global;
        const PfSshdSlot *block;
        PfSshdSetting *setting;
        PfSshdValue *values;
} Build;

static const PfSshdSlot *block_slot(const Build *build, PfSshdKey key) {
        return &build->effective->block.slots[key];
}

/* Which of the two decides about @key, or about a part of what is printed. */
static const PfSshdSlot *deciding_slot(const Build *build, PfSshdKey key) {
        const PfSshdSlot *block = block_slot(build, key);

        return block->n > 0 && pf_sshd_key_is_copied(&build->conf->version, key)
                       ? block
                       : &build->conf->global.slots[key];
}

static const char *keep_text(Build *build, const char *text) {
        PfStrv *texts = &build->effective->texts;

        return pf_strv_add(texts, text) < 0 ? NULL : texts->items[texts->n - 1];
}

static int reserve(Build *build, size_t n) {
        build->values = calloc(n ? n : 1, sizeof(*build->values));
        build->setting->values = build->values;
        return build->values ? 0 : -ENOMEM;
}

static int add_value(Build *build, const char *text, const PfSshdLine *line) {
        if (!text)
                return -ENOMEM;
        build->values[build->setting->n_values++] = (PfSshdValue){ .text = text, .line = line };
        return 0;
}

/* The one value of a setting; @text is kept. */
static int put_text(Build *build, const char *text, const PfSshdLine *line) {
        int r = reserve(build, 1);

        return r < 0 ? r : add_value(build, keep_text(build, text), line);
}

static int put_default(Build *build) {
        const char *text = pf_sshd_key_default(&build->conf->version, build->key);
        PF_AUTO_FREE char *copy = NULL;
        char *rest, *line;
        size_t n = 1;
        int r;

        if (!text)
                return reserve(build, 0);
        for (const char *c = text; *c; c++)
                n += *c == '\n';
        r = reserve(build, n);
        copy = strdup(text);
        if (r < 0 || !copy)
                return -ENOMEM;
        if (build->info->form == PF_SSHD_FORM_JOINED)
                for (char *c = copy; (c = strchr(c, '\n'));)
                        *c = ' ';
        for (rest = copy; r == 0 && (line = strsep(&rest, "\n"));)
                r = add_value(build, keep_text(build, line), NULL);
        return r;
}

static int put_joined(Build *build, const PfSshdSlot *slot) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SIZE_MAX / 2);
        int r = 0;

        for (size_t i = 0; i < slot->n && r == 0; i++)
                r = pf_buf_printf(&buf, "%s%s", i > 0 ? " " : "", slot->values[i].text);
        return r < 0 ? r : put_text(build, buf.data, slot->values[0].line);
}

static int put_values(Build *build, const PfSshdSlot *slot) {
        int r = reserve(build, slot->n);

        for (size_t i = 0; i < slot->n && r == 0; i++)
                r = add_value(build, slot->values[i].text, slot->values[i].line);
        return r;
}

/* Keys and certificates of the host: one that is none is forgotten, but its place is printed. */
static int put_host_files(Build *build, const PfSshdSlot *slot) {
        int r = slot->n > 0 ? put_values(build, slot) : put_default(build);

        for (size_t i = 0; i < build->setting->n_values && r == 0; i++)
                if (strcmp(build->values[i].text, "none") == 0)
                        build->values[i].text = "(null)";
        return r;
}

/* A block's list that comes to nothing ends sshd when the block matches. */
static int refuse_list(Build *build, const PfSshdLine *line) {
        PF_AUTO_FREE char *text = NULL;

        if (asprintf(&text, "%s: no algorithm is left", build->info->name) < 0)
                return -ENOMEM;
        return pf_sshd_problems_add_take(&build->effective->block_problems, line, line->path, true,
                                         strdup(text), strdup(text));
}

/* The list without the line that sets it. */
static int put_default_algorithms(Build *build, const PfSshdLine *line) {
        PF_AUTO_FREE char *list = NULL;
        int r = pf_sshd_algorithms_assemble(&build->conf->version, build->key, NULL, &list);

        if (r < 0)
                return r;
        return put_text(build, list ? list : "", line);
}

static int put_algorithms(Build *build, const PfSshdSlot *slot) {
        const PfSshdVersion *version = &build->conf->version;
        const char *written = slot->n > 0 ? slot->values[0].text : NULL;
        const PfSshdLine *line = slot->n > 0 ? slot->values[0].line : NULL;
        PF_AUTO_FREE char *list = NULL;
        int r;

        r = pf_sshd_algorithms_assemble(version, build->key, written, &list);
        if (r < 0)
                return r;
        if (r == PF_SSHD_ALGORITHMS_EMPTY) { /* refused; what would hold without the line */
                r = slot == build->block ? refuse_list(build, line) : 0;
                return r < 0 ? r : put_default_algorithms(build, NULL);
        }
        /* Of what "-" emptied sshd makes the default when it reads its files the
         * second time; but not of a block's. */
        return *list || slot == build->block ? put_text(build, list, line)
                                             : put_default_algorithms(build, line);
}

static const char *part_text(const Build *build, PfSshdKey key) {
        const PfSshdSlot *slot = deciding_slot(build, key);

        return slot->n > 0 ? slot->values[0].text : pf_sshd_key_default(&build->conf->version, key);
}

static const PfSshdLine *part_line(const Build *build, PfSshdKey key) {
        const PfSshdSlot *slot = deciding_slot(build, key);

        return slot->n > 0 ? slot->values[0].line : NULL;
}

static int put_rekey(Build *build) {
        const PfSshdLine *line = part_line(build, PF_SSHD_REKEY_LIMIT);
        char text[64];

        (void) snprintf(text, sizeof(text), "%s %s", part_text(build, PF_SSHD_REKEY_LIMIT),
                        part_text(build, PF_SSHD_REKEY_INTERVAL));
        return put_text(build, text, line ? line : part_line(build, PF_SSHD_REKEY_INTERVAL));
}

static const struct {
        const char *name;
        PfSshdKey key;
        unsigned since;
} penalty_parts[] = {
        { "crash", PF_SSHD_PENALTY_CRASH, 0 },
        { "authfail", PF_SSHD_PENALTY_AUTHFAIL, 0 },
        { "noauth", PF_SSHD_PENALTY_NOAUTH, 0 },
        { "grace-exceeded", PF_SSHD_PENALTY_GRACE_EXCEEDED, 0 },
        { "refuseconnection", PF_SSHD_PENALTY_REFUSE_CONNECTION, 909 },
        { "max", PF_SSHD_PENALTY_MAX, 0 },
        { "min", PF_SSHD_PENALTY_MIN, 0 },
        { "max-sources4", PF_SSHD_PENALTY_MAX_SOURCES4, 0 },
        { "max-sources6", PF_SSHD_PENALTY_MAX_SOURCES6, 0 },
        { "overflow", PF_SSHD_PENALTY_OVERFLOW, 0 },
        { "overflow6", PF_SSHD_PENALTY_OVERFLOW6, 0 },
};

static int put_penalties(Build *build) {
        unsigned number = pf_sshd_version_number(&build->conf->version);
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1024);
        const PfSshdLine *line = part_line(build, PF_SSHD_PER_SOURCE_PENALTIES);
        int r = 0;

        if (strcmp(part_text(build, PF_SSHD_PER_SOURCE_PENALTIES), "no") == 0)
                return put_text(build, "no", line);
        for (size_t i = 0; i < PF_ELEMENTS(penalty_parts) && r == 0; i++) {
                const char *text = part_text(build, penalty_parts[i].key);

                /* What is not said for IPv6 is as for IPv4. */
                if (!text)
                        text = part_text(build, PF_SSHD_PENALTY_OVERFLOW);
                if (number >= penalty_parts[i].since)
                        r = pf_buf_printf(&buf, "%s%s:%s", i > 0 ? " " : "", penalty_parts[i].name,
                                          text);
                if (!line)
                        line = part_line(build, penalty_parts[i].key);
        }
        return r < 0 ? r : put_text(build, buf.data, line);
}

/* Up to 8.6 sshd switched it on where challenge-response was on. */
static int put_kbd_interactive(Build *build, const PfSshdSlot *slot) {
        if (pf_sshd_version_number(&build->conf->version) < 807 && slot == build->global &&
            strcmp(part_text(build, PF_SSHD_CHALLENGE_RESPONSE), "yes") == 0)
                return put_text(build, "yes", part_line(build, PF_SSHD_CHALLENGE_RESPONSE));
        return slot->n > 0 ? put_values(build, slot) : put_default(build);
}

static const PfSshdValue *same_subsystem(const PfSshdSlot *slot, const char *text) {
        size_t n = strcspn(text, " ") + 1;

        for (size_t i = 0; i < slot->n; i++)
                if (strncmp(slot->values[i].text, text, n) == 0)
                        return &slot->values[i];
        return NULL;
}

/* A block's subsystem takes the place of the global one of its name, or is one more. */
static int put_subsystems(Build *build) {
        bool merged = pf_sshd_key_is_copied(&build->conf->version, PF_SSHD_SUBSYSTEM);
        const PfSshdSlot nothing = { 0 };
        const PfSshdSlot *block = merged ? build->block : &nothing;
        int r = reserve(build, build->global->n + block->n);

        for (size_t i = 0; i < build->global->n && r == 0; i++) {
                const PfSshdValue *value = &build->global->values[i];
                const PfSshdValue *other = same_subsystem(block, value->text);

                value = other ? other : value;
                r = add_value(build, value->text, value->line);
        }
        for (size_t i = 0; i < block->n && r == 0; i++)
                if (!same_subsystem(build->global, block->values[i].text))
                        r = add_value(build, block->values[i].text, block->values[i].line);
        return r;
}

static int put_listen(Build *build) {
        int r = put_values(build, build->global);

        for (size_t i = 0; i < build->setting->n_values; i++)
                if (pf_sshd_listen_is_name(build->values[i].text))
                        build->setting->unresolved = true;
        return r;
}

static int put(Build *build) {
        const PfSshdSlot *slot = deciding_slot(build, build->key);

        switch (build->key) {
        case PF_SSHD_LISTEN_ADDRESS:
                return put_listen(build);
        case PF_SSHD_HOST_KEY:
        case PF_SSHD_HOST_CERTIFICATE:
                return put_host_files(build, slot);
        case PF_SSHD_REKEY_LIMIT:
                return put_rekey(build);
        case PF_SSHD_PER_SOURCE_PENALTIES:
                return put_penalties(build);
        case PF_SSHD_KBD_INTERACTIVE:
                return put_kbd_interactive(build, slot);
        case PF_SSHD_SUBSYSTEM:
                return put_subsystems(build);
        case PF_SSHD_UNUSED_CONNECTION_TIMEOUT:
                if (slot->n > 0 && strcmp(slot->values[0].text, "0") == 0)
                        return put_text(build, "none", slot->values[0].line);
                break;
        default:
                break;
        }
        if (pf_sshd_key_is_algorithms(build->key))
                return put_algorithms(build, slot);
        if (slot->n == 0)
                return put_default(build);
        return build->info->form == PF_SSHD_FORM_JOINED ? put_joined(build, slot)
                                                        : put_values(build, slot);
}

static bool holds(const Build *build, const PfSshdLine *line) {
        for (size_t i = 0; i < build->setting->n_values; i++)
                if (build->values[i].line == line)
                        return true;
        return false;
}

/* Lines that set it to no effect: they came late, or a block came over them. */
static int put_shadowed(Build *build) {
        PfSshdSlot lost = { 0 };
        int r = 0;

        for (size_t i = 0; i < build->global->n_shadowed && r == 0; i++)
                r = pf_sshd_slot_shadow(&lost, build->global->shadowed[i]);
        for (size_t i = 0; i < build->global->n && r == 0; i++)
                if (build->global->values[i].line && !holds(build, build->global->values[i].line))
                        r = pf_sshd_slot_shadow(&lost, build->global->values[i].line);
        for (size_t i = 0; i < build->block->n_shadowed && r == 0; i++)
                r = pf_sshd_slot_shadow(&lost, build->block->shadowed[i]);
        build->setting->shadowed = lost.shadowed;
        build->setting->n_shadowed = lost.n_shadowed;
        return r;
}

static bool has_line(const Build *build) {
        for (size_t i = 0; i < build->setting->n_values; i++)
                if (build->values[i].line)
                        return true;
        return false;
}

static int add_setting(const PfSshdConfig *conf, PfSshdEffective *effective, PfSshdKey key) {
        Build build = { .conf = conf,
                        .effective = effective,
                        .key = key,
                        .info = pf_sshd_key_info(&conf->version, key),
                        .global = &conf->global.slots[key],
                        .block = &effective->block.slots[key],
                        .setting = &effective->settings[effective->n] };
        int r;

        if (!build.info)
                return 0;
        effective->keys[effective->n++] = key;
        build.setting->keyword = build.info->name;
        build.setting->is_list = build.info->form == PF_SSHD_FORM_LINES;
        build.setting->doubt = build.block->doubt;
        r = put(&build);
        if (r < 0)
                return r;
        build.setting->is_default = !has_line(&build);
        return put_shadowed(&build);
}

static int join_problems(const PfSshdConfig *conf, PfSshdEffective *effective) {
        size_t n = conf->problems.n + effective->block_problems.n;

        effective->problems = calloc(n ? n : 1, sizeof(*effective->problems));
        if (!effective->problems)
                return -ENOMEM;
        if (conf->problems.n > 0)
                memcpy(effective->problems, conf->problems.items,
                       conf->problems.n * sizeof(*effective->problems));
        if (effective->block_problems.n > 0)
                memcpy(effective->problems + conf->problems.n, effective->block_problems.items,
                       effective->block_problems.n * sizeof(*effective->problems));
        effective->n_problems = n;
        return 0;
}

int pf_sshd_config_evaluate(const PfSshdConfig *conf, const PfSshdConnection *connection,
                            PfSshdEffective **ret, PfErr *err) {
        PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *effective = NULL;
        PfSshdRun run;
        int r;

        effective = calloc(1, sizeof(*effective));
        if (!effective)
                return -ENOMEM;
        /* Without files to read, and with the problems kept here, a run leaves
         * the configuration as it is. */
        run = (PfSshdRun){ .conf = (PfSshdConfig *) conf,
                           .connection = connection,
                           .version = &conf->version,
                           .options = &effective->block,
                           .problems = &effective->block_problems,
                           .err = err };
        r = pf_sshd_run(&run);
        for (unsigned key = 0; key < PF_SSHD_N_PRINTED && r == 0; key++)
                r = add_setting(conf, effective, key);
        if (r == 0)
                r = join_problems(conf, effective);
        if (r < 0)
                return r;
        *ret = PF_STEAL(effective);
        return 0;
}

PfSshdEffective *pf_sshd_effective_free(PfSshdEffective *effective) {
        if (!effective)
                return NULL;
        for (size_t i = 0; i < effective->n; i++) {
                free((void *) effective->settings[i].values);
                free((void *) effective->settings[i].shadowed);
        }
        pf_sshd_options_deinit(&effective->block);
        pf_sshd_problems_deinit(&effective->block_problems);
        free(effective->problems);
        pf_strv_deinit(&effective->texts);
        free(effective);
        return NULL;
}

bool pf_sshd_effective_is_accepted(const PfSshdEffective *effective) {
        return effective->n_problems == 0;
}

const PfSshdProblem *pf_sshd_effective_problems(const PfSshdEffective *effective, size_t *ret_n) {
        *ret_n = effective->n_problems;
        return effective->problems;
}

const PfSshdSetting *pf_sshd_effective_get(const PfSshdEffective *effective, const char *keyword) {
        PfSshdKey key;

        for (size_t i = 0; i < effective->n; i++)
                if (strcasecmp(effective->settings[i].keyword, keyword) == 0)
                        return &effective->settings[i];
        key = pf_sshd_key_find(keyword);
        for (size_t i = 0; i < effective->n && key != PF_SSHD_NO_KEY; i++)
                if (effective->keys[i] == key)
                        return &effective->settings[i];
        return NULL;
}

const char *pf_sshd_effective_text(const PfSshdEffective *effective, const char *keyword) {
        const PfSshdSetting *setting = pf_sshd_effective_get(effective, keyword);

        return setting && setting->n_values > 0 ? setting->values[0].text : NULL;
}

size_t pf_sshd_effective_count(const PfSshdEffective *effective) {
        return effective->n;
}

const PfSshdSetting *pf_sshd_effective_at(const PfSshdEffective *effective, size_t i) {
        return &effective->settings[i];
}

int pf_sshd_effective_print(const PfSshdEffective *effective, PfBuf *buf) {
        int r = 0;

        for (size_t i = 0; i < effective->n && r == 0; i++) {
                const PfSshdSetting *setting = &effective->settings[i];

                for (size_t j = 0; j < setting->n_values && r == 0; j++)
                        r = pf_buf_printf(buf, "%s %s\n", setting->keyword,
                                          setting->values[j].text);
        }
        return r;
}

const char *pf_sshd_effective_subsystem(const PfSshdEffective *effective, const char *name,
                                        const PfSshdLine **ret_line) {
        const PfSshdSetting *setting = pf_sshd_effective_get(effective, "subsystem");
        size_t n = strlen(name);

        for (size_t i = 0; setting && i < setting->n_values; i++) {
                const PfSshdValue *value = &setting->values[i];

                if (strncmp(value->text, name, n) != 0 || value->text[n] != ' ')
                        continue;
                if (ret_line)
                        *ret_line = value->line;
                return value->text + n + 1;
        }
        return NULL;
}
