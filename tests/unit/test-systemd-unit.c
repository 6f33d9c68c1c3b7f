/* SPDX-License-Identifier: MIT */
#include "probes/parse/systemd-unit.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/systemd-condition.h"
#include "probes/parse/systemd-preset.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

/* All settings as "line:Section.Key=value|". */
static void expect(const char *text, const char *want) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };
        PF_AUTO_BUF PfBuf got = PF_BUF_INIT(65536);

        ck_assert_int_eq(pf_systemd_unit_parse(&unit, text, strlen(text), "/u"), 0);
        for (size_t i = 0; i < unit.n; i++)
                ck_assert_int_eq(pf_buf_printf(&got, "%u:%s.%s=%s|", unit.settings[i].line,
                                               unit.settings[i].section, unit.settings[i].key,
                                               unit.settings[i].value),
                                 0);
        ck_assert_str_eq(got.data ? got.data : "", want);
}

START_TEST(syntax) {
        expect("", "");
        expect("[Unit]\nA=b\n# c\n; c\n\n[Service]\n C = d e \n", "2:Unit.A=b|7:Service.C=d e|");
        expect("A=no section\n[Unit]\nnonsense\nA=1\r\n", "4:Unit.A=1|");
        expect("[S]\nA=one \\\n  two\\\nthree\nB=1\n", "2:S.A=one  two three|5:S.B=1|");
        expect("[S]\nA=one \\\n# comment\ntwo\n", "2:S.A=one  two|");
        expect("[S]\nA=one\\\\\nB=1\n", "2:S.A=one\\\\|3:S.B=1|");
        expect("[S]\nA=end\\", "2:S.A=end|");
}
END_TEST

START_TEST(resets) {
        expect("[S]\nA=1\nA=2\nB=x\nA=\nA=3\n", "4:S.B=x|6:S.A=3|");
        expect("[Unit]\nConditionPathExists=/a\nAssertUser=b\nConditionHost=\n",
               "3:Unit.AssertUser=b|");
        expect("[Socket]\nListenStream=22\nListenFIFO=\nListenStream=23\n",
               "4:Socket.ListenStream=23|");
        expect("[S]\nA=1\n[T]\nA=\n", "2:S.A=1|");
}
END_TEST

static int load(const char *name, PfSystemdUnit *unit) {
        static const char *names[2] = { NULL, "sshd.service" };
        PfErr err = { 0 };

        names[0] = name;
        return pf_systemd_unit_load(box.target, names, 2, unit, &err);
}

static void write_unit(const char *path, const char *exec) {
        char text[200];

        (void) snprintf(text, sizeof(text), "[Service]\nExecStart=%s\n", exec);
        pf_sandbox_write(&box, path, text);
}

static void expect_exec(const char *name, const char *want) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };
        const PfUnitSetting *setting;

        ck_assert_int_eq(load(name, &unit), 0);
        ck_assert_ptr_null(unit.mask);
        setting = pf_systemd_unit_get(&unit, "Service", "ExecStart");
        ck_assert_ptr_nonnull(setting);
        ck_assert_str_eq(setting->value, want);
}

START_TEST(the_first_directory_counts) {
        pf_sandbox_new(&box);
        write_unit("/lib/systemd/system/ssh.service", "lib");
        expect_exec("ssh.service", "lib");
        write_unit("/usr/lib/systemd/system/ssh.service", "usr");
        expect_exec("ssh.service", "usr");
        write_unit("/run/systemd/system/ssh.service", "run");
        expect_exec("ssh.service", "run");
        write_unit("/etc/systemd/system/ssh.service", "etc");
        expect_exec("ssh.service", "etc");
}
END_TEST

START_TEST(drop_ins) {
        pf_sandbox_new(&box);
        write_unit("/usr/lib/systemd/system/ssh.service", "own");
        pf_sandbox_write(&box, "/usr/lib/systemd/system/ssh.service.d/20-b.conf",
                         "[Service]\nExecStart=\nExecStart=b\n");
        pf_sandbox_write(&box, "/etc/systemd/system/ssh.service.d/10-a.conf",
                         "[Service]\nExecStart=\nExecStart=a\n");
        expect_exec("ssh.service", "b"); /* by name, not by directory */
        pf_sandbox_symlink(&box, "/dev/null", "/etc/systemd/system/ssh.service.d/20-b.conf");
        expect_exec("ssh.service", "a");
        pf_sandbox_write(&box, "/etc/systemd/system/service.d/30-all.conf",
                         "[Service]\nExecStart=\nExecStart=all\n");
        expect_exec("ssh.service", "all");
        pf_sandbox_write(&box, "/etc/systemd/system/ssh.service.d/40-c.txt",
                         "[Service]\nExecStart=\nExecStart=no\n");
        expect_exec("ssh.service", "all");
}
END_TEST

