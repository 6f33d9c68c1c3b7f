/* SPDX-License-Identifier: MIT */
/*
 * Values for good: the line that decides, or one that comes before it.
 */
#include "probes/sshd/remedy-place.h"

#include <limits.h>
#include <string.h>

#include "probes/sshd/remedy-include.h"

#define LINE_MAX_BYTES 65536

static int print_line(const char *keyword, const char *value, PfBuf *ret) {
        return pf_buf_printf(ret, "%s %s\n", keyword, value);
}

/* --- places --- */

/* Where in the global section: behind the comment that has the keyword, else where it ends. */
static unsigned global_place(const PfSshdDraft *draft, const char *keyword) {
        const unsigned count = draft->n;
        const unsigned match = pf_sshd_draft_find(draft, 1, pf_sshd_draft_sets, "Match");
        const unsigned comment = pf_sshd_draft_find(draft, 1, pf_sshd_draft_sets_not, keyword);
        unsigned line = match > 0 ? match : count + 1;

        if (comment > 0 && (match == 0 || comment < match))
                return comment + 1;
        while (match > 0 && line > 1 && pf_sshd_draft_is_comment(draft, line - 1))
                line--;
        return line;
}

static int put_line(PfSshdWork *work, const char *path, PfSshdDraft *draft, unsigned line,
                    const char *keyword, const char *value) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(LINE_MAX_BYTES);
        int r = print_line(keyword, value, &text);

        if (r == 0)
                r = pf_sshd_draft_insert(draft, line, text.data);
        return r < 0 ? r
                     : pf_sshd_work_try(work, path, draft, "add \"%s %s\" to %s", keyword, value,
                                        path);
}

int pf_sshd_place_global(PfSshdWork *work, const char *keyword, const char *value) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        int r = pf_sshd_work_draft(work, work->look.path, &draft);

        if (r != 0)
                return r < 0 ? r : 0;
        return put_line(work, work->look.path, &draft, global_place(&draft, keyword), keyword,
                        value);
}

int pf_sshd_place_drop_in(PfSshdWork *work, const char *keyword, const char *value) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        PF_AUTO_FREE char *path = NULL;
        int r = pf_sshd_find_drop_in(work, PF_SSHD_DROP_IN_NAME, &path);

        if (r == 0)
                r = pf_sshd_work_draft(work, path, &draft);
        if (r != 0)
                return r < 0 ? r : 0;
        if (draft.text.n == 0)
                r = pf_sshd_draft_insert(&draft, 1, PF_SSHD_DROP_IN_HEAD);
        return r < 0 ? r
                     : put_line(work, path, &draft, global_place(&draft, keyword), keyword, value);
}

/* Before the first Include of the main file, with what is said about that. */
static int place_first(PfSshdWork *work, const char *keyword, const char *value) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        unsigned line;
        int r = pf_sshd_work_draft(work, work->look.path, &draft);

        if (r != 0)
                return r < 0 ? r : 0;
        line = pf_sshd_first_include(&draft);
        if (line == 0)
                return 0;
        while (line > 1 && pf_sshd_draft_is_comment(&draft, line - 1))
                line--;
        return put_line(work, work->look.path, &draft, line, keyword, value);
}

static int place_block(PfSshdWork *work, const char *keyword, const char *value) {
        PF_AUTO_STRV PfStrv lines = { 0 };
        PF_AUTO_FREE char *line = NULL;
        int r;

        if (asprintf(&line, "%s %s", keyword, value) < 0) {
                line = NULL;
                return -ENOMEM;
        }
        r = pf_strv_add(&lines, line);
        return r < 0 ? r : pf_sshd_place_block(work, &lines);
}

/* --- the line that decides --- */

/* A block "Match User root …" names nobody else, whatever more it asks for; and a "Match
 * all" leaves nobody out, as no block does. */
