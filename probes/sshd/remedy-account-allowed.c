/* SPDX-License-Identifier: MIT */
/*
 * Remedy of ssh.account-allowed: DenyUsers, AllowUsers, DenyGroups and AllowGroups let the
 * account in.
 *
 * For good the smallest change of the lists themselves: the account is named where only
 * those named are let in, with its source where that is known, and a pattern that names
 * nobody else is taken out where it is kept out. A lease sets the lists anew in a block that
 * is for this account alone: sshd_config(5), Match: what a block sets replaces the global
 * list.
 */
#include "probes/sshd/remedy-place.h"

#include <string.h>

#include "probes/sshd/lists.h"
#include "probes/sshd/remedy-groups.h"
#include "probes/sshd/remedy-include.h"
#include "probes/sshd/stages.h"

#define ROUNDS_MAX 16 /* patterns that are lifted one after the other */
#define TEXT_MAX 65536

static const char *const keywords[] = { "denyusers", "allowusers", "denygroups", "allowgroups",
                                        NULL };
static const PfSshdGoal goal = {
        .keyword = "AllowUsers",
        .stages = { pf_sshd_stage_lists },
        .keywords = keywords,
};

/* Lists that are changed, one pattern after the other. */
typedef struct Lifting {
        PfSshdWork *work;
        PfSshdRewrites rewrites;
        const PfSshdLook *look; /* with what was changed so far */
        PfSshdListVerdict verdict;
        PfBuf summary;
} Lifting;

static void lifting_deinit(Lifting *lifting) {
        pf_sshd_rewrites_deinit(&lifting->rewrites);
        pf_buf_deinit(&lifting->summary);
}

/* Positive outcomes, beside PF_SSHD_WORK_REFUSED. */
enum {
        NEEDS_BLOCK = 2, /* no list is to be changed: a block for this account is to be added */
        NOTHING_LEFT = 3,
};

static PfDemand asked(const PfSshdWork *work, const PfSshdLook *look) {
        PfDemand demand = work->demand;

        demand.source_host = look->host;
        return demand;
}

/* --- for good --- */

static int tell(Lifting *lifting, const char *what, const char *pattern, const PfSshdLine *line,
                const PfSshdDraft *draft) {
        const char *owner = pf_sshd_owner_of(line->path, draft);

        return pf_buf_printf(&lifting->summary, "%s%s %s %s %s in line %u of %s%s%s%s",
                             lifting->summary.n > 0 ? ", " : "", what, pattern,
                             strcmp(what, "add") == 0 ? "to" : "from", lifting->verdict.keyword,
                             line->number, line->path, owner ? ", which " : "", owner ? owner : "",
                             owner ? " may write again" : "");
}

/* The last line of the list that is in a file, and for this account alone or for all. */
static const PfSshdLine *last_line(const Lifting *lifting) {
        const PfSshdSetting *setting = lifting->verdict.setting;

        for (size_t i = setting->n_values; i > 0; i--) {
                const PfSshdLine *line = setting->values[i - 1].line;

                if (line && !pf_sshd_work_is_option(lifting->work, line) &&
                    pf_sshd_place_is_own(lifting->work, line))
                        return line;
        }
        return NULL;
}

static int add_pattern(Lifting *lifting, const char *pattern) {
        const PfSshdLine *line = last_line(lifting);
        PfSshdDraft *draft;
        int r;

        if (!line)
                return NEEDS_BLOCK;
        r = pf_sshd_work_rewrite(lifting->work, &lifting->rewrites, line->path, &draft);
        if (r == 0)
                r = pf_sshd_draft_append(draft, line->number, pattern);
        return r == 0 ? tell(lifting, "add", pattern, line, draft) : r < 0 ? r : NEEDS_BLOCK;
}

static int allow_user(Lifting *lifting) {
        const PfDemand *demand = &lifting->work->demand;
        PF_AUTO_BUF PfBuf pattern = PF_BUF_INIT(TEXT_MAX);
        int r;

        if (!pf_sshd_name_is_plain(demand->account) || strchr(demand->account, '@') ||
            (demand->source && !pf_sshd_source_is_plain(demand->source)))
                return pf_sshd_work_refuse(lifting->work, "the account's name or its source "
                                                          "cannot be written into AllowUsers as "
                                                          "it is");
        r = pf_buf_printf(&pattern, "%s%s%s", demand->account, demand->source ? "@" : "",
                          demand->source ? demand->source : "");
        return r < 0 ? r : add_pattern(lifting, pattern.data);
}

