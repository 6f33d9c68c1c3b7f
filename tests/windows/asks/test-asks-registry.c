/* SPDX-License-Identifier: MIT */
/* The registry of the running machine: what is written with Windows' own functions is read. */
#include "daemon/platform/registry.h"

#include <aclapi.h>
#include <sddl.h>

#include "tests/windows/asks/asks.h"

#define HOME "SOFTWARE\\preflightd test"
#define PATH "HKLM\\" HOME

static HKEY home; /* empty when a test begins, though the last one failed */

static void make_home(void) {
        ck_assert_int_eq(RegCreateKeyExA(HKEY_LOCAL_MACHINE, HOME, 0, NULL, 0,
                                         KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &home, NULL),
                         0);
        ck_assert_int_eq(RegDeleteTreeA(home, NULL), 0);
}

static void remove_home(void) {
        ck_assert_int_eq(RegCloseKey(home), 0);
        (void) RegDeleteTreeA(HKEY_LOCAL_MACHINE, HOME);
}

static void put(const wchar_t *name, DWORD type, const void *bytes, DWORD n) {
        ck_assert_int_eq(RegSetValueExW(home, name, 0, type, bytes, n), 0);
}

static int try_read(const char *path, PfRegistryKey *ret, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *machine = asks_machine();

        return pf_registry_read(machine, path, ret, err);
}

static void read_key(const char *path, PfRegistryKey *ret) {
        PfErr err = { 0 };
        int r = try_read(path, ret, &err);

        ck_assert_msg(r == 0, "%s: %d, %s", path, r, err.text);
}

static int compare(const void *a, const void *b) {
        return strcmp(((const PfRegistryValue *) a)->name, ((const PfRegistryValue *) b)->name);
}

/* Every type, and data that do not fit it, as they stand in a book. */
START_TEST(types) {
        static const struct {
                const wchar_t *name;
                DWORD type;
                const void *bytes;
                DWORD n;
        } values[] = {
                { L"", REG_SZ, L"the value without a name", 50 },
                { L"a", REG_SZ, L"caf\u00e9 \U0001F600", 14 + 2 },
                { L"b", REG_EXPAND_SZ, L"%SystemRoot%\\x", 30 },
                { L"c", REG_BINARY, "\x00\xff", 2 },
                { L"d", REG_DWORD, "\x02\x00\x00\x80", 4 },
                { L"e", REG_DWORD_BIG_ENDIAN, "\x80\x00\x00\x02", 4 },
                { L"f", REG_QWORD, "\x01\x02\x03\x04\x05\x06\x07\x00", 8 },
                { L"g", REG_MULTI_SZ, L"one\0two\0", 18 },
                { L"h", REG_DWORD, "\x01\x02", 2 },
                { L"i", 0x2A, "\x07", 1 },
                { L"j", REG_NONE, "", 0 },
                { L"k", REG_SZ, "", 0 },
                { L"l", REG_MULTI_SZ, L"\0", 4 },
                { L"m", REG_SZ, L"unended", 14 },
        };
        static const char want[] =
                "{\"\":{\"sz\":\"the value without a name\"},\"a\":{\"sz\":\"caf\u00e9 "
                "\U0001F600\"},"
                "\"b\":{\"expandSz\":\"%SystemRoot%\\\\x\"},\"c\":{\"binary\":\"00ff\"},"
                "\"d\":{\"dword\":2147483650},\"e\":{\"dwordBigEndian\":2147483650},"
                "\"f\":{\"qword\":1976943448883713},\"g\":{\"multiSz\":[\"one\",\"two\"]},"
                "\"h\":{\"type\":4,\"binary\":\"0102\"},\"i\":{\"type\":42,\"binary\":\"07\"},"
                "\"j\":{\"type\":0,\"binary\":\"\"},\"k\":{\"sz\":\"\"},\"l\":{\"multiSz\":[\"\"]},"
                "\"m\":{\"sz\":\"unended\"}}";
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *answer = NULL;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(65536);

        make_home();
        for (size_t i = 0; i < PF_ELEMENTS(values); i++)
                put(values[i].name, values[i].type, values[i].bytes, values[i].n);
        read_key(PATH, &key);
        ck_assert_str_eq(key.path, PATH);
        ck_assert_ptr_null(key.hive);
        qsort(key.values, key.n_values, sizeof(*key.values), compare);
        answer = pf_registry_key_to_json(&key);
        ck_assert_int_eq(pf_json_write(pf_json_get(answer, "values"), &text), 0);
        ck_assert_str_eq(text.data, want);
        remove_home();
}
END_TEST

