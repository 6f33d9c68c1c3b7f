/* SPDX-License-Identifier: MIT */
/*
 * /etc/hosts and resolv.conf: any bytes are both. Every line of /etc/hosts that is
 * taken must be found again, by its address and by each of its names.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/elf-needed.h"
#include "probes/parse/hosts.h"
#include "probes/parse/resolver.h"

#define LINES_CHECKED 64

static void check_hosts(const char *text, size_t n) {
        PF_CLEANUP(pf_hosts_freep) PfHosts *hosts = NULL;

        check(pf_hosts_parse(text, n, &hosts) == 0);
        for (size_t i = 0; i < hosts->n && i < LINES_CHECKED; i++) {
                const PfHost *host = &hosts->items[i];

                check(host->names.n > 0 && host->line > 0);
                check(pf_hosts_find_address(hosts, &host->address) <= host);
                for (size_t j = 0; j < host->names.n && j < LINES_CHECKED; j++)
                        check(pf_hosts_find_name(hosts, host->names.items[j], i) == host);
        }
}

static void check_resolv_conf(const char *text, size_t n) {
        PfResolvConf conf;
        bool answered;

        pf_resolv_conf_parse(text, n, &conf);
        check(conf.n_servers <= PF_RESOLV_SERVERS_MAX);
        check(pf_resolv_conf_delay(&conf, &answered) <= 5 * (30 + 60 + 120));
        check(answered == (answered && conf.n_servers > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_STRV PfStrv needed = { 0 };

        check_hosts((const char *) bytes, n);
        check_resolv_conf((const char *) bytes, n);
        check(pf_elf_needed((const char *) bytes, n, &needed) >= 0);
        return 0;
}
