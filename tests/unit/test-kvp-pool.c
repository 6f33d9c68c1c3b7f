/* SPDX-License-Identifier: MIT */
/*
 * Pools as hv_kvp_daemon, cloud-init and others leave them, good and bad. Whatever goes wrong
 * while our record is written, all others are as they were, byte for byte.
 */
#include "daemon/publish/kvp-pool.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/support/faultfs.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define POOL "/pool"
#define VALUE "{\"schema\":1,\"verdict\":\"blocked\"}"
#define MAX (16u * PF_KVP_RECORD_SIZE)

typedef struct Bytes {
        char *data;
        size_t n;
} Bytes;

static void bytes_deinit(Bytes *bytes) {
        free(bytes->data);
}

static Bytes read_file(const char *path) {
        FILE *file = fopen(path, "rb");
        Bytes bytes = { .data = malloc(MAX) };

        ck_assert_msg(file != NULL, "%s", path);
        bytes.n = fread(bytes.data, 1, MAX, file);
        (void) fclose(file);
        return bytes;
}

static Bytes corpus(const char *name) {
        char path[1024];

        (void) snprintf(path, sizeof(path), "%s/tests/corpus/kvp-pool/%s", pf_test_source_root(),
                        name);
        return read_file(path);
}

/* A machine with that pool; the path of it, which the caller frees. */
static char *open_pool(PfSandbox *box, const char *name) {
        PF_CLEANUP(bytes_deinit) Bytes pool = corpus(name);

        pf_sandbox_new(box);
        pf_sandbox_write_bytes(box, POOL, pool.data, pool.n);
        return pf_sandbox_path(box, POOL);
}

/* The pool with our value in its place, or in a new record at its end. */
static Bytes expected(const char *name, const char *value) {
        Bytes pool = corpus(name);
        size_t at = 0;
        PfErr err = { 0 };
        int r = pf_kvp_pool_find(pool.data, pool.n, PF_KVP_KEY, &at, &err);

        ck_assert_int_ge(r, 0);
        if (r == PF_KVP_ABSENT) {
                memset(pool.data + pool.n, 0, PF_KVP_RECORD_SIZE);
                memcpy(pool.data + pool.n, PF_KVP_KEY, strlen(PF_KVP_KEY));
                pool.n += PF_KVP_RECORD_SIZE;
        }
        memset(pool.data + at + PF_KVP_KEY_SIZE, 0, PF_KVP_VALUE_SIZE);
        memcpy(pool.data + at + PF_KVP_KEY_SIZE, value, strlen(value));
        return pool;
}

/* The pool without our record. */
static Bytes without_ours(const char *name) {
        Bytes pool = corpus(name);
        size_t at = 0;
        PfErr err = { 0 };

        if (pf_kvp_pool_find(pool.data, pool.n, PF_KVP_KEY, &at, &err) == 0) {
                pool.n -= PF_KVP_RECORD_SIZE;
                memmove(pool.data + at, pool.data + at + PF_KVP_RECORD_SIZE, pool.n - at);
        }
        return pool;
}

static bool equal(const Bytes *a, const Bytes *b) {
        return a->n == b->n && memcmp(a->data, b->data, a->n) == 0;
}

static const char *const good[] = { "y_empty",        "y_others",      "y_ours",
                                    "y_ours_between", "y_stale_bytes", "y_full_value",
                                    "y_longer_name" };

START_TEST(only_our_record_is_another) {
        for (size_t i = 0; i < PF_ELEMENTS(good); i++) {
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PF_AUTO_FREE char *path = open_pool(&box, good[i]);
                PF_CLEANUP(bytes_deinit) Bytes wanted = expected(good[i], VALUE);
                PF_CLEANUP(bytes_deinit) Bytes now = { 0 };
                struct stat before, after;
                PfErr err = { 0 };

                ck_assert_int_eq(stat(path, &before), 0);
                ck_assert_msg(pf_kvp_pool_put(&pf_fs_ops, path, PF_KVP_KEY, VALUE, &err) == 0,
                              "%s: %s", good[i], err.text);
                now = read_file(path);
                ck_assert_msg(equal(&now, &wanted), "%s", good[i]);
                /* who has it open, and locks it, has the same file */
                ck_assert_int_eq(stat(path, &after), 0);
                ck_assert_uint_eq(before.st_ino, after.st_ino);
        }
}
END_TEST

