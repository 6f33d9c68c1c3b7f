/* SPDX-License-Identifier: MIT */
/*
 * What configures interfaces: any bytes are each of these files. A line that is
 * named is there, a name is a string, and there are no more entries than lines
 * can have.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/network-config.h"
#include "probes/parse/port-use.h"

static size_t count_lines(const char *text, size_t n) {
        size_t lines = 1;

        for (size_t i = 0; i < n; i++)
                lines += text[i] == '\n';
        return lines;
}

static void check_config(const PfNetworkConfig *config, size_t n_lines) {
        check(config->n <= PF_NETWORK_ENTRIES_MAX);
        for (size_t i = 0; i < config->n; i++) {
                const PfNetworkEntry *entry = &config->entries[i];

                check(entry->line >= 1 && entry->line <= n_lines && entry->mac_line <= n_lines);
                check(memchr(entry->name, '\0', sizeof(entry->name)) != NULL);
                check(entry->ipv4 <= PF_NETWORK_IPV4_DHCP);
        }
}

static void check_ports(const char *text, size_t n) {
        PfPortSet used = { 0 };
        unsigned first = 1, last = 0;

        check(pf_port_use_parse(text, n, &used) >= 0);
        check(pf_port_set_count(&used, 0, UINT16_MAX) <= 65536);
        check(pf_port_set_count(&used, 7, 7) <= 1);
        if (pf_port_range_parse(text, n, &first, &last) == 0)
                check(first >= 1 && first <= last && last <= UINT16_MAX);
        used = (PfPortSet){ 0 };
        if (pf_port_list_parse(text, n, &used) == 0)
                check(pf_port_set_count(&used, 0, UINT16_MAX) <= 65536);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        static const PfNetworkReader readers[] = {
                pf_network_read_ifcfg,    pf_network_read_ifcfg_suse, pf_network_read_keyfile,
                pf_network_read_networkd, pf_network_read_link,       pf_network_read_netplan,
                pf_network_read_ifupdown, pf_network_read_udev_rules,
        };
        const char *text = (const char *) bytes;
        size_t n_lines = count_lines(text, n);

        for (size_t i = 0; i < PF_ELEMENTS(readers); i++) {
                PF_AUTO_NETWORK_CONFIG PfNetworkConfig config = { 0 };

                check(readers[i](text, n, &config) == 0);
                check_config(&config, n_lines);
        }
        check_ports(text, n);
        return 0;
}
