/* SPDX-License-Identifier: MIT */
#include "probes/parse/grub-legacy.h"

#include <string.h>

#include "tests/support/boot-corpus.h"

/* Settings as "line:name=value|", entries as "line:title{line:command words;}". */
static void expect(const char *text, const char *want) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);
        int r = pf_grub_legacy_parse("menu.lst", text, strlen(text), &menu, NULL);

        for (size_t i = 0; i < menu.settings.n && r == 0; i++)
                r = pf_buf_printf(&got, "%u:%s=%s|", menu.settings.items[i].line,
                                  menu.settings.items[i].name, menu.settings.items[i].value);
        for (size_t i = 0; i < menu.n && r == 0; i++) {
                const PfBootCommands *commands = &menu.entries[i].commands;

                r = pf_buf_printf(&got, "%u:%s{", menu.entries[i].line, menu.entries[i].title);
                for (size_t j = 0; j < commands->n && r == 0; j++) {
                        const PfBootCommand *command = &commands->items[j];

                        r = pf_buf_printf(&got, "%u:%s", command->line, command->name);
                        for (size_t k = 0; k < command->written.n && r == 0; k++)
                                r = pf_buf_printf(&got, " %s", command->written.items[k].text);
                        if (r == 0)
                                r = pf_buf_add_string(&got, ";");
                }
                if (r == 0)
                        r = pf_buf_add_string(&got, "}");
        }
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(settings_and_entries) {
        expect("", "");
        expect("default 0\ntimeout=5\n hiddenmenu\n", "1:default=0|2:timeout=5|3:hiddenmenu=|");
        expect("title A  b \n root (hd0,0)\nkernel /v root=/dev/sda1 ro\ninitrd /i\n",
               "1:A  b {2:root (hd0,0);3:kernel /v root=/dev/sda1 ro;4:initrd /i;}");
        expect("title\nroot=(hd0,1)\n\ttitle = x\n", "1:{2:root (hd0,1);}3:x{}");
        expect("password --md5 $1$secret\n", "1:password=|");
        expect("title A\r\nkernel /v\r\n", "1:A{2:kernel /v;}");
}
END_TEST

START_TEST(comments_and_long_lines) {
        expect("# title A\n#title B\\\ntitle C #d\n", "3:C #d{}");
        expect("title A\nkernel /v \\\n ro\\ x\nboot", "1:A{2:kernel /v ro\\ x;4:boot;}");
        expect("# kopt=root=/dev/sda1 ro\n## kopt=x\n#groot=(hd0)\n# some words = x\n",
               "1:# kopt=root=/dev/sda1 ro|");
        expect("title A\n# kopt=x\n", "2:# kopt=x|1:A{}");
        expect("title A\\", "1:A\\{}");
}
END_TEST

START_TEST(images) {
        static const char text[] = "title A\nkernel --type=netbsd --no-mem-option /v ro\nkernel\n"
                                   "kernel --x\n";
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        const PfBootCommand *commands;

        ck_assert_int_eq(pf_grub_legacy_parse("m", text, sizeof(text) - 1, &menu, NULL), 0);
        commands = menu.entries[0].commands.items;
        ck_assert_str_eq(pf_boot_command_image(&commands[0])->text, "/v");
        ck_assert_ptr_null(pf_boot_command_image(&commands[1]));
        ck_assert_ptr_null(pf_boot_command_image(&commands[2]));
}
END_TEST

typedef struct Corpus {
        const char *file;
        const PfBootMenu *menu;
        size_t n_files, n_entries, n_boot;
} Corpus;

static int compare_setting(const char *name, PfJson *value, void *data) {
        Corpus *corpus = data;

        if (strcmp(name, "password") != 0)
                pf_corpus_same(corpus->file, name,
                               pf_boot_settings_value(&corpus->menu->settings, name, NULL), value);
        return 0;
}

static int compare_automagic(const char *name, PfJson *value, void *data) {
        char comment[256];

        (void) snprintf(comment, sizeof(comment), "# %s", name);
        return compare_setting(comment, value, data);
}

/* Words from the i-th on against a list, or against a text with blanks in it. */
static void compare_words(const char *file, const PfBootCommand *command, size_t i, PfJson *want) {
        const char *text = pf_json_string(want);
        PF_AUTO_FREE char *copy = text ? strdup(text) : NULL;
        char *rest = copy;

        if (!text) {
                ck_assert_msg(command->written.n == i + pf_json_length(want), "%s:%u: words", file,
                              command->line);
                for (size_t j = 0; i < command->written.n; i++)
                        pf_corpus_same(file, "a word", command->written.items[i].text,
                                       pf_json_at(want, j++));
                return;
        }
        for (; i < command->written.n; i++) {
                const char *word = pf_boot_take_word(&rest);

                ck_assert_msg(word && strcmp(word, command->written.items[i].text) == 0,
                              "%s:%u: \"%s\"", file, command->line, text);
        }
        ck_assert_ptr_null(pf_boot_take_word(&rest));
}

