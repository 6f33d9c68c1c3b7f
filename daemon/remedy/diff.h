/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/buf.h"

/* Longer texts are not compared. */
#define PF_DIFF_MAX (4u << 20)

/**
 * pf_diff() - the difference of two texts as patch(1) takes it
 * @before, @after: NULL: there is no such file (/dev/null)
 * @path:   for both headers: "--- a/etc/ssh/sshd_config"; quoted as diff(1) does where it
 *          holds quotes or controls
 * Rule:    POSIX, diff, "Diff -u Output Format"; three lines of context; "\ No newline at
 *          end of file". Bytes that no terminal should get are left as they are: who
 *          prints escapes them.
 *          As few lines as can be, up to a thousand; of texts that differ in more, all from
 *          the first line that differs to the last is replaced.
 * Return:  0, also where nothing differs (then nothing is added; as for an empty file that
 *          is new, which the format cannot say); -ENOBUFS, also beyond PF_DIFF_MAX; -ENOMEM.
 *          On error @ret may hold a part.
 */
int pf_diff(const char *path, const char *before, size_t n_before, const char *after,
            size_t n_after, PfBuf *ret) PF_MUST_CHECK;