bool pf_sshd_place_is_own(const PfSshdWork *work, const PfSshdLine *line) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft match = { 0 };
        PF_AUTO_FREE char *attribute = NULL;
        PF_AUTO_FREE char *value = NULL;

        if (!line->match)
                return true;
        if (pf_sshd_draft_init(&match, line->match->text, strlen(line->match->text),
                               &work->look.version) != 0 ||
            pf_sshd_draft_word(&match, 1, 1, &attribute) != 0)
                return false;
        return strcasecmp(attribute, "all") == 0 ||
               (strcasecmp(attribute, "user") == 0 &&
                pf_sshd_draft_word(&match, 1, 2, &value) == 0 &&
                strcmp(value, work->demand.account) == 0);
}

static int change_line(PfSshdWork *work, const PfSshdLine *line, const char *value) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        const char *owner;
        int r = pf_sshd_work_draft(work, line->path, &draft);

        if (r != 0)
                return r < 0 ? r : 0;
        owner = pf_sshd_owner_of(line->path, &draft);
        r = pf_sshd_draft_replace(&draft, line->number, 1, UINT_MAX, value);
        if (r != 0)
                return r < 0 ? r : 0;
        return pf_sshd_work_try(work, line->path, &draft, "set %s to %s in line %u of %s%s%s%s",
                                work->goal->keyword, value, line->number, line->path,
                                owner ? ", which " : "", owner ? owner : "",
                                owner ? " may write again" : "");
}

/* Is there a file of the line's that somebody else writes? */
static int is_owned(PfSshdWork *work, const PfSshdLine *line) {
        PF_AUTO_SSHD_DRAFT PfSshdDraft draft = { 0 };
        int r = pf_sshd_work_read(work, line->path, &draft);

        return r < 0 ? r : pf_sshd_owner_of(line->path, &draft) != NULL;
}

/* Before a line of the global section: lines that sshd reads sooner. */
static int place_before(PfSshdWork *work, const char *value) {
        const char *keyword = work->goal->keyword;
        int r = pf_sshd_place_drop_in(work, keyword, value);

        return r == 0 && work->proposal->n == 0 ? place_first(work, keyword, value) : r;
}

static int place_over_line(PfSshdWork *work, const PfSshdLine *line, const char *value) {
        int owned, r = 0;

        if (!pf_sshd_place_is_own(work, line))
                return 0;
        owned = is_owned(work, line);
        if (owned < 0)
                return owned;
        if (owned && !line->match)
                r = place_before(work, value);
        if (r == 0)
                r = change_line(work, line, value);
        if (r == 0 && !line->match && work->proposal->n == 0)
                r = place_before(work, value);
        return r;
}

int pf_sshd_place_value(PfSshdWork *work, const char *value) {
        const PfSshdSetting *setting = pf_sshd_work_setting(work);
        const PfSshdLine *line = setting && setting->n_values > 0 ? setting->values[0].line : NULL;
        int r = 0;

        if (line && !pf_sshd_work_is_option(work, line))
                r = place_over_line(work, line, value);
        else if (!line)
                r = pf_sshd_place_global(work, work->goal->keyword, value);
        if (r == 0 && !line && work->proposal->n == 0)
                r = pf_sshd_place_drop_in(work, work->goal->keyword, value);
        if (r == 0 && work->proposal->n == 0)
                r = place_block(work, work->goal->keyword, value);
        return r;
}

int pf_sshd_place_refuse(PfSshdWork *work) {
        return pf_sshd_work_refuse(work, "%s",
                                   work->room->lease
                                           ? "no block for one account and source takes effect in "
                                             "this configuration"
                                           : "no line takes effect in this configuration without "
                                             "changing more than it should");
}

int pf_sshd_place_goal(const PfRemedyRoom *room, PfProposal *proposal, const PfSshdGoal *goal,
                       PfSshdValueFn value, PfErr *err) {
        PF_AUTO_SSHD_WORK PfSshdWork work = {
                .room = room, .goal = goal, .proposal = proposal, .err = err
        };
        PF_AUTO_FREE char *text = NULL;
        int r = pf_sshd_work_open(&work);

        if (r != 0)
                return r < 0 ? r : 0;
        text = value(pf_sshd_work_setting(&work));
        if (!text)
                return -ENOMEM;
        r = room->lease ? place_block(&work, goal->keyword, text)
                        : pf_sshd_place_value(&work, text);
        if (r == 0 && proposal->n == 0)
                r = pf_sshd_place_refuse(&work);
        return r < 0 ? r : 0;
}
