/* SPDX-License-Identifier: MIT */
/*
 * The service manager is told over a real bus.
 */
#include "daemon/platform/units-change.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/platform/units.h"
#include "tests/support/fake-systemd.h"
#include "tests/support/test-main.h"

static const struct {
        PfUnitChange change;
        const char *unit;
        int r;
        const char *told;
        const char *text;
} changes[] = {
        { PF_UNIT_RELOAD, "ssh.service", 0, "ReloadUnit ssh.service\n", "" },
        { PF_UNIT_RELOAD, "early.service", 0, "ReloadUnit early.service\n", "" },
        { PF_UNIT_RELOAD, "inactive.service", PF_UNITS_NOT_RUNNING, "", "" },
        { PF_UNIT_START, "inactive.service", 0, "StartUnit inactive.service\n", "" },
        { PF_UNIT_STOP, "ssh.service", 0, "StopUnit ssh.service\n", "" },
        { PF_UNIT_ENABLE, "ssh.service", 0, "EnableUnitFiles ssh.service\nReload -\n", "" },
        { PF_UNIT_DISABLE, "ssh.service", 0, "DisableUnitFiles ssh.service\nReload -\n", "" },
        { PF_UNIT_RELOAD, "failed.service", -EIO, "ReloadUnit failed.service\n", "the job failed" },
        { PF_UNIT_START, "timeout.service", -EIO, "StartUnit timeout.service\n", "longer" },
        { PF_UNIT_START, "canceled.service", -EIO, "StartUnit canceled.service\n", "cancelled" },
        { PF_UNIT_START, "dependency.service", -EIO, "StartUnit dependency.service\n", "needs" },
        { PF_UNIT_START, "skipped.service", -EIO, "StartUnit skipped.service\n", "skipped" },
        { PF_UNIT_RELOAD, "dying.service", 0, "ReloadUnit dying.service\n", "" },
        { PF_UNIT_START, "refused.service", 1, "StartUnit refused.service\n", "is masked" },
        { PF_UNIT_START, "hanging.service", -ETIMEDOUT, "StartUnit hanging.service\n", "not done" },
};

START_TEST(the_manager_is_told) {
        const bool hangs = changes[_i].r == -ETIMEDOUT;
        PF_AUTO_FAKE_SYSTEMD PfFakeSystemd bus = { 0 };
        PfErr err = { 0 };
        int r;

        if (!pf_fake_systemd_open(&bus))
                return;
        r = pf_units_change(changes[_i].change, changes[_i].unit, hangs ? 100 : PF_UNITS_CHANGE_MS,
                            &err);
        if (strcmp(changes[_i].unit, "refused.service") == 0)
                ck_assert_int_lt(r, 0);
        else
                ck_assert_msg(r == changes[_i].r, "%s: %d %s", changes[_i].unit, r, err.text);
        pf_fake_systemd_was_told(&bus, changes[_i].told);
        ck_assert_msg(strstr(err.text, changes[_i].text), "%s", err.text);
        if (r < 0)
                ck_assert_msg(strstr(err.text, changes[_i].unit), "%s", err.text);
}
END_TEST

START_TEST(units_are_read_again) {
        PF_AUTO_FAKE_SYSTEMD PfFakeSystemd bus = { 0 };

        if (!pf_fake_systemd_open(&bus))
                return;
        ck_assert_int_eq(pf_units_read_again(NULL), 0);
        pf_fake_systemd_was_told(&bus, "Reload -\n");
}
END_TEST

/* The manager is gone in the middle, and then there is none, and then there is no bus. */
START_TEST(without_a_manager) {
        PF_AUTO_FAKE_SYSTEMD PfFakeSystemd bus = { 0 };

        if (!pf_fake_systemd_open(&bus))
                return;
        pf_fake_systemd_end(bus.manager);
        bus.manager = 0;
        ck_assert_int_eq(pf_units_change(PF_UNIT_RELOAD, "ssh.service", 1000, NULL),
                         PF_UNITS_NO_MANAGER);
        ck_assert_int_eq(pf_units_change(PF_UNIT_START, "ssh.service", 1000, NULL),
                         PF_UNITS_NO_MANAGER);
        ck_assert_int_eq(pf_units_change(PF_UNIT_ENABLE, "ssh.service", 1000, NULL),
                         PF_UNITS_NO_MANAGER);
        ck_assert_int_eq(setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1), 0);
        ck_assert_int_eq(pf_units_change(PF_UNIT_RELOAD, "ssh.service", 1000, NULL),
                         PF_UNITS_NO_MANAGER);
        ck_assert_int_eq(pf_units_read_again(NULL), PF_UNITS_NO_MANAGER);
}
END_TEST

/* As systemd-escape --path --suffix=mount. */
START_TEST(names_of_mounts) {
        static const char *const names[][2] = {
                { "/", "-.mount" },
                { "/data", "data.mount" },
                { "/srv/my data", "srv-my\\x20data.mount" },
                { "//srv///a-b/", "srv-a\\x2db.mount" },
                { "/.hidden/.b", "\\x2ehidden-.b.mount" },
                { "/\xc3\xa4", "\\xc3\\xa4.mount" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                PF_AUTO_FREE char *name = pf_units_mount_name(names[i][0]);

                ck_assert_str_eq(name, names[i][1]);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("units-change");
        TCase *told = tcase_create("the_manager_is_told");

        tcase_add_loop_test(told, the_manager_is_told, 0, (int) PF_ELEMENTS(changes));
        suite_add_tcase(suite, told);
        PF_TEST(suite, units_are_read_again);
        PF_TEST(suite, without_a_manager);
        PF_TEST(suite, names_of_mounts);
        return pf_test_main(suite);
}