/* Without regard to case; no key, and no value, are no errors. */
START_TEST(absent) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        PfRegistryKey none = { 0 };
        uint64_t number = 7;
        PfErr err = { 0 };

        make_home();
        put(L"Start", REG_DWORD, "\x02\x00\x00\x00", 4);
        read_key("hklm\\software\\PREFLIGHTD TEST", &key);
        ck_assert_int_eq(pf_registry_number(&key, "sTART", &number, &err), 0);
        ck_assert_uint_eq(number, 2);
        ck_assert_int_eq(pf_registry_number(&key, "Stop", &number, &err), PF_REGISTRY_ABSENT);
        ck_assert_int_eq(try_read(PATH "\\Parameters", &none, &err), PF_REGISTRY_ABSENT);
        ck_assert_int_eq(try_read(PATH "\\a\\b\\c", &none, &err), PF_REGISTRY_ABSENT);
        ck_assert_int_eq(try_read("HKLM\\SYSTEM\\ControlSet999", &none, &err), PF_REGISTRY_ABSENT);
        ck_assert_str_eq(err.text, "");
        ck_assert_ptr_null(none.path);
        remove_home();
}
END_TEST

/* A hive is a key too, of which the control sets are; Wine begins with the current one alone. */
START_TEST(hive) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };

        read_key("HKLM\\SYSTEM", &key);
        ck_assert(pf_registry_has_subkey(&key, "Select"));
        ck_assert(pf_registry_has_subkey(&key, "CurrentControlSet"));
}
END_TEST

/* What a machine has that it started from. */
START_TEST(own) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey select = { 0 };
        PF_AUTO_REGISTRY_KEY PfRegistryKey control = { 0 };
        uint64_t current = 0;
        PfErr err = { 0 };

        read_key("HKLM\\SYSTEM\\Select", &select);
        ck_assert_int_eq(pf_registry_number(&select, "Current", &current, &err), 0);
        ck_assert_uint_gt(current, 0);
        read_key("HKLM\\SYSTEM\\CurrentControlSet", &control);
        ck_assert(pf_registry_has_subkey(&control, "Services"));
        ck_assert(pf_registry_has_subkey(&control, "control"));
}
END_TEST

/* The 64-bit view; the other is below its name. */
START_TEST(views) {
        static const DWORD one = 1, two = 2;
        PF_AUTO_REGISTRY_KEY PfRegistryKey wide = { 0 }, narrow = { 0 };
        HKEY other;

        make_home();
        ck_assert_int_eq(RegCreateKeyExA(HKEY_LOCAL_MACHINE, HOME, 0, NULL, 0,
                                         KEY_ALL_ACCESS | KEY_WOW64_32KEY, NULL, &other, NULL),
                         0);
        put(L"view", REG_DWORD, &one, sizeof(one));
        ck_assert_int_eq(RegSetValueExW(other, L"view", 0, REG_DWORD, (const BYTE *) &two, 4), 0);
        read_key(PATH, &wide);
        read_key("HKLM\\SOFTWARE\\Wow6432Node\\preflightd test", &narrow);
        ck_assert_uint_eq(pf_registry_value(&wide, "view")->number, 1);
        ck_assert_uint_eq(pf_registry_value(&narrow, "view")->number, 2);
        ck_assert_int_eq(RegCloseKey(other), 0);
        ck_assert_int_eq(RegDeleteKeyExA(HKEY_LOCAL_MACHINE, HOME, KEY_WOW64_32KEY, 0), 0);
        remove_home();
}
END_TEST

START_TEST(subkeys) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        static const char *const names[] = { "alpha", "Beta", "caf\u00e9", "{0-1}", "a b" };

        make_home();
        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                wchar_t wide[64];
                HKEY made;

                (void) MultiByteToWideChar(CP_UTF8, 0, names[i], -1, wide, 64);
                ck_assert_int_eq(RegCreateKeyW(home, wide, &made), 0);
                (void) RegCloseKey(made);
        }
        read_key(PATH, &key);
        ck_assert_uint_eq(key.subkeys.n, PF_ELEMENTS(names));
        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                ck_assert_msg(pf_registry_has_subkey(&key, names[i]), "%s", names[i]);
        remove_home();
}
END_TEST

