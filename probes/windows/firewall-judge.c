/* SPDX-License-Identifier: MIT */
/*
 * Is a door open? In a profile: one rule that lets the installer in, and none that blocks
 * it, which goes before. Where nobody is let in, that rule is named that comes closest.
 */
#include "probes/windows/firewall.h"

#include <string.h>

#define SHOWN_MAX 240

/* Why a door is open, or is not, in the order of what decides. */
typedef enum Cause {
        CAUSE_CLOSED,   /* no rule is about it */
        CAUSE_OFF,      /* open: the profile is off */
        CAUSE_DEFAULT,  /* open: it lets in what no rule blocks */
        CAUSE_ALLOWED,  /* open, by a rule */
        CAUSE_SHIELDED, /* closed, whatever the rules say */
        CAUSE_BLOCKED,  /* closed, by a rule */
        CAUSE_SCOPE,    /* a rule lets others in */
        CAUSE_IGNORED,  /* a rule that the policy has ignored */
        CAUSE_NO_SOURCE,
        CAUSE_CONDITION, /* a rule that cannot be judged */
} Cause;

typedef struct Answer {
        PfMaybe is_open;
        Cause cause;
        const PfFirewallEntry *entry; /* that decides, or comes closest; or NULL */
        unsigned profile;             /* its number among the profiles */
} Answer;

typedef struct Rules {
        const PfFirewallEntry *allows, *may_allow, *blocks, *may_block;
        const PfFirewallEntry *others;  /* lets in others than the installer */
        const PfFirewallEntry *ignored; /* would let it in */
} Rules;

static void set_first(const PfFirewallEntry **place, const PfFirewallEntry *entry) {
        if (!*place)
                *place = entry;
}

static void sort_allowing(const PfFirewallEntry *entry, PfFirewallMatch match, bool counts,
                          Rules *rules) {
        const PfMaybe fits = pf_maybe_and(match.kind, match.source);

        if (!counts) {
                if (fits != PF_NO)
                        set_first(&rules->ignored, entry);
        } else if (fits == PF_YES) {
                set_first(&rules->allows, entry);
        } else if (fits == PF_MAYBE) {
                set_first(&rules->may_allow, entry);
        } else if (match.kind != PF_NO) {
                set_first(&rules->others, entry);
        }
}

static void sort_entry(const PfFirewallEntry *entry, const PfFirewallPacket *packet,
                       bool ignores_ours, Rules *rules) {
        const bool counts = entry->is_of_policy || !ignores_ours;
        PfFirewallMatch match;
        PfMaybe fits;

        if (!entry->is_understood) {
                if (counts)
                        set_first(&rules->may_block, entry);
                return;
        }
        match = pf_firewall_rule_match(&entry->rule, packet);
        if (entry->rule.action == PF_FIREWALL_BYPASS)
                match.kind = pf_maybe_and(match.kind, PF_MAYBE); /* of who is authenticated */
        if (entry->rule.action != PF_FIREWALL_BLOCK) {
                sort_allowing(entry, match, counts, rules);
                return;
        }
        fits = pf_maybe_and(match.kind, match.source);
        if (counts && fits == PF_YES)
                set_first(&rules->blocks, entry);
        else if (counts && fits == PF_MAYBE)
                set_first(&rules->may_block, entry);
}

/* A doubt is about the address, or about what else a rule asks for. */
static Cause cause_of_doubt(const PfFirewall *firewall, const PfFirewallEntry *entry) {
        return entry->is_understood && !entry->rule.condition && !firewall->network->has_source
                       ? CAUSE_NO_SOURCE
                       : CAUSE_CONDITION;
}

static Answer judge_rules(const PfFirewall *firewall, const PfFirewallProfile *profile,
                          const Rules *rules) {
        if (rules->blocks)
                return (Answer){ PF_NO, CAUSE_BLOCKED, rules->blocks, 0 };
        if (rules->may_block && (profile->lets_in || rules->allows || rules->may_allow))
                return (Answer){ PF_MAYBE, cause_of_doubt(firewall, rules->may_block),
                                 rules->may_block, 0 };
        if (profile->lets_in)
                return (Answer){ PF_YES, CAUSE_DEFAULT, NULL, 0 };
        if (rules->allows)
                return (Answer){ PF_YES, CAUSE_ALLOWED, rules->allows, 0 };
        if (rules->may_allow)
                return (Answer){ PF_MAYBE, cause_of_doubt(firewall, rules->may_allow),
                                 rules->may_allow, 0 };
        if (rules->others)
                return (Answer){ PF_NO, CAUSE_SCOPE, rules->others, 0 };
        if (rules->ignored)
                return (Answer){ PF_NO, CAUSE_IGNORED, rules->ignored, 0 };
        return (Answer){ PF_NO, CAUSE_CLOSED, NULL, 0 };
}