/* A group lets all of its members in. */
static int allow_group(Lifting *lifting) {
        const PfSshdAccount *account = &lifting->look->account;
        int r = pf_sshd_group_is_private(lifting->work->room->target, account, lifting->work->err);

        if (r < 0)
                return r;
        return r > 0 && pf_sshd_name_is_plain(account->groups.items[0])
                       ? add_pattern(lifting, account->groups.items[0])
                       : NEEDS_BLOCK;
}

/* A line without patterns would be refused: it is switched off. */
static int take_out(PfSshdDraft *draft, unsigned line, unsigned i) {
        PF_AUTO_FREE char *other = NULL;
        int r = pf_sshd_draft_word(draft, line, i == 1 ? 2 : 1, &other);

        if (r < 0)
                return r;
        return r == 0 ? pf_sshd_draft_remove(draft, line, i)
                      : pf_sshd_draft_switch_off(draft, line);
}

static int remove_pattern(Lifting *lifting) {
        const PfSshdValue *value = &lifting->verdict.setting->values[lifting->verdict.value];
        const PfSshdLine *line = value->line;
        PfSshdDraft *draft;
        unsigned i = 0;
        int r;

        if (pf_sshd_work_is_option(lifting->work, line) ||
            !pf_sshd_place_is_own(lifting->work, line))
                return pf_sshd_work_refuse(lifting->work,
                                           "%s is set where it holds for others too, or on the "
                                           "command line",
                                           lifting->verdict.keyword);
        r = pf_sshd_work_rewrite(lifting->work, &lifting->rewrites, line->path, &draft);
        if (r == 0)
                r = pf_sshd_draft_find_word(draft, line->number, value->text, &i);
        if (r == 0 && i > 0)
                r = take_out(draft, line->number, i);
        if (r != 0)
                return r;
        return i > 0 ? tell(lifting, "remove", value->text, line, draft)
                     : pf_sshd_work_refuse(lifting->work, "line %u of %s could not be changed",
                                           line->number, line->path);
}

static const char *pattern_of(const Lifting *lifting) {
        return lifting->verdict.setting->values[lifting->verdict.value].text;
}

static int refuse_pattern(Lifting *lifting, const char *whom) {
        return pf_sshd_work_refuse(lifting->work, "\"%s\" in %s keeps out %s too",
                                   pattern_of(lifting), lifting->verdict.keyword, whom);
}

static int undeny_user(Lifting *lifting) {
        const char *pattern = pattern_of(lifting);
        const char *account = lifting->work->demand.account;
        const size_t n = strcspn(pattern, "@");

        if (n != strlen(account) || strncmp(pattern, account, n) != 0 || strpbrk(account, "*?"))
                return refuse_pattern(lifting, "others");
        return remove_pattern(lifting);
}

static int undeny_group(Lifting *lifting) {
        const PfSshdAccount *account = &lifting->look->account;
        int r = pf_sshd_group_is_private(lifting->work->room->target, account, lifting->work->err);

        if (r < 0)
                return r;
        return r > 0 && strcmp(pattern_of(lifting), account->groups.items[0]) == 0
                       ? remove_pattern(lifting)
                       : refuse_pattern(lifting, "other members of the group");
}

static int lift(Lifting *lifting) {
        static const struct {
                const char *keyword;
                int (*lift)(Lifting *lifting);
        } ways[] = {
                { "DenyUsers", undeny_user },
                { "AllowUsers", allow_user },
                { "DenyGroups", undeny_group },
                { "AllowGroups", allow_group },
        };
        size_t i = 0;

        while (strcmp(ways[i].keyword, lifting->verdict.keyword) != 0)
                i++;
        return ways[i].lift(lifting);
}

/* Lifts what keeps the account out now. Return: NOTHING_LEFT where nothing does any more. */
static int lift_next(Lifting *lifting) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = NULL;
        PF_AUTO_SSHD_LOOK PfSshdLook look = { 0 };
        PfDemand demand;
        int r = pf_sshd_work_look(lifting->work, &lifting->rewrites, &target, &look);

        if (r < 0)
                return r;
        if (!look.effective)
                return PF_SSHD_WORK_REFUSED;
        lifting->look = &look;
        demand = asked(lifting->work, &look);
        pf_sshd_judge_lists(look.effective, &look.account, &demand, &lifting->verdict);
        return lifting->verdict.answer == PF_SSHD_LISTS_DENY ? lift(lifting) : NOTHING_LEFT;
}