START_TEST(aliases) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };

        pf_sandbox_new(&box);
        write_unit("/usr/lib/systemd/system/ssh.service", "own");
        pf_sandbox_symlink(&box, "/usr/lib/systemd/system/ssh.service",
                           "/etc/systemd/system/sshd.service");
        pf_sandbox_write(&box, "/etc/systemd/system/sshd.service.d/a.conf",
                         "[Service]\nExecStart=\nExecStart=of the alias\n");
        ck_assert_int_eq(load("sshd.service", &unit), 0);
        ck_assert_str_eq(unit.name, "ssh.service");
        ck_assert_str_eq(unit.path, "/usr/lib/systemd/system/ssh.service");
        expect_exec("ssh.service", "of the alias");
}
END_TEST

START_TEST(links_out_of_the_load_path) {
        pf_sandbox_new(&box);
        write_unit("/opt/other.service", "opt");
        pf_sandbox_symlink(&box, "/opt/other.service", "/etc/systemd/system/ssh.service");
        expect_exec("ssh.service", "opt");
}
END_TEST

START_TEST(masks) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit link = { 0 }, empty = { 0 }, none = { 0 }, loop = { 0 };

        pf_sandbox_new(&box);
        ck_assert_int_eq(load("ssh.service", &none), PF_SYSTEMD_UNIT_ABSENT);
        write_unit("/usr/lib/systemd/system/ssh.service", "own");
        pf_sandbox_symlink(&box, "/dev/null", "/etc/systemd/system/ssh.service");
        ck_assert_int_eq(load("ssh.service", &link), 0);
        ck_assert_str_eq(link.mask, "/etc/systemd/system/ssh.service");
        pf_sandbox_write(&box, "/etc/systemd/system/ssh.service", "");
        ck_assert_int_eq(load("ssh.service", &empty), 0);
        ck_assert_str_eq(empty.mask, "/etc/systemd/system/ssh.service");
        pf_sandbox_symlink(&box, "b.service", "/etc/systemd/system/a.service");
        pf_sandbox_symlink(&box, "a.service", "/etc/systemd/system/b.service");
        ck_assert_int_eq(load("a.service", &loop), -ELOOP);
}
END_TEST

/* --- conditions --- */

static PfConditions judge(const char *conditions, const char *want_value) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };
        const PfUnitSetting *setting;
        PfConditions outcome;
        PfErr err = { 0 };
        char text[400];

        (void) snprintf(text, sizeof(text), "[Unit]\n%s", conditions);
        ck_assert_int_eq(pf_systemd_unit_parse(&unit, text, strlen(text), "/u"), 0);
        ck_assert_int_eq(pf_systemd_conditions(box.target, &unit, &outcome, &setting, &err), 0);
        if (want_value) {
                ck_assert_ptr_nonnull(setting);
                ck_assert_str_eq(setting->value, want_value);
        }
        return outcome;
}

START_TEST(conditions_hold) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/file", "x");
        pf_sandbox_mkdir(&box, "/etc/empty");
        ck_assert_int_eq(judge("", NULL), PF_CONDITIONS_HOLD);
        ck_assert_int_eq(judge("ConditionPathExists=/etc/file\nConditionPathExists=!/etc/no\n"
                               "ConditionPathIsDirectory=/etc\nConditionFileNotEmpty=/etc/file\n"
                               "ConditionDirectoryNotEmpty=/etc\nConditionPathExistsGlob=/etc/f*\n"
                               "ConditionPathIsSymbolicLink=!/etc\nAssertPathExists=/etc/file\n",
                               NULL),
                         PF_CONDITIONS_HOLD);
        ck_assert_int_eq(
                judge("ConditionPathExists=|/etc/no\nConditionPathExists=|/etc/file\n", NULL),
                PF_CONDITIONS_HOLD);
}
END_TEST

