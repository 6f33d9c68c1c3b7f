/* SPDX-License-Identifier: MIT */
#include "probes/parse/grub-script.h"

#include <string.h>

#include "tests/support/test-main.h"

/* Files by name; what begins with "!" cannot be read. */
typedef struct Files {
        const char *names[4];
        const char *texts[4];
} Files;

static int read_file(void *data, const char *path, size_t max, PfBuf *buf, PfErr *err) {
        const Files *files = data;

        (void) max;
        for (size_t i = 0; i < PF_ELEMENTS(files->names) && files->names[i]; i++)
                if (strcmp(files->names[i], path) == 0)
                        return *files->texts[i] == '!' ? pf_err_set(err, -EIO, "%s", path)
                                                       : pf_buf_add_string(buf, files->texts[i]);
        return 1;
}

static void load(const char *text, const Files *files, PfBootMenu *menu) {
        PF_AUTO_BOOT_SETTINGS PfBootSettings preset = { 0 };
        PfBootFiles access = { .read = read_file, .data = (void *) files };
        PfErr err = { 0 };
        int r = pf_boot_settings_add(
                &preset,
                &(PfBootSetting){ .name = "prefix", .value = "/g", .path = "", .certain = true });

        ck_assert_int_eq(r, 0);
        r = pf_grub_script_load("grub.cfg", text, strlen(text), &preset, files ? &access : NULL,
                                menu, &err);
        ck_assert_msg(r == 0, "%s", err.text);
}

static void add_words(const PfBootWords *words, PfBuf *buf) {
        for (size_t i = 0; i < words->n; i++)
                ck_assert_int_eq(pf_buf_printf(buf, " %s%s", words->items[i].text,
                                               words->items[i].certain ? "" : "?"),
                                 0);
}

static void add_commands(const PfBootCommands *commands, PfBuf *buf) {
        static const char *const marks[] = { "", "~", "!" };

        for (size_t i = 0; i < commands->n; i++) {
                const PfBootCommand *command = &commands->items[i];

                if (command->verb == PF_BOOT_SET)
                        continue;
                ck_assert_int_eq(pf_buf_printf(buf, "%u:%s%s", command->line, marks[command->when],
                                               command->name),
                                 0);
                add_words(&command->expanded, buf);
                ck_assert_int_eq(pf_buf_add_string(buf, ";"), 0);
        }
}

/* Entries as "line:title{commands}", with '~' before what may be, '!' before what is
 * not, and '?' behind a word that is not certain; then the commands outside. */
static void expect_files(const char *text, const Files *files, const char *want) {
        static const char *const marks[] = { "", "~", "!" };
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);

        load(text, files, &menu);
        for (size_t i = 0; i < menu.n; i++) {
                const PfBootEntry *entry = &menu.entries[i];

                for (size_t j = 0; j < entry->submenu.n; j++)
                        ck_assert_int_eq(pf_buf_printf(&got, "%s>", entry->submenu.items[j].text),
                                         0);
                ck_assert_int_eq(pf_buf_printf(&got, "%u:%s%s%s%s{", entry->line,
                                               marks[entry->when], entry->title,
                                               entry->id ? "#" : "", entry->id ? entry->id : ""),
                                 0);
                add_commands(&entry->commands, &got);
                ck_assert_int_eq(pf_buf_add_string(&got, "}"), 0);
        }
        add_commands(&menu.outside, &got);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

static void expect(const char *text, const char *want) {
        expect_files(text, NULL, want);
}

START_TEST(entries) {
        expect("menuentry 'A b' --class x --id i {\n linux /v root=/dev/sda1 ro\n initrd /i\n}\n",
               "1:A b#i{2:linux /v root=/dev/sda1 ro;3:initrd /i;}");
        expect("menuentry --unrestricted --class=x A --hotkey=k { linux16 /v\n}",
               "1:A{1:linux16 /v;}");
        expect("menuentry A $menuentry_id_option i { true; }", "1:A{}");
        expect("if [ x${feature_menuentry_id} = xy ]; then menuentry_id_option=--id\n"
               "else menuentry_id_option=\nfi\nmenuentry A $menuentry_id_option i { true; }",
               "4:A#i{}");
        expect("menuentry A b c { linux /$1 $2 $3 \"$@\" $4 ; }", "1:A{1:linux /A b c A b c;}");
}
END_TEST

