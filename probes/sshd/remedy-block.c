/* SPDX-License-Identifier: MIT */
/*
 * Blocks for one account: leases, and what else is to hold for nobody else. Each is put
 * right before another Match, or where its file ends, so that no line falls into it.
 */
#include "probes/sshd/remedy-place.h"

#include <string.h>

#include "probes/sshd/remedy-include.h"

#define LEASE_NAME "00-preflightd-lease.conf"
#define LINES_MAX 65536

/* What is to be put somewhere. */
typedef struct Block {
        PfSshdWork *work;
        const PfStrv *lines;
        const char *text; /* the whole of it; NULL: it joins one that is there */
} Block;

/* "Match User root Address 192.0.2.7" */
static int match_line(const PfSshdWork *work, PfBuf *ret) {
        const PfLeaseScope *lease = work->room->lease;
        const char *source = lease ? lease->source : work->demand.source;
        int r = pf_buf_printf(ret, "Match User %s", work->demand.account);

        return r == 0 && source ? pf_buf_printf(ret, " Address %s", source) : r;
}

static int add_lines(const PfStrv *lines, PfBuf *ret) {
        int r = 0;

        for (size_t i = 0; i < lines->n && r == 0; i++)
                r = pf_buf_printf(ret, "\t%s\n", lines->items[i]);
        return r;
}

/* The whole of it, with the comment lines of a lease. */
static int write_block(const PfSshdWork *work, const PfStrv *lines, PfBuf *ret) {
        const bool is_lease = work->room->lease;
        int r = is_lease ? pf_buf_add_string(ret, PF_LEASE_BEGIN "\n") : 0;

        if (r == 0)
                r = match_line(work, ret);
        if (r == 0)
                r = pf_buf_add_string(ret, "\n");
        if (r == 0)
                r = add_lines(lines, ret);
        return r == 0 && is_lease ? pf_buf_add_string(ret, PF_LEASE_END "\n") : r;
}

/* What is set and where, for people. */
static int try_block(const Block *block, const char *path, PfSshdDraft *draft) {
        PF_AUTO_BUF PfBuf match = PF_BUF_INIT(LINES_MAX);
        PF_AUTO_BUF PfBuf what = PF_BUF_INIT(LINES_MAX);
        int r = match_line(block->work, &match);

        for (size_t i = 0; i < block->lines->n && r == 0; i++)
                r = pf_buf_printf(&what, "%s\"%s\"", i > 0 ? ", " : "", block->lines->items[i]);
        return r < 0 ? r
                     : pf_sshd_work_try(block->work, path, draft,
                                        "put %s into a block \"%s\" of %s", what.data, match.data,
                                        path);
}

/* --- the places --- */

/* Comments right above a block are about it. */
static unsigned above_comments(const PfSshdDraft *draft, unsigned line) {
        while (line > 1 && pf_sshd_draft_is_comment(draft, line - 1))
                line--;
        return line;
}

static int put_before(const Block *block, const char *path, unsigned line) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        int r = pf_sshd_work_draft(block->work, path, &draft);

        if (r != 0)
                return r < 0 ? r : 0;
        if (line == 0)
                line = pf_sshd_draft_find(&draft, 1, pf_sshd_draft_sets, "Match");
        line = line > 0 ? above_comments(&draft, line) : draft.n + 1;
        r = pf_sshd_draft_insert(&draft, line, block->text);
        return r < 0 ? r : try_block(block, path, &draft);
}

/* A file of the block alone, or behind what an earlier one of ours has. */
static int put_in_own_file(const Block *block) {
        PfSshdWork *work = block->work;
        const bool is_lease = work->room->lease;
        PF_AUTO_FREE char *path = NULL;
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        int r;

        r = pf_sshd_find_drop_in(work, is_lease ? LEASE_NAME : PF_SSHD_DROP_IN_NAME, &path);
        if (r != 0)
                return r < 0 ? r : 0;
        r = pf_sshd_work_draft(work, path, &draft);
        if (r != 0)
                return r < 0 ? r : 0;
        if (draft.text.n == 0 && !is_lease)
                r = pf_sshd_draft_insert(&draft, 1, PF_SSHD_DROP_IN_HEAD);
        if (r == 0)
                r = pf_sshd_draft_insert(&draft, draft.n + 1, block->text);
        return r < 0 ? r : try_block(block, path, &draft);
}

