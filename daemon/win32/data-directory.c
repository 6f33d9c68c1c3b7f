/* SPDX-License-Identifier: MIT */
#include "daemon/win32/data-directory.h"

#include <stdbool.h>
#include <string.h>
#include <windows.h>
#include <initguid.h>
#include <aclapi.h>
#include <knownfolders.h>
#include <sddl.h>
#include <shlobj.h>

#include "daemon/platform/win32/error.h"
#include "daemon/platform/win32/trust.h"
#include "daemon/platform/win32/windows-ask.h"

#define DEPTH_MAX 8 /* of folders; ours are less deep */

/* What has gone meanwhile. */
enum { NOTHING_TO_READ = 1 };

/* What is denied to a user who looks, that user does not read either. What is denied to the
 * service its owner may open to it later. */
typedef enum Denied { DENIED_IS_SKIPPED, DENIED_IS_AN_ERROR } Denied;

/* Not inherited from above; all below has it too. Users read, as everybody does on Linux. */
#define ACCESS L"O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"

int pf_data_directory_path(char **ret, PfErr *err) {
        PF_AUTO_FREE char *top = NULL;
        wchar_t *wide = NULL;
        char path[MAX_PATH * 3 + 16];
        HRESULT result;

        result = SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, NULL, &wide);
        if (SUCCEEDED(result))
                top = pf_windows_text(wide);
        CoTaskMemFree(wide);
        if (FAILED(result))
                return pf_err_set(err, -EIO, "cannot tell where %%ProgramData%% is: error %#lx",
                                  (unsigned long) result);
        if (!top || snprintf(path, sizeof(path), "%s\\preflightd", top) >= (int) sizeof(path))
                return pf_err_set(err, -ENOMEM, "out of memory");
        *ret = strdup(path);
        return *ret ? 0 : -ENOMEM;
}

/* --- what lies there --- */

static bool is_out_of_reach(DWORD code, Denied denied) {
        return (code == ERROR_ACCESS_DENIED && denied == DENIED_IS_SKIPPED) ||
               code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
}

static HANDLE open_one(const wchar_t *path) {
        return CreateFileW(path, READ_CONTROL | FILE_READ_ATTRIBUTES,
                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                           OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT,
                           NULL);
}

static int check_one(const wchar_t *path, Denied denied, bool *ret_is_directory, PfErr *err) {
        PF_AUTO_FREE char *text = pf_windows_text(path);
        PF_AUTO_WINDOWS_HANDLE HANDLE handle = NULL;
        BY_HANDLE_FILE_INFORMATION info;

        if (!text)
                return -ENOMEM;
        handle = open_one(path);
        if (handle == INVALID_HANDLE_VALUE && is_out_of_reach(GetLastError(), denied))
                return NOTHING_TO_READ;
        if (handle == INVALID_HANDLE_VALUE || !GetFileInformationByHandle(handle, &info))
                return pf_err_windows(err, GetLastError(), "%s", text);
        if (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)
                return pf_err_set(err, -ELOOP, "%s: is a link, which is not followed here", text);
        *ret_is_directory = info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
        /* Of a file of the system anybody may have made one more name, here. */
        if (!*ret_is_directory && info.nNumberOfLinks > 1)
                return pf_err_set(err, -EMLINK, "%s: has other names (hard links) elsewhere", text);
        return pf_windows_check_owner(handle, SE_FILE_OBJECT, text, err);
}

static int check_tree(const wchar_t *path, Denied denied, unsigned depth, PfErr *err);

static int check_entry(const wchar_t *directory, const wchar_t *name, Denied denied, unsigned depth,
                       PfErr *err) {
        wchar_t path[MAX_PATH * 2];
        int n;

        if (wcscmp(name, L".") == 0 || wcscmp(name, L"..") == 0)
                return 0;
        n = swprintf(path, PF_ELEMENTS(path), L"%ls\\%ls", directory, name);
        if (n < 0 || n >= (int) PF_ELEMENTS(path))
                return pf_err_set(err, -ENAMETOOLONG,
                                  "a name in %%ProgramData%%\\preflightd is too long");
        return check_tree(path, denied, depth, err);
}

