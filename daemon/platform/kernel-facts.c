/* SPDX-License-Identifier: MIT */
/*
 * The clock and the labels of a machine: asked, kept, and given back.
 */
#include "daemon/platform/kernel-facts.h"
#include "daemon/platform/machine-internal.h"

#include <string.h>
#include <sys/timex.h>
#include <sys/xattr.h>

#include "daemon/platform/linux/target-path.h"
#include "daemon/platform/timedate.h"

#define BOOK_CLOCK "clock"
#define BOOK_LABELS "labels"
#define LABEL_NAME "security.selinux"

static PfJson *none_or_error(int r, const PfErr *err) {
        return pf_machine_no_answer("none", r, err);
}

/* --- clock --- */

static PfJson *clock_to_json(const PfKernelClock *clock) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        if (!answer || pf_json_put_uint(answer, "timeUSec", clock->now_usec) < 0 ||
            pf_json_put_bool(answer, "synchronised", clock->is_synchronised) < 0 ||
            pf_json_put_uint(answer, "maxErrorUSec", clock->max_error_usec) < 0)
                return NULL;
        return PF_STEAL(answer);
}

static int clock_from_json(const PfJson *answer, PfKernelClock *ret, PfErr *err) {
        int64_t now = pf_json_integer(pf_json_get(answer, "timeUSec"));
        int64_t error = pf_json_integer(pf_json_get(answer, "maxErrorUSec"));
        const PfJson *synchronised = pf_json_get(answer, "synchronised");
        int r = pf_machine_read_no_answer(answer, PF_KERNEL_FACTS_NONE, err);

        if (r != 0)
                return r;
        if (now <= 0 || error < 0 || pf_json_type(synchronised) != PF_JSON_BOOL)
                return pf_err_set(err, -EINVAL, "the captured clock is not understood");
        *ret = (PfKernelClock){ .now_usec = (uint64_t) now,
                                .is_synchronised = pf_json_bool(synchronised),
                                .max_error_usec = (uint64_t) error };
        return 0;
}

/* How far off a clock may be that somebody still keeps: NTP_PHASE_LIMIT of the kernel, at
 * which it begins, and up to which it counts while nobody does. STA_UNSYNC says less: chronyd
 * sets it where the kernel is not to write the clock in hardware. */
#define MAX_ERROR_USEC 16000000

#define TIMESYNC_DONE "/run/systemd/timesync/synchronized"
#define TIMESYNC_FRESH_USEC (UINT64_C(3600) * 1000000) /* it is touched every 34 minutes */

/* Touched by systemd-timesyncd whenever it has set the clock: systemd-timesyncd(8). */
static bool is_kept_by_timesync(const PfTarget *target, uint64_t now_usec) {
        PfFileInfo info;
        PfErr ignored = { 0 };

        return pf_target_stat(target, TIMESYNC_DONE, &info, &ignored) == 0 &&
               info.modified_usec > 0 &&
               (uint64_t) info.modified_usec + TIMESYNC_FRESH_USEC > now_usec;
}

/* Where a filter of system calls takes adjtimex(2) for the setting of a clock. */
static int ask_services(const PfTarget *target, PfKernelClock *ret, PfErr *err) {
        PfKernelClock clock = { .now_usec = pf_target_now_usec(target) };
        PfErr detail = { 0 };
        int r = 0;

        clock.is_synchronised = is_kept_by_timesync(target, clock.now_usec);
        if (!clock.is_synchronised)
                r = pf_timedate_is_synchronised(&clock.is_synchronised, &detail);
        if (r < 0)
                return pf_err_set(err, -EPERM, "adjtimex: %s; %s", strerror(EPERM),
                                  pf_err_text(&detail, r));
        *ret = clock;
        return 0;
}

