/* SPDX-License-Identifier: MIT */
/*
 * On Windows no file is edited, so that none has a place, and none is covered. What says of one
 * in a journal was not written here, and is refused.
 */
#include "daemon/remedy/transaction-internal.h"

struct PfRoot {
        char nothing;
};

int pf_root_open(const char *path, const PfFsOps *ops, PfRoot **ret, PfErr *err) {
        (void) path;
        (void) ops;
        (void) err;
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

PfRoot *pf_root_free(PfRoot *root) {
        free(root);
        return NULL;
}

bool pf_root_is_running(const PfRoot *root) {
        (void) root;
        return false;
}

static int refuse(PfErr *err) {
        return pf_err_set(err, -ENOTSUP, "files are edited on Linux alone");
}

int pf_place_find(const PfRoot *root, const char *path, PfPlace **ret, PfErr *err) {
        (void) root;
        (void) path;
        (void) ret;
        return refuse(err);
}

PfPlace *pf_place_free(PfPlace *place) {
        (void) place;
        return NULL;
}

const char *pf_place_path(const PfPlace *place) {
        (void) place;
        return "";
}

bool pf_place_is_absent(const PfPlace *place) {
        (void) place;
        return true;
}

int pf_place_check(const PfPlace *place, size_t n, PfErr *err) {
        (void) place;
        (void) n;
        return refuse(err);
}

unsigned pf_place_links(const PfPlace *place) {
        (void) place;
        return 0;
}

int pf_place_read(const PfPlace *place, PfBuf *buf, PfErr *err) {
        (void) place;
        (void) buf;
        return refuse(err);
}

int pf_place_digest(const PfPlace *place, char ret[static 65], PfErr *err) {
        (void) place;
        (void) ret;
        return refuse(err);
}

int pf_place_keep(const PfPlace *place, int directory, const char *name, PfErr *err) {
        (void) place;
        (void) directory;
        (void) name;
        return refuse(err);
}

int pf_place_stage(const PfPlace *place, const char *name, const void *bytes, size_t n, int fd,
                   PfErr *err) {
        (void) place;
        (void) name;
        (void) bytes;
        (void) n;
        (void) fd;
        return refuse(err);
}

int pf_place_stage_kept(const PfPlace *place, const char *name, int directory, const char *kept,
                        PfErr *err) {
        (void) place;
        (void) name;
        (void) directory;
        (void) kept;
        return refuse(err);
}

int pf_place_commit(const PfPlace *place, const char *name, PfErr *err) {
        (void) place;
        (void) name;
        return refuse(err);
}

int pf_place_remove(const PfPlace *place, PfErr *err) {
        (void) place;
        return refuse(err);
}

int pf_place_staged_digest(const PfPlace *place, const char *name, char ret[static 65],
                           PfErr *err) {
        (void) place;
        (void) name;
        (void) ret;
        return refuse(err);
}

int pf_place_discard(const PfPlace *place, const char *name, PfErr *err) {
        (void) place;
        (void) name;
        return refuse(err);
}

/* --- covers --- */

int pf_ending_run_covered(PfEnding *ending, const PfErr *first, int error, PfErr *err) {
        (void) ending;
        return pf_err_set(err, error, "%s", pf_err_text(first, error));
}

int pf_entry_is_covered(const PfEntry *entry, bool *ret, PfErr *err) {
        (void) entry;
        (void) err;
        *ret = false;
        return 0;
}

bool pf_entry_has_ended_covered(const PfEntry *entry) {
        (void) entry;
        return false;
}

int pf_entry_uncover(PfEntry *entry, PfErr *err) {
        (void) entry;
        (void) err;
        return 0;
}

int pf_entry_forget_covers(PfEntry *entry, PfErr *err) {
        (void) entry;
        (void) err;
        return 0;
}
