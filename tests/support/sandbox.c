/* SPDX-License-Identifier: MIT */
/*
 * Machines for tests: copies of fixtures in new directories, on libuv, so that
 * they work the same on Windows.
 */
#include "tests/support/sandbox.h"

#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "daemon/base/json.h"
#include "tests/support/test-main.h"

#define FILE_MAX (64u << 20)
#define OPEN_MAX 64
#define JSON_DEPTH_MAX 16

/* The directories that exist now, for the end of a program whose test failed:
 * check leaves a failed test by longjmp(), past every cleanup. */
static char *open_roots[OPEN_MAX];

/* Also runs at exit, where check's own assertions may not be used. */
static char *join(const char *a, const char *b) {
        size_t n = strlen(a) + 1 + strlen(b) + 1;
        char *joined = malloc(n);

        if (!joined)
                abort();
        (void) snprintf(joined, n, "%s/%s", a, b[0] == '/' ? b + 1 : b);
        return joined;
}

/* A synchronous call of libuv is over when it returns. */
static int done(uv_fs_t *req) {
        int r = (int) req->result;

        uv_fs_req_cleanup(req);
        return r;
}

static void must(int r, const char *what, const char *path) {
        ck_assert_msg(r >= 0, "sandbox: %s %s: %s", what, path, r < 0 ? uv_strerror(r) : "");
}

static bool is_directory(const char *path) {
        uv_fs_t req;
        bool yes = uv_fs_lstat(NULL, &req, path, NULL) == 0 && S_ISDIR(req.statbuf.st_mode);

        uv_fs_req_cleanup(&req);
        return yes;
}

static bool is_link(const char *path) {
        uv_fs_t req;
        bool yes = uv_fs_lstat(NULL, &req, path, NULL) == 0 &&
                   (req.statbuf.st_mode & S_IFMT) == S_IFLNK;

        uv_fs_req_cleanup(&req);
        return yes;
}

/* Calls @visit(directory/name, data) for what is in a directory; nothing where
 * it cannot be listed, since this also runs when no test does. */
static void each_entry(const char *directory, void (*visit)(const char *, const char *, void *),
                       void *data) {
        uv_dirent_t entry;
        uv_fs_t req;

        (void) uv_fs_scandir(NULL, &req, directory, 0, NULL);
        while (uv_fs_scandir_next(&req, &entry) != UV_EOF) {
                PF_AUTO_FREE char *path = join(directory, entry.name);

                visit(path, entry.name, data);
        }
        uv_fs_req_cleanup(&req);
}

static void remove_tree(const char *path, const char *name, void *data) {
        uv_fs_t req;

        (void) name;
        if (!is_directory(path)) {
                (void) uv_fs_unlink(NULL, &req, path, NULL);
                (void) done(&req);
                return;
        }
        (void) uv_fs_chmod(NULL, &req, path, 0700, NULL);
        (void) done(&req);
        each_entry(path, remove_tree, data);
        (void) uv_fs_rmdir(NULL, &req, path, NULL);
        (void) done(&req);
}

static void remove_all_roots(void) {
        for (size_t i = 0; i < OPEN_MAX; i++)
                if (open_roots[i])
                        remove_tree(open_roots[i], NULL, NULL);
}

static void remember_root(char *root) {
        static bool registered;

        if (!registered)
                (void) atexit(remove_all_roots);
        registered = true;
        for (size_t i = 0; i < OPEN_MAX; i++)
                if (!open_roots[i]) {
                        open_roots[i] = root;
                        return;
                }
        ck_abort_msg("sandbox: more than %d at once", OPEN_MAX);
}

static void forget_root(const char *root) {
        for (size_t i = 0; i < OPEN_MAX; i++)
                if (open_roots[i] == root)
                        open_roots[i] = NULL;
}

void pf_sandbox_reset_target(PfSandbox *box) {
        PfErr err = { 0 };

        box->target = pf_target_unref(box->target);
        ck_assert_msg(pf_target_new(box->root, PF_TARGET_DEFAULT, &box->target, &err) == 0, "%s",
                      err.text);
}

