/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/*
 * What the service managers of tests say on a bus in the place of systemd
 * (org.freedesktop.systemd1(5)): the names, the signatures and the loop. What a manager does when
 * it is asked is in its table.
 */

#define PF_MANAGER_NAME "org.freedesktop.systemd1"
#define PF_MANAGER_PATH "/org/freedesktop/systemd1"
#define PF_MANAGER_INTERFACE PF_MANAGER_NAME ".Manager"

typedef struct PfManagerBus PfManagerBus;

typedef struct PfManagerCalls {
        /* StartUnit, StopUnit or ReloadUnit: replies to @call with the path of a job, and tells
         * when it is over. Return: of sd-bus. */
        int (*job)(PfManagerBus *manager, sd_bus_message *call, const char *unit, const char *mode,
                   sd_bus_error *error);

        /* EnableUnitFiles or, with @on false, DisableUnitFiles, for good and without force.
         * Return: of sd-bus. */
        int (*files)(PfManagerBus *manager, const char *unit, bool on);

        bool (*is_failed)(PfManagerBus *manager, const char *unit); /* NULL: none is */
        bool (*is_active)(PfManagerBus *manager, const char *unit);

        /* Subscribe or Reload; NULL: nothing is done. */
        void (*plain)(PfManagerBus *manager, const char *method);
} PfManagerCalls;

struct PfManagerBus {
        sd_bus *bus; /* NULL at first */
        const PfManagerCalls *calls;
};

/* On the bus of DBUS_SYSTEM_BUS_ADDRESS, under systemd's name. Return: of sd-bus. */
int pf_manager_bus_join(PfManagerBus *manager);

/* Answers until the bus is gone. Return: why it is. */
int pf_manager_bus_serve(PfManagerBus *manager);

/* The job numbered @id of @unit is over. Return: of sd-bus. */
int pf_manager_bus_job_is_over(PfManagerBus *manager, uint32_t id, const char *unit,
                               const char *result);

/* Replies with the path of the job. Return: of sd-bus. */
int pf_manager_bus_reply_job(sd_bus_message *call, uint32_t id);
