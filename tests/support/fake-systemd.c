/* SPDX-License-Identifier: MIT */
#include "tests/support/fake-systemd.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#include "tests/support/test-main.h"

#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define JOB_PATH MANAGER_PATH "/job/7"

/* --- a manager, in a process of its own --- */

typedef struct Manager {
        sd_bus *bus;
        FILE *log; /* one line a call */
        bool has_subscriber;
        bool is_dead; /* the unit "dying" */
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
        if (is_unit(unit, "dying"))
                manager->is_dead = strcmp(sd_bus_message_get_member(message), "StartUnit") != 0;
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

/* For the test: PropertiesChanged of a unit, or Reloading where there is none. */
static int tell(sd_bus_message *message, void *data, sd_bus_error *error) {
        const Manager *manager = data;
        const char *unit;
        char path[128];
        int r = sd_bus_message_read(message, "s", &unit);

        (void) error;
        if (r < 0)
                return r;
        (void) snprintf(path, sizeof(path), MANAGER_PATH "/unit/%s", unit);
        r = *unit ? sd_bus_emit_signal(manager->bus, path, "org.freedesktop.DBus.Properties",
                                       "PropertiesChanged", "sa{sv}as", MANAGER ".Unit", 1,
                                       "ActiveState", "s", "failed", 0)
                  : sd_bus_emit_signal(manager->bus, MANAGER_PATH, MANAGER ".Manager", "Reloading",
                                       "b", 1);
        return r < 0 ? r : sd_bus_reply_method_return(message, "");
}

/* The object of a unit has its name, up to the dot. */
static int load_unit(sd_bus_message *message, void *data, sd_bus_error *error) {
        const char *unit;
        char path[128];
        int r = sd_bus_message_read(message, "s", &unit);

        (void) data;
        (void) error;
        if (r < 0)
                return r;
        (void) snprintf(path, sizeof(path), MANAGER_PATH "/unit/%.*s", (int) strcspn(unit, "."),
                        unit);
        return sd_bus_reply_method_return(message, "o", path);
}

static int find_unit(sd_bus *bus, const char *path, const char *interface, void *data, void **ret,
                     sd_bus_error *error) {
        (void) bus;
        (void) path;
        (void) interface;
        (void) error;
        *ret = data;
        return 1;
}

static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *data, sd_bus_error *error) {
        const char *name = strrchr(path, '/') + 1;
        const Manager *manager = data;

        (void) bus;
        (void) interface;
        (void) error;
        if (strcmp(property, "LoadState") == 0)
                return sd_bus_message_append(reply, "s", "loaded");
        return sd_bus_message_append(reply, "s",
                                     strcmp(name, "inactive") == 0                    ? "inactive"
                                     : strcmp(name, "dying") == 0 && manager->is_dead ? "failed"
                                                                                      : "active");
}

static const sd_bus_vtable manager_table[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Subscribe", "", "", plain_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Reload", "", "", plain_call, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Tell", "s", "", tell, SD_BUS_VTABLE_UNPRIVILEGED),
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
        if (r >= 0)
                r = sd_bus_add_fallback_vtable(manager.bus, NULL, MANAGER_PATH "/unit",
                                               MANAGER ".Unit", unit_table, find_unit, &manager);
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

void pf_fake_systemd_end(pid_t pid) {
        if (pid <= 0)
                return;
        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, NULL, 0);
}

void pf_fake_systemd_close(PfFakeSystemd *bus) {
        pf_fake_systemd_end(bus->manager);
        pf_fake_systemd_end(bus->daemon);
        pf_sandbox_close(&bus->box);
}
static const char config[] =
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
        " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
        "<busconfig><listen>unix:path=%s</listen><auth>EXTERNAL</auth>\n"
        "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
        "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n";

static void start_daemon(PfFakeSystemd *bus) {
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

bool pf_fake_systemd_open(PfFakeSystemd *bus) {
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

void pf_fake_systemd_signal(const char *unit) {
        PF_CLEANUP(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;

        ck_assert_int_ge(sd_bus_open_system(&bus), 0);
        ck_assert_int_ge(sd_bus_call_method(bus, MANAGER, MANAGER_PATH, MANAGER ".Manager", "Tell",
                                            NULL, NULL, "s", unit ? unit : ""),
                         0);
}

void pf_fake_systemd_was_told(const PfFakeSystemd *bus, const char *expected) {
        PF_AUTO_BUF PfBuf log = PF_BUF_INIT(4096);

        ck_assert_int_eq(pf_target_read(bus->box.target, "/log", 4096, &log, NULL), 0);
        ck_assert_str_eq(log.data ? log.data : "", expected);
}
