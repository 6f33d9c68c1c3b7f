/* SPDX-License-Identifier: MIT */
#include "tests/support/manager-bus.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/cleanup.h"

#define JOB_MAX 64

static void job_path(uint32_t id, char ret[static JOB_MAX]) {
        (void) snprintf(ret, JOB_MAX, PF_MANAGER_PATH "/job/%u", id);
}

int pf_manager_bus_job_is_over(PfManagerBus *manager, uint32_t id, const char *unit,
                               const char *result) {
        char path[JOB_MAX];

        job_path(id, path);
        return sd_bus_emit_signal(manager->bus, PF_MANAGER_PATH, PF_MANAGER_INTERFACE, "JobRemoved",
                                  "uoss", id, path, unit, result);
}

int pf_manager_bus_reply_job(sd_bus_message *call, uint32_t id) {
        char path[JOB_MAX];

        job_path(id, path);
        return sd_bus_reply_method_return(call, "o", path);
}

/* --- what is called --- */

static int queue_job(sd_bus_message *call, void *data, sd_bus_error *error) {
        PfManagerBus *manager = data;
        const char *unit, *mode;
        int r = sd_bus_message_read(call, "ss", &unit, &mode);

        return r < 0 ? r : manager->calls->job(manager, call, unit, mode, error);
}

static int change_files(sd_bus_message *call, void *data, sd_bus_error *error) {
        const bool on = strcmp(sd_bus_message_get_member(call), "EnableUnitFiles") == 0;
        PfManagerBus *manager = data;
        int runtime, force = 0;
        const char *unit;
        int r = sd_bus_message_read(call, "as", 1, &unit);

        if (r >= 0)
                r = on ? sd_bus_message_read(call, "bb", &runtime, &force)
                       : sd_bus_message_read(call, "b", &runtime);
        if (r < 0)
                return r;
        if (runtime || force)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "not as expected");
        r = manager->calls->files(manager, unit, on);
        if (r < 0)
                return r;
        return on ? sd_bus_reply_method_return(call, "ba(sss)", 1, 0)
                  : sd_bus_reply_method_return(call, "a(sss)", 0);
}

static int plain_call(sd_bus_message *call, void *data, sd_bus_error *error) {
        PfManagerBus *manager = data;

        (void) error;
        if (manager->calls->plain)
                manager->calls->plain(manager, sd_bus_message_get_member(call));
        return sd_bus_reply_method_return(call, "");
}

static int load_unit(sd_bus_message *call, void *data, sd_bus_error *error) {
        PF_AUTO_FREE char *path = NULL;
        const char *unit;
        int r = sd_bus_message_read(call, "s", &unit);

        (void) data;
        (void) error;
        if (r >= 0)
                r = sd_bus_path_encode(PF_MANAGER_PATH "/unit", unit, &path);
        return r < 0 ? r : sd_bus_reply_method_return(call, "o", path);
}

/* --- the objects of units --- */

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
        PF_AUTO_FREE char *unit = NULL;
        PfManagerBus *manager = data;
        int r = sd_bus_path_decode(path, PF_MANAGER_PATH "/unit", &unit);

        (void) bus;
        (void) interface;
        (void) error;
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        if (strcmp(property, "LoadState") == 0)
                return sd_bus_message_append(reply, "s", "loaded");
        if (manager->calls->is_failed && manager->calls->is_failed(manager, unit))
                return sd_bus_message_append(reply, "s", "failed");
        return sd_bus_message_append(
                reply, "s", manager->calls->is_active(manager, unit) ? "active" : "inactive");
}

/* --- on the bus --- */

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

int pf_manager_bus_join(PfManagerBus *manager) {
        int r = sd_bus_open_system(&manager->bus);

        if (r >= 0)
                r = sd_bus_add_object_vtable(manager->bus, NULL, PF_MANAGER_PATH,
                                             PF_MANAGER_INTERFACE, manager_table, manager);
        if (r >= 0)
                r = sd_bus_add_fallback_vtable(manager->bus, NULL, PF_MANAGER_PATH "/unit",
                                               PF_MANAGER_NAME ".Unit", unit_table, find_unit,
                                               manager);
        return r < 0 ? r : sd_bus_request_name(manager->bus, PF_MANAGER_NAME, 0);
}

int pf_manager_bus_serve(PfManagerBus *manager) {
        int r = 0;

        while (r >= 0) {
                r = sd_bus_process(manager->bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(manager->bus, UINT64_MAX);
        }
        return r;
}
