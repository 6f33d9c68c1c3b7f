/* SPDX-License-Identifier: MIT */
/*
 * The questions about paths, as a captured machine answers them, and as a
 * capture keeps them. In what form is the matter of daemon/base/capture.c, and
 * where of daemon/base/target.c.
 */
#include "daemon/base/target-internal.h"

#include <string.h>

#include "daemon/base/capture-errno.h"
#include "daemon/base/capture.h"

static const struct Outcome {
        int r;
        const char *word;
} outcomes[] = {
        { PF_TARGET_ABSENT, "absent" },
        { PF_TARGET_ELSEWHERE, "elsewhere" },
};

/* What stands in the place of an answer; 0: this is one. */
static int read_outcome(const PfJson *answer, const char *path, PfErr *err) {
        const char *word = pf_json_get_string(answer, "outcome");
        const char *text = pf_json_get_string(answer, "text");
        int error = pf_capture_errno_from_number(pf_json_integer(pf_json_get(answer, "error")));

        if (pf_json_type(answer) != PF_JSON_OBJECT)
                return pf_err_set(err, -EINVAL, "%s: its captured answer is not understood", path);
        for (size_t i = 0; word && i < PF_ELEMENTS(outcomes); i++)
                if (strcmp(outcomes[i].word, word) == 0)
                        return outcomes[i].r;
        if (error < 0)
                return text ? pf_err_set(err, error, "%s", text)
                            : pf_err_errno(err, error, "%s", path);
        return 0;
}

static int recall(const PfTarget *target, const char *book, const char *path, const PfJson **ret,
                  PfErr *err) {
        int r;

        if (!pf_target_is_captured(target))
                return PF_TARGET_LOOK;
        r = pf_target_find_answer(target, book, path, ret, err);
        return r == 0 ? read_outcome(*ret, path, err) : r;
}

static PfJson *outcome_to_json(int r, const PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        const char *word = "unknown";

        if (!answer)
                return NULL;
        for (size_t i = 0; i < PF_ELEMENTS(outcomes); i++)
                if (outcomes[i].r == r)
                        word = outcomes[i].word;
        if (r > 0 ? pf_json_put_string(answer, "outcome", word) < 0
                  : pf_json_put_uint(answer, "error", pf_capture_errno_to_number(r)) < 0 ||
                            pf_json_put_string(answer, "text", pf_err_text(err, r)) < 0)
                return NULL;
        return PF_STEAL(answer);
}

/* Is an outcome other than 0 to be kept? That memory ran out is not the machine's. */
static bool keep_outcome(const PfTarget *target, const char *book, const char *path, int r,
                         const PfErr *err) {
        if (r == 0)
                return false;
        if (r != -ENOMEM)
                pf_target_remember(target, book, path, outcome_to_json(r, err));
        return true;
}

#define KEEP(target, book, path, r, err, json)                                                     \
        do {                                                                                       \
                if (pf_target_is_recorded(target) &&                                               \
                    !keep_outcome((target), (book), (path), (r), (err)))                           \
                        pf_target_remember((target), (book), (path), (json));                      \
        } while (0)

int pf_target_recall_info(const PfTarget *target, const char *book, const char *path,
                          PfFileInfo *ret, PfErr *err) {
        const PfJson *answer = NULL;
        int r = recall(target, book, path, &answer, err);

        return r == 0 ? pf_capture_info_from_json(answer, path, ret, err) : r;
}

void pf_target_keep_info(const PfTarget *target, const char *book, const char *path, int r,
                         const PfFileInfo *info, const PfErr *err) {
        KEEP(target, book, path, r, err, pf_capture_info_to_json(info));
}

/* Each book has a member of its own for what it lists. */
static const char *list_key(const char *book) {
        return strcmp(book, "glob") == 0 ? "paths" : "names";
}

int pf_target_recall_strv(const PfTarget *target, const char *book, const char *path, PfStrv *ret,
                          PfErr *err) {
        const PfJson *answer = NULL;
        int r = recall(target, book, path, &answer, err);

        return r == 0 ? pf_capture_strv_from_json(answer, list_key(book), path, ret, err) : r;
}

void pf_target_keep_strv(const PfTarget *target, const char *book, const char *path, int r,
                         const PfStrv *strv, const PfErr *err) {
        KEEP(target, book, path, r, err, pf_capture_strv_to_json(list_key(book), strv));
}

