/* SPDX-License-Identifier: MIT */
/*
 * The editor of boot loaders' files: what is a name and what only looks like one;
 * then the files of real machines, with every device in them called something else.
 */
#include "probes/boot/edit.h"

#include <string.h>

#include "probes/parse/kernel-cmdline.h"
#include "tests/support/boot-edit.h"
#include "tests/support/corpus.h"

static char *edit(PfBootSyntax syntax, const char *text, size_t n, PfBootSwap *swaps,
                  size_t n_swaps, size_t *ret_n) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(8u << 20);
        int r = pf_boot_edit(syntax, text, n, swaps, n_swaps, &buf);

        ck_assert_msg(r == 0, "%d", r);
        *ret_n = buf.n;
        return pf_buf_steal(&buf);
}

/* root=/dev/sda1 becomes root=U, and resume=/dev/sda2 becomes resume=S. */
typedef struct Case {
        PfBootSyntax syntax;
        const char *before;
        const char *after; /* NULL: as it was */
} Case;

static void expect(const Case *one, PfBootSwap *swaps, size_t n_swaps) {
        size_t n = strlen(one->before), n_after;
        /* Not one byte behind the text may be looked at. */
        PF_AUTO_FREE char *exact = malloc(n ? n : 1);
        PF_AUTO_FREE char *after = NULL;

        memcpy(exact, one->before, n);
        after = edit(one->syntax, exact, n, swaps, n_swaps, &n_after);
        ck_assert_str_eq(after, one->after ? one->after : one->before);
}

