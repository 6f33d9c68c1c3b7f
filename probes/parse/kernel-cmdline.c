/* SPDX-License-Identifier: MIT */
/*
 * Words of the kernel's command line. What a boot loader does to them before
 * the kernel sees them is the business of the loader's reader.
 */
#include "probes/parse/kernel-cmdline.h"

#include <stdio.h>
#include <string.h>

PfCmdline *pf_cmdline_free(PfCmdline *cmdline) {
        if (!cmdline)
                return NULL;
        for (size_t i = 0; i < cmdline->n; i++) {
                free(cmdline->words[i].text);
                free(cmdline->words[i].name);
                free(cmdline->words[i].value);
        }
        free(cmdline->words);
        free(cmdline);
        return NULL;
}

/* isspace() of the kernel, which also has the no-break space of Latin 1. */
static bool is_space(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char) c == 0xa0;
}

static size_t word_length(const char *text, size_t n) {
        bool quoted = false;
        size_t i;

        for (i = 0; i < n && (quoted || !is_space(text[i])); i++)
                quoted ^= text[i] == '"';
        return i;
}

/* Text and length without a quote before it, and the one at the end that belongs to it. */
static char *unquote(const char *text, size_t n) {
        if (n > 0 && *text == '"') {
                text++;
                n--;
                n -= n > 0 && text[n - 1] == '"';
        }
        return strndup(text, n);
}

static int fill_word(PfCmdlineWord *word, const char *text, size_t n) {
        bool whole = n > 0 && *text == '"';
        const char *inner = text + whole;
        size_t n_inner = n - whole - (whole && n > 1 && text[n - 1] == '"');
        const char *equals = n_inner > 0 ? memchr(inner + 1, '=', n_inner - 1) : NULL;

        word->text = strndup(text, n);
        word->name = strndup(inner, equals ? (size_t) (equals - inner) : n_inner);
        if (equals)
                word->value = unquote(equals + 1, n_inner - (size_t) (equals + 1 - inner));
        return word->text && word->name && (!equals || word->value) ? 0 : -ENOMEM;
}

static int add_word(PfCmdline *cmdline, const char *text, size_t n, size_t offset) {
        size_t count = cmdline->n;

        if (count == PF_CMDLINE_WORDS_MAX)
                return -E2BIG;
        if ((count & (count - 1)) == 0) {
                PfCmdlineWord *words =
                        realloc(cmdline->words, (count ? count * 2 : 1) * sizeof(*words));

                if (!words)
                        return -ENOMEM;
                cmdline->words = words;
        }
        cmdline->words[cmdline->n++] = (PfCmdlineWord){
                .offset = offset,
                .for_init = count > 0 && (cmdline->words[count - 1].for_init ||
                                          strcmp(cmdline->words[count - 1].text, "--") == 0),
        };
        return fill_word(&cmdline->words[count], text, n);
}

int pf_cmdline_parse(const char *text, size_t n, PfCmdline **ret) {
        PF_CLEANUP(pf_cmdline_freep) PfCmdline *cmdline = calloc(1, sizeof(*cmdline));
        size_t i = 0;

        if (!cmdline)
                return -ENOMEM;
        n = strnlen(text, n);
        for (;;) {
                size_t length;
                int r;

                while (i < n && is_space(text[i]))
                        i++;
                if (i == n)
                        break;
                length = word_length(text + i, n - i);
                r = add_word(cmdline, text + i, length, i);
                if (r < 0)
                        return r;
                i += length;
        }
        *ret = PF_STEAL(cmdline);
        return 0;
}

/* As parameq() of the kernel. */
static bool same_name(const char *a, const char *b) {
        for (; *a && *b; a++, b++)
                if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
                        return false;
        return *a == *b;
}

const PfCmdlineWord *pf_cmdline_next(const PfCmdline *cmdline, const char *name,
                                     const PfCmdlineWord *after) {
        for (size_t i = after ? (size_t) (after - cmdline->words) + 1 : 0; i < cmdline->n; i++)
                if (!cmdline->words[i].for_init && same_name(cmdline->words[i].name, name))
                        return &cmdline->words[i];
        return NULL;
}

