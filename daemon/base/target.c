/* SPDX-License-Identifier: MIT */
/*
 * The portable half of a target: its identity, its references and the record
 * of what was asked for. How a path is reached is in daemon/platform/.
 */
#include "daemon/base/target.h"
#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include "daemon/base/capture.h"
#include "daemon/base/clock.h"
#include "daemon/base/memo.h"

#define ABOUT_MAX 65536

typedef struct Access {
        char *path;
        PfAccess access;
        int error;
} Access;

struct PfTarget {
        atomic_uint references;
        char *root;
        int root_fd;
        bool is_host;
        bool live;
        bool as_files;
        bool captured;
        atomic_uint platform; /* 0: nobody has asked yet */
        uint64_t captured_usec;
        atomic_bool may_openat2;
        atomic_bool recording;
        PfMemo *memo;
        void *system; /* of the system's half */
        void (*free_system)(void *);
        PfTargetObserver observer;

        PfTarget *under; /* of an overlay: whose root, books and memory these are; or NULL */
        PfOverlay *overlay;

        uv_mutex_t books_lock; /* what follows */
        PfJson *books;         /* of a captured machine, by name: those that were read */
        PfJson *kept;          /* by name: those that are being written, or NULL */
        PfTargetContents contents;
        void *contents_data;
        int recording_error; /* the first */

        uv_mutex_t lock; /* what follows; workers record at the same time */
        Access *accesses;
        size_t n_accesses;
        uint32_t *index; /* open addressing; 1 + position in accesses, or 0 */
        size_t index_size;
};

static int free_half(PfTarget *target) {
        (void) pf_json_free(target->books);
        (void) pf_memo_free(target->memo);
        free(target->root);
        free(target);
        return -ENOMEM;
}

int pf_target_new_base(const char *root, int root_fd, PfTargetFlags flags, PfTarget **ret) {
        PfTarget *target;

        target = calloc(1, sizeof(*target));
        if (!target)
                return -ENOMEM;
        target->root = strdup(root);
        target->books = pf_json_new_object();
        if (!target->root || !target->books || pf_memo_new(&target->memo) < 0 ||
            uv_mutex_init(&target->lock) < 0)
                return free_half(target);
        if (uv_mutex_init(&target->books_lock) < 0) {
                uv_mutex_destroy(&target->lock);
                return free_half(target);
        }

        atomic_init(&target->references, 1);
        atomic_init(&target->may_openat2, !(flags & PF_TARGET_NO_OPENAT2));
        atomic_init(&target->recording, false);
        target->is_host = target->live = strcmp(root, "/") == 0;
        atomic_init(&target->platform, target->is_host ? PF_PLATFORM_HERE : 0);
        target->as_files = flags & PF_TARGET_AS_FILES;
        target->root_fd = root_fd;
        *ret = target;
        return 0;
}

int pf_target_new_over(PfTarget *under, PfOverlay *overlay_take, PfTarget **ret) {
        PF_CLEANUP(pf_overlay_freep) PfOverlay *overlay = overlay_take;
        PfTarget *target;
        int r;

        if (under->under)
                under = under->under;
        r = pf_target_new_base(under->root, under->root_fd, PF_TARGET_DEFAULT, &target);
        if (r < 0)
                return r;
        target->is_host = under->is_host;
        target->live = under->live;
        target->as_files = under->as_files;
        target->captured = under->captured;
        target->captured_usec = under->captured_usec;
        atomic_store(&target->may_openat2, pf_target_may_openat2(under));
        atomic_store(&target->platform, atomic_load(&under->platform));
        target->system = under->system;
        target->under = pf_target_ref(under);
        target->overlay = PF_STEAL(overlay);
        *ret = target;
        return 0;
}

PfTarget *pf_target_ref(PfTarget *target) {
        atomic_fetch_add(&target->references, 1);
        return target;
}

