/* SPDX-License-Identifier: MIT */
/*
 * Paths of boot loaders. A loader names a file on one file system; where that is
 * mounted on the machine decides how the machine names it.
 */
#include "probes/boot/inventory-internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where a loader's file systems are mounted. What is not there is passed over, so
 * the root file system comes first. */
static const char *const mounts[] = { "", "/boot", "/boot/efi", "/efi" };

/* Subvolumes that a root file system of btrfs is kept in. */
static const char *const subvolumes[] = { "/@/", "/@rootfs/", "/root/" };

/* What follows the device in brackets, which may hold brackets of a variable. */
static const char *without_device(const char *path) {
        const char *close = *path == '(' ? strchr(path, ')') : NULL;

        return close ? close + 1 : path;
}

static int try_mounts(const PfTarget *target, const char *path, char **ret, PfErr *err) {
        char candidate[4096];

        for (size_t i = 0; i < PF_ELEMENTS(mounts); i++) {
                PfFileInfo info;
                int r;

                if (snprintf(candidate, sizeof(candidate), "%s%s", mounts[i], path) >=
                    (int) sizeof(candidate))
                        return pf_err_set(err, -ENAMETOOLONG,
                                          "a path of a boot loader is too long");
                r = pf_target_stat(target, candidate, &info, err);
                if (r < 0)
                        return r;
                if (r == 0) {
                        *ret = strdup(candidate);
                        return *ret ? 0 : -ENOMEM;
                }
        }
        return PF_TARGET_ABSENT;
}

int pf_boot_locate(const PfTarget *target, const char *path, char **ret, PfErr *err) {
        int r;

        path = without_device(path);
        if (*path != '/' || strchr(path, '$'))
                return PF_TARGET_ABSENT;
        r = try_mounts(target, path, ret, err);
        for (size_t i = 0; i < PF_ELEMENTS(subvolumes) && r == PF_TARGET_ABSENT; i++) {
                size_t n = strlen(subvolumes[i]);

                if (strncmp(path, subvolumes[i], n) == 0)
                        r = try_mounts(target, path + n - 1, ret, err);
        }
        return r;
}

static bool is_mounted_at(const char *path, const char *file) {
        for (size_t i = 0; i < PF_ELEMENTS(mounts); i++) {
                const size_t n = strlen(mounts[i]);
                const bool is_efi = n > strlen("/boot") || strcmp(mounts[i], "/efi") == 0;

                if (strncmp(file, mounts[i], n) == 0 &&
                    (is_efi ? strcasecmp(file + n, path) : strcmp(file + n, path)) == 0)
                        return true;
        }
        return false;
}

bool pf_boot_is_at(const char *path, const char *file) {
        path = without_device(path);
        if (is_mounted_at(path, file))
                return true;
        for (size_t i = 0; i < PF_ELEMENTS(subvolumes); i++) {
                const size_t n = strlen(subvolumes[i]);

                if (strncmp(path, subvolumes[i], n) == 0 && is_mounted_at(path + n - 1, file))
                        return true;
        }
        return false;
}
