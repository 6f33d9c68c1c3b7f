/* SPDX-License-Identifier: MIT */
/*
 * The registry of the machine that this runs on. Nothing of it is changed.
 *
 * The 64-bit view, whatever this program is. A key that is changed while it is read is read
 * once more, so that what is told of it was true at one time.
 */
#include "daemon/platform/registry-internal.h"

#include <string.h>
#include <windows.h>

#include "daemon/base/utf16.h"
#include "daemon/platform/win32/windows-ask.h"

#define MACHINE "HKLM\\"
#define TRIES_MAX 5
#define TICK_MSEC 16 /* in which Windows tells time */
#define DEPTH_MAX 64
#define NAME_UNITS_MAX 16383 /* of a value; Registry Element Size Limits */

/* Positive outcome, beside PF_REGISTRY_ABSENT: the key was changed meanwhile. */
enum { CHANGED = 2 };

static const char *const hives[] = { "SYSTEM", "SOFTWARE", "SAM" };

/* --- what was said no to --- */

static int errno_of(LSTATUS error) {
        switch (error) {
        case ERROR_SUCCESS:
                return 0;
        case ERROR_FILE_NOT_FOUND:
        case ERROR_PATH_NOT_FOUND:
        case ERROR_KEY_DELETED:
                return PF_REGISTRY_ABSENT;
        case ERROR_MORE_DATA: /* than there was before */
        case ERROR_NO_MORE_ITEMS:
                return CHANGED;
        case ERROR_ACCESS_DENIED:
                return -EACCES;
        case ERROR_NOT_ENOUGH_MEMORY:
        case ERROR_OUTOFMEMORY:
                return -ENOMEM;
        case ERROR_BADDB:
        case ERROR_REGISTRY_CORRUPT:
                return -EBADMSG;
        default:
                return -EIO;
        }
}

static int answer(const char *call, const char *path, LSTATUS error, PfErr *err) {
        const char *name = pf_windows_error_name((uint32_t) error);
        int r = errno_of(error);

        return r < 0 ? pf_err_set(err, r, name ? "%s: %s: error %lu (%s)" : "%s: %s: error %lu",
                                  path, call, (unsigned long) error, name)
                     : r;
}

/* --- one look at a key --- */

typedef struct Look {
        HKEY handle;
        PfRegistryKey *key; /* that it becomes */
        const char *path;
        PfErr *err;
        DWORD n_values, n_subkeys;
        DWORD name_units; /* of the longest name of either, without its NUL */
        DWORD n_data;     /* bytes of the longest data */
        FILETIME changed;
        wchar_t *name; /* room for the longest, and a NUL */
        uint8_t *data;
        size_t left; /* of what one key may hold */
} Look;

static void look_deinit(Look *look) {
        if (look->handle)
                (void) RegCloseKey(look->handle);
        free(look->name);
        free(look->data);
}

static int too_much(const Look *look, const char *what) {
        return pf_err_set(look->err, -E2BIG, "%s: the key holds too %s", look->path, what);
}

static int measure(Look *look) {
        DWORD value_units = 0, subkey_units = 0;
        LSTATUS error = RegQueryInfoKeyW(look->handle, NULL, NULL, NULL, &look->n_subkeys,
                                         &subkey_units, NULL, &look->n_values, &value_units,
                                         &look->n_data, NULL, &look->changed);

        look->name_units = value_units > subkey_units ? value_units : subkey_units;
        return answer("RegQueryInfoKeyW", look->path, error, look->err);
}

static int make_room(Look *look) {
        if (look->n_values > PF_REGISTRY_VALUES_MAX)
                return too_much(look, "many values");
        if (look->n_subkeys > PF_REGISTRY_SUBKEYS_MAX)
                return too_much(look, "many keys");
        if (look->n_data > PF_REGISTRY_BYTES_MAX || look->name_units > NAME_UNITS_MAX)
                return too_much(look, "much");
        look->left = PF_REGISTRY_BYTES_MAX;
        look->name = calloc(look->name_units + 1, sizeof(*look->name));
        look->data = malloc(look->n_data > 0 ? look->n_data : 1);
        return look->name && look->data ? 0 : -ENOMEM;
}

/* A NUL is no character of a name: "Start" and "Start\0" are two of them. */
static int read_name(Look *look, DWORD units, DWORD n_data, PfBuf *ret) {
        size_t n_bytes;
        int r;

        for (DWORD i = 0; i < units; i++)
                if (look->name[i] == 0)
                        look->name[i] = 0xFFFD;
        r = pf_utf16_to_utf8(look->name, units * sizeof(*look->name), false, ret);
        n_bytes = ret->n + n_data;
        if (r == -ENOBUFS || (r == 0 && n_bytes > look->left))
                return too_much(look, "much");
        look->left -= r == 0 ? n_bytes : 0;
        return r;
}

