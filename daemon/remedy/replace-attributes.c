/* SPDX-License-Identifier: MIT */
/*
 * What a file has beside its bytes: owner, mode, access control list, extended
 * attributes with the label of SELinux, the flags of chattr(1), times.
 *
 * The order is that of the kernel's side effects. Flags first, since nocow and compression
 * count for bytes to come. A change of owner takes away setuid bits and capabilities
 * (chown(2)), so the owner comes before both; the list before the mode, which through it
 * lets nobody in on the way who is not let in at the end.
 */
#include "daemon/remedy/replace-internal.h"

#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

/* Of those that chattr(1) sets; not immutable and append-only, with which nothing is
 * replaced, and not those that are of directories or that only the kernel sets. */
#define FLAGS_KEPT                                                                                 \
        (FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_SYNC_FL | FS_NODUMP_FL | FS_NOATIME_FL |      \
         FS_NOCOMP_FL | FS_JOURNAL_DATA_FL | FS_NOTAIL_FL | FS_NOCOW_FL)

static bool is_unknown_to_fs(int r) {
        return r == -ENOTTY || r == -EOPNOTSUPP || r == -ENOSYS || r == -EINVAL;
}

int pf_attribute_flags(int fd, unsigned *ret) {
        int flags = 0;

        if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0) {
                if (!is_unknown_to_fs(-errno))
                        return -errno;
                flags = 0;
        }
        *ret = (unsigned) flags;
        return 0;
}

int pf_attributes_begin(const PfFsOps *ops, int from, int to, PfErr *err) {
        unsigned flags = 0, wanted = 0;
        int r;

        r = pf_attribute_flags(from, &wanted);
        if (r == 0)
                r = pf_attribute_flags(to, &flags);
        if (r < 0)
                return pf_err_errno(err, r, "the flags of the file cannot be read");
        wanted = (flags & ~(unsigned) FLAGS_KEPT) | (wanted & FLAGS_KEPT);
        if (wanted == flags)
                return 0;
        r = ops->set_flags(to, wanted);
        if (r < 0 && !is_unknown_to_fs(r))
                return pf_err_errno(err, r, "the flags of the file cannot be kept");
        return 0;
}

/* --- extended attributes --- */

int pf_attribute_read(int fd, const char *name, PfBuf *value) {
        ssize_t n;
        int r;

        pf_buf_consume(value, value->n);
        r = pf_buf_reserve(value, PF_XATTR_MAX);
        if (r < 0)
                return r;
        n = fgetxattr(fd, name, value->data, PF_XATTR_MAX);
        if (n < 0)
                return errno == EOPNOTSUPP ? -ENODATA : -errno;
        value->n = (size_t) n;
        return 0;
}

/* The names, each ended by a NUL. */
static int list_attributes(int fd, PfBuf *names) {
        ssize_t n;
        int r;

        r = pf_buf_reserve(names, PF_XATTR_MAX);
        if (r < 0)
                return r;
        n = flistxattr(fd, names->data, PF_XATTR_MAX);
        if (n < 0 && errno != EOPNOTSUPP)
                return -errno;
        names->n = n < 0 ? 0 : (size_t) n;
        return 0;
}

static const char *next_name(const PfBuf *names, const char *name) {
        const char *next = name ? name + strlen(name) + 1 : names->data;

        return next && next < names->data + names->n ? next : NULL;
}

static bool has_name(const PfBuf *names, const char *wanted) {
        const char *name = NULL;

        while ((name = next_name(names, name)))
                if (strcmp(name, wanted) == 0)
                        return true;
        return false;
}

/*
 * The kernel's measurements: EVM's is of this very inode, which only the kernel can
 * make; IMA's is of the contents, and it makes a new one for new ones: Linux,
 * Documentation/ABI/testing/evm and ima_policy.
 */
static bool is_measured(const char *name, bool same) {
        return strcmp(name, "security.evm") == 0 || (!same && strcmp(name, "security.ima") == 0);
}

/* One attribute, unless the new file has it so already: a label by the kernel's policy. */
static int copy_attribute(const PfFsOps *ops, int from, int to, const char *name) {
        PF_AUTO_BUF PfBuf value = PF_BUF_INIT(PF_XATTR_MAX);
        PF_AUTO_BUF PfBuf there = PF_BUF_INIT(PF_XATTR_MAX);
        int r;

        r = pf_attribute_read(from, name, &value);
        if (r < 0)
                return r;
        r = pf_attribute_read(to, name, &there);
        if (r < 0 && r != -ENODATA)
                return r;
        if (r == 0 && there.n == value.n && memcmp(there.data, value.data, value.n) == 0)
                return 0;
        return ops->fsetxattr(to, name, value.data, value.n);
}

