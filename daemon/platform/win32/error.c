/* SPDX-License-Identifier: MIT */
#include "daemon/platform/win32/error.h"

#include <stdarg.h>
#include <string.h>
#include <windows.h>

#define WORDS_MAX 200

int pf_errno_from_windows(unsigned long code) {
        static const struct {
                unsigned long code;
                int number;
        } table[] = {
                { ERROR_FILE_NOT_FOUND, -ENOENT },
                { ERROR_PATH_NOT_FOUND, -ENOENT },
                { ERROR_BAD_NETPATH, -ENOENT },
                { ERROR_SERVICE_DOES_NOT_EXIST, -ENOENT },
                { ERROR_ACCESS_DENIED, -EACCES },
                { ERROR_SHARING_VIOLATION, -EBUSY },
                { ERROR_PIPE_BUSY, -EAGAIN },
                { ERROR_SEM_TIMEOUT, -ETIMEDOUT },
                { ERROR_SERVICE_REQUEST_TIMEOUT, -ETIMEDOUT },
                { ERROR_INVALID_HANDLE, -EBADF },
                { ERROR_NOT_ENOUGH_MEMORY, -ENOMEM },
                { ERROR_OUTOFMEMORY, -ENOMEM },
                { ERROR_INVALID_PARAMETER, -EINVAL },
                { ERROR_INVALID_NAME, -EINVAL },
                { ERROR_FILE_EXISTS, -EEXIST },
                { ERROR_ALREADY_EXISTS, -EEXIST },
                { ERROR_SERVICE_EXISTS, -EEXIST },
                { ERROR_DISK_FULL, -ENOSPC },
                { ERROR_NOT_SUPPORTED, -ENOTSUP },
                { ERROR_CALL_NOT_IMPLEMENTED, -ENOTSUP },
                { ERROR_FILENAME_EXCED_RANGE, -ENAMETOOLONG },
                { ERROR_INVALID_DRIVE, -ENOENT },
                { ERROR_BAD_PATHNAME, -ENOENT },
                { ERROR_DEV_NOT_EXIST, -ENOENT },
                { ERROR_DIRECTORY, -ENOTDIR },
                { ERROR_DIR_NOT_EMPTY, -ENOTEMPTY },
                { ERROR_LOCK_VIOLATION, -EBUSY },
                { ERROR_NOT_SAME_DEVICE, -EXDEV },
                { ERROR_WRITE_PROTECT, -EROFS },
                { ERROR_PRIVILEGE_NOT_HELD, -EPERM },
                { ERROR_CANT_ACCESS_FILE, -EACCES },
                { ERROR_CANT_RESOLVE_FILENAME, -ELOOP },
                { ERROR_HANDLE_DISK_FULL, -ENOSPC },
                { ERROR_TOO_MANY_OPEN_FILES, -EMFILE },
        };

        for (size_t i = 0; i < PF_ELEMENTS(table); i++)
                if (table[i].code == code)
                        return table[i].number;
        return -EIO;
}

/* In the language of the system, without the end of line and the full stop. */
static void describe(unsigned long code, char ret[static WORDS_MAX]) {
        wchar_t wide[WORDS_MAX];
        DWORD n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                         FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                 NULL, code, 0, wide, WORDS_MAX, NULL);

        while (n > 0 && (wide[n - 1] == L' ' || wide[n - 1] == L'.'))
                n--;
        n = (DWORD) WideCharToMultiByte(CP_UTF8, 0, wide, (int) n, ret, WORDS_MAX - 1, NULL, NULL);
        ret[n] = '\0';
}

int pf_err_windows(PfErr *err, unsigned long code, const char *fmt, ...) {
        char what[PF_ERR_TEXT_MAX], words[WORDS_MAX];
        va_list args;

        va_start(args, fmt);
        if (vsnprintf(what, sizeof(what), fmt, args) < 0)
                (void) snprintf(what, sizeof(what), "(text could not be formatted)");
        va_end(args);
        describe(code, words);
        return pf_err_set(err, pf_errno_from_windows(code), "%s: %s%serror %lu", what, words,
                          words[0] ? ", " : "", code);
}
