/* SPDX-License-Identifier: MIT */
/* Ways, sockets, memory and the cluster as they were recorded; what becomes of a question
 * that is not answered. */
#include "tests/windows/asks/asks.h"

/* --- the network --- */

START_TEST(adapters) {
        PfWindowsAdapters fact = { 0 };
        const PfWindowsAdapter *items;

        asks_say("[adapters]\nnames=Ethernet0,Ethernet1\n"
                 "[adapter Ethernet0]\nindex=18\ndhcp=1\naddress=10.0.0.5\nprefix=23\n"
                 "gateway=10.0.0.1\n[adapter Ethernet1]\ndown=1\ntype=131\n");
        asks_fact(PF_WINDOWS_ADAPTERS, "all", &fact);
        items = fact.adapters.items;
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_uint_eq(fact.adapters.n, 2);
        ck_assert_str_eq(items[0].name, "Ethernet0");
        ck_assert_str_eq(items[0].id, "00000000-0000-0000-0000-000000000012");
        ck_assert_uint_eq(items[0].index, 18);
        ck_assert_uint_eq(items[0].status, PF_ADAPTER_UP);
        ck_assert(items[0].is_dhcp && !items[1].is_dhcp);
        ASKS_LIST(&items[0].addresses, "10.0.0.5/23");
        ASKS_LIST(&items[0].gateways, "10.0.0.1");
        ck_assert_uint_eq(items[1].type, PF_ADAPTER_TUNNEL);
        ck_assert_uint_ne(items[1].status, PF_ADAPTER_UP);
        ck_assert_uint_eq(items[1].addresses.n, 0);
        pf_windows_fact_deinit(PF_WINDOWS_ADAPTERS, &fact);
        asks_say(NULL); /* none at all is an answer; not to be told is another */
        asks_fact(PF_WINDOWS_ADAPTERS, "all", &fact);
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_uint_eq(fact.adapters.n, 0);
        asks_say("[adapters]\nerror=8\n");
        asks_fact(PF_WINDOWS_ADAPTERS, "all", &fact);
        ck_assert_uint_eq(fact.error, 8);
}
END_TEST

START_TEST(tcp) {
        PfWindowsTcp fact = { 0 };
        const PfWindowsListener *items;

        asks_say("[tcp]\nlisten=135,445\nused=15000\n");
        asks_fact(PF_WINDOWS_TCP, "tcp", &fact);
        items = fact.listeners.items;
        ck_assert_uint_eq(fact.listeners.n, 2);
        ck_assert_uint_eq(items[1].port, 445);
        ck_assert_str_eq(items[1].address, "0.0.0.0");
        ck_assert_uint_eq(items[1].process, 4);
        ck_assert_uint_eq(fact.n_ports, 15000);
        pf_windows_fact_deinit(PF_WINDOWS_TCP, &fact);
        asks_say("[tcp]\nerror=5\n");
        asks_fact(PF_WINDOWS_TCP, "tcp", &fact);
        ck_assert_uint_eq(fact.error, 5);
        ck_assert_uint_eq(fact.listeners.n, 0);
}
END_TEST

START_TEST(memory) {
        PfWindowsMemory fact = { 0 };

        asks_say("[memory]\nlimit=8192\ntotal=1024\nfree=4096\n");
        asks_fact(PF_WINDOWS_MEMORY, "memory", &fact);
        ck_assert_uint_eq(fact.commit_limit, UINT64_C(8192) << 20);
        ck_assert_uint_eq(fact.commit_total, UINT64_C(1024) << 20);
        ck_assert_uint_eq(fact.physical_free, UINT64_C(4096) << 20);
        fact = (PfWindowsMemory){ 0 };
        asks_say("[memory]\nlimit=8192\nerror=5\n");
        asks_fact(PF_WINDOWS_MEMORY, "memory", &fact);
        ck_assert_uint_eq(fact.error, 5);
        ck_assert_uint_eq(fact.commit_limit, 0);
}
END_TEST

START_TEST(route) {
        static const struct {
                const char *address;
                uint32_t error, index;
        } cases[] = { { "192.0.2.7", 0, 4 },
                      { "2001:db8::7", 0, 5 },
                      { "198.51.100.7", 1231, 0 },
                      { "203.0.113.7", 50, 0 } };
        PfWindowsRoute fact = { 0 };

        asks_say("[route 192.0.2.7]\nindex=4\n[route IPv6]\nindex=5\n"
                 "[route 203.0.113.7]\nerror=50\nindex=4\n");
        asks_fact(PF_WINDOWS_ROUTE, cases[_i].address, &fact);
        ck_assert_uint_eq(fact.error, cases[_i].error);
        ck_assert_uint_eq(fact.index, cases[_i].index);
}
END_TEST

