/* SPDX-License-Identifier: MIT */
#include "probes/parse/fstab.h"

#include <string.h>

#include "probes/parse/device-identity.h"
#include "tests/support/corpus.h"

/* Entries as "line:spec,file,type,options,freq,passno|", "bad N" for a line that is none. */
static void expect(const char *text, const char *want) {
        PF_AUTO_FSTAB PfFstab fstab = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);
        int r = pf_fstab_parse("/etc/fstab", text, strlen(text), &fstab, NULL);

        for (size_t i = 0; i < fstab.n && r == 0; i++) {
                const PfFstabEntry *entry = &fstab.entries[i];

                r = pf_buf_printf(&got, "%u:%s,%s,%s,%s,%d,%d|", entry->line, entry->spec,
                                  entry->file, entry->type, entry->options, entry->freq,
                                  entry->passno);
        }
        if (fstab.bad_line && r == 0)
                r = pf_buf_printf(&got, "bad %u", fstab.bad_line);
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(entries) {
        expect("", "");
        expect("# c\n\n \t# d\nUUID=a / ext4 ro 0 1\n", "4:UUID=a,/,ext4,ro,0,1|");
        expect("a\tb c d\r\nf g h i 1", "1:a,b,c,d,0,0|2:f,g,h,i,1,0|");
        expect("a b c\n", "1:a,b,c,,0,0|");
        expect("LABEL=my\\040root /m\\011n x y\\134z 0 0", "1:LABEL=my root,/m\tn,x,y\\z,0,0|");
        expect("a\\999 b\\04 c d\\000", "1:a\\999,b\\04,c,d\\000,0,0|");
}
END_TEST

START_TEST(lines_that_are_none) {
        expect("bug\nd e f g\n", "2:d,e,f,g,0,0|bad 1");
        expect("a b\n", "bad 1");
        expect("this is broken line with six\n", "bad 1");
        expect("a b c d 0 x\n", "bad 1");
        expect("a b c d 99999999999 0\n", "bad 1");
        expect("a b c d 0 0 more\n", "1:a,b,c,d,0,0|");
}
END_TEST

START_TEST(find_and_options) {
        static const char text[] = "a / x rw,noauto,subvol=@ 0 0\nb / x ro 0 0\n";
        PF_AUTO_FSTAB PfFstab fstab = { 0 };
        const char *options;

        ck_assert_int_eq(pf_fstab_parse("/f", text, sizeof(text) - 1, &fstab, NULL), 0);
        ck_assert_str_eq(pf_fstab_find(&fstab, "/")->spec, "b");
        ck_assert_ptr_null(pf_fstab_find(&fstab, "/boot"));
        options = fstab.entries[0].options;
        ck_assert_str_eq(pf_fstab_option(options, "subvol"), "@");
        ck_assert_ptr_nonnull(pf_fstab_option(options, "noauto"));
        ck_assert_ptr_null(pf_fstab_option(options, "auto"));
        ck_assert_ptr_null(pf_fstab_option(options, "sub"));
        ck_assert_ptr_null(pf_fstab_option("", "ro"));
        ck_assert_ptr_null(pf_fstab_option(",,", "ro"));
}
END_TEST

START_TEST(encrypted_devices) {
        static const char text[] = "# c\nroot UUID=a none luks,discard\n"
                                   "swap\t/dev/sda2 /dev/urandom swap\nx /dev/sdb1\nbad\n"
                                   "y LABEL=a\\040b - -\nz a b c d\n";
        PF_AUTO_CRYPTTAB PfCrypttab crypttab = { 0 };

        ck_assert_int_eq(pf_crypttab_parse("/c", text, sizeof(text) - 1, &crypttab, NULL), 0);
        ck_assert_uint_eq(crypttab.n, 4);
        ck_assert_str_eq(crypttab.entries[0].source, "UUID=a");
        ck_assert_str_eq(crypttab.entries[0].key, "");
        ck_assert_ptr_nonnull(pf_fstab_option(crypttab.entries[0].options, "discard"));
        ck_assert_str_eq(crypttab.entries[1].key, "/dev/urandom");
        ck_assert_uint_eq(crypttab.entries[1].line, 3);
        ck_assert_str_eq(crypttab.entries[2].options, "");
        ck_assert_str_eq(crypttab.entries[3].source, "LABEL=a b");
        ck_assert_str_eq(crypttab.entries[3].options, "");
        ck_assert_uint_eq(crypttab.bad_line, 5);
}
END_TEST