START_TEST(conditions_fail) {
        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/file", "");
        pf_sandbox_mkdir(&box, "/etc/empty");
        ck_assert_int_eq(judge("ConditionPathExists=!/etc/file\n", "!/etc/file"),
                         PF_CONDITIONS_FAIL);
        ck_assert_int_eq(judge("ConditionFileNotEmpty=/etc/file\n", "/etc/file"),
                         PF_CONDITIONS_FAIL);
        ck_assert_int_eq(judge("ConditionFileIsExecutable=/etc/file\n", "/etc/file"),
                         PF_CONDITIONS_FAIL);
        ck_assert_int_eq(judge("ConditionDirectoryNotEmpty=/etc/empty\n", "/etc/empty"),
                         PF_CONDITIONS_FAIL);
        ck_assert_int_eq(judge("AssertPathExists=/etc/no\n", "/etc/no"), PF_CONDITIONS_FAIL);
        ck_assert_int_eq(
                judge("ConditionPathExists=|/etc/no\nConditionPathExists=|/etc/no2\n", NULL),
                PF_CONDITIONS_FAIL);
        /* A failure is certain, whatever else is not known. */
        ck_assert_int_eq(
                judge("ConditionVirtualization=vm\nConditionPathExists=/etc/no\n", "/etc/no"),
                PF_CONDITIONS_FAIL);
}
END_TEST

START_TEST(conditions_unknown) {
        pf_sandbox_new(&box);
        ck_assert_int_eq(judge("ConditionVirtualization=vm\n", "vm"), PF_CONDITIONS_UNKNOWN);
        ck_assert_int_eq(judge("ConditionPathExists=/run/x\n", "/run/x"), PF_CONDITIONS_UNKNOWN);
        ck_assert_int_eq(judge("ConditionPathExists=!/etc/%i\n", "!/etc/%i"),
                         PF_CONDITIONS_UNKNOWN);
        ck_assert_int_eq(judge("ConditionPathExists=|/etc/no\nConditionHost=|h\n", "|h"),
                         PF_CONDITIONS_UNKNOWN);
}
END_TEST

/* --- presets --- */

static PfPresetAction preset_of(const char *unit, const char *want_path, unsigned line) {
        PF_AUTO_PRESET PfPreset preset = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(pf_preset_find(box.target, unit, &preset, &err), 0);
        ck_assert_uint_eq(preset.line, line);
        if (want_path)
                ck_assert_str_eq(preset.path, want_path);
        else
                ck_assert_ptr_null(preset.path);
        return preset.action;
}

START_TEST(presets) {
        pf_sandbox_new(&box);
        ck_assert_int_eq(preset_of("ssh.service", NULL, 0), PF_PRESET_ENABLE);
        pf_sandbox_write(&box, "/usr/lib/systemd/system-preset/90-default.preset",
                         "# all\nenable sshd.service\ndisable *\n");
        ck_assert_int_eq(
                preset_of("sshd.service", "/usr/lib/systemd/system-preset/90-default.preset", 2),
                PF_PRESET_ENABLE);
        ck_assert_int_eq(
                preset_of("ssh.service", "/usr/lib/systemd/system-preset/90-default.preset", 3),
                PF_PRESET_DISABLE);
        pf_sandbox_write(&box, "/etc/systemd/system-preset/00-site.preset",
                         "nonsense\nignore ssh*.service x\n");
        ck_assert_int_eq(preset_of("sshd.service", "/etc/systemd/system-preset/00-site.preset", 2),
                         PF_PRESET_IGNORE);
        pf_sandbox_write(&box, "/etc/systemd/system-preset/90-default.preset", "enable x\n");
        ck_assert_int_eq(preset_of("cron.service", NULL, 0), PF_PRESET_ENABLE);
}
END_TEST

START_TEST(booleans) {
        ck_assert_int_eq(pf_systemd_boolean("Yes"), 1);
        ck_assert_int_eq(pf_systemd_boolean("0"), 0);
        ck_assert_int_eq(pf_systemd_boolean("maybe"), -EINVAL);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("systemd-unit");

        PF_TEST(suite, syntax);
        PF_TEST(suite, resets);
        PF_TEST(suite, the_first_directory_counts);
        PF_TEST(suite, drop_ins);
        PF_TEST(suite, aliases);
        PF_TEST(suite, links_out_of_the_load_path);
        PF_TEST(suite, masks);
        PF_TEST(suite, conditions_hold);
        PF_TEST(suite, conditions_fail);
        PF_TEST(suite, conditions_unknown);
        PF_TEST(suite, presets);
        PF_TEST(suite, booleans);
        return pf_test_main(suite);
}
