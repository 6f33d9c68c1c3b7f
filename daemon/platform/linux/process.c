/* SPDX-License-Identifier: MIT */
#include "daemon/platform/process.h"

#include <signal.h>
#include <sys/resource.h>

void pf_process_forbid_core_dumps(void) {
        const struct rlimit none = { 0, 0 };

        (void) setrlimit(RLIMIT_CORE, &none);
}

void pf_process_ignore_broken_pipes(void) {
        (void) signal(SIGPIPE, SIG_IGN);
}
