/* SPDX-License-Identifier: MIT */
/* What Wine answers by itself: adapters, sockets, memory, Windows Installer, policies. */
#include <winsock2.h>

#include "tests/windows/asks/asks.h"

/* --- the network, as Wine has it of the machine below --- */

static bool contains(const PfStrv *list, const char *text) {
        return pf_strv_contains(list, text);
}

START_TEST(adapters) {
        PfWindowsAdapters fact = { 0 };
        const PfWindowsAdapter *loopback = NULL;

        asks_fact(PF_WINDOWS_ADAPTERS, "all", &fact);
        ck_assert_uint_eq(fact.error, 0);
        for (size_t i = 0; i < fact.adapters.n; i++) {
                const PfWindowsAdapter *adapter = (PfWindowsAdapter *) fact.adapters.items + i;

                ck_assert_uint_eq(strlen(adapter->id), 36);
                ck_assert_uint_eq(strspn(adapter->id, "0123456789ABCDEF-"), 36);
                ck_assert_ptr_nonnull(adapter->name);
                if (adapter->type == PF_ADAPTER_LOOPBACK)
                        loopback = adapter;
        }
        ck_assert_ptr_nonnull(loopback);
        ck_assert(contains(&loopback->addresses, "127.0.0.1/8"));
        ck_assert_uint_eq(loopback->gateways.n, 0);
        ck_assert_uint_ne(loopback->index, 0);
        pf_windows_fact_deinit(PF_WINDOWS_ADAPTERS, &fact);
}
END_TEST

static const PfWindowsListener *find_port(const PfWindowsTcp *fact, unsigned port) {
        const PfWindowsListener *listeners = fact->listeners.items;

        for (size_t i = 0; i < fact->listeners.n; i++)
                if (listeners[i].port == port)
                        return &listeners[i];
        return NULL;
}

/* A socket that listens, at an address of this machine alone. Return: its port. */
static unsigned listen_here(SOCKET *ret) {
        SOCKADDR_IN name = { .sin_family = AF_INET };
        int n = sizeof(name);

        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        *ret = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert(*ret != INVALID_SOCKET);
        ck_assert_int_eq(bind(*ret, (SOCKADDR *) &name, sizeof(name)), 0);
        ck_assert_int_eq(listen(*ret, 1), 0);
        ck_assert_int_eq(getsockname(*ret, (SOCKADDR *) &name, &n), 0);
        return ntohs(name.sin_port);
}

START_TEST(tcp) {
        PfWindowsTcp before = { 0 }, after = { 0 };
        const PfWindowsListener *listener;
        WSADATA data;
        SOCKET socket;
        unsigned port;

        ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
        port = listen_here(&socket);
        asks_fact(PF_WINDOWS_TCP, "tcp", &before);
        (void) closesocket(socket);
        asks_fact(PF_WINDOWS_TCP, "tcp", &after);
        (void) WSACleanup();
        ck_assert_uint_eq(before.error, 0);
        ck_assert_uint_eq(before.bind_error, 0);
        ck_assert_uint_le(before.n_ports, 16384);
        listener = find_port(&before, port);
        ck_assert_ptr_nonnull(listener);
        ck_assert_str_eq(listener->address, "127.0.0.1");
        ck_assert_ptr_null(find_port(&after, port));
        pf_windows_fact_deinit(PF_WINDOWS_TCP, &before);
        pf_windows_fact_deinit(PF_WINDOWS_TCP, &after);
}
END_TEST

/* --- memory --- */

START_TEST(memory) {
        PfWindowsMemory fact = { 0 };
        MEMORYSTATUSEX status = { .dwLength = sizeof(status) };

        asks_fact(PF_WINDOWS_MEMORY, "memory", &fact);
        ck_assert(GlobalMemoryStatusEx(&status));
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_uint_gt(fact.commit_limit, fact.commit_total);
        ck_assert_uint_gt(fact.physical_free, 0);
        ck_assert_uint_le(fact.physical_free, status.ullTotalPhys);
}
END_TEST

/* --- Windows Installer --- */

static volatile LONG holds;
static HANDLE mutex_event;

