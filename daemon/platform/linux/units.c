/* SPDX-License-Identifier: MIT */
/*
 * Asks systemd over the system bus. Only reading: a bus that is not there is
 * not waited for, and not started.
 */
#include "daemon/platform/units.h"

#include <stdbool.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define TIMEOUT_USEC 2000000
#define MANAGER "org.freedesktop.systemd1"
#define UNIT MANAGER ".Unit"

static int connect_to_manager(sd_bus **ret, PfErr *err) {
        PF_CLEANUP(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r == -ENOENT || r == -ECONNREFUSED || r == -ENOMEDIUM)
                return PF_UNITS_NO_MANAGER;
        if (r < 0)
                return pf_err_errno(err, r, "system bus");
        r = sd_bus_set_method_call_timeout(bus, TIMEOUT_USEC);
        if (r < 0)
                return pf_err_errno(err, r, "system bus");
        *ret = PF_STEAL(bus);
        return 0;
}

static PfUnitState state_from(const char *load, const char *active) {
        static const struct {
                const char *name;
                PfUnitState state;
        } states[] = {
                { "active", PF_UNIT_ACTIVE },       { "reloading", PF_UNIT_ACTIVE },
                { "activating", PF_UNIT_STARTING }, { "failed", PF_UNIT_FAILED },
                { "inactive", PF_UNIT_INACTIVE },   { "deactivating", PF_UNIT_INACTIVE },
        };

        if (strcmp(active, "active") != 0 &&
            (strcmp(load, "not-found") == 0 || strcmp(load, "masked") == 0))
                return PF_UNIT_ABSENT;
        for (size_t i = 0; i < PF_ELEMENTS(states); i++)
                if (strcmp(states[i].name, active) == 0)
                        return states[i].state;
        return PF_UNIT_INACTIVE;
}

static bool is_no_manager(const sd_bus_error *error) {
        return sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
               sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER);
}

/* The object of a unit, which the manager reads from its file if it has not
 * done so yet. ListUnitsByNames would be one call for all, but is not in
 * systemd 219 of RHEL 7. */
static int find_unit(sd_bus *bus, const char *name, char **ret, PfErr *err) {
        PF_CLEANUP(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        PF_CLEANUP(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const char *path;
        int r;

        r = sd_bus_call_method(bus, MANAGER, "/org/freedesktop/systemd1", MANAGER ".Manager",
                               "LoadUnit", &error, &reply, "s", name);
        if (r < 0 && is_no_manager(&error))
                return PF_UNITS_NO_MANAGER;
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return pf_err_set(err, r, "systemd: unit %s: %s", name,
                                  error.message ? error.message : strerror(-r));
        *ret = strdup(path);
        return *ret ? 0 : -ENOMEM;
}

static int read_state(sd_bus *bus, const char *name, PfUnitState *ret, PfErr *err) {
        PF_CLEANUP(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        PF_AUTO_FREE char *active = NULL;
        PF_AUTO_FREE char *load = NULL;
        PF_AUTO_FREE char *path = NULL;
        int r;

        r = find_unit(bus, name, &path, err);
        if (r != 0)
                return r;
        r = sd_bus_get_property_string(bus, MANAGER, path, UNIT, "LoadState", &error, &load);
        if (r >= 0)
                r = sd_bus_get_property_string(bus, MANAGER, path, UNIT, "ActiveState", &error,
                                               &active);
        if (r < 0)
                return pf_err_set(err, r, "systemd: unit %s: %s", name,
                                  error.message ? error.message : strerror(-r));
        *ret = state_from(load, active);
        return 0;
}

int pf_units_state(const char *const *names, size_t n, PfUnitState *ret, PfErr *err) {
        PF_CLEANUP(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        PF_AUTO_FREE PfUnitState *states = NULL;
        int r;

        states = calloc(n, sizeof(*states));
        if (!states)
                return -ENOMEM;
        r = connect_to_manager(&bus, err);
        for (size_t i = 0; i < n && r == 0; i++)
                r = read_state(bus, names[i], &states[i], err);
        if (r == 0)
                memcpy(ret, states, n * sizeof(*states));
        return r;
}
