/* SPDX-License-Identifier: MIT */
/*
 * The service manager is told over a real bus: a dbus-daemon of the test's own, with a
 * process on it that answers as org.freedesktop.systemd1 does.
 */
#include "daemon/platform/units-change.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#include "daemon/platform/units.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define JOB_PATH MANAGER_PATH "/job/7"

/* --- a manager, in a process of its own --- */

/* What becomes of a unit's job is in its name: "failed.service". */
typedef struct Manager {
        sd_bus *bus;
        FILE *log; /* one line a call */
        bool has_subscriber;
} Manager;

static int note(Manager *manager, const char *method, const char *unit) {
        (void) fprintf(manager->log, "%s %s\n", method, unit);
        return fflush(manager->log);
}

static int emit_removed(Manager *manager, const char *path, const char *unit, const char *result) {
        return sd_bus_emit_signal(manager->bus, MANAGER_PATH, MANAGER ".Manager", "JobRemoved",
                                  "uoss", 7, path, unit, result);
}

static int is_unit(const char *unit, const char *word) {
        return strncmp(unit, word, strlen(word)) == 0 && unit[strlen(word)] == '.';
}

static int queue_job(sd_bus_message *message, void *data, sd_bus_error *error) {
        Manager *manager = data;
        const char *unit, *mode, *result = "done";
        bool is_early;
        int r = sd_bus_message_read(message, "ss", &unit, &mode);

        if (r < 0)
                return r;
        (void) note(manager, sd_bus_message_get_member(message), unit);
        if (strcmp(mode, "replace") != 0 || !manager->has_subscriber)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "not as expected");
        if (is_unit(unit, "refused"))
                return sd_bus_error_set(error, MANAGER ".NoSuchUnit", "Unit refused is masked.");
        for (size_t i = 0; i < 5; i++) {
                static const char *const words[] = { "failed", "timeout", "canceled", "dependency",
                                                     "skipped" };

                if (is_unit(unit, words[i]))
                        result = words[i];
        }
        /* The job may be over before its path is told, and others end meanwhile. */
        is_early = is_unit(unit, "early");
        r = emit_removed(manager, MANAGER_PATH "/job/6", "other.service", "failed");
        if (r >= 0 && is_early)
                r = emit_removed(manager, JOB_PATH, unit, result);
        if (r >= 0)
                r = sd_bus_reply_method_return(message, "o", JOB_PATH);
        if (r >= 0 && !is_early && !is_unit(unit, "hanging"))
                r = emit_removed(manager, JOB_PATH, unit, result);
        return r;
}

static int change_files(sd_bus_message *message, void *data, sd_bus_error *error) {
        const bool is_enabling = strcmp(sd_bus_message_get_member(message), "EnableUnitFiles") == 0;
        Manager *manager = data;
        const char *unit;
        int runtime, force = 0;
        int r = sd_bus_message_read(message, "as", 1, &unit);

        if (r >= 0)
                r = is_enabling ? sd_bus_message_read(message, "bb", &runtime, &force)
                                : sd_bus_message_read(message, "b", &runtime);
        if (r < 0)
                return r;
        (void) note(manager, sd_bus_message_get_member(message), unit);
        if (runtime || force)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "not as expected");
        return is_enabling ? sd_bus_reply_method_return(message, "ba(sss)", 1, 0)
                           : sd_bus_reply_method_return(message, "a(sss)", 0);
}

static int plain_call(sd_bus_message *message, void *data, sd_bus_error *error) {
        Manager *manager = data;

        (void) error;
        if (strcmp(sd_bus_message_get_member(message), "Subscribe") == 0)
                manager->has_subscriber = true;
        else
                (void) note(manager, sd_bus_message_get_member(message), "-");
        return sd_bus_reply_method_return(message, "");
}

static int load_unit(sd_bus_message *message, void *data, sd_bus_error *error) {
        const char *unit;
        int r = sd_bus_message_read(message, "s", &unit);

        (void) data;
        (void) error;
        return r < 0 ? r
                     : sd_bus_reply_method_return(message, "o",
                                                  is_unit(unit, "inactive")
                                                          ? MANAGER_PATH "/unit/inactive"
                                                          : MANAGER_PATH "/unit/active");
}

static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *data, sd_bus_error *error) {
        (void) bus;
        (void) interface;
        (void) data;
        (void) error;
        return sd_bus_message_append(
                reply, "s", strcmp(property, "LoadState") == 0 ? "loaded" : strrchr(path, '/') + 1);
}