/* The text names the key: it is all that is left of it in a captured machine. */
START_TEST(denied) {
        PfRegistryKey key = { 0 };
        PSECURITY_DESCRIPTOR none = NULL, all = NULL;
        PfErr err = { 0 };
        int r;

        make_home();
        ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA("D:P", SDDL_REVISION_1,
                                                                       &none, NULL));
        ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
                "D:P(A;;GA;;;WD)", SDDL_REVISION_1, &all, NULL));
        ck_assert_int_eq(RegSetKeySecurity(home, DACL_SECURITY_INFORMATION, none), 0);
        r = try_read(PATH, &key, &err);
        ck_assert_int_eq(RegSetKeySecurity(home, DACL_SECURITY_INFORMATION, all), 0);
        (void) LocalFree(none);
        (void) LocalFree(all);
        ck_assert_int_eq(r, -EACCES);
        ck_assert_str_eq(err.text, PATH ": RegOpenKeyExW: error 5 (ERROR_ACCESS_DENIED)");
        remove_home();
}
END_TEST

START_TEST(refused) {
        static const struct {
                const char *path, *text;
        } cases[] = {
                { "HKCU\\Software", "HKCU\\Software is in no hive that is read" },
                { "HKLM\\HARDWARE\\X", "HKLM\\HARDWARE\\X is in no hive that is read" },
                { "HKLM\\SYSTEMS", "HKLM\\SYSTEMS is in no hive that is read" },
                { "HKLM\\SYSTEM\\\xff", "HKLM\\SYSTEM\\?: the key's name is not UTF-8" },
        };
        PfRegistryKey key = { 0 };
        PfErr err = { 0 };

        ck_assert_int_eq(try_read(cases[_i].path, &key, &err), -EINVAL);
        ck_assert_str_eq(err.text, cases[_i].text);
}
END_TEST

/* Longer, or deeper, than any key can be. */
START_TEST(too_long) {
        char path[2 * PF_REGISTRY_PATH_MAX] = "HKLM\\SYSTEM\\";
        PfRegistryKey key = { 0 };
        PfErr err = { 0 };

        (void) memset(path + strlen(path), _i == 0 ? '\\' : 'x',
                      _i == 0 ? 64 : PF_REGISTRY_PATH_MAX);
        ck_assert_int_eq(try_read(path, &key, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, ": the key's name is too long"));
}
END_TEST

/* More than one key may hold is refused, before it is read. */
START_TEST(too_much) {
        PfRegistryKey key = { 0 };
        PF_AUTO_FREE char *bytes = calloc(1, PF_REGISTRY_BYTES_MAX + 1);
        PfErr err = { 0 };

        make_home();
        ck_assert_ptr_nonnull(bytes);
        put(L"large", REG_BINARY, bytes, PF_REGISTRY_BYTES_MAX + 1);
        ck_assert_int_eq(try_read(PATH, &key, &err), -E2BIG);
        ck_assert_str_eq(err.text, PATH ": the key holds too much");
        put(L"large", REG_BINARY, bytes, PF_REGISTRY_BYTES_MAX / 2);
        put(L"larger", REG_BINARY, bytes, PF_REGISTRY_BYTES_MAX / 2);
        err = (PfErr){ 0 };
        ck_assert_int_eq(try_read(PATH, &key, &err), -E2BIG); /* with their names */
        remove_home();
}
END_TEST

START_TEST(too_many) {
        PfRegistryKey key = { 0 };
        PfErr err = { 0 };

        make_home();
        for (unsigned i = 0; i <= PF_REGISTRY_VALUES_MAX; i++) {
                wchar_t name[16];

                (void) swprintf(name, 16, L"%u", i);
                put(name, REG_NONE, "", 0);
        }
        ck_assert_int_eq(try_read(PATH, &key, &err), -E2BIG);
        ck_assert_str_eq(err.text, PATH ": the key holds too many values");
        ck_assert_int_eq(RegDeleteValueW(home, L"0"), 0);
        read_key(PATH, &key);
        ck_assert_uint_eq(key.n_values, PF_REGISTRY_VALUES_MAX);
        pf_registry_key_deinit(&key);
        remove_home();
}
END_TEST

/* "Start" and "Start\0" are two names, which native programs can make. */
typedef struct NativeString {
        USHORT n, size;
        wchar_t *text;
} NativeString;
LONG NTAPI NtSetValueKey(HANDLE key, NativeString *name, ULONG index, ULONG type, void *data,
                         ULONG n);
