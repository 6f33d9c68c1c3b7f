/* SPDX-License-Identifier: MIT */
#include "probes/parse/grub-default.h"

#include <string.h>

#include "probes/parse/device-identity.h"
#include "probes/parse/kernel-cmdline.h"
#include "tests/support/corpus.h"

/* What counts of each name, in the order first assigned: "line:NAME=value|", '?'
 * before what is not certain; "unknown N" for a line that may assign anything. */
static void expect(const char *text, const char *want) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);
        unsigned unknown;
        int r = pf_grub_default_parse("/d", text, strlen(text), &settings, &unknown, NULL);

        for (size_t i = 0; i < settings.n && r == 0; i++) {
                const PfBootSetting *last =
                        pf_boot_settings_find(&settings, settings.items[i].name);

                if (last == &settings.items[i])
                        r = pf_buf_printf(&got, "%u:%s%s=%s|", last->line, last->certain ? "" : "?",
                                          last->name, last->value);
        }
        if (unknown && r == 0)
                r = pf_buf_printf(&got, "unknown %u", unknown);
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(assignments) {
        expect("", "");
        expect("A=1\n# B=2\n  C=\"x y\" # z\nD='a b'\\ c\n", "1:A=1|3:C=x y|4:D=a b c|");
        expect("A=1; B=2 C=3\nA=4", "1:B=2|1:C=3|2:A=4|");
        expect("export A=1 B\nreadonly C=2", "1:A=1|2:C=2|");
        expect("A=\"a\\\"b\\$c\\\\d\\e\\\nf\"\nB=\"1\n2\"\nC=1",
               "1:A=a\"b$c\\d\\ef|3:B=1\n2|5:C=1|");
        expect("A=1 echo x\necho B=1\n'C=1'\n", "");
        expect("A=1\nB=2\nunset -v A C } 1\n", "2:B=2|3:A=|3:C=|");
        expect("A=1\n[ -f /x ] && unset A\n", "2:?A=1|");
        expect("AB\\\nC=1\nA\\B=2\nA\"\"=3", "1:ABC=1|");
        expect("A=x\r\nB=y\r\n", "1:A=x|2:B=y|");
        expect("A=a#b\nB=\nC=''", "1:A=a#b|2:B=|3:C=|");
}
END_TEST

START_TEST(expansions) {
        expect("A=1\nB=\"$A${A}x\"\nA=\"$A 2\"", "2:B=11x|3:A=1 2|");
        expect("A='$B'", "1:A=$B|");
        expect("GRUB_A=\"$GRUB_B x\"", "1:GRUB_A= x|");
        expect("A=\"$USER\"\nB=1\nB=\"$B$HOME\"", "1:?A=|3:?B=1|");
        expect("A=1\nA+=\" 2\"\nB+=3", "2:A=1 2|3:B=3|");
        expect("A=x\nB=\"${A:+$A }y\"\nC=${GRUB_Z:-d}\nD=${A:-d}\nE=${GRUB_Z:+q}",
               "1:A=x|2:B=x y|3:C=d|4:D=x|5:E=|");
        expect("GRUB_A=\nB=${GRUB_A-d}\nC=${GRUB_A:-d}\nD=${GRUB_A+x}\nE=${GRUB_A:+x}",
               "1:GRUB_A=|2:B=|3:C=d|4:D=x|5:E=|");
        expect("A=ab\nB=${A%b}\nC=1", "1:A=ab|2:?B=|3:C=1|");
        expect("A=a$ \nB=\"$\"", "1:A=a$|2:B=$|");
}
END_TEST

