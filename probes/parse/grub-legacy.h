/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "probes/parse/boot-entry.h"

/**
 * pf_grub_legacy_parse() - menu.lst, or grub.conf, of GRUB 0.97
 * @path: of the file, for evidence
 * @text: @n bytes
 * @ret:  an empty menu; the caller frees it in any case
 *
 * Settings are the commands before the first title (default, fallback, timeout
 * …) with what follows them, and what Debian's update-grub reads out of comments:
 * "# kopt=…" is the setting "# kopt". A password has no value here. Entries have
 * their title; root, uuid and find are PF_BOOT_SEARCH.
 *
 * Rule:   GRUB legacy manual, "Configuration": a command ends at a blank or '=';
 *         '#' begins a comment where a line begins; '\' before the end of a line
 *         goes on with it; the words of a kernel are separated by blanks alone.
 * Return: 0, -E2BIG, -ENOMEM.
 */
int pf_grub_legacy_parse(const char *path, const char *text, size_t n, PfBootMenu *ret,
                         PfErr *err) PF_MUST_CHECK;
