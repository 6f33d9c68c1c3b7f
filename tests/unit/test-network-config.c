/* SPDX-License-Identifier: MIT */
/* What configures interfaces at boot, in the words of each program that does. */
#include "probes/parse/network-config.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "tests/support/test-main.h"

/* Entries as text: "eth0 dhcp boot mac:3 @2" each, with ", " between them. */
static void describe(const PfNetworkConfig *config, char *ret, size_t size) {
        static const char *const words[] = { "none", "static", "dhcp" };
        size_t n = 0;

        ret[0] = '\0';
        for (size_t i = 0; i < config->n && n < size; i++) {
                const PfNetworkEntry *entry = &config->entries[i];
                char mac[16] = "";

                if (entry->mac_line)
                        (void) snprintf(mac, sizeof(mac), " mac:%u", entry->mac_line);
                n += (size_t) snprintf(ret + n, size - n, "%s%s %s%s%s%s @%u", i ? ", " : "",
                                       entry->name[0] ? entry->name : "-", words[entry->ipv4],
                                       entry->at_boot ? " boot" : "", mac,
                                       entry->is_loopback ? " lo" : "", entry->line);
        }
}

typedef struct Case {
        PfNetworkReader read;
        const char *text;
        const char *expected;
} Case;

static const Case cases[] = {
        /* Red Hat */
        { pf_network_read_ifcfg, "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n", "eth0 dhcp boot @2" },
        { pf_network_read_ifcfg, "DEVICE=\"eth0\"\nHWADDR=00:50:56:aa:bb:cc\nIPADDR=10.0.0.5\n",
          "eth0 static boot mac:2 @3" },
        { pf_network_read_ifcfg, "IPADDR0='10.0.0.5' # old\nBOOTPROTO=none\nONBOOT=no\n",
          "- static @1" },
        { pf_network_read_ifcfg, "#HWADDR=00:50:56:aa:bb:cc\nHWADDR=\nDEVICE=lo\nIPADDR=127.0.0.1",
          "lo static boot lo @4" },
        { pf_network_read_ifcfg, "BOOTPROTO=none\nIPV6ADDR=fd00::5\nIPADDR=\n", "- none boot @1" },
        { pf_network_read_ifcfg, "IPADDR=10.0.0.5\nBOOTPROTO=dhcp\n", "- dhcp boot @2" },
        /* SUSE */
        { pf_network_read_ifcfg_suse,
          "BOOTPROTO='static'\nSTARTMODE='auto'\nIPADDR='10.0.0.5/24'\n", "- static boot @3" },
        { pf_network_read_ifcfg_suse, "BOOTPROTO='dhcp4'\n", "- dhcp @1" },
        { pf_network_read_ifcfg_suse, "BOOTPROTO=dhcp\nSTARTMODE=manual\n", "- dhcp @1" },
        /* NetworkManager */
        { pf_network_read_keyfile, "[connection]\ntype=ethernet\ninterface-name=ens192\n",
          "ens192 dhcp boot @1" },
        { pf_network_read_keyfile,
          "[connection]\ntype=802-3-ethernet\nautoconnect=false\n"
          "[802-3-ethernet]\nmac-address=00:50:56:AA:BB:CC\n[ipv4]\nmethod=manual\n",
          "- static mac:5 @7" },
        { pf_network_read_keyfile, "[connection]\ntype=wifi\n", "- dhcp boot lo @1" },
        { pf_network_read_keyfile,
          "[ethernet]\ncloned-mac-address=stable\nmac-address=\n[ipv4]\nmethod=disabled\n",
          "- none boot @5" },
        /* systemd */
        { pf_network_read_networkd, "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n",
          "en* dhcp boot @5" },
        { pf_network_read_networkd,
          "[Match]\nMACAddress=00:50:56:aa:bb:cc\n[Network]\nDHCP=ipv6\nAddress=fd00::5/64\n"
          "Address=10.0.0.5/24\n",
          "- static boot mac:2 @6" },
        { pf_network_read_networkd,
          "[Match]\nName=eth0\n[Address]\nAddress=10.0.0.5/24\n"
          "[Link]\nUnmanaged=yes\nMACAddress=00:50:56:aa:bb:cc\n",
          "eth0 static @4" },
        { pf_network_read_link, "[Match]\nMACAddress=00:50:56:aa:bb:cc\n[Link]\nName=lan0\n",
          "lan0 none mac:2 @1" },
        { pf_network_read_link, "[Match]\nMACAddress=00:50:56:aa:bb:cc\n[Link]\nMTUBytes=9000\n",
          "- none @1" },
        /* Netplan */
        { pf_network_read_netplan,
          "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n",
          "eth0 dhcp boot @5" },
        { pf_network_read_netplan,
          "# made by cloud-init\nnetwork:\n    ethernets:\n        ens192:\n"
          "            addresses:\n            - fd00::5/64\n            - 10.0.0.5/24\n"
          "            match:\n                macaddress: '00:50:56:aa:bb:cc'\n"
          "            set-name: ens192\n    version: 2\n",
          "ens192 static boot mac:9 @7" },
        { pf_network_read_netplan,
          "network: \n  ethernets:\n    a: {dhcp4: yes, match: {macaddress: \"0:1\"}}\n"
          "    \"b\":\n      addresses: [fd00::5/64, \"10.0.0.6/24\"]\n"
          "      nameservers:\n        addresses: [10.0.0.53]\n",
          "a dhcp boot mac:3 @3, b static boot @5" },
        { pf_network_read_netplan,
          "network:\n  ethernets:\n    a:\n      macaddress: 00:50:56:aa:bb:cc\n"
          "      dhcp4: false\n      nameservers:\n        addresses:\n          - 10.0.0.53\n"
          "  wifis:\n    w:\n      dhcp4: true\n  bonds:\n    bond0:\n      dhcp4: on # all\n",
          "a none boot @3, bond0 dhcp boot @14" },
        { pf_network_read_netplan, "ethernets:\n  eth0:\n    dhcp4: true\n", "" },
        /* ifupdown */
        { pf_network_read_ifupdown,
          "source /etc/network/interfaces.d/*\nauto lo eth0\niface lo inet loopback\n"
          "allow-hotplug eth1\n  iface eth0 inet dhcp\niface eth0 inet6 auto\n"
          "iface eth1 inet static\n  address 10.0.0.5\n#iface eth2 inet dhcp\niface eth3 inet\n",
          "lo none boot lo @2, eth0 none boot @2, lo none lo @3, eth1 none boot @4, "
          "eth0 dhcp @5, eth1 static @7" },
        /* udev */
        { pf_network_read_udev_rules,
          "# PCI device\nSUBSYSTEM==\"net\", ACTION==\"add\", "
          "ATTR{address}==\"00:50:56:aa:bb:cc\", "
          "NAME=\"eth0\"\n#ATTR{address}==\"00:50:56:aa:bb:cd\", NAME=\"eth1\"\n"
          "SUBSYSTEM==\"net\", ATTR{address}==\"00:50:56:aa:bb:ce\", RUN+=\"/x\"\n",
          "- none mac:2 @2" },
        { pf_network_read_udev_rules, "", "" },
};

