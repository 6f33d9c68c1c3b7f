/* SPDX-License-Identifier: MIT */
/* Here is no Windows that could be asked. */
#include "daemon/platform/windows-facts.h"

int pf_windows_ask(PfWindowsFact fact, const char *question, void *ret, PfErr *err) {
        (void) fact;
        (void) question;
        (void) ret;
        (void) err;
        return PF_WINDOWS_NOT_ASKED;
}