START_TEST(no_address) {
        PfWindowsRoute fact = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(asks_try(PF_WINDOWS_ROUTE, "192.0.2.300", &fact, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "192.0.2.300: no address"));
}
END_TEST

/* --- the cluster --- */

START_TEST(cluster) {
        static const struct {
                const char *said;
                uint32_t error, state;
        } cases[] = {
                { NULL, 0, PF_CLUSTER_NOT_INSTALLED },
                { "[cluster]\nstate=1\n", 0, PF_CLUSTER_NOT_CONFIGURED },
                { "[cluster]\nstate=0x13\n", 0, PF_CLUSTER_RUNNING },
                { "[cluster]\nerror=5\n", 5, 0 },
        };
        PfWindowsCluster fact = { 0 };

        asks_say(cases[_i].said);
        asks_fact(PF_WINDOWS_CLUSTER, "node", &fact);
        ck_assert_uint_eq(fact.error, cases[_i].error);
        ck_assert_uint_eq(fact.state, cases[_i].state);
        ck_assert(!fact.has_hive);
}
END_TEST

START_TEST(cluster_hive) {
        PfWindowsCluster fact = { 0 };
        HKEY key;

        asks_say(NULL);
        ck_assert_int_eq(RegCreateKeyExA(HKEY_LOCAL_MACHINE, "Cluster", 0, NULL, 0,
                                         KEY_READ | KEY_WOW64_64KEY, NULL, &key, NULL),
                         0);
        asks_fact(PF_WINDOWS_CLUSTER, "node", &fact);
        (void) RegCloseKey(key);
        (void) RegDeleteKeyExA(HKEY_LOCAL_MACHINE, "Cluster", KEY_WOW64_64KEY, 0);
        ck_assert(fact.has_hive);
        asks_fact(PF_WINDOWS_CLUSTER, "node", &fact);
}
END_TEST

/* --- questions that are not answered --- */

/* It is left alone after its time; nobody waits a second time for it, other facts are told;
 * and once it has come back, so is this one. */
START_TEST(hanging) {
        PfWindowsCluster fact = { 0 };
        PfWindowsJoin other = { 0 };
        PfErr late = { 0 }, busy = { 0 };
        int r = -EBUSY;

        asks_say("[cluster]\nhangs=1\nstate=3\n");
        ck_assert_int_eq(asks_try(PF_WINDOWS_CLUSTER, "node", &fact, &late), -ETIMEDOUT);
        ck_assert_ptr_nonnull(strstr(late.text, "Windows did not answer within 5 s"));
        ck_assert_int_eq(asks_try(PF_WINDOWS_CLUSTER, "node", &fact, &busy), -EBUSY);
        ck_assert_ptr_nonnull(strstr(busy.text, "has not answered an earlier question yet"));
        asks_fact(PF_WINDOWS_JOIN, "join", &other);
        pf_windows_fact_deinit(PF_WINDOWS_JOIN, &other);
        asks_say("[cluster]\nstate=3\n");
        for (unsigned i = 0; r == -EBUSY && i < 1000; i++) {
                PfErr err = { 0 };

                Sleep(10);
                r = asks_try(PF_WINDOWS_CLUSTER, "node", &fact, &err);
        }
        ck_assert_int_eq(r, 0);
        ck_assert_uint_eq(fact.state, 3);
}
END_TEST

/* Of an image nobody is asked. */
START_TEST(not_of_image) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *image = NULL;
        char folder[MAX_PATH], value[256] = { 0 };
        PfErr err = { 0 };

        ck_assert_uint_gt(GetTempPathA(sizeof(folder), folder), 0);
        ck_assert_int_eq(pf_target_new(folder, PF_TARGET_DEFAULT, &image, &err), 0);
        for (unsigned i = PF_WINDOWS_SERVICE + 1; i < PF_WINDOWS_N_FACTS; i++)
                ck_assert_int_eq(pf_windows_fact(image, (PfWindowsFact) i, "x", value, &err),
                                 PF_WINDOWS_NOT_ASKED);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("asks-machine");

        PF_TEST(suite, adapters);
        PF_TEST(suite, tcp);
        PF_TEST(suite, memory);
        PF_TEST_LOOP(suite, route, 4);
        PF_TEST(suite, no_address);
        PF_TEST_LOOP(suite, cluster, 4);
        PF_TEST(suite, cluster_hive);
        PF_TEST(suite, hanging);
        PF_TEST(suite, not_of_image);
        return pf_test_main(suite);
}
