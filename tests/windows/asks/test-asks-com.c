/* SPDX-License-Identifier: MIT */
/*
 * The COM+ catalogue, WMI and the firewall: classes that the test registers in its own
 * process, which COM takes before those of the system, and the system's own.
 */
#include "tests/windows/asks/asks.h"

#include "tests/windows/asks/classes.h"

static void take_classes(void) {
        classes_take(CLASSES_ALL);
}

static void give_classes_back(void) {
        classes_give_back();
        ck_assert_int_eq(classes_n_objects(), 0); /* nothing was forgotten */
}

static void expect_com(const char *question, uint32_t hresult, const char *step) {
        PfWindowsCom fact = { 0 };

        asks_fact(PF_WINDOWS_COM, question, &fact);
        ck_assert_msg(fact.hresult == hresult, "0x%08x at %s", (unsigned) fact.hresult, fact.step);
        ck_assert_str_eq(fact.step, step);
        pf_windows_fact_deinit(PF_WINDOWS_COM, &fact);
}

/* --- the COM+ catalogue --- */

START_TEST(applications) {
        take_classes();
        expect_com("applications", 0, "Populate");
        classes_say.populate = (HRESULT) 0x8004E00F; /* CONTEXT_E_TMNOTAVAILABLE */
        expect_com("applications", 0x8004E00F, "Populate");
        classes_say.get_collection = (HRESULT) 0x80070005;
        expect_com("applications", 0x80070005, "GetCollection");
        classes_say.create = (HRESULT) 0x800706BE;
        expect_com("applications", 0x800706BE, "COMAdminCatalog");
        give_classes_back();
}
END_TEST

/* --- WMI --- */

/* Wine has no such class of COM+; its WMI answers. */
START_TEST(of_the_system) {
        expect_com("cimv2", 0, "Next");
}
END_TEST

START_TEST(cimv2) {
        take_classes();
        classes_say.connect = (HRESULT) 0x80041003; /* WBEM_E_ACCESS_DENIED */
        expect_com("cimv2", 0x80041003, "ConnectServer");
        classes_say.create = (HRESULT) 0x80080005; /* CO_E_SERVER_EXEC_FAILURE */
        expect_com("cimv2", 0x80080005, "WbemLocator");
        give_classes_back();
}
END_TEST

START_TEST(no_question) {
        PfWindowsCom fact = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(asks_try(PF_WINDOWS_COM, "elsewhere", &fact, &err), -EINVAL);
}
END_TEST

/* It never answers: that is said, nobody waits a second time, and nothing is said of what
 * was not asked meanwhile. */
START_TEST(hanging) {
        PfWindowsCom fact = { 0 };
        PfErr err = { 0 };

        if (!getenv("PF_FULL")) {
                pf_test_skip("takes 30 s: PF_FULL=1");
                return;
        }
        take_classes();
        classes_say.hangs = 1;
        expect_com("applications", PF_COM_TIMEOUT, "no answer");
        ck_assert_int_eq(classes_say.n_waiting, 1);
        ck_assert_int_eq(asks_try(PF_WINDOWS_COM, "cimv2", &fact, &err), -EBUSY);
        ck_assert_ptr_nonnull(strstr(err.text, "earlier question"));
        ck_assert_ptr_null(fact.step);
        ck_assert_int_eq(classes_say.n_waiting, 1);
        classes_say.hangs = 0;
        for (unsigned i = 0; i < 1000 && classes_n_objects() != 0; i++)
                Sleep(10);
        give_classes_back();
}
END_TEST

/* --- the firewall --- */

START_TEST(firewall) {
        PfWindowsFirewall fact = { 0 };

        take_classes();
        classes_say.profiles = PF_FIREWALL_DOMAIN | PF_FIREWALL_PUBLIC;
        classes_say.modify_state = NET_FW_MODIFY_STATE_GP_OVERRIDE;
        asks_fact(PF_WINDOWS_FIREWALL, "profiles", &fact);
        ck_assert_uint_eq(fact.hresult, 0);
        ck_assert_uint_eq(fact.profiles, 5);
        ck_assert_uint_eq(fact.modify_state, 1);
        ck_assert_uint_eq(fact.connection_hresult, 0);
        pf_windows_fact_deinit(PF_WINDOWS_FIREWALL, &fact);
        give_classes_back();
}
END_TEST

START_TEST(no_firewall) {
        static const char *const steps[] = { "NetFwPolicy2", "CurrentProfileTypes",
                                             "LocalPolicyModifyState" };
        PfWindowsFirewall fact = { 0 };

        take_classes();
        classes_say.profiles = 7;
        *(HRESULT *[]){ &classes_say.create, &classes_say.profile_types, &classes_say.modify }[_i] =
                (HRESULT) 0x800706D9; /* EPT_S_NOT_REGISTERED: its service does not run */
        asks_fact(PF_WINDOWS_FIREWALL, "profiles", &fact);
        ck_assert_uint_eq(fact.hresult, 0x800706D9);
        ck_assert_str_eq(fact.step, steps[_i]);
        ck_assert_uint_eq(fact.profiles, 0);
        pf_windows_fact_deinit(PF_WINDOWS_FIREWALL, &fact);
        give_classes_back();
}
END_TEST

/* As the network list manager of the system has them. */
START_TEST(connections) {
        PfWindowsFirewall fact = { 0 };
        const PfWindowsConnection *items;

        take_classes();
        asks_fact(PF_WINDOWS_FIREWALL, "profiles", &fact);
        items = fact.connections.items;
        for (size_t i = 0; i < fact.connections.n; i++) {
                ck_assert_uint_eq(strlen(items[i].adapter), 36);
                ck_assert_uint_eq(strspn(items[i].adapter, "0123456789ABCDEF-"), 36);
                ck_assert_uint_le(items[i].profile, PF_FIREWALL_PUBLIC);
        }
        pf_windows_fact_deinit(PF_WINDOWS_FIREWALL, &fact);
        give_classes_back();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("asks-com");

        if (CoInitializeEx(NULL, COINIT_MULTITHREADED) != S_OK)
                return 99;
        PF_TEST(suite, applications);
        PF_TEST(suite, of_the_system);
        PF_TEST(suite, cimv2);
        PF_TEST(suite, no_question);
        PF_TEST(suite, hanging);
        PF_TEST(suite, firewall);
        PF_TEST_LOOP(suite, no_firewall, 3);
        PF_TEST(suite, connections);
        return pf_test_main(suite);
}
