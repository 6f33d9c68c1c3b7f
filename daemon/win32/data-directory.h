/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"

/*
 * %ProgramData%\preflightd: settings, profiles, waivers and the log. Any user may make a folder in
 * %ProgramData%, so also this one, before we are installed: what lies there counts only where
 * administrators put it there.
 */

/**
 * pf_data_directory_path() - where it is
 * @ret:   an absolute path of Windows in UTF-8, which the caller frees
 * Rule:   FOLDERID_ProgramData; the environment is not asked.
 * Return: 0, -ENOMEM, or a negative errno with a text.
 */
int pf_data_directory_path(char **ret, PfErr *err) PF_MUST_CHECK;

/**
 * pf_data_directory_check() - may what lies there be believed?
 * Return: 0, also where it is not there; -EACCES with a text where a file or folder belongs to
 *         somebody else than administrators; -ELOOP for a link; -EMLINK for a file that has
 *         another name elsewhere; another negative errno. What we may not look at we do not
 *         read either, and it is left out.
 */
int pf_data_directory_check(const char *path, PfErr *err) PF_MUST_CHECK;

/**
 * pf_data_directory_make() - make it where it is not there, check it where it is; and let
 * nobody but the system and administrators write there, and users read
 * Return: as pf_data_directory_check(); -EACCES also for what denies us to look at it, which its
 *         owner may open to us later.
 */
int pf_data_directory_make(const char *path, PfErr *err) PF_MUST_CHECK;