static void compare_boot(const char *file, const PfBootCommand *command, PfJson *want) {
        PfJson *options = pf_json_get(want, "options");
        const PfBootWord *image = pf_boot_command_image(command);

        pf_corpus_same(file, "command", command->name, pf_json_get(want, "cmd"));
        pf_corpus_same(file, "image", image ? image->text : NULL, pf_json_get(want, "image"));
        ck_assert_uint_eq(command->i_image, pf_json_length(options));
        for (size_t i = 0; i < command->i_image; i++)
                pf_corpus_same(file, "an option", command->written.items[i].text,
                               pf_json_at(options, i));
        compare_words(file, command, command->i_image + 1, pf_json_get(want, "args"));
        pf_corpus_identities(file, &command->written, "root", pf_json_get(want, "root"));
        pf_corpus_identities(file, &command->written, "resume", pf_json_get(want, "resume"));
}

/* The truth lists these, and not the other commands. */
static bool is_listed(const PfBootCommand *command) {
        if (strcmp(command->name, "halt") == 0 || strcmp(command->name, "reboot") == 0)
                return false;
        return command->verb == PF_BOOT_SEARCH || command->verb == PF_BOOT_CHAIN ||
               command->verb == PF_BOOT_CONFIG || strcmp(command->name, "map") == 0;
}

static void compare_entry(Corpus *corpus, const PfBootEntry *entry, PfJson *want) {
        PfJson *boot = pf_json_get(want, "boot"), *initrd = pf_json_get(want, "initrd"),
               *other = pf_json_get(want, "other");
        size_t n_boot = 0, n_initrd = 0, n_other = 0;

        pf_corpus_same(corpus->file, "title", entry->title, pf_json_get(want, "title"));
        for (size_t i = 0; i < entry->commands.n; i++) {
                const PfBootCommand *command = &entry->commands.items[i];

                if (command->verb == PF_BOOT_KERNEL)
                        compare_boot(corpus->file, command, pf_json_at(boot, n_boot++));
                else if (command->verb == PF_BOOT_INITRD)
                        compare_words(corpus->file, command, 0, pf_json_at(initrd, n_initrd++));
                else if (is_listed(command)) {
                        PfJson *one = pf_json_at(other, n_other++);

                        if (!one)
                                continue;
                        pf_corpus_same(corpus->file, "command", command->name,
                                       pf_json_get(one, "cmd"));
                        compare_words(corpus->file, command, 0, pf_json_get(one, "args"));
                }
        }
        ck_assert_msg(n_boot == pf_json_length(boot) && n_initrd == pf_json_length(initrd) &&
                              n_other == pf_json_length(other),
                      "%s:%u: %zu kernels, %zu initrds, %zu others", corpus->file, entry->line,
                      n_boot, n_initrd, n_other);
        corpus->n_entries++;
        corpus->n_boot += n_boot;
}

static int compare_file(const char *name, PfJson *truth, void *data) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        Corpus *corpus = data;
        PfJson *entries = pf_json_get(truth, "entries");
        size_t n;
        PF_AUTO_FREE char *text = pf_corpus_read("menu.lst", name, &n);

        ck_assert_int_eq(pf_grub_legacy_parse(name, text, n, &menu, NULL), 0);
        corpus->file = name;
        corpus->menu = &menu;
        (void) pf_json_each(pf_json_get(truth, "global"), compare_setting, corpus);
        (void) pf_json_each(pf_json_get(truth, "debian_automagic"), compare_automagic, corpus);
        ck_assert_msg(menu.n == pf_json_length(entries), "%s: %zu entries", name, menu.n);
        for (size_t i = 0; i < menu.n; i++)
                compare_entry(corpus, &menu.entries[i], pf_json_at(entries, i));
        corpus->n_files++;
        return 0;
}

START_TEST(agrees_with_an_independent_reader) {
        Corpus corpus = { 0 };

        if (pf_corpus_each("menu.lst", compare_file, &corpus) == 0)
                return;
        ck_assert_uint_eq(corpus.n_files, 62);
        ck_assert_uint_eq(corpus.n_entries, 278);
        ck_assert_uint_eq(corpus.n_boot, 229);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("grub-legacy");

        PF_TEST(suite, settings_and_entries);
        PF_TEST(suite, comments_and_long_lines);
        PF_TEST(suite, images);
        PF_TEST(suite, agrees_with_an_independent_reader);
        return pf_test_main(suite);
}
