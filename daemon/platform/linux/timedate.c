/* SPDX-License-Identifier: MIT */
/*
 * Asks systemd-timedated over D-Bus.
 */
#include "daemon/platform/timedate.h"

#include <systemd/sd-bus.h>

#include "daemon/base/cleanup.h"

#define NAME "org.freedesktop.timedate1"
#define PATH "/org/freedesktop/timedate1"
#define TIMEOUT_USEC 1000000

int pf_timedate_is_synchronised(bool *ret, PfErr *err) {
        PF_CLEANUP(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        PF_CLEANUP(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r, answer = 0;

        r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(bus, TIMEOUT_USEC);
        if (r >= 0)
                r = sd_bus_get_property_trivial(bus, NAME, PATH, NAME, "NTPSynchronized", &error,
                                                'b', &answer);
        if (r < 0)
                return pf_err_set(err, r, NAME ": %s",
                                  error.message ? error.message : strerror(-r));
        *ret = answer != 0;
        return 0;
}
