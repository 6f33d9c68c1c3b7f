/* SPDX-License-Identifier: MIT */
/*
 * The database of packages: is it there, whole, and free for the installer to write to?
 *
 * What only a walk through all records would show, as rpm --verifydb does, is not looked
 * for: of RPM's the head has to be that of a database as large as the file is.
 */
#include <string.h>

#include "probes/system/prerequisites.h"

#define NAME "package database"
#define STATUS_MAX (64u << 20)

static void add_damage(PfFindings *findings, const char *path, const char *text) {
        pf_finding_add(findings, PF_FINDING_BAD, NAME, "%s", text);
        pf_finding_evidence_said(findings, path, NULL, "a database that is whole");
        pf_finding_reason(findings, "package-database");
}

static int add_unknown(PfFindings *findings, int r, const PfErr *err) {
        return pf_prerequisite_unknown(findings, NAME, "the state of the package database", r, err);
}

/* --- locks --- */

/* Is a lock held by another package manager? @waits: the installer's waits for it. */
static int judge_lock(const PfPrerequisites *all, PfFindings *findings, const char *path,
                      bool waits) {
        PfFileInfo info;
        PfErr err = { 0 };
        char found[64];
        int pid, r;

        r = pf_target_stat(all->room->target, path, &info, &err);
        if (r < 0)
                return add_unknown(findings, r, &err);
        if (r != 0 || !all->room->runs)
                return 0;
        if (*all->locks.reason) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, NAME,
                               "whether a package manager is at work is not known: %s",
                               all->locks.reason);
                return 0;
        }
        if (!pf_file_locks_holder(&all->locks, &info, &pid))
                return 0;
        (void) snprintf(found, sizeof(found), "locked by process %d", pid);
        pf_finding_add(findings, waits ? PF_FINDING_DOUBTFUL : PF_FINDING_BAD, NAME,
                       "another package manager is at work%s",
                       waits ? ", and the installer has to wait for it" : "");
        pf_finding_evidence_said(findings, path, found, "not locked");
        pf_finding_reason(findings, "package-lock");
        pf_finding_remedy(findings, "wait until it is done");
        return 0;
}

/* --- dpkg --- */

#define DPKG "/var/lib/dpkg"
#define DPKG_STATUS DPKG "/status"

/* Third word of Status: of a package that nothing is wrong with. */
static bool is_settled(const char *state) {
        static const char *const settled[] = { "installed", "config-files", "not-installed",
                                               "triggers-pending", "triggers-awaited" };

        for (size_t i = 0; i < PF_ELEMENTS(settled); i++) {
                size_t n = strlen(settled[i]);

                if (strncmp(state, settled[i], n) == 0 && strchr("\r\n", state[n]))
                        return true;
        }
        return false;
}

typedef struct Unsettled {
        size_t n;
        const char *line; /* of the first one; NULL: none */
        const char *last; /* line with Status: that was seen at all */
} Unsettled;

/* "Status: WANTED EFLAG STATE": dpkg-query(1). Lines are found by what they begin with:
 * this file has a million bytes, and is read at every look. */
static Unsettled find_unsettled(const char *text) {
        static const char key[] = "\nStatus: ";
        Unsettled found = { 0 };

        for (const char *at = text; (at = strstr(at, key)); at++) {
                const char *word = at + sizeof(key) - 1;

                found.last = at + 1;
                for (int i = 0; i < 2; i++) {
                        word += strcspn(word, " \n");
                        word += *word == ' ';
                }
                if (is_settled(word))
                        continue;
                found.n++;
                if (!found.line)
                        found.line = at + 1;
        }
        return found;
}

static unsigned line_number(const char *text, const char *at) {
        unsigned n = 1;

        while ((text = memchr(text, '\n', (size_t) (at - text))) && text++ < at)
                n++;
        return n;
}

static void judge_status(PfFindings *findings, const PfBuf *buf) {
        const char *text = buf->data ? buf->data : "";
        Unsettled unsettled = find_unsettled(text);
        char line[128];

        if (!unsettled.last || strlen(text) != buf->n) {
                add_damage(findings, DPKG_STATUS, "the database of dpkg is damaged");
                return;
        }
        if (unsettled.n == 0)
                return;
        (void) snprintf(line, sizeof(line), "%.*s", (int) strcspn(unsettled.line, "\r\n"),
                        unsettled.line);
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, NAME, "dpkg has not finished with %zu %s",
                       unsettled.n, unsettled.n == 1 ? "package" : "packages");
        pf_finding_evidence(findings, DPKG_STATUS, line_number(text, unsettled.line), line,
                            "Status: install ok installed");
        pf_finding_reason(findings, "package-database");
        pf_finding_remedy(findings, "dpkg --configure -a");
}

/* What dpkg writes here it takes over into the database when it ends. */
static int judge_updates(const PfSystemRoom *room, PfFindings *findings) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr err = { 0 };
        int r = pf_target_list(room->target, DPKG "/updates", &names, &err);

        if (r < 0)
                return add_unknown(findings, r, &err);
        for (size_t i = 0; i < names.n; i++) {
                if (strspn(names.items[i], "0123456789") != strlen(names.items[i]))
                        continue;
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, NAME, "dpkg was interrupted");
                pf_finding_evidence_said(findings, DPKG "/updates", names.items[i], "empty");
                pf_finding_reason(findings, "package-database");
                pf_finding_remedy(findings, "dpkg --configure -a");
                return 0;
        }
        return 0;
}

