/* SPDX-License-Identifier: MIT */
/*
 * The shells and tools that the installer and its scripts call, and the client of DHCP
 * that its checker looks for.
 *
 * Neither notices when one of them is missing: an empty answer is taken for an answer.
 */
#include <string.h>

#include "probes/system/prerequisites.h"

#define NAME "programs"
#define NAMES_MAX 200

typedef enum Weight {
        STOPS,   /* the installation ends without it */
        HINDERS, /* a step of it fails, or says something wrong */
} Weight;

typedef enum Where { EVERYWHERE, WITH_RPM, WITH_DPKG } Where;

#define REFUSED_BY_WHICH                                                                           \
        "refused, for another reason: ASRMobilityServiceDhcpClientNotAvailable, and where / is "   \
        "on LVM ASRMobilityServiceLvmPackageMissing"
#define REFUSED_BY_HOSTNAME "refused, for another reason: ASRMobilityServiceHostNameNotSet"
#define REFUSED_BY_LOCALE "refused: ASRMobilityServiceCLocaleNotAvailable"
#define REFUSED_BY_RPM "refused: exit 95"

/* One of @names has to be there. */
static const struct Tool {
        const char *names[3];
        const char *hint;
        Weight weight;
        Where where;
        const char *packages[2]; /* with rpm, with dpkg */
        const char *vendor;
} tools[] = {
        { { "sh" }, "/usr/bin", STOPS, EVERYWHERE, { "bash", "dash" }, NULL },
        { { "bash" }, "/usr/bin", STOPS, EVERYWHERE, { "bash", "bash" }, NULL },
        { { "env" }, "/usr/bin", STOPS, EVERYWHERE, { "coreutils", "coreutils" }, NULL },
        { { "which" },
          "/usr/bin",
          STOPS,
          EVERYWHERE,
          { "which", "debianutils" },
          REFUSED_BY_WHICH },
        { { "awk" }, "/usr/bin", STOPS, EVERYWHERE, { "gawk", "gawk" }, NULL },
        { { "sed" }, "/usr/bin", STOPS, EVERYWHERE, { "sed", "sed" }, NULL },
        { { "grep" }, "/usr/bin", STOPS, EVERYWHERE, { "grep", "grep" }, NULL },
        { { "egrep" }, "/usr/bin", STOPS, EVERYWHERE, { "grep", "grep" }, NULL },
        { { "cut" }, "/usr/bin", STOPS, EVERYWHERE, { "coreutils", "coreutils" }, NULL },
        { { "tr" }, "/usr/bin", STOPS, EVERYWHERE, { "coreutils", "coreutils" }, NULL },
        { { "expr" }, "/usr/bin", STOPS, EVERYWHERE, { "coreutils", "coreutils" }, NULL },
        { { "basename" }, "/usr/bin", STOPS, EVERYWHERE, { "coreutils", "coreutils" }, NULL },
        { { "dirname" }, "/usr/bin", STOPS, EVERYWHERE, { "coreutils", "coreutils" }, NULL },
        { { "readlink" }, "/usr/bin", STOPS, EVERYWHERE, { "coreutils", "coreutils" }, NULL },
        { { "df" }, "/usr/bin", STOPS, EVERYWHERE, { "coreutils", "coreutils" }, NULL },
        { { "uname" }, "/usr/bin", STOPS, EVERYWHERE, { "coreutils", "coreutils" }, NULL },
        { { "tar" }, "/usr/bin", STOPS, EVERYWHERE, { "tar", "tar" }, NULL },
        { { "gzip" }, "/usr/bin", STOPS, EVERYWHERE, { "gzip", "gzip" }, NULL },
        { { "mount" }, "/usr/bin", STOPS, EVERYWHERE, { "util-linux", "mount" }, NULL },
        { { "hostname" },
          "/usr/bin",
          STOPS,
          EVERYWHERE,
          { "hostname", "hostname" },
          REFUSED_BY_HOSTNAME },
        { { "locale" },
          "/usr/bin",
          STOPS,
          EVERYWHERE,
          { "glibc-common", "libc-bin" },
          REFUSED_BY_LOCALE },
        { { "blkid" }, "/usr/sbin", STOPS, EVERYWHERE, { "util-linux", "util-linux" }, NULL },
        { { "modprobe" }, "/usr/sbin", STOPS, EVERYWHERE, { "kmod", "kmod" }, NULL },
        { { "depmod" }, "/usr/sbin", STOPS, EVERYWHERE, { "kmod", "kmod" }, NULL },
        { { "rpm" }, "/usr/bin", STOPS, WITH_RPM, { "rpm", NULL }, REFUSED_BY_RPM },
        { { "dpkg" }, "/usr/bin", STOPS, WITH_DPKG, { NULL, "dpkg" }, NULL },
        { { "systemctl", "chkconfig", "update-rc.d" },
          "/usr/bin",
          STOPS,
          EVERYWHERE,
          { "systemd", "systemd" },
          NULL },
        { { "dracut", "mkinitrd", "update-initramfs" },
          "/usr/sbin",
          STOPS,
          EVERYWHERE,
          { "dracut", "initramfs-tools" },
          NULL },
        { { "lsmod" }, "/usr/sbin", HINDERS, EVERYWHERE, { "kmod", "kmod" }, NULL },
        { { "sfdisk" }, "/usr/sbin", HINDERS, EVERYWHERE, { "util-linux", "fdisk" }, NULL },
        { { "dmsetup" }, "/usr/sbin", HINDERS, EVERYWHERE, { "device-mapper", "dmsetup" }, NULL },
        { { "cpio" }, "/usr/bin", HINDERS, EVERYWHERE, { "cpio", "cpio" }, NULL },
        { { "zcat" }, "/usr/bin", HINDERS, EVERYWHERE, { "gzip", "gzip" }, NULL },
        { { "ps" }, "/usr/bin", HINDERS, EVERYWHERE, { "procps-ng", "procps" }, NULL },
        { { "pidof", "pgrep" }, "/usr/bin", HINDERS, EVERYWHERE, { "procps-ng", "procps" }, NULL },
        { { "openssl" }, "/usr/bin", HINDERS, EVERYWHERE, { "openssl", "openssl" }, NULL },
};

