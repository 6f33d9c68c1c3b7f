/* SPDX-License-Identifier: MIT */
/*
 * libblkid on one device at a time. Its own cache and its search over all
 * devices are not used: they would open what nobody asked for.
 */
#include "probes/block/superblock.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define KEY_MAX 32

static blkid_probe free_probe(blkid_probe probe) {
        blkid_free_probe(probe);
        return NULL;
}
PF_DEFINE_CLEANUP(struct blkid_struct_probe, free_probe);

static int open_device(const char *name, unsigned major, unsigned minor, int *ret) {
        PF_AUTO_CLOSE int fd = -1;
        PF_AUTO_FREE char *path = NULL;
        struct stat st;

        if (asprintf(&path, "/dev/%s", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISBLK(st.st_mode) || st.st_rdev != makedev(major, minor))
                return -ENXIO;
        *ret = pf_steal_fd(&fd);
        return 0;
}

static int copy_tags(blkid_probe probe, PfJson *tags) {
        int n = blkid_probe_numof_values(probe);

        for (int i = 0; i < n; i++) {
                const char *name, *value;
                int r;

                if (blkid_probe_get_value(probe, i, &name, &value, NULL) < 0)
                        continue;
                r = pf_json_put_string(tags, name, value);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Fills @tags from the device itself. */
static int ask_device(const char *name, unsigned major, unsigned minor, PfJson *tags, PfErr *err) {
        PF_CLEANUP(free_probep) blkid_probe probe = blkid_new_probe();
        PF_AUTO_CLOSE int fd = -1;
        int r;

        if (!probe)
                return -ENOMEM;
        r = open_device(name, major, minor, &fd);
        if (r < 0)
                return r == -ENOMEM ? r : pf_err_errno(err, r, "/dev/%s", name);
        errno = 0;
        if (blkid_probe_set_device(probe, fd, 0, 0) < 0)
                return pf_err_errno(err, errno > 0 ? -errno : -EIO, "/dev/%s", name);
        (void) blkid_probe_enable_superblocks(probe, 1);
        (void) blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
                                                                BLKID_SUBLKS_TYPE |
                                                                BLKID_SUBLKS_USAGE);
        (void) blkid_probe_enable_partitions(probe, 1);
        (void) blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
        errno = 0;
        r = blkid_do_safeprobe(probe);
        if (r == -2)
                return pf_err_set(err, -EINVAL, "/dev/%s: signatures of several kinds on it", name);
        if (r < 0)
                return pf_err_errno(err, errno > 0 ? -errno : -EIO, "/dev/%s", name);
        return copy_tags(probe, tags);
}

/* Asks, and keeps the answer: a device that cannot be read is an answer too. */
static int ask(const PfTarget *target, const char *key, const char *name, unsigned major,
               unsigned minor, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *tags = pf_json_new_object();
        PfErr err = { 0 };
        int r;

        if (!tags)
                return -ENOMEM;
        r = ask_device(name, major, minor, tags, &err);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                r = pf_json_put_string(tags, "error", pf_err_text(&err, r));
        if (r < 0)
                return r;
        if (pf_target_is_recorded(target))
                pf_target_remember(target, PF_SUPERBLOCK_BOOK, key, pf_json_copy(tags));
        *ret = PF_STEAL(tags);
        return 0;
}

int pf_superblock_read(const PfTarget *target, const char *name, unsigned major, unsigned minor,
                       PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *tags = NULL;
        const PfJson *kept = NULL;
        const char *error;
        char key[KEY_MAX];
        PfErr detail = { 0 };
        int r;

        (void) snprintf(key, sizeof(key), "%u:%u", major, minor);
        r = pf_target_recall(target, PF_SUPERBLOCK_BOOK, key, &kept, &detail);
        if (r == -ENODATA)
                return PF_SUPERBLOCK_ABSENT;
        if (r < 0)
                return pf_err_set(err, r, "%s", pf_err_text(&detail, r));
        if (r == 0 && pf_json_type(kept) != PF_JSON_OBJECT)
                return pf_err_set(err, -EINVAL, "what was kept of %s is no object", key);
        if (r == 0)
                r = (tags = pf_json_copy(kept)) ? 0 : -ENOMEM;
        else if (r == PF_TARGET_ABSENT)
                r = pf_target_is_host(target) ? ask(target, key, name, major, minor, &tags)
                                              : PF_SUPERBLOCK_ABSENT;
        if (r != 0)
                return r;
        error = pf_json_get_string(tags, "error");
        if (error)
                return pf_err_set(err, -EIO, "%s", error);
        *ret = PF_STEAL(tags);
        return 0;
}
