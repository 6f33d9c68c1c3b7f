/* SPDX-License-Identifier: MIT */
#pragma once

#include "config/config.h"
#include "daemon/report/question.h"

/**
 * pf_settings_question() - what the settings ask of their machine
 * @machine:   whose profiles and lists of kernels are used
 * @account:   instead of the settings', and @source; NULL: theirs
 * @ret_field: as in pf_question_new(); or NULL
 * Return:     0; -ENOENT with a text where there is no such profile; as pf_profile_load() and
 *             pf_question_new().
 */
int pf_settings_question(PfTarget *machine, const PfSettings *settings, const char *account,
                         const char *source, PfQuestion **ret, const char **ret_field,
                         PfErr *err) PF_MUST_CHECK;