static int judge_dpkg(const PfPrerequisites *all, PfFindings *findings) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(STATUS_MAX);
        PfErr err = { 0 };
        int r = pf_target_read(all->room->target, DPKG_STATUS, STATUS_MAX, &buf, &err);

        if (r < 0)
                return add_unknown(findings, r, &err);
        if (r == PF_TARGET_ABSENT) {
                add_damage(findings, DPKG_STATUS, "the database of dpkg is missing");
                return 0;
        }
        judge_status(findings, &buf);
        r = judge_updates(all->room, findings);
        if (r == 0)
                r = judge_lock(all, findings, DPKG "/lock-frontend", false);
        return r == 0 ? judge_lock(all, findings, DPKG "/lock", false) : r;
}

/* --- rpm --- */

#define HEAD_BYTES 512

static uint64_t number(const char *bytes, size_t n, bool big_endian) {
        uint64_t value = 0;

        for (size_t i = 0; i < n; i++)
                value = value << 8 | (unsigned char) bytes[big_endian ? i : n - 1 - i];
        return value;
}

/* "Database File Format" of SQLite: page size at 16, pages at 28, valid where 92 has the
 * counter of 24. */
static bool is_sqlite(const PfBuf *head, uint64_t size) {
        uint64_t page, pages;

        if (head->n < 100 || memcmp(head->data, "SQLite format 3", 16) != 0)
                return false;
        page = number(head->data + 16, 2, true);
        page = page == 1 ? 65536 : page;
        pages = number(head->data + 28, 4, true);
        return memcmp(head->data + 24, head->data + 92, 4) != 0 || pages == 0 ||
               size >= page * pages;
}

/* Berkeley DB: a hash or a tree by the number at 12, page size at 20, last page at 32. */
static bool is_berkeley(const PfBuf *head, uint64_t size) {
        static const uint32_t magics[] = { 0x00061561, 0x00053162 };

        for (int big = 0; big < 2 && head->n >= 40; big++)
                for (size_t i = 0; i < PF_ELEMENTS(magics); i++)
                        if (number(head->data + 12, 4, big) == magics[i])
                                return size >= number(head->data + 20, 4, big) *
                                                       (number(head->data + 32, 4, big) + 1);
        return false;
}

/* RPM's own format. */
static bool is_ndb(const PfBuf *head, uint64_t size) {
        return head->n >= 32 && size >= 32 && memcmp(head->data, "RpmP", 4) == 0;
}

static const struct Database {
        const char *name;
        bool (*is_whole)(const PfBuf *head, uint64_t size);
} databases[] = {
        { "rpmdb.sqlite", is_sqlite },
        { "Packages.db", is_ndb },
        { "Packages", is_berkeley },
};

/* SLES 15, and Fedora from 36 on, have it below /usr. */
static const char *const rpm_directories[] = { "/var/lib/rpm", "/usr/lib/sysimage/rpm" };

static int judge_database(const PfPrerequisites *all, PfFindings *findings, const char *path,
                          const struct Database *database) {
        PF_AUTO_BUF PfBuf head = PF_BUF_INIT(HEAD_BYTES);
        PfFileInfo info;
        PfErr err = { 0 };
        int r = pf_target_stat(all->room->target, path, &info, &err);

        if (r == 0)
                r = pf_target_read_head(all->room->target, path, HEAD_BYTES, &head, &err);
        if (r < 0)
                return add_unknown(findings, r, &err);
        if (r != 0)
                return r;
        if (database->is_whole(&head, info.size_bytes))
                return 0;
        add_damage(findings, path, "the database of RPM is damaged");
        pf_finding_remedy(findings, "keep a copy of its directory, then: rpm --rebuilddb");
        pf_finding_vendor(findings, "refused, unless it can rebuild it: "
                                    "ASRMobilityServiceInstallerRPMDatabaseInconsistent");
        return 0;
}

static int judge_rpm(const PfPrerequisites *all, PfFindings *findings) {
        char path[PF_SYSTEM_PATH_MAX];

        for (size_t i = 0; i < PF_ELEMENTS(rpm_directories) * PF_ELEMENTS(databases); i++) {
                const char *directory = rpm_directories[i / PF_ELEMENTS(databases)];
                const struct Database *database = &databases[i % PF_ELEMENTS(databases)];
                int r;

                (void) snprintf(path, sizeof(path), "%s/%s", directory, database->name);
                r = judge_database(all, findings, path, database);
                if (r == PF_TARGET_ABSENT)
                        continue;
                (void) snprintf(path, sizeof(path), "%s/.rpm.lock", directory);
                return r < 0 ? r : judge_lock(all, findings, path, true);
        }
        add_damage(findings, rpm_directories[0], "the database of RPM is missing");
        pf_finding_vendor(findings, "refused: ASRMobilityServiceInstallerRPMDatabaseInconsistent");
        return 0;
}

int pf_prerequisite_packages(PfPrerequisites *all, PfFindings *findings) {
        size_t before = findings->n;
        int r;

        switch (pf_system_family(all->room)) {
        case PF_FAMILY_DEBIAN:
        case PF_FAMILY_UBUNTU:
                r = judge_dpkg(all, findings);
                break;
        case PF_FAMILY_RHEL:
        case PF_FAMILY_SUSE:
                r = judge_rpm(all, findings);
                break;
        default:
                pf_finding_add(findings, PF_FINDING_IDLE, NAME, "none that the installer knows");
                return 0;
        }
        if (r < 0 || findings->n > before)
                return r;
        pf_finding_add(findings, PF_FINDING_GOOD, NAME, "the package database is in order");
        pf_finding_evidence_said(findings, NULL, "the package database is in order", NULL);
        return 0;
}