static int lift_all(Lifting *lifting) {
        int r = 0;

        for (unsigned i = 0; i < ROUNDS_MAX && r == 0; i++)
                r = lift_next(lifting);
        return r != NOTHING_LEFT || lifting->rewrites.n == 0
                       ? r
                       : pf_sshd_work_try_all(lifting->work, &lifting->rewrites, "%s",
                                              lifting->summary.data);
}

/* --- in a block --- */

/* What lets @account past a list, where nobody else is meant. */
static int add_line(const PfSshdAccount *account, const char *name,
                    const PfSshdListVerdict *verdict, PfStrv *lines) {
        const bool has_group =
                account->groups.n > 0 && pf_sshd_name_is_plain(account->groups.items[0]);
        const struct {
                const char *keyword;
                const char *value;
        } values[] = {
                /* A list cannot be emptied: it names somebody else. */
                { "DenyUsers", strcmp(name, "nobody") == 0 ? "root" : "nobody" },
                { "AllowUsers", name },
                { "DenyGroups",
                  pf_strv_contains(&account->groups, "nogroup") ? "root" : "nogroup" },
                { "AllowGroups", has_group ? account->groups.items[0] : "*" },
        };
        PF_AUTO_FREE char *line = NULL;
        size_t i = 0;

        while (strcmp(values[i].keyword, verdict->keyword) != 0)
                i++;
        if (asprintf(&line, "%s %s", values[i].keyword, values[i].value) < 0) {
                line = NULL;
                return -ENOMEM;
        }
        return pf_strv_add(lines, line);
}

/* Lists of blocks add up, and none can be taken back: sshd_config(5), Match. */
static int refuse_block(PfSshdWork *work, const PfSshdListVerdict *verdict) {
        const PfSshdLine *line = verdict->setting->values[verdict->value].line;

        if (strncmp(verdict->keyword, "Deny", 4) != 0 || !line || !line->match)
                return 0;
        return pf_sshd_work_refuse(work,
                                   "%s stands in a Match block, in line %u of %s: what another "
                                   "block sets is added to it and takes nothing away",
                                   verdict->keyword, line->number, line->path);
}

static int place_block(PfSshdWork *work) {
        const PfSshdLook *look = &work->look;
        const PfDemand demand = asked(work, look);
        PF_AUTO_STRV PfStrv lines = { 0 };
        int r = 0;

        for (size_t i = 0; i < PF_SSHD_N_LISTS && r == 0; i++) {
                PfSshdListVerdict verdict;

                pf_sshd_judge_list(i, look->effective, &look->account, &demand, &verdict);
                if (verdict.answer != PF_SSHD_LISTS_DENY)
                        continue;
                r = refuse_block(work, &verdict);
                if (r == 0)
                        r = add_line(&look->account, demand.account, &verdict, &lines);
        }
        return r == 0 ? pf_sshd_place_block(work, &lines) : r;
}

static int propose_for_good(PfSshdWork *work) {
        PF_CLEANUP(lifting_deinit)
        Lifting lifting = { .work = work, .summary = PF_BUF_INIT(TEXT_MAX) };
        int r = lift_all(&lifting);

        return r == NEEDS_BLOCK ? place_block(work) : r;
}

static int propose(const PfRemedyRoom *room, PfProposal *proposal, PfErr *err) {
        PF_AUTO_SSHD_WORK PfSshdWork work = {
                .room = room, .goal = &goal, .proposal = proposal, .err = err
        };
        int r = pf_sshd_work_open(&work);

        if (r == 0)
                r = room->lease ? place_block(&work) : propose_for_good(&work);
        if (r == 0 && proposal->n == 0)
                r = pf_sshd_place_refuse(&work);
        return r < 0 ? r : 0;
}

const PfRemedy pf_remedy_sshd_account_allowed = {
        .check = "ssh.account-allowed",
        .can_lease = true,
        .wont = "it puts no account into a group, and takes out no pattern that keeps out others "
                "too",
        .propose = propose,
};
