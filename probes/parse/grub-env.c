/* SPDX-License-Identifier: MIT */
/*
 * The environment block of GRUB: what grub-reboot, grub-set-default and the
 * scripts of distributions keep between two starts.
 */
#include "probes/parse/grub-env.h"

#include <string.h>

static const char header[] = "# GRUB Environment Block\n";

/* The length of a variable, or of a comment. A name ends at '=' and nowhere else, and
 * a line break behind '\\' is part of the value. */
static size_t item_length(const char *text, size_t n) {
        const char *equals = *text != '#' ? memchr(text, '=', n) : NULL;
        size_t i = equals ? (size_t) (equals - text) : 0;

        if (!equals && *text != '#')
                return n;
        while (i < n && text[i] != '\n')
                i += text[i] == '\\' && i + 1 < n ? 2 : 1;
        return i;
}

static unsigned count_breaks(const char *text, size_t n) {
        unsigned count = 0;

        for (size_t i = 0; i < n; i++)
                count += text[i] == '\n';
        return count;
}

/* Takes every '\' away that keeps something; in place. */
static void unescape(char *text) {
        char *to = text;

        for (const char *from = text; *from; from++) {
                if (*from == '\\' && from[1])
                        from++;
                *to++ = *from;
        }
        *to = '\0';
}

static int take_item(const char *path, const char *text, size_t n, unsigned line,
                     PfBootSettings *ret) {
        PF_AUTO_FREE char *name = NULL;
        char *value;

        if (*text == '#')
                return 0;
        name = strndup(text, n);
        if (!name)
                return -ENOMEM;
        value = strchr(name, '=');
        if (!value)
                return 0;
        *value++ = '\0';
        unescape(value);
        return pf_boot_settings_add(ret, &(PfBootSetting){ .name = name,
                                                           .value = value,
                                                           .path = path,
                                                           .line = line,
                                                           .certain = true });
}

int pf_grub_env_parse(const char *path, const char *text, size_t n, PfBootSettings *ret,
                      PfErr *err) {
        const char *end = text + n;
        unsigned line = 1;
        int r = 0;

        if (n < sizeof(header) - 1 || memcmp(text, header, sizeof(header) - 1) != 0)
                return pf_err_set(err, -EINVAL, "%s is no environment block of GRUB", path);
        while (r == 0 && text < end) {
                size_t length = item_length(text, (size_t) (end - text));

                r = take_item(path, text, length, line, ret);
                line += count_breaks(text, length) + 1;
                text += length;
                text += text < end;
        }
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}
