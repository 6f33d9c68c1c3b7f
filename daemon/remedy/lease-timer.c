/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/lease-timer.h"

#include <sys/timerfd.h>
#include <time.h>

struct PfLeaseTimer {
        uv_poll_t poll;
        int fd;
        void (*over)(void *data);
        void *data;
};

static void on_readable(uv_poll_t *handle, int status, int events) {
        PfLeaseTimer *timer = handle->data;
        uint64_t n;

        (void) status;
        (void) events;
        if (read(timer->fd, &n, sizeof(n)) == (ssize_t) sizeof(n))
                timer->over(timer->data);
}

int pf_lease_timer_new(uv_loop_t *loop, void (*over)(void *data), void *data, PfLeaseTimer **ret,
                       PfErr *err) {
        PF_AUTO_CLOSE int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
        PfLeaseTimer *timer;

        if (fd < 0)
                return pf_err_errno(err, -errno, "a timer");
        timer = calloc(1, sizeof(*timer));
        if (!timer)
                return -ENOMEM;
        *timer = (PfLeaseTimer){ .fd = fd, .over = over, .data = data };
        if (uv_poll_init(loop, &timer->poll, fd) < 0) {
                free(timer);
                return pf_err_set(err, -EIO, "a timer cannot be watched");
        }
        timer->fd = pf_steal_fd(&fd);
        timer->poll.data = timer;
        *ret = timer;
        if (uv_poll_start(&timer->poll, UV_READABLE, on_readable) == 0)
                return 0;
        *ret = pf_lease_timer_free(timer);
        return pf_err_set(err, -EIO, "a timer cannot be watched");
}

static void on_closed(uv_handle_t *handle) {
        PfLeaseTimer *timer = handle->data;

        (void) pf_close(timer->fd);
        free(timer);
}

PfLeaseTimer *pf_lease_timer_free(PfLeaseTimer *timer) {
        if (timer)
                uv_close((uv_handle_t *) &timer->poll, on_closed);
        return NULL;
}

/* All zero would disarm it: a moment that is long past is one of the first. */
void pf_lease_timer_set(PfLeaseTimer *timer, uint64_t boot_usec) {
        struct itimerspec at = { 0 };

        if (boot_usec == 0)
                boot_usec = 1;
        if (boot_usec != UINT64_MAX) {
                at.it_value.tv_sec = (time_t) (boot_usec / 1000000);
                at.it_value.tv_nsec = (long) (boot_usec % 1000000) * 1000;
        }
        /* Of its errors none can be of this file descriptor and this value. */
        (void) timerfd_settime(timer->fd, TFD_TIMER_ABSTIME, &at, NULL);
}
