/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/ctl/page.h"

/**
 * pf_pager_show() - write a page to standard output, through a pager where it has one
 * @page: empty afterwards
 *
 * Rule: a pager only on a terminal. PAGER names it; empty or "cat" means none; where it
 *       is not set, less, or else none. less leaves at once what fits on the screen, keeps
 *       colours, and may neither start programs nor open other files (LESSSECURE): we
 *       may have been started by root.
 * Return: as pf_page_write(). A pager that cannot be started is no error: then the page
 *       is written as it is. Nor is one that was left early.
 */
int pf_pager_show(PfPage *page, PfErr *err) PF_MUST_CHECK;
