/* SPDX-License-Identifier: MIT */
/*
 * The kernel's table of locks.
 */
#include "probes/system/locks.h"

#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>

#define LOCKS_PATH "/proc/locks"
#define LOCKS_MAX (4u << 20)
#define LINE_MAX_BYTES 256

void pf_file_locks_deinit(PfFileLocks *locks) {
        pf_buf_deinit(&locks->table);
}

int pf_file_locks_load(const PfSystemRoom *room, PfFileLocks *ret) {
        PfErr err = { 0 };
        int r;

        *ret = (PfFileLocks){ .table = PF_BUF_INIT(LOCKS_MAX) };
        if (!room->runs)
                return 0;
        r = pf_target_read(room->target, LOCKS_PATH, LOCKS_MAX, &ret->table, &err);
        if (r == PF_TARGET_ABSENT)
                (void) snprintf(ret->reason, sizeof(ret->reason), LOCKS_PATH " is not there");
        else if (r < 0)
                (void) snprintf(ret->reason, sizeof(ret->reason), "%s", pf_err_text(&err, r));
        return r == -ENOMEM ? r : 0;
}

bool pf_file_locks_holder(const PfFileLocks *locks, const PfFileInfo *info, int *ret_pid) {
        PfLines lines = { .rest = locks->table.data, .n = locks->table.n, .max = LINE_MAX_BYTES };

        while (pf_lines_next(&lines)) {
                unsigned high, low;
                uint64_t inode;
                char line[LINE_MAX_BYTES];
                int pid;

                (void) snprintf(line, sizeof(line), "%.*s", (int) lines.text_n, lines.text);
                if (sscanf(line, "%*u: %*15s %*15s %*15s %9d %8x:%8x:%19" SCNu64, &pid, &high, &low,
                           &inode) != 4 ||
                    inode != info->inode || makedev(high, low) != info->device)
                        continue;
                *ret_pid = pid > 0 ? pid : 0;
                return true;
        }
        return false;
}
