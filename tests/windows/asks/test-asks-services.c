/* SPDX-License-Identifier: MIT */
/* What the service manager says of services that are made for the test. */
#include "tests/windows/asks/asks.h"

#include "daemon/base/clock.h"
#include "tests/windows/asks/services.h"

#define NAME "preflightd test"

static PfWindowsService ask(const char *name) {
        PfWindowsService service = { 0 };

        asks_fact(PF_WINDOWS_SERVICE, name, &service);
        return service;
}

/* --- one service --- */

START_TEST(absent) {
        PfWindowsService service;

        asks_remove_service(NAME);
        service = ask(NAME);
        ck_assert_uint_eq(service.error, ERROR_SERVICE_DOES_NOT_EXIST);
        ck_assert_uint_eq(service.state, 0);
        ck_assert(!service.is_change_tried);
}
END_TEST

static const struct {
        DWORD start;
        bool is_started;
        uint32_t state;
} kinds[] = {
        { SERVICE_AUTO_START, false, PF_SERVICE_STOPPED },
        { SERVICE_AUTO_START, true, PF_SERVICE_RUNNING },
        { SERVICE_DEMAND_START, true, PF_SERVICE_RUNNING },
        { SERVICE_DISABLED, false, PF_SERVICE_STOPPED },
};

START_TEST(states) {
        PfWindowsService service;

        asks_make_service(NAME, "running", kinds[_i].start);
        if (kinds[_i].is_started)
                asks_start_service(NAME, SERVICE_RUNNING);
        service = ask(NAME);
        ck_assert_uint_eq(service.error, 0);
        ck_assert_uint_eq(service.start, kinds[_i].start);
        ck_assert_uint_eq(service.state, kinds[_i].state);
        ck_assert(!service.is_change_tried);
        asks_remove_service(NAME);
}
END_TEST

START_TEST(not_a_name) {
        PfWindowsService service = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(asks_try(PF_WINDOWS_SERVICE, "\xff", &service, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "no name of a service"));
}
END_TEST

/* --- is the database locked? Of VSS alone it is tried. --- */

START_TEST(takes_changes) {
        PfWindowsService service;

        asks_make_service("VSS", "running", SERVICE_DEMAND_START);
        service = ask("VSS");
        ck_assert_uint_eq(service.error, 0);
        ck_assert(service.is_change_tried);
        ck_assert_uint_eq(service.change_error, 0);
        ck_assert_uint_eq(service.start, SERVICE_DEMAND_START); /* nothing was changed */
        asks_remove_service("VSS");
}
END_TEST

START_TEST(marked_for_deletion) {
        SC_HANDLE all = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS), held;
        PfWindowsService service;

        asks_make_service("VSS", "running", SERVICE_DEMAND_START);
        held = OpenServiceA(all, "VSS", SERVICE_ALL_ACCESS);
        ck_assert(DeleteService(held));
        service = ask("VSS");
        (void) CloseServiceHandle(held);
        (void) CloseServiceHandle(all);
        ck_assert(service.is_change_tried);
        ck_assert_uint_eq(service.change_error, ERROR_SERVICE_MARKED_FOR_DELETE);
        ck_assert_uint_eq(ask("VSS").error, ERROR_SERVICE_DOES_NOT_EXIST);
}
END_TEST

/* --- services that are starting or stopping --- */

static const PfWindowsPendingService *find(const PfWindowsPending *pending, const char *name) {
        const PfWindowsPendingService *services = pending->services.items;

        for (size_t i = 0; i < pending->services.n; i++)
                if (strcmp(services[i].name, name) == 0)
                        return &services[i];
        return NULL;
}

static const struct {
        const char *argument;
        uint32_t state;
        bool has_moved, has_since;
} hanging[] = {
        { "starting", PF_SERVICE_START_PENDING, false, true },
        { "moving", PF_SERVICE_START_PENDING, true, true },
        { "stopping", PF_SERVICE_STOP_PENDING, false, false },
};

START_TEST(pending_services) {
        const uint64_t before = pf_clock_realtime_usec();
        const PfWindowsPendingService *service;
        PfWindowsPending pending = { 0 };

        asks_make_service(NAME, hanging[_i].argument, SERVICE_DEMAND_START);
        asks_start_service(NAME, hanging[_i].state);
        asks_fact(PF_WINDOWS_PENDING, "all", &pending);
        asks_remove_service(NAME);
        ck_assert_uint_eq(pending.error, 0);
        ck_assert_uint_ge(pending.apart_usec, 1000000);
        service = find(&pending, NAME);
        ck_assert_ptr_nonnull(service);
        ck_assert_uint_eq(service->state, hanging[_i].state);
        ck_assert_uint_ne(service->process, 0);
        ck_assert_uint_eq(service->wait_hint_msec, 7000);
        ck_assert_int_eq(service->has_moved, hanging[_i].has_moved);
        ck_assert_int_eq(service->since_usec > 0, hanging[_i].has_since);
        if (service->since_usec) { /* the clock of processes may go by ticks */
                ck_assert_uint_ge(service->since_usec + 1000000, before);
                ck_assert_uint_le(service->since_usec, pf_clock_realtime_usec() + 1000000);
        }
        pf_windows_fact_deinit(PF_WINDOWS_PENDING, &pending);
}
END_TEST

START_TEST(nothing_pending) {
        PfWindowsPending pending = { 0 };

        asks_make_service(NAME, "running", SERVICE_DEMAND_START);
        asks_start_service(NAME, SERVICE_RUNNING);
        asks_fact(PF_WINDOWS_PENDING, "all", &pending);
        asks_remove_service(NAME);
        ck_assert_uint_eq(pending.error, 0);
        ck_assert_ptr_null(find(&pending, NAME));
        pf_windows_fact_deinit(PF_WINDOWS_PENDING, &pending);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("asks-services");

        PF_TEST(suite, absent);
        PF_TEST_LOOP(suite, states, PF_ELEMENTS(kinds));
        PF_TEST(suite, not_a_name);
        PF_TEST(suite, takes_changes);
        PF_TEST(suite, marked_for_deletion);
        PF_TEST_LOOP(suite, pending_services, PF_ELEMENTS(hanging));
        PF_TEST(suite, nothing_pending);
        return pf_test_main(suite);
}
