/* SPDX-License-Identifier: MIT */
#include "probes/parse/grub-syntax.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

static void print(const PfGrubNode *list, PfBuf *buf);

static void add(PfBuf *buf, const char *text) {
        ck_assert_int_eq(pf_buf_add_string(buf, text), 0);
}

/* Variables as <name>, or "<name>" where they are quoted. */
static void print_word(const PfGrubWord *word, PfBuf *buf) {
        for (const PfGrubPart *part = word->parts; part; part = part->next)
                ck_assert_int_eq(pf_buf_printf(buf,
                                               part->variable && part->quoted ? "\"<%s>\""
                                               : part->variable               ? "<%s>"
                                                                              : "%s",
                                               part->text),
                                 0);
}

static void print_block(const char *before, const PfGrubNode *list, const char *after, PfBuf *buf) {
        add(buf, before);
        print(list, buf);
        add(buf, after);
}

/* Statements as "line:word|word;", what is in them in brackets. */
static void print(const PfGrubNode *list, PfBuf *buf) {
        static const char *const kinds[] = { "", "if", "for", "while", "function" };

        for (const PfGrubNode *node = list; node; node = node->next) {
                ck_assert_int_eq(pf_buf_printf(buf, "%u:%s%s%s", node->line, kinds[node->kind],
                                               node->name ? " " : "", node->name ? node->name : ""),
                                 0);
                for (const PfGrubWord *word = node->words; word; word = word->next) {
                        print_word(word, buf);
                        add(buf, word->next ? "|" : "");
                }
                if (node->condition)
                        print_block("(", node->condition, ")", buf);
                if (node->body || node->has_block)
                        print_block("{", node->body, "}", buf);
                if (node->otherwise)
                        print_block("else{", node->otherwise, "}", buf);
                add(buf, ";");
        }
}

static void expect_n(const char *text, size_t n, const char *want, unsigned bad_line) {
        PF_CLEANUP(pf_grub_tree_freep) PfGrubTree *tree = NULL;
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);

        ck_assert_int_eq(pf_grub_parse(text, n, &tree), 0);
        print(tree->first, &got);
        ck_assert_str_eq(got.data ? got.data : "", want);
        ck_assert_uint_eq(tree->bad_line, bad_line);
}

static void expect(const char *text, const char *want) {
        expect_n(text, strlen(text), want, 0);
}

static void expect_bad(const char *text, const char *want, unsigned bad_line) {
        expect_n(text, strlen(text), want, bad_line);
}

START_TEST(words) {
        expect("", "");
        expect("# comment\n\n  a b#c # d\n", "3:a|b#c;");
        expect("a;b\n c", "1:a;1:b;2:c;");
        expect("a b\\\n  c\\\nd", "1:a|b|cd;");
        expect("a \\\n # not an argument\nb", "1:a;3:b;");
        expect("a\r\nb\r\n", "1:a;2:b;");
        expect("root=(hd0,msdos1)", "1:root=(hd0,msdos1);");
}
END_TEST

START_TEST(quotes) {
        expect("a 'b $c \\' \"d 'e'\"", "1:a|b $c \\|d 'e';");
        expect("a \"b\\\"c\\\\d\\$e\\f\\\ng\"", "1:a|b\"c\\d$e\\fg;");
        expect("a b\\ c\\'d", "1:a|b c'd;");
        expect("a 'b\nc'\nd", "1:a|b\nc;3:d;");
        expect("a '' \"\"x", "1:a||x;");
        expect("a $\"b $c \\\" \\$\"", "1:a|b $c \" \\$;");
        expect("a b'c'\"d\"e", "1:a|bcde;");
}
END_TEST