static bool is_dpkg_family(const PfSystemRoom *room) {
        PfSystemFamily family = pf_system_family(room);

        return family == PF_FAMILY_DEBIAN || family == PF_FAMILY_UBUNTU;
}

static bool is_called(const PfSystemRoom *room, const struct Tool *tool) {
        switch (tool->where) {
        case WITH_RPM:
                return pf_system_family(room) == PF_FAMILY_RHEL ||
                       pf_system_family(room) == PF_FAMILY_SUSE;
        case WITH_DPKG:
                return is_dpkg_family(room);
        default:
                return true;
        }
}

/* Any of its names. As pf_search_program(). */
static int find_tool(const PfPrerequisites *all, const struct Tool *tool,
                     char path[static PF_SYSTEM_PATH_MAX], PfErr *err) {
        int fault = PF_SEARCH_ABSENT;

        for (size_t i = 0; i < PF_ELEMENTS(tool->names) && tool->names[i]; i++) {
                int r = pf_search_program(all->room, &all->path, tool->names[i], tool->hint, path,
                                          err);

                if (r <= PF_SEARCH_FOUND)
                        return r;
                if (i == 0 || r != PF_SEARCH_ABSENT)
                        fault = r;
        }
        return fault;
}

static const char *names_of(const struct Tool *tool, char text[static NAMES_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < PF_ELEMENTS(tool->names) && tool->names[i]; i++)
                n += (size_t) snprintf(text + n, NAMES_MAX - n, "%s%s", i > 0 ? " or " : "",
                                       tool->names[i]);
        return text;
}