START_TEST(variables_are_put_in) {
        expect("set a='x y'\nmenuentry A { linux /v $a \"$a\" r=$a; }",
               "2:A{2:linux /v x y x y r=x y;}");
        expect("menuentry A { linux /v $a r=$a \"$a\"; }\nset a=late",
               "1:A{1:linux /v late r=late late;}");
        expect("menuentry A { linux /v $a r=$a \"$a\"; }", "1:A{1:linux /v r= ;}");
        expect("menuentry A { set a=1; linux /$a; }\nmenuentry B { linux /$a; }",
               "1:A{1:linux /1;}2:B{2:linux /;}");
        expect("x=16\nmenuentry A { linux$x /v; initrd$x /i; }",
               "2:A{2:linux16 /v;2:initrd16 /i;}");
        expect("menuentry A { linux$root /v; }", "1:A{1:linux${root} /v;}");
        expect("set a=1\nunset a\nmenuentry A { linux /v$a; }", "3:A{3:linux /v;}");
        expect("menuentry A { linux ($root)/v x=$root; }", "1:A{1:linux (${root})/v? x=${root}?;}");
}
END_TEST

START_TEST(where_a_word_stands) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        const PfBootCommand *command;

        load("set o=\"root=/dev/sda1 ro\"\n\nmenuentry A {\n linux /v $o x=$o \\\n quiet\n}", NULL,
             &menu);
        command = &menu.entries[0].commands.items[0];
        ck_assert_uint_eq(command->written.n, 4);
        ck_assert_str_eq(command->written.items[1].text, "${o}");
        ck_assert_str_eq(pf_boot_command_image(command)->text, "/v");
        ck_assert_str_eq(command->expanded.items[1].text, "root=/dev/sda1");
        ck_assert_uint_eq(command->expanded.items[1].line, 1);
        ck_assert_uint_eq(command->expanded.items[2].line, 1);
        ck_assert_str_eq(command->expanded.items[3].text, "x=root=/dev/sda1");
        ck_assert_uint_eq(command->expanded.items[3].line, 4);
        ck_assert_uint_eq(command->expanded.items[5].line, 5);
}
END_TEST

START_TEST(conditions) {
        expect("if [ $root = x ]; then linux /a; else linux /b; fi", "1:~linux /a;1:~linux /b;");
        expect("if true; then linux /a; else linux /b; fi", "1:linux /a;1:!linux /b;");
        expect("if false; then linux /a; elif true; then linux /b; fi", "1:!linux /a;1:linux /b;");
        expect("if ! false; then linux /a; fi", "1:linux /a;");
        expect("if hwmatch; then linux /a; fi", "1:~linux /a;");
        expect("if hwmatch; then if true; then linux /a; fi; fi", "1:~linux /a;");
        expect("a=1\nif [ $root ]; then a=2; fi\nlinux $a\nif [ $a = 2 ]; then linux /b; fi",
               "3:linux 1?;4:~linux /b;");
        expect("if [ $root ]; then a=2; fi\nlinux $a", "2:linux 2?;");
        expect("if [ $root ]; then a=2; else a=2; fi\nlinux $a", "2:linux 2;");
        expect("if false; then a=2; fi\nlinux x$a", "2:linux x;");
        expect("if [ $root ]; then menuentry A { true; }\nfi", "1:~A{}");
}
END_TEST

static void expect_test(const char *words, const char *want) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(4096);

        ck_assert_int_eq(
                pf_buf_printf(&text, "a=1\nif [ %s ]; then linux y; else linux n; fi", words), 0);
        expect(text.data, want);
}

START_TEST(tests_of_values) {
        static const char yes[] = "2:linux y;2:!linux n;", no[] = "2:!linux y;2:linux n;",
                          unknown[] = "2:~linux y;2:~linux n;";

        expect_test("\"$a\" = 1", yes);
        expect_test("$a == 2", no);
        expect_test("$a != 2", yes);
        expect_test("x '<' y", yes);
        expect_test("10 -gt 9", yes);
        expect_test("10 -le 9", no);
        expect_test("$a", yes);
        expect_test("\"\"", no);
        expect_test("$nothing", no);
        expect_test("-n \"$a\"", yes);
        expect_test("-z \"$a\"", no);
        expect_test("! -z \"$a\"", yes);
        expect_test("-z $a -o $a = 1", yes);
        expect_test("-n $a -a $a = 2", no);
        expect_test("( $a = 2 -o $a = 1 ) -a x = x", yes);
        expect_test("\"$root\" = 1", unknown);
        expect_test("\"$root\" = 1 -o $a = 1", yes);
        expect_test("\"$root\" = 1 -a $a = 2", no);
        expect_test("-f /x", unknown);
        expect_test("a b c", unknown);
        expect("if [ a; then linux y; fi", "1:!linux y;");
        expect("if test a = a; then linux y; fi", "1:linux y;");
}
END_TEST

