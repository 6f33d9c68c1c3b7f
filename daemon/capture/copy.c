/* SPDX-License-Identifier: MIT */
/*
 * Writes a captured machine. Contents come while probes read them, and are put
 * aside under a number; which directories and links lead to them is looked at in
 * the end. Below the new directory no link is ever followed: the machine's own
 * would lead out of it.
 */
#include "daemon/capture/copy.h"

#include <limits.h>
#include <string.h>

#include "daemon/base/capture.h"
#include "daemon/platform/directory.h"
#include "daemon/platform/remove-tree.h"

#define ASIDE "contents" /* in PF_CAPTURE_DIRECTORY, until the end */
#define LINKS_MAX 40     /* as the kernel's MAXSYMLINKS */
#define NAME_BYTES_MAX 1024
#define WALKED_MAX ((size_t) (LINKS_MAX + 1) * PATH_MAX)

struct PfCopy {
        char *directory; /* as it will be called */
        char *written;   /* as it is called until then; NULL once it is renamed */
        PfDirectory *root;
        PfDirectory *aside;
        PfStrv paths; /* of the contents; the place here is their number */
        PfCopied copied;
        PfErr err; /* of the first contents that could not be written */
};

/* --- the directory itself --- */

static int check_free(const char *directory, PfErr *err) {
        int r = pf_directory_check_free(directory);

        if (r == -ENOTDIR)
                return pf_err_set(err, r, "%s: is there, and no directory", directory);
        if (r == -ENOTEMPTY)
                return pf_err_set(err, r, "%s: is there, and not empty", directory);
        return r < 0 ? pf_err_errno(err, r, "%s", directory) : 0;
}

static int open_aside(PfCopy *copy) {
        PF_CLEANUP(pf_directory_closep) PfDirectory *books = NULL;
        int r;

        r = pf_directory_open(copy->written, &copy->root);
        if (r == 0)
                r = pf_directory_enter(copy->root, &PF_CAPTURE_DIRECTORY[1], &books);
        return r == 0 ? pf_directory_enter(books, ASIDE, &copy->aside) : r;
}

int pf_copy_new(const char *directory, PfCopy **ret, PfErr *err) {
        PF_CLEANUP(pf_copy_freep) PfCopy *copy = calloc(1, sizeof(*copy));
        size_t n = strlen(directory);
        int r;

        if (!copy)
                return -ENOMEM;
        while (n > 1 && directory[n - 1] == '/')
                n--;
        copy->directory = strndup(directory, n);
        if (!copy->directory)
                return -ENOMEM;
        r = check_free(copy->directory, err);
        if (r < 0)
                return r;
        r = pf_directory_make_beside(copy->directory, &copy->written);
        if (r < 0)
                return pf_err_errno(err, r, "%s", copy->directory);
        r = open_aside(copy);
        if (r < 0)
                return pf_err_errno(err, r, "%s", copy->written);
        *ret = PF_STEAL(copy);
        return 0;
}

PfCopy *pf_copy_free(PfCopy *copy) {
        if (!copy)
                return NULL;
        (void) pf_directory_close(copy->aside);
        (void) pf_directory_close(copy->root);
        if (copy->written)
                pf_remove_tree(copy->written);
        pf_strv_deinit(&copy->paths);
        free(copy->written);
        free(copy->directory);
        free(copy);
        return NULL;
}

const PfCopied *pf_copy_counts(const PfCopy *copy) {
        return &copy->copied;
}

const PfErr *pf_copy_error(const PfCopy *copy) {
        return &copy->err;
}

/* --- contents --- */

/* The number of a path's contents; that of the next where there are none yet. */
static size_t find_number(const PfCopy *copy, const char *path) {
        size_t i = 0;

        while (i < copy->paths.n && strcmp(copy->paths.items[i], path) != 0)
                i++;
        return i;
}

static int write_masked(PfCopy *copy, const char *path, const char *bytes, size_t n) {
        PF_AUTO_BUF PfBuf buf = PF_SECRET_BUF_INIT(n + 1);
        PfMasked masked = { 0 };
        size_t number = find_number(copy, path);
        char name[32];
        int r;

        r = pf_buf_add(&buf, bytes, n);
        if (r == 0 && n > 0)
                r = pf_mask(path, buf.data, n, &masked);
        if (r == 0 && number == copy->paths.n) {
                r = pf_strv_add(&copy->paths, path);
                copy->copied.masked.hashes += masked.hashes;
                copy->copied.masked.keys += masked.keys;
                copy->copied.masked.passwords += masked.passwords;
        }
        (void) snprintf(name, sizeof(name), "%zu", number);
        return r < 0 ? r : pf_directory_write(copy->aside, name, buf.data ? buf.data : "", n);
}

int pf_copy_contents(const char *path, const char *bytes, size_t n, void *data) {
        PfCopy *copy = data;
        int r = write_masked(copy, path, bytes, n);

        if (r < 0)
                (void) pf_err_errno(&copy->err, r, "%s: its copy cannot be written to %s", path,
                                    copy->directory);
        return r;
}