static int read_clock(const PfTarget *target, PfKernelClock *ret, PfErr *err) {
        struct timex timex = { .modes = 0 };
        uint64_t fraction, error_usec;

        if (adjtimex(&timex) < 0)
                return errno == EPERM ? ask_services(target, ret, err)
                                      : pf_err_errno(err, -errno, "adjtimex");
        fraction = (uint64_t) timex.time.tv_usec / (timex.status & STA_NANO ? 1000 : 1);
        error_usec = timex.maxerror > 0 ? (uint64_t) timex.maxerror : 0;
        *ret = (PfKernelClock){ .now_usec = (uint64_t) timex.time.tv_sec * 1000000 + fraction,
                                .is_synchronised = error_usec < MAX_ERROR_USEC,
                                .max_error_usec = error_usec };
        return 0;
}

int pf_kernel_clock(const PfTarget *target, PfKernelClock *ret, PfErr *err) {
        const PfJson *answer = NULL;
        PfErr detail = { 0 };
        int r = pf_target_recall(target, BOOK_CLOCK, "adjtimex", &answer, err);

        if (r == 0)
                return clock_from_json(answer, ret, err);
        if (r != PF_TARGET_ABSENT)
                return r;
        r = pf_target_is_host(target) ? read_clock(target, ret, &detail) : PF_KERNEL_FACTS_NONE;
        if (pf_target_is_recorded(target))
                pf_target_remember(target, BOOK_CLOCK, "adjtimex",
                                   r == 0 ? clock_to_json(ret) : none_or_error(r, &detail));
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&detail, r)) : r;
}

/* --- labels --- */

static PfJson *label_to_json(const char *label) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        return answer && pf_json_put_string(answer, "label", label) == 0 ? PF_STEAL(answer) : NULL;
}

static int label_from_json(const PfJson *answer, const char *path,
                           char label[static PF_FILE_LABEL_MAX], PfErr *err) {
        const char *text = pf_json_get_string(answer, "label");
        int r = pf_machine_read_no_answer(answer, PF_KERNEL_FACTS_NONE, err);

        if (r != 0)
                return r;
        if (!text || strlen(text) >= PF_FILE_LABEL_MAX)
                return pf_err_set(err, -EINVAL, "%s: its captured label is not understood", path);
        (void) snprintf(label, PF_FILE_LABEL_MAX, "%s", text);
        return 0;
}

/* A descriptor of O_PATH has no attributes of its own: they are asked for by its link. */
static int read_label(const PfTarget *target, const char *path,
                      char label[static PF_FILE_LABEL_MAX], PfErr *err) {
        PF_AUTO_CLOSE int fd = pf_path_look(target, path, 0);
        char link[PF_PATH_LINK_MAX];
        ssize_t n;

        if (fd < 0)
                return pf_path_absent_or(fd) > 0 ? PF_KERNEL_FACTS_NONE
                                                 : pf_err_errno(err, fd, "%s", path);
        pf_path_link(fd, link);
        n = getxattr(link, LABEL_NAME, label, PF_FILE_LABEL_MAX - 1);
        if (n < 0 && errno == ENODATA)
                n = 0;
        if (n < 0)
                return errno == ENOTSUP ? PF_KERNEL_FACTS_NONE
                                        : pf_err_errno(err, -errno, "label of %s", path);
        label[n] = '\0';
        return 0;
}

int pf_file_label(const PfTarget *target, const char *path, char label[static PF_FILE_LABEL_MAX],
                  PfErr *err) {
        const PfJson *answer = NULL;
        PfErr detail = { 0 };
        int r = pf_target_recall(target, BOOK_LABELS, path, &answer, err);

        if (r == 0)
                return label_from_json(answer, path, label, err);
        if (r != PF_TARGET_ABSENT)
                return r;
        r = read_label(target, path, label, &detail);
        if (pf_target_is_recorded(target))
                pf_target_remember(target, BOOK_LABELS, path,
                                   r == 0 ? label_to_json(label) : none_or_error(r, &detail));
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&detail, r)) : r;
}
