/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One rule of Windows Firewall, as the registry has it: a text such as
 * "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=445|RA4=LocalSubnet|…|".
 *
 * Rule: [MS-GPFAS] 2.2.2, whose grammar the local store has too.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/ip-address.h"
#include "daemon/base/maybe.h"

/* NET_FW_PROFILE_TYPE2 */
#define PF_FIREWALL_PROFILES 7u

typedef enum PfFirewallAction {
        PF_FIREWALL_NO_ACTION, /* the rule names none: it does nothing */
        PF_FIREWALL_ALLOW,
        PF_FIREWALL_BLOCK,
        PF_FIREWALL_BYPASS, /* lets through what is authenticated, past rules that block */
} PfFirewallAction;

/* Ports that are known by a word. */
typedef enum PfFirewallPortWord {
        PF_FIREWALL_PORT_RPC = 1,   /* those that RPC gives to its servers */
        PF_FIREWALL_PORT_EPMAP = 2, /* 135 */
        PF_FIREWALL_PORT_OTHER = 4, /* of one program or other, none of which is met here */
} PfFirewallPortWord;

typedef struct PfFirewallPorts {
        uint16_t first, last;
} PfFirewallPorts;

/* Addresses that are known by a word. */
typedef enum PfFirewallAddressWord {
        PF_FIREWALL_LOCAL_SUBNET = 1,
        PF_FIREWALL_ADDRESS_OTHER = 2, /* DNS, DHCP, IntrAnet …: whose they are is not known */
} PfFirewallAddressWord;

typedef struct PfFirewallRange {
        PfIpAddress first, last; /* both included; of one family */
} PfFirewallRange;

#define PF_FIREWALL_RULE_MAX (256u << 10) /* bytes of one rule */
#define PF_FIREWALL_LIST_MAX 16384        /* ports, or addresses */

typedef struct PfFirewallRule {
        PfFirewallAction action;
        bool is_active;
        bool is_inbound;
        bool is_of_package; /* of an app in a container of its own, and of nothing else */
        unsigned profiles;  /* NET_FW_PROFILE_TYPE2; all, where the rule names none */
        unsigned protocol;  /* 256: any */

        PfFirewallPorts *ports; /* of this machine */
        size_t n_ports;
        unsigned port_words;
        PfFirewallRange *remote;
        size_t n_remote;
        unsigned remote_words[2]; /* of IPv4, of IPv6 */
        bool has_remote;          /* else everybody is meant */

        char *app;       /* a path, "System", or NULL: any */
        char *service;   /* "rpcss", "*", or NULL: any */
        char *group;     /* EmbedCtxt: "@FirewallAPI.dll,-28502", or NULL */
        char *condition; /* the first of its conditions that is not among the above; or NULL */
} PfFirewallRule;

/**
 * pf_firewall_rule_parse() - take a rule apart
 * @text: UTF-8; needs no NUL
 * @ret:  receives the rule, given back with pf_firewall_rule_deinit(); untouched unless 0
 *        is returned
 * Return: 0; -EINVAL with a text that names the part at fault; -E2BIG; -ENOMEM.
 */
int pf_firewall_rule_parse(const char *text, size_t n, PfFirewallRule *ret,
                           PfErr *err) PF_MUST_CHECK;
void pf_firewall_rule_deinit(PfFirewallRule *rule);
#define PF_AUTO_FIREWALL_RULE PF_CLEANUP(pf_firewall_rule_deinit)

/* A connection over TCP that comes in. */
typedef struct PfFirewallPacket {
        unsigned profile;          /* one of NET_FW_PROFILE_TYPE2 */
        uint16_t first, last;      /* to one of these ports, nobody knows which */
        bool is_rpc;               /* that RPC gave to the server */
        const PfIpAddress *source; /* NULL: not known */
        PfMaybe is_local;          /* the source is of a network that this machine is in */
        const char *app;           /* "System", or a program of System32: "svchost.exe" */
        const char *service;       /* in it; NULL: none */
} PfFirewallPacket;

/* How far a rule fits: in all but whom it comes from, and in that. */
typedef struct PfFirewallMatch {
        PfMaybe kind;
        PfMaybe source;
} PfFirewallMatch;

PfFirewallMatch pf_firewall_rule_match(const PfFirewallRule *rule, const PfFirewallPacket *packet);
