/* SPDX-License-Identifier: MIT */
/*
 * grub.cfg of real machines: entries, what they load and from where, as an
 * independent reader and grub-emu have it.
 */
#include "probes/parse/grub-script.h"

#include <string.h>

#include "tests/support/boot-corpus.h"

typedef struct Corpus {
        size_t n_files, n_entries, n_boot, n_bad;
} Corpus;

/* What is compared: the words as written, of commands that stand in the entry itself. */
typedef struct Place {
        const char *file;
        const PfBootCommands *commands;
        bool outside;
} Place;

static bool is_listed(const Place *place, const PfBootCommand *command) {
        if (!place->outside)
                return command->function == NULL;
        return command->function == NULL || command->when == PF_BOOT_NEVER;
}

/* The i-th command of a verb; NULL behind the last. */
static const PfBootCommand *find(const Place *place, PfBootVerb verb, size_t i) {
        for (size_t j = 0; j < place->commands->n; j++) {
                const PfBootCommand *command = &place->commands->items[j];

                if (command->verb == verb && is_listed(place, command) && i-- == 0)
                        return command;
        }
        return NULL;
}

static void compare_words(const Place *place, const PfBootCommand *command, size_t skip,
                          PfJson *want) {
        ck_assert_msg(command->written.n == pf_json_length(want) + skip, "%s:%u: %zu words",
                      place->file, command->line, command->written.n);
        for (size_t i = 0; i < pf_json_length(want); i++)
                pf_corpus_same(place->file, "a word", command->written.items[skip + i].text,
                               pf_json_at(want, i));
}

static void compare_boot(const Place *place, PfJson *want) {
        size_t n = pf_json_length(want);

        for (size_t i = 0; i < n; i++) {
                PfJson *one = pf_json_at(want, i);
                const PfBootCommand *command = find(place, PF_BOOT_KERNEL, i);

                ck_assert_msg(command, "%s: %zu kernels are missing", place->file, n - i);
                pf_corpus_same(place->file, "command", command->name, pf_json_get(one, "cmd"));
                pf_corpus_same(place->file, "image",
                               command->written.n ? command->written.items[0].text : NULL,
                               pf_json_get(one, "image"));
                compare_words(place, command, 1, pf_json_get(one, "args"));
                pf_corpus_identities(place->file, &command->written, "root",
                                     pf_json_get(one, "root"));
                pf_corpus_identities(place->file, &command->written, "resume",
                                     pf_json_get(one, "resume"));
                ck_assert_msg(command->conditional == pf_json_bool(pf_json_get(one, "conditional")),
                              "%s:%u: conditional", place->file, command->line);
                if (place->outside)
                        pf_corpus_same(place->file, "function", command->function,
                                       pf_json_get(one, "function"));
        }
        ck_assert_msg(!find(place, PF_BOOT_KERNEL, n), "%s: a kernel too many", place->file);
}

static void compare_initrds(const Place *place, PfJson *want) {
        size_t n = pf_json_length(want);

        for (size_t i = 0; i < n; i++) {
                const PfBootCommand *command = find(place, PF_BOOT_INITRD, i);

                ck_assert_msg(command, "%s: an initrd is missing", place->file);
                compare_words(place, command, 0, pf_json_at(want, i));
        }
        ck_assert_msg(!find(place, PF_BOOT_INITRD, n), "%s: an initrd too many", place->file);
}

/* search and what starts another loader, in the order of the file. */
static void compare_others(const Place *place, PfJson *want) {
        size_t n = 0;

        for (size_t i = 0; i < place->commands->n; i++) {
                const PfBootCommand *command = &place->commands->items[i];
                PfJson *one = pf_json_at(want, n);

                if ((command->verb != PF_BOOT_SEARCH && command->verb != PF_BOOT_CHAIN) ||
                    !is_listed(place, command))
                        continue;
                ck_assert_msg(one, "%s:%u: %s is too many", place->file, command->line,
                              command->name);
                pf_corpus_same(place->file, "command", command->name, pf_json_get(one, "cmd"));
                compare_words(place, command, 0, pf_json_get(one, "args"));
                n++;
        }
        ck_assert_msg(n == pf_json_length(want), "%s: %zu other commands", place->file, n);
}

