/* SPDX-License-Identifier: MIT */
#include "daemon/platform/process.h"

#include <windows.h>

/* Windows Error Reporting writes dumps, and asks the process; no dialogue stops a service. */
void pf_process_forbid_core_dumps(void) {
        (void) SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX |
                            SEM_NOOPENFILEERRORBOX);
}

/* There is no such signal. */
void pf_process_ignore_broken_pipes(void) {
}
