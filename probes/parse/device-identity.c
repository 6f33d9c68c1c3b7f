/* SPDX-License-Identifier: MIT */
/*
 * The kinds of names that block devices have, told from the text alone.
 */
#include "probes/parse/device-identity.h"

#include <stdbool.h>
#include <string.h>

static const char *const kind_names[PF_IDENTITY_KINDS] = {
        [PF_IDENTITY_NONE] = "none",
        [PF_IDENTITY_DEVICE] = "device",
        [PF_IDENTITY_UUID] = "uuid",
        [PF_IDENTITY_PARTUUID] = "partuuid",
        [PF_IDENTITY_LABEL] = "label",
        [PF_IDENTITY_PARTLABEL] = "partlabel",
        [PF_IDENTITY_BY_UUID_PATH] = "by-uuid-path",
        [PF_IDENTITY_BY_ID_PATH] = "by-id-path",
        [PF_IDENTITY_BY_PATH_PATH] = "by-path-path",
        [PF_IDENTITY_BY_LABEL_PATH] = "by-label-path",
        [PF_IDENTITY_BY_PARTUUID_PATH] = "by-partuuid-path",
        [PF_IDENTITY_BY_PARTLABEL_PATH] = "by-partlabel-path",
        [PF_IDENTITY_MAPPER] = "mapper",
        [PF_IDENTITY_LVM] = "lvm",
        [PF_IDENTITY_ZFS] = "zfs",
        [PF_IDENTITY_NFS] = "nfs",
        [PF_IDENTITY_VARIABLE] = "variable",
        [PF_IDENTITY_DEVNUM] = "devnum",
        [PF_IDENTITY_PATH] = "path",
        [PF_IDENTITY_OTHER] = "other",
};

/* What a text begins with, the longer before the shorter. */
typedef struct Prefix {
        const char *text;
        PfIdentityKind kind;
} Prefix;

static const Prefix prefixes[] = {
        { "UUID=", PF_IDENTITY_UUID },
        { "PARTUUID=", PF_IDENTITY_PARTUUID },
        { "LABEL=", PF_IDENTITY_LABEL },
        { "PARTLABEL=", PF_IDENTITY_PARTLABEL },
        { "/dev/disk/by-uuid/", PF_IDENTITY_BY_UUID_PATH },
        { "/dev/disk/by-id/", PF_IDENTITY_BY_ID_PATH },
        { "/dev/disk/by-path/", PF_IDENTITY_BY_PATH_PATH },
        { "/dev/disk/by-label/", PF_IDENTITY_BY_LABEL_PATH },
        { "/dev/disk/by-partuuid/", PF_IDENTITY_BY_PARTUUID_PATH },
        { "/dev/disk/by-partlabel/", PF_IDENTITY_BY_PARTLABEL_PATH },
        { "/dev/disk/", PF_IDENTITY_OTHER },
        { "/dev/mapper/", PF_IDENTITY_MAPPER },
        { "ZFS=", PF_IDENTITY_ZFS },
        { "zfs=", PF_IDENTITY_ZFS },
        { "zfs:", PF_IDENTITY_ZFS },
        { "nfs:", PF_IDENTITY_NFS },
        { "nfs4:", PF_IDENTITY_NFS },
        { "/dev/nfs", PF_IDENTITY_NFS },
};

/* Directories below /dev that the kernel, udev or a driver makes: no volume groups. */
static const char *const device_directories[] = {
        "ataraid", "block", "bsg", "bus",   "cciss", "char", "dm",  "etherd",
        "fd",      "i2o",   "ida", "input", "loop",  "md",   "nbd", "pktcdvd",
        "pts",     "raw",   "rd",  "rssd",  "shm",   "snd",  "ubi", "zvol",
};

static const Prefix *find_prefix(const char *text) {
        for (size_t i = 0; i < PF_ELEMENTS(prefixes); i++)
                if (strncmp(text, prefixes[i].text, strlen(prefixes[i].text)) == 0)
                        return &prefixes[i];
        return NULL;
}

static bool is_device_directory(const char *name, size_t n) {
        for (size_t i = 0; i < PF_ELEMENTS(device_directories); i++)
                if (strlen(device_directories[i]) == n &&
                    strncmp(device_directories[i], name, n) == 0)
                        return true;
        return false;
}

/* What stands behind "/dev/". */
static PfIdentityKind kind_below_dev(const char *name) {
        const char *slash = strchr(name, '/');

        if (!slash || slash == name || slash[1] == '\0' || strchr(slash + 1, '/') ||
            is_device_directory(name, (size_t) (slash - name)))
                return PF_IDENTITY_DEVICE;
        return PF_IDENTITY_LVM;
}

/* major:minor in decimal, or three to five hexadecimal digits. */
static bool is_device_number(const char *text) {
        size_t digits = strspn(text, "0123456789"), hex = strspn(text, "0123456789abcdefABCDEF");

        if (digits > 0 && text[digits] == ':') {
                const char *minor = text + digits + 1;
                size_t n = strspn(minor, "0123456789");

                return n > 0 && minor[n] == '\0';
        }
        return hex >= 3 && hex <= 5 && text[hex] == '\0';
}

PfIdentityKind pf_identity_kind(const char *text) {
        const Prefix *prefix;

        if (*text == '\0')
                return PF_IDENTITY_NONE;
        if (strchr(text, '$'))
                return PF_IDENTITY_VARIABLE;
        prefix = find_prefix(text);
        if (prefix &&
            (prefix->kind != PF_IDENTITY_NFS || strcmp(text, "/dev/nfs") == 0 || *text == 'n'))
                return prefix->kind;
        if (strncmp(text, "/dev/", 5) == 0)
                return kind_below_dev(text + 5);
        if (*text == '/')
                return text[1] == '/' ? PF_IDENTITY_OTHER : PF_IDENTITY_PATH;
        return is_device_number(text) ? PF_IDENTITY_DEVNUM : PF_IDENTITY_OTHER;
}

const char *pf_identity_kind_name(PfIdentityKind kind) {
        return kind_names[kind];
}

static int hex_digit(char c) {
        static const char digits[] = "0123456789abcdef";
        const char *found = c ? strchr(digits, c) : NULL;

        return found ? (int) (found - digits) : -1;
}

/* "\x20" back to the byte, in place: ENCODING of udev's links. */
static void decode_link(char *text) {
        char *to = text;

        for (const char *from = text; *from; to++) {
                int high = from[0] == '\\' && from[1] == 'x' ? hex_digit(from[2]) : -1;
                int low = high >= 0 ? hex_digit(from[3]) : -1;
                int byte = low >= 0 ? high * 16 + low : 0;

                *to = byte ? (char) byte : *from;
                from += byte ? 4 : 1;
        }
        *to = '\0';
}

int pf_identity_value(const char *text, char **ret) {
        const Prefix *prefix = find_prefix(text);
        const char *start = text;
        size_t n;
        char *value;

        if (prefix && prefix->kind != PF_IDENTITY_NFS && prefix->kind != PF_IDENTITY_OTHER)
                start += strlen(prefix->text);
        n = strlen(start);
        if (n >= 2 && start > text && (*start == '"' || *start == '\'') && start[n - 1] == *start) {
                start++;
                n -= 2;
        }
        value = strndup(start, n);
        if (!value)
                return -ENOMEM;
        if (*text == '/')
                decode_link(value);
        *ret = value;
        return 0;
}