static void add_fault(const PfPrerequisites *all, PfFindings *findings, const struct Tool *tool,
                      PfSearchFault fault, const char *path) {
        const char *package = tool->packages[is_dpkg_family(all->room) ? 1 : 0];
        char names[NAMES_MAX];

        pf_finding_add(findings, tool->weight == STOPS ? PF_FINDING_BAD : PF_FINDING_DOUBTFUL,
                       tool->names[0], "%s %s", names_of(tool, names), pf_search_fault_text(fault));
        pf_finding_evidence_said(findings, *path ? path : NULL,
                                 *path ? pf_search_fault_text(fault) : names_of(tool, names),
                                 "a program that can be executed, in the PATH of the installer");
        if (all->path.source)
                pf_finding_evidence_said(findings, all->path.source, "PATH is set there", NULL);
        pf_finding_reason(findings, "missing-tool");
        if (package)
                pf_finding_remedy(findings, "install the package %s", package);
        if (tool->vendor)
                pf_finding_vendor(findings, "%s", tool->vendor);
}

static int look_for(PfPrerequisites *all, PfFindings *findings, const struct Tool *tool,
                    bool *ret_good) {
        char path[PF_SYSTEM_PATH_MAX];
        PfErr err = { 0 };
        int r = find_tool(all, tool, path, &err);

        *ret_good = r == PF_SEARCH_FOUND;
        if (r > 0)
                add_fault(all, findings, tool, (PfSearchFault) r, path);
        if (r >= 0)
                return 0;
        return pf_prerequisite_unknown(findings, tool->names[0], "whether a program is there", r,
                                       &err);
}

int pf_prerequisite_tools(PfPrerequisites *all, PfFindings *findings) {
        size_t n = 0, n_good = 0;

        for (size_t i = 0; i < PF_ELEMENTS(tools) && all->path_known; i++) {
                bool good;
                int r;

                if (!is_called(all->room, &tools[i]))
                        continue;
                r = look_for(all, findings, &tools[i], &good);
                if (r < 0)
                        return r;
                n++;
                n_good += good;
        }
        if (n == 0 || n_good < n)
                return 0;
        pf_finding_add(findings, PF_FINDING_GOOD, NAME, "all programs are there");
        pf_finding_evidence_said(findings, all->path.source, "all programs are there", NULL);
        return 0;
}

/* --- DHCP --- */

typedef struct Client {
        PfSystemFamily family;
        unsigned from, to; /* of the version's first number */
        const char *program;
        const char *hint;
        const char *package;
        const char *others[3]; /* the clients that have replaced it there */
} Client;

#define NETWORK_MANAGER "/usr/sbin/NetworkManager"
#define NETWORKD "/usr/lib/systemd/systemd-networkd"

/* What the checker looks for, by system. Where a system has replaced it, which does as
 * well: the agent's own preparation writes files for whatever client is there. */
static const Client clients[] = {
        { PF_FAMILY_RHEL, 5, 9, "dhclient", "/usr/sbin", "dhcp-client", { NULL } },
        { PF_FAMILY_RHEL, 10, 99, "dhclient", "/usr/sbin", NULL, { NETWORK_MANAGER } },
        { PF_FAMILY_SUSE, 11, 11, "dhcpcd", "/sbin", "dhcpcd", { NULL } },
        { PF_FAMILY_SUSE, 12, 12, "dhclient", "/sbin", "dhcp-client", { NULL } },
        { PF_FAMILY_SUSE, 15, 15, "/usr/lib/wicked/bin/wickedd-dhcp4", NULL, "wicked", { NULL } },
        { PF_FAMILY_SUSE, 16, 99, "dhclient", "/usr/sbin", NULL, { NETWORK_MANAGER } },
        { PF_FAMILY_UBUNTU, 4, 23, "dhclient", "/usr/sbin", "isc-dhcp-client", { NULL } },
        { PF_FAMILY_UBUNTU,
          24,
          99,
          "dhclient",
          "/usr/sbin",
          "isc-dhcp-client",
          { "/usr/sbin/dhcpcd", NETWORKD, NETWORK_MANAGER } },
        { PF_FAMILY_DEBIAN, 6, 12, "dhclient", "/usr/sbin", "isc-dhcp-client", { NULL } },
        { PF_FAMILY_DEBIAN,
          13,
          99,
          "dhclient",
          "/usr/sbin",
          NULL,
          { "/usr/sbin/dhcpcd", NETWORKD, NETWORK_MANAGER } },
};

