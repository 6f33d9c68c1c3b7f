/* SPDX-License-Identifier: MIT */
/*
 * Places: from the path somebody will write to, to the file system below it.
 */
#include "probes/space-place.h"

#include <stdarg.h>
#include <string.h>

#include "probes/path.h"

int pf_space_mounts_load(const PfTarget *target, PfSpaceMounts *ret) {
        PfSpace root;
        int r;

        *ret = (PfSpaceMounts){ 0 };
        r = pf_mounts_load(target, &ret->table, &ret->err);
        if (r == PF_MOUNTS_ABSENT && !pf_target_is_live(target)) {
                ret->planned = true;
                r = pf_mounts_load_fstab(target, &ret->table, &ret->err);
                if (pf_target_space(target, "/", &root, NULL) == 0)
                        ret->root_device = root.device;
        }
        ret->error = r < 0 ? r : 0;
        return r == -ENOMEM ? r : 0;
}

void pf_space_mounts_deinit(PfSpaceMounts *mounts) {
        mounts->table = pf_mounts_free(mounts->table);
}

void pf_space_place_deinit(PfSpacePlace *place) {
        free(place->existing);
        place->existing = NULL;
}

static void because(PfSpacePlace *place, const char *fmt, ...) PF_PRINTF(2, 3);

static void because(PfSpacePlace *place, const char *fmt, ...) {
        va_list args;

        va_start(args, fmt);
        (void) vsnprintf(place->reason, sizeof(place->reason), fmt, args);
        va_end(args);
}

/* How it is mounted. A service is shown everything read-only that it need not
 * write, so statfs(2) is asked about that only where there is no table. */
static void describe_mount(const PfTarget *target, const PfSpaceMounts *mounts, const char *real,
                           PfSpacePlace *place) {
        if (mounts->table)
                place->mount = pf_mounts_find(mounts->table, real);
        if (place->mount) {
                place->read_only = place->mount->read_only;
                place->no_exec = place->mount->no_exec;
        } else if (place->measured && pf_target_is_live(target)) {
                place->read_only = place->space.read_only;
                place->no_exec = place->space.no_exec;
        }
        /* Subvolumes of one btrfs have device numbers of their own for stat(2),
         * and share one in the table of mounts. */
        place->device =
                place->mount && place->mount->device ? place->mount->device : place->space.device;
}

static void measure(const PfTarget *target, PfSpacePlace *place) {
        PfErr err = { 0 };
        int r;

        r = pf_target_space(target, place->existing, &place->space, &err);
        place->measured = r == 0;
        if (r == PF_TARGET_ELSEWHERE)
                because(place, "the image lies in a directory of another machine, whose free space "
                               "says nothing about this one");
        else if (r == PF_TARGET_ABSENT)
                because(place, "%s has just gone", place->existing);
        else if (r < 0)
                because(place, "%s", pf_err_text(&err, r));
        if (place->measured && place->space.total_bytes == 0) {
                because(place, "its file system tells no size"); /* autofs, some of FUSE */
                place->measured = false;
        }
}

/* What this service sees of a place need not be what the machine has there.
 * Where the table of process 1 is hidden (ProtectProc=, hidepid=), ours shows as
 * read-only what only we may not write; where it is not, it shows that statfs(2)
 * answered for a file system that only we have (PrivateTmp=). */
static void doubt_own_view(const PfTarget *target, const PfSpaceMounts *mounts,
                           PfSpacePlace *place) {
        const PfMount *mount = place->mount;

        if (!mount || !place->measured)
                return;
        if (mount->private_read_only &&
            strcmp(pf_mounts_path(mounts->table), "/proc/self/mountinfo") == 0) {
                because(place,
                        "/proc/1/mountinfo cannot be read, and what this service sees of "
                        "%s is made read-only for it",
                        mount->directory);
                place->measured = place->read_only = false;
        } else if (pf_target_is_live(target) && mount->device &&
                   mount->device != place->space.device && strcmp(mount->type, "btrfs") != 0) {
                because(place, "this service sees another file system than %s there",
                        mount->directory);
                place->measured = false;
        }
}

/* Without the table nobody knows what lies there, and how; and an image's own
 * table tells what will lie on another file system than now. */
static void check_table(const PfTarget *target, const PfSpaceMounts *mounts, PfSpacePlace *place) {
        if (mounts->error < 0) {
                place->read_only = place->no_exec = false;
                if (place->measured)
                        because(place, "what is mounted there is not known: %s",
                                pf_err_text(&mounts->err, mounts->error));
                place->measured = false;
        } else if (place->measured && !pf_target_is_live(target) && mounts->planned &&
                   place->mount && strcmp(place->mount->directory, "/") != 0 &&
                   place->space.device == mounts->root_device) {
                because(place, "%s is a file system of its own in /etc/fstab, and not mounted here",
                        place->mount->directory);
                place->measured = false;
        }
}

int pf_space_locate(const PfTarget *target, const PfSpaceMounts *mounts, const char *path,
                    PfSpacePlace *ret) {
        PF_AUTO_FREE char *real = NULL;
        PfErr err = { 0 };
        int r;

        *ret = (PfSpacePlace){ .path = path };
        r = pf_path_resolve(target, path, &real, &ret->existing, &err);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                because(ret, "%s", pf_err_text(&err, r));
                return 0;
        }
        measure(target, ret);
        describe_mount(target, mounts, real, ret);
        doubt_own_view(target, mounts, ret);
        check_table(target, mounts, ret);
        return 0;
}
