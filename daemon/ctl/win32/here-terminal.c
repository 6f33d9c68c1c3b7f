/* SPDX-License-Identifier: MIT */
/*
 * A console of Windows takes UTF-16, whatever code page it has. What is no console gets the
 * bytes, which are UTF-8 where somebody said so, and otherwise ASCII.
 */
#include "daemon/ctl/here.h"

#include <io.h>
#include <windows.h>

#include "daemon/platform/win32/error.h"

/* Since Windows 10; headers before that lack it. */
#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

/* Of a console that is written to at once: what it takes is limited. */
#define CHUNK 4096

static HANDLE handle_of(int fd) {
        return (HANDLE) _get_osfhandle(fd); // NOLINT(performance-no-int-to-ptr)
}

/* Console Handles: GetConsoleMode() fails for what is none, such as NUL. */
bool pf_here_is_terminal(int fd) {
        DWORD mode;

        return GetConsoleMode(handle_of(fd), &mode);
}

unsigned pf_here_columns(int fd) {
        CONSOLE_SCREEN_BUFFER_INFO info;

        if (!GetConsoleScreenBufferInfo(handle_of(fd), &info))
                return 0;
        return (unsigned) (info.srWindow.Right - info.srWindow.Left + 1);
}

/* Console Virtual Terminal Sequences: who wants them, says so. It is said for the window,
 * where the shell says it anew before each command. */
bool pf_here_has_sequences(int fd) {
        HANDLE console = handle_of(fd);
        DWORD mode;

        return GetConsoleMode(console, &mode) &&
               ((mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) ||
                SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING));
}

bool pf_here_is_utf8(int fd) {
        return pf_here_is_terminal(fd) || pf_language_is_utf8(pf_language_locale("LC_CTYPE")) ||
               GetConsoleOutputCP() == CP_UTF8;
}

/* By the locale where there is one, as on other systems; otherwise that of the windows around
 * the console. What is piped is the same for all. */
PfLanguage pf_here_language(int fd) {
        if (*pf_language_locale("LC_MESSAGES"))
                return pf_language_choose();
        return pf_here_is_terminal(fd) && PRIMARYLANGID(GetUserDefaultUILanguage()) == LANG_JAPANESE
                       ? PF_LANGUAGE_JAPANESE
                       : PF_LANGUAGE_ENGLISH;
}

/* How much of UTF-8 there is up to @max bytes that does not end within a character. */
static size_t whole_characters(const char *bytes, size_t n, size_t max) {
        if (n <= max)
                return n;
        for (n = max; n > 0 && ((unsigned char) bytes[n] & 0xc0) == 0x80;)
                n--;
        return n > 0 ? n : max;
}

static int write_console(HANDLE console, const char *bytes, size_t n) {
        wchar_t wide[CHUNK];

        while (n > 0) {
                size_t part = whole_characters(bytes, n, CHUNK);
                int left = MultiByteToWideChar(CP_UTF8, 0, bytes, (int) part, wide, CHUNK);
                DWORD written;

                for (const wchar_t *next = wide; left > 0; next += written, left -= (int) written)
                        if (!WriteConsoleW(console, next, (DWORD) left, &written, NULL))
                                return pf_errno_from_windows(GetLastError());
                bytes += part;
                n -= part;
        }
        return 0;
}

int pf_here_write(int fd, const char *bytes, size_t n) {
        if (pf_here_is_terminal(fd))
                return write_console(handle_of(fd), bytes, n);
        while (n > 0) {
                int written = _write(fd, bytes, n < INT32_MAX ? (unsigned) n : INT32_MAX);

                if (written < 0)
                        return -errno;
                bytes += written;
                n -= (size_t) written;
        }
        return 0;
}