/* --- places --- */

/* Where a path leads on the machine, one name after the other. */
typedef struct Walk {
        const PfTarget *files;
        PfBuf reached; /* without links; "" is the root */
        PfBuf left;
        unsigned links;
} Walk;

static void walk_deinit(Walk *walk) {
        pf_buf_deinit(&walk->reached);
        pf_buf_deinit(&walk->left);
}

static const char *text_of(const PfBuf *buf) {
        return buf->data ? buf->data : "";
}

static void cut(PfBuf *buf, size_t n) {
        buf->n = n;
        if (buf->data)
                buf->data[n] = '\0';
}

static void walk_up(Walk *walk) {
        const char *slash = strrchr(text_of(&walk->reached), '/');

        if (slash)
                cut(&walk->reached, (size_t) (slash - walk->reached.data));
}

/* The directory of the copy at a path without links; made where it is missing. */
static int open_place(const PfCopy *copy, const char *path, PfDirectory **ret) {
        PF_CLEANUP(pf_directory_closep) PfDirectory *place = NULL;
        char name[NAME_BYTES_MAX];
        int r = pf_directory_again(copy->root, &place);

        while (r == 0 && *path) {
                PF_CLEANUP(pf_directory_closep) PfDirectory *above = PF_STEAL(place);
                size_t n = strcspn(++path, "/");

                if (n >= sizeof(name))
                        return -ENAMETOOLONG;
                (void) snprintf(name, sizeof(name), "%.*s", (int) n, path);
                r = pf_directory_enter(above, name, &place);
                path += n;
        }
        if (r < 0)
                return r == -ELOOP || r == -ENOTDIR ? -EAGAIN : r;
        *ret = PF_STEAL(place);
        return 0;
}

/* Makes the link at what is reached and @name. */
static int make_link(const PfCopy *copy, const Walk *walk, const char *name, const char *text) {
        PF_CLEANUP(pf_directory_closep) PfDirectory *place = NULL;
        PfDirectoryEntry entry;
        int r = open_place(copy, text_of(&walk->reached), &place);

        if (r == 0)
                r = pf_directory_link(place, name, text);
        if (r != -EEXIST)
                return r;
        return pf_directory_look(place, name, &entry) == 0 && entry.is_link ? 0 : -EAGAIN;
}

/* Makes the link, and goes on with its text. -ENOTSUP: there are none in a copy here. */
static int follow(const PfCopy *copy, Walk *walk, const char *name, const char *text) {
        PF_AUTO_BUF PfBuf left = PF_BUF_INIT(WALKED_MAX);
        int r;

        if (++walk->links > LINKS_MAX)
                return -ELOOP;
        r = make_link(copy, walk, name, text);
        if (r == 0)
                r = pf_buf_printf(&left, "%s/%s", text, text_of(&walk->left));
        if (r < 0)
                return r;
        if (text[0] == '/')
                cut(&walk->reached, 0);
        cut(&walk->left, 0);
        return pf_buf_add_string(&walk->left, text_of(&left));
}

/* One name further. What is not there any more is taken for what it was: a
 * directory on the way, a file at the end. */
static int walk_into(const PfCopy *copy, Walk *walk, const char *name) {
        PF_AUTO_FREE char *text = NULL;
        PfFileInfo info = { .type = PF_FILE_REGULAR };
        const size_t before = walk->reached.n;
        int r;

        r = pf_buf_printf(&walk->reached, "/%s", name);
        if (r < 0)
                return r;
        if (pf_target_lstat(walk->files, walk->reached.data, &info, NULL) != 0 ||
            info.type != PF_FILE_SYMLINK)
                return 0;
        r = pf_target_readlink(walk->files, walk->reached.data, &text, NULL);
        if (r != 0)
                return r < 0 ? r : -EAGAIN;
        cut(&walk->reached, before);
        r = follow(copy, walk, name, text);
        /* Without links the contents lie where they were asked for. */
        return r == -ENOTSUP ? pf_buf_printf(&walk->reached, "/%s", name) : r;
}

static int walk_step(const PfCopy *copy, Walk *walk) {
        char name[NAME_BYTES_MAX];
        size_t skip = strspn(text_of(&walk->left), "/");
        size_t n = strcspn(text_of(&walk->left) + skip, "/");

        if (n >= sizeof(name))
                return -ENAMETOOLONG;
        (void) snprintf(name, sizeof(name), "%.*s", (int) n, text_of(&walk->left) + skip);
        pf_buf_consume(&walk->left, skip + n);
        if (n == 0 || strcmp(name, ".") == 0)
                return 0;
        if (strcmp(name, "..") == 0) {
                walk_up(walk);
                return 0;
        }
        return walk_into(copy, walk, name);
}