PfTarget *pf_target_unref(PfTarget *target) {
        if (!target || atomic_fetch_sub(&target->references, 1) > 1)
                return NULL;

        for (size_t i = 0; i < target->n_accesses; i++)
                free(target->accesses[i].path);
        free(target->accesses);
        free(target->index);
        uv_mutex_destroy(&target->lock);
        uv_mutex_destroy(&target->books_lock);
        (void) pf_json_free(target->books);
        (void) pf_json_free(target->kept);
        (void) pf_memo_free(target->memo);
        if (target->free_system)
                target->free_system(target->system);
        if (!target->under)
                (void) pf_close(target->root_fd);
        pf_target_set_observer(target, &(PfTargetObserver){ 0 });
        (void) pf_overlay_free(target->overlay);
        (void) pf_target_unref(target->under);
        free(target->root);
        free(target);
        return NULL;
}

bool pf_target_is_live(const PfTarget *target) {
        return target->live;
}

bool pf_target_is_host(const PfTarget *target) {
        return target->is_host;
}

bool pf_target_is_captured(const PfTarget *target) {
        return target->captured;
}

uint64_t pf_target_now_usec(const PfTarget *target) {
        return target->captured ? target->captured_usec : pf_clock_realtime_usec();
}

unsigned pf_target_platform(const PfTarget *target) {
        atomic_uint *platform = &((PfTarget *) target)->platform;
        PF_AUTO_FREE char *hive = NULL;
        PfErr ignored = { 0 };

        if (atomic_load(platform) == 0)
                atomic_store(platform,
                             pf_target_find_any_case(target, "/Windows/System32/config/SYSTEM",
                                                     &hive, &ignored) == 0
                                     ? PF_PLATFORM_WINDOWS
                                     : PF_PLATFORM_LINUX);
        return atomic_load(platform);
}

const char *pf_target_root(const PfTarget *target) {
        return target->root;
}

int pf_target_root_fd(const PfTarget *target) {
        return target->root_fd;
}

void pf_target_set_system(PfTarget *target, void *system_take, void (*free_system)(void *)) {
        target->system = system_take;
        target->free_system = free_system;
}

void *pf_target_system(const PfTarget *target) {
        return target->system;
}

PfMemo *pf_target_memo(const PfTarget *target) {
        return target->under ? target->under->memo : target->memo;
}

const PfOverlay *pf_target_overlay(const PfTarget *target) {
        return target->overlay;
}

/* The memory of what this kernel can do, and the record, are no part of what a
 * target is to its users: hence the casts in a const object's functions. */

bool pf_target_may_openat2(const PfTarget *target) {
        return atomic_load(&((PfTarget *) target)->may_openat2);
}

void pf_target_give_up_openat2(const PfTarget *target) {
        atomic_store(&((PfTarget *) target)->may_openat2, false);
}

/* --- who watches --- */

void pf_target_set_observer(PfTarget *target, const PfTargetObserver *observer) {
        const PfTargetObserver before = target->observer;

        target->observer = *observer;
        if (before.release)
                before.release(before.data);
}

bool pf_target_is_observed(const PfTarget *target) {
        return target->observer.looks;
}

void pf_target_observe_look(const PfTarget *target, const char *path, PfTargetLook how,
                            const char *pattern) {
        if (target->observer.looks)
                target->observer.looks(path, how, pattern, target->observer.data);
}

void pf_target_observe_question(const PfTarget *target, const char *book, const char *question) {
        if (target->observer.asks)
                target->observer.asks(book, question, target->observer.data);
}

void pf_target_await(const PfTarget *target, uint64_t at_usec) {
        if (target->observer.awaits)
                target->observer.awaits(at_usec, target->observer.data);
}

/* --- the record --- */

static uint32_t hash_path(const char *path) {
        uint32_t hash = 2166136261u; /* FNV-1a */

        for (; *path; path++)
                hash = (hash ^ (unsigned char) *path) * 16777619u;
        return hash;
}

