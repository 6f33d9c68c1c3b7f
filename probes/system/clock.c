/* SPDX-License-Identifier: MIT */
/*
 * Is the clock right? There is nobody here to compare it with: whether somebody keeps
 * it is looked at, and whether the date is one that cannot be.
 */
#include <string.h>
#include <time.h>

#include "config/kernels.h"
#include "daemon/platform/kernel-facts.h"
#include "probes/system/room.h"

#define NAME "synchronisation"
#define DATE "date"
#define SERVICE "time service"
#define USEC UINT64_C(1000000)
#define SKEW_USEC (300 * USEC) /* what Kerberos and the vendor's server bear */
#define DAY_USEC (86400 * USEC)
#define DATE_MAX 32

static const char *date_text(char text[static DATE_MAX], uint64_t usec) {
        time_t seconds = (time_t) (usec / USEC);
        struct tm tm;

        if (!gmtime_r(&seconds, &tm) || strftime(text, DATE_MAX, "%Y-%m-%d %H:%M UTC", &tm) == 0)
                (void) snprintf(text, DATE_MAX, "no date");
        return text;
}

/* --- the date --- */

/* What was written when the machine last ran, or was last updated. */
static const char *const newest_files[] = { "/var/lib/systemd/timesync/clock",
                                            "/var/lib/chrony/drift", "/etc/adjtime",
                                            "/var/log/wtmp", "/etc/os-release" };

/* "2026-07-02": when our own lists were made. 0 where it is no date. */
static uint64_t usec_of_lists(void) {
        struct tm tm = { 0 };

        if (sscanf(pf_kernels_as_of(NULL), "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) !=
            3)
                return 0;
        tm.tm_year -= 1900;
        tm.tm_mon--;
        return (uint64_t) timegm(&tm) * USEC;
}

static void add_impossible(PfFindings *findings, uint64_t now_usec, uint64_t at_usec,
                           const char *path, const char *of) {
        char now[DATE_MAX], at[DATE_MAX];

        pf_finding_add(findings, PF_FINDING_BAD, DATE, "the clock shows %s, which is before %s, %s",
                       date_text(now, now_usec), of, date_text(at, at_usec));
        pf_finding_evidence_said(findings, path, now, at);
        pf_finding_reason(findings, "clock-behind");
        pf_finding_remedy(findings, "set the clock, and have a service keep it: systemctl enable "
                                    "--now chrony (Debian, Ubuntu) or chronyd");
}

static int judge_date(const PfSystemRoom *room, PfFindings *findings, uint64_t now_usec) {
        uint64_t newest = usec_of_lists();
        const char *path = NULL;

        if (now_usec + DAY_USEC < newest) {
                add_impossible(findings, now_usec, newest, NULL, "the lists of kernels were made");
                return 0;
        }
        newest = 0;
        for (size_t i = 0; i < PF_ELEMENTS(newest_files); i++) {
                PfFileInfo info;
                PfErr ignored = { 0 };
                int r = pf_target_stat(room->target, newest_files[i], &info, &ignored);

                if (r == -ENOMEM)
                        return r;
                if (r != 0 || info.modified_usec <= 0 || (uint64_t) info.modified_usec <= newest)
                        continue;
                newest = (uint64_t) info.modified_usec;
                path = newest_files[i];
        }
        if (now_usec + SKEW_USEC < newest)
                add_impossible(findings, now_usec, newest, path,
                               "a file of the machine was written");
        return 0;
}

/* --- who keeps it --- */

/* What each service has in /run while it is there, and what enables it. */
static const struct Service {
        const char *name;
        const char *runs[2];
        const char *enabled[2];
} services[] = {
        { "systemd-timesyncd",
          { "/run/systemd/units/invocation:systemd-timesyncd.service", "/run/systemd/timesync" },
          { "/etc/systemd/system/dbus-org.freedesktop.timesync1.service",
            "/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service" } },
        { "chronyd",
          { "/run/chrony/chronyd.pid", "/run/chronyd.pid" },
          { "/etc/systemd/system/multi-user.target.wants/chronyd.service",
            "/etc/systemd/system/multi-user.target.wants/chrony.service" } },
        { "ntpd",
          { "/run/ntpd.pid", "/var/run/ntp/ntpd.pid" },
          { "/etc/systemd/system/multi-user.target.wants/ntpd.service",
            "/etc/systemd/system/multi-user.target.wants/ntpsec.service" } },
};

static const char *find_path(const PfSystemRoom *room, const char *const paths[2]) {
        for (size_t i = 0; i < 2; i++) {
                PfFileInfo info;
                PfErr ignored = { 0 };

                if (pf_target_lstat(room->target, paths[i], &info, &ignored) == 0)
                        return paths[i];
        }
        return NULL;
}

/* The service that runs, or of an image the one that would; NULL: none. */
static const struct Service *find_service(const PfSystemRoom *room, const char **ret_path) {
        for (size_t i = 0; i < PF_ELEMENTS(services); i++) {
                *ret_path = find_path(room, room->runs ? services[i].runs : services[i].enabled);
                if (*ret_path)
                        return &services[i];
        }
        return NULL;
}

static void advise(PfFindings *findings) {
        pf_finding_reason(findings, "clock-not-synchronised");
        pf_finding_remedy(findings, "have a service keep the clock: systemctl enable --now chrony "
                                    "(Debian, Ubuntu), chronyd or systemd-timesyncd, whichever is "
                                    "installed");
}

static void judge_image(const PfSystemRoom *room, PfFindings *findings) {
        const char *path = NULL;
        const struct Service *service = find_service(room, &path);

        if (service) {
                pf_finding_add(findings, PF_FINDING_GOOD, SERVICE, "%s keeps the clock",
                               service->name);
                pf_finding_evidence_said(findings, path, service->name, NULL);
                return;
        }
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, SERVICE,
                       "no service is enabled that would keep the clock");
        pf_finding_evidence_said(findings, services[1].enabled[0], NULL, "a time service");
        advise(findings);
}

