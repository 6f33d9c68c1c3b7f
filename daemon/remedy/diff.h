/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/buf.h"

/**
 * pf_diff() - the difference of two texts as patch(1) takes it
 * @before, @after: NULL: there is no such file (/dev/null)
 * @path:   for both headers: "--- a/etc/ssh/sshd_config"
 * Rule:    POSIX, diff, "Diff -u Output Format"; three lines of context; "\ No newline at
 *          end of file". Bytes that no terminal should get are left as they are: who
 *          prints escapes them.
 * Return:  0, also where nothing differs (then nothing is added); -ENOBUFS, -ENOMEM.
 */
int pf_diff(const char *path, const char *before, size_t n_before, const char *after,
            size_t n_after, PfBuf *ret) PF_MUST_CHECK;
