/* SPDX-License-Identifier: MIT */
#include "probes/parse/extlinux.h"

#include <string.h>

#include "tests/support/test-main.h"

static int read_file(void *data, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        const char *text = data;

        (void) max;
        if (strcmp(path, "broken") == 0)
                return pf_err_set(err, -EIO, "%s", path);
        return strcmp(path, "absent") == 0 ? 1 : pf_buf_add_string(buf, text);
}

static void add_words(const PfBootWords *words, PfBuf *buf) {
        for (size_t i = 0; i < words->n; i++)
                ck_assert_int_eq(
                        pf_buf_printf(buf, " %s@%u", words->items[i].text, words->items[i].line),
                        0);
        ck_assert_int_eq(pf_buf_add_string(buf, ";"), 0);
}

/* Settings as "name=value|", entries as "line:id,title{name word@line …;}". */
static void expect_with(const char *text, const char *included, const char *want) {
        PfBootFiles files = { .read = read_file, .data = (void *) included };
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);
        int r = pf_extlinux_load("x.conf", text, strlen(text), included ? &files : NULL, &menu,
                                 NULL);

        for (size_t i = 0; i < menu.settings.n && r == 0; i++)
                r = pf_buf_printf(&got, "%s=%s|", menu.settings.items[i].name,
                                  menu.settings.items[i].value);
        for (size_t i = 0; i < menu.n && r == 0; i++) {
                const PfBootEntry *entry = &menu.entries[i];

                r = pf_buf_printf(&got, "%u:%s,%s{", entry->line, entry->id, entry->title);
                for (size_t j = 0; j < entry->commands.n && r == 0; j++) {
                        r = pf_buf_add_string(&got, entry->commands.items[j].name);
                        add_words(&entry->commands.items[j].expanded, &got);
                }
                r = r == 0 ? pf_buf_add_string(&got, "}") : r;
        }
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

static void expect(const char *text, const char *want) {
        expect_with(text, NULL, want);
}

START_TEST(entries) {
        expect("", "");
        expect("DEFAULT l\nTIMEOUT 50\n# c\nLABEL l\n  MENU LABEL ^Linux x\n  LINUX /v\n"
               "  INITRD /a,/b\n  APPEND root=UUID=u ro\n  FDT /d.dtb\n",
               "default=l|timeout=50|4:l,Linux x{linux /v@6 root=UUID=u@8 ro@8;"
               "initrd /a@7 /b@7;fdt /d.dtb@9;}");
        expect("label a\nkernel /v\nappend initrd=/i root=/dev/sda1\n",
               "1:a,a{kernel /v@2 initrd=/i@3 root=/dev/sda1@3;initrd /i@3;}");
        expect("label a\nkernel /v\r\nlabel b\nlocalboot 0x80\n",
               "1:a,a{kernel /v@2;}3:b,b{localboot 0x80@4;}");
        expect("label a\nmenu default\nlinux /v\n", "menu default=a|1:a,a{linux /v@3;}");
        expect("labelx a\nlabel\nlinux /v", "2:,{linux /v@3;}");
}
END_TEST

START_TEST(append_for_all) {
        expect("append quiet\nlabel a\nlinux /a\nlabel b\nlinux /b\nappend ro\nlabel c\n"
               "linux /c\nappend -\n",
               "2:a,a{linux /a@3 quiet@1;}4:b,b{linux /b@5 ro@6;}7:c,c{linux /c@8;}");
}
END_TEST

START_TEST(other_files) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        static const char text[] = "include a.cfg";

        expect_with("default x\ninclude a.cfg\nlabel b\nlinux /b", "label a\nlinux /a",
                    "default=x|1:a,a{linux /a@2;}3:b,b{linux /b@4;}");
        expect_with("menu include absent\ninclude broken\nlabel b", "", "3:b,b{}");
        ck_assert_int_eq(pf_extlinux_load("x", text, sizeof(text) - 1, NULL, &menu, NULL), 0);
        ck_assert_uint_eq(menu.outside.n, 1);
        ck_assert_str_eq(menu.outside.items[0].written.items[0].text, "a.cfg");
}
END_TEST

START_TEST(a_file_within_itself) {
        static char text[] = "include self";
        PfBootFiles files = { .read = read_file, .data = text };
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_extlinux_load("x", text, sizeof(text) - 1, &files, &menu, &err),
                         -E2BIG);
        ck_assert_str_eq(err.text, "self: too many files within files");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("extlinux");

        PF_TEST(suite, entries);
        PF_TEST(suite, append_for_all);
        PF_TEST(suite, other_files);
        PF_TEST(suite, a_file_within_itself);
        return pf_test_main(suite);
}
