/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"

#define PF_RUN_PATH "/run/preflightd" /* below the root of the machine */

/**
 * pf_run_directory() - open a directory of ours in PF_RUN_PATH, made where it is not there
 * @mode: of one that is made
 *
 * The directory above may belong to another user (systemd.exec(5), RuntimeDirectory=): what is
 * root's is made, and no link is followed.
 * Return: a file descriptor, which the caller closes; -EPERM where it is somebody else's, … with a
 *         text.
 */
int pf_run_directory(const char *root, const char *name, mode_t mode, PfErr *err) PF_MUST_CHECK;