const PfCmdlineWord *pf_cmdline_last(const PfCmdline *cmdline, const char *name) {
        const PfCmdlineWord *last = NULL;

        for (const PfCmdlineWord *word = pf_cmdline_next(cmdline, name, NULL); word;
             word = pf_cmdline_next(cmdline, name, word))
                last = word;
        return last;
}

enum {
        FORM_IDENTITY, /* as it stands */
        FORM_UUID,     /* of what is encrypted, or of an array */
        FORM_NAMED,    /* UUID=name */
        FORM_VOLUME,   /* group/volume */
        FORM_COLON,    /* identity:name:options */
        FORM_GROUP,    /* the name of a volume group */
};

static const PfCmdlineParameter parameters[] = {
        { "root", PF_CMDLINE_ROOT, FORM_IDENTITY },
        { "resume", PF_CMDLINE_RESUME, FORM_IDENTITY },
        { "mount.usr", PF_CMDLINE_MOUNT, FORM_IDENTITY },
        { "rd.luks.uuid", PF_CMDLINE_UNLOCK, FORM_UUID },
        { "luks.uuid", PF_CMDLINE_UNLOCK, FORM_UUID },
        { "rd_LUKS_UUID", PF_CMDLINE_UNLOCK, FORM_UUID },
        { "rd.luks.name", PF_CMDLINE_UNLOCK, FORM_NAMED },
        { "luks.name", PF_CMDLINE_UNLOCK, FORM_NAMED },
        { "cryptdevice", PF_CMDLINE_UNLOCK, FORM_COLON },
        { "rd.md.uuid", PF_CMDLINE_ACTIVATE, FORM_UUID },
        { "rd_MD_UUID", PF_CMDLINE_ACTIVATE, FORM_UUID },
        { "rd.lvm.lv", PF_CMDLINE_ACTIVATE, FORM_VOLUME },
        { "rd_LVM_LV", PF_CMDLINE_ACTIVATE, FORM_VOLUME },
        { "rd.lvm.vg", PF_CMDLINE_ACTIVATE, FORM_GROUP },
        { "rd_LVM_VG", PF_CMDLINE_ACTIVATE, FORM_GROUP },
};

const PfCmdlineParameter *pf_cmdline_parameter(const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(parameters); i++)
                if (same_name(name, parameters[i].name))
                        return &parameters[i];
        return NULL;
}

/* @prefix and the first @n bytes of @text. */
static int join(const char *prefix, const char *text, size_t n, char **ret) {
        size_t n_prefix = strlen(prefix);
        char *joined = malloc(n_prefix + n + 1);

        if (!joined)
                return -ENOMEM;
        memcpy(joined, prefix, n_prefix);
        memcpy(joined + n_prefix, text, n);
        joined[n_prefix + n] = '\0';
        *ret = joined;
        return 0;
}

/* In "UUID=X:name" and in "/dev/disk/by-path/pci-0000:00:1f-part1:name" the last
 * part is no part of the identity; of a path, only names without '/' can be that. */
static size_t identity_before_colon(const char *value) {
        const char *slash =
                strncmp(value, "/dev/disk/by-path/", 18) == 0 ? strrchr(value, ':') : NULL;
        const char *colon = slash ? slash : strchr(value, ':');

        return colon ? (size_t) (colon - value) : strlen(value);
}

int pf_cmdline_identity(const PfCmdlineParameter *parameter, const char *value, char **ret) {
        size_t n = strlen(value);

        switch (parameter->form) {
        case FORM_UUID:
                if (strncmp(value, "luks-", 5) == 0)
                        return join("UUID=", value + 5, n - 5, ret);
                return join(n ? "UUID=" : "", value, n, ret);
        case FORM_NAMED:
                n = strcspn(value, "=");
                return join(n ? "UUID=" : "", value, n, ret);
        case FORM_VOLUME:
                return join(n ? "/dev/" : "", value, n, ret);
        case FORM_COLON:
                return join("", value, identity_before_colon(value), ret);
        default:
                return join("", value, n, ret);
        }
}
