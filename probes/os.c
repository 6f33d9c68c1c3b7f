/* SPDX-License-Identifier: MIT */
/*
 * Probe os: is there an agent for this system?
 *
 * Two answers have to agree: what the vendor's documents support, held against
 * what the machine is; and what the vendor's installer takes the machine for,
 * since that is what refuses it. Kernels are another probe's subject.
 */
#include "probes/probe.h"

#include <string.h>

#include "config/profile.h"
#include "config/value.h"
#include "probes/os-system.h"

#define LABEL_MAX 200

static const PfCheck distribution = { .id = "os.distribution" };

typedef enum Support {
        SUPPORTED,
        OTHER_SYSTEM,
        OTHER_VERSION,
        SOME_POINT_RELEASES, /* and which this is, no file tells */
        LATER_AGENT,
} Support;

/* All that the answer is made of. */
typedef struct Facts {
        const PfDemand *demand;
        PfSystem system;
        PfArchitecture architecture;
        PfDetection detection;
        int detection_error; /* a release file that is there and cannot be read */
        PfErr detection_err;
        Support support;
        const PfDistribution *known; /* NULL for OTHER_SYSTEM */
        const char *since;           /* for LATER_AGENT */
        char label[LABEL_MAX];       /* the system for people: "Debian 12.5" */
} Facts;

static Support judge_versions(Facts *facts) {
        const PfVersionRanges *ranges = &facts->known->versions;
        Support support = OTHER_VERSION;

        for (size_t i = 0; i < ranges->n; i++) {
                const PfVersionRange *range = &ranges->items[i];
                PfWithin within = pf_version_within(facts->system.version, facts->system.exact,
                                                    range->from, range->to);

                if (within == PF_WITHIN_NO)
                        continue;
                if (range->since &&
                    pf_version_compare(facts->demand->agent_version, range->since) < 0) {
                        if (support == OTHER_VERSION)
                                support = LATER_AGENT;
                        facts->since = range->since;
                } else if (within == PF_WITHIN_YES) {
                        return SUPPORTED;
                } else {
                        support = SOME_POINT_RELEASES;
                }
        }
        return support;
}

static void judge(Facts *facts) {
        facts->known = pf_profile_distribution(facts->demand->profile, facts->system.id);
        facts->support = !facts->known               ? OTHER_SYSTEM
                         : !facts->system.version[0] ? OTHER_VERSION
                                                     : judge_versions(facts);
}

/* What of a file may be said to everybody; evidence withholds the rest. */
static void label(const PfTarget *target, Facts *facts) {
        const PfSystem *system = &facts->system;
        const char *name = facts->known ? facts->known->name : system->name;

        if (!pf_target_is_public(target, system->id_at.path) ||
            !pf_target_is_public(target, system->version_at.path))
                (void) snprintf(facts->label, sizeof(facts->label), "this system");
        else if (!name[0])
                (void) snprintf(facts->label, sizeof(facts->label), "a system without ID=");
        else
                (void) snprintf(facts->label, sizeof(facts->label), "%s %s", name,
                                system->version[0] ? system->version : "without a version");
}

static int gather(const PfTarget *target, const PfDemand *demand, Facts *facts, PfErr *err) {
        int r;

        facts->demand = demand;
        r = pf_system_identify(target, &facts->system, err);
        if (r != 0)
                return r;
        r = pf_system_architecture(target, &facts->architecture, err);
        if (r < 0)
                return r;
        facts->detection_error = pf_system_detect(target, demand->profile, demand->agent_version,
                                                  &facts->detection, &facts->detection_err);
        judge(facts);
        label(target, facts);
        return 0;
}

static int add_versions(const PfDistribution *known, PfBuf *text) {
        int r = pf_buf_printf(text, "%s", known->name);

        for (size_t i = 0; i < known->versions.n && r == 0; i++) {
                const PfVersionRange *range = &known->versions.items[i];
                bool one = strcmp(range->from, range->to) == 0;

                r = pf_buf_printf(text, "%s%s%s%s", i > 0 ? ", " : " ", range->from, one ? "" : "-",
                                  one ? "" : range->to);
                if (r == 0 && range->since)
                        r = pf_buf_printf(text, " (agent %s)", range->since);
        }
        return r;
}

/* Those of Windows are another probe's. */
static int add_names(const PfProfile *profile, PfBuf *text) {
        int r = 0;

        for (size_t i = 0; i < profile->distributions.n && r == 0; i++)
                if (strncmp(profile->distributions.items[i].id, "windows", 7) != 0)
                        r = pf_buf_printf(text, "%s%s", text->n > 0 ? ", " : "",
                                          profile->distributions.items[i].name);
        return r;
}

/* The system, with what would be supported. */
static int add_system_evidence(const PfTarget *target, PfReport *report, const Facts *facts) {
        const PfSystemLine *at = facts->known ? &facts->system.version_at : &facts->system.id_at;
        PF_AUTO_BUF PfBuf expected = PF_BUF_INIT(4096);
        int r;

        r = facts->known ? add_versions(facts->known, &expected)
                         : add_names(facts->demand->profile, &expected);
        if (r == -ENOMEM)
                return r;
        return pf_report_evidence(report, target, at->path, at->line, at->text[0] ? at->text : NULL,
                                  expected.data);
}

