/* SPDX-License-Identifier: MIT */
/*
 * Who a machine is, as far as its files tell. Nothing here is a verdict: what
 * cannot be read is left out of the report.
 */
#include "daemon/report/readiness.h"

#include <string.h>

#include "probes/parse/os-release.h"

#define LINE_MAX_BYTES 1024

void pf_host_deinit(PfHost *host) {
        free(host->hostname);
        free(host->machine_id);
        free(host->boot_id);
        free(host->os);
        free(host->kernel);
        *host = (PfHost){ 0 };
}

/* The first line of a file, without white space around it; NULL where there is none. */
static char *read_line(const PfTarget *target, const char *path) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(LINE_MAX_BYTES + 1);
        char *start;

        if (pf_target_read(target, path, LINE_MAX_BYTES, &buf, NULL) != 0 || buf.n == 0)
                return NULL;
        start = buf.data + strspn(buf.data, " \t");
        start[strcspn(start, " \t\r\n")] = '\0';
        return *start ? strdup(start) : NULL;
}

void pf_host_read(const PfTarget *target, PfHost *host) {
        bool live = pf_target_is_live(target);

        host->hostname = read_line(target, live ? "/proc/sys/kernel/hostname" : "/etc/hostname");
        host->machine_id = read_line(target, "/etc/machine-id");
        host->os = pf_os_release_short_name(target);
        if (!live)
                return;
        host->boot_id = read_line(target, "/proc/sys/kernel/random/boot_id");
        host->kernel = read_line(target, "/proc/sys/kernel/osrelease");
}