static Answer judge_profile(const PfFirewall *firewall, const PfFirewallDoor *door, unsigned i) {
        const PfFirewallProfile *profile = &firewall->profiles[i];
        const PfWindowsNetwork *network = firewall->network;
        const PfFirewallPacket packet = { .profile = 1u << i,
                                          .first = door->first,
                                          .last = door->last,
                                          .is_rpc = door->is_rpc,
                                          .source = network->has_source ? &network->source : NULL,
                                          .is_local = network->is_local,
                                          .app = door->app,
                                          .service = door->service };
        Rules rules = { 0 };
        Answer answer;

        if (profile->is_off)
                return (Answer){ PF_YES, CAUSE_OFF, NULL, i };
        if (profile->is_shielded)
                return (Answer){ PF_NO, CAUSE_SHIELDED, NULL, i };
        for (size_t k = 0; k < firewall->n; k++)
                sort_entry(&firewall->entries[k], &packet, profile->ignores_ours, &rules);
        answer = judge_rules(firewall, profile, &rules);
        answer.profile = i;
        return answer;
}

/* --- findings --- */

static const char *const profile_names[PF_FIREWALL_N_PROFILES] = { "DomainProfile",
                                                                   "PrivateProfile",
                                                                   "PublicProfile" };

static void show_entry(PfRegistryLook *look, const PfFirewallEntry *entry, const char *expected) {
        char shown[SHOWN_MAX];
        size_t n = strnlen(entry->text, sizeof(shown) - 1);

        while (n > 0 && ((unsigned char) entry->text[n] & 0xC0) == 0x80)
                n--; /* in the middle of a character */
        (void) snprintf(shown, sizeof(shown), "%.*s", (int) n, entry->text);
        pf_finding_evidence_said(&look->findings, entry->path, shown, expected);
}

static void add_open(PfRegistryLook *look, const PfFirewallDoor *door, const Answer *answer) {
        if (answer->cause == CAUSE_OFF)
                pf_finding_add(&look->findings, PF_FINDING_GOOD, PF_FIREWALL_NAME,
                               "the firewall is off");
        else
                pf_finding_add(&look->findings, PF_FINDING_GOOD, PF_FIREWALL_NAME,
                               "the firewall lets in %s", door->what);
        if (answer->entry)
                show_entry(look, answer->entry, NULL);
        else
                pf_look_said(look, profile_names[answer->profile],
                             answer->cause == CAUSE_OFF ? "EnableFirewall 0"
                                                        : "DefaultInboundAction 0",
                             NULL);
}

static void say_closed(PfRegistryLook *look, const PfFirewallDoor *door, const Answer *answer) {
        PfFindings *findings = &look->findings;

        switch (answer->cause) {
        case CAUSE_SHIELDED:
                pf_finding_add(findings, PF_FINDING_BAD, PF_FIREWALL_NAME,
                               "the firewall lets nobody in, whatever its rules say");
                pf_look_said(look, profile_names[answer->profile], "DoNotAllowExceptions 1", "0");
                break;
        case CAUSE_BLOCKED:
                pf_finding_add(findings, PF_FINDING_BAD, PF_FIREWALL_NAME,
                               "a rule of the firewall blocks %s", door->what);
                break;
        case CAUSE_SCOPE:
                pf_finding_add(findings, PF_FINDING_BAD, PF_FIREWALL_NAME,
                               "the firewall lets in %s from other addresses than the installer's",
                               door->what);
                break;
        case CAUSE_IGNORED:
                pf_finding_add(findings, PF_FINDING_BAD, PF_FIREWALL_NAME,
                               "a group policy has the firewall ignore the rule for %s",
                               door->what);
                pf_look_said(look, profile_names[answer->profile], "AllowLocalPolicyMerge 0", "1");
                break;
        default:
                pf_finding_add(findings, PF_FINDING_BAD, PF_FIREWALL_NAME,
                               "the firewall does not let in %s", door->what);
                pf_look_said(look, profile_names[answer->profile], "no rule for it is active",
                             door->group);
        }
}