#define DHCP_NAME "DHCP client"
#define DHCP_REFUSED "ASRMobilityServiceDhcpClientNotAvailable"

static const Client *find_client(const PfSystemRoom *room) {
        unsigned major = pf_system_major(room);

        for (size_t i = 0; i < PF_ELEMENTS(clients); i++)
                if (clients[i].family == pf_system_family(room) && major >= clients[i].from &&
                    major <= clients[i].to)
                        return &clients[i];
        return NULL;
}

/* The client that is there instead; NULL: none. */
static int find_other(const PfPrerequisites *all, const Client *client, const char **ret,
                      PfErr *err) {
        *ret = NULL;
        for (size_t i = 0; i < PF_ELEMENTS(client->others) && client->others[i]; i++) {
                char path[PF_SYSTEM_PATH_MAX];
                int r = pf_search_program(all->room, &all->path, client->others[i], NULL, path,
                                          err);

                if (r < 0)
                        return r;
                if (r == PF_SEARCH_FOUND) {
                        *ret = client->others[i];
                        return 0;
                }
        }
        return 0;
}

static void add_missing(PfFindings *findings, const Client *client, const char *program,
                        PfSearchFault fault, const char *other) {
        if (other)
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, DHCP_NAME,
                               "the DHCP client of this system is another one than %s, which the "
                               "agent's own check asks for",
                               program);
        else
                pf_finding_add(findings, PF_FINDING_BAD, DHCP_NAME, "the DHCP client %s %s",
                               program, pf_search_fault_text(fault));
        pf_finding_evidence_said(findings, other, other ? "is there" : program, program);
        pf_finding_reason(findings, "dhcp-client");
        if (client->package)
                pf_finding_remedy(findings, "install the package %s", client->package);
        if (other)
                pf_finding_vendor(findings,
                                  "refused: " DHCP_REFUSED ", as far as its check is published");
        else if (client->family == PF_FAMILY_RHEL && client->package)
                pf_finding_vendor(findings, "refused: " DHCP_REFUSED ", and the package that it "
                                            "names, dhclient, is called dhcp-client");
}

int pf_prerequisite_dhcp_client(PfPrerequisites *all, PfFindings *findings) {
        const Client *client = find_client(all->room);
        char path[PF_SYSTEM_PATH_MAX];
        const char *program, *other = NULL;
        PfErr err = { 0 };
        int r;

        if (!all->path_known)
                return 0; /* that is a finding already */
        if (!client) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, DHCP_NAME,
                               "which DHCP client the installer asks for is not known: no file "
                               "names a system that it supports");
                return 0;
        }
        r = pf_search_program(all->room, &all->path, client->program, client->hint, path, &err);
        program =
                strrchr(client->program, '/') ? strrchr(client->program, '/') + 1 : client->program;
        if (r > 0) {
                int failed = find_other(all, client, &other, &err);

                if (failed == 0)
                        add_missing(findings, client, program, (PfSearchFault) r, other);
                r = failed;
        } else if (r == 0) {
                pf_finding_add(findings, PF_FINDING_GOOD, DHCP_NAME, "the DHCP client %s is there",
                               program);
                pf_finding_evidence_said(findings, path, program, NULL);
        }
        return r < 0 ? pf_prerequisite_unknown(findings, DHCP_NAME,
                                               "whether the DHCP client is there", r, &err)
                     : 0;
}
