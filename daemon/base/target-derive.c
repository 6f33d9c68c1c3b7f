/* SPDX-License-Identifier: MIT */
/*
 * What one file says, worked out once: asked again, the target gives the answer it
 * has, and a captured machine the one that was captured, without the file.
 */
#include "daemon/base/overlay.h"
#include "daemon/base/target-file.h"
#include "daemon/base/target-internal.h"

#include <string.h>

#include "daemon/base/capture-errno.h"
#include "daemon/base/capture.h"
#include "daemon/base/clock.h"
#include "daemon/base/memo.h"

/* A file that was changed as lately as this may change again and bear the same time:
 * file systems count in ticks, of 2 s on FAT. */
#define SETTLED_NSEC INT64_C(3000000000)

static PfJson *lines_to_json(const char *text, size_t n) {
        PF_AUTO_STRV PfStrv lines = { 0 };

        for (const char *end; n > 0; n -= (size_t) (end + 1 - text), text = end + 1) {
                end = memchr(text, '\n', n);
                if (!end || pf_strv_add_n(&lines, text, (size_t) (end - text)) < 0)
                        return NULL;
        }
        return pf_capture_strv_to_json("lines", &lines);
}

static int lines_from_json(const PfJson *answer, const char *path, PfBuf *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv lines = { 0 };
        int r = pf_capture_strv_from_json(answer, "lines", path, &lines, err);

        for (size_t i = 0; i < lines.n && r == 0; i++)
                r = pf_buf_printf(ret, "%s\n", lines.items[i]);
        return r;
}

/* What was captured: the lines, or why there are none. */
static int recall_lines(const PfJson *answer, const char *path, PfBuf *ret, PfErr *err) {
        const char *text = pf_json_get_string(answer, "text");
        int error = pf_capture_errno_from_number(pf_json_integer(pf_json_get(answer, "error")));

        if (text && error < 0)
                return pf_err_set(err, error, "%s", text);
        return lines_from_json(answer, path, ret, err);
}

static PfJson *error_to_json(int r, const PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        if (!answer || pf_json_put_uint(answer, "error", pf_capture_errno_to_number(r)) < 0 ||
            pf_json_put_string(answer, "text", pf_err_text(err, r)) < 0)
                return NULL;
        return PF_STEAL(answer);
}

static bool is_settled(const PfFileIdentity *identity) {
        int64_t last = identity->changed_nsec ? identity->changed_nsec : identity->modified_nsec;

        return last < (int64_t) pf_clock_realtime_usec() * 1000 - SETTLED_NSEC;
}

/* What the file says, out of memory where it is the same as when it was read. */
static int look_up(const PfTarget *target, const char *subject, const char *path,
                   PfTargetFile *file, PfDerive work, void *data, PfBuf *ret, PfErr *err) {
        PfMemo *memo = pf_target_memo(target);
        PfFileIdentity before, after;
        bool settled;
        int r;

        r = pf_target_file_identify(file, &before, err);
        if (r == 0)
                r = pf_memo_find(memo, subject, path, &before, ret);
        if (r != PF_MEMO_NONE)
                return r;
        settled = is_settled(&before);
        r = work(file, data, ret, err);
        if (r == 0)
                r = pf_target_file_identify(file, &after, err);
        if (r == 0 && settled && pf_file_identity_equal(&before, &after))
                pf_memo_keep(memo, subject, path, &before, ret->data, ret->n);
        return r;
}

int pf_target_derive(const PfTarget *target, const char *subject, const char *path, PfDerive work,
                     void *data, PfBuf *ret, PfErr *err) {
        /* What an overlay holds is no file of the machine's, and not taken for one. */
        const bool is_held = pf_overlay_holds(target, path);
        PF_CLEANUP(pf_target_file_closep) PfTargetFile *file = NULL;
        const PfJson *answer = NULL;
        PfErr cause = { 0 };
        int r;

        if (!is_held && pf_target_recall(target, subject, path, &answer, &cause) == 0)
                return recall_lines(answer, path, ret, err);
        r = pf_target_open(target, path, &file, err);
        if (r != 0)
                return r;
        cause = (PfErr){ 0 };
        r = is_held ? work(file, data, ret, &cause)
                    : look_up(target, subject, path, file, work, data, ret, &cause);
        if (pf_target_is_recorded(target))
                pf_target_remember(target, subject, path,
                                   r == 0 ? lines_to_json(ret->data ? ret->data : "", ret->n)
                                          : error_to_json(r, &cause));
        return r < 0 ? pf_err_set(err, r, "%s", pf_err_text(&cause, r)) : 0;
}