static const sd_bus_vtable manager_table[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Subscribe", "", "", plain_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Reload", "", "", plain_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("LoadUnit", "s", "o", load_unit, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("ReloadUnit", "ss", "o", queue_job, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("StartUnit", "ss", "o", queue_job, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("StopUnit", "ss", "o", queue_job, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("EnableUnitFiles", "asbb", "ba(sss)", change_files,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("DisableUnitFiles", "asb", "a(sss)", change_files,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable unit_table[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("LoadState", "s", get_state, 0, 0),
        SD_BUS_PROPERTY("ActiveState", "s", get_state, 0, 0),
        SD_BUS_VTABLE_END,
};

/* Tells on @ready that it is there, or why not. */
static void run_manager(const char *log, int ready) {
        Manager manager = { .log = fopen(log, "we") };
        int r = manager.log ? sd_bus_open_system(&manager.bus) : -errno;

        if (r >= 0)
                r = sd_bus_add_object_vtable(manager.bus, NULL, MANAGER_PATH, MANAGER ".Manager",
                                             manager_table, &manager);
        for (size_t i = 0; i < 2 && r >= 0; i++)
                r = sd_bus_add_object_vtable(manager.bus, NULL,
                                             i ? MANAGER_PATH "/unit/active"
                                               : MANAGER_PATH "/unit/inactive",
                                             MANAGER ".Unit", unit_table, &manager);
        if (r >= 0)
                r = sd_bus_request_name(manager.bus, MANAGER, 0);
        (void) !write(ready, &r, sizeof(r));
        while (r >= 0) {
                r = sd_bus_process(manager.bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(manager.bus, UINT64_MAX);
        }
        _exit(0);
}

/* --- the bus --- */

typedef struct Bus {
        PfSandbox box;
        pid_t daemon;
        pid_t manager;
} Bus;

static void end(pid_t pid) {
        if (pid <= 0)
                return;
        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, NULL, 0);
}

static void bus_deinit(Bus *bus) {
        end(bus->manager);
        end(bus->daemon);
        pf_sandbox_close(&bus->box);
}
#define AUTO_BUS PF_CLEANUP(bus_deinit)

static const char config[] =
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
        " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
        "<busconfig><listen>unix:path=%s</listen><auth>EXTERNAL</auth>\n"
        "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
        "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n";

static void start_daemon(Bus *bus) {
        PF_AUTO_FREE char *file = pf_sandbox_path(&bus->box, "/bus.conf");
        PF_AUTO_FREE char *socket = pf_sandbox_path(&bus->box, "/bus");
        PF_AUTO_FREE char *address = NULL, *text = NULL, *option = NULL;
        char line[512];
        int ready[2];

        ck_assert_int_gt(asprintf(&text, config, socket), 0);
        ck_assert_int_gt(asprintf(&address, "unix:path=%s", socket), 0);
        ck_assert_int_gt(asprintf(&option, "--config-file=%s", file), 0);
        pf_sandbox_write(&bus->box, "/bus.conf", text);
        ck_assert_int_eq(setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1), 0);
        ck_assert_int_eq(pipe(ready), 0);
        bus->daemon = fork();
        if (bus->daemon == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void) dup2(ready[1], STDOUT_FILENO);
                (void) close(ready[0]);
                (void) execlp("dbus-daemon", "dbus-daemon", option, "--nofork", "--print-address",
                              (char *) NULL);
                _exit(127);
        }
        (void) close(ready[1]);
        ck_assert_msg(read(ready[0], line, sizeof(line)) > 0, "dbus-daemon does not start");
        (void) close(ready[0]);
}

static bool bus_open(Bus *bus) {
        PF_AUTO_FREE char *log = NULL;
        int ready[2], r = -1;

        if (access("/usr/bin/dbus-daemon", X_OK) < 0) {
                pf_test_skip("no dbus-daemon here");
                return false;
        }
        pf_sandbox_new(&bus->box);
        log = pf_sandbox_path(&bus->box, "/log");
        start_daemon(bus);
        ck_assert_int_eq(pipe(ready), 0);
        bus->manager = fork();
        if (bus->manager == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void) close(ready[0]);
                run_manager(log, ready[1]);
        }
        (void) close(ready[1]);
        ck_assert_int_eq(read(ready[0], &r, sizeof(r)), sizeof(r));
        (void) close(ready[0]);
        ck_assert_msg(r >= 0, "the manager of the test: %s", strerror(-r));
        return true;
}

static void assert_was_told(const Bus *bus, const char *expected) {
        PF_AUTO_BUF PfBuf log = PF_BUF_INIT(4096);

        ck_assert_int_eq(pf_target_read(bus->box.target, "/log", 4096, &log, NULL), 0);
        ck_assert_str_eq(log.data ? log.data : "", expected);
}

/* --- */

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
        { PF_UNIT_START, "refused.service", 1, "StartUnit refused.service\n", "is masked" },
        { PF_UNIT_START, "hanging.service", -ETIMEDOUT, "StartUnit hanging.service\n", "not done" },
};

START_TEST(the_manager_is_told) {
        const bool hangs = changes[_i].r == -ETIMEDOUT;
        AUTO_BUS Bus bus = { 0 };
        PfErr err = { 0 };
        int r;

        if (!bus_open(&bus))
                return;
        r = pf_units_change(changes[_i].change, changes[_i].unit, hangs ? 100 : PF_UNITS_CHANGE_MS,
                            &err);
        if (strcmp(changes[_i].unit, "refused.service") == 0)
                ck_assert_int_lt(r, 0);
        else
                ck_assert_msg(r == changes[_i].r, "%s: %d %s", changes[_i].unit, r, err.text);
        assert_was_told(&bus, changes[_i].told);
        ck_assert_msg(strstr(err.text, changes[_i].text), "%s", err.text);
        if (r < 0)
                ck_assert_msg(strstr(err.text, changes[_i].unit), "%s", err.text);
}
END_TEST

START_TEST(units_are_read_again) {
        AUTO_BUS Bus bus = { 0 };

        if (!bus_open(&bus))
                return;
        ck_assert_int_eq(pf_units_read_again(NULL), 0);
        assert_was_told(&bus, "Reload -\n");
}
END_TEST

/* The manager is gone in the middle, and then there is none, and then there is no bus. */
START_TEST(without_a_manager) {
        AUTO_BUS Bus bus = { 0 };

        if (!bus_open(&bus))
                return;
        end(bus.manager);
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