START_TEST(variables) {
        expect("a $b ${c}d \"$e f${g}\" '$h'", "1:a|<b>|<c>d|\"<e>\" f\"<g>\"|$h;");
        expect("a $1 $12 ${@} $? $# $*", "1:a|<1>|<12>|<@>|<?>|<#>|<*>;");
        expect("linux$x /a", "1:linux<x>|/a;");
        expect_bad("a ${b\nc", "2:c;", 1);
        expect_bad("a $)\nc", "2:c;", 1);
        expect_bad("a ${}\nc", "2:c;", 1);
}
END_TEST

START_TEST(compound_statements) {
        expect("if a; then b; fi", "1:if(1:a;){1:b;};");
        expect("if a\nthen b\nelif c; then d\nelse\ne\nfi",
               "1:if(1:a;){2:b;}else{3:if(3:c;){3:d;}else{5:e;};};");
        expect("for x in a \"b\"; do c $x; done", "1:for xa|b{1:c|<x>;};");
        expect("while a; do b; done\nuntil c; do d; done",
               "1:while(1:a;){1:b;};2:while(2:c;){2:d;};");
        expect("function f {\n a\n}\nf", "1:function f{2:a;};4:f;");
        expect("menuentry 'x' --class y {\n linux /a\n}\n",
               "1:menuentry|x|--class|y{2:linux|/a;};");
        expect("submenu x { menuentry y { a; } }", "1:submenu|x{1:menuentry|y{1:a;};};");
        expect("menuentry x {\n}\n", "1:menuentry|x{};");
        expect("echo if then fi in do", "1:echo|if|then|fi|in|do;");
        expect("'if' a", "1:if|a;");
}
END_TEST

/* The statement is lost; the next line is read again. */
START_TEST(errors) {
        expect_bad("a | b\nc", "2:c;", 1);
        expect_bad("fi\nc", "2:c;", 1);
        expect_bad("}\nc", "2:c;", 1);
        expect_bad("if a; then b; else [ c ]; then\n d\nfi\ne", "2:d;4:e;", 1);
        expect_bad("menuentry x {\n a & b\n c\n}\nd", "3:c;5:d;", 2);
        expect_bad("menuentry x {\n a\n", "", 3);
        expect_bad("a 'b\nc\n", "", 1);
        expect_n("a\0b\nc", 5, "2:c;", 1);
        expect_bad("function {\n a\n}", "2:a;", 1);
        expect_bad("a {\n b } c", "", 2);
        expect_bad("a;; b\nc", "2:c;", 1);
        expect_bad("a; ;\nc", "1:a;2:c;", 1);
        expect_bad("; a\nc", "2:c;", 1);
        expect_bad("a [[ b ]]\nc '[[' [[d", "2:c|[[|[[d;", 1);
        expect_bad("for x in a do b; done\nc", "2:c;", 1);
}
END_TEST

START_TEST(nesting_has_a_limit) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);
        PfGrubTree *tree = NULL;

        for (int i = 0; i < PF_GRUB_DEPTH_MAX; i++)
                add(&text, "a {\n");
        for (int i = 0; i < PF_GRUB_DEPTH_MAX; i++)
                add(&text, "}\n");
        ck_assert_int_eq(pf_grub_parse(text.data, text.n, &tree), 0);
        tree = pf_grub_tree_free(tree);
        text.n = 0;
        for (int i = 0; i <= PF_GRUB_DEPTH_MAX; i++)
                add(&text, "a {\n");
        ck_assert_int_eq(pf_grub_parse(text.data, text.n, &tree), -E2BIG);
        text.n = 0;
        add(&text, "if a; then b\n");
        for (int i = 0; i <= PF_GRUB_DEPTH_MAX; i++)
                add(&text, "elif c; then d\n");
        ck_assert_int_eq(pf_grub_parse(text.data, text.n, &tree), -E2BIG);
        ck_assert_ptr_null(tree);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("grub-syntax");

        PF_TEST(suite, words);
        PF_TEST(suite, quotes);
        PF_TEST(suite, variables);
        PF_TEST(suite, compound_statements);
        PF_TEST(suite, errors);
        PF_TEST(suite, nesting_has_a_limit);
        return pf_test_main(suite);
}
