/* SPDX-License-Identifier: MIT */
/*
 * Whether a directory on the way to a file is root's alone.
 *
 * Who may write to a directory can put another file in the place of any in it, between
 * one look and the next. A sticky directory keeps others' hands off what is not theirs
 * (unlink(2), EPERM), but not off names that nobody has yet.
 */
#include "daemon/remedy/replace-internal.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>

/* The value of system.posix_acl_access: <linux/posix_acl_xattr.h>, all of it little endian. */
typedef struct AclHeader {
        uint32_t version;
} AclHeader;

typedef struct AclEntry {
        uint16_t tag;
        uint16_t permissions;
        uint32_t id;
} AclEntry;

#define ACL_VERSION 2
#define ACL_TAG_USER 0x02
#define ACL_TAG_GROUP 0x08
#define ACL_WRITE 0x02

/* A user or a group of its own in the list, who may write; root needs none. */
static bool is_foreign_writer(const AclEntry *entry) {
        uint16_t tag = le16toh(entry->tag);

        return (tag == ACL_TAG_USER || tag == ACL_TAG_GROUP) && le32toh(entry->id) != 0 &&
               (le16toh(entry->permissions) & ACL_WRITE);
}

/* In a list that cannot be understood, somebody may. */
static bool acl_has_foreign_writer(const PfBuf *acl) {
        const AclHeader *header = (const void *) acl->data;
        AclEntry entry;
        size_t at = sizeof(*header);

        if (acl->n < sizeof(*header) || le32toh(header->version) != ACL_VERSION)
                return true;
        for (; at + sizeof(entry) <= acl->n; at += sizeof(entry)) {
                memcpy(&entry, acl->data + at, sizeof(entry));
                if (is_foreign_writer(&entry))
                        return true;
        }
        return at != acl->n;
}

/*
 * With an ACL the group's bits of the mode are its mask: only where they let somebody
 * write can an entry of it do so: acl(5), "CORRESPONDENCE".
 */
static int look_at_acl(int directory, bool *ret) {
        PF_AUTO_CLOSE int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        PF_AUTO_BUF PfBuf acl = PF_BUF_INIT(PF_XATTR_MAX);
        int r;

        if (fd < 0)
                return -errno;
        r = pf_attribute_read(fd, "system.posix_acl_access", &acl);
        if (r < 0 && r != -ENODATA)
                return r;
        *ret = r == 0 && acl_has_foreign_writer(&acl);
        return 0;
}

static bool is_trusted(const PfRoot *root, uid_t uid) {
        return uid == 0 || uid == root->uid;
}

static int may_others_write(const PfRoot *root, int directory, const struct stat *st, bool *ret) {
        *ret = (st->st_mode & S_IWOTH) ||
               ((st->st_mode & S_IWGRP) && st->st_gid != 0 && st->st_gid != root->gid);
        if (*ret || !(st->st_mode & S_IWGRP))
                return 0;
        return look_at_acl(directory, ret);
}

int pf_trust_check(const PfRoot *root, int directory, const struct stat *entry, const char *path,
                   PfErr *err) {
        struct stat st;
        bool others;
        int r;

        if (fstat(directory, &st) < 0)
                return pf_err_errno(err, -errno, "%s", path);
        if (!is_trusted(root, st.st_uid))
                return pf_err_set(err, -EPERM,
                                  "%s belongs to user %u, who could put another file in the "
                                  "place of what is changed there",
                                  path, (unsigned) st.st_uid);
        r = may_others_write(root, directory, &st, &others);
        if (r < 0)
                return pf_err_errno(err, r, "%s: who may write to it", path);
        if (!others || ((st.st_mode & S_ISVTX) && entry && is_trusted(root, entry->st_uid)))
                return 0;
        return pf_err_set(err, -EPERM,
                          "%s may be written to by others than root (mode %04o, group %u), who "
                          "could put another file in the place of what is changed there",
                          path, (unsigned) st.st_mode & 07777, (unsigned) st.st_gid);
}