/* Those of @from, and no other: a directory's default ACL gives new files one, for example. */
static int copy_attributes(const PfFsOps *ops, int from, int to, bool same, PfErr *err) {
        PF_AUTO_BUF PfBuf wanted = PF_BUF_INIT(PF_XATTR_MAX);
        PF_AUTO_BUF PfBuf there = PF_BUF_INIT(PF_XATTR_MAX);
        const char *name = NULL;
        int r;

        r = list_attributes(from, &wanted);
        if (r == 0)
                r = list_attributes(to, &there);
        if (r < 0)
                return pf_err_errno(err, r, "the attributes of the file cannot be listed");
        while ((name = next_name(&wanted, name))) {
                r = is_measured(name, same) ? 0 : copy_attribute(ops, from, to, name);
                if (r < 0)
                        return pf_err_errno(err, r, "its attribute %s cannot be kept", name);
        }
        while ((name = next_name(&there, name))) {
                if (has_name(&wanted, name) || is_measured(name, false))
                        continue;
                r = ops->fremovexattr(to, name);
                if (r < 0 && r != -ENODATA)
                        return pf_err_errno(err, r, "its attribute %s cannot be removed", name);
        }
        return 0;
}

/* --- owner, mode, times --- */

static int set_owner(const PfFsOps *ops, int to, uid_t uid, gid_t gid, PfErr *err) {
        struct stat st;
        int r;

        if (fstat(to, &st) < 0)
                return pf_err_errno(err, -errno, "its owner");
        if (st.st_uid == uid && st.st_gid == gid)
                return 0;
        r = ops->fchown(to, uid, gid);
        return r < 0 ? pf_err_errno(err, r, "its owner (user %u, group %u) cannot be kept",
                                    (unsigned) uid, (unsigned) gid)
                     : 0;
}

/* The bits are looked at again: for a group that is not ours, chmod(2) drops setgid in silence. */
static int set_mode(const PfFsOps *ops, int to, mode_t mode, PfErr *err) {
        struct stat st;
        int r;

        mode &= 07777;
        if (fstat(to, &st) < 0)
                return pf_err_errno(err, -errno, "its mode");
        if ((st.st_mode & 07777) == mode)
                return 0;
        r = ops->fchmod(to, mode);
        if (r < 0)
                return pf_err_errno(err, r, "its mode %04o cannot be kept", (unsigned) mode);
        if (fstat(to, &st) < 0)
                return pf_err_errno(err, -errno, "its mode");
        if ((st.st_mode & 07777) != mode)
                return pf_err_set(err, -EPERM, "its mode %04o became %04o", (unsigned) mode,
                                  (unsigned) st.st_mode & 07777);
        return 0;
}

static int set_times(const PfFsOps *ops, int to, const struct stat *st, PfErr *err) {
        const struct timespec times[2] = { st->st_atim, st->st_mtim };
        int r = ops->futimens(to, times);

        return r < 0 ? pf_err_errno(err, r, "its times cannot be kept") : 0;
}

int pf_attributes_copy(const PfFsOps *ops, int from, const struct stat *st, int to, bool same,
                       PfErr *err) {
        int r;

        r = set_owner(ops, to, st->st_uid, st->st_gid, err);
        if (r == 0)
                r = copy_attributes(ops, from, to, same, err);
        if (r == 0)
                r = set_mode(ops, to, st->st_mode, err);
        return r == 0 && same ? set_times(ops, to, st, err) : r;
}

/* Where SELinux has a policy, the kernel has labelled the file already. In an image that
 * is looked at from elsewhere nobody has. */
static int set_label(const PfRoot *root, int directory, int to, PfErr *err) {
        static const char name[] = "security.selinux";
        PF_AUTO_BUF PfBuf label = PF_BUF_INIT(PF_XATTR_MAX);
        int r;

        r = pf_attribute_read(to, name, &label);
        if (r == -ENODATA)
                r = pf_attribute_read(directory, name, &label);
        else if (r == 0)
                return 0;
        if (r == 0)
                r = root->ops->fsetxattr(to, name, label.data, label.n);
        if (r < 0 && r != -ENODATA)
                return pf_err_errno(err, r, "the label of its directory cannot be given to it");
        return 0;
}

int pf_attributes_make(const PfRoot *root, int directory, int to, PfErr *err) {
        int r;

        r = set_owner(root->ops, to, root->uid, root->gid, err);
        if (r == 0)
                r = set_label(root, directory, to, err);
        return r == 0 ? set_mode(root->ops, to, 0644, err) : r;
}
