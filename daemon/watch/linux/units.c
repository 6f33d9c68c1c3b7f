/* SPDX-License-Identifier: MIT */
/*
 * The units that were asked for, as systemd tells of them over the system bus:
 * org.freedesktop.systemd1(5). A bus that is not there is looked for again when a look at
 * the machine is over.
 */
#include "daemon/watch/linux/watch-internal.h"

#include <string.h>
#include <systemd/sd-bus.h>

#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE MANAGER ".Manager"

struct PfWatchUnits {
        PfWatch *watch;
        sd_bus *bus;
        uv_poll_t *poll;   /* these two outlive it by their close callbacks */
        uv_timer_t *timer; /* for what sd-bus itself waits for */
        size_t n_told;     /* of files->units: matched on the bus */
        unsigned reasons;  /* since they were last told */
        bool is_subscribed;
        bool is_refused;  /* there was nobody who would tell, when asked */
        bool is_outdated; /* who would tell is another one now */
};

/* Something was told, or is told from now on: what was read before may be too old. */
static int on_signal(sd_bus_message *message, void *data, sd_bus_error *error) {
        PfWatchUnits *units = data;

        (void) message;
        (void) error;
        units->reasons |= PF_WATCH_UNITS;
        return 0;
}

static int match(PfWatchUnits *units, const char *rule) {
        return sd_bus_add_match_async(units->bus, NULL, rule, on_signal, on_signal, units);
}

/* A unit under the name that it is known by to its manager, which may be another. */
static int on_loaded(sd_bus_message *message, void *data, sd_bus_error *error) {
        PfWatchUnits *units = data;
        const char *path;
        char rule[512];

        (void) error;
        if (sd_bus_message_is_method_error(message, NULL) ||
            sd_bus_message_read(message, "o", &path) < 0)
                return 0; /* told of by the manager's signals, when there is such a unit */
        (void) snprintf(rule, sizeof(rule),
                        "type='signal',sender='" MANAGER "',path='%.256s',"
                        "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"
                        "arg0='" MANAGER ".Unit'",
                        path);
        return match(units, rule) < 0 ? -ENOMEM : 0;
}

static int on_subscribed(sd_bus_message *message, void *data, sd_bus_error *error) {
        PfWatchUnits *units = data;

        (void) error;
        units->is_subscribed = !sd_bus_message_is_method_error(message, NULL);
        /* Its units were asked for when nobody answered: all of it once more. */
        units->is_outdated |= units->is_subscribed && units->is_refused;
        units->is_refused = !units->is_subscribed;
        return 0;
}

/* A manager that has come knows nothing of what its predecessor, or nobody, was asked. */
static int on_owner(sd_bus_message *message, void *data, sd_bus_error *error) {
        PfWatchUnits *units = data;

        units->is_outdated = true;
        return on_signal(message, data, error);
}

