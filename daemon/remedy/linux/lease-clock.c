/* SPDX-License-Identifier: MIT */
/* The kernel has an ID for each boot, and a clock that counts on in suspend. */
#include "daemon/remedy/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "daemon/base/clock.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id" /* random(4) */
#define BOOT_ID_LENGTH 36

static int read_boot_id(char ret[static 40], PfErr *err) {
        PF_AUTO_CLOSE int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        n = fd < 0 ? -1 : read(fd, ret, BOOT_ID_LENGTH);
        if (n < 0)
                return pf_err_errno(err, -errno, "%s", BOOT_ID_PATH);
        if (n != BOOT_ID_LENGTH)
                return pf_err_set(err, -EIO, "%s: no boot ID", BOOT_ID_PATH);
        ret[n] = '\0';
        return 0;
}

int pf_lease_clock_read(PfLeaseClock *ret, PfErr *err) {
        PfLeaseClock clock = { .real_usec = pf_clock_realtime_usec() };
        struct timespec boot;
        int r;

        if (clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
                return pf_err_errno(err, -errno, "CLOCK_BOOTTIME");
        clock.boot_usec = (uint64_t) boot.tv_sec * 1000000 + (uint64_t) boot.tv_nsec / 1000;
        r = read_boot_id(clock.boot_id, err);
        if (r < 0)
                return r;
        *ret = clock;
        return 0;
}