static int check_entries(const wchar_t *directory, Denied denied, unsigned depth, PfErr *err) {
        WIN32_FIND_DATAW found;
        wchar_t pattern[MAX_PATH * 2];
        HANDLE search;
        DWORD code;
        int n, r = 0;

        n = swprintf(pattern, PF_ELEMENTS(pattern), L"%ls\\*", directory);
        if (n < 0 || n >= (int) PF_ELEMENTS(pattern))
                return pf_err_set(err, -ENAMETOOLONG, "a path in %%ProgramData%% is too long");
        search = FindFirstFileW(pattern, &found);
        if (search == INVALID_HANDLE_VALUE && is_out_of_reach(GetLastError(), denied))
                return 0;
        if (search == INVALID_HANDLE_VALUE)
                return pf_err_windows(err, GetLastError(),
                                      "cannot list %%ProgramData%%\\preflightd");
        do
                r = check_entry(directory, found.cFileName, denied, depth, err);
        while (r == 0 && FindNextFileW(search, &found));
        code = GetLastError();
        (void) FindClose(search);
        if (r == 0 && code != ERROR_NO_MORE_FILES)
                r = pf_err_windows(err, code, "cannot list all of %%ProgramData%%\\preflightd");
        return r;
}

static int check_tree(const wchar_t *path, Denied denied, unsigned depth, PfErr *err) {
        bool is_directory = false;
        int r;

        r = check_one(path, denied, &is_directory, err);
        if (r == NOTHING_TO_READ)
                return 0;
        if (r < 0 || !is_directory)
                return r;
        if (depth == DEPTH_MAX)
                return pf_err_set(err, -ELOOP, "%%ProgramData%%\\preflightd: folders are too deep");
        return check_entries(path, denied, depth + 1, err);
}

int pf_data_directory_check(const char *path, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(path);

        if (!wide)
                return -ENOMEM;
        if (GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES &&
            GetLastError() == ERROR_FILE_NOT_FOUND)
                return 0;
        return check_tree(wide, DENIED_IS_SKIPPED, 0, err);
}

/* --- making it --- */

/* Itself alone: what lies there may be one more name of a file of the system, of which nothing is
 * changed before it was looked at. */
static int close_to_others(const wchar_t *path, PSECURITY_DESCRIPTOR descriptor, PfErr *err) {
        if (SetFileSecurityW(path, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                             descriptor))
                return 0;
        return pf_err_windows(err, GetLastError(),
                              "%%ProgramData%%\\preflightd: cannot keep others from writing");
}

/* And all that lies there. */
static int restrict_access(const wchar_t *path, PSECURITY_DESCRIPTOR descriptor, PfErr *err) {
        BOOL present, defaulted;
        PACL list;
        DWORD code;

        if (!GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted))
                return pf_err_windows(err, GetLastError(), "%%ProgramData%%\\preflightd");
        code = SetNamedSecurityInfoW((wchar_t *) path, SE_FILE_OBJECT,
                                     DACL_SECURITY_INFORMATION |
                                             PROTECTED_DACL_SECURITY_INFORMATION,
                                     NULL, NULL, list, NULL);
        return code ? pf_err_windows(err, code,
                                     "%%ProgramData%%\\preflightd: cannot keep others from writing")
                    : 0;
}

int pf_data_directory_make(const char *path, PfErr *err) {
        PF_AUTO_FREE wchar_t *wide = pf_windows_wide(path);
        PF_AUTO_LOCAL void *memory = NULL;
        SECURITY_ATTRIBUTES attributes = { .nLength = sizeof(attributes) };
        bool is_directory = false;
        int r;

        if (!wide)
                return -ENOMEM;
        if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
                    ACCESS, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
                return pf_err_windows(err, GetLastError(), "cannot describe who may write");
        memory = attributes.lpSecurityDescriptor;
        if (CreateDirectoryW(wide, &attributes))
                return 0;
        if (GetLastError() != ERROR_ALREADY_EXISTS)
                return pf_err_windows(err, GetLastError(), "cannot make %s", path);
        /* Its owner could open it again; others add nothing any more to what is looked at. */
        r = check_one(wide, DENIED_IS_AN_ERROR, &is_directory, err);
        if (r == NOTHING_TO_READ)
                return pf_err_set(err, -ENOENT, "%s: has just gone", path);
        if (r == 0 && !is_directory)
                r = pf_err_set(err, -ENOTDIR, "%s: is no folder", path);
        if (r == 0)
                r = close_to_others(wide, memory, err);
        if (r == 0)
                r = check_tree(wide, DENIED_IS_AN_ERROR, 0, err);
        if (r == 0)
                r = restrict_access(wide, memory, err);
        if (r < 0)
                return r;
        /* A folder in it was open to others till now. */
        return check_tree(wide, DENIED_IS_AN_ERROR, 0, err);
}