/* The block that decides about one of the goal's keywords now, or NULL. */
static const PfSshdLine *deciding_block(const PfSshdWork *work) {
        for (size_t i = 0; work->goal->keywords[i]; i++) {
                const PfSshdSetting *setting =
                        pf_sshd_effective_get(work->look.effective, work->goal->keywords[i]);
                const PfSshdLine *line =
                        setting && setting->n_values > 0 ? setting->values[0].line : NULL;

                if (line && line->match)
                        return line->match;
        }
        return NULL;
}

static int put_anywhere(const Block *block) {
        const PfSshdWork *work = block->work;
        const PfSshdLine *deciding = deciding_block(work);
        int r = put_in_own_file(block);

        if (r == 0 && work->proposal->n == 0 && deciding)
                r = put_before(block, deciding->path, deciding->number);
        if (r == 0 && work->proposal->n == 0)
                r = put_before(block, work->look.path, 0);
        return r;
}

/* --- a block that is there already --- */

/* It would close with that one, at its end; which that is, its Match line tells. */
static int refuse_second(const Block *block, const char *path, const PfSshdDraft *draft,
                         unsigned begin) {
        const char *line = draft->text.data + draft->starts[begin];
        const int n = begin < draft->n ? (int) strcspn(line, "\r\n") : 0;

        return pf_sshd_work_refuse(block->work,
                                   "a lease is open in %s%s%.*s%s, and this one would close with "
                                   "it: wait for its end, or end it first, with preflightctl undo",
                                   path, n > 0 ? " (" : "", n, line, n > 0 ? ")" : "");
}

/* The lines join those of the block that begins at @begin. */
static int join_block(const Block *block, const char *path, PfSshdDraft *draft, unsigned begin) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(LINES_MAX);
        const unsigned end = pf_sshd_draft_find(draft, begin, pf_sshd_draft_is, PF_LEASE_END);
        int r;

        if (end == 0 || !block->work->room->lease_is_begun)
                return refuse_second(block, path, draft, begin);
        r = add_lines(block->lines, &text);
        if (r == 0)
                r = pf_sshd_draft_insert(draft, end, text.data ? text.data : "");
        return r < 0 ? r : try_block(block, path, draft);
}

enum { NO_LEASE = 2 };

/* Return: NO_LEASE where no file has one. */
static int join_lease(const Block *block) {
        PfSshdWork *work = block->work;
        const PfStrv *files = pf_sshd_config_files(work->look.conf);

        for (size_t i = 0; i < files->n; i++) {
                PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
                unsigned begin;
                int r = pf_sshd_work_read(work, files->items[i], &draft);

                if (r < 0)
                        return r;
                begin = pf_sshd_draft_find(&draft, 1, pf_sshd_draft_is, PF_LEASE_BEGIN);
                if (begin > 0)
                        return join_block(block, files->items[i], &draft, begin);
        }
        return NO_LEASE;
}

int pf_sshd_place_block(PfSshdWork *work, const PfStrv *lines) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(LINES_MAX);
        Block block = { .work = work, .lines = lines };
        int r;

        if (!pf_sshd_name_is_plain(work->demand.account) ||
            (work->demand.source && !pf_sshd_source_is_plain(work->demand.source)))
                return pf_sshd_work_refuse(work, "the account's name or its source cannot be "
                                                 "written into a Match line as it is");
        r = work->room->lease ? join_lease(&block) : NO_LEASE;
        if (r != NO_LEASE)
                return r;
        r = write_block(work, lines, &text);
        block.text = text.data;
        return r < 0 ? r : put_anywhere(&block);
}