/* --- the clock in hardware --- */

#define RTC "/sys/class/rtc/rtc0/since_epoch"
#define ADJTIME "/etc/adjtime"

/* Third line of adjtime(5): does it run in local time? Then the two are not comparable. */
static bool is_local(const PfSystemRoom *room) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_SYSTEM_WORD_MAX);
        PfErr ignored = { 0 };

        return pf_target_read_head(room->target, ADJTIME, PF_SYSTEM_WORD_MAX, &buf, &ignored) !=
                       0 ||
               (buf.data && strstr(buf.data, "\nLOCAL"));
}

/* Only of a clock that nobody keeps: to read the hardware takes long. */
static void compare_hardware(const PfSystemRoom *room, PfFindings *findings, uint64_t now_usec) {
        char word[PF_SYSTEM_WORD_MAX];
        unsigned long long seconds;
        uint64_t hardware, off;
        PfErr ignored = { 0 };

        if (is_local(room) || pf_system_read_word(room, RTC, word, &ignored) != 0 ||
            sscanf(word, "%18llu", &seconds) != 1)
                return;
        hardware = seconds * USEC;
        off = hardware > now_usec ? hardware - now_usec : now_usec - hardware;
        if (off <= SKEW_USEC)
                return;
        pf_finding_add(findings, PF_FINDING_DOUBTFUL, "hardware clock",
                       "nobody keeps the clock, and that of the hardware is more than 5 minutes "
                       "off it");
        pf_finding_evidence_said(findings, RTC, "more than 5 minutes off", "the same time");
        advise(findings);
}

/* --- all of it --- */

static void add_synchronised(PfFindings *findings, const char *path, const char *who) {
        pf_finding_add(findings, PF_FINDING_GOOD, NAME, "the clock is kept by %s", who);
        pf_finding_evidence_said(findings, path, "synchronised", NULL);
}

static void add_unsynchronised(const PfSystemRoom *room, PfFindings *findings) {
        const char *path = NULL;
        const struct Service *service = find_service(room, &path);

        if (service)
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, NAME,
                               "%s runs, and has not set the clock right yet", service->name);
        else
                pf_finding_add(findings, PF_FINDING_DOUBTFUL, NAME, "nobody keeps the clock");
        pf_finding_evidence_said(findings, path, "the kernel says that it is not synchronised",
                                 "synchronised");
        advise(findings);
}

/* What may not be asked the service of systemd also says by a file. */
static bool is_said_synchronised(const PfSystemRoom *room) {
        PfErr ignored = { 0 };

        return pf_system_has(room, "/run/systemd/timesync/synchronized", &ignored) == PF_YES;
}

static int judge_running(const PfSystemRoom *room, PfFindings *findings) {
        PfKernelClock clock = { .now_usec = pf_target_now_usec(room->target) };
        PfErr err = { 0 };
        int r = pf_kernel_clock(room->target, &clock, &err);
        const char *path = NULL;
        const struct Service *service = NULL;

        if (r == -ENOMEM)
                return r;
        if (r == 0 && clock.is_synchronised) {
                service = find_service(room, &path);
                add_synchronised(findings, path, service ? service->name : "the machine's host");
        } else if (r == 0) {
                add_unsynchronised(room, findings);
                compare_hardware(room, findings, clock.now_usec);
        } else if (is_said_synchronised(room)) {
                add_synchronised(findings, "/run/systemd/timesync/synchronized",
                                 "systemd-timesyncd");
        } else {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, NAME,
                               "whether the clock is synchronised is not known: %s",
                               r < 0 ? pf_err_text(&err, r) : "its kernel cannot be asked");
        }
        return judge_date(room, findings, clock.now_usec);
}

int pf_system_check_clock(const PfSystemRoom *room, const PfCheck *check, PfErr *err) {
        PF_AUTO_FINDINGS PfFindings findings = { .target = room->target };
        int r = 0;

        (void) err;
        if (room->runs)
                r = judge_running(room, &findings);
        else
                judge_image(room, &findings);
        if (r < 0)
                return r;
        return pf_findings_answer(&findings, room->report, check,
                                  "the clock shows a date that can be, and somebody keeps it",
                                  "no clock runs in an image");
}
