/* SPDX-License-Identifier: MIT */
/*
 * A watch: its sources in the loop, and the target that it observes.
 */
#include "daemon/watch/linux/watch-internal.h"

#include <poll.h>
#include <string.h>
#include <sys/timerfd.h>

#define USEC_PER_SEC 1000000u
#define FAR_AWAY_SEC ((time_t) 1 << 40) /* where only a clock that is set is waited for */

void pf_watch_tell(PfWatch *watch, unsigned reasons) {
        if (reasons & (PF_WATCH_MOUNTS | PF_WATCH_LOST))
                pf_watch_files_doubt(watch->files);
        if (reasons)
                watch->config.changed(reasons, watch->config.data);
}

/* --- sources --- */

static void on_readable(uv_poll_t *poll, int status, int events) {
        PfWatchSource *source = poll->data;

        (void) status;
        (void) events;
        pf_watch_tell(source->watch, source->take(source));
}

static void free_source(uv_handle_t *handle) {
        PfWatchSource *source = handle->data;

        (void) pf_close(source->fd);
        free(source);
}

int pf_watch_add_source(PfWatch *watch, int fd_take, int events,
                        unsigned (*take)(PfWatchSource *source), PfWatchSource **ret) {
        PfWatchSource *source;

        if (fd_take < 0)
                return 0;
        source = calloc(1, sizeof(*source));
        if (!source || uv_poll_init(watch->config.loop, &source->poll, fd_take) < 0) {
                (void) pf_close(fd_take);
                free(source);
                return -ENOMEM;
        }
        source->poll.data = source;
        source->watch = watch;
        source->fd = fd_take;
        source->events = events;
        source->take = take;
        watch->sources[watch->n_sources++] = source;
        if (ret)
                *ret = source;
        return uv_poll_start(&source->poll, events, on_readable) < 0 ? -ENOMEM : 0;
}

/* The loop closes the descriptor of its source, the files theirs. */
static unsigned take_files(PfWatchSource *source) {
        return pf_watch_files_read(source->watch->files);
}

/* --- the clock --- */

static unsigned take_clock(PfWatchSource *source) {
        uint64_t n;
        ssize_t r = read(source->fd, &n, sizeof(n));

        return r > 0 || errno == ECANCELED ? PF_WATCH_CLOCK : 0;
}

/* timerfd_settime(2): a clock that is set ends the waiting as well. */
static void arm_clock(PfWatch *watch, uint64_t at_usec) {
        struct itimerspec at = { .it_value = { .tv_sec = FAR_AWAY_SEC } };

        if (!watch->clock)
                return;
        if (at_usec != UINT64_MAX) {
                at.it_value.tv_sec = (time_t) (at_usec / USEC_PER_SEC);
                at.it_value.tv_nsec = (long) (at_usec % USEC_PER_SEC) * 1000 + 1;
        }
        (void) timerfd_settime(watch->clock->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at,
                               NULL);
}

static int add_clock(PfWatch *watch) {
        int r = pf_watch_add_source(watch,
                                    timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC),
                                    UV_READABLE, take_clock, &watch->clock);

        arm_clock(watch, UINT64_MAX);
        return r;
}

/* --- the target --- */

static void on_looks(const char *path, PfTargetLook how, const char *pattern, void *data) {
        pf_watch_files_look(data, path, how, pattern);
}

static void note_unit_locked(PfWatchFiles *files, const char *name) {
        if (pf_strv_contains(&files->units, name))
                return;
        if (files->units.n >= PF_WATCH_UNITS_MAX || pf_strv_add(&files->units, name) < 0)
                files->is_sampled = true;
}

static void on_asks(const char *book, const char *question, void *data) {
        PfWatchFiles *files = data;

        uv_mutex_lock(&files->lock);
        if (strcmp(book, "units") == 0)
                note_unit_locked(files, question);
        else if (strcmp(book, "interfaces") == 0 || strcmp(book, "routes") == 0)
                files->asks_network = true;
        else
                files->is_sampled = true;
        uv_mutex_unlock(&files->lock);
}

static void on_awaits(uint64_t at_usec, void *data) {
        PfWatchFiles *files = data;

        uv_mutex_lock(&files->lock);
        if (at_usec < files->await_usec)
                files->await_usec = at_usec;
        uv_mutex_unlock(&files->lock);
}

static void on_released(void *data) {
        (void) pf_watch_files_unref(data);
}

