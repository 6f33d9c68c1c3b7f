/* SPDX-License-Identifier: MIT */
/* Names of addresses, as far as the machine's files decide them: /etc/hosts,
 * nsswitch.conf, and name servers that cannot exist. */
#include "probes/parse/resolver.h"

#include <string.h>

#include "probes/parse/hosts.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

static PfSandbox box;

static PfIpAddress address_of(const char *text) {
        PfIpAddress address;

        ck_assert_int_eq(pf_ip_address_parse(text, &address), 0);
        return address;
}

START_TEST(addresses) {
        PfIpAddress a = address_of("192.0.2.7");
        PfIpAddress b = address_of("192.0.2.4");
        PfIpAddress c = address_of("2001:db8::1");

        ck_assert_int_eq(pf_ip_address_parse("192.0.2", &a), -EINVAL);
        ck_assert_int_eq(pf_ip_address_parse("[::1]", &a), -EINVAL);
        ck_assert(pf_ip_address_in_prefix(&a, &b, 30));
        ck_assert(!pf_ip_address_in_prefix(&a, &b, 31));
        ck_assert(!pf_ip_address_in_prefix(&a, &b, 33));
        ck_assert(!pf_ip_address_equal(&a, &c));
        ck_assert(pf_ip_address_is_dead(&a));
        ck_assert(pf_ip_address_is_dead(&c));
        a = address_of("10.0.0.53");
        ck_assert(!pf_ip_address_is_dead(&a));
        b = address_of("::ffff:10.0.0.53");
        ck_assert(pf_ip_address_is_mapped(&b) && !pf_ip_address_is_mapped(&a));
        ck_assert(!pf_ip_address_is_mapped(&c));
}
END_TEST

START_TEST(lines_of_hosts) {
        static const char text[] = "# 10.0.0.9 commented\n"
                                   "10.0.0.1\n"
                                   "x y\n"
                                   "  10.0.0.5\tPush.example push # it\n"
                                   "10.0.0.5 second\n"
                                   "fd20:0::5 push\n"
                                   "10.0.0.6 last";
        PF_CLEANUP(pf_hosts_freep) PfHosts *hosts = NULL;
        PfIpAddress address = address_of("10.0.0.5");
        const PfHost *host;

        ck_assert_int_eq(pf_hosts_parse(text, strlen(text), &hosts), 0);
        ck_assert_uint_eq(hosts->n, 4);
        host = pf_hosts_find_address(hosts, &address);
        ck_assert_uint_eq(host->line, 4);
        ck_assert_uint_eq(host->names.n, 2);
        ck_assert_str_eq(host->names.items[0], "Push.example");
        ck_assert_str_eq(host->address_text, "10.0.0.5");
        ck_assert_str_eq(host->text, "  10.0.0.5\tPush.example push # it");
        ck_assert_ptr_eq(pf_hosts_find_name(hosts, "PUSH", 0), host);
        ck_assert_uint_eq(pf_hosts_find_name(hosts, "push", 1)->line, 6);
        ck_assert_ptr_null(pf_hosts_find_name(hosts, "commented", 0));
        ck_assert_str_eq(pf_hosts_find_name(hosts, "last", 0)->address_text, "10.0.0.6");
        address = address_of("fd20::5");
        ck_assert_uint_eq(pf_hosts_find_address(hosts, &address)->line, 6);
}
END_TEST

static PfResolvConf resolv_conf(const char *text) {
        PfResolvConf conf;

        pf_resolv_conf_parse(text, strlen(text), &conf);
        return conf;
}

START_TEST(name_servers) {
        PfResolvConf conf =
                resolv_conf("# nameserver 10.0.0.1\n nameserver 10.0.0.2\n"
                            "nameserver 10.0.0.3\nnameserver here\n"
                            "nameserver fe80::1%eth0\nnameserver 10.0.0.4 \n"
                            "nameserver 10.0.0.5\noptions timeout:99 attempts:3 rotate\n");

        ck_assert_uint_eq(conf.n_servers, 3);
        ck_assert_uint_eq(conf.servers[0].line, 3);
        ck_assert(conf.servers[1].address.is_ipv6);
        ck_assert_uint_eq(conf.timeout_seconds, 30);
        ck_assert_uint_eq(conf.attempts, 3);
        ck_assert(conf.rotate);
}
END_TEST

START_TEST(delays) {
        static const struct {
                const char *text;
                unsigned seconds;
                bool answered;
        } cases[] = {
                { "", 0, false },
                { "nameserver 10.0.0.1\n", 0, true },
                { "nameserver 192.0.2.53\n", 10, false },
                { "nameserver 192.0.2.53\noptions timeout:6 attempts:1\n", 6, false },
                { "nameserver 192.0.2.53\noptions timeout:0 attempts:1\n", 1, false },
                { "nameserver 192.0.2.53\nnameserver 203.0.113.1\n", 20, false },
                { "nameserver 192.0.2.53\nnameserver 10.0.0.1\n", 5, true },
                { "nameserver 10.0.0.1\nnameserver 192.0.2.53\noptions rotate\n", 5, true },
        };

        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PfResolvConf conf = resolv_conf(cases[i].text);
                bool answered;

                ck_assert_uint_eq(pf_resolv_conf_delay(&conf, &answered), cases[i].seconds);
                ck_assert_int_eq(answered, cases[i].answered);
        }
}
END_TEST