START_TEST(only_our_record_is_removed) {
        for (size_t i = 0; i < PF_ELEMENTS(good); i++) {
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PF_AUTO_FREE char *path = open_pool(&box, good[i]);
                PF_CLEANUP(bytes_deinit) Bytes before = corpus(good[i]);
                PF_CLEANUP(bytes_deinit) Bytes wanted = without_ours(good[i]);
                const int r = before.n == wanted.n ? PF_KVP_ABSENT : 0;
                PfErr err = { 0 };

                for (int again = 0; again < 2; again++) {
                        PF_CLEANUP(bytes_deinit) Bytes now = { 0 };

                        ck_assert_msg(pf_kvp_pool_remove(&pf_fs_ops, path, PF_KVP_KEY, &err) ==
                                              (again ? PF_KVP_ABSENT : r),
                                      "%s: %s", good[i], err.text);
                        now = read_file(path);
                        ck_assert_msg(equal(&now, &wanted), "%s", good[i]);
                }
        }
}
END_TEST

START_TEST(a_value_that_is_there_is_not_written) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = open_pool(&box, "y_ours_between");
        PfErr err = { 0 };

        ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, path, PF_KVP_KEY, VALUE, &err), 0);
        pf_fault_fs_begin(0, EIO, false);
        ck_assert_int_eq(pf_kvp_pool_put(&pf_fault_fs_ops, path, PF_KVP_KEY, VALUE, &err), 0);
        ck_assert_uint_eq(pf_fault_fs_calls(), 0);
        (void) pf_fault_fs_end();
        ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, path, PF_KVP_KEY, "{}", &err), 0);
}
END_TEST

START_TEST(what_is_damaged_is_left_alone) {
        static const struct {
                const char *name;
                const char *told;
        } bad[] = {
                { "n_half_record", "/pool: ends in half a record" },
                { "n_one_byte_more", "/pool: ends in half a record" },
                { "n_no_key", "/pool: record 1 has no key" },
                { "n_endless_key", "/pool: record 0 has a key without an end" },
                { "n_twice", "/pool: has preflightd more than once" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(bad); i++) {
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PF_AUTO_FREE char *path = open_pool(&box, bad[i].name);
                PF_CLEANUP(bytes_deinit) Bytes before = corpus(bad[i].name);
                PF_CLEANUP(bytes_deinit) Bytes now = { 0 };
                PfErr err = { 0 };

                ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, path, PF_KVP_KEY, VALUE, &err),
                                 -EBADMSG);
                ck_assert_msg(strstr(err.text, bad[i].told), "%s: %s", bad[i].name, err.text);
                memset(&err, 0, sizeof(err));
                ck_assert_int_eq(pf_kvp_pool_remove(&pf_fs_ops, path, PF_KVP_KEY, &err), -EBADMSG);
                ck_assert_msg(strstr(err.text, bad[i].told), "%s: %s", bad[i].name, err.text);
                now = read_file(path);
                ck_assert_msg(equal(&now, &before), "%s", bad[i].name);
        }
}
END_TEST

START_TEST(too_many_records) {
        const size_t n = (PF_KVP_RECORDS_MAX + 5) * PF_KVP_RECORD_SIZE;
        PF_AUTO_FREE char *pool = calloc(1, n);
        PF_AUTO_FREE char *path = NULL;
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfErr err = { 0 };

        for (size_t at = 0; at < n; at += PF_KVP_RECORD_SIZE)
                (void) snprintf(pool + at, PF_KVP_KEY_SIZE, "k%zu", at);
        pf_sandbox_new(&box);
        pf_sandbox_write_bytes(&box, POOL, pool, n);
        path = pf_sandbox_path(&box, POOL);
        ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, path, PF_KVP_KEY, VALUE, &err), -EBADMSG);
        ck_assert_msg(strstr(err.text, "has more than 1024 records"), "%s", err.text);
}
END_TEST