static void advise_closed(PfRegistryLook *look, const PfFirewallDoor *door, Cause cause) {
        static const char *const reasons[] = {
                [CAUSE_CLOSED] = "firewall-closed",   [CAUSE_SHIELDED] = "firewall-shielded",
                [CAUSE_BLOCKED] = "firewall-blocked", [CAUSE_SCOPE] = "firewall-scope",
                [CAUSE_IGNORED] = "firewall-policy",
        };
        PfFindings *findings = &look->findings;

        pf_finding_reason(findings, reasons[cause]);
        if (cause == CAUSE_SHIELDED)
                pf_finding_remedy(findings, "set DoNotAllowExceptions to 0, in the group policy "
                                            "where that sets it");
        else if (cause == CAUSE_BLOCKED)
                pf_finding_remedy(findings, "switch that rule off, or limit it to others than the "
                                            "process server");
        else if (cause == CAUSE_IGNORED)
                pf_finding_remedy(findings, "let the group policy have a rule of its own for it");
        else
                pf_finding_remedy(
                        findings,
                        "enable the rules of the group %s, for the address of the process "
                        "server alone",
                        door->group);
}

static void add_closed(PfRegistryLook *look, const PfFirewallDoor *door, const Answer *answer) {
        say_closed(look, door, answer);
        if (answer->entry)
                show_entry(look, answer->entry,
                           answer->cause == CAUSE_SCOPE ? "one for the installer's address" : NULL);
        advise_closed(look, door, answer->cause);
}

static void add_doubt(PfRegistryLook *look, const PfFirewallDoor *door, const Answer *answer) {
        PfFindings *findings = &look->findings;

        if (answer->cause == CAUSE_NO_SOURCE) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, PF_FIREWALL_NAME,
                               "the firewall lets in %s from some addresses alone, and where the "
                               "installer comes from was not said",
                               door->what);
                pf_finding_remedy(findings, "say where the installer comes from: --source=ADDRESS");
        } else if (answer->cause == CAUSE_CONDITION) {
                pf_finding_add(findings, PF_FINDING_UNKNOWN, PF_FIREWALL_NAME,
                               "whether a rule of the firewall is about %s cannot be told",
                               door->what);
        } else {
                pf_finding_add(
                        findings, PF_FINDING_UNKNOWN, PF_FIREWALL_NAME,
                        "the firewall lets in %s in some of its profiles alone, and which is "
                        "in force is not known",
                        door->what);
                pf_look_said(look, profile_names[answer->profile], "does not let it in", NULL);
        }
        if (answer->entry)
                show_entry(look, answer->entry, answer->entry->rule.condition);
}

/* Where the profiles that may be in force disagree, nobody knows; the first that does not
 * let the installer in says why. */
static Answer judge_all(const PfFirewall *firewall, const PfFirewallDoor *door) {
        Answer all = { 0 };
        bool has_one = false;

        for (unsigned i = 0; i < PF_FIREWALL_N_PROFILES; i++) {
                Answer answer;

                if (!(firewall->in_force & 1u << i))
                        continue;
                answer = judge_profile(firewall, door, i);
                if (!has_one) {
                        all = answer;
                } else if (answer.is_open != all.is_open) {
                        if (all.is_open == PF_YES ||
                            (all.is_open == PF_NO && answer.is_open == PF_MAYBE))
                                all = answer;
                        all.is_open = PF_MAYBE;
                }
                has_one = true;
        }
        return all;
}

int pf_firewall_judge(PfRegistryLook *look, const PfFirewall *firewall,
                      const PfFirewallDoor *door) {
        const Answer answer = judge_all(firewall, door);

        if (answer.is_open == PF_YES)
                add_open(look, door, &answer);
        else if (answer.is_open == PF_NO)
                add_closed(look, door, &answer);
        else
                add_doubt(look, door, &answer);
        return look->findings.error;
}