/* The place in the index where @path is, or would be. */
static size_t find_slot(const PfTarget *target, const char *path) {
        size_t slot = hash_path(path) & (target->index_size - 1);

        while (target->index[slot] &&
               strcmp(target->accesses[target->index[slot] - 1].path, path) != 0)
                slot = (slot + 1) & (target->index_size - 1);
        return slot;
}

static int grow(PfTarget *target) {
        size_t size = target->index_size ? target->index_size * 2 : 128;
        Access *accesses;
        uint32_t *index;

        if (target->n_accesses >= UINT32_MAX / 4)
                return -ENOMEM;
        accesses = realloc(target->accesses, size / 2 * sizeof(*accesses));
        if (!accesses)
                return -ENOMEM;
        target->accesses = accesses;
        index = calloc(size, sizeof(*index));
        if (!index)
                return -ENOMEM;

        free(target->index);
        target->index = index;
        target->index_size = size;
        for (size_t i = 0; i < target->n_accesses; i++)
                index[find_slot(target, accesses[i].path)] = (uint32_t) i + 1;
        return 0;
}

static int record_locked(PfTarget *target, const char *path, PfAccess access, int error) {
        size_t slot;
        char *copy;

        if (target->n_accesses >= target->index_size / 2) {
                int r = grow(target);

                if (r < 0)
                        return r;
        }

        slot = find_slot(target, path);
        if (!target->index[slot]) {
                copy = strdup(path);
                if (!copy)
                        return -ENOMEM;
                target->accesses[target->n_accesses++] = (Access){ .path = copy };
                target->index[slot] = (uint32_t) target->n_accesses;
        }
        target->accesses[target->index[slot] - 1].access = access;
        target->accesses[target->index[slot] - 1].error = error;
        return 0;
}

int pf_target_record(const PfTarget *target, const char *path, PfAccess access, int r) {
        PfTarget *self = (PfTarget *) target;
        int error = r < 0 ? r : 0;
        int q;

        if (r < 0)
                access = PF_ACCESS_FAILED;
        else if (r == PF_TARGET_ABSENT)
                access = PF_ACCESS_ABSENT;
        if (pf_target_is_observed(target))
                return r;

        uv_mutex_lock(&self->lock);
        q = record_locked(self, path, access, error);
        uv_mutex_unlock(&self->lock);
        return q < 0 ? q : r;
}

int pf_target_each_access(const PfTarget *target, PfAccessVisit visit, void *data) {
        PfTarget *self = (PfTarget *) target;
        int r = 0;

        uv_mutex_lock(&self->lock);
        for (size_t i = 0; i < self->n_accesses && r == 0; i++) {
                PfAccessRecord record = { .path = self->accesses[i].path,
                                          .access = self->accesses[i].access,
                                          .error = self->accesses[i].error };

                r = visit(&record, data);
        }
        uv_mutex_unlock(&self->lock);
        return r;
}

int pf_err_too_large(PfErr *err, const char *path, uint64_t size_bytes, size_t max) {
        return pf_err_set(err, -EFBIG, "%s: %llu bytes, more than the limit of %zu", path,
                          (unsigned long long) size_bytes, max);
}

/* --- captured machines --- */

static int read_json(const PfTarget *target, const char *path, size_t max, PfJson **ret,
                     PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(max);
        PF_CLEANUP(pf_json_freep) PfJson *value = NULL;
        PfErr reason = { 0 };
        int r;

        r = pf_target_read_file(target, path, max, &buf, err);
        if (r != 0)
                return r < 0 ? pf_err_errno(err, r, "%s", path) : r;
        r = pf_json_parse(buf.data ? buf.data : "", buf.n, PF_CAPTURE_DEPTH_MAX, &value, &reason);
        if (r < 0)
                return pf_err_set(err, r, "%s: %s", path, pf_err_text(&reason, r));
        if (pf_json_type(value) != PF_JSON_OBJECT)
                return pf_err_set(err, -EINVAL, "%s: expected an object", path);
        *ret = PF_STEAL(value);
        return 0;
}