START_TEST(no_pool_and_no_file) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *absent = NULL, *link = NULL, *fifo = NULL, *directory = NULL;
        char value[PF_KVP_VALUE_MAX + 2];
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/there", "");
        pf_sandbox_symlink(&box, "there", "/link");
        pf_sandbox_mkfifo(&box, "/fifo");
        pf_sandbox_mkdir(&box, "/directory");
        absent = pf_sandbox_path(&box, POOL);
        link = pf_sandbox_path(&box, "/link");
        fifo = pf_sandbox_path(&box, "/fifo");
        directory = pf_sandbox_path(&box, "/directory");
        ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, absent, "k", "v", &err), PF_KVP_ABSENT);
        ck_assert_int_eq(pf_kvp_pool_remove(&pf_fs_ops, absent, "k", &err), PF_KVP_ABSENT);
        ck_assert_int_lt(access(absent, F_OK), 0);
        ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, link, "k", "v", &err), -ELOOP);
        ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, fifo, "k", "v", &err), -EINVAL);
        ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, directory, "k", "v", &err), -EISDIR);

        memset(value, 'v', sizeof(value));
        value[sizeof(value) - 1] = '\0';
        ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, absent, "k", value, &err), -EINVAL);
}
END_TEST

/* --- whoever else has it --- */

/* Takes the lock as the daemon does, until its input ends. */
static pid_t lock_elsewhere(const char *path, int *ret_end) {
        int ends[2], ready[2];
        pid_t child;
        char byte;

        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(pipe(ready), 0);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
                struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
                int fd = open(path, O_RDWR);

                (void) close(ends[1]);
                if (fd < 0 || fcntl(fd, F_SETLKW, &all) < 0 || write(ready[1], "", 1) != 1)
                        _exit(1);
                _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
        }
        (void) close(ends[0]);
        (void) close(ready[1]);
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        (void) close(ready[0]);
        *ret_end = ends[1];
        return child;
}

START_TEST(one_that_stays_locked) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = open_pool(&box, "y_ours");
        PF_CLEANUP(bytes_deinit) Bytes before = corpus("y_ours");
        PF_CLEANUP(bytes_deinit) Bytes now = { 0 };
        PfErr err = { 0 };
        int end, status;
        pid_t child = lock_elsewhere(path, &end);

        ck_assert_int_eq(pf_kvp_pool_put(&pf_fs_ops, path, PF_KVP_KEY, VALUE, &err), -ETIMEDOUT);
        ck_assert_msg(strstr(err.text, "keeps it locked"), "%s", err.text);
        now = read_file(path);
        ck_assert(equal(&now, &before));

        (void) close(end);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
        memset(&err, 0, sizeof(err));
        ck_assert_msg(pf_kvp_pool_put(&pf_fs_ops, path, PF_KVP_KEY, VALUE, &err) == 0, "%s",
                      err.text);
}
END_TEST

/* --- calls that fail --- */

/* Everything but our value; and of that, the old or the new one, or text that owns up to it. */
static void check_after(const char *name, const char *path, int r, const PfErr *err) {
        PF_CLEANUP(bytes_deinit) Bytes before = corpus(name);
        PF_CLEANUP(bytes_deinit) Bytes wanted = expected(name, VALUE);
        PF_CLEANUP(bytes_deinit) Bytes now = read_file(path);
        const bool is_whole = equal(&now, r == 0 ? &wanted : &before);
        size_t at = 0;
        PfErr ignored = { 0 };

        if (is_whole)
                return;
        ck_assert_msg(r < 0, "%s: not what was to be written", name);
        ck_assert_msg(strstr(err->text, "is left"), "%s: %s", name, err->text);
        if (pf_kvp_pool_find(before.data, before.n, PF_KVP_KEY, &at, &ignored) == PF_KVP_ABSENT) {
                ck_assert_uint_ge(now.n, before.n);
                ck_assert_int_eq(memcmp(now.data, before.data, before.n), 0);
                return;
        }
        ck_assert_uint_eq(now.n, before.n);
        at += PF_KVP_KEY_SIZE;
        ck_assert_int_eq(memcmp(now.data, before.data, at), 0);
        at += PF_KVP_VALUE_SIZE;
        ck_assert_int_eq(memcmp(now.data + at, before.data + at, now.n - at), 0);
}

/* Return: was there such a call? */
static bool try_fault(const char *name, unsigned nth, int error, bool lasts) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = open_pool(&box, name);
        PfErr err = { 0 };
        bool failed;
        int r;

        pf_fault_fs_begin(nth, error, lasts);
        r = pf_kvp_pool_put(&pf_fault_fs_ops, path, PF_KVP_KEY, VALUE, &err);
        failed = pf_fault_fs_end();
        ck_assert_msg(r == (failed ? -error : 0), "%s, call %u: %d %s", name, nth, r, err.text);
        ck_assert(!failed || strstr(err.text, strerror(error)));
        check_after(name, path, r, &err);
        return failed;
}

