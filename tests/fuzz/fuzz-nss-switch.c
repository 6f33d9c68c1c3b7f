/* SPDX-License-Identifier: MIT */
/*
 * nsswitch.conf: any bytes name services for users and for hosts, or none; one that is
 * named is a word of the file.
 */
#include "tests/fuzz/machine.h"

#include <string.h>

#include "probes/parse/nss-switch.h"
#include "probes/parse/resolver.h"

static void check_database(const PfTarget *target, const char *database, const uint8_t *bytes,
                           size_t n) {
        char service[32] = "";
        PfErr err = { 0 };
        int r = pf_nss_switch_find(target, database, service, sizeof(service), &err);

        check(r == 0 || (r < 0 && err.text[0]));
        check(r < 0 || !service[0] || memmem(bytes, n, service, strlen(service)));
}

static void check_hosts(const PfTarget *target, size_t n) {
        PF_AUTO_FREE char *services = NULL;
        PF_AUTO_REVERSE_ANSWER PfReverseAnswer answer = { 0 };
        PfIpAddress address;
        unsigned line = 0;

        check(pf_resolver_services(target, &services, &line, NULL) <= 0);
        check(line <= n + 1);
        check(pf_ip_address_parse("192.0.2.7", &address) == 0);
        if (pf_resolver_reverse(target, &address, &answer, NULL) == 0)
                check((answer.outcome == PF_REVERSE_NAME) == (answer.name != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_target_unrefp)
        PfTarget *target = pf_fuzz_machine("/etc/nsswitch.conf", bytes, n);

        check_database(target, "passwd", bytes, n);
        check_database(target, "shadow", bytes, n);
        check_hosts(target, n);
        return 0;
}
