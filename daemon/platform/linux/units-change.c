/* SPDX-License-Identifier: MIT */
/*
 * Tells systemd over the system bus, and waits for its jobs. A bus that is not there is not
 * waited for, and not started.
 */
#include "daemon/platform/units-change.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "daemon/base/clock.h"
#include "daemon/platform/units.h"

#define CALL_USEC 25000000
#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE MANAGER ".Manager"

/* A job that is waited for. Signals are handed out by sd_bus_process() alone, so that of a job
 * that is over at once is not heard before its path is known. */
typedef struct Job {
        sd_bus *bus;
        sd_bus_slot *slot;
        const char *unit;
        char *path;   /* NULL: not known yet */
        char *result; /* NULL: it is not over */
        PfErr *err;
} Job;

static void job_deinit(Job *job) {
        (void) sd_bus_slot_unref(job->slot);
        (void) sd_bus_flush_close_unref(job->bus);
        free(job->path);
        free(job->result);
}

static int connect_to_manager(sd_bus **ret, PfErr *err) {
        PF_CLEANUP(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r == -ENOENT || r == -ECONNREFUSED || r == -ENOMEDIUM)
                return PF_UNITS_NO_MANAGER;
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(bus, CALL_USEC);
        if (r < 0)
                return pf_err_errno(err, r, "system bus");
        *ret = PF_STEAL(bus);
        return 0;
}

/* What a call failed with, in the manager's words. */
static int refused(const sd_bus_error *error, const char *unit, int r, PfErr *err) {
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
            sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                return PF_UNITS_NO_MANAGER;
        return pf_err_set(err, r, "systemd: %s: %s", unit,
                          error->message ? error->message : strerror(-r));
}