void pf_sandbox_new(PfSandbox *box) {
        char directory[1024];
        size_t n = sizeof(directory);
        PF_AUTO_FREE char *template = NULL;
        uv_fs_t req;

        pf_sandbox_close(box);
        must(uv_os_tmpdir(directory, &n), "cannot find", "the directory for temporary files");
        template = join(directory, "pf-sandbox-XXXXXX");
        must(uv_fs_mkdtemp(NULL, &req, template, NULL), "cannot make", template);
        box->root = strdup(req.path);
        (void) done(&req);
        ck_assert_ptr_nonnull(box->root);
        remember_root(box->root);
        /* As the root of any machine: who may read a file is a matter of the file. */
        must(uv_fs_chmod(NULL, &req, box->root, 0755, NULL), "cannot chmod", box->root);
        (void) done(&req);
        pf_sandbox_reset_target(box);
}

void pf_sandbox_close(PfSandbox *box) {
        box->target = pf_target_unref(box->target);
        if (box->root) {
                remove_tree(box->root, NULL, NULL);
                forget_root(box->root);
        }
        free(box->root);
        box->root = NULL;
}

char *pf_sandbox_path(const PfSandbox *box, const char *path) {
        return join(box->root, path);
}

/* The directories of @path behind its first @skip bytes, which exist. */
static void make_parents(char *path, size_t skip) {
        for (char *slash = path + skip; (slash = strchr(slash + 1, '/'));) {
                uv_fs_t req;

                *slash = '\0';
                (void) uv_fs_mkdir(NULL, &req, path, 0755, NULL);
                (void) done(&req);
                *slash = '/';
        }
}

/* The path on this machine of something new: parents made, no file in its place. */
static char *place_for(PfSandbox *box, const char *path) {
        char *place = pf_sandbox_path(box, path);
        uv_fs_t req;

        make_parents(place, strlen(box->root));
        if (!is_directory(place)) {
                (void) uv_fs_unlink(NULL, &req, place, NULL);
                (void) done(&req);
        }
        return place;
}

void pf_sandbox_mkdir(PfSandbox *box, const char *path) {
        PF_AUTO_FREE char *place = place_for(box, path);
        uv_fs_t req;
        int r;

        (void) uv_fs_mkdir(NULL, &req, place, 0755, NULL);
        r = done(&req);
        must(r == UV_EEXIST ? 0 : r, "cannot make", place);
}

static void change_mode(PfSandbox *box, const char *path, uint32_t mode) {
        PF_AUTO_FREE char *place = pf_sandbox_path(box, path);
        uv_fs_t req;

        (void) uv_fs_chmod(NULL, &req, place, (int) mode, NULL);
        must(done(&req), "cannot chmod", place);
}

void pf_sandbox_write_bytes(PfSandbox *box, const char *path, const void *bytes, size_t n) {
        PF_AUTO_FREE char *place = place_for(box, path);
        FILE *file = fopen(place, "wb");

        ck_assert_msg(file, "sandbox: cannot create %s: %s", place, strerror(errno));
        ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
        ck_assert_int_eq(fclose(file), 0);
        change_mode(box, path, 0644);
}

void pf_sandbox_write(PfSandbox *box, const char *path, const char *text) {
        pf_sandbox_write_bytes(box, path, text, strlen(text));
}

void pf_sandbox_symlink(PfSandbox *box, const char *text, const char *path) {
        PF_AUTO_FREE char *place = place_for(box, path);
        uv_fs_t req;

        (void) uv_fs_symlink(NULL, &req, text, place, 0, NULL);
        must(done(&req), "cannot link", place);
        if (!is_link(place))
                pf_test_leave("no links are made here"); /* as Wine says that it did */
}

void pf_sandbox_mkfifo(PfSandbox *box, const char *path) {
        PF_AUTO_FREE char *place = place_for(box, path);

#ifdef _WIN32
        (void) place;
        pf_test_leave("there is no FIFO on Windows");
#else
        ck_assert_msg(mkfifo(place, 0644) == 0, "sandbox: %s: %s", place, strerror(errno));
#endif
}

