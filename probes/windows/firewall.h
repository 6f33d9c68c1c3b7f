/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Would Windows Firewall let the installer in?
 *
 * Settings and rules are those of the registry: of this machine, and of its group policy,
 * which goes before. Which profile is in force only a running Windows tells; without that
 * all of them are judged, and where they disagree the answer is not known. Rules of other
 * makers' firewalls, and filters that are no rules, are not seen.
 */

#include "probes/parse/firewall-rule.h"
#include "probes/windows/ask-look.h"

/* A profile's settings, those of the policy before those of the machine. */
typedef struct PfFirewallProfile {
        bool is_off;
        bool is_shielded;  /* lets nobody in, whatever the rules say */
        bool lets_in;      /* what no rule is about */
        bool ignores_ours; /* the rules of the policy alone count */
} PfFirewallProfile;

typedef struct PfFirewallEntry {
        PfFirewallRule rule;
        bool is_understood; /* else only that it may be about what comes in */
        bool is_of_policy;
        char *path; /* in the registry */
        char *text;
} PfFirewallEntry;

#define PF_FIREWALL_N_PROFILES 3 /* domain, private, public, as the bits of their numbers */
typedef struct PfFirewall {
        PfFirewallEntry *entries; /* those that are active, of what comes in */
        size_t n;
        PfFirewallProfile profiles[PF_FIREWALL_N_PROFILES];
        const char *policies[PF_FIREWALL_N_PROFILES]; /* the keys of theirs; static */
        unsigned in_force; /* bits of profiles that may be in force where the installer comes in */
        const PfWindowsNetwork *network; /* borrowed */
        bool runs;                       /* its service; else it lets nobody in */
} PfFirewall;

/**
 * pf_firewall_load() - read it
 * Adds findings of what could not be read, and of a service that does not run.
 * Return: 0; PF_LOOKED_FAILED where nothing can be judged; -ENOMEM.
 */
int pf_firewall_load(PfRegistryLook *look, const PfWindowsNetwork *network,
                     PfFirewall *ret) PF_MUST_CHECK;
void pf_firewall_deinit(PfFirewall *firewall);
#define PF_AUTO_FIREWALL PF_CLEANUP(pf_firewall_deinit)

/* What somebody comes in by. */
typedef struct PfFirewallDoor {
        const char *what; /* "TCP 445" */
        uint16_t first, last;
        bool is_rpc;
        const char *app, *service;
        const char *group; /* of the rules that Windows has for it: "@FirewallAPI.dll,-28502" */
} PfFirewallDoor;

/* Adds a finding: is this door open to the installer? Return: 0, -ENOMEM. */
int pf_firewall_judge(PfRegistryLook *look, const PfFirewall *firewall,
                      const PfFirewallDoor *door) PF_MUST_CHECK;

#define PF_FIREWALL_NAME "firewall"
#define PF_FIREWALL_SHARING "@FirewallAPI.dll,-28502" /* File and Printer Sharing */
#define PF_FIREWALL_WMI "@FirewallAPI.dll,-34251"     /* Windows Management Instrumentation */
#define PF_FIREWALL_LOCAL                                                                          \
        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy"
#define PF_FIREWALL_POLICY "HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall"