static DWORD WINAPI hold(void *mutex) {
        ck_assert_uint_eq(WaitForSingleObject(mutex, 10000), WAIT_OBJECT_0);
        holds = 1;
        (void) WaitForSingleObject(mutex_event, 60000);
        (void) ReleaseMutex(mutex);
        return 0;
}

static bool is_busy(void) {
        PfWindowsInstaller fact = { 0 };

        asks_fact(PF_WINDOWS_INSTALLER, "msi", &fact);
        ck_assert_uint_eq(fact.error, 0);
        return fact.is_busy;
}

/* There is none; it is free; somebody has it; it is free again. */
START_TEST(installer) {
        HANDLE mutex, thread;

        ck_assert(!is_busy());
        mutex = CreateMutexW(NULL, FALSE, L"Global\\_MSIExecute");
        ck_assert_ptr_nonnull(mutex);
        ck_assert(!is_busy());
        holds = 0;
        mutex_event = CreateEventW(NULL, TRUE, FALSE, NULL);
        thread = CreateThread(NULL, 0, hold, mutex, 0, NULL);
        while (!holds)
                Sleep(10);
        ck_assert(is_busy());
        (void) SetEvent(mutex_event);
        ck_assert_uint_eq(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0);
        ck_assert(!is_busy());
        (void) CloseHandle(thread);
        (void) CloseHandle(mutex_event);
        (void) CloseHandle(mutex);
        ck_assert(!is_busy());
}
END_TEST

/* --- policies of users --- */

#define SOMEBODY "S-1-5-21-7-7-7-1107"
#define EXPLORER "\\Software\\Microsoft\\Windows\\CurrentVersion\\Policies\\Explorer"

static void set_policy(const char *user, DWORD type, const void *bytes, DWORD n) {
        char path[256];
        HKEY key;

        (void) snprintf(path, sizeof(path), "%s" EXPLORER, user);
        ck_assert_int_eq(RegCreateKeyA(HKEY_USERS, path, &key), 0);
        ck_assert_int_eq(RegSetValueExA(key, "NoInplaceSharing", 0, type, bytes, n), 0);
        (void) RegCloseKey(key);
}

START_TEST(user_policy) {
        static const DWORD one = 1, zero = 0;
        PfWindowsUserPolicy fact = { 0 };

        (void) RegDeleteTreeA(HKEY_USERS, SOMEBODY);
        asks_fact(PF_WINDOWS_USER_POLICY, "NoInplaceSharing", &fact);
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_uint_eq(fact.sids.n, 0);
        set_policy(SOMEBODY, REG_DWORD, &zero, sizeof(zero));
        set_policy(SOMEBODY "_Classes", REG_DWORD, &one, sizeof(one)); /* nobody's settings */
        asks_fact(PF_WINDOWS_USER_POLICY, "NoInplaceSharing", &fact);
        ck_assert_uint_eq(fact.sids.n, 0);
        set_policy(SOMEBODY, REG_DWORD, &one, sizeof(one));
        asks_fact(PF_WINDOWS_USER_POLICY, "NoInplaceSharing", &fact);
        ASKS_LIST(&fact.sids, SOMEBODY);
        ck_assert_uint_eq(fact.error, 0);
        pf_windows_fact_deinit(PF_WINDOWS_USER_POLICY, &fact);
        set_policy(SOMEBODY, REG_SZ, "1", 2); /* what it means is not known */
        asks_fact(PF_WINDOWS_USER_POLICY, "NoInplaceSharing", &fact);
        ck_assert_uint_ne(fact.error, 0);
        pf_windows_fact_deinit(PF_WINDOWS_USER_POLICY, &fact);
        (void) RegDeleteTreeA(HKEY_USERS, SOMEBODY);
        (void) RegDeleteTreeA(HKEY_USERS, SOMEBODY "_Classes");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("asks-system");

        PF_TEST(suite, adapters);
        PF_TEST(suite, tcp);
        PF_TEST(suite, memory);
        PF_TEST(suite, installer);
        PF_TEST(suite, user_policy);
        return pf_test_main(suite);
}
