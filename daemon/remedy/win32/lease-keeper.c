/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/win32/lease-keeper.h"

#include <string.h>
#include <windows.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/remedy/effects-system.h"
#include "daemon/remedy/lease.h"

/* No lease is shorter than two of these; one that could not be ended, or another process that
 * changes something, is tried again sooner. */
#define LOOK_USEC (PF_LEASE_MIN_USEC / 2)
#define AGAIN_USEC 2000000
#define WAIT_USEC 20000000 /* for another process, where it is the last thing that is done */
#define WAIT_STEP_MS 100

struct PfLeaseKeeper {
        uv_timer_t timer;
        uv_work_t work;
        bool is_working;
        bool is_closed; /* the timer is */
        bool is_stopping;
        PfEffects effects;
        uint64_t next_usec; /* until it looks again */
        PfErr trouble;      /* of the last look; "": none */
        char told[PF_ERR_TEXT_MAX];
};

static void free_if_idle(PfLeaseKeeper *keeper) {
        if (keeper->is_closed && !keeper->is_working)
                free(keeper);
}

/* --- on a thread of the pool --- */

static PfEffects new_effects(void) {
        PfEffects effects = pf_effects_image; /* no file is there to be read anew */

        pf_effects_add_settings(&effects);
        return effects;
}

static bool has_transactions(void) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PfFileInfo info;
        PfErr ignored = { 0 };

        return pf_target_new("/", PF_TARGET_DEFAULT, &host, &ignored) == 0 &&
               pf_target_stat(host, PF_TRANSACTIONS_PATH, &info, NULL) != PF_TARGET_ABSENT;
}

static int end_leases(const PfEffects *effects, bool all, uint64_t *ret_next_usec, PfErr *err) {
        PF_CLEANUP(pf_transactions_freep) PfTransactions *transactions = NULL;
        PfLeaseClock now;
        int r = pf_lease_clock_read(&now, err);

        if (r == 0)
                r = pf_transactions_open("/", effects, &transactions, err);
        return r == 0 ? pf_leases_expire(transactions, &now, all, ret_next_usec, err) : r;
}

static void look(uv_work_t *work) {
        PfLeaseKeeper *keeper = work->data;
        uint64_t next_usec = LOOK_USEC;
        int r = 0;

        keeper->trouble = (PfErr){ 0 };
        if (has_transactions())
                r = end_leases(&keeper->effects, false, &next_usec, &keeper->trouble);
        if (r == -EBUSY)
                keeper->trouble = (PfErr){ 0 };
        else if (r < 0)
                (void) pf_err_set(&keeper->trouble, r, "%s", strerror(-r));
        keeper->next_usec = r < 0 ? AGAIN_USEC : next_usec < LOOK_USEC ? next_usec : LOOK_USEC;
}

/* --- on the loop --- */

static void on_time(uv_timer_t *timer);

/* The same trouble is told once. */
static void tell_trouble(PfLeaseKeeper *keeper) {
        if (keeper->trouble.text[0] && strcmp(keeper->told, keeper->trouble.text) != 0)
                pf_log(PF_LOG_ERROR, "A lease could not be ended: %s", keeper->trouble.text);
        (void) snprintf(keeper->told, sizeof(keeper->told), "%s", keeper->trouble.text);
}

static void on_looked(uv_work_t *work, int status) {
        PfLeaseKeeper *keeper = work->data;

        (void) status;
        keeper->is_working = false;
        if (keeper->is_stopping) {
                free_if_idle(keeper);
                return;
        }
        tell_trouble(keeper);
        (void) uv_timer_start(&keeper->timer, on_time, keeper->next_usec / 1000 + 1, 0);
}

static void on_time(uv_timer_t *timer) {
        PfLeaseKeeper *keeper = timer->data;

        keeper->is_working = uv_queue_work(timer->loop, &keeper->work, look, on_looked) == 0;
        if (!keeper->is_working)
                (void) uv_timer_start(timer, on_time, AGAIN_USEC / 1000, 0);
}

int pf_lease_keeper_start(uv_loop_t *loop, PfLeaseKeeper **ret, PfErr *err) {
        PfLeaseKeeper *keeper = calloc(1, sizeof(*keeper));
        int r;

        if (!keeper)
                return pf_err_set(err, -ENOMEM, "out of memory");
        keeper->effects = new_effects();
        keeper->work.data = keeper->timer.data = keeper;
        r = uv_timer_init(loop, &keeper->timer);
        if (r < 0) {
                free(keeper);
                return pf_err_set(err, -EIO, "no timer for leases: %s", uv_strerror(r));
        }
        (void) uv_timer_start(&keeper->timer, on_time, 0, 0);
        *ret = keeper;
        return 0;
}

static void on_closed(uv_handle_t *handle) {
        PfLeaseKeeper *keeper = handle->data;

        keeper->is_closed = true;
        free_if_idle(keeper);
}

void pf_lease_keeper_stop(PfLeaseKeeper *keeper) {
        if (!keeper)
                return;
        keeper->is_stopping = true;
        uv_close((uv_handle_t *) &keeper->timer, on_closed);
}

/* --- at the end --- */

int pf_lease_keeper_end_all(void (*on_wait)(void), PfErr *err) {
        const uint64_t end_usec = pf_clock_monotonic_usec() + WAIT_USEC;
        const PfEffects effects = new_effects();

        for (;;) {
                PfErr why = { 0 };
                int r = has_transactions() ? end_leases(&effects, true, NULL, &why) : 0;

                if (r >= 0)
                        return 0;
                if (r != -EBUSY || pf_clock_monotonic_usec() >= end_usec)
                        return pf_err_set(err, r, "a lease may be open still: %s",
                                          pf_err_text(&why, r));
                if (on_wait)
                        on_wait();
                Sleep(WAIT_STEP_MS);
        }
}
