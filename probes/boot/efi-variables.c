/* SPDX-License-Identifier: MIT */
/*
 * Variables of EFI: the bytes of efivarfs, and the load option that they name.
 * All is little-endian, and none of it is trusted.
 */
#include "probes/boot/efi-variables.h"

#include <stdint.h>
#include <stdio.h>

#define ATTRIBUTES_BYTES 4

int pf_efi_variable_read(const PfTarget *target, const char *name, const char *vendor, PfBuf *ret,
                         PfErr *err) {
        char path[256];
        int r;

        (void) snprintf(path, sizeof(path), PF_EFI_VARIABLES "/%s-%s", name, vendor);
        r = pf_target_read(target, path, PF_EFI_VARIABLE_MAX, ret, err);
        if (r != 0)
                return r;
        if (ret->n < ATTRIBUTES_BYTES)
                return pf_err_set(err, -EINVAL, "%s: no variable of EFI", path);
        pf_buf_consume(ret, ATTRIBUTES_BYTES);
        return 0;
}

static unsigned get16(const unsigned char *bytes) {
        return bytes[0] | (unsigned) bytes[1] << 8;
}

static int put_utf8(PfBuf *text, uint32_t c) {
        char bytes[4];
        size_t n = 0;

        if (c < 0x80) {
                bytes[n++] = (char) c;
        } else if (c < 0x800) {
                bytes[n++] = (char) (0xc0 | c >> 6);
                bytes[n++] = (char) (0x80 | (c & 0x3f));
        } else {
                bytes[n++] = (char) (0xe0 | c >> 12);
                bytes[n++] = (char) (0x80 | (c >> 6 & 0x3f));
                bytes[n++] = (char) (0x80 | (c & 0x3f));
        }
        return pf_buf_add(text, bytes, n);
}

/* UCS-2, up to a NUL or the end. What lies beyond that, surrogates, becomes '?'. */
static int decode_text(const unsigned char *bytes, size_t n, char **ret) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(3 * PF_EFI_VARIABLE_MAX);
        int r = 0;

        for (size_t i = 0; i + 1 < n && r == 0 && get16(bytes + i) != 0; i += 2) {
                unsigned c = get16(bytes + i);

                r = put_utf8(&text, c >= 0xd800 && c < 0xe000 ? '?' : c);
        }
        if (r < 0)
                return r;
        *ret = pf_buf_steal(&text);
        return *ret ? 0 : -ENOMEM;
}

int pf_efi_variable_text(const PfTarget *target, const char *name, const char *vendor, char **ret,
                         PfErr *err) {
        PF_AUTO_BUF PfBuf value = PF_BUF_INIT(PF_EFI_VARIABLE_MAX);
        int r = pf_efi_variable_read(target, name, vendor, &value, err);

        return r != 0 ? r : decode_text((const unsigned char *) value.data, value.n, ret);
}

/* EFI_LOAD_OPTION: attributes, length of the list of paths, a text, the list. */
#define OPTION_HEAD_BYTES 6
#define NODE_HEAD_BYTES 4
#define MEDIA_NODE 4
#define MEDIA_FILE 4

static size_t skip_text(const unsigned char *bytes, size_t n, size_t i) {
        while (i + 1 < n && get16(bytes + i) != 0)
                i += 2;
        return i + 2;
}

static int find_file(const unsigned char *bytes, size_t n, char **ret) {
        size_t i = skip_text(bytes, n, OPTION_HEAD_BYTES);

        while (i + NODE_HEAD_BYTES <= n) {
                size_t length = get16(bytes + i + 2);

                if (length < NODE_HEAD_BYTES || length > n - i)
                        break;
                if (bytes[i] == MEDIA_NODE && bytes[i + 1] == MEDIA_FILE)
                        return decode_text(bytes + i + NODE_HEAD_BYTES, length - NODE_HEAD_BYTES,
                                           ret);
                i += length;
        }
        return PF_TARGET_ABSENT;
}

int pf_efi_started_from(const PfTarget *target, char **ret, PfErr *err) {
        PF_AUTO_BUF PfBuf current = PF_BUF_INIT(PF_EFI_VARIABLE_MAX);
        PF_AUTO_BUF PfBuf option = PF_BUF_INIT(PF_EFI_VARIABLE_MAX);
        char name[16];
        int r = pf_efi_variable_read(target, "BootCurrent", PF_EFI_GLOBAL, &current, err);

        if (r != 0)
                return r;
        if (current.n < 2)
                return PF_TARGET_ABSENT;
        (void) snprintf(name, sizeof(name), "Boot%04X",
                        get16((const unsigned char *) current.data));
        r = pf_efi_variable_read(target, name, PF_EFI_GLOBAL, &option, err);
        if (r == 0)
                r = find_file((const unsigned char *) option.data, option.n, ret);
        for (char *p = r == 0 ? *ret : NULL; p && *p; p++)
                if (*p == '\\')
                        *p = '/';
        return r;
}
