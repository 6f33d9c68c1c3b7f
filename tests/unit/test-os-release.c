/* SPDX-License-Identifier: MIT */
#include "probes/parse/os-release.h"

#include <string.h>

#include "tests/support/corpus.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfOsRelease *parse_n(const char *text, size_t n) {
        PfOsRelease *release = NULL;

        ck_assert_int_eq(pf_os_release_parse(text, n, &release), 0);
        return release;
}

/* All assignments as "line:NAME=value|", and "bad N" for the first bad line. */
static void expect(const char *text, const char *want) {
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = parse_n(text, strlen(text));
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);

        for (size_t i = 0; i < release->n; i++)
                ck_assert_int_eq(pf_buf_printf(&got, "%u:%s=%s|", release->fields[i].line,
                                               release->fields[i].name, release->fields[i].value),
                                 0);
        if (release->bad_line)
                ck_assert_int_eq(pf_buf_printf(&got, "bad %u", release->bad_line), 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(assignments) {
        expect("", "");
        expect("ID=debian", "1:ID=debian|");
        expect("ID=debian\nVERSION_ID=\"12\"\n", "1:ID=debian|2:VERSION_ID=12|");
        expect("\n# comment\n  ID=a # why\n", "3:ID=a|");
        expect("ID=\n", "1:ID=|");
        expect("ID=a#b\n", "1:ID=a#b|");
        expect("A=1 B=2; C=3\n", "1:A=1|1:B=2|1:C=3|");
        expect("ANSI_COLOR=\"0;31\"\nHOME_URL=https://a/b?c=d\n",
               "1:ANSI_COLOR=0;31|2:HOME_URL=https://a/b?c=d|");
}
END_TEST

START_TEST(quotes) {
        expect("A='a \"b\" $c `d` \\e'\n", "1:A=a \"b\" $c `d` \\e|");
        expect("A=\"a 'b' \\$c \\`d\\` \\\\ \\\" \\e\"\n", "1:A=a 'b' $c `d` \\ \" \\e|");
        expect("A=a\\ b\\\"c\n", "1:A=a b\"c|");
        expect("A='x'y\"z\"\n", "1:A=xyz|");
        expect("A=\"one\ntwo\"\nB=3\n", "1:A=one\ntwo|3:B=3|");
        expect("A=\"one\\\ntwo\"\nB=a\\\nb\nC=1\n", "1:A=onetwo|3:B=ab|5:C=1|");
        expect("A=''\nB=\"\"\n", "1:A=|2:B=|");
}
END_TEST

START_TEST(what_is_no_assignment) {
        expect("NAME=Test OS\nID=x\n", "2:ID=x|bad 1");
        expect("A=$B\nC=`id`\nD=\"$E\"\nID=x\n", "4:ID=x|bad 1");
        expect("export ID=x\n", "bad 1");
        expect("1A=x\n=x\nID\nID=x\n", "4:ID=x|bad 1");
        expect("A=x; ls\nID=x\n", "1:A=x|2:ID=x|bad 1");
        expect("A=x&\nID=y\n", "2:ID=y|bad 1");
        expect("A=1 B\nID=y\n", "2:ID=y|bad 1");
        expect("\xef\xbb\xbfID=y\n", "bad 1");
}
END_TEST

/* What stands behind it still counts: the file was cut, or edited badly. */
START_TEST(a_quote_without_end) {
        expect("A=\"x\nID=y\n", "2:ID=y|bad 1");
        expect("A='x\nID=y\nB=\\", "2:ID=y|bad 1");
}
END_TEST

START_TEST(the_last_assignment_counts) {
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = parse_n("ID=a\nID=b\n", 10);

        ck_assert_str_eq(pf_os_release_value(release, "ID"), "b");
        ck_assert_uint_eq(pf_os_release_field(release, "ID")->line, 2);
        ck_assert_str_eq(pf_os_release_field(release, "ID")->text, "ID=b");
        ck_assert_ptr_null(pf_os_release_field(release, "NAME"));
        ck_assert_str_eq(pf_os_release_value(release, "NAME"), "");
}
END_TEST

START_TEST(hostile_bytes) {
        static const char nul[] = "A=x\0y\nB=\"p\0q\"\nID=z\n";
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = parse_n(nul, sizeof(nul) - 1);

        ck_assert_uint_eq(release->bad_line, 1);
        ck_assert_str_eq(pf_os_release_value(release, "B"), "p");
        ck_assert_str_eq(pf_os_release_value(release, "ID"), "z");
}
END_TEST

START_TEST(more_fields_than_any_file_has) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(65536);
        PfOsRelease *release = NULL;

        for (int i = 0; i <= PF_OS_RELEASE_FIELDS_MAX; i++)
                ck_assert_int_eq(pf_buf_add_string(&text, "A=1\n"), 0);
        ck_assert_int_eq(pf_os_release_parse(text.data, text.n - 4, &release), 0);
        pf_os_release_free(release);
        release = NULL;
        ck_assert_int_eq(pf_os_release_parse(text.data, text.n, &release), -EFBIG);
        ck_assert_ptr_null(release);
}
END_TEST

/* The corpus: what a real shell got out of the same file. */
typedef struct Corpus {
        const PfOsRelease *release;
        const char *file;
        size_t n_files;
        size_t n_names;
} Corpus;

static int compare_value(const char *name, PfJson *value, void *data) {
        Corpus *corpus = data;
        const PfOsReleaseField *field = pf_os_release_field(corpus->release, name);

        ck_assert_msg(field, "%s: %s is not set", corpus->file, name);
        ck_assert_msg(strcmp(field->value, pf_json_string(value)) == 0,
                      "%s: %s is \"%s\", not \"%s\"", corpus->file, name, field->value,
                      pf_json_string(value));
        corpus->n_names++;
        return 0;
}

static int compare_file(const char *name, PfJson *truth, void *data) {
        Corpus *corpus = data;
        size_t n, n_before = corpus->n_names;
        PF_AUTO_FREE char *text = pf_corpus_read("os-release", name, &n);
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = parse_n(text, n);
        size_t n_distinct = 0;

        corpus->release = release;
        corpus->file = name;
        (void) pf_json_each(pf_json_get(truth, "values"), compare_value, corpus);
        for (size_t i = 0; i < release->n; i++)
                n_distinct += pf_os_release_field(release, release->fields[i].name) ==
                              &release->fields[i];
        ck_assert_msg(n_distinct == corpus->n_names - n_before, "%s: %zu names, a shell sets %zu",
                      name, n_distinct, corpus->n_names - n_before);
        corpus->n_files++;
        return 0;
}

START_TEST(agrees_with_a_shell) {
        Corpus corpus = { 0 };

        if (pf_corpus_each("os-release", compare_file, &corpus) == 0)
                return;
        ck_assert_uint_gt(corpus.n_files, 100);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("os-release");

        PF_TEST(suite, assignments);
        PF_TEST(suite, quotes);
        PF_TEST(suite, what_is_no_assignment);
        PF_TEST(suite, a_quote_without_end);
        PF_TEST(suite, the_last_assignment_counts);
        PF_TEST(suite, hostile_bytes);
        PF_TEST(suite, more_fields_than_any_file_has);
        PF_TEST(suite, agrees_with_a_shell);
        return pf_test_main(suite);
}