static void look_up(const char *address, PfReverseAnswer *ret) {
        const PfIpAddress wanted = address_of(address);
        PfErr err = { 0 };

        pf_reverse_answer_deinit(ret);
        pf_sandbox_reset_target(&box);
        ck_assert_msg(pf_resolver_reverse(box.target, &wanted, ret, &err) == 0, "%s", err.text);
}

START_TEST(hosts_decides) {
        PF_AUTO_REVERSE_ANSWER PfReverseAnswer answer = { 0 };

        pf_sandbox_new(&box);
        pf_sandbox_write(&box, "/etc/hosts",
                         "10.0.0.9 other shared\n10.0.0.5 push.example\n10.0.0.6 shared\n");
        pf_sandbox_write(&box, "/etc/resolv.conf", "nameserver 10.0.0.53\n");
        look_up("10.0.0.5", &answer);
        ck_assert_int_eq(answer.outcome, PF_REVERSE_NAME);
        ck_assert_str_eq(answer.name, "push.example");
        ck_assert_uint_eq(answer.line, 2);
        ck_assert(!answer.is_impostor);
        /* Its name is that of another line first, which has another canonical one. */
        look_up("10.0.0.6", &answer);
        ck_assert(answer.is_impostor);
        look_up("10.0.0.7", &answer);
        ck_assert_int_eq(answer.outcome, PF_REVERSE_UNDECIDED);
}
END_TEST

START_TEST(who_else_would_be_asked) {
        static const struct {
                const char *nsswitch;
                const char *resolv_conf;
                PfReverse outcome;
                unsigned delay;
        } cases[] = {
                { "hosts: files dns\n", "\n", PF_REVERSE_NONE, 0 },
                { "hosts: files dns\n", "nameserver 192.0.2.53\n", PF_REVERSE_NONE, 10 },
                { "hosts: files dns\n", "nameserver 10.0.0.53\n", PF_REVERSE_UNDECIDED, 0 },
                { "hosts: files # dns\n", "nameserver 10.0.0.53\n", PF_REVERSE_NONE, 0 },
                { "hosts: files [NOTFOUND=return] dns\n", "nameserver 10.0.0.53\n", PF_REVERSE_NONE,
                  0 },
                { "hosts: files mdns4_minimal [notfound=RETURN] dns\n", "nameserver 10.0.0.53\n",
                  PF_REVERSE_UNDECIDED, 0 },
                { "hosts: files resolve [!UNAVAIL=return] dns\n", "\n", PF_REVERSE_UNDECIDED, 0 },
                { "hosts: files myhostname\n", "nameserver 10.0.0.53\n", PF_REVERSE_NONE, 0 },
                { "passwd: files\n", "nameserver 10.0.0.53\n", PF_REVERSE_UNDECIDED, 0 },
        };

        pf_sandbox_new(&box);
        for (size_t i = 0; i < PF_ELEMENTS(cases); i++) {
                PF_AUTO_REVERSE_ANSWER PfReverseAnswer answer = { 0 };

                pf_sandbox_write(&box, "/etc/nsswitch.conf", cases[i].nsswitch);
                pf_sandbox_write(&box, "/etc/resolv.conf", cases[i].resolv_conf);
                look_up("10.0.0.5", &answer);
                ck_assert_msg(answer.outcome == cases[i].outcome, "%s", cases[i].nsswitch);
                ck_assert_uint_eq(answer.delay_seconds, cases[i].delay);
        }
}
END_TEST

/* In an image it may be written at boot. */
START_TEST(no_resolv_conf) {
        PF_AUTO_REVERSE_ANSWER PfReverseAnswer answer = { 0 };

        pf_sandbox_new(&box);
        look_up("10.0.0.5", &answer);
        ck_assert_int_eq(answer.outcome, PF_REVERSE_UNDECIDED);
        pf_sandbox_symlink(&box, "/run/systemd/resolve/stub-resolv.conf", "/etc/resolv.conf");
        look_up("10.0.0.5", &answer);
        ck_assert_int_eq(answer.outcome, PF_REVERSE_UNDECIDED);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("resolver");

        PF_TEST(suite, addresses);
        PF_TEST(suite, lines_of_hosts);
        PF_TEST(suite, name_servers);
        PF_TEST(suite, delays);
        PF_TEST(suite, hosts_decides);
        PF_TEST(suite, who_else_would_be_asked);
        PF_TEST(suite, no_resolv_conf);
        return pf_test_main(suite);
}
