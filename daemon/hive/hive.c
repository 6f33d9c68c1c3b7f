/* SPDX-License-Identifier: MIT */
#include "daemon/hive/hive.h"

#include <fcntl.h>
#include <hivex.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define DEPTH_MAX 64
#define NAME_MAX_BYTES 1024

struct PfHive {
        hive_h *handle;
        bool is_dirty;
};

PfHive *pf_hive_close(PfHive *hive) {
        if (!hive)
                return NULL;
        if (hive->handle)
                (void) hivex_close(hive->handle);
        free(hive);
        return NULL;
}

/* The start of its header: "regf", and the two numbers. */
static int read_header(const char *path, bool *ret_dirty, PfErr *err) {
        PF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        unsigned char header[12];
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return pf_err_errno(err, -errno, "hive");
        if ((uint64_t) st.st_size > PF_HIVE_SIZE_MAX)
                return pf_err_set(err, -EFBIG, "the hive has more than the limit of %llu bytes",
                                  PF_HIVE_SIZE_MAX);
        if (pread(fd, header, sizeof(header), 0) != (ssize_t) sizeof(header) ||
            memcmp(header, "regf", 4) != 0)
                return pf_err_set(err, -EBADMSG, "is no hive of a registry");
        *ret_dirty = memcmp(header + 4, header + 8, 4) != 0;
        return 0;
}

int pf_hive_open(const char *path, PfHive **ret, PfErr *err) {
        PF_CLEANUP(pf_hive_closep) PfHive *hive = calloc(1, sizeof(*hive));
        int r = hive ? read_header(path, &hive->is_dirty, err) : -ENOMEM;

        if (r < 0)
                return r;
        hive->handle = hivex_open(path, 0);
        if (!hive->handle)
                return errno == ENOMEM ? -ENOMEM
                                       : pf_err_set(err, -EBADMSG, "the hive is damaged: %s",
                                                    strerror(errno));
        *ret = PF_STEAL(hive);
        return 0;
}

/* What the library failed with, in its words. */
static int damaged(const char *what, PfErr *err) {
        if (errno == ENOMEM)
                return -ENOMEM;
        return pf_err_set(err, -EBADMSG, "the hive is damaged at %s: %s", what, strerror(errno));
}

static int find_child(PfHive *hive, hive_node_h *node, const char *name, PfErr *err) {
        hive_node_h child;

        errno = 0;
        child = hivex_node_get_child(hive->handle, *node, name);
        if (child == 0)
                return errno ? damaged(name, err) : PF_REGISTRY_ABSENT;
        *node = child;
        return 0;
}

/* "ControlSet001", as it is linked while the machine runs. */
static int current_set(PfHive *hive, char ret[static sizeof("ControlSet4294967295")], PfErr *err) {
        hive_node_h node = hivex_root(hive->handle);
        hive_value_h value;
        hive_type type;
        size_t n;
        int r = find_child(hive, &node, "Select", err);

        if (r < 0)
                return r;
        errno = 0;
        value = r == 0 ? hivex_node_get_value(hive->handle, node, "Current") : 0;
        if (!value || hivex_value_type(hive->handle, value, &type, &n) < 0 ||
            type != hive_t_REG_DWORD || n != 4)
                return pf_err_set(err, -EBADMSG,
                                  "Select\\Current does not say which control set "
                                  "is the current one");
        (void) snprintf(ret, sizeof("ControlSet4294967295"), "ControlSet%03u",
                        (unsigned) hivex_value_dword(hive->handle, value));
        return 0;
}

static int walk(PfHive *hive, const char *path, hive_node_h *ret, PfErr *err) {
        char name[NAME_MAX_BYTES];
        int r = 0;

        errno = 0;
        *ret = hivex_root(hive->handle);
        if (!*ret)
                return damaged("its root", err);
        for (unsigned depth = 0; r == 0 && *path; depth++) {
                size_t n = strcspn(path, "\\");

                if (n >= sizeof(name) || depth == DEPTH_MAX)
                        return pf_err_set(err, -EINVAL, "the key's name is too long");
                (void) snprintf(name, sizeof(name), "%.*s", (int) n, path);
                if (depth == 0 && strcasecmp(name, "CurrentControlSet") == 0)
                        r = current_set(hive, name, err);
                if (r == 0)
                        r = find_child(hive, ret, name, err);
                path += n + (path[n] == '\\');
        }
        return r;
}

/* How much of what one key may hold is left. */
static int spend(size_t *left, size_t n, PfErr *err) {
        if (n > *left)
                return pf_err_set(err, -E2BIG, "the key holds more than the limit of %u bytes",
                                  PF_REGISTRY_BYTES_MAX);
        *left -= n;
        return 0;
}

static int add_value(PfHive *hive, hive_value_h value, PfRegistryKey *key, size_t *left,
                     PfErr *err) {
        PF_AUTO_FREE char *name = hivex_value_key(hive->handle, value);
        PF_AUTO_FREE char *bytes = NULL;
        hive_type type = hive_t_REG_NONE;
        size_t n = 0;
        int r;

        if (!name)
                return damaged("a value", err);
        if (hivex_value_type(hive->handle, value, &type, &n) < 0)
                return damaged(name, err);
        r = spend(left, strlen(name) + n, err);
        if (r < 0)
                return r;
        bytes = hivex_value_value(hive->handle, value, &type, &n);
        if (!bytes)
                return damaged(name, err);
        r = pf_registry_key_add(key, name, type, bytes, n);
        return r == -E2BIG ? pf_err_set(err, r, "the key holds too many values") : r;
}

static int add_values(PfHive *hive, hive_node_h node, PfRegistryKey *key, size_t *left,
                      PfErr *err) {
        PF_AUTO_FREE hive_value_h *values = NULL;
        int r = 0;

        errno = 0;
        values = hivex_node_values(hive->handle, node);
        if (!values)
                return damaged("the values", err);
        for (size_t i = 0; r == 0 && values[i]; i++)
                r = add_value(hive, values[i], key, left, err);
        return r;
}

static int add_subkeys(PfHive *hive, hive_node_h node, PfRegistryKey *key, size_t *left,
                       PfErr *err) {
        PF_AUTO_FREE hive_node_h *children = NULL;
        int r = 0;

        errno = 0;
        children = hivex_node_children(hive->handle, node);
        if (!children)
                return damaged("the subkeys", err);
        for (size_t i = 0; r == 0 && children[i]; i++) {
                PF_AUTO_FREE char *name = hivex_node_name(hive->handle, children[i]);

                if (!name)
                        return damaged("a subkey", err);
                if (i == PF_REGISTRY_SUBKEYS_MAX)
                        return pf_err_set(err, -E2BIG, "the key holds too many keys");
                r = spend(left, strlen(name), err);
                if (r == 0)
                        r = pf_strv_add(&key->subkeys, name);
        }
        return r;
}

int pf_hive_read(PfHive *hive, const char *path, PfRegistryKey *ret, PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { .is_dirty = hive->is_dirty };
        size_t left = PF_REGISTRY_BYTES_MAX;
        hive_node_h node = 0;
        int r = walk(hive, path, &node, err);

        if (r == 0)
                r = add_values(hive, node, &key, &left, err);
        if (r == 0)
                r = add_subkeys(hive, node, &key, &left, err);
        if (r == 0) {
                *ret = key;
                key = (PfRegistryKey){ 0 };
        } else if (r == PF_REGISTRY_ABSENT) {
                ret->is_dirty = hive->is_dirty;
        }
        return r;
}
