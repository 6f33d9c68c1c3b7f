/* SPDX-License-Identifier: MIT */
/* The calls that change a Windows, one by one: what they do, and what they refuse with. */
#include "tests/windows/asks/asks.h"

#include "daemon/platform/registry-change.h"
#include "daemon/platform/registry.h"
#include "daemon/platform/services-change.h"
#include "tests/windows/asks/services.h"

#define KEY "HKLM\\SOFTWARE\\preflightd test"
#define SERVICE "preflightd test"

/* --- the registry --- */

static void make_key(bool is_wanted) {
        HKEY key;

        (void) RegDeleteTreeA(HKEY_LOCAL_MACHINE, KEY + strlen("HKLM\\"));
        if (!is_wanted)
                return;
        ck_assert_int_eq(RegCreateKeyExA(HKEY_LOCAL_MACHINE, KEY + strlen("HKLM\\"), 0, NULL, 0,
                                         KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &key, NULL),
                         ERROR_SUCCESS);
        (void) RegCloseKey(key);
}

/* The value as the probes see it; -1: there is none. */
static int64_t read_value(const char *name) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *machine = asks_machine();
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        uint64_t number = 0;
        PfErr err = { 0 };
        int r = pf_registry_read(machine, KEY, &key, &err);

        ck_assert_msg(r >= 0, "%s", err.text);
        if (r == 0)
                r = pf_registry_number(&key, name, &number, &err);
        ck_assert_msg(r >= 0, "%s", err.text);
        return r == 0 ? (int64_t) number : -1;
}

START_TEST(values) {
        static const uint32_t numbers[] = { 1, 0, UINT32_MAX };
        PfErr err = { 0 };

        make_key(true);
        for (size_t i = 0; i < PF_ELEMENTS(numbers); i++) {
                ck_assert_msg(pf_registry_change(KEY, "A value", &numbers[i], &err) == 0, "%s",
                              err.text);
                ck_assert_int_eq(read_value("A value"), numbers[i]);
        }
        ck_assert_int_eq(pf_registry_change(KEY, "A value", NULL, &err), 0);
        ck_assert_int_eq(read_value("A value"), -1);
        ck_assert_int_eq(pf_registry_change(KEY, "A value", NULL, &err), 0);
        make_key(false);
}
END_TEST

START_TEST(no_key_is_made) {
        const uint32_t one = 1;
        PfErr err = { 0 };

        make_key(false);
        ck_assert_int_eq(pf_registry_change(KEY, "A value", &one, &err), -ENOENT);
        ck_assert_ptr_nonnull(strstr(err.text, KEY "\\A value: "));
        ck_assert_int_eq(read_value("A value"), -1);
        err = (PfErr){ 0 };
        ck_assert_int_eq(pf_registry_change(KEY, "A value", NULL, &err), 0);
        ck_assert_int_eq(pf_registry_change("HKCU\\Software", "A value", &one, &err), -EINVAL);
}
END_TEST

/* --- services --- */

static PfWindowsService ask(void) {
        PfWindowsService service = { 0 };

        asks_fact(PF_WINDOWS_SERVICE, SERVICE, &service);
        return service;
}

START_TEST(start_types) {
        static const uint32_t types[] = { PF_SERVICE_AUTOMATIC, PF_SERVICE_DISABLED,
                                          PF_SERVICE_DEMAND };
        PfErr err = { 0 };

        asks_make_service(SERVICE, "running", SERVICE_DEMAND_START);
        for (size_t i = 0; i < PF_ELEMENTS(types); i++) {
                ck_assert_msg(pf_service_set_start(SERVICE, types[i], &err) == 0, "%s", err.text);
                ck_assert_uint_eq(ask().start, types[i]);
                ck_assert_uint_eq(ask().state, PF_SERVICE_STOPPED);
        }
        asks_remove_service(SERVICE);
        ck_assert_int_eq(pf_service_set_start(SERVICE, PF_SERVICE_DEMAND, &err), -ENOENT);
        ck_assert_ptr_nonnull(strstr(err.text, "OpenServiceW(" SERVICE ")"));
}
END_TEST

