/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What configures network interfaces at boot, as far as these questions go: is
 * there IPv4, and is it tied to the MAC address of one adapter?
 *
 * Each reader takes a text of one kind of file. What it does not know it passes
 * over, as the programs do that the files are for.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/cleanup.h"

typedef enum PfNetworkIpv4 {
        PF_NETWORK_IPV4_NONE,
        PF_NETWORK_IPV4_STATIC,
        PF_NETWORK_IPV4_DHCP,
} PfNetworkIpv4;

#define PF_NETWORK_NAME_MAX 64

/* One interface, connection or rule. */
typedef struct PfNetworkEntry {
        char name[PF_NETWORK_NAME_MAX]; /* of the interface; "" where none is named */
        PfNetworkIpv4 ipv4;
        unsigned line;     /* that says so, from 1; or where the entry begins */
        unsigned mac_line; /* that ties it to a MAC address; 0: none does */
        bool at_boot;
        bool is_loopback;
} PfNetworkEntry;

/* All zero is empty. */
typedef struct PfNetworkConfig {
        PfNetworkEntry *entries; /* in the order of the text */
        size_t n;
} PfNetworkConfig;

#define PF_NETWORK_ENTRIES_MAX 4096 /* what is beyond is passed over */

void pf_network_config_deinit(PfNetworkConfig *config);
#define PF_AUTO_NETWORK_CONFIG PF_CLEANUP(pf_network_config_deinit)

/* Adds what @text, @n bytes, says. Return: 0 or -ENOMEM. */
typedef int (*PfNetworkReader)(const char *text, size_t n, PfNetworkConfig *ret);

/* Rule: Red Hat's sysconfig.txt, "ifcfg-<interface-name>"; without ONBOOT= it starts. */
int pf_network_read_ifcfg(const char *text, size_t n, PfNetworkConfig *ret) PF_MUST_CHECK;
/* Rule: SUSE's ifcfg(5); without STARTMODE= it does not start. */
int pf_network_read_ifcfg_suse(const char *text, size_t n, PfNetworkConfig *ret) PF_MUST_CHECK;
/* Rule: nm-settings-keyfile(5). Only what is wired; not Wi-Fi, and no VPN. */
int pf_network_read_keyfile(const char *text, size_t n, PfNetworkConfig *ret) PF_MUST_CHECK;
/* Rule: systemd.network(5). */
int pf_network_read_networkd(const char *text, size_t n, PfNetworkConfig *ret) PF_MUST_CHECK;
/* Rule: systemd.link(5): a name given to a MAC address. */
int pf_network_read_link(const char *text, size_t n, PfNetworkConfig *ret) PF_MUST_CHECK;
/* Rule: netplan(5); of YAML what it takes: blocks, and {…} and […] on one line. */
int pf_network_read_netplan(const char *text, size_t n, PfNetworkConfig *ret) PF_MUST_CHECK;
/* Rule: interfaces(5). "auto" and "allow-hotplug" add an entry at boot without IPv4;
 * "iface" adds one with it, not at boot. They may stand in different files. */
int pf_network_read_ifupdown(const char *text, size_t n, PfNetworkConfig *ret) PF_MUST_CHECK;
/* Rule: udev(7), as 75-persistent-net-generator.rules writes them. */
int pf_network_read_udev_rules(const char *text, size_t n, PfNetworkConfig *ret) PF_MUST_CHECK;

/* For the readers: one more entry. NULL: out of memory, or there are enough; then
 * *@ret_r is -ENOMEM or 0. */
PfNetworkEntry *pf_network_config_add(PfNetworkConfig *config, unsigned line, int *ret_r);

/* Is this the beginning of an IPv4 address, perhaps with quotes and a prefix? */
bool pf_network_is_ipv4(const char *text);
