/* SPDX-License-Identifier: MIT */
/*
 * Who a machine is, as far as its files or its registry tell. Nothing here is a verdict: what
 * cannot be read is left out of the report.
 */
#include "daemon/report/readiness.h"

#include <string.h>

#include "daemon/platform/registry.h"
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

/* --- Linux --- */

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

static void read_linux(const PfTarget *target, PfHost *host) {
        bool live = pf_target_is_live(target);

        host->hostname = read_line(target, live ? "/proc/sys/kernel/hostname" : "/etc/hostname");
        host->machine_id = read_line(target, "/etc/machine-id");
        host->os = read_os(target);
        if (!live)
                return;
        host->boot_id = read_line(target, "/proc/sys/kernel/random/boot_id");
        host->kernel = read_line(target, "/proc/sys/kernel/osrelease");
}

/* --- Windows --- */

/* A text of the registry; NULL where there is none. */
static char *read_value(const PfTarget *target, const char *path, const char *name) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const char *text;

        if (pf_registry_read(target, path, &key, NULL) != 0 ||
            pf_registry_text(&key, name, &text, NULL) != 0)
                return NULL;
        return *text ? strdup(text) : NULL;
}

/* "10.0.20348": before Windows 10 the first two numbers are one text. */
static char *read_version(const PfRegistryKey *key) {
        PF_AUTO_BUF PfBuf version = PF_BUF_INIT(LINE_MAX_BYTES);
        uint64_t major, minor;
        const char *old, *build;
        int r = -ENOENT;

        if (pf_registry_text(key, "CurrentBuild", &build, NULL) != 0)
                return NULL;
        if (pf_registry_number(key, "CurrentMajorVersionNumber", &major, NULL) == 0 &&
            pf_registry_number(key, "CurrentMinorVersionNumber", &minor, NULL) == 0)
                r = pf_buf_printf(&version, "%u.%u.%s", (unsigned) major, (unsigned) minor, build);
        else if (pf_registry_text(key, "CurrentVersion", &old, NULL) == 0)
                r = pf_buf_printf(&version, "%s.%s", old, build);
        return r < 0 ? NULL : pf_buf_steal(&version);
}

static void read_windows(const PfTarget *target, PfHost *host) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        const char *product;

        host->hostname = read_value(
                target, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters", "Hostname");
        host->machine_id =
                read_value(target, "HKLM\\SOFTWARE\\Microsoft\\Cryptography", "MachineGuid");
        if (pf_registry_read(target, "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", &key,
                             NULL) != 0)
                return;
        if (pf_registry_text(&key, "ProductName", &product, NULL) == 0 && *product)
                host->os = strdup(product);
        if (pf_target_is_live(target))
                host->kernel = read_version(&key);
}

void pf_host_read(const PfTarget *target, PfHost *host) {
        if (pf_target_platform(target) == PF_PLATFORM_WINDOWS)
                read_windows(target, host);
        else
                read_linux(target, host);
}