static const Case arguments[] = {
        { PF_BOOT_SYNTAX_GRUB, "linux /v root=/dev/sda1 ro\n", "linux /v root=U ro\n" },
        { PF_BOOT_SYNTAX_GRUB, "linux /v root=/dev/sda10 ro\n", NULL },
        { PF_BOOT_SYNTAX_GRUB, "linux /v notroot=/dev/sda1 xroot=/dev/sda1 root.x=/dev/sda1\n",
          NULL },
        { PF_BOOT_SYNTAX_GRUB, "linux /v resume_offset=5 resume=/dev/sda2 resume=/dev/sda1\n",
          "linux /v resume_offset=5 resume=S resume=/dev/sda1\n" },
        { PF_BOOT_SYNTAX_GRUB, "linux /v 'root=/dev/sda1' \"root=/dev/sda1\"\\\n root=/dev/sda1",
          "linux /v 'root=U' \"root=U\"\\\n root=U" },
        { PF_BOOT_SYNTAX_GRUB, "linux /v root=\"/dev/sda1\" root=/dev/'sda1'\n",
          "linux /v root=\"U\" root=/dev/'sda1'\n" },
        { PF_BOOT_SYNTAX_GRUB, "linux /v root=/dev/'sda'1 root=/d\\ev/sda1\n",
          "linux /v root=U root=U\n" },
        { PF_BOOT_SYNTAX_GRUB, "linux /v root=/dev/sda$n root=$d root=/dev/sda1$n\n", NULL },
        { PF_BOOT_SYNTAX_GRUB, "# linux /v root=/dev/sda1\necho root=/dev/sda1\n", NULL },
        { PF_BOOT_SYNTAX_GRUB, "if [ root=/dev/sda1 ]; then linux /v root=/dev/sda1; fi\n",
          "if [ root=/dev/sda1 ]; then linux /v root=U; fi\n" },
        { PF_BOOT_SYNTAX_GRUB, "menuentry 'root=/dev/sda1' {linux16 /v root=/dev/sda1}\n",
          "menuentry 'root=/dev/sda1' {linux16 /v root=U}\n" },
        { PF_BOOT_SYNTAX_GRUB, "set a=\"ro root=/dev/sda1 q\"\nb='root=/dev/sda1'\nexport a\n",
          "set a=\"ro root=U q\"\nb='root=U'\nexport a\n" },
        { PF_BOOT_SYNTAX_GRUB, "set a=/dev/sda1\nset b=\"/dev/sda1\"\n",
          "set a=U\nset b=\"/dev/sda1\"\n" },
        { PF_BOOT_SYNTAX_GRUB, "initrd /root=/dev/sda1\nmodule /m root=block:/dev/sda1\n",
          "initrd /root=/dev/sda1\nmodule /m root=block:U\n" },
        { PF_BOOT_SYNTAX_GRUB, "linux /v -- root=/dev/sda1\nlinux /v ${a root=/dev/sda1\n", NULL },
        { PF_BOOT_SYNTAX_MENU_LST,
          "title root=/dev/sda1\n\tkernel /v root=/dev/sda1 ro\\\n quiet\n",
          "title root=/dev/sda1\n\tkernel /v root=U ro\\\n quiet\n" },
        { PF_BOOT_SYNTAX_MENU_LST, "# kopt=root=/dev/sda1 ro\n# kernel root=/dev/sda1\\\nroot x\n",
          "# kopt=root=U ro\n# kernel root=/dev/sda1\\\nroot x\n" },
        { PF_BOOT_SYNTAX_MENU_LST, "kernel /v root=/de\\\nv/sda1\r\nroot (hd0,0)", NULL },
        { PF_BOOT_SYNTAX_BLS, "title root=/dev/sda1\noptions root=/dev/sda1 $x\n",
          "title root=/dev/sda1\noptions root=U $x\n" },
        { PF_BOOT_SYNTAX_BLS, "#options root=/dev/sda1\noptionsroot=/dev/sda1\n", NULL },
        { PF_BOOT_SYNTAX_EXTLINUX, "label a\n  APPEND root=/dev/sda1\n menu label root=/dev/sda1\n",
          "label a\n  APPEND root=U\n menu label root=/dev/sda1\n" },
        { PF_BOOT_SYNTAX_CMDLINE, "# root=/dev/sda1\nro root=/dev/sda1\nroot=\"/dev/sda1\"\n",
          "# root=/dev/sda1\nro root=U\nroot=\"U\"\n" },
        { PF_BOOT_SYNTAX_SHELL, "GRUB_CMDLINE_LINUX=\"a root=/dev/sda1\" # root=/dev/sda1\n",
          "GRUB_CMDLINE_LINUX=\"a root=U\" # root=/dev/sda1\n" },
        { PF_BOOT_SYNTAX_SHELL, "echo root=/dev/sda1; A+=\" root=/dev/sda1\" B=$(c root=/dev/sda1)",
          "echo root=/dev/sda1; A+=\" root=U\" B=$(c root=/dev/sda1)" },
        { PF_BOOT_SYNTAX_SHELL, "A='x'\"root=/dev/sda1\"\nA='x '\"root=/dev/sda1\"\n",
          "A='x'\"root=/dev/sda1\"\nA='x '\"root=U\"\n" },
        { PF_BOOT_SYNTAX_SHELL,
          "a=/dev/sda1\nA=\\\nroot=/dev/\\\nsda1\nC=`echo \\` root=/dev/sda1`\n",
          "a=U\nA=\\\nroot=U\nC=`echo \\` root=/dev/sda1`\n" },
};

START_TEST(a_name_is_found_where_the_loader_finds_it) {
        for (size_t i = 0; i < PF_ELEMENTS(arguments); i++) {
                PfBootSwap swaps[] = {
                        { .kind = PF_BOOT_SWAP_ARGUMENT,
                          .name = "root",
                          .from = "/dev/sda1",
                          .to = "U" },
                        { .kind = PF_BOOT_SWAP_ARGUMENT,
                          .name = "resume",
                          .from = "/dev/sda2",
                          .to = "S" },
                        { .kind = PF_BOOT_SWAP_VARIABLE,
                          .name = "a",
                          .from = "/dev/sda1",
                          .to = "U" },
                };

                expect(&arguments[i], swaps, PF_ELEMENTS(swaps));
        }
}
END_TEST

