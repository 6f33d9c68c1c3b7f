/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/here.h"

#include <stdio.h>

/* more.com of Windows takes neither UTF-8 nor colours. */
const char *const pf_here_pager = NULL;

/* The shell has said by then that there is no such command: 1 is what cmd.exe ends with. */
int pf_here_page(const char *command, const char *bytes, size_t n) {
        FILE *pager;
        int status;

        if (!getenv("LESS"))
                (void) _putenv("LESS=FRX");
        (void) _putenv("LESSSECURE=1");
        (void) _putenv("LESSCHARSET=utf-8");
        pager = _popen(command, "wb");
        if (!pager)
                return PF_HERE_NOT_STARTED;
        (void) !fwrite(bytes, 1, n, pager); /* it may be left before the end */
        status = _pclose(pager);
        return status == 1 ? PF_HERE_NOT_STARTED : status;
}