static int call(sd_bus *bus, const char *method, const char *unit, PfErr *err) {
        PF_CLEANUP(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = sd_bus_call_method(bus, MANAGER, MANAGER_PATH, MANAGER_INTERFACE, method, &error,
                                   NULL, NULL);

        return r < 0 ? refused(&error, unit, r, err) : 0;
}

/* --- jobs --- */

static int job_removed(sd_bus_message *message, void *data, sd_bus_error *error) {
        const char *path, *unit, *result;
        Job *job = data;
        uint32_t id;
        int r = sd_bus_message_read(message, "uoss", &id, &path, &unit, &result);

        (void) error;
        if (r < 0 || !job->path || strcmp(job->path, path) != 0 || job->result)
                return r < 0 ? r : 0;
        job->result = strdup(result);
        return job->result ? 0 : -ENOMEM;
}

/* Only who has subscribed is told of jobs. */
static int subscribe(Job *job) {
        int r = sd_bus_match_signal(job->bus, &job->slot, MANAGER, MANAGER_PATH, MANAGER_INTERFACE,
                                    "JobRemoved", job_removed, job);

        if (r < 0)
                return pf_err_errno(job->err, r, "system bus");
        return call(job->bus, "Subscribe", job->unit, job->err);
}

static int queue(Job *job, const char *method) {
        PF_CLEANUP(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        PF_CLEANUP(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const char *path;
        int r;

        r = sd_bus_call_method(job->bus, MANAGER, MANAGER_PATH, MANAGER_INTERFACE, method, &error,
                               &reply, "ss", job->unit, "replace");
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return refused(&error, job->unit, r, job->err);
        job->path = strdup(path);
        return job->path ? 0 : -ENOMEM;
}

/* Signals that came with the answer are in line already. */
static int wait_for(Job *job, uint64_t timeout_ms) {
        const uint64_t end_usec = pf_clock_monotonic_usec() + timeout_ms * 1000;
        int r = 0;

        while (r >= 0 && !job->result) {
                const uint64_t now_usec = pf_clock_monotonic_usec();

                r = sd_bus_process(job->bus, NULL);
                if (r != 0)
                        continue;
                if (now_usec >= end_usec)
                        return pf_err_set(job->err, -ETIMEDOUT,
                                          "systemd: %s: its job is not done after %llu s",
                                          job->unit, (unsigned long long) (timeout_ms / 1000));
                r = sd_bus_wait(job->bus, end_usec - now_usec);
        }
        return r < 0 ? pf_err_errno(job->err, r, "systemd: %s: while its job runs", job->unit) : 0;
}

static int judge(const Job *job) {
        static const struct {
                const char *result, *text;
        } known[] = {
                { "failed", "the job failed; journalctl -u tells why" },
                { "timeout", "the job took longer than the unit allows" },
                { "canceled", "the job was cancelled by another one" },
                { "dependency", "a unit that it needs failed" },
                { "skipped", "the job was skipped: the unit cannot do that now" },
        };

        if (strcmp(job->result, "done") == 0)
                return 0;
        for (size_t i = 0; i < PF_ELEMENTS(known); i++)
                if (strcmp(known[i].result, job->result) == 0)
                        return pf_err_set(job->err, -EIO, "systemd: %s: %s", job->unit,
                                          known[i].text);
        return pf_err_set(job->err, -EIO, "systemd: %s: the job ended: %s", job->unit, job->result);
}

static int run_job(sd_bus *bus_take, const char *method, const char *unit, uint64_t timeout_ms,
                   PfErr *err) {
        PF_CLEANUP(job_deinit) Job job = { .bus = bus_take, .unit = unit, .err = err };
        int r;

        r = subscribe(&job);
        if (r == 0)
                r = queue(&job, method);
        if (r == 0)
                r = wait_for(&job, timeout_ms);
        return r == 0 ? judge(&job) : r;
}

/* --- files of units --- */

/* "b" is runtime, and of enabling also force: an installation of another kind stays as it is. */
static int append_files(sd_bus_message *message, const char *unit, bool is_enabling) {
        int r = sd_bus_message_append(message, "as", 1, unit);

        return r < 0 ? r : sd_bus_message_append(message, is_enabling ? "bb" : "b", 0, 0);
}

static int change_files(sd_bus *bus, const char *unit, bool is_enabling, PfErr *err) {
        PF_CLEANUP(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        PF_CLEANUP(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &message, MANAGER, MANAGER_PATH, MANAGER_INTERFACE,
                                           is_enabling ? "EnableUnitFiles" : "DisableUnitFiles");
        if (r >= 0)
                r = append_files(message, unit, is_enabling);
        if (r < 0)
                return pf_err_errno(err, r, "systemd: %s", unit);
        r = sd_bus_call(bus, message, 0, &error, NULL);
        return r < 0 ? refused(&error, unit, r, err) : call(bus, "Reload", unit, err);
}

/* --- */

static bool is_running(PfUnitState state) {
        return state == PF_UNIT_ACTIVE || state == PF_UNIT_STARTING;
}

int pf_units_change(PfUnitChange change, const char *unit, uint64_t timeout_ms, PfErr *err) {
        static const char *const methods[] = {
                [PF_UNIT_RELOAD] = "ReloadUnit",
                [PF_UNIT_START] = "StartUnit",
                [PF_UNIT_STOP] = "StopUnit",
        };
        PF_CLEANUP(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        PfUnitState state = PF_UNIT_ACTIVE;
        int r;

        r = connect_to_manager(&bus, err);
        if (r == 0 && change == PF_UNIT_RELOAD)
                r = pf_units_state(&unit, 1, &state, err);
        if (r != 0)
                return r;
        if (!is_running(state))
                return PF_UNITS_NOT_RUNNING;
        if (change == PF_UNIT_ENABLE || change == PF_UNIT_DISABLE)
                return change_files(bus, unit, change == PF_UNIT_ENABLE, err);
        return run_job(PF_STEAL(bus), methods[change], unit, timeout_ms, err);
}

int pf_units_read_again(PfErr *err) {
        PF_CLEANUP(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r = connect_to_manager(&bus, err);

        return r == 0 ? call(bus, "Reload", "the units", err) : r;
}

static bool is_plain(char c) {
        return isalnum((unsigned char) c) || c == ':' || c == '_' || c == '.';
}

char *pf_units_mount_name(const char *path) {
        char *name = malloc(4 * strlen(path) + sizeof("-.mount"));
        char *to = name;

        if (!name)
                return NULL;
        for (const char *from = path + strspn(path, "/"); *from; from++) {
                const bool is_first = to == name;

                if (*from == '/') {
                        from += strspn(from, "/") - 1;
                        if (from[1])
                                *to++ = '-';
                } else if (is_plain(*from) && !(is_first && *from == '.')) {
                        *to++ = *from;
                } else {
                        to += sprintf(to, "\\x%02x", (unsigned char) *from);
                }
        }
        (void) strcpy(to, to == name ? "-.mount" : ".mount");
        return name;
}