void pf_watch_observe(PfWatch *watch, PfTarget *target) {
        pf_target_set_observer(target,
                               &(PfTargetObserver){ .looks = on_looks,
                                                    .asks = on_asks,
                                                    .awaits = on_awaits,
                                                    .release = on_released,
                                                    .data = pf_watch_files_ref(watch->files) });
}

/* --- a look --- */

uint64_t pf_watch_begin(PfWatch *watch) {
        PfWatchFiles *files = watch->files;
        uint64_t look;

        uv_mutex_lock(&files->lock);
        look = ++files->look;
        files->is_sampled = false;
        files->trouble = NULL;
        files->await_usec = UINT64_MAX;
        uv_mutex_unlock(&files->lock);
        return look;
}

void pf_watch_settle(PfWatch *watch, uint64_t oldest) {
        PfWatchFiles *files = watch->files;
        uint64_t at_usec;

        pf_watch_files_sweep(files, oldest);
        uv_mutex_lock(&files->lock);
        at_usec = files->await_usec;
        uv_mutex_unlock(&files->lock);
        arm_clock(watch, at_usec);
        pf_watch_units_settle(watch);
}

void pf_watch_drain(PfWatch *watch) {
        struct pollfd fds[PF_ELEMENTS(watch->sources)];
        unsigned reasons = 0;

        for (size_t i = 0; i < watch->n_sources; i++)
                fds[i] = (struct pollfd){ .fd = watch->sources[i]->fd,
                                          .events = watch->sources[i]->events & UV_PRIORITIZED
                                                            ? POLLPRI
                                                            : POLLIN };
        if (poll(fds, watch->n_sources, 0) > 0)
                for (size_t i = 0; i < watch->n_sources; i++)
                        if (fds[i].revents)
                                reasons |= watch->sources[i]->take(watch->sources[i]);
        if (watch->units)
                reasons |= pf_watch_units_take(watch->units);
        pf_watch_tell(watch, reasons);
}

bool pf_watch_is_sampled(const PfWatch *watch) {
        PfWatchFiles *files = watch->files;
        bool is_sampled;

        uv_mutex_lock(&files->lock);
        is_sampled = files->is_sampled || (files->asks_network && !watch->network) ||
                     (files->units.n > 0 && !pf_watch_units_is_telling(watch->units));
        uv_mutex_unlock(&files->lock);
        return is_sampled;
}

const char *pf_watch_trouble(const PfWatch *watch) {
        const char *trouble;

        uv_mutex_lock(&watch->files->lock);
        trouble = watch->files->trouble;
        uv_mutex_unlock(&watch->files->lock);
        return trouble;
}

PfWatchCounts pf_watch_count(const PfWatch *watch) {
        PfWatchFiles *files = watch->files;
        PfWatchCounts counts;

        uv_mutex_lock(&files->lock);
        counts = (PfWatchCounts){ .n_watched = files->tree.n_nodes,
                                  .n_names = files->tree.n_names,
                                  .n_lost = files->n_lost };
        uv_mutex_unlock(&files->lock);
        return counts;
}

/* --- the whole --- */

int pf_watch_new(const PfWatchConfig *config, PfWatch **ret, PfErr *err) {
        PF_CLEANUP(pf_watch_freep) PfWatch *watch = calloc(1, sizeof(*watch));
        int r;

        if (!watch)
                return -ENOMEM;
        watch->config = *config;
        watch->is_host = strcmp(config->root, "/") == 0 && !config->files_only;
        r = pf_watch_files_new(config->root, &watch->files, err);
        if (r == 0) {
                int fd = dup(watch->files->inotify); /* closed by its source */

                r = fd < 0 ? pf_err_errno(err, -errno, "watching %s", config->root)
                           : pf_watch_add_source(watch, fd, UV_READABLE, take_files, NULL);
        }
        if (r == 0 && !config->files_only)
                r = add_clock(watch);
        if (r == 0)
                r = pf_watch_add_kernel(watch);
        if (r < 0)
                return r;
        *ret = PF_STEAL(watch);
        return 0;
}

PfWatch *pf_watch_free(PfWatch *watch) {
        if (!watch)
                return NULL;
        watch->units = pf_watch_units_free(watch->units);
        for (size_t i = 0; i < watch->n_sources; i++)
                uv_close((uv_handle_t *) &watch->sources[i]->poll, free_source);
        (void) pf_watch_files_unref(watch->files);
        free(watch);
        return NULL;
}
