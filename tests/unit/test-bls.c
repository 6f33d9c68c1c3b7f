/* SPDX-License-Identifier: MIT */
#include "probes/parse/bls.h"

#include <string.h>

#include "probes/parse/grub-env.h"
#include "tests/support/boot-corpus.h"

static void add(PfBuf *buf, const PfBootWords *words) {
        for (size_t i = 0; i < words->n; i++)
                ck_assert_int_eq(pf_buf_printf(buf, " %s%s", words->items[i].text,
                                               words->items[i].certain ? "" : "?"),
                                 0);
}

/* The entry as "id,title{line:name expanded;}". */
static void expect(const char *text, PfBootFormat format, const PfBootSettings *variables,
                   const char *want) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);
        int r = pf_bls_parse("/e/a-1.conf", text, strlen(text), format, variables, &menu, NULL);

        ck_assert_int_eq(r, 0);
        for (size_t i = 0; i < menu.n && r == 0; i++) {
                const PfBootCommands *commands = &menu.entries[i].commands;

                r = pf_buf_printf(&got, "%s,%s{", menu.entries[i].id,
                                  menu.entries[i].title ? menu.entries[i].title : "-");
                for (size_t j = 0; j < commands->n && r == 0; j++) {
                        r = pf_buf_printf(&got, "%u:%s", commands->items[j].line,
                                          commands->items[j].name);
                        add(&got, &commands->items[j].expanded);
                        r = r == 0 ? pf_buf_add_string(&got, ";") : r;
                }
                r = r == 0 ? pf_buf_add_string(&got, "}") : r;
        }
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(entries) {
        expect("title  Debian 12 \n#c\nlinux /v\ninitrd /a\ninitrd /b\noptions root=x  ro\n",
               PF_BOOT_BLS, NULL, "a-1,Debian 12{3:linux /v root=x ro;4:initrd /a;5:initrd /b;}");
        expect("options a\nlinux\t/v\noptions b\n", PF_BOOT_BLS, NULL, "a-1,-{2:linux /v a;}");
        expect("options a\nlinux /v\noptions b\n", PF_BOOT_SYSTEMD_BOOT, NULL,
               "a-1.conf,-{2:linux /v a b;}");
        expect("efi /shell.efi\noptions -x\n", PF_BOOT_SYSTEMD_BOOT, NULL,
               "a-1.conf,-{1:efi /shell.efi -x;}");
        expect("title x\noptions y\n", PF_BOOT_BLS, NULL, "");
        expect("", PF_BOOT_BLS, NULL, "");
        expect("linux /v\r\noptions a\r\n", PF_BOOT_BLS, NULL, "a-1,-{1:linux /v a;}");
}
END_TEST

START_TEST(variables) {
        static const char text[] = "linux /v\ninitrd /i $tuned_initrd\n"
                                   "options $kernelopts ${tuned_params} x=$one$ $1\n";
        PF_AUTO_BOOT_SETTINGS PfBootSettings env = { 0 };
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        const PfBootCommand *kernel;
        PfBootSetting setting = { .name = "kernelopts",
                                  .value = "root=UUID=u ro ",
                                  .path = "/grubenv",
                                  .line = 3,
                                  .certain = true };

        expect(text, PF_BOOT_BLS, NULL,
               "a-1,-{1:linux /v ${kernelopts}? ${tuned_params}? x=${one}$? ${1}?;"
               "2:initrd /i ${tuned_initrd}?;}");
        expect(text, PF_BOOT_SYSTEMD_BOOT, NULL,
               "a-1.conf,-{1:linux /v $kernelopts ${tuned_params} x=$one$ $1;"
               "2:initrd /i $tuned_initrd;}");
        ck_assert_int_eq(pf_boot_settings_add(&env, &setting), 0);
        expect(text, PF_BOOT_BLS, &env, "a-1,-{1:linux /v root=UUID=u ro x=$;2:initrd /i;}");

        ck_assert_int_eq(pf_bls_parse("/e", text, sizeof(text) - 1, PF_BOOT_BLS, &env, &menu, NULL),
                         0);
        kernel = &menu.entries[0].commands.items[0];
        ck_assert_str_eq(kernel->written.items[1].text, "${kernelopts}");
        ck_assert_uint_eq(kernel->written.items[1].line, 3);
        ck_assert_str_eq(kernel->expanded.items[1].path, "/grubenv");
        ck_assert_uint_eq(kernel->expanded.items[2].line, 3);
        ck_assert_str_eq(kernel->expanded.items[3].path, "/e");
}
END_TEST