START_TEST(what_needs_a_shell) {
        expect("A=`lsb_release -i -s 2> /dev/null || echo Debian`\nB=1", "1:?A=|2:B=1|");
        expect("A=1\nA=\"$(sed 's, (.*$,,g' /etc/x)\"\nB=1", "2:?A=|3:B=1|");
        expect("A=( . /etc/x && echo \"$N\" )\nB=1", "1:A=|2:B=1|");
        expect(". /etc/x\nB=1", "2:B=1|unknown 1");
        expect("cat <<EOF\nA=1\nEOF\n", "2:?A=|unknown 1");
        expect("A=1 | B=2\nC=3 &\nD=4 || E=5", "1:?B=|3:D=4|");
        expect("echo x > A=1\necho < A=2\nB=3 >/dev/null", "3:B=3|");
        expect("A='x\nB=1", "1:?A=x\nB=1|");
}
END_TEST

START_TEST(conditions) {
        expect("if [ -z \"${GRUB_A+x}\" ]; then\n GRUB_A=1\nfi", "2:GRUB_A=1|");
        expect("GRUB_A=0\nif [ -z \"${GRUB_A+x}\" ]; then\n GRUB_A=1\nfi", "1:GRUB_A=0|");
        expect("A=1\nif [ $A = 2 ]; then B=1; elif [ $A != 2 ]; then B=2; else B=3; fi",
               "1:A=1|2:B=2|");
        expect("if [ x = x ]; then A=1; elif true; then A=2; else A=3; fi", "1:A=1|");
        expect("if [ -f /x ]; then A=1; else B=1; fi\nC=1", "1:?A=|1:?B=|2:C=1|");
        expect("A=0\nif [ -f /x ]; then A=1; fi", "2:?A=0|");
        expect("if ! true; then A=1; else A=2; fi", "1:A=2|");
        expect("[ -z \"\" ] && A=1\n[ -z \"\" ] || B=1\ntest x && C=1\nfalse && D=1",
               "1:A=1|3:C=1|");
        expect("false && # c\n\nA=1\nB=1", "4:B=1|");
        expect("grep -q x /proc/cmdline && A=1\nB=1", "1:?A=|2:B=1|");
        expect("if [[ ! $A =~ x[^[:space:]]+ ]]; then A=1; fi\nB=1", "1:?A=|2:B=1|");
}
END_TEST

START_TEST(blocks) {
        expect("for x in 1 2; do A=$x; done\nB=1", "1:?A=|2:B=1|");
        expect("while false; do A=1; done\nB=1", "1:?A=|2:B=1|");
        expect("case $x in\n a) A=1;;\n *) A=2;;\nesac\nB=1", "3:?A=|5:B=1|");
        expect("f() {\n local p=\"$1\"\n if [ x ]; then A=1; fi\n}\nf x\nB=1", "3:?A=|6:B=1|");
        expect("{ A=1; }\n(B=1)\nC=1", "1:A=1|3:C=1|");
        expect("fi\ndone\n}\nA=1", "4:A=1|");
        expect("if true; then A=1", "1:A=1|");
}
END_TEST

START_TEST(hostile) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);

        for (int i = 0; i < 100; i++)
                ck_assert_int_eq(pf_buf_add_string(&text, "if a; then "), 0);
        ck_assert_int_eq(pf_grub_default_parse("/d", text.data, text.n, &settings, NULL, NULL),
                         -E2BIG);
        text.n = 0;
        ck_assert_int_eq(pf_buf_add_string(&text, "A="), 0);
        for (int i = 0; i < 100; i++)
                ck_assert_int_eq(pf_buf_add_string(&text, "${B:-"), 0);
        ck_assert_int_eq(pf_grub_default_parse("/d", text.data, text.n, &settings, NULL, NULL),
                         -E2BIG);
        ck_assert_int_eq(pf_grub_default_parse("/d", "A=x\0y\n", 6, &settings, NULL, NULL), 0);
}
END_TEST

typedef struct Corpus {
        const char *file;
        const PfBootSettings *settings;
        size_t n_files, n_with_d, n_values;
} Corpus;

static int compare_value(const char *name, PfJson *value, void *data) {
        Corpus *corpus = data;

        pf_corpus_same(corpus->file, name, pf_boot_settings_value(corpus->settings, name, NULL),
                       value);
        corpus->n_values++;
        return 0;
}

