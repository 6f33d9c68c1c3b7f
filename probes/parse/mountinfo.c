/* SPDX-License-Identifier: MIT */
/*
 * Tables of mounts, on libmount. It tells no line numbers, so they are found
 * again: every line that is neither empty nor a comment is an entry, or was
 * complained about.
 */
#include "probes/parse/mountinfo.h"

#include <libmount.h>
#include <string.h>
#include <sys/mount.h>

#define TABLE_MAX (8u << 20) /* a machine with many containers has thousands of mounts */
#define MOUNTS_MAX 65536

struct PfMounts {
        char *path;
        struct libmnt_table *table; /* owns the texts */
        PfMount *items;
        size_t n;
};

static struct libmnt_table *unref_table(struct libmnt_table *table) {
        mnt_unref_table(table);
        return NULL;
}
PF_DEFINE_CLEANUP(struct libmnt_table, unref_table);

PfMounts *pf_mounts_free(PfMounts *mounts) {
        if (!mounts)
                return NULL;
        mnt_unref_table(mounts->table);
        free(mounts->items);
        free(mounts->path);
        free(mounts);
        return NULL;
}

/* The lines libmount could not read, in their order. */
typedef struct BadLines {
        unsigned *items;
        size_t n;
        bool failed;
} BadLines;

static int take_bad_line(struct libmnt_table *table, const char *path, int line) {
        BadLines *bad = mnt_table_get_userdata(table);
        unsigned *items = realloc(bad->items, (bad->n + 1) * sizeof(*items));

        (void) path;
        if (!items) {
                bad->failed = true;
                return -ENOMEM;
        }
        bad->items = items;
        bad->items[bad->n++] = (unsigned) line;
        return 1; /* go on */
}

static int fill_table(struct libmnt_table *table, const char *text, size_t n, BadLines *bad) {
        PF_AUTO_FCLOSE FILE *stream = NULL;
        int r;

        if (n == 0)
                return 0;
        stream = fmemopen((void *) text, n, "r");
        if (!stream)
                return -errno;
        mnt_table_set_userdata(table, bad);
        (void) mnt_table_set_parser_errcb(table, take_bad_line);
        r = mnt_table_parse_stream(table, stream, "mounts");
        return bad->failed ? -ENOMEM : r;
}

/* user and users imply noexec, unless exec is said too: mount(8). */
static bool is_no_exec(const char *options, unsigned long flags) {
        unsigned long user = 0;
        char *value;
        size_t size;

        if (flags & MS_NOEXEC)
                return true;
        (void) mnt_optstr_get_flags(options, &user, mnt_get_builtin_optmap(MNT_USERSPACE_MAP));
        return (user & (MNT_MS_USER | MNT_MS_USERS)) &&
               mnt_optstr_get_option(options, "exec", &value, &size) != 0;
}

/* Is a mount read-only, and its file system not, where mounts come from another
 * namespace ("master:" in proc_pid_mountinfo(5))? */
static bool is_private_read_only(struct libmnt_fs *fs, unsigned long flags) {
        const char *options = mnt_fs_get_fs_options(fs);
        unsigned long propagation = 0, fs_flags = 0;

        (void) mnt_fs_get_propagation(fs, &propagation);
        if (options)
                (void) mnt_optstr_get_flags(options, &fs_flags,
                                            mnt_get_builtin_optmap(MNT_LINUX_MAP));
        return (flags & MS_RDONLY) && !(fs_flags & MS_RDONLY) && (propagation & MS_SLAVE);
}

static PfMount describe(struct libmnt_fs *fs) {
        const char *directory = mnt_fs_get_target(fs);
        const char *source = mnt_fs_get_source(fs);
        const char *root = mnt_fs_get_root(fs);
        const char *type = mnt_fs_get_fstype(fs);
        const char *options = mnt_fs_get_options(fs);
        unsigned long flags = 0;
        char *value;
        size_t size;

        if (!options)
                options = "";
        (void) mnt_optstr_get_flags(options, &flags, mnt_get_builtin_optmap(MNT_LINUX_MAP));
        return (PfMount){
                .directory = directory ? directory : "",
                .source = source ? source : "",
                .root = root ? root : "",
                .type = type ? type : "",
                .options = options,
                .device = mnt_fs_get_devno(fs),
                .read_only = flags & MS_RDONLY,
                .private_read_only = is_private_read_only(fs, flags),
                .no_exec = is_no_exec(options, flags),
                .automatic = mnt_optstr_get_option(options, "noauto", &value, &size) != 0,
        };
}

