/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/here.h"

#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <windows.h>
#include <shellapi.h>

#include "daemon/platform/peer.h"
#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/windows-ask.h"

const char pf_here_hint_check[] = "some checks could not be determined; run it as an "
                                  "administrator, from a window that was opened with \"Run as "
                                  "administrator\"";
const char pf_here_hint_capture[] = "some checks could not be determined, here and in the copy; "
                                    "run it as an administrator, from a window that was opened "
                                    "with \"Run as administrator\"";
const char pf_here_hint_daemon[] = "only the service watches; sc start preflightd";

/* The directory is closed to all but administrators. */
const char *pf_here_waiver_place(bool is_private) {
        (void) is_private;
        return "%ProgramData%\\preflightd\\waivers.d\\NAME.conf of the machine, in UTF-8";
}

/* --- start --- */

static void free_words(wchar_t ***words) {
        (void) LocalFree(*words);
}

/* They are needed until the process ends. */
static int take_arguments(int *argc, char ***argv) {
        PF_CLEANUP(free_words) wchar_t **words = NULL;
        char **arguments;
        int n;

        words = CommandLineToArgvW(GetCommandLineW(), &n);
        arguments = words ? calloc((size_t) n + 1, sizeof(*arguments)) : NULL;
        if (!arguments)
                return -ENOMEM;
        for (int i = 0; i < n; i++) {
                arguments[i] = pf_windows_text(words[i]);
                if (!arguments[i])
                        return -ENOMEM;
        }
        *argc = n;
        *argv = arguments;
        return 0;
}

int pf_here_start(int *argc, char ***argv) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
                if (_get_osfhandle(fd) < 0)
                        (void) !_open("NUL", _O_RDONLY);
                (void) _setmode(fd, _O_BINARY);
        }
        return take_arguments(argc, argv);
}

bool pf_here_is_privileged(void) {
        PF_AUTO_PEER PfPeer self = { 0 };
        PfErr ignored = { 0 };

        return pf_peer_of_self(&self, &ignored) == 0 && pf_peer_is_root(&self);
}

/* --- names of files --- */

/* From the volume on, as people write it. */
static int make_whole(const char *name, wchar_t **ret, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(name);
        PF_AUTO_FREE wchar_t *whole = NULL;
        DWORD n = wide ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;

        if (!wide)
                return pf_err_errno(err, -errno, "%s", name);
        whole = n > 0 ? calloc(n, sizeof(*whole)) : NULL;
        if (n > 0 && !whole)
                return pf_err_set(err, -ENOMEM, "out of memory");
        if (n == 0 || GetFullPathNameW(wide, n, whole, NULL) == 0)
                return pf_err_windows(err, GetLastError(), "%s", name);
        *ret = PF_STEAL(whole);
        return 0;
}

static void turn_slashes(char *path) {
        for (; *path; path++)
                if (*path == '\\')
                        *path = '/';
}

/* "C:\" or "\\server\share\": how much of a path is the volume's root. */
static size_t root_of(const wchar_t *whole) {
        size_t n = 0;

        if (whole[0] != L'\\' || whole[1] != L'\\')
                return 3;
        n = 2 + wcscspn(whole + 2, L"\\");
        n += whole[n] == L'\\';
        n += wcscspn(whole + n, L"\\");
        return n + (whole[n] == L'\\');
}

int pf_here_locate(const char *name, char **ret_root, char **ret_path, PfErr *err) {
        PF_AUTO_FREE wchar_t *whole = NULL;
        PF_AUTO_FREE char *root = NULL;
        PF_AUTO_FREE char *path = NULL;
        size_t n;
        int r = make_whole(name, &whole, err);

        if (r < 0)
                return r;
        n = root_of(whole);
        if (n > wcslen(whole))
                return pf_err_set(err, -EINVAL, "%s: not a file", name);
        /* The separator that ends the root begins the path. */
        path = pf_windows_text(whole + n - 1);
        whole[n] = L'\0';
        root = pf_windows_text(whole);
        if (!root || !path)
                return pf_err_set(err, -ENOMEM, "out of memory");
        turn_slashes(path);
        *ret_root = PF_STEAL(root);
        *ret_path = PF_STEAL(path);
        return 0;
}

char *pf_here_absolute(const char *name) {
        PF_AUTO_FREE wchar_t *whole = NULL;
        PF_AUTO_FREE char *path = NULL;
        PfErr ignored = { 0 };
        char *absolute = NULL;

        if (make_whole(name, &whole, &ignored) < 0 ||
            GetFileAttributesW(whole) == INVALID_FILE_ATTRIBUTES)
                return NULL;
        path = pf_windows_text(whole);
        if (!path)
                return NULL;
        turn_slashes(path);
        return asprintf(&absolute, "%s%s", path[0] == '/' ? "" : "/", path) < 0 ? NULL : absolute;
}
