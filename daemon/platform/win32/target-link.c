/* SPDX-License-Identifier: MIT */
/* Where a symbolic link, or a junction, leads to, as a path of the machine. */
#include "daemon/platform/win32/target-path.h"

#include <string.h>
#include <wchar.h>

#include "daemon/platform/win32/windows-ask.h"

#define HEADER_BYTES 8 /* of every reparse point */
#define SYMLINK_IS_RELATIVE 1u
#define TEXT_BYTES_MAX MAXIMUM_REPARSE_DATA_BUFFER_SIZE

/* [MS-FSCC] 2.1.2.4 and 2.1.2.5, behind the header. Offsets and sizes are in bytes, of the text
 * that follows. */
typedef struct LinkData {
        uint16_t substitute_offset, substitute_n;
        uint16_t print_offset, print_n;
        uint32_t flags; /* of a symbolic link alone */
} LinkData;

bool pf_path_is_link_tag(unsigned long tag) {
        return tag == IO_REPARSE_TAG_SYMLINK || tag == IO_REPARSE_TAG_MOUNT_POINT;
}

static bool is_system_drive(const wchar_t *path) {
        wchar_t windows[MAX_PATH];

        return GetSystemWindowsDirectoryW(windows, PF_ELEMENTS(windows)) > 0 &&
               (windows[0] | 0x20) == (path[0] | 0x20);
}

/*
 * Where an absolute link leads, as a path of the machine: "\??\C:\dir" is "/dir" where C is the
 * drive with Windows. In an image every drive but its C: is another volume. @text has room for
 * one unit more.
 */
static int place(wchar_t *text, bool is_host, wchar_t **ret) {
        bool is_drive;

        if (wcsncmp(text, L"\\??\\", 4) == 0 || wcsncmp(text, L"\\\\?\\", 4) == 0)
                text += 4;
        is_drive = text[0] && text[1] == ':' && (text[2] == '\\' || !text[2]);
        if (is_drive && (is_host ? is_system_drive(text) : (text[0] | 0x20) == 'c')) {
                *ret = text[2] ? text + 2 : wcscpy(text, L"\\");
                return 0;
        }
        if (text[0] == '\\' && text[1] != '\\') { /* of the drive that the link is on */
                *ret = text;
                return 0;
        }
        if (!is_host || !(is_drive || _wcsnicmp(text, L"Volume{", 7) == 0))
                return -EXDEV;
        memmove(text + 1, text, (wcslen(text) + 1) * sizeof(*text));
        text[0] = '\\';
        *ret = text;
        return 0;
}

/* Return: what is left of @data behind the header is @n bytes, and ends with the text. */
static int copy_text(const unsigned char *data, size_t n, bool is_symlink, wchar_t *ret,
                     bool *ret_is_relative) {
        const size_t head = is_symlink ? sizeof(LinkData) : offsetof(LinkData, flags);
        LinkData link = { 0 };

        if (n < head)
                return -EIO;
        memcpy(&link, data, head);
        if ((size_t) link.substitute_offset + link.substitute_n > n - head)
                return -EIO;
        memcpy(ret, data + head + link.substitute_offset, link.substitute_n);
        ret[link.substitute_n / sizeof(*ret)] = '\0';
        *ret_is_relative = link.flags & SYMLINK_IS_RELATIVE;
        return 0;
}

int pf_path_link_text(const void *data, size_t n, bool is_host, char **ret) {
        wchar_t text[TEXT_BYTES_MAX / sizeof(wchar_t) + 2];
        wchar_t *path = text;
        bool is_relative = false;
        uint32_t tag;
        int r;

        if (n < HEADER_BYTES || n > TEXT_BYTES_MAX)
                return -EIO;
        memcpy(&tag, data, sizeof(tag));
        if (!pf_path_is_link_tag(tag))
                return -EINVAL;
        r = copy_text((const unsigned char *) data + HEADER_BYTES, n - HEADER_BYTES,
                      tag == IO_REPARSE_TAG_SYMLINK, text, &is_relative);
        if (r == 0 && !is_relative)
                r = place(text, is_host, &path);
        if (r < 0)
                return r;
        for (wchar_t *at = path; *at; at++)
                if (*at == '\\')
                        *at = '/';
        *ret = pf_windows_text(path);
        return *ret ? 0 : -ENOMEM;
}