static const Case fields[] = {
        { PF_BOOT_SYNTAX_TABLE, "/dev/sda1 / ext4\n", "U / ext4\n" },
        { PF_BOOT_SYNTAX_TABLE, " \t/dev/sd\\1411\t/\text4", " \tU\t/\text4" },
        { PF_BOOT_SYNTAX_TABLE, "#/dev/sda1 / ext4\n", NULL },
        { PF_BOOT_SYNTAX_TABLE, "/dev/sda10 / ext4\n", NULL },
        { PF_BOOT_SYNTAX_TABLE, "\n/dev/sda1 / ext4\n", NULL },
        { PF_BOOT_SYNTAX_TABLE, "x /dev/sda1 ext4\n", NULL },
        { PF_BOOT_SYNTAX_TABLE, "/dev/sda1 / ext4\n/dev/sda1 /b none bind\n",
          "U / ext4\n/dev/sda1 /b none bind\n" },
};

START_TEST(the_first_field_of_one_line) {
        for (size_t i = 0; i < PF_ELEMENTS(fields); i++) {
                PfBootSwap swap = {
                        .kind = PF_BOOT_SWAP_FIELD, .from = "/dev/sda1", .to = "U", .line = 1
                };

                expect(&fields[i], &swap, 1);
        }
}
END_TEST

/* --- the environment block --- */

#define BLOCK 1024

static void fill_block(char block[static BLOCK], const char *text) {
        memset(block, '#', BLOCK);
        memcpy(block, text, strlen(text));
}

START_TEST(a_block_keeps_its_size) {
        static const char head[] = "# GRUB Environment Block\n";
        PfBootSwap swap = { .kind = PF_BOOT_SWAP_ARGUMENT,
                            .name = "root",
                            .from = "/dev/sda1",
                            .to = "UUID=11111111-aaaa-4aaa-8aaa-111111111111" };
        char before[BLOCK], want[BLOCK], text[256];
        PF_AUTO_FREE char *after = NULL, *again = NULL;
        size_t n;

        (void) snprintf(text, sizeof(text), "%skernelopts=a\\\\b root=/dev/sda1 ro\nx=1\n", head);
        fill_block(before, text);
        (void) snprintf(text, sizeof(text), "%skernelopts=a\\\\b root=%s ro\nx=1\n", head, swap.to);
        fill_block(want, text);

        after = edit(PF_BOOT_SYNTAX_GRUBENV, before, BLOCK, &swap, 1, &n);
        ck_assert_uint_eq(n, BLOCK);
        ck_assert_mem_eq(after, want, BLOCK);

        /* And shorter again. */
        swap = (PfBootSwap){
                .kind = PF_BOOT_SWAP_ARGUMENT, .name = "root", .from = swap.to, .to = swap.from
        };
        again = edit(PF_BOOT_SYNTAX_GRUBENV, after, n, &swap, 1, &n);
        ck_assert_uint_eq(n, BLOCK);
        ck_assert_mem_eq(again, before, BLOCK);
}
END_TEST

START_TEST(a_block_may_be_full) {
        PfBootSwap swap = { .kind = PF_BOOT_SWAP_ARGUMENT,
                            .name = "root",
                            .from = "/dev/sda1",
                            .to = "UUID=1111-1111" };
        static const char head[] = "# GRUB Environment Block\nk=root=/dev/sda1\np=";
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);
        char block[BLOCK];

        memset(block, 'x', sizeof(block));
        memcpy(block, head, sizeof(head) - 1);
        memcpy(block + BLOCK - 4, "\n###", 4);
        ck_assert_int_eq(pf_boot_edit(PF_BOOT_SYNTAX_GRUBENV, block, BLOCK, &swap, 1, &buf),
                         PF_BOOT_EDIT_FULL);

        /* What becomes shorter has no padding to grow into, where a value ends the block. */
        memset(block + BLOCK - 4, 'x', 4);
        swap.to = "U";
        buf.n = 0;
        ck_assert_int_eq(pf_boot_edit(PF_BOOT_SYNTAX_GRUBENV, block, BLOCK, &swap, 1, &buf),
                         PF_BOOT_EDIT_FULL);
}
END_TEST