static int read_value(Look *look, DWORD i) {
        PF_AUTO_BUF PfBuf name = PF_BUF_INIT(3 * NAME_UNITS_MAX + 1);
        DWORD units = look->name_units + 1, n = look->n_data, type = 0;
        LSTATUS error =
                RegEnumValueW(look->handle, i, look->name, &units, NULL, &type, look->data, &n);
        int r = answer("RegEnumValueW", look->path, error, look->err);

        if (r == 0)
                r = read_name(look, units, n, &name);
        if (r != 0)
                return r;
        r = pf_registry_key_add(look->key, name.data ? name.data : "", type, look->data, n);
        return r == -E2BIG ? too_much(look, "much") : r;
}

static int read_subkey(Look *look, DWORD i) {
        PF_AUTO_BUF PfBuf name = PF_BUF_INIT(3 * NAME_UNITS_MAX + 1);
        DWORD units = look->name_units + 1;
        LSTATUS error = RegEnumKeyExW(look->handle, i, look->name, &units, NULL, NULL, NULL, NULL);
        int r = answer("RegEnumKeyExW", look->path, error, look->err);

        if (r == 0)
                r = read_name(look, units, 0, &name);
        return r == 0 ? pf_strv_add(&look->key->subkeys, name.data ? name.data : "") : r;
}

static uint64_t ticks_of(const FILETIME *time) {
        return (uint64_t) time->dwHighDateTime << 32 | time->dwLowDateTime;
}

/* Is it as it was when it was measured? A change of just now may have had another one behind
 * it that bears the same time. */
static int is_settled(Look *look) {
        const uint64_t before = ticks_of(&look->changed);
        FILETIME now;
        int r = measure(look);

        GetSystemTimeAsFileTime(&now);
        if (r == 0 && (ticks_of(&look->changed) != before ||
                       ticks_of(&now) - before < 2 * TICK_MSEC * UINT64_C(10000)))
                return CHANGED;
        return r;
}

static int read_key(const wchar_t *below, const char *path, PfRegistryKey *key, PfErr *err) {
        PF_CLEANUP(look_deinit) Look look = { .key = key, .path = path, .err = err };
        int r = answer("RegOpenKeyExW", path,
                       RegOpenKeyExW(HKEY_LOCAL_MACHINE, below, 0,
                                     KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS | KEY_WOW64_64KEY,
                                     &look.handle),
                       err);

        if (r == 0)
                r = measure(&look);
        if (r == 0)
                r = make_room(&look);
        for (DWORD i = 0; r == 0 && i < look.n_values; i++)
                r = read_value(&look, i);
        for (DWORD i = 0; r == 0 && i < look.n_subkeys; i++)
                r = read_subkey(&look, i);
        return r == 0 ? is_settled(&look) : r;
}

/* --- */

/* The part below HKLM, of a hive or a key in it; NULL: in no hive that is read, here or of an
 * image. */
static const char *find_below(const char *path) {
        const size_t n = strlen(MACHINE);

        if (_strnicmp(path, MACHINE, n) != 0)
                return NULL;
        for (size_t i = 0; i < PF_ELEMENTS(hives); i++) {
                const size_t m = strlen(hives[i]);

                if (_strnicmp(path + n, hives[i], m) == 0 && (!path[n + m] || path[n + m] == '\\'))
                        return path + n;
        }
        return NULL;
}

static bool is_too_long(const char *path) {
        unsigned depth = 0;

        for (const char *at = path; *at; at++)
                depth += *at == '\\';
        return depth > DEPTH_MAX || strlen(path) >= PF_REGISTRY_PATH_MAX;
}

static int read_settled(const wchar_t *below, const char *path, PfRegistryKey *ret, PfErr *err) {
        int r = CHANGED;

        for (unsigned i = 0; i < TRIES_MAX && r == CHANGED; i++) {
                PF_AUTO_REGISTRY_KEY PfRegistryKey key = { .path = strdup(path) };

                r = key.path ? read_key(below, path, &key, err) : -ENOMEM;
                if (r == 0) {
                        *ret = key;
                        key = (PfRegistryKey){ 0 };
                } else if (r == CHANGED) {
                        Sleep(2 * TICK_MSEC);
                }
        }
        return r == CHANGED ? pf_err_set(err, -EAGAIN, "%s: it changes while it is read", path) : r;
}

int pf_registry_ask(const PfTarget *target, const char *path, PfRegistryKey *ret, PfErr *err) {
        const char *below = find_below(path);
        PF_AUTO_FREE wchar_t *wide = NULL;

        if (!pf_target_is_host(target))
                return pf_err_set(err, -ENOTSUP, "%s: the hives of an image are read on Linux",
                                  path);
        if (!below)
                return pf_err_set(err, -EINVAL, "%s is in no hive that is read", path);
        if (is_too_long(below))
                return pf_err_set(err, -EINVAL, "the key's name is too long");
        wide = pf_windows_wide(below);
        if (!wide)
                return errno == ENOMEM ? -ENOMEM
                                       : pf_err_set(err, -EINVAL, "the key's name is not UTF-8");
        return read_settled(wide, path, ret, err);
}