/* The identities that both command lines name, in the order of grub-mkconfig. */
static void compare_identities(const Corpus *corpus, const char *name, PfJson *want) {
        static const char *const lines[] = { "GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT" };
        size_t n = 0;

        for (size_t i = 0; i < PF_ELEMENTS(lines); i++) {
                const char *text = pf_boot_settings_value(corpus->settings, lines[i], "");
                PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = NULL;
                const PfCmdlineWord *word = NULL;

                ck_assert_int_eq(pf_cmdline_parse(text, strlen(text), &cmdline), 0);
                while ((word = pf_cmdline_next(cmdline, name, word))) {
                        PfJson *one = pf_json_at(want, n++);

                        pf_corpus_same(corpus->file, name, word->value, pf_json_get(one, "value"));
                        pf_corpus_same(corpus->file, word->value,
                                       pf_identity_kind_name(pf_identity_kind(word->value)),
                                       pf_json_get(one, "kind"));
                }
        }
        ck_assert_uint_eq(n, pf_json_length(want));
}

/* A command line that the shell has not may only be one that is not certain here. */
static void compare_variables(Corpus *corpus, PfJson *truth, PfJson *commands) {
        PfJson *vars = pf_json_get(truth, "vars");

        (void) pf_json_each(vars, compare_value, corpus);
        for (size_t i = 0; i < corpus->settings->n; i++) {
                const PfBootSetting *setting =
                        pf_boot_settings_find(corpus->settings, corpus->settings->items[i].name);

                ck_assert_msg(!setting->certain ||
                                      strncmp(setting->name, "GRUB_CMDLINE_LINUX", 18) != 0 ||
                                      pf_json_get(vars, setting->name),
                              "%s: %s is \"%s\"", corpus->file, setting->name, setting->value);
        }
        for (size_t i = 0; i < pf_json_length(commands); i++)
                ck_assert_msg(!pf_boot_settings_find(corpus->settings,
                                                     pf_json_string(pf_json_at(commands, i)))
                                       ->certain,
                              "%s: %s", corpus->file, pf_json_string(pf_json_at(commands, i)));
        compare_identities(corpus, "root", pf_json_get(truth, "root"));
        compare_identities(corpus, "resume", pf_json_get(truth, "resume"));
}

static void parse_file(const char *name, PfBootSettings *settings) {
        size_t n;
        PF_AUTO_FREE char *text = pf_corpus_read("default-grub", name, &n);

        ck_assert_int_eq(pf_grub_default_parse(name, text, n, settings, NULL, NULL), 0);
}

static int compare_file(const char *name, PfJson *truth, void *data) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings settings = { 0 };
        PfJson *with = pf_json_get(truth, "with_d"), *names = pf_json_get(with, "d");
        Corpus *corpus = data;

        corpus->file = name;
        corpus->settings = &settings;
        parse_file(name, &settings);
        compare_variables(corpus, truth, pf_json_get(truth, "needs_commands"));
        corpus->n_files++;
        if (!with)
                return 0;
        for (size_t i = 0; i < pf_json_length(names); i++) {
                char path[256];

                (void) snprintf(path, sizeof(path), "%.3s.d/%s", name,
                                pf_json_string(pf_json_at(names, i)));
                parse_file(path, &settings);
        }
        compare_variables(corpus, with, pf_json_get(with, "needs_commands"));
        corpus->n_with_d++;
        return 0;
}

START_TEST(agrees_with_a_shell) {
        Corpus corpus = { 0 };

        if (pf_corpus_each("default-grub", compare_file, &corpus) == 0)
                return;
        ck_assert_uint_eq(corpus.n_files, 90);
        ck_assert_uint_eq(corpus.n_with_d, 5);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("grub-default");

        PF_TEST(suite, assignments);
        PF_TEST(suite, expansions);
        PF_TEST(suite, what_needs_a_shell);
        PF_TEST(suite, conditions);
        PF_TEST(suite, blocks);
        PF_TEST(suite, hostile);
        PF_TEST(suite, agrees_with_a_shell);
        return pf_test_main(suite);
}
