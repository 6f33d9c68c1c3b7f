/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/pager.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/here.h"

/* NULL: none is wanted. */
static const char *pager_command(void) {
        const char *pager = getenv("PAGER");

        if (!pager)
                return pf_here_pager;
        return *pager == '\0' || strcmp(pager, "cat") == 0 ? NULL : pager;
}

int pf_pager_show(PfPage *page, PfErr *err) {
        const char *command = pager_command();
        int r;

        if (!page->terminal->is_terminal || !command || page->error < 0 || page->out.n == 0)
                return pf_page_write(page, STDOUT_FILENO, err);
        /* Keys that interrupt are for the pager. */
        (void) signal(SIGINT, SIG_IGN);
        r = pf_here_page(command, page->out.data, page->out.n);
        (void) signal(SIGINT, SIG_DFL);
        if (r < 0 || r == PF_HERE_NOT_STARTED)
                return pf_page_write(page, STDOUT_FILENO, err);
        page->out.n = 0;
        return 0;
}
