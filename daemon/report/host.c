/* SPDX-License-Identifier: MIT */
/*
 * Who a machine is, as far as its files tell. Nothing here is a verdict: what
 * cannot be read is left out of the report.
 */
#include "daemon/report/readiness.h"

#include <string.h>

#include "probes/parse/os-release.h"

#define LINE_MAX_BYTES 1024
#define RELEASE_MAX_BYTES 65536

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

/* "debian 12": ID and VERSION_ID of os-release(5); NULL where there is no ID. */
static char *read_os(const PfTarget *target) {
        static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = NULL;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(RELEASE_MAX_BYTES + 1);
        PF_AUTO_BUF PfBuf name = PF_BUF_INIT(LINE_MAX_BYTES);
        const char *version;
        int r = PF_TARGET_ABSENT;

        for (size_t i = 0; i < PF_ELEMENTS(paths) && r == PF_TARGET_ABSENT; i++)
                r = pf_target_read(target, paths[i], RELEASE_MAX_BYTES, &text, NULL);
        if (r != 0 || text.n == 0 || pf_os_release_parse(text.data, text.n, &release) < 0)
                return NULL;
        version = pf_os_release_value(release, "VERSION_ID");
        if (pf_buf_printf(&name, "%s%s%s", pf_os_release_value(release, "ID"), *version ? " " : "",
                          version) < 0)
                return NULL;
        return name.data[0] && name.data[0] != ' ' ? pf_buf_steal(&name) : NULL;
}

void pf_host_read(const PfTarget *target, PfHost *host) {
        bool live = pf_target_is_live(target);

        host->hostname = read_line(target, live ? "/proc/sys/kernel/hostname" : "/etc/hostname");
        host->machine_id = read_line(target, "/etc/machine-id");
        host->os = read_os(target);
        if (!live)
                return;
        host->boot_id = read_line(target, "/proc/sys/kernel/random/boot_id");
        host->kernel = read_line(target, "/proc/sys/kernel/osrelease");
}