static int add_detection_evidence(const PfTarget *target, PfReport *report, const Facts *facts) {
        const PfSystemLine *at = &facts->detection.at;

        return pf_report_evidence(report, target, at->path, at->line, at->text[0] ? at->text : NULL,
                                  facts->detection.outcome == PF_DETECTED_ACCEPTED
                                          ? NULL
                                          : "a text by which the installer knows a system");
}

static bool refuses(const Facts *facts) {
        return facts->detection.outcome != PF_DETECTED_ACCEPTED;
}

/* The documents support it: will the installer know that? */
static int answer_supported(const PfTarget *target, PfReport *report, const Facts *facts) {
        const PfDetection *detection = &facts->detection;

        if (facts->detection_error < 0)
                return pf_report_unknown(report, &distribution,
                                         "what the installer takes %s for is not known: %s",
                                         facts->label, facts->detection_err.text);
        if (detection->outcome == PF_DETECTED_NOTHING)
                return pf_report_warn(report, &distribution,
                                      "%s is supported, but there is none of the files by which "
                                      "the installer would know it",
                                      facts->label);
        if (detection->outcome == PF_DETECTED_AGENT_TOO_OLD)
                return pf_report_fail(report, &distribution,
                                      "the installer knows %s from agent %s on, not in %s",
                                      facts->label, detection->since, facts->demand->agent_version);
        if (refuses(facts)) {
                (void) pf_report_fail(report, &distribution,
                                      "the installer does not know %s, because it goes by %s",
                                      facts->label, detection->at.path);
                (void) add_detection_evidence(target, report, facts);
                return pf_report_remedy(report, "Remove %s where no installed package owns it",
                                        detection->at.path);
        }
        if (!facts->architecture.name)
                return pf_report_warn(report, &distribution,
                                      "%s is supported, but no program tells whether this is %s",
                                      facts->label, facts->demand->profile->architecture);
        return pf_report_pass(report, &distribution, "%s is supported by agent %s", facts->label,
                              facts->demand->agent_version);
}

static int answer(const PfTarget *target, PfReport *report, const Facts *facts) {
        switch (facts->support) {
        case SUPPORTED:
                return answer_supported(target, report, facts);
        case LATER_AGENT:
                return pf_report_fail(report, &distribution,
                                      "%s is supported from agent %s on, not by %s", facts->label,
                                      facts->since, facts->demand->agent_version);
        case SOME_POINT_RELEASES:
                return pf_report_unknown(report, &distribution,
                                         "not all point releases of %s are supported, and no file "
                                         "tells which one this is",
                                         facts->label);
        case OTHER_VERSION:
                if (facts->detection_error == 0 && !refuses(facts))
                        return pf_report_warn(report, &distribution,
                                              "%s is in no support matrix, though the installer "
                                              "will take it",
                                              facts->label);
                break;
        case OTHER_SYSTEM:
                break;
        }
        return pf_report_fail(report, &distribution, "%s is not supported by agent %s",
                              facts->label, facts->demand->agent_version);
}

/* Where the installer's own check will say something else than the documents. */
static int add_vendor_verdict(PfReport *report, const Facts *facts) {
        const PfDetection *detection = &facts->detection;

        if (facts->detection_error < 0 || refuses(facts) != (facts->support == SUPPORTED))
                return 0;
        if (!refuses(facts))
                return pf_report_vendor_verdict(report,
                                                "accepted: line %u of %s looks like a system it "
                                                "knows",
                                                detection->at.line, detection->at.path);
        if (detection->outcome == PF_DETECTED_NOTHING)
                return pf_report_vendor_verdict(report, "refused: it finds no release file");
        return pf_report_vendor_verdict(report, "refused: it knows no system by %s",
                                        detection->at.path);
}

static int answer_architecture(const PfTarget *target, PfReport *report, const Facts *facts) {
        const char *wanted = facts->demand->profile->architecture;

        (void) pf_report_fail(report, &distribution, "%s is built for %s, and the agent for %s",
                              facts->label, facts->architecture.name, wanted);
        return pf_report_evidence(report, target, facts->architecture.path, 0,
                                  facts->architecture.name, wanted);
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        Facts facts = { 0 };
        int r;

        r = gather(target, demand, &facts, err);
        if (r < 0)
                return r;
        if (r == PF_SYSTEM_ABSENT)
                return pf_report_unknown(report, &distribution,
                                         "no file names the system: neither /etc/os-release nor "
                                         "an older one is there");
        if (facts.architecture.name &&
            strcmp(facts.architecture.name, demand->profile->architecture) != 0)
                return answer_architecture(target, report, &facts);

        (void) answer(target, report, &facts);
        (void) add_system_evidence(target, report, &facts);
        return add_vendor_verdict(report, &facts);
}

const PfProbe pf_probe_os = {
        .name = "os",
        .checks = &distribution,
        .n_checks = 1,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 2000,
        .run = run,
};