START_TEST(functions_and_loops) {
        expect("function f { linux $1 $2\n}\nf a b", "1:!linux ${1}? ${2}?;1:linux a b;");
        expect("function f { return\n linux x\n}\nf\nlinux y", "2:!linux x;2:!linux x;5:linux y;");
        expect("function f { if [ $root ]; then return; fi\n linux x\n}\nf",
               "2:!linux x;2:~linux x;");
        expect("for x in a b; do linux $x; done", "1:linux a;1:linux b;");
        expect("for x in ; do linux $x; done", "1:!linux;");
        expect("for x in (hd0,*); do linux $x; done", "1:~linux ${x}?;");
        expect("for x in a b; do linux $x; break; done\nlinux c",
               "1:linux a;1:!linux a;2:linux c;");
        expect("while true; do linux x; done\nlinux c", "1:~linux x;2:linux c;");
        expect("function f { f\n}\nf\nlinux x", "4:linux x;");
        expect("if [ $root ]; then exit; fi\nlinux x\nmenuentry A { linux y; }",
               "3:~A{3:~linux y;}2:~linux x;");
}
END_TEST

START_TEST(submenus_see_what_was_exported) {
        expect("a=1\nb=2\nexport b\nsubmenu S { menuentry A { linux /$a$b; }\n}\n"
               "menuentry B { linux /$a$b; }",
               "S>4:A{4:linux /2;}6:B{6:linux /12;}");
        expect("submenu S {\n submenu T { menuentry A { true; }\n}\n}", "S>T>2:A{}");
}
END_TEST

START_TEST(variables_that_a_command_sets) {
        expect("root=x\nsearch --fs-uuid --set=root u\nlinux ($root)/v",
               "2:search --fs-uuid --set=root u;3:linux (${root})/v?;");
        expect("search --label --set dev l\nlinux $root",
               "1:search --label --set dev l;2:linux ${root}?;");
        expect("v=x\nregexp --set=1:v a b\nlinux $v", "3:linux ${v}?;");
        expect("probe --set v -u x\nlinux $v", "2:linux ${v}?;");
        expect("read v\nlinux $v", "2:linux ${v}?;");
}
END_TEST

#define ENV "# GRUB Environment Block\n"

START_TEST(environment_block) {
        static const Files files = { .names = { "/g/grubenv", "/x" },
                                     .texts = { ENV "kernelopts=root=UUID=u ro\nsaved_entry=7\n",
                                                ENV "v=1\nw=2\n" } };
        static const Files broken = { .names = { "/g/grubenv" }, .texts = { "!" } };
        static const char text[] = "load_env\nif [ -z \"${kernelopts}\" ]; then\n"
                                   "set kernelopts=\"root=UUID=other\"\nfi\nlinux $kernelopts";
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };

        expect_files(text, &files, "5:linux root=UUID=u ro;");
        expect_files(text, &broken, "5:linux root=UUID=other?;");
        expect_files(text, &(Files){ 0 }, "5:linux root=UUID=other;");
        expect(text, "5:linux root=UUID=other?;");
        expect_files("load_env -f /x w\nlinux x$v $w", &files, "2:linux x 2;");
        expect_files("if [ -s $prefix/grubenv ]; then load_env; fi\nlinux $saved_entry", &files,
                     "2:linux 7;");
        expect("if [ -s $prefix/grubenv ]; then load_env; fi\nlinux $saved_entry",
               "2:linux ${saved_entry}?;");
        load("load_env\nset default=\"${saved_entry}\"", &files, &menu);
        ck_assert_str_eq(pf_boot_settings_value(&menu.settings, "default", ""), "7");
        ck_assert_str_eq(pf_boot_settings_find(&menu.settings, "kernelopts")->path, "/g/grubenv");
        ck_assert_uint_eq(pf_boot_settings_find(&menu.settings, "kernelopts")->line, 2);
        ck_assert(pf_boot_settings_find(&menu.settings, "default")->certain);
}
END_TEST

