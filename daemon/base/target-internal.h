/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target.h"

/*
 * What the portable half of a target (daemon/base/target.c: references and the
 * record) and the half of each system (daemon/platform/…/target.c: the file
 * system) share. For these files alone.
 */

/**
 * pf_target_new_base() - a target without its root opened; takes over @root_fd
 * @root_fd: what the system's half needs to reach the root, or -1
 */
int pf_target_new_base(const char *root, int root_fd, PfTargetFlags flags, PfTarget **ret);
int pf_target_root_fd(const PfTarget *target);

bool pf_target_may_openat2(const PfTarget *target);
void pf_target_give_up_openat2(const PfTarget *target);

/* Note an outcome: @r is 0, PF_TARGET_ABSENT or a negative errno. Returns @r,
 * or -ENOMEM where it could not be noted. */
int pf_target_record(const PfTarget *target, const char *path, PfAccess access, int r);