/* --- files of real machines --- */

typedef struct Corpus {
        const char *folder;
        size_t n_swapped; /* names replaced */
        size_t n_left;    /* put together from parts */
} Corpus;

/* What a word becomes; NULL: it stays. */
static const PfBootSwap *find_swap(const PfBootRenaming *renaming, const char *before,
                                   const char *after) {
        for (size_t i = 0; i < renaming->n; i++) {
                const PfBootSwap *swap = &renaming->swaps[i];
                const char *at =
                        swap->kind == PF_BOOT_SWAP_FIELD ? before : strstr(before, swap->from);
                size_t n = at ? (size_t) (at - before) : 0;

                if (at && strncmp(at, swap->from, strlen(swap->from)) == 0 &&
                    strncmp(after, before, n) == 0 &&
                    strncmp(after + n, swap->to, strlen(swap->to)) == 0 &&
                    strcmp(after + n + strlen(swap->to), at + strlen(swap->from)) == 0)
                        return swap;
        }
        return NULL;
}

/* Word by word, up to blanks: the same, or one that was swapped. */
static void compare_text(Corpus *corpus, const char *file, const PfBootRenaming *renaming,
                         const char *before, const char *after) {
        while (*before || *after) {
                size_t n = strcspn(before, " \t\n"), m = strcspn(after, " \t\n");
                PF_AUTO_FREE char *a = strndup(before, n), *b = strndup(after, m);

                if (strcmp(a, b) != 0) {
                        ck_assert_msg(find_swap(renaming, a, b), "%s: %s became %s", file, a, b);
                        corpus->n_swapped++;
                }
                before += n;
                after += m;
                ck_assert_msg(*before == *after, "%s: '%s' became '%s'", file, before, after);
                before += *before != '\0';
                after += *after != '\0';
        }
}

static void compare_words(Corpus *corpus, const char *file, const PfBootRenaming *renaming,
                          const PfBootWords *before, const PfBootWords *after) {
        ck_assert_uint_eq(before->n, after->n);
        for (size_t i = 0; i < before->n; i++)
                compare_text(corpus, file, renaming, before->items[i].text, after->items[i].text);
}

static void compare_commands(Corpus *corpus, const char *file, const PfBootRenaming *renaming,
                             const PfBootCommands *before, const PfBootCommands *after) {
        ck_assert_uint_eq(before->n, after->n);
        for (size_t i = 0; i < before->n; i++) {
                ck_assert_str_eq(before->items[i].name, after->items[i].name);
                ck_assert_int_eq(before->items[i].when, after->items[i].when);
                compare_words(corpus, file, renaming, &before->items[i].written,
                              &after->items[i].written);
                compare_words(corpus, file, renaming, &before->items[i].expanded,
                              &after->items[i].expanded);
        }
}

static void compare_settings(Corpus *corpus, const char *file, const PfBootRenaming *renaming,
                             const PfBootSettings *before, const PfBootSettings *after) {
        ck_assert_msg(before->n == after->n, "%s: %zu settings, and %zu", file, before->n,
                      after->n);
        for (size_t i = 0; i < before->n; i++) {
                ck_assert_str_eq(before->items[i].name, after->items[i].name);
                compare_text(corpus, file, renaming, before->items[i].value, after->items[i].value);
        }
}