START_TEST(more_entries_than_any_file_has) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);
        PF_AUTO_FSTAB PfFstab fstab = { 0 };
        PfErr err = { 0 };

        for (int i = 0; i <= PF_FSTAB_ENTRIES_MAX; i++)
                ck_assert_int_eq(pf_buf_add_string(&text, "a b c d\n"), 0);
        ck_assert_int_eq(pf_fstab_parse("/f", text.data, text.n, &fstab, &err), -E2BIG);
        ck_assert_uint_eq(fstab.n, PF_FSTAB_ENTRIES_MAX);
}
END_TEST

typedef struct Corpus {
        size_t n_files, n_entries;
} Corpus;

/* The kind of a device of an fstab, where a number or a host is no device. */
static const char *kind_of(const PfFstabEntry *entry) {
        return pf_identity_kind_name(pf_identity_kind(entry->spec));
}

static void compare_entry(const char *name, const PfFstabEntry *entry, PfJson *want) {
        pf_corpus_same(name, "device", entry->spec, pf_json_get(want, "spec"));
        pf_corpus_same(name, "directory", entry->file, pf_json_get(want, "file"));
        pf_corpus_same(name, "type", entry->type, pf_json_get(want, "type"));
        pf_corpus_same(name, "options", entry->options, pf_json_get(want, "options"));
        pf_corpus_same(name, entry->spec, kind_of(entry), pf_json_get(want, "spec_kind"));
        ck_assert_msg(entry->freq == pf_json_integer(pf_json_get(want, "freq")) &&
                              entry->passno == pf_json_integer(pf_json_get(want, "passno")),
                      "%s:%u: numbers", name, entry->line);
}

static void compare_swap(const char *name, const PfFstab *fstab, PfJson *want) {
        size_t n = 0;

        for (size_t i = 0; i < fstab->n; i++)
                if (strcmp(fstab->entries[i].type, "swap") == 0)
                        pf_corpus_same(name, "swap", fstab->entries[i].spec,
                                       pf_json_get(pf_json_at(want, n++), "spec"));
        ck_assert_uint_eq(n, pf_json_length(want));
}

static int compare_file(const char *name, PfJson *truth, void *data) {
        PF_AUTO_FSTAB PfFstab fstab = { 0 };
        PfJson *want = pf_json_get(truth, "entries"), *root = pf_json_get(truth, "root");
        const PfFstabEntry *entry;
        Corpus *corpus = data;
        size_t n;
        PF_AUTO_FREE char *text = pf_corpus_read("fstab", name, &n);

        ck_assert_int_eq(pf_fstab_parse(name, text, n, &fstab, NULL), 0);
        ck_assert_msg(fstab.n == pf_json_length(want), "%s: %zu entries", name, fstab.n);
        for (size_t i = 0; i < fstab.n; i++)
                compare_entry(name, &fstab.entries[i], pf_json_at(want, i));
        entry = pf_fstab_find(&fstab, "/");
        pf_corpus_same(name, "root", entry ? entry->spec : NULL, pf_json_get(root, "spec"));
        compare_swap(name, &fstab, pf_json_get(truth, "swap"));
        ck_assert_msg((fstab.bad_line != 0) == (pf_json_get(truth, "libmount_said") != NULL),
                      "%s:%u: bad", name, fstab.bad_line);
        corpus->n_files++;
        corpus->n_entries += fstab.n;
        return 0;
}

START_TEST(agrees_with_findmnt) {
        Corpus corpus = { 0 };

        if (pf_corpus_each("fstab", compare_file, &corpus) == 0)
                return;
        ck_assert_uint_eq(corpus.n_files, 81);
        ck_assert_uint_eq(corpus.n_entries, 441);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("fstab");

        PF_TEST(suite, entries);
        PF_TEST(suite, lines_that_are_none);
        PF_TEST(suite, find_and_options);
        PF_TEST(suite, encrypted_devices);
        PF_TEST(suite, more_entries_than_any_file_has);
        PF_TEST(suite, agrees_with_findmnt);
        return pf_test_main(suite);
}