LONG NTAPI NtDeleteValueKey(HANDLE key, NativeString *name);

START_TEST(hidden_name) {
        static wchar_t text[] = L"Start";
        NativeString name = { sizeof(text), sizeof(text), text }; /* with its NUL */
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        DWORD four = 4;

        make_home();
        ck_assert_int_eq(NtSetValueKey(home, &name, 0, REG_DWORD, &four, sizeof(four)), 0);
        read_key(PATH, &key);
        ck_assert_uint_eq(key.n_values, 1);
        ck_assert_str_eq(key.values[0].name, "Start\uFFFD");
        ck_assert_ptr_null(pf_registry_value(&key, "Start"));
        ck_assert_int_eq(NtDeleteValueKey(home, &name), 0);
        remove_home();
}
END_TEST

/* --- a key that changes while it is read --- */

#define BETWEEN 200
#define READS 8

static volatile LONG is_over;

/* "z" is never more than one behind "a". Now and then nothing happens for a while. */
static DWORD WINAPI change(void *data) {
        (void) data;
        for (DWORD i = 1; !is_over; i++) {
                (void) RegSetValueExW(home, L"a", 0, REG_DWORD, (const BYTE *) &i, sizeof(i));
                (void) RegSetValueExW(home, L"z", 0, REG_DWORD, (const BYTE *) &i, sizeof(i));
                if (i % 500 == 0)
                        Sleep(200);
        }
        return 0;
}

/* Whatever is told was true at one time, though it took long to read. */
START_TEST(changing) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *machine = asks_machine();
        PF_AUTO_REGISTRY_KEY PfRegistryKey last = { 0 };
        HANDLE thread;

        make_home();
        put(L"a", REG_DWORD, "\0\0\0\0", 4);
        for (unsigned i = 0; i < BETWEEN; i++) {
                wchar_t name[16];

                (void) swprintf(name, 16, L"value %u", i);
                put(name, REG_NONE, "", 0);
        }
        put(L"z", REG_DWORD, "\0\0\0\0", 4);
        is_over = 0;
        thread = CreateThread(NULL, 0, change, NULL, 0, NULL);
        ck_assert_ptr_nonnull(thread);
        for (unsigned i = 0; i < READS; i++) {
                PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
                PfErr err = { 0 };
                int r = pf_registry_read(machine, PATH, &key, &err);

                ck_assert_msg(r == 0 || r == -EAGAIN, "%d: %s", r, err.text);
                if (r == 0)
                        ck_assert_uint_le(pf_registry_value(&key, "a")->number -
                                                  pf_registry_value(&key, "z")->number,
                                          1);
                else
                        ck_assert_str_eq(err.text, PATH ": it changes while it is read");
        }
        is_over = 1;
        ck_assert_uint_eq(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0);
        (void) CloseHandle(thread);
        read_key(PATH, &last); /* at rest it is told */
        ck_assert_uint_eq(last.n_values, BETWEEN + 2);
        remove_home();
}
END_TEST

/* Of an image nobody says what this machine has. */
START_TEST(not_of_image) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *image = NULL;
        char folder[MAX_PATH];
        PfRegistryKey key = { 0 };
        PfErr err = { 0 };

        ck_assert_uint_gt(GetTempPathA(sizeof(folder), folder), 0);
        ck_assert_int_eq(pf_target_new(folder, PF_TARGET_DEFAULT, &image, &err), 0);
        ck_assert_int_eq(pf_registry_read(image, "HKLM\\SYSTEM\\Select", &key, &err), -ENOTSUP);
        ck_assert_str_eq(err.text, "HKLM\\SYSTEM\\Select: the hives of an image are read on Linux");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("asks-registry");

        PF_TEST(suite, types);
        PF_TEST(suite, absent);
        PF_TEST(suite, hive);
        PF_TEST(suite, own);
        PF_TEST(suite, views);
        PF_TEST(suite, subkeys);
        PF_TEST(suite, denied);
        PF_TEST_LOOP(suite, refused, 4);
        PF_TEST_LOOP(suite, too_long, 2);
        PF_TEST(suite, too_much);
        PF_TEST(suite, too_many);
        PF_TEST(suite, hidden_name);
        PF_TEST(suite, changing);
        PF_TEST(suite, not_of_image);
        return pf_test_main(suite);
}
