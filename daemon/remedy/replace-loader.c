/* SPDX-License-Identifier: MIT */
/*
 * What is different where a boot loader reads the file, which replays no journal.
 *
 * All that is written has to be in its place before it counts (durable.h), and the directory
 * has to be readable at every moment. A directory of ext4 whose block has no room for one more
 * name is split in two, and while that is on its way to the disk a loader may find nothing in
 * it. So the new file gets its first name where none looks, in lost+found, and a rename over
 * the old file only writes another inode's number where the old one's is: no directory that a
 * loader reads grows. mkfs makes lost+found, with room, and it is root's alone.
 */
#include "daemon/remedy/replace-internal.h"

#include <fcntl.h>
#include <linux/fs.h>

#include "daemon/remedy/durable.h"

bool pf_place_is_for_loader(const PfPlace *place) {
        return (place->root->is_running || place->directory_seen.st_dev != place->root->outside) &&
               pf_durable_is_needed(place->path, place->directory);
}

int pf_place_settle(const PfPlace *place, PfErr *err) {
        PfErr detail = { 0 };
        int r;

        if (!pf_place_is_for_loader(place))
                return 0;
        r = pf_durable_settle(place->root->ops, place->directory, &detail);
        return r < 0 ? pf_err_set(err, r, "%s: %s", place->path, pf_err_text(&detail, r)) : 0;
}

/* --- lost+found --- */

/* Which mount a descriptor is of: told also where there is no room for the handle of the file
 * (name_to_handle_at(2), EOVERFLOW). Return: -1 where it is not known. */
static int mount_of(int fd) {
        struct file_handle handle = { .handle_bytes = 0 };
        int id;

        if (name_to_handle_at(fd, "", &handle, &id, AT_EMPTY_PATH) < 0 && errno != EOVERFLOW)
                return -1;
        return id;
}

/* A file system may be mounted twice, and rename(2) leads from one mount to no other. */
static bool is_one_mount(int a, int b) {
        int mount = mount_of(a);

        return mount >= 0 && mount == mount_of(b);
}

static bool has_flags(int fd, unsigned wanted) {
        unsigned flags;

        return pf_attribute_flags(fd, &flags) < 0 || (flags & wanted);
}

/* Nobody but root sees what is in it, and what is made there may be moved to the place: not
 * from another project or into what is encrypted (rename(2), EXDEV). */
static bool is_right(const PfPlace *place, int directory) {
        struct stat st;

        return fstat(directory, &st) == 0 && st.st_uid == 0 && (st.st_mode & 07777) == 0700 &&
               st.st_dev == place->directory_seen.st_dev &&
               is_one_mount(directory, place->directory) &&
               !has_flags(directory, FS_IMMUTABLE_FL | FS_APPEND_FL) &&
               !has_flags(place->directory, FS_PROJINHERIT_FL | FS_ENCRYPT_FL);
}

void pf_staging_find(PfPlace *place, int top) {
        PF_AUTO_CLOSE int fd = -1;

        if (!pf_place_is_for_loader(place) ||
            pf_durable_how(place->directory) != PF_DURABLE_CHECKPOINT)
                return;
        fd = openat(top, "lost+found", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && is_right(place, fd))
                place->lost_found = pf_steal_fd(&fd);
}

/* A file that is not there gets a name that is not there: where it is made does not matter. */
int pf_place_staging(const PfPlace *place) {
        return place->lost_found >= 0 && place->fd >= 0 ? place->lost_found : place->directory;
}