static void compare_entry(const char *file, const PfBootEntry *entry, PfJson *want,
                          Corpus *corpus) {
        Place place = { .file = file, .commands = &entry->commands };
        PfJson *submenu = pf_json_get(want, "submenu");

        pf_corpus_same(file, "title", entry->written, pf_json_get(want, "title"));
        pf_corpus_same(file, "id", entry->id, pf_json_get(want, "id"));
        ck_assert_msg(entry->conditional == pf_json_bool(pf_json_get(want, "conditional")),
                      "%s:%u: conditional", file, entry->line);
        ck_assert_msg(entry->submenu.n == pf_json_length(submenu), "%s:%u: submenu", file,
                      entry->line);
        for (size_t i = 0; i < entry->submenu.n; i++) {
                const char *title = entry->submenu.items[i].text;

                pf_corpus_same(file, "submenu", *title ? title : NULL, pf_json_at(submenu, i));
        }
        compare_boot(&place, pf_json_get(want, "boot"));
        compare_initrds(&place, pf_json_get(want, "initrd"));
        compare_others(&place, pf_json_get(want, "other"));
        corpus->n_boot += pf_json_length(pf_json_get(want, "boot"));
        corpus->n_entries++;
}

static bool has_assignment(const PfBootCommands *commands, const char *name, const char *value,
                           bool conditional) {
        size_t n = strlen(name);

        for (size_t i = 0; i < commands->n; i++) {
                const PfBootCommand *command = &commands->items[i];

                if (command->verb == PF_BOOT_SET && command->written.n > 0 &&
                    strncmp(command->written.items[0].text, name, n) == 0 &&
                    command->written.items[0].text[n] == '=' &&
                    strcmp(command->written.items[0].text + n + 1, value) == 0 &&
                    command->conditional == conditional)
                        return true;
        }
        return false;
}

static size_t count_blscfg(const PfBootMenu *menu) {
        size_t n = 0;

        for (size_t i = 0; i < menu->outside.n; i++)
                n += menu->outside.items[i].verb == PF_BOOT_BLSCFG;
        return n;
}

/* The files that are gone on with: anywhere, once each. */
static size_t count_configs(const PfBootMenu *menu) {
        size_t n = 0;

        for (size_t i = 0; i <= menu->n; i++) {
                Place place = { .commands =
                                        i < menu->n ? &menu->entries[i].commands : &menu->outside,
                                .outside = i == menu->n };

                for (size_t j = 0; find(&place, PF_BOOT_CONFIG, j); j++)
                        n++;
        }
        return n;
}

static int compare_file(const char *name, PfJson *truth, void *data) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        Corpus *corpus = data;
        PfErr err = { 0 };
        size_t n;
        PF_AUTO_FREE char *text = pf_corpus_read("grub", name, &n);
        PfJson *entries = pf_json_get(truth, "entries"), *sets = pf_json_get(truth, "assignments");
        Place outside = { .file = name, .commands = &menu.outside, .outside = true };
        int r = pf_grub_script_load(name, text, n, NULL, NULL, &menu, &err);

        ck_assert_msg(r == 0, "%s: %s", name, err.text);
        ck_assert_msg(menu.n == pf_json_length(entries), "%s: %zu entries", name, menu.n);
        for (size_t i = 0; i < menu.n; i++)
                compare_entry(name, &menu.entries[i], pf_json_at(entries, i), corpus);
        outside.commands = &menu.outside;
        compare_boot(&outside, pf_json_get(truth, "outside_entries"));
        for (size_t i = 0; i < pf_json_length(sets); i++) {
                PfJson *set = pf_json_at(sets, i);

                ck_assert_msg(has_assignment(&menu.outside, pf_json_get_string(set, "name"),
                                             pf_json_get_string(set, "value"),
                                             pf_json_bool(pf_json_get(set, "conditional"))),
                              "%s: %s", name, pf_json_get_string(set, "name"));
        }
        ck_assert_uint_eq(count_blscfg(&menu) > 0, pf_json_bool(pf_json_get(truth, "blscfg")));
        ck_assert_msg(count_configs(&menu) == pf_json_length(pf_json_get(truth, "configfile")),
                      "%s: %zu files", name, count_configs(&menu));
        ck_assert_msg((menu.bad_line == 0) ==
                              (pf_json_get_string(truth, "grub_script_check") != NULL),
                      "%s:%u: bad", name, menu.bad_line);
        corpus->n_bad += menu.bad_line != 0;
        corpus->n_files++;
        return 0;
}

START_TEST(agrees_with_an_independent_reader) {
        Corpus corpus = { 0 };

        if (pf_corpus_each("grub", compare_file, &corpus) == 0)
                return;
        ck_assert_uint_eq(corpus.n_files, 63);
        ck_assert_uint_eq(corpus.n_entries, 196);
        ck_assert_uint_eq(corpus.n_boot, 164);
        ck_assert_uint_eq(corpus.n_bad, 1);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("grub-corpus");

        PF_TEST(suite, agrees_with_an_independent_reader);
        return pf_test_main(suite);
}