/* Parses the entries, "name|text" each, sorts them and compares their ids. */
static void expect_order(PfBootFormat format, const char *const *files, const char *want) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(4096);

        for (size_t i = 0; files[i]; i++) {
                char name[64], text[256];

                ck_assert_int_eq(sscanf(files[i], "%63[^|]|%255[^|]", name, text), 2);
                ck_assert_int_eq(pf_bls_parse(name, text, strlen(text), format, NULL, &menu, NULL),
                                 0);
        }
        pf_bls_sort(&menu, 0);
        for (size_t i = 0; i < menu.n; i++)
                ck_assert_int_eq(pf_buf_printf(&got, "%s|", menu.entries[i].id), 0);
        ck_assert_str_eq(got.data, want);
}

START_TEST(order) {
        static const char *const grub[] = { "m-5.9-1.conf|linux /a", "m-0-rescue.conf|linux /a",
                                            "m-5.10-1.conf|linux /a", NULL };
        static const char *const loader[] = { "z-1.conf|linux /a",
                                              "a.conf|linux /a\nsort-key b\nversion 1",
                                              "b.conf|linux /a\nsort-key a\nversion 9",
                                              "c.conf|linux /a\nsort-key a\nversion 10",
                                              "z-2.conf|linux /a",
                                              "d+0-3.conf|linux /a\nsort-key a\nversion 11",
                                              NULL };

        expect_order(PF_BOOT_BLS, grub, "m-5.10-1|m-5.9-1|m-0-rescue|");
        expect_order(PF_BOOT_SYSTEMD_BOOT, loader,
                     "c.conf|b.conf|a.conf|z-2.conf|z-1.conf|d+0-3.conf|");
}
END_TEST

START_TEST(loader_conf) {
        static const char text[] = "# c\ndefault  arch-*.conf\n\ntimeout 3\neditor\n";
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };

        ck_assert_int_eq(pf_loader_conf_parse("/l", text, sizeof(text) - 1, &settings, NULL), 0);
        ck_assert_uint_eq(settings.n, 3);
        ck_assert_str_eq(pf_boot_settings_value(&settings, "default", ""), "arch-*.conf");
        ck_assert_uint_eq(pf_boot_settings_find(&settings, "timeout")->line, 4);
        ck_assert_str_eq(pf_boot_settings_value(&settings, "editor", "none"), "");
}
END_TEST

typedef struct Corpus {
        size_t n_files, n_with_grubenv;
} Corpus;

/* "$name" as we write it: "${name}". */
static void normalise(const char *text, PfBuf *buf) {
        for (; *text; text++) {
                size_t n = *text == '$' && text[1] != '{' ? strcspn(text + 1, " /$=") : 0;

                ck_assert_int_eq(n ? pf_buf_printf(buf, "${%.*s}", (int) n, text + 1)
                                   : pf_buf_add(buf, text, 1),
                                 0);
                text += n;
        }
}

static void join(const PfBootWords *words, size_t i, PfBuf *buf) {
        for (size_t start = i; i < words->n; i++)
                ck_assert_int_eq(
                        pf_buf_printf(buf, "%s%s", i > start ? " " : "", words->items[i].text), 0);
}

/* Words against a list of texts, whose variables are written in the one way. */
static void compare_words(const char *file, const PfBootWords *words, PfJson *want) {
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536), text = PF_BUF_INIT(65536);

        join(words, words->n < 1 ? 0 : 1, &got);
        for (size_t i = 0; i < pf_json_length(want); i++) {
                ck_assert_int_eq(pf_buf_add_string(&text, i ? " " : ""), 0);
                normalise(pf_json_string(pf_json_at(want, i)), &text);
        }
        ck_assert_msg(strcmp(got.data ? got.data : "", text.data ? text.data : "") == 0,
                      "%s: \"%s\", not \"%s\"", file, got.data, text.data);
}

