/* SPDX-License-Identifier: MIT */
#include "probes/parse/kernel-cmdline.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

static PfCmdline *parse(const char *text) {
        PfCmdline *cmdline = NULL;

        ck_assert_int_eq(pf_cmdline_parse(text, strlen(text), &cmdline), 0);
        return cmdline;
}

/* Words as "name=value|", "name|" where there is no '='. */
static void expect(const char *text, const char *want) {
        PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = parse(text);
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);

        for (size_t i = 0; i < cmdline->n; i++) {
                const PfCmdlineWord *word = &cmdline->words[i];

                ck_assert_int_eq(pf_buf_printf(&got, "%s%s%s|", word->name, word->value ? "=" : "",
                                               word->value ? word->value : ""),
                                 0);
                ck_assert_int_eq(strncmp(text + word->offset, word->text, strlen(word->text)), 0);
        }
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(words) {
        expect("", "");
        expect(" \t\n", "");
        expect("root=/dev/sda1 ro quiet\n", "root=/dev/sda1|ro|quiet|");
        expect("BOOT_IMAGE=(hd0,gpt2)/vmlinuz  a=b=c", "BOOT_IMAGE=(hd0,gpt2)/vmlinuz|a=b=c|");
        expect("a=", "a=|");
        expect("=a", "=a|");
}
END_TEST

/* As the kernel takes quotes away, seen in what modules and init get. */
START_TEST(quotes) {
        expect("a=\"b c\" d", "a=b c|d|");
        expect("\"a=b c\" d", "a=b c|d|");
        expect("a=b\"c d\"e f", "a=b\"c d\"e|f|");
        expect("a=\"b c", "a=b c|");
        expect("\"", "|");
        expect("\"\"", "|");
        expect("a=\"\"", "a=|");
        expect("dyndbg=\"file drivers/usb/* +p\" ro", "dyndbg=file drivers/usb/* +p|ro|");
}
END_TEST

START_TEST(the_last_one_counts) {
        PF_CLEANUP(pf_cmdline_freep)
        PfCmdline *cmdline = parse("root=a root=b rd.lvm.lv=v/a rd.lvm.lv=v/b my-name=1 -- root=c");
        const PfCmdlineWord *word;

        ck_assert_str_eq(pf_cmdline_last(cmdline, "root")->value, "b");
        word = pf_cmdline_next(cmdline, "rd.lvm.lv", NULL);
        ck_assert_str_eq(word->value, "v/a");
        word = pf_cmdline_next(cmdline, "rd.lvm.lv", word);
        ck_assert_str_eq(word->value, "v/b");
        ck_assert_ptr_null(pf_cmdline_next(cmdline, "rd.lvm.lv", word));
        ck_assert_str_eq(pf_cmdline_last(cmdline, "my_name")->value, "1");
        ck_assert_ptr_null(pf_cmdline_last(cmdline, "roo"));
        ck_assert_ptr_null(pf_cmdline_last(cmdline, "resume"));
}
END_TEST

static void expect_identity(const char *name, const char *value, const char *want) {
        const PfCmdlineParameter *parameter = pf_cmdline_parameter(name);
        PF_AUTO_FREE char *identity = NULL;

        ck_assert_msg(parameter, "%s names no device", name);
        ck_assert_int_eq(pf_cmdline_identity(parameter, value, &identity), 0);
        ck_assert_str_eq(identity, want);
}

START_TEST(identities) {
        expect_identity("root", "UUID=x", "UUID=x");
        expect_identity("resume", "/dev/sda2", "/dev/sda2");
        expect_identity("rd.luks.uuid", "luks-X", "UUID=X");
        expect_identity("rd.luks.uuid", "X", "UUID=X");
        expect_identity("rd.luks.uuid", "", "");
        expect_identity("rd.luks.name", "X=crypt", "UUID=X");
        expect_identity("cryptdevice", "UUID=X:crypt:allow-discards", "UUID=X");
        expect_identity("cryptdevice", "/dev/sda2", "/dev/sda2");
        expect_identity("cryptdevice", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1:crypt",
                        "/dev/disk/by-path/pci-0000:00:1f.2-ata-1");
        expect_identity("rd.lvm.lv", "vg/root", "/dev/vg/root");
        expect_identity("rd.lvm.vg", "vg", "vg");
        expect_identity("rd.md.uuid", "a:b:c:d", "UUID=a:b:c:d");
        ck_assert_ptr_null(pf_cmdline_parameter("ro"));
        ck_assert_int_eq(pf_cmdline_parameter("resume")->role, PF_CMDLINE_RESUME);
}
END_TEST

START_TEST(limits) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);
        PfCmdline *cmdline = NULL;

        for (int i = 0; i <= PF_CMDLINE_WORDS_MAX; i++)
                ck_assert_int_eq(pf_buf_add_string(&text, "a "), 0);
        ck_assert_int_eq(pf_cmdline_parse(text.data, text.n - 2, &cmdline), 0);
        cmdline = pf_cmdline_free(cmdline);
        ck_assert_int_eq(pf_cmdline_parse(text.data, text.n, &cmdline), -E2BIG);
        ck_assert_ptr_null(cmdline);
        ck_assert_int_eq(pf_cmdline_parse("a\0b", 3, &cmdline), 0);
        ck_assert_uint_eq(cmdline->n, 1);
        pf_cmdline_free(cmdline);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("kernel-cmdline");

        PF_TEST(suite, words);
        PF_TEST(suite, quotes);
        PF_TEST(suite, the_last_one_counts);
        PF_TEST(suite, identities);
        PF_TEST(suite, limits);
        return pf_test_main(suite);
}
