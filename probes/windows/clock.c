/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-clock: is the clock right, and does somebody keep it? Of a member of a
 * domain it is compared with that of a domain controller.
 */
#include <string.h>
#include <strings.h>

#include "probes/windows/ask-look.h"

#define SERVICE "W32Time"
#define CONTROLLER "domain controller"
#define PARAMETERS PF_SERVICES "\\W32Time\\Parameters"
#define SKEW_USEC (UINT64_C(300) * 1000000) /* what Kerberos bears */

static const PfCheck check = { "system.clock" };

static void advise(PfRegistryLook *look) {
        pf_finding_reason(&look->findings, "clock-not-synchronised");
        pf_finding_remedy(&look->findings, "set the start type of W32Time to automatic, start it, "
                                           "and run \"w32tm /resync\"");
}

static int judge_service(PfRegistryLook *look) {
        char place[PF_WINDOWS_TEXT_MAX], text[PF_WINDOWS_TEXT_MAX];
        PfWindowsService found = { 0 };
        int r = pf_look_fact(look, SERVICE, PF_WINDOWS_SERVICE, SERVICE, &found);
        const bool keeps = found.state == PF_SERVICE_RUNNING ||
                           (found.state == 0 && found.start <= PF_SERVICE_DEMAND);

        if (r != 0)
                return r < 0 ? r : 0;
        if (found.error && found.error != PF_NO_SUCH_SERVICE)
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, SERVICE,
                               "Windows does not tell the state of the service %s", SERVICE);
        else if (!found.error && keeps)
                pf_finding_add(&look->findings, PF_FINDING_GOOD, SERVICE, "%s keeps the clock",
                               SERVICE);
        else
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, SERVICE,
                               "nobody keeps the clock");
        pf_look_said(look, pf_windows_service_place(SERVICE, &found, place),
                     pf_windows_service_text(&found, text), "running");
        if (found.error == PF_NO_SUCH_SERVICE || (!found.error && !keeps))
                advise(look);
        return 0;
}

/* Type: NTP, NT5DS (of the domain), AllSync (both), NoSync. */
static int judge_source(PfRegistryLook *look, bool is_member) {
        PF_AUTO_FREE char *type = NULL;
        int r = pf_look_text(look, "time source", PARAMETERS, "Type", &type);

        if (r < 0 || r == PF_LOOKED_FAILED)
                return r < 0 ? r : 0;
        if (r == 0 && strcasecmp(type, "NoSync") == 0)
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, "time source",
                               "W32Time is told to ask nobody for the time");
        else if (r == 0 && strcasecmp(type, "NT5DS") == 0 && !is_member)
                pf_finding_add(&look->findings, PF_FINDING_DOUBTFUL, "time source",
                               "W32Time asks a domain for the time, and the machine is in none");
        else
                return 0;
        pf_look_evidence_at(look, PARAMETERS, "Type", type, is_member ? "NT5DS" : "NTP");
        advise(look);
        return 0;
}

static void compare(PfRegistryLook *look, const char *server, const PfWindowsTime *time) {
        const bool is_ahead = time->here_usec > time->there_usec;
        const uint64_t off =
                is_ahead ? time->here_usec - time->there_usec : time->there_usec - time->here_usec;
        char place[PF_WINDOWS_TEXT_MAX], text[64];

        (void) snprintf(place, sizeof(place), "NetRemoteTOD(%.128s)", server);
        (void) snprintf(text, sizeof(text), "%llu s %s", (unsigned long long) (off / 1000000),
                        is_ahead ? "ahead" : "behind");
        if (off <= SKEW_USEC)
                pf_finding_add(&look->findings, PF_FINDING_GOOD, CONTROLLER,
                               "the clock is that of the domain controller");
        else
                pf_finding_add(
                        &look->findings, PF_FINDING_BAD, CONTROLLER,
                        "the clock is more than 5 minutes off that of the domain controller");
        pf_look_said(look, place, text, "at most 300 s");
        if (off > SKEW_USEC)
                advise(look);
}

/* That a service runs says nothing of what the clock shows: who could have told it did not. */
static int judge_time(PfRegistryLook *look, const char *server) {
        char place[PF_WINDOWS_TEXT_MAX];
        PfWindowsTime time = { 0 };
        int r = pf_look_fact(look, CONTROLLER, PF_WINDOWS_TIME, server, &time);

        if (r != 0)
                return r < 0 ? r : 0;
        if (time.error == 0) {
                compare(look, server, &time);
                return 0;
        }
        pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, CONTROLLER,
                       "the domain controller does not tell the time");
        (void) snprintf(place, sizeof(place), "NetRemoteTOD(%.128s)", server);
        pf_look_said_error(look, place, time.error);
        return 0;
}

/* A controller that is not found is another check's matter. */
static int judge_difference(PfRegistryLook *look) {
        PfWindowsController controller = { 0 };
        PfErr ignored = { 0 };
        int r = pf_windows_fact(look->target, PF_WINDOWS_CONTROLLER, "controller", &controller,
                                &ignored);

        if (r == 0 && controller.error == 0 && controller.name)
                r = judge_time(look, controller.name);
        pf_windows_fact_deinit(PF_WINDOWS_CONTROLLER, &controller);
        return r == -ENOMEM ? r : 0;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        PfWindowsJoin join = { 0 };
        PfErr ignored = { 0 };
        int member = pf_windows_is_member(target, &join, &ignored);
        int r = member == -ENOMEM ? member : judge_service(&look);

        (void) demand;
        (void) err;
        if (r == 0)
                r = judge_source(&look, member != 0);
        if (r == 0 && member > 0)
                r = judge_difference(&look);
        pf_windows_fact_deinit(PF_WINDOWS_JOIN, &join);
        if (r < 0)
                return r;
        return pf_look_answer(&look, report, &check, "somebody keeps the clock",
                              "no clock runs in an image");
}

const PfProbe pf_probe_windows_clock = {
        .name = "windows-clock",
        .checks = &check,
        .n_checks = 1,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 20000,
        .run = run,
};