void pf_sandbox_chmod(PfSandbox *box, const char *path, uint32_t mode) {
#ifdef _WIN32
        pf_test_leave("there are no modes of files on Windows");
#endif
        change_mode(box, path, mode);
}

void pf_sandbox_remove(PfSandbox *box, const char *path) {
        PF_AUTO_FREE char *place = pf_sandbox_path(box, path);

        remove_tree(place, NULL, NULL);
}

static void copy_entry(const char *from, const char *name, void *data);

static void copy_link(const char *from, const char *to) {
        uv_fs_t read, make;

        must(uv_fs_readlink(NULL, &read, from, NULL), "cannot read link", from);
        (void) uv_fs_symlink(NULL, &make, read.ptr, to, 0, NULL);
        must(done(&make), "cannot link", to);
        (void) done(&read);
}

static void copy_tree(const char *from, const char *to) {
        uv_fs_t req;
        uint64_t mode;

        must(uv_fs_lstat(NULL, &req, from, NULL), "cannot look at", from);
        mode = req.statbuf.st_mode;
        (void) done(&req);
        if (S_ISDIR(mode)) {
                (void) uv_fs_mkdir(NULL, &req, to, 0755, NULL);
                (void) done(&req);
                each_entry(from, copy_entry, (void *) to);
        } else if (S_ISREG(mode)) {
                (void) uv_fs_copyfile(NULL, &req, from, to, 0, NULL);
                must(done(&req), "cannot copy", from);
        } else {
                copy_link(from, to);
        }
}

static void copy_entry(const char *from, const char *name, void *data) {
        PF_AUTO_FREE char *to = join(data, name);

        copy_tree(from, to);
}

char *pf_fixture_path(const char *fixture, const char *name) {
        PF_AUTO_FREE char *fixtures = join(pf_test_source_root(), "tests/fixtures");
        PF_AUTO_FREE char *folder = join(fixtures, fixture);

        return join(folder, name);
}

char *pf_fixture_read(const char *fixture, const char *name) {
        PF_AUTO_FREE char *path = pf_fixture_path(fixture, name);
        PF_AUTO_FCLOSE FILE *file = fopen(path, "rb");
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX);
        size_t n;

        if (!file)
                return NULL;
        do {
                ck_assert_int_eq(pf_buf_reserve(&buf, 4096), 0);
                n = fread(buf.data + buf.n, 1, 4096, file);
                buf.n += n;
                buf.data[buf.n] = '\0';
        } while (n > 0);
        return pf_buf_steal(&buf);
}

static int apply_mode(const char *path, PfJson *value, void *data) {
        const char *text = pf_json_string(value);

        ck_assert_msg(text, "expected.json: mode of %s: want text as \"0600\"", path);
        change_mode(data, path, (uint32_t) strtoul(text, NULL, 8));
        return 0;
}

/* What git does not keep. */
static void apply_expected(PfSandbox *box, const char *fixture) {
        PF_CLEANUP(pf_json_freep) PfJson *expected = NULL;
        PF_AUTO_FREE char *text = pf_fixture_read(fixture, "expected.json");
        PfJson *list;
        PfErr err = { 0 };

        if (!text)
                return;
        ck_assert_msg(pf_json_parse(text, strlen(text), JSON_DEPTH_MAX, &expected, &err) == 0,
                      "%s/expected.json: %s", fixture, err.text);
        list = pf_json_get(expected, "directories");
        for (size_t i = 0; i < pf_json_length(list); i++)
                pf_sandbox_mkdir(box, pf_json_string(pf_json_at(list, i)));
        (void) pf_json_each(pf_json_get(expected, "modes"), apply_mode, box);
}

void pf_sandbox_open(PfSandbox *box, const char *fixture) {
        PF_AUTO_FREE char *from = pf_fixture_path(fixture, "root");

        ck_assert_msg(is_directory(from), "no fixture %s", from);
        pf_sandbox_new(box);
        copy_tree(from, box->root);
        apply_expected(box, fixture);
}
