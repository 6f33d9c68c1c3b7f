/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/base/strv.h"
#include "daemon/ctl/ctl.h"

/*
 * "12/16 ssh.server ...": how far a run is, and the first check that it waits
 * for, in one line of standard error. Only on a terminal, not with --quiet, and
 * not before it has taken long enough to be noticed. Erased at the end.
 */
typedef struct PfProgress PfProgress;

/* Does anybody see it? Otherwise pf_progress_new() gives NULL, which all take. */
bool pf_progress_is_visible(const PfCtl *ctl);

/**
 * pf_progress_new() - begin
 * @checks: what will be answered, in the order it is shown; copied
 * Return:  NULL where nobody sees it, or memory ran out: the run goes on.
 */
PfProgress *pf_progress_new(const PfCtl *ctl, uv_loop_t *loop, const PfStrv *checks);

void pf_progress_finished(PfProgress *progress, const char *check_id);

/* End, and erase what is shown. The loop must run on to release its timer. */
PfProgress *pf_progress_free(PfProgress *progress);
PF_DEFINE_CLEANUP(PfProgress, pf_progress_free);
