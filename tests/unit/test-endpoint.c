/* SPDX-License-Identifier: MIT */
/* Servers and ports, as people write them, and as they should not. */
#include "daemon/base/endpoint.h"

#include <string.h>

#include "tests/support/test-main.h"

START_TEST(forms) {
        static const struct {
                const char *text;
                const char *host;
                uint16_t port;
                bool is_address;
        } cases[] = {
                { "192.0.2.7:443", "192.0.2.7", 443, true },
                { "[2001:db8::7]:9443", "2001:db8::7", 9443, true },
                { "cs.example.com:65535", "cs.example.com", 65535, false },
                { "cs.example.com.:1", "cs.example.com.", 1, false },
                { "CS_1-a:443", "CS_1-a", 443, false },
                { "9to5.example:443", "9to5.example", 443, false },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfEndpoint endpoint;

                ck_assert_msg(pf_endpoint_parse(cases[i].text, &endpoint) == 0, "%s",
                              cases[i].text);
                ck_assert_str_eq(endpoint.host, cases[i].host);
                ck_assert_uint_eq(endpoint.port, cases[i].port);
                ck_assert_int_eq(endpoint.is_address, cases[i].is_address);
        }
}
END_TEST

START_TEST(no_endpoints) {
        static const char *const texts[] = {
                "",
                "cs",
                "cs:",
                ":443",
                "cs:0",
                "cs:65536",
                "cs:999999",
                "cs:+1",
                "cs:44a",
                "cs 1:443",
                "192.0.2:1",
                "192.0.2.7.:1",
                "256.0.0.1:1",
                "2001:db8::7",
                "2001:db8::7:443",
                "[::1]",
                "[::1]443",
                "[cs]:443",
                "[192.0.2.7]:1",
                "[]:1",
                "[:443",
                "a..b:1",
                ".a:1",
                "cs/x:1",
                "fe80::1%eth0:1",
                "[fe80::1%eth0]:1",
                "]:1",
                "http://cs:443",
        };
        PfEndpoint endpoint = { .port = 7 };
        char long_name[300];

        for (size_t i = 0; i < PF_ELEMENTS(texts); i++)
                ck_assert_msg(pf_endpoint_parse(texts[i], &endpoint) == -EINVAL, "%s", texts[i]);
        memset(long_name, 'a', 64);
        strcpy(long_name + 64, ":1");
        ck_assert_int_eq(pf_endpoint_parse(long_name, &endpoint), -EINVAL);
        for (size_t i = 0; i < 254; i++)
                long_name[i] = i % 2 ? '.' : 'a';
        strcpy(long_name + 254, ":1");
        ck_assert_int_eq(pf_endpoint_parse(long_name, &endpoint), -EINVAL);
        ck_assert_uint_eq(endpoint.port, 7);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("endpoint");

        PF_TEST(suite, forms);
        PF_TEST(suite, no_endpoints);
        return pf_test_main(suite);
}