/* Machines were captured before there was another. */
static unsigned platform_of(const char *word) {
        return word && strcmp(word, "windows") == 0 ? PF_PLATFORM_WINDOWS : PF_PLATFORM_LINUX;
}

int pf_target_open_capture(PfTarget *target, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *about = NULL;
        int64_t usec;
        int r;

        if (target->is_host || target->as_files)
                return 0;
        r = read_json(target, PF_CAPTURE_ABOUT, ABOUT_MAX, &about, err);
        if (r == PF_TARGET_ABSENT || r == -EACCES)
                return 0;
        if (r < 0)
                return r;
        usec = pf_json_integer(pf_json_get(about, "timeUSec"));
        if (pf_json_integer(pf_json_get(about, "schema")) != PF_CAPTURE_SCHEMA || usec <= 0)
                return pf_err_set(err, -EINVAL,
                                  PF_CAPTURE_ABOUT ": written by another version of this program");
        target->captured = true;
        target->captured_usec = (uint64_t) usec;
        target->live = pf_json_bool(pf_json_get(about, "live"));
        atomic_store(&target->platform, platform_of(pf_json_get_string(about, "platform")));
        return 0;
}

/* A book, read when it is first asked for; one that is not there is empty. */
static int find_book_locked(PfTarget *target, const char *name, PfJson **ret, PfErr *err) {
        PfJson *book = pf_json_get(target->books, name);
        char path[128];
        int r;

        if (!book) {
                (void) snprintf(path, sizeof(path), PF_CAPTURE_DIRECTORY "/%s.json", name);
                r = read_json(target, path, PF_CAPTURE_BOOK_MAX, &book, err);
                if (r < 0)
                        return r;
                if (r == PF_TARGET_ABSENT)
                        book = pf_json_new_object();
                r = pf_json_put_take(target->books, name, book);
                if (r < 0)
                        return r;
        }
        *ret = book;
        return 0;
}

int pf_target_find_answer(const PfTarget *target, const char *book, const char *question,
                          const PfJson **ret, PfErr *err) {
        PfTarget *self = (PfTarget *) (target->under ? target->under : target);
        PF_AUTO_FREE char *key = NULL;
        PfJson *answers = NULL;
        int r;

        if (target->is_host)
                pf_target_observe_question(target, book, question);
        if (!target->overlay && (target->is_host || target->as_files))
                return PF_TARGET_ABSENT;
        key = pf_capture_escape(question);
        if (!key)
                return -ENOMEM;
        *ret = pf_overlay_recall(target, book, key);
        if (*ret)
                return 0;
        if (target->is_host || target->as_files)
                return PF_TARGET_ABSENT;
        uv_mutex_lock(&self->books_lock);
        r = find_book_locked(self, book, &answers, err);
        uv_mutex_unlock(&self->books_lock);
        if (r < 0)
                return r;
        *ret = pf_json_get(answers, key);
        if (*ret)
                return 0;
        return target->captured ? pf_err_set(err, -ENODATA, "%s: was not captured", question)
                                : PF_TARGET_ABSENT;
}

bool pf_target_is_recorded(const PfTarget *target) {
        return atomic_load(&((PfTarget *) target)->recording);
}

static int remember_locked(PfTarget *target, const char *book, const char *question,
                           PfJson *answer_take) {
        PF_AUTO_FREE char *key = pf_capture_escape(question);
        PfJson *answers = pf_json_get(target->kept, book);
        int r = 0;

        if (!answers) {
                answers = pf_json_new_object();
                r = pf_json_put_take(target->kept, book, answers);
        }
        if (r < 0 || !key) {
                (void) pf_json_free(answer_take);
                return -ENOMEM;
        }
        return pf_json_put_take(answers, key, answer_take);
}

