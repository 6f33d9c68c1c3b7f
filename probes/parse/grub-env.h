/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"
#include "probes/parse/boot-entry.h"

/* GRUB makes blocks of this size; it reads others. */
#define PF_GRUB_ENV_SIZE 1024
#define PF_GRUB_ENV_MAX (64u << 10)

/**
 * pf_grub_env_parse() - the variables of an environment block: grubenv
 * @path: of the file, for the settings and for texts of errors
 * @text: @n bytes
 * @ret:  settings are added to it, in the order of the block
 *
 * Rule:   GRUB manual, "The GRUB environment block": the header "# GRUB
 *         Environment Block", then NAME=VALUE each on a line; '\' keeps what
 *         follows it, a line break too; '#' begins what is no variable. A name goes on up to
 *         '=', also over lines: what stands in a line without one spoils the next. Of a name
 *         that is there twice the last counts.
 * Return: 0, -EINVAL for a block that GRUB refuses, -E2BIG, -ENOMEM.
 */
int pf_grub_env_parse(const char *path, const char *text, size_t n, PfBootSettings *ret,
                      PfErr *err) PF_MUST_CHECK;