START_TEST(texts) {
        const Case *one = &cases[_i];
        PF_AUTO_NETWORK_CONFIG PfNetworkConfig config = { 0 };
        char got[1024];

        ck_assert_int_eq(one->read(one->text, strlen(one->text), &config), 0);
        describe(&config, got, sizeof(got));
        ck_assert_msg(strcmp(got, one->expected) == 0, "%s\ngot      %s\nexpected %s", one->text,
                      got, one->expected);
}
END_TEST

START_TEST(addresses) {
        ck_assert(pf_network_is_ipv4("10.0.0.5"));
        ck_assert(pf_network_is_ipv4(" \"10.0.0.5/24\""));
        ck_assert(!pf_network_is_ipv4("fd00::5/64"));
        ck_assert(!pf_network_is_ipv4("10.0.0"));
        ck_assert(!pf_network_is_ipv4("1000000000000000000000000000"));
        ck_assert(!pf_network_is_ipv4(""));
}
END_TEST

/* A text may have any number of lines; what is kept has a limit. */
START_TEST(more_than_anybody_has) {
        PF_AUTO_NETWORK_CONFIG PfNetworkConfig config = { 0 };
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(1 << 20);

        for (int i = 0; i < PF_NETWORK_ENTRIES_MAX + 10; i++)
                ck_assert_int_eq(pf_buf_printf(&text, "iface e%d inet dhcp\n", i), 0);
        ck_assert_int_eq(pf_network_read_ifupdown(text.data, text.n, &config), 0);
        ck_assert_uint_eq(config.n, PF_NETWORK_ENTRIES_MAX);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("network-config");
        TCase *tcase = tcase_create("texts");

        tcase_add_loop_test(tcase, texts, 0, (int) PF_ELEMENTS(cases));
        suite_add_tcase(suite, tcase);
        PF_TEST(suite, addresses);
        PF_TEST(suite, more_than_anybody_has);
        return pf_test_main(suite);
}