/* The number of the next line that is an entry. */
static unsigned next_entry(const char **text, const char *end, unsigned line, const BadLines *bad,
                           size_t *i_bad) {
        while (*text < end) {
                const char *newline = memchr(*text, '\n', (size_t) (end - *text));
                const char *start = *text;

                *text = newline ? newline + 1 : end;
                line++;
                while (start < *text && (*start == ' ' || *start == '\t'))
                        start++;
                if (start == *text || *start == '\n' || *start == '#' || *start == '\0')
                        continue;
                if (*i_bad < bad->n && bad->items[*i_bad] == line) {
                        (*i_bad)++;
                        continue;
                }
                return line;
        }
        return 0;
}

static int fill_items(PfMounts *mounts, const char *text, size_t n, const BadLines *bad) {
        struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
        int n_items = mnt_table_get_nents(mounts->table);
        const char *end = text + n;
        struct libmnt_fs *fs;
        unsigned line = 0;
        size_t i_bad = 0;

        mounts->items = calloc((size_t) n_items + 1, sizeof(*mounts->items));
        if (!iterator || !mounts->items) {
                mnt_free_iter(iterator);
                return -ENOMEM;
        }
        while (mounts->n < (size_t) n_items &&
               mnt_table_next_fs(mounts->table, iterator, &fs) == 0) {
                PfMount *mount = &mounts->items[mounts->n++];

                *mount = describe(fs);
                line = next_entry(&text, end, line, bad, &i_bad);
                mount->line = line;
        }
        mnt_free_iter(iterator);
        return 0;
}

static int parse(const char *path, const char *text, size_t n, BadLines *bad, PfMounts **ret,
                 PfErr *err) {
        PF_CLEANUP(pf_mounts_freep) PfMounts *mounts = calloc(1, sizeof(*mounts));
        int r;

        if (!mounts)
                return -ENOMEM;
        mounts->path = strdup(path);
        mounts->table = mnt_new_table();
        if (!mounts->path || !mounts->table)
                return -ENOMEM;
        r = fill_table(mounts->table, text, n, bad);
        if (r < 0)
                return pf_err_errno(err, r, "%s", path);
        if (mnt_table_get_nents(mounts->table) > MOUNTS_MAX)
                return pf_err_set(err, -E2BIG, "%s: more than %d mounts", path, MOUNTS_MAX);
        r = fill_items(mounts, text, n, bad);
        if (r < 0)
                return r;
        *ret = PF_STEAL(mounts);
        return 0;
}

int pf_mounts_parse(const char *path, const char *text, size_t n, PfMounts **ret, PfErr *err) {
        BadLines bad = { 0 };
        int r;

        r = parse(path, text, n, &bad, ret, err);
        free(bad.items);
        return r;
}

static int load(const PfTarget *target, const char *path, PfMounts **ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(2 * TABLE_MAX);
        int r;

        r = pf_target_read(target, path, TABLE_MAX, &buf, err);
        if (r != 0)
                return r < 0 ? r : PF_MOUNTS_ABSENT;
        return pf_mounts_parse(path, buf.data ? buf.data : "", buf.n, ret, err);
}

int pf_mounts_load(const PfTarget *target, PfMounts **ret, PfErr *err) {
        PfErr first = { 0 };
        int r = load(target, "/proc/1/mountinfo", ret, &first);
        int q = r != 0 && r != -ENOMEM ? load(target, "/proc/self/mountinfo", ret, err) : r;

        /* One that is there and cannot be read is no image. */
        return r < 0 && q != 0 ? pf_err_set(err, r, "%s", pf_err_text(&first, r)) : q;
}

int pf_mounts_load_fstab(const PfTarget *target, PfMounts **ret, PfErr *err) {
        return load(target, "/etc/fstab", ret, err);
}

const char *pf_mounts_path(const PfMounts *mounts) {
        return mounts->path;
}

size_t pf_mounts_count(const PfMounts *mounts) {
        return mounts->n;
}

const PfMount *pf_mounts_at(const PfMounts *mounts, size_t i) {
        return i < mounts->n ? &mounts->items[i] : NULL;
}

/* How many bytes of @path @directory covers, with 1 for "/"; 0: it does not hold it. */
static size_t covers(const char *directory, const char *path) {
        size_t n = strlen(directory);

        while (n > 1 && directory[n - 1] == '/')
                n--;
        if (n == 1 && directory[0] == '/')
                return 1;
        return directory[0] == '/' && strncmp(directory, path, n) == 0 &&
                               (path[n] == '/' || path[n] == '\0')
                       ? n
                       : 0;
}

const PfMount *pf_mounts_find(const PfMounts *mounts, const char *path) {
        const PfMount *found = NULL;
        size_t longest = 1;

        for (size_t i = 0; i < mounts->n; i++) {
                size_t n =
                        mounts->items[i].automatic ? covers(mounts->items[i].directory, path) : 0;

                if (n >= longest) {
                        found = &mounts->items[i];
                        longest = n;
                }
        }
        return found;
}
