/* SPDX-License-Identifier: MIT */
/*
 * The sessions that utmp lists.
 */
#include "probes/pam/logins.h"

#include <stdint.h>
#include <string.h>

#define UTMP_PATH "/run/utmp"
#define UTMP_MAX (4 << 20) /* bytes */
#define RECORD_BYTES 384
#define PID_OFFSET 4
#define USER_OFFSET 44
#define USER_BYTES 32
#define USER_PROCESS 7

static bool runs(const PfTarget *target, int32_t pid) {
        PfFileInfo info;
        char path[32];

        (void) snprintf(path, sizeof(path), "/proc/%ld", (long) pid);
        return pf_target_stat(target, path, &info, NULL) != PF_TARGET_ABSENT;
}

static bool counts(const PfTarget *target, const char *record, PfLoginMatch match, void *data) {
        char user[USER_BYTES + 1] = "";
        int16_t type;
        int32_t pid;

        memcpy(&type, record, sizeof(type));
        memcpy(&pid, record + PID_OFFSET, sizeof(pid));
        memcpy(user, record + USER_OFFSET, USER_BYTES);
        return type == USER_PROCESS && *user && match(user, data) &&
               (!pf_target_is_live(target) || runs(target, pid));
}

int pf_logins_count(const PfTarget *target, PfLoginMatch match, void *data, size_t *ret,
                    PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(UTMP_MAX);
        size_t n = 0;
        int r;

        r = pf_target_read(target, UTMP_PATH, UTMP_MAX, &buf, err);
        if (r < 0)
                return r;
        for (size_t at = 0; buf.n - at >= RECORD_BYTES; at += RECORD_BYTES)
                n += counts(target, buf.data + at, match, data);
        *ret = n;
        return 0;
}
