/* SPDX-License-Identifier: MIT */
/*
 * Names and their addresses, as the C library finds them: by all that
 * nsswitch.conf(5) names, which may wait for as long as it likes.
 */
#include "daemon/platform/connect.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/strv.h"

/* What a thread works on. Its last user frees it: the thread, where it was left
 * alone, else who waited for it. */
typedef struct Work {
        PfStrv names;
        PfLookup *lookups; /* those before n_done have their answers */
        size_t n_done;
        bool is_abandoned;
} Work;

/* One thread in a process, so these are of the process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed; /* by the monotonic clock */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static Work *current; /* NULL: no thread is under way */

static void make_condition(void) {
        pthread_condattr_t attributes;

        (void) pthread_condattr_init(&attributes);
        (void) pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        (void) pthread_cond_init(&changed, &attributes);
        (void) pthread_condattr_destroy(&attributes);
}

static Work *work_free(Work *work) {
        if (!work)
                return NULL;
        pf_strv_deinit(&work->names);
        free(work->lookups);
        free(work);
        return NULL;
}
PF_DEFINE_CLEANUP(Work, work_free);

static Work *work_new(const PfLookup *lookups, size_t n) {
        PF_CLEANUP(work_freep) Work *work = calloc(1, sizeof(*work));

        if (!work)
                return NULL;
        work->lookups = calloc(n, sizeof(*work->lookups));
        for (size_t i = 0; i < n; i++)
                if (!work->lookups || pf_strv_add(&work->names, lookups[i].name) < 0)
                        return NULL;
        return PF_STEAL(work);
}

/* --- on the thread --- */

static bool holds(const PfLookup *lookup, const PfIpAddress *address) {
        for (size_t i = 0; i < lookup->n; i++)
                if (pf_ip_address_equal(&lookup->addresses[i], address))
                        return true;
        return false;
}

static void take_address(const struct addrinfo *info, PfLookup *lookup) {
        PfIpAddress address = { .is_ipv6 = info->ai_family == AF_INET6 };

        if (info->ai_family == AF_INET)
                memcpy(address.bytes, &((const struct sockaddr_in *) info->ai_addr)->sin_addr, 4);
        else if (info->ai_family == AF_INET6)
                memcpy(address.bytes, &((const struct sockaddr_in6 *) info->ai_addr)->sin6_addr,
                       16);
        else
                return;
        if (lookup->n < PF_LOOKUP_ADDRESSES_MAX && !holds(lookup, &address))
                lookup->addresses[lookup->n++] = address;
}

static int errno_of(int r) {
        switch (r) {
        case 0:
                return 0;
        case EAI_AGAIN:
                return -EAGAIN;
        case EAI_MEMORY:
                return -ENOMEM;
        case EAI_SYSTEM:
                return errno ? -errno : -EIO;
        default: /* EAI_NONAME, EAI_NODATA, EAI_FAIL: nobody knows an address */
                return -ENOENT;
        }
}

static PfLookup look_up(const char *name) {
        const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                        .ai_socktype = SOCK_STREAM,
                                        .ai_flags = AI_ADDRCONFIG };
        uint64_t start = pf_clock_monotonic_usec();
        PfLookup lookup = { 0 };
        struct addrinfo *list = NULL;

        lookup.r = errno_of(getaddrinfo(name, NULL, &hints, &list));
        if (lookup.r == 0) {
                for (const struct addrinfo *info = list; info; info = info->ai_next)
                        take_address(info, &lookup);
                freeaddrinfo(list);
                lookup.r = lookup.n > 0 ? 0 : -ENOENT;
        }
        lookup.usec = pf_clock_monotonic_usec() - start;
        return lookup;
}

static void *run(void *data) {
        Work *work = data;

        (void) pthread_mutex_lock(&lock);
        while (work->n_done < work->names.n && !work->is_abandoned) {
                PfLookup lookup;

                (void) pthread_mutex_unlock(&lock);
                lookup = look_up(work->names.items[work->n_done]);
                (void) pthread_mutex_lock(&lock);
                work->lookups[work->n_done++] = lookup;
        }
        current = NULL;
        if (work->is_abandoned)
                work = work_free(work);
        (void) pthread_cond_broadcast(&changed);
        (void) pthread_mutex_unlock(&lock);
        return NULL;
}

/* --- who waits for it --- */

/* Waits until @work is done, or any that is under way where it is NULL; or until the deadline. */
static void wait_locked(const Work *work, uint64_t deadline_usec) {
        const struct timespec deadline = { .tv_sec = (time_t) (deadline_usec / 1000000),
                                           .tv_nsec = (long) (deadline_usec % 1000000) * 1000 };

        while (current && (!work || current == work) &&
               pthread_cond_timedwait(&changed, &lock, &deadline) != ETIMEDOUT)
                ;
}

static int start_locked(Work *work, PfErr *err) {
        pthread_attr_t attributes;
        pthread_t thread;
        int r;

        r = pthread_attr_init(&attributes);
        if (r != 0)
                return -r;
        (void) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        r = pthread_create(&thread, &attributes, run, work);
        (void) pthread_attr_destroy(&attributes);
        if (r != 0)
                return pf_err_errno(err, -r, "a thread to look up names");
        current = work;
        return 0;
}

static void take_answers(const Work *work, PfLookup *lookups, size_t n, uint64_t started_usec) {
        for (size_t i = 0; i < n; i++) {
                const char *name = lookups[i].name;

                if (i < work->n_done)
                        lookups[i] = work->lookups[i];
                else
                        lookups[i] = (PfLookup){ .r = i == work->n_done ? -ETIMEDOUT : -EBUSY };
                if (i == work->n_done)
                        lookups[i].usec = pf_clock_monotonic_usec() - started_usec;
                lookups[i].name = name;
        }
}

static int run_locked(PfLookup *lookups, size_t n, uint64_t deadline_usec, PfErr *err) {
        PF_CLEANUP(work_freep) Work *work = NULL;
        uint64_t start = pf_clock_monotonic_usec();
        int r;

        wait_locked(NULL, deadline_usec);
        if (current) {
                for (size_t i = 0; i < n; i++)
                        lookups[i].r = -EBUSY;
                return 0;
        }
        work = work_new(lookups, n);
        if (!work)
                return -ENOMEM;
        r = start_locked(work, err);
        if (r < 0)
                return r;
        wait_locked(work, deadline_usec);
        take_answers(work, lookups, n, start);
        if (current == work) {
                work->is_abandoned = true;
                work = NULL;
        }
        return 0;
}

int pf_lookup(PfLookup *lookups, size_t n, uint64_t deadline_usec, PfErr *err) {
        int r;

        if (n == 0)
                return 0;
        (void) pthread_once(&once, make_condition);
        (void) pthread_mutex_lock(&lock);
        r = run_locked(lookups, n, deadline_usec, err);
        (void) pthread_mutex_unlock(&lock);
        return r;
}

bool pf_lookup_is_abandoned(void) {
        bool is_abandoned;

        (void) pthread_mutex_lock(&lock);
        is_abandoned = current && current->is_abandoned;
        (void) pthread_mutex_unlock(&lock);
        return is_abandoned;
}
