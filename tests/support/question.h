/* SPDX-License-Identifier: MIT */
#pragma once

/* Questions to ask in tests of what runs probes. */

#include <check.h>

#include "daemon/report/question.h"

/* What @profile asks of its own account; @only: a pattern of checks, or NULL for all.
 * The caller gives up its reference. */
static inline PfQuestion *pf_test_question(PfProfile *profile, const char *only) {
        PF_AUTO_STRV PfStrv patterns = { 0 };
        PfQuestion *question = NULL;
        PfErr err = { 0 };

        if (only)
                ck_assert_int_eq(pf_strv_add(&patterns, only), 0);
        ck_assert_int_eq(pf_question_new(&(PfQuestionSpec){ .profile = profile, .only = &patterns },
                                         &question, NULL, &err),
                         0);
        return question;
}
