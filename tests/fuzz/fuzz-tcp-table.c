/* SPDX-License-Identifier: MIT */
/*
 * /proc/net/tcp and tcp6: lines that are understood become sockets, any other is an
 * error with a text.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/tcp-table.h"

static int parse(const uint8_t *bytes, size_t n, bool is_ipv6) {
        PF_AUTO_FREE char *text = strndup((const char *) bytes, n);
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
        PfErr err = { 0 };
        int r;

        check(text != NULL);
        r = pf_tcp_table_parse(text, is_ipv6, &table, &err);
        check(r == 0 || (r < 0 && err.text[0]));
        for (size_t i = 0; i < table.n; i++) {
                const PfTcpListener *listener = &table.listeners[i];

                check(listener->is_ipv6 == is_ipv6 && listener->address[0]);
                check(!listener->is_any || !listener->is_loopback);
        }
        return r;
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        return parse(bytes, n, false) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        (void) parse(bytes, n, false);
        (void) parse(bytes, n, true);
        return 0;
}
