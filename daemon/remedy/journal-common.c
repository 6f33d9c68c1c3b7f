/* SPDX-License-Identifier: MIT */
/* The journals of every system alike: the way to them, which entries there are, a file of one. */
#include "daemon/remedy/journal-internal.h"

#include <string.h>

#include "daemon/remedy/transaction.h"

int pf_journal_walk(PfJournal *journal, PfErr *err) {
        char path[] = PF_TRANSACTIONS_PATH;
        int r = 0;

        for (char *name = path; name && r == 0;) {
                char *slash = strchr(++name, '/');

                if (slash)
                        *slash = '\0';
                r = pf_journal_step_down(journal, name, path, !slash, err);
                if (slash)
                        *slash = '/';
                name = slash;
        }
        return r;
}

typedef struct Names {
        PfStrv *ids;
        PfStrv *complaints;
} Names;

static int sort_in(const char *name, void *data) {
        Names *names = data;
        char text[320];

        if (strcmp(name, ".lock") == 0)
                return 0;
        if (names->ids->n + names->complaints->n >= PF_JOURNAL_ENTRIES_MAX)
                return -E2BIG;
        if (pf_journal_is_id(name))
                return pf_strv_add(names->ids, name);
        (void) snprintf(text, sizeof(text), "%s: is no transaction, and is left alone", name);
        return pf_strv_add(names->complaints, text);
}

int pf_journal_list(const PfJournal *journal, PfStrv *ret, PfStrv *complaints, PfErr *err) {
        Names names = { ret, complaints };
        int r = pf_journal_each_name(journal->top, sort_in, &names);

        if (r < 0)
                return pf_err_errno(err, r, "the transactions cannot be listed");
        pf_strv_sort(ret);
        return 0;
}

int pf_journal_read_all(PfJournalRead read, void *file, PfBuf *buf) {
        for (;;) {
                size_t room = buf->max - buf->n < 65536 ? buf->max - buf->n : 65536;
                char beyond;
                size_t n = 0;
                int r = pf_buf_reserve(buf, room);

                if (r == 0)
                        r = room > 0 ? read(file, buf->data + buf->n, room, &n)
                                     : read(file, &beyond, 1, &n);
                if (r < 0 || n == 0)
                        return r;
                if (room == 0)
                        return -EFBIG;
                buf->n += n;
                buf->data[buf->n] = '\0';
        }
}
