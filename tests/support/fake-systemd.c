/* SPDX-License-Identifier: MIT */
#include "tests/support/fake-systemd.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/support/manager-bus.h"
#include "tests/support/test-main.h"

#define TEST_INTERFACE "org.preflightd.Test"
#define JOB 7
#define OTHER_JOB 6

/* --- a manager, in a process of its own --- */

typedef struct Manager {
        PfManagerBus bus; /* first: the calls are given this */
        FILE *log;        /* one line a call */
        bool has_subscriber;
        bool is_dead; /* the unit "dying" */
} Manager;

static int note(Manager *manager, const char *method, const char *unit) {
        (void) fprintf(manager->log, "%s %s\n", method, unit);
        return fflush(manager->log);
}

static bool is_unit(const char *unit, const char *word) {
        return strncmp(unit, word, strlen(word)) == 0 && unit[strlen(word)] == '.';
}

static int queue_job(PfManagerBus *bus, sd_bus_message *call, const char *unit, const char *mode,
                     sd_bus_error *error) {
        static const char *const words[] = { "failed", "timeout", "canceled", "dependency",
                                             "skipped" };
        const char *method = sd_bus_message_get_member(call), *result = "done";
        const bool is_early = is_unit(unit, "early");
        Manager *manager = (Manager *) bus;
        int r;

        (void) note(manager, method, unit);
        if (strcmp(mode, "replace") != 0 || !manager->has_subscriber)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "not as expected");
        if (is_unit(unit, "dying"))
                manager->is_dead = strcmp(method, "StartUnit") != 0;
        if (is_unit(unit, "refused"))
                return sd_bus_error_set(error, PF_MANAGER_NAME ".NoSuchUnit",
                                        "Unit refused is masked.");
        for (size_t i = 0; i < PF_ELEMENTS(words); i++)
                if (is_unit(unit, words[i]))
                        result = words[i];
        /* The job may be over before its path is told, and others end meanwhile. */
        r = pf_manager_bus_job_is_over(bus, OTHER_JOB, "other.service", "failed");
        if (r >= 0 && is_early)
                r = pf_manager_bus_job_is_over(bus, JOB, unit, result);
        if (r >= 0)
                r = pf_manager_bus_reply_job(call, JOB);
        if (r >= 0 && !is_early && !is_unit(unit, "hanging"))
                r = pf_manager_bus_job_is_over(bus, JOB, unit, result);
        return r;
}

static int change_files(PfManagerBus *bus, const char *unit, bool on) {
        return note((Manager *) bus, on ? "EnableUnitFiles" : "DisableUnitFiles", unit);
}

static void plain_call(PfManagerBus *bus, const char *method) {
        Manager *manager = (Manager *) bus;

        if (strcmp(method, "Subscribe") == 0)
                manager->has_subscriber = true;
        else
                (void) note(manager, method, "-");
}

static bool is_failed(PfManagerBus *bus, const char *unit) {
        return is_unit(unit, "dying") && ((const Manager *) bus)->is_dead;
}

static bool is_active(PfManagerBus *bus, const char *unit) {
        (void) bus;
        return !is_unit(unit, "inactive");
}

static const PfManagerCalls manager_calls = {
        .job = queue_job,
        .files = change_files,
        .is_failed = is_failed,
        .is_active = is_active,
        .plain = plain_call,
};

/* For the test: PropertiesChanged of a unit, or Reloading where there is none. */
static int tell(sd_bus_message *message, void *data, sd_bus_error *error) {
        PF_AUTO_FREE char *path = NULL;
        const Manager *manager = data;
        const char *unit;
        int r = sd_bus_message_read(message, "s", &unit);

        (void) error;
        if (r >= 0)
                r = sd_bus_path_encode(PF_MANAGER_PATH "/unit", unit, &path);
        if (r < 0)
                return r;
        r = *unit ? sd_bus_emit_signal(manager->bus.bus, path, "org.freedesktop.DBus.Properties",
                                       "PropertiesChanged", "sa{sv}as", PF_MANAGER_NAME ".Unit", 1,
                                       "ActiveState", "s", "failed", 0)
                  : sd_bus_emit_signal(manager->bus.bus, PF_MANAGER_PATH, PF_MANAGER_INTERFACE,
                                       "Reloading", "b", 1);
        return r < 0 ? r : sd_bus_reply_method_return(message, "");
}

static const sd_bus_vtable test_table[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Tell", "s", "", tell, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

/* Tells on @ready that it is there, or why not. */
static void run_manager(const char *log, int ready) {
        Manager manager = { .bus.calls = &manager_calls, .log = fopen(log, "we") };
        int r = manager.log ? pf_manager_bus_join(&manager.bus) : -errno;

        if (r >= 0)
                r = sd_bus_add_object_vtable(manager.bus.bus, NULL, PF_MANAGER_PATH, TEST_INTERFACE,
                                             test_table, &manager);
        (void) !write(ready, &r, sizeof(r));
        if (r >= 0)
                (void) pf_manager_bus_serve(&manager.bus);
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

bool pf_fake_systemd_open_bus(PfFakeSystemd *bus) {
        if (access("/usr/bin/dbus-daemon", X_OK) < 0) {
                pf_test_skip("no dbus-daemon here");
                return false;
        }
        pf_sandbox_new(&bus->box);
        start_daemon(bus);
        return true;
}

void pf_fake_systemd_start_manager(PfFakeSystemd *bus) {
        PF_AUTO_FREE char *log = pf_sandbox_path(&bus->box, "/log");
        int ready[2], r = -1;

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
}

bool pf_fake_systemd_open(PfFakeSystemd *bus) {
        if (!pf_fake_systemd_open_bus(bus))
                return false;
        pf_fake_systemd_start_manager(bus);
        return true;
}

void pf_fake_systemd_signal(const char *unit) {
        PF_CLEANUP(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;

        ck_assert_int_ge(sd_bus_open_system(&bus), 0);
        ck_assert_int_ge(sd_bus_call_method(bus, PF_MANAGER_NAME, PF_MANAGER_PATH, TEST_INTERFACE,
                                            "Tell", NULL, NULL, "s", unit ? unit : ""),
                         0);
}

void pf_fake_systemd_was_told(const PfFakeSystemd *bus, const char *expected) {
        PF_AUTO_BUF PfBuf log = PF_BUF_INIT(4096);

        ck_assert_int_eq(pf_target_read(bus->box.target, "/log", 4096, &log, NULL), 0);
        ck_assert_str_eq(log.data ? log.data : "", expected);
}