static void compare(Corpus *corpus, const char *file, const PfBootRenaming *renaming,
                    const PfBootReading *before, const PfBootReading *after) {
        ck_assert_uint_eq(before->menu.n, after->menu.n);
        for (size_t i = 0; i < before->menu.n; i++)
                compare_commands(corpus, file, renaming, &before->menu.entries[i].commands,
                                 &after->menu.entries[i].commands);
        compare_commands(corpus, file, renaming, &before->menu.outside, &after->menu.outside);
        compare_settings(corpus, file, renaming, &before->menu.settings, &after->menu.settings);
        compare_settings(corpus, file, renaming, &before->settings, &after->settings);
}

/* Back again: nothing but the names was touched. */
static void expect_way_back(PfBootSyntax syntax, const char *file, const char *before,
                            size_t n_before, const char *after, size_t n,
                            const PfBootRenaming *renaming) {
        PF_AUTO_FREE PfBootSwap *back = calloc(renaming->n + 1, sizeof(*back));
        PF_AUTO_FREE char *again = NULL;

        for (size_t i = 0; i < renaming->n; i++) {
                back[i] = renaming->swaps[i];
                back[i].from = renaming->swaps[i].to;
                back[i].to = renaming->swaps[i].from;
        }
        again = edit(syntax, after, n, back, renaming->n, &n);
        ck_assert_msg(n == n_before && memcmp(again, before, n) == 0, "%s: no way back", file);
}

static int try_file(const char *file, PfJson *truth, void *data) {
        Corpus *corpus = data;
        PfBootSyntax syntax = pf_boot_syntax_of(corpus->folder, file);
        PF_AUTO_BOOT_READING PfBootReading before = { 0 }, after = { 0 };
        PF_AUTO_BOOT_RENAMING PfBootRenaming renaming = { 0 };
        PF_AUTO_FREE char *text = NULL, *edited = NULL;
        size_t n, n_edited;
        int r;

        (void) truth;
        if (syntax == PF_BOOT_SYNTAXES)
                return 0;
        text = pf_corpus_read(corpus->folder, file, &n);
        r = pf_boot_read(syntax, text, n, &before);
        if (r == -EINVAL)
                return 0; /* the loader refuses it */
        ck_assert_msg(r == 0, "%s: %d", file, r);
        ck_assert_int_eq(pf_boot_rename_all(syntax, &before, &renaming), 0);
        edited = edit(syntax, text, n, renaming.swaps, renaming.n, &n_edited);
        for (size_t i = 0; i < renaming.n; i++)
                corpus->n_left += renaming.swaps[i].n == 0;
        ck_assert_int_eq(pf_boot_read(syntax, edited, n_edited, &after), 0);
        compare(corpus, file, &renaming, &before, &after);
        expect_way_back(syntax, file, text, n, edited, n_edited, &renaming);
        return 0;
}

/* Of each folder: how many names there are at least, and how many are put together
 * from parts at most. */
static const struct {
        const char *folder;
        size_t n_swapped;
        size_t n_left;
} folders[] = {
        { "grub", 250, 0 },        { "menu.lst", 300, 0 }, { "bls", 100, 0 },
        { "default-grub", 10, 0 }, { "fstab", 400, 0 },
};

START_TEST(nothing_but_the_names_of_real_files) {
        Corpus corpus = { .folder = folders[_i].folder };

        if (pf_corpus_each(corpus.folder, try_file, &corpus) == 0)
                return;
        ck_assert_uint_ge(corpus.n_swapped, folders[_i].n_swapped);
        ck_assert_uint_le(corpus.n_left, folders[_i].n_left);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("boot-edit");
        TCase *corpus = tcase_create("nothing_but_the_names_of_real_files");

        PF_TEST(suite, a_name_is_found_where_the_loader_finds_it);
        PF_TEST(suite, the_first_field_of_one_line);
        PF_TEST(suite, a_block_keeps_its_size);
        PF_TEST(suite, a_block_may_be_full);
        tcase_add_loop_test(corpus, nothing_but_the_names_of_real_files, 0,
                            (int) PF_ELEMENTS(folders));
        suite_add_tcase(suite, corpus);
        return pf_test_main(suite);
}