static void compare_options(const char *file, const PfBootWords *words, PfJson *truth) {
        compare_words(file, words, pf_json_get(truth, "options"));
        pf_corpus_identities(file, words, "root", pf_json_get(truth, "root"));
        pf_corpus_identities(file, words, "resume", pf_json_get(truth, "resume"));
}

static void compare_initrds(const char *file, const PfBootEntry *entry, PfJson *want) {
        size_t n = 0;

        for (size_t i = 0; i < entry->commands.n; i++) {
                const PfBootCommand *command = &entry->commands.items[i];
                PF_AUTO_BUF PfBuf got = PF_BUF_INIT(4096), text = PF_BUF_INIT(4096);

                if (command->verb != PF_BOOT_INITRD)
                        continue;
                join(&command->written, 0, &got);
                normalise(pf_json_string(pf_json_at(want, n++)), &text);
                ck_assert_msg(strcmp(got.data, text.data) == 0, "%s: initrd \"%s\"", file,
                              got.data);
        }
        ck_assert_uint_eq(n, pf_json_length(want));
}

/* With the block of the same machine beside it. */
static void compare_with_grubenv(const char *name, const char *text, size_t n, PfJson *truth) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings env = { 0 };
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PfJson *want = pf_json_get(truth, "with_grubenv");
        PF_AUTO_FREE char *block = NULL;
        char sidecar[64];
        size_t n_block;
        FILE *file;

        (void) snprintf(sidecar, sizeof(sidecar), "%s/corpus/bls/%.3s.grubenv", pf_test_shared(),
                        name);
        file = fopen(sidecar, "rb");
        (void) snprintf(sidecar, sizeof(sidecar), "%.3s.grubenv", name);
        if (file) {
                (void) fclose(file);
                block = pf_corpus_read("bls", sidecar, &n_block);
                ck_assert_int_eq(pf_grub_env_parse(sidecar, block, n_block, &env, NULL), 0);
        }
        ck_assert_int_eq(pf_bls_parse(name, text, n, PF_BOOT_BLS, &env, &menu, NULL), 0);
        compare_options(name, &menu.entries[0].commands.items[0].expanded, want);
}

static void compare_entry(const char *name, const PfBootEntry *entry, PfJson *truth) {
        const PfBootCommand *kernel = &entry->commands.items[0];
        const char *image = pf_json_get_string(truth, "linux") ? "linux" : "efi";

        pf_corpus_same(name, "title", entry->title, pf_json_get(truth, "title"));
        pf_corpus_same(name, "version", entry->version, pf_json_get(truth, "version"));
        ck_assert_str_eq(kernel->name, image);
        pf_corpus_same(name, "image", kernel->written.items[0].text, pf_json_get(truth, image));
        compare_options(name, &kernel->written, truth);
        compare_initrds(name, entry, pf_json_get(truth, "initrd"));
}

static int compare_file(const char *name, PfJson *truth, void *data) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PF_AUTO_FREE char *text = NULL;
        Corpus *corpus = data;
        size_t n;

        if (strcmp(pf_json_get_string(truth, "type"), "entry") != 0)
                return 0;
        text = pf_corpus_read("bls", name, &n);
        ck_assert_int_eq(pf_bls_parse(name, text, n, PF_BOOT_BLS, NULL, &menu, NULL), 0);
        ck_assert_msg(menu.n == 1, "%s: %zu entries", name, menu.n);
        compare_entry(name, &menu.entries[0], truth);
        if (pf_json_get(truth, "with_grubenv")) {
                compare_with_grubenv(name, text, n, truth);
                corpus->n_with_grubenv++;
        }
        corpus->n_files++;
        return 0;
}

START_TEST(agrees_with_bootctl) {
        Corpus corpus = { 0 };

        if (pf_corpus_each("bls", compare_file, &corpus) == 0)
                return;
        ck_assert_uint_eq(corpus.n_files, 57);
        ck_assert_uint_eq(corpus.n_with_grubenv, 5);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("bls");

        PF_TEST(suite, entries);
        PF_TEST(suite, variables);
        PF_TEST(suite, order);
        PF_TEST(suite, loader_conf);
        PF_TEST(suite, agrees_with_bootctl);
        return pf_test_main(suite);
}