static void note_error_locked(PfTarget *target, int r) {
        if (r < 0 && target->recording_error == 0)
                target->recording_error = r;
}

void pf_target_remember(const PfTarget *target, const char *book, const char *question,
                        PfJson *answer_take) {
        PfTarget *self = (PfTarget *) target;

        if (!pf_target_is_recorded(target)) {
                (void) pf_json_free(answer_take);
                return;
        }
        uv_mutex_lock(&self->books_lock);
        if (self->kept)
                note_error_locked(self, remember_locked(self, book, question, answer_take));
        else
                (void) pf_json_free(answer_take);
        uv_mutex_unlock(&self->books_lock);
}

void pf_target_start_recording(PfTarget *target, PfTargetContents contents, void *data) {
        target->kept = pf_json_new_object();
        target->recording_error = target->kept ? 0 : -ENOMEM;
        target->contents = contents;
        target->contents_data = data;
        atomic_store(&target->recording, true);
}

int pf_target_stop_recording(PfTarget *target, PfJson **ret) {
        int r;

        atomic_store(&target->recording, false);
        uv_mutex_lock(&target->books_lock);
        r = target->recording_error;
        if (r == 0)
                *ret = PF_STEAL(target->kept);
        target->kept = pf_json_free(target->kept);
        uv_mutex_unlock(&target->books_lock);
        return r;
}

/* How many bytes were kept of a file before; -1: it was not read yet. */
static int64_t kept_before_locked(const PfTarget *target, const char *key) {
        const PfJson *book = pf_json_get(target->kept, "read");
        const PfJson *kept = pf_json_get(pf_json_get(book, key), "kept");

        return kept ? pf_json_integer(kept) : -1;
}

/*
 * Of several readings the longest counts, of several of one length the first: a
 * file may change, or be read in part only.
 */
static int keep_contents_locked(PfTarget *target, const char *path, uint64_t size_bytes,
                                const char *bytes, size_t n) {
        PF_AUTO_FREE char *key = pf_capture_escape(path);
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        int r;

        if (!key || !answer)
                return -ENOMEM;
        if (kept_before_locked(target, key) >= (int64_t) n)
                return 0;
        if (pf_json_put_uint(answer, "size", size_bytes) < 0 ||
            pf_json_put_uint(answer, "kept", n) < 0)
                return -ENOMEM;
        r = remember_locked(target, "read", path, PF_STEAL(answer));
        /* Nothing was read of a file that is too large. */
        if (r == 0 && (n > 0 || size_bytes == 0))
                r = target->contents(path, bytes, n, target->contents_data);
        return r;
}

void pf_target_keep_contents(const PfTarget *target, const char *path, uint64_t size_bytes,
                             const char *bytes, size_t n) {
        PfTarget *self = (PfTarget *) target;

        uv_mutex_lock(&self->books_lock);
        if (self->kept && self->recording_error == 0)
                note_error_locked(self, keep_contents_locked(self, path, size_bytes, bytes, n));
        uv_mutex_unlock(&self->books_lock);
}

static PfJson *absent_to_json(void) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        return answer && pf_json_put_string(answer, "outcome", "absent") == 0 ? PF_STEAL(answer)
                                                                              : NULL;
}

/* A captured machine can be captured again, and so can an image, which has no
 * answers: that there was none is kept as well. */
int pf_target_recall(const PfTarget *target, const char *book, const char *question,
                     const PfJson **ret, PfErr *err) {
        int r = pf_target_find_answer(target, book, question, ret, err);
        const char *outcome = r == 0 ? pf_json_get_string(*ret, "outcome") : NULL;

        if (outcome && strcmp(outcome, "absent") == 0)
                r = PF_TARGET_ABSENT;
        if (pf_target_is_recorded(target) && !target->is_host && (r == 0 || r == PF_TARGET_ABSENT))
                pf_target_remember(target, book, question,
                                   r == 0 ? pf_json_copy(*ret) : absent_to_json());
        return r;
}
