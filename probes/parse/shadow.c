/* SPDX-License-Identifier: MIT */
/*
 * Finds an account's line in /etc/shadow and takes it apart. What was read of
 * the file is wiped before anything else can get at its memory.
 */
#include "probes/parse/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/crypt-hash.h"
#include "probes/parse/nss-files.h"

#define SHOWN_MAX 512
#define SHOWN_FIELD_MAX 8 /* longer than any number, shorter than any hash */

void pf_shadow_deinit(PfShadow *shadow) {
        if (shadow->password)
                pf_wipe(shadow->password, strlen(shadow->password));
        free(shadow->password);
        free(shadow->shown);
        *shadow = (PfShadow){ 0 };
}

/* A field too long or too odd for a number might be a hash in the wrong place. */
static int show_field(PfBuf *buf, const char *field, size_t n) {
        if (n > SHOWN_FIELD_MAX || memchr(field, '$', n))
                return pf_buf_add_string(buf, "(text)");
        return pf_buf_add(buf, field, n);
}

/* @rest: what follows the password, from its colon on, or "". */
static int show(PfShadow *shadow, const char *name, const char *password, const char *rest) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SHOWN_MAX);
        int r;

        r = pf_buf_printf(&buf, "%.256s:(%s)", name, PF_CRYPT_DESCRIBE(password));
        while (r == 0 && *rest == ':') {
                size_t n = strcspn(++rest, ":");

                r = pf_buf_add(&buf, ":", 1);
                if (r == 0)
                        r = show_field(&buf, rest, n);
                rest += n;
        }
        if (r == -ENOBUFS) /* more fields than there can be: the first of them will do */
                r = 0;
        free(shadow->shown);
        shadow->shown = r == 0 ? pf_buf_steal(&buf) : NULL;
        return shadow->shown ? 0 : -ENOMEM;
}

static bool take_days(char **line, long *ret) {
        uint32_t value;

        switch (pf_nss_take_number(line, &value)) {
        case PF_NSS_NUMBER:
                *ret = (int32_t) value;
                return true;
        case PF_NSS_NUMBER_EMPTY:
                *ret = -1;
                return true;
        default:
                return false;
        }
}

/* Three numbers, then nothing or three more, and perhaps a last one. */
static bool take_numbers(PfShadow *shadow, char *rest) {
        uint32_t flag;

        shadow->warning = shadow->inactive = shadow->expire = -1;
        if (!take_days(&rest, &shadow->last_change) || !take_days(&rest, &shadow->minimum) ||
            !take_days(&rest, &shadow->maximum))
                return false;
        rest += strspn(rest, " \t\n\v\f\r");
        if (!*rest)
                return true;
        if (!take_days(&rest, &shadow->warning) || !take_days(&rest, &shadow->inactive) ||
            !take_days(&rest, &shadow->expire))
                return false;
        return !*rest ||
               (!strchr(rest, ':') && pf_nss_take_number(&rest, &flag) <= PF_NSS_NUMBER_EMPTY);
}

static void take_secret(char **secret) {
        if (*secret)
                pf_wipe(*secret, strlen(*secret));
        pf_free_pointer(secret);
}

/* @rest: the line without its name. */
static int take_line(PfShadow *shadow, const char *name, char *rest, unsigned number) {
        size_t n = strcspn(rest, ":");
        PF_CLEANUP(take_secret) char *password = strndup(rest, n);
        PfShadow numbers = { 0 };
        int r;

        if (!password)
                return -ENOMEM;
        if (shadow->skipped && (!rest[n] || !take_numbers(&numbers, rest + n + 1)))
                return 0;
        r = show(shadow, name, password, rest + n);
        if (r < 0)
                return r;
        if (!rest[n] || !take_numbers(shadow, rest + n + 1)) {
                shadow->skipped = true;
                shadow->skipped_line = number;
                return 0;
        }
        shadow->exists = true;
        shadow->line = number;
        shadow->password = PF_STEAL(password);
        return 0;
}

int pf_shadow_parse(char *text, size_t n, const char *name, PfShadow *ret) {
        PF_AUTO_SHADOW PfShadow shadow = { 0 };
        PfNssFile file = { .text = text, .n = n };
        char *line;
        int r = 0;

        while (r == 0 && !shadow.exists && (line = pf_nss_next_line(&file)))
                if (strcmp(pf_nss_take_text(&line), name) == 0)
                        r = take_line(&shadow, name, line, file.line);
        if (r < 0)
                return r;
        *ret = shadow;
        shadow = (PfShadow){ 0 };
        return 0;
}

int pf_shadow_read(const PfTarget *target, const char *name, PfShadow *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_SECRET_BUF_INIT(PF_SHADOW_SIZE_MAX);
        PfFileInfo info;
        int r;

        r = pf_target_stat(target, PF_SHADOW_PATH, &info, err);
        /* Room for all of it at once: a buffer that grows leaves copies behind. */
        if (r == 0 && info.size_bytes < PF_SHADOW_SIZE_MAX)
                r = pf_buf_reserve(&buf, (size_t) info.size_bytes + 1);
        if (r == 0)
                r = pf_target_read(target, PF_SHADOW_PATH, PF_SHADOW_SIZE_MAX, &buf, err);
        if (r == 0 && buf.n > 0)
                return pf_shadow_parse(buf.data, buf.n, name, ret);
        if (r < 0)
                return r;
        *ret = (PfShadow){ 0 };
        return 0;
}

char *pf_shadow_describe(const PfShadow *shadow) {
        return shadow->shown ? strdup(shadow->shown) : NULL;
}
