/* SPDX-License-Identifier: MIT */
/*
 * Asks systemd-timedated over D-Bus, and not more often than it takes a clock to change.
 */
#include "daemon/platform/timedate.h"

#include <pthread.h>
#include <systemd/sd-bus.h>

#include "daemon/base/cleanup.h"
#include "daemon/base/clock.h"

#define NAME "org.freedesktop.timedate1"
#define PATH "/org/freedesktop/timedate1"
#define TIMEOUT_USEC 1000000

/* A clock that nobody keeps any more is off by 16 s after nine hours: clock discipline of
 * the kernel, 500 ppm. One that somebody begins to keep is to be noticed. */
#define YES_HOLDS_USEC (UINT64_C(30) * 60 * 1000000)
#define NO_HOLDS_USEC (UINT64_C(60) * 1000000)
#define SET_USEC INT64_C(1000000) /* a clock that jumps that far was set */

static struct {
        pthread_mutex_t lock;
        bool is_known;
        bool is_synchronised;
        uint64_t asked_usec; /* monotonic */
        int64_t offset_usec; /* from that to the time since 1970, then */
} last = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int64_t clock_offset(uint64_t monotonic_usec) {
        return (int64_t) (pf_clock_realtime_usec() - monotonic_usec);
}

static bool recall(uint64_t now_usec, bool *ret) {
        uint64_t holds_usec;
        int64_t moved_usec;
        bool is_young;

        (void) pthread_mutex_lock(&last.lock);
        holds_usec = last.is_synchronised ? YES_HOLDS_USEC : NO_HOLDS_USEC;
        moved_usec = clock_offset(now_usec) - last.offset_usec;
        is_young = last.is_known && now_usec - last.asked_usec < holds_usec &&
                   moved_usec < SET_USEC && moved_usec > -SET_USEC;
        *ret = last.is_synchronised;
        (void) pthread_mutex_unlock(&last.lock);
        return is_young;
}

static void remember(uint64_t now_usec, bool answer) {
        (void) pthread_mutex_lock(&last.lock);
        last.is_known = true;
        last.is_synchronised = answer;
        last.asked_usec = now_usec;
        last.offset_usec = clock_offset(now_usec);
        (void) pthread_mutex_unlock(&last.lock);
}

static int ask(bool *ret, PfErr *err) {
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

int pf_timedate_is_synchronised(bool *ret, PfErr *err) {
        uint64_t now_usec = pf_clock_monotonic_usec();
        int r;

        if (recall(now_usec, ret))
                return 0;
        r = ask(ret, err);
        if (r == 0)
                remember(now_usec, *ret);
        return r;
}