/* Twice each: what is so already is no error. */
START_TEST(started_and_stopped) {
        PfErr err = { 0 };

        asks_make_service(SERVICE, "running", SERVICE_DEMAND_START);
        for (int i = 0; i < 4; i++) {
                const bool run = i < 2;

                ck_assert_msg(pf_service_run(SERVICE, run, PF_SERVICE_CHANGE_MS, &err) == 0, "%s",
                              err.text);
                ck_assert_uint_eq(ask().state, run ? PF_SERVICE_RUNNING : PF_SERVICE_STOPPED);
        }
        asks_remove_service(SERVICE);
        ck_assert_int_eq(pf_service_run(SERVICE, true, PF_SERVICE_CHANGE_MS, &err), -ENOENT);
}
END_TEST

START_TEST(a_disabled_one_does_not_start) {
        PfErr err = { 0 };

        asks_make_service(SERVICE, "running", SERVICE_DISABLED);
        ck_assert_int_lt(pf_service_run(SERVICE, true, PF_SERVICE_CHANGE_MS, &err), 0);
        ck_assert_ptr_nonnull(strstr(err.text, "error 1058"));
        ck_assert_uint_eq(ask().state, PF_SERVICE_STOPPED);
        asks_remove_service(SERVICE);
}
END_TEST

/* The wait is bounded, and what hangs is told. */
START_TEST(one_that_hangs) {
        PfErr err = { 0 };

        asks_make_service(SERVICE, "starting", SERVICE_DEMAND_START);
        ck_assert_int_eq(pf_service_run(SERVICE, true, 1000, &err), -ETIMEDOUT);
        ck_assert_ptr_nonnull(strstr(err.text, SERVICE " is not running after 1 s"));
        ck_assert_uint_eq(ask().state, PF_SERVICE_START_PENDING);
        asks_remove_service(SERVICE);
}
END_TEST

/* While it starts it is not stopped, and while it stops not started: it is waited for first. */
START_TEST(one_on_the_other_way) {
        SERVICE_STATUS status;
        SC_HANDLE all, service;
        PfErr err = { 0 };

        asks_make_service(SERVICE, "slow", SERVICE_DEMAND_START);
        asks_start_service(SERVICE, SERVICE_START_PENDING);
        ck_assert_msg(pf_service_run(SERVICE, false, PF_SERVICE_CHANGE_MS, &err) == 0, "%s",
                      err.text);
        ck_assert_uint_eq(ask().state, PF_SERVICE_STOPPED);
        ck_assert_int_eq(pf_service_run(SERVICE, true, PF_SERVICE_CHANGE_MS, &err), 0);

        all = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
        service = OpenServiceA(all, SERVICE, SERVICE_STOP);
        ck_assert(ControlService(service, SERVICE_CONTROL_STOP, &status));
        (void) CloseServiceHandle(service);
        (void) CloseServiceHandle(all);
        while (ask().state != PF_SERVICE_STOP_PENDING) /* or the test's limit of time comes */
                ck_assert_uint_ne(ask().state, PF_SERVICE_STOPPED);
        ck_assert_msg(pf_service_run(SERVICE, true, PF_SERVICE_CHANGE_MS, &err) == 0, "%s",
                      err.text);
        ck_assert_uint_eq(ask().state, PF_SERVICE_RUNNING);
        asks_remove_service(SERVICE);
}
END_TEST

/* Its program ends with that status before it is anything. */
START_TEST(one_that_fails) {
        PfErr err = { 0 };

        asks_make_service(SERVICE, "failing", SERVICE_DEMAND_START);
        ck_assert_int_lt(pf_service_run(SERVICE, true, 5000, &err), 0);
        ck_assert_str_ne(err.text, "");
        ck_assert_uint_ne(ask().state, PF_SERVICE_RUNNING);
        asks_remove_service(SERVICE);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("changes-calls");

        PF_TEST(suite, values);
        PF_TEST(suite, no_key_is_made);
        PF_TEST(suite, start_types);
        PF_TEST(suite, started_and_stopped);
        PF_TEST(suite, a_disabled_one_does_not_start);
        PF_TEST(suite, one_that_hangs);
        PF_TEST(suite, one_on_the_other_way);
        PF_TEST(suite, one_that_fails);
        return pf_test_main(suite);
}