/* Several paths may lead to one file; the longest contents stay there. */
static int move_take(PfCopy *copy, const char *from, const PfDirectory *place, const char *name) {
        PfDirectoryEntry now, before;
        int r = pf_directory_look(copy->aside, from, &now);

        if (r < 0)
                return r;
        if (pf_directory_look(place, name, &before) == 0) {
                if (!before.is_file)
                        return -EAGAIN;
                if (now.size_bytes <= before.size_bytes)
                        return pf_directory_remove(copy->aside, from, false);
                copy->copied.files--;
                copy->copied.bytes -= before.size_bytes;
        }
        r = pf_directory_move(copy->aside, from, place, name);
        if (r < 0)
                return r;
        copy->copied.files++;
        copy->copied.bytes += now.size_bytes;
        return 0;
}

/* Moves the contents of a number to where a path leads. */
static int place(PfCopy *copy, const PfTarget *files, size_t number) {
        PF_CLEANUP(walk_deinit)
        Walk walk = { files, PF_BUF_INIT(WALKED_MAX), PF_BUF_INIT(WALKED_MAX), 0 };
        PF_CLEANUP(pf_directory_closep) PfDirectory *directory = NULL;
        char from[32];
        char *slash;
        int r;

        r = pf_buf_add_string(&walk.left, copy->paths.items[number]);
        while (r == 0 && walk.left.n > 0)
                r = walk_step(copy, &walk);
        if (r < 0)
                return r;
        if (walk.reached.n == 0)
                return -EISDIR;
        slash = strrchr(walk.reached.data, '/');
        *slash = '\0';
        r = open_place(copy, walk.reached.data, &directory);
        if (r < 0)
                return r;
        (void) snprintf(from, sizeof(from), "%zu", number);
        return move_take(copy, from, directory, slash + 1);
}

/* --- the end --- */

typedef struct Books {
        const PfDirectory *directory;
        PfErr *err;
} Books;

static int write_json(const PfDirectory *directory, const char *name, const PfJson *value,
                      PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_CAPTURE_BOOK_MAX);
        int r;

        r = pf_json_write_pretty(value, &buf);
        if (r == 0)
                r = pf_buf_add_string(&buf, "\n");
        if (r == 0)
                r = pf_directory_write(directory, name, buf.data, buf.n);
        return r < 0 ? pf_err_errno(err, r, PF_CAPTURE_DIRECTORY "/%s", name) : 0;
}

static int add_question(const char *question, PfJson *answer, void *questions) {
        (void) answer;
        return pf_strv_add(questions, question);
}

/* Probes run side by side; the order that they asked in is of no interest. */
static int sort_book(const PfJson *book, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *sorted = pf_json_new_object();
        PF_AUTO_STRV PfStrv questions = { 0 };
        int r = sorted ? pf_json_each(book, add_question, &questions) : -ENOMEM;

        pf_strv_sort(&questions);
        for (size_t i = 0; i < questions.n && r == 0; i++)
                r = pf_json_put_take(sorted, questions.items[i],
                                     pf_json_ref(pf_json_get(book, questions.items[i])));
        if (r == 0)
                *ret = PF_STEAL(sorted);
        return r;
}

static int write_book(const char *name, PfJson *book, void *data) {
        PF_CLEANUP(pf_json_freep) PfJson *sorted = NULL;
        const Books *books = data;
        char file[NAME_BYTES_MAX];
        int r;

        r = sort_book(book, &sorted);
        if (r < 0)
                return pf_err_errno(books->err, r, "%s", name);
        (void) snprintf(file, sizeof(file), "%s.json", name);
        return write_json(books->directory, file, sorted, books->err);
}

static int write_books(const PfCopy *copy, const PfJson *about, const PfJson *books, PfErr *err) {
        PF_CLEANUP(pf_directory_closep) PfDirectory *directory = NULL;
        Books all = { .err = err };
        int r = open_place(copy, PF_CAPTURE_DIRECTORY, &directory);

        if (r < 0)
                return pf_err_errno(err, r, PF_CAPTURE_DIRECTORY);
        all.directory = directory;
        r = pf_json_each(books, write_book, &all);
        if (r == 0)
                r = write_json(directory, strrchr(PF_CAPTURE_ABOUT, '/') + 1, about, err);
        if (r < 0)
                return r;
        r = pf_directory_remove(directory, ASIDE, true);
        return r < 0 ? pf_err_errno(err, r, PF_CAPTURE_DIRECTORY "/" ASIDE) : 0;
}

int pf_copy_finish(PfCopy *copy, const PfTarget *files, const PfJson *about, const PfJson *books,
                   PfErr *err) {
        int r;

        for (size_t i = 0; i < copy->paths.n; i++) {
                r = place(copy, files, i);
                if (r == -EAGAIN)
                        return pf_err_set(err, r, "%s: what leads there changed meanwhile",
                                          copy->paths.items[i]);
                if (r < 0)
                        return pf_err_errno(err, r, "%s", copy->paths.items[i]);
        }
        if (write_books(copy, about, books, err) < 0)
                return err ? err->code : -EIO;
        /* An empty directory that was made there since is replaced, and nothing else. */
        r = pf_directory_rename(copy->written, copy->directory);
        if (r < 0)
                return pf_err_errno(err, r, "%s", copy->directory);
        free(copy->written);
        copy->written = NULL;
        return 0;
}