int pf_target_recall_link(const PfTarget *target, const char *path, char **ret, PfErr *err) {
        const PfJson *answer = NULL;
        const char *text;
        int r = recall(target, "readlink", path, &answer, err);

        if (r != 0)
                return r;
        text = pf_json_get_string(answer, "text");
        if (!text)
                return pf_err_set(err, -EINVAL, "%s: its captured answer is not understood", path);
        *ret = pf_capture_unescape(text);
        return *ret ? 0 : -ENOMEM;
}

static PfJson *link_to_json(const char *text) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        PF_AUTO_FREE char *escaped = pf_capture_escape(text);

        if (!answer || !escaped || pf_json_put_string(answer, "text", escaped) < 0)
                return NULL;
        return PF_STEAL(answer);
}

void pf_target_keep_link(const PfTarget *target, const char *path, int r, const char *text,
                         const PfErr *err) {
        KEEP(target, "readlink", path, r, err, link_to_json(text));
}

int pf_target_recall_space(const PfTarget *target, const char *path, PfSpace *ret, PfErr *err) {
        const PfJson *answer = NULL;
        int r = recall(target, "statfs", path, &answer, err);

        return r == 0 ? pf_capture_space_from_json(answer, path, ret, err) : r;
}

void pf_target_keep_space(const PfTarget *target, const char *path, int r, const PfSpace *space,
                          const PfErr *err) {
        KEEP(target, "statfs", path, r, err, pf_capture_space_to_json(space));
}

int pf_target_recall_public(const PfTarget *target, const char *path, bool *ret) {
        const PfJson *answer = NULL;
        int r = recall(target, "public", path, &answer, NULL);

        *ret = r == 0 && pf_json_bool(pf_json_get(answer, "public"));
        return r == PF_TARGET_LOOK ? r : 0;
}

static PfJson *public_to_json(bool is_public) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        return answer && pf_json_put_bool(answer, "public", is_public) == 0 ? PF_STEAL(answer)
                                                                            : NULL;
}

void pf_target_keep_public(const PfTarget *target, const char *path, bool is_public) {
        KEEP(target, "public", path, 0, NULL, public_to_json(is_public));
}

/* What a capture keeps is no part of the machine, and not captured again. */
static bool is_own(const char *path) {
        const size_t n = strlen(PF_CAPTURE_DIRECTORY);

        return strncmp(path, PF_CAPTURE_DIRECTORY, n) == 0 && (path[n] == '/' || !path[n]);
}

int pf_target_recall_read(const PfTarget *target, const char *path, size_t wanted, bool is_head,
                          uint64_t *ret_size, PfErr *err) {
        const PfJson *answer = NULL;
        int64_t size, kept;
        int r;

        *ret_size = 0;
        if (is_own(path))
                return PF_TARGET_LOOK;
        r = recall(target, "read", path, &answer, err);
        if (r != 0)
                return r;
        size = pf_json_integer(pf_json_get(answer, "size"));
        kept = pf_json_integer(pf_json_get(answer, "kept"));
        if (size < 0 || kept < 0)
                return pf_err_set(err, -EINVAL, "%s: its captured answer is not understood", path);
        if (kept >= size)
                return PF_TARGET_LOOK;
        *ret_size = (uint64_t) size;
        if (is_head && wanted <= (uint64_t) kept)
                return PF_TARGET_LOOK;
        if (!is_head && (uint64_t) size > wanted)
                return pf_err_too_large(err, path, (uint64_t) size, wanted);
        return pf_err_set(err, -ENODATA, "%s: only its first %lld bytes were captured", path,
                          (long long) kept);
}

void pf_target_keep_read(const PfTarget *target, const char *path, int r, uint64_t size_bytes,
                         const char *bytes, size_t n, const PfErr *err) {
        if (!pf_target_is_recorded(target) || is_own(path))
                return;
        if (r == 0 || (r == -EFBIG && size_bytes > 0))
                pf_target_keep_contents(target, path, size_bytes, bytes, n);
        else
                (void) keep_outcome(target, "read", path, r, err);
}

int pf_target_recall_open(const PfTarget *target, const char *path, PfErr *err) {
        const PfJson *answer = NULL;
        int r = recall(target, "open", path, &answer, err);

        return r == 0 ? pf_err_set(err, -ENODATA, "%s: its contents were not captured", path) : r;
}

void pf_target_keep_open(const PfTarget *target, const char *path, int r, const PfErr *err) {
        KEEP(target, "open", path, r, err, pf_json_new_object());
}