START_TEST(other_files) {
        static const Files files = { .names = { "/g/custom.cfg", "/g/sub.cfg" },
                                     .texts = { "menuentry C { linux /c $a; }",
                                                "default=9\nmenuentry S { linux /s $a$b; }" } };
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };

        expect_files("a=1\nsource $prefix/custom.cfg\nmenuentry A { true; }", &files,
                     "1:C{1:linux /c 1;}3:A{}2:source /g/custom.cfg;");
        expect_files("if [ -f $prefix/none.cfg ]; then source $prefix/none.cfg; fi", &files,
                     "1:!source /g/none.cfg;");
        expect_files("a=1\nb=2\nexport b\nconfigfile $prefix/sub.cfg\nmenuentry A { true; }",
                     &files, "2:S{2:linux /s 2;}5:~A{}4:configfile /g/sub.cfg;");
        load("default=1\nconfigfile $prefix/sub.cfg", &files, &menu);
        ck_assert_str_eq(pf_boot_settings_value(&menu.settings, "default", ""), "9");
        ck_assert_str_eq(menu.entries[0].path, "/g/sub.cfg");
}
END_TEST

START_TEST(a_file_within_itself) {
        static const Files files = { .names = { "/g/a" }, .texts = { "source /g/a" } };
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PfBootFiles access = { .read = read_file, .data = (void *) &files };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_grub_script_load("g", "source /g/a", 11, NULL, &access, &menu, &err),
                         -E2BIG);
        ck_assert_str_eq(err.text, "/g/a: too many files within files");
}
END_TEST

static void expect_too_long(const char *text) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_grub_script_load("g", text, strlen(text), NULL, NULL, &menu, &err),
                         -E2BIG);
}

START_TEST(scripts_that_run_too_long) {
        expect_too_long("function f { if [ $root ]; then f; f; fi\n}\nf");
        expect_too_long("a=xxxxxxxxxxxxxxxx\nfunction f { a=$a$a; a=$a$a; a=$a$a; a=$a$a\n}\n"
                        "function g { f; f; f; f\n}\ng; g");
        expect_too_long("l=\"1 2 3 4 5 6 7 8\"\nfor a in $l; do for b in $l; do for c in $l; do\n"
                        "for d in $l; do for e in $l; do for f in $l; do x; done; done; done\n"
                        "done; done; done");
}
END_TEST

START_TEST(blscfg) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };

        load("insmod blscfg\nblscfg\n", NULL, &menu);
        ck_assert_uint_eq(menu.outside.n, 1);
        ck_assert_int_eq(menu.outside.items[0].verb, PF_BOOT_BLSCFG);
        ck_assert_uint_eq(menu.outside.items[0].line, 2);
}
END_TEST

START_TEST(assignments_are_on_record) {
        PF_AUTO_BOOT_MENU PfBootMenu menu = { 0 };

        load("set a=\"x $root\"\nif [ $root ]; then b=1; fi", NULL, &menu);
        ck_assert_uint_eq(menu.outside.n, 2);
        ck_assert_str_eq(menu.outside.items[0].written.items[0].text, "a=x ${root}");
        ck_assert(!menu.outside.items[0].conditional);
        ck_assert_str_eq(menu.outside.items[1].written.items[0].text, "b=1");
        ck_assert(menu.outside.items[1].conditional);
        ck_assert(!pf_boot_settings_find(&menu.settings, "a")->certain);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("grub-script");

        PF_TEST(suite, entries);
        PF_TEST(suite, variables_are_put_in);
        PF_TEST(suite, where_a_word_stands);
        PF_TEST(suite, conditions);
        PF_TEST(suite, tests_of_values);
        PF_TEST(suite, functions_and_loops);
        PF_TEST(suite, submenus_see_what_was_exported);
        PF_TEST(suite, variables_that_a_command_sets);
        PF_TEST(suite, environment_block);
        PF_TEST(suite, other_files);
        PF_TEST(suite, a_file_within_itself);
        PF_TEST(suite, scripts_that_run_too_long);
        PF_TEST(suite, blscfg);
        PF_TEST(suite, assignments_are_on_record);
        return pf_test_main(suite);
}