/* Nobody is started who would answer. */
static int call(PfWatchUnits *units, const char *method, const char *name,
                sd_bus_message_handler_t answered) {
        PF_CLEANUP(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        int r = sd_bus_message_new_method_call(units->bus, &message, MANAGER, MANAGER_PATH,
                                               MANAGER_INTERFACE, method);

        if (r >= 0)
                r = sd_bus_message_set_auto_start(message, 0);
        if (r >= 0 && name)
                r = sd_bus_message_append(message, "s", name);
        return r < 0 ? r : sd_bus_call_async(units->bus, NULL, message, answered, units, 0);
}

/* --- in the loop --- */

static void on_io(uv_poll_t *poll, int status, int events);
static void on_timer(uv_timer_t *timer);

/* Return: 0, or a negative errno where the bus is gone. */
static int wait_for_more(PfWatchUnits *units) {
        uint64_t until_usec = UINT64_MAX;
        int events = sd_bus_get_events(units->bus);
        struct timespec now;

        if (events < 0 || sd_bus_get_timeout(units->bus, &until_usec) < 0)
                return -ENOTCONN;
        (void) clock_gettime(CLOCK_MONOTONIC, &now);
        if (until_usec == UINT64_MAX) {
                (void) uv_timer_stop(units->timer);
        } else {
                uint64_t now_usec = (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
                uint64_t left_usec = until_usec > now_usec ? until_usec - now_usec : 0;

                (void) uv_timer_start(units->timer, on_timer, left_usec / 1000 + 1, 0);
        }
        return uv_poll_start(units->poll,
                             (events & 1 /* POLLIN */ ? UV_READABLE : 0) |
                                     (events & 4 /* POLLOUT */ ? UV_WRITABLE : 0),
                             on_io) < 0
                       ? -ENOMEM
                       : 0;
}

unsigned pf_watch_units_take(PfWatchUnits *units) {
        PfWatch *watch = units->watch;
        unsigned reasons;
        int r;

        do
                r = sd_bus_process(units->bus, NULL);
        while (r > 0);
        if (r == 0)
                r = wait_for_more(units);
        reasons = units->reasons;
        units->reasons = 0;
        if (r >= 0 && !units->is_outdated)
                return reasons;
        /* After the look that this leads to they are asked for anew. */
        watch->units = pf_watch_units_free(units);
        return reasons | PF_WATCH_UNITS;
}

static void on_io(uv_poll_t *poll, int status, int events) {
        PfWatchUnits *units = poll->data;
        PfWatch *watch = units->watch;

        (void) status;
        (void) events;
        pf_watch_tell(watch, pf_watch_units_take(units));
}

static void on_timer(uv_timer_t *timer) {
        PfWatchUnits *units = timer->data;
        PfWatch *watch = units->watch;

        pf_watch_tell(watch, pf_watch_units_take(units));
}

static void free_handle(uv_handle_t *handle) {
        free(handle);
}

PfWatchUnits *pf_watch_units_free(PfWatchUnits *units) {
        if (!units)
                return NULL;
        if (units->poll)
                uv_close((uv_handle_t *) units->poll, free_handle);
        if (units->timer)
                uv_close((uv_handle_t *) units->timer, free_handle);
        if (units->bus)
                (void) sd_bus_close_unref(units->bus);
        free(units);
        return NULL;
}
PF_DEFINE_CLEANUP(PfWatchUnits, pf_watch_units_free);

/* --- who is told of what --- */

/* Units come and go by these; of one alone its own signals tell. */
static int match_manager(PfWatchUnits *units) {
        static const char *const members[] = { "Reloading", "UnitFilesChanged" };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(members) && r >= 0; i++) {
                char rule[256];

                (void) snprintf(rule, sizeof(rule),
                                "type='signal',sender='" MANAGER "',path='" MANAGER_PATH "',"
                                "interface='" MANAGER_INTERFACE "',member='%s'",
                                members[i]);
                r = match(units, rule);
        }
        if (r >= 0)
                r = sd_bus_add_match_async(
                        units->bus, NULL,
                        "type='signal',sender='org.freedesktop.DBus',"
                        "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                        "arg0='" MANAGER "'",
                        on_owner, on_signal, units);
        return r < 0 ? r : call(units, "Subscribe", NULL, on_subscribed);
}

/* The descriptor is sd-bus's, which is freed after the handle was told to close. */
static int put_into_loop(PfWatchUnits *units) {
        uv_loop_t *loop = units->watch->config.loop;
        uv_poll_t *poll = calloc(1, sizeof(*poll));

        if (!poll || uv_poll_init(loop, poll, sd_bus_get_fd(units->bus)) < 0) {
                free(poll);
                return -ENOMEM;
        }
        units->poll = poll;
        units->poll->data = units;
        units->timer = calloc(1, sizeof(*units->timer));
        if (!units->timer)
                return -ENOMEM;
        (void) uv_timer_init(loop, units->timer);
        units->timer->data = units;
        return 0;
}

static int units_new(PfWatch *watch, PfWatchUnits **ret) {
        PF_CLEANUP(pf_watch_units_freep) PfWatchUnits *units = calloc(1, sizeof(*units));
        int r;

        if (!units)
                return -ENOMEM;
        units->watch = watch;
        r = sd_bus_open_system(&units->bus);
        if (r >= 0)
                r = put_into_loop(units);
        if (r >= 0)
                r = match_manager(units);
        if (r < 0)
                return r;
        *ret = PF_STEAL(units);
        return 0;
}

/* Asks for each unit that is new. Its answer leads to its signals. */
static int ask_for_new(PfWatchUnits *units) {
        PfWatchFiles *files = units->watch->files;
        int r = 0;

        uv_mutex_lock(&files->lock);
        for (; units->n_told < files->units.n && r >= 0; units->n_told++)
                r = call(units, "LoadUnit", files->units.items[units->n_told], on_loaded);
        uv_mutex_unlock(&files->lock);
        return r;
}

bool pf_watch_units_is_telling(const PfWatchUnits *units) {
        return units && units->is_subscribed;
}

void pf_watch_units_settle(PfWatch *watch) {
        size_t n;

        uv_mutex_lock(&watch->files->lock);
        n = watch->files->units.n;
        uv_mutex_unlock(&watch->files->lock);
        if (n == 0 || !watch->is_host)
                return;
        if (!watch->units && units_new(watch, &watch->units) < 0)
                return;
        if ((watch->units->is_refused &&
             call(watch->units, "Subscribe", NULL, on_subscribed) < 0) ||
            ask_for_new(watch->units) < 0 || wait_for_more(watch->units) < 0)
                watch->units = pf_watch_units_free(watch->units);
}
