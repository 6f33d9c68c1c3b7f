/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/escape.h"

#include <errno.h>
#include <string.h>

#include "tests/support/test-main.h"

typedef int (*Escape)(PfBuf *buf, const char *text);

static void expect(Escape escape, const char *text, const char *expected) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4096);

        ck_assert_int_eq(escape(&buf, text), 0);
        ck_assert_str_eq(buf.data ? buf.data : "", expected);
}

START_TEST(plain_text_stays) {
        static const Escape all[] = { pf_escape_xml_attribute, pf_escape_xml_text, pf_escape_tap,
                                      pf_escape_metric, pf_escape_plugin };

        for (size_t i = 0; i < PF_ELEMENTS(all); i++) {
                expect(all[i], "", "");
                expect(all[i], "Port 22, \xe6\x97\xa5\xf0\x9f\x98\x80",
                       "Port 22, \xe6\x97\xa5\xf0\x9f\x98\x80");
        }
}
END_TEST

START_TEST(xml_markup) {
        expect(pf_escape_xml_attribute, "<a b=\"c\">&amp;]]>'",
               "&lt;a b=&quot;c&quot;&gt;&amp;amp;]]&gt;'");
        expect(pf_escape_xml_text, "a\nb\tc\rd", "a\nb&#9;c&#13;d");
        expect(pf_escape_xml_attribute, "a\nb\tc\rd", "a&#10;b&#9;c&#13;d");
}
END_TEST

/* What XML can hold has its number; what it cannot, whatever way it is written, is shown. */
START_TEST(xml_characters) {
        expect(pf_escape_xml_text, "\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81",
               "&#127;&#155;&#8238;&#917505;");
        expect(pf_escape_xml_text, "\x1b\x01\xef\xbf\xbe\xef\xbf\xbf", "\\x1b\\x01\\ufffe\\uffff");
        expect(pf_escape_xml_text, "\xff\xc0\x80\xed\xa0\x80", "\\xff\\xc0\\x80\\xed\\xa0\\x80");
}
END_TEST

START_TEST(yaml_scalars) {
        expect(pf_escape_yaml, "", "\"\"");
        expect(pf_escape_yaml, "a\"b\\c\nd\te\rf", "\"a\\\"b\\\\c\\nd\\te\\rf\"");
        expect(pf_escape_yaml, "\x1b\xc2\x85\xe2\x80\xa8\xf3\xa0\x80\x81",
               "\"\\x1b\\x85\\u2028\\U000e0001\"");
        expect(pf_escape_yaml, "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
        expect(pf_escape_yaml, "\xff", "\"\\\\xff\"");
        expect(pf_escape_yaml, "a: b", "\"a: b\"");
        expect(pf_escape_yaml_item, "a: b", "\"a\\x3a b\"");
}
END_TEST

START_TEST(tap_descriptions) {
        expect(pf_escape_tap, "a # b \\ c\nok 2", "a \\# b \\\\ c ok 2");
        /* A reader that knows no escapes must find no directive. */
        expect(pf_escape_tap, "x # SKIP no", "x \\x23 SKIP no");
        expect(pf_escape_tap, "x #\xe3\x80\x80toDo", "x \\x23\xe3\x80\x80toDo");
        expect(pf_escape_tap, "skip # it", "skip \\# it");
}
END_TEST

START_TEST(metric_labels) {
        expect(pf_escape_metric, "a\"b\\c\nd", "a\\\"b\\\\c\\nd");
        expect(pf_escape_metric, "\t\r\x1b\xff\xe2\x80\xae", "  \\\\x1b\\\\xff\\\\u202e");
}
END_TEST

START_TEST(plugin_lines) {
        expect(pf_escape_plugin, "a|b\nc",
               "a\xc2\xa6"
               "b c");
        expect(pf_escape_plugin, "\x1b[2J\xff", "\\x1b[2J\\xff");
}
END_TEST

START_TEST(uri_paths) {
        expect(pf_escape_uri_path, "etc/ssh/sshd_config.d/50-a~b.conf",
               "etc/ssh/sshd_config.d/50-a~b.conf");
        expect(pf_escape_uri_path, "a:b c%?#[]\xc3\xa9\xff\n",
               "a%3Ab%20c%25%3F%23%5B%5D%C3%A9%FF%0A");
}
END_TEST

START_TEST(a_full_buffer_is_told) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(4);

        ck_assert_int_eq(pf_escape_xml_text(&buf, "<<"), -ENOBUFS);
        ck_assert_int_eq(pf_escape_yaml(&buf, "x"), -ENOBUFS);
        ck_assert_int_eq(pf_escape_uri_path(&buf, "%"), -ENOBUFS);
}
END_TEST

/* No byte at all brings a control character, or what ends the place it stands in. */
START_TEST(every_byte) {
        static const struct {
                Escape escape;
                const char *never;
        } cases[] = {
                { pf_escape_xml_attribute, "\"<>\n" },
                { pf_escape_xml_text, "<>" },
                { pf_escape_tap, "\n" },
                { pf_escape_metric, "\n" },
                { pf_escape_plugin, "|\n" },
                { pf_escape_yaml, "\n" },
                { pf_escape_uri_path, "\" <>#?:\n" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++)
                for (unsigned byte = 1; byte < 256; byte++) {
                        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(64);
                        const char text[] = { 'a', (char) byte, 'b', '\0' };

                        ck_assert_int_eq(cases[i].escape(&buf, text), 0);
                        ck_assert_msg(!strpbrk(buf.data, cases[i].never), "byte %u: %s", byte,
                                      buf.data);
                        for (size_t j = 0; j < buf.n; j++)
                                ck_assert_msg(buf.data[j] == '\n' ||
                                                      ((unsigned char) buf.data[j] >= 0x20 &&
                                                       buf.data[j] != 0x7f),
                                              "byte %u", byte);
                }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("ctl-escape");

        PF_TEST(suite, plain_text_stays);
        PF_TEST(suite, xml_markup);
        PF_TEST(suite, xml_characters);
        PF_TEST(suite, yaml_scalars);
        PF_TEST(suite, tap_descriptions);
        PF_TEST(suite, metric_labels);
        PF_TEST(suite, plugin_lines);
        PF_TEST(suite, uri_paths);
        PF_TEST(suite, a_full_buffer_is_told);
        PF_TEST(suite, every_byte);
        return pf_test_main(suite);
}