START_TEST(every_call_fails_in_turn) {
        static const unsigned sizes[] = { 0, 700 }; /* of a write; 0: all of it */
        static const char *const names[] = { "y_empty", "y_others", "y_ours_between" };
        unsigned n_faults = 0;

        for (size_t i = 0; i < PF_ELEMENTS(names) * PF_ELEMENTS(sizes) * 4; i++) {
                const char *name = names[i % PF_ELEMENTS(names)];
                unsigned nth = 1;

                pf_fault_fs_set_short_writes(sizes[i / PF_ELEMENTS(names) % 2]);
                while (try_fault(name, nth, i / 6 % 2 ? EIO : ENOSPC, i >= 12))
                        nth++;
                ck_assert_uint_gt(nth, 2); /* at least write and fsync */
                n_faults += nth - 1;
        }
        pf_fault_fs_set_short_writes(0);
        (void) fprintf(stderr, "# %u faults\n", n_faults);
}
END_TEST

/* A fault that does not last leaves nothing behind at all. */
START_TEST(what_was_begun_is_taken_back) {
        static const char *const names[] = { "y_others", "y_ours_between" };

        pf_fault_fs_set_short_writes(700);
        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                PF_AUTO_SANDBOX PfSandbox box = { 0 };
                PF_AUTO_FREE char *path = open_pool(&box, names[i]);
                PF_CLEANUP(bytes_deinit) Bytes before = corpus(names[i]);
                PF_CLEANUP(bytes_deinit) Bytes now = { 0 };
                PfErr err = { 0 };

                pf_fault_fs_begin(3, ENOSPC, false);
                ck_assert_int_eq(pf_kvp_pool_put(&pf_fault_fs_ops, path, PF_KVP_KEY, VALUE, &err),
                                 -ENOSPC);
                (void) pf_fault_fs_end();
                now = read_file(path);
                ck_assert_msg(equal(&now, &before), "%s: %s", names[i], err.text);
        }
        pf_fault_fs_set_short_writes(0);
}
END_TEST

/* A removal that fails leaves every record once, where it was; or says that it could not. */
static bool try_removal(const char *name, unsigned nth, int error, bool lasts) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PF_AUTO_FREE char *path = open_pool(&box, name);
        PF_CLEANUP(bytes_deinit) Bytes before = corpus(name);
        PF_CLEANUP(bytes_deinit) Bytes wanted = without_ours(name);
        PF_CLEANUP(bytes_deinit) Bytes now = { 0 };
        PfErr err = { 0 };
        bool failed;
        int r;

        pf_fault_fs_begin(nth, error, lasts);
        r = pf_kvp_pool_remove(&pf_fault_fs_ops, path, PF_KVP_KEY, &err);
        failed = pf_fault_fs_end();
        ck_assert_msg(r == (failed ? -error : 0), "%s, call %u: %d %s", name, nth, r, err.text);
        now = read_file(path);
        if (!failed || !lasts)
                ck_assert_msg(equal(&now, failed ? &before : &wanted), "%s, call %u", name, nth);
        else if (!equal(&now, &before))
                ck_assert_msg(strstr(err.text, "is left"), "%s: %s", name, err.text);
        return failed;
}

START_TEST(every_call_of_a_removal_fails_in_turn) {
        static const char *const names[] = { "y_ours", "y_ours_between" };

        pf_fault_fs_set_short_writes(700);
        for (size_t i = 0; i < PF_ELEMENTS(names) * 2; i++) {
                unsigned nth = 1;

                while (try_removal(names[i / 2], nth, EIO, i % 2))
                        nth++;
                ck_assert_uint_gt(nth, 2); /* at least a new size, and fsync */
        }
        pf_fault_fs_set_short_writes(0);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("kvp-pool");

        PF_TEST(suite, only_our_record_is_another);
        PF_TEST(suite, only_our_record_is_removed);
        PF_TEST(suite, a_value_that_is_there_is_not_written);
        PF_TEST(suite, what_is_damaged_is_left_alone);
        PF_TEST(suite, too_many_records);
        PF_TEST(suite, no_pool_and_no_file);
        PF_TEST(suite, one_that_stays_locked);
        PF_TEST(suite, every_call_fails_in_turn);
        PF_TEST(suite, what_was_begun_is_taken_back);
        PF_TEST(suite, every_call_of_a_removal_fails_in_turn);
        return pf_test_main(suite);
}
