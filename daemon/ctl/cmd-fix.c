/* SPDX-License-Identifier: MIT */
/*
 * preflightctl fix: plan, show it, ask, apply, and look again. What is told at the end is
 * what the machine is like then, whatever the change was meant to do.
 *
 * For programs: {"plan", "transaction" where something was applied, "passes", "all": no check
 * was named, "notPassing": those that were and do not, "notApplicable": those that were and mean
 * nothing here, "report"}.
 */
#include <string.h>
#include <strings.h>

#include "daemon/ctl/ask.h"
#include "daemon/ctl/changer.h"
#include "daemon/ctl/fix.h"
#include "daemon/ctl/format.h"
#include "daemon/ctl/selection.h"
#include "daemon/ctl/view.h"

typedef struct Fix {
        PfCtl *ctl;
        PfShow show;
        PfChanger *changer;
        bool may_ask;      /* somebody reads the plan, and can answer */
        char *unconsented; /* checks that need a yes which was not given yet; NULL: none */
        PfJson *plan;
        PfJson *transaction; /* NULL: nothing was applied */
        PfJson *report;      /* of afterwards */
} Fix;

static void fix_deinit(Fix *fix) {
        (void) pf_changer_free(fix->changer);
        (void) pf_json_free(fix->plan);
        (void) pf_json_free(fix->transaction);
        (void) pf_json_free(fix->report);
        free(fix->unconsented);
}

static bool is_for_people(const Fix *fix) {
        return fix->ctl->options.format == &pf_format_table;
}

/* --- before --- */

/* Who can be asked is shown all that could be done. */
static PfExit make_plan(Fix *fix, PfErr *err) {
        PfCtl *ctl = fix->ctl;
        PfExit status;

        status = pf_selection_check_words(ctl->arguments, ctl->n_arguments, err);
        if (status == PF_EXIT_OK)
                status = pf_changer_open(ctl, true, &fix->changer, err);
        if (status == PF_EXIT_OK)
                status = pf_changer_plan(fix->changer, ctl->options.consent, &fix->plan, err);
        if (status != PF_EXIT_OK)
                return status;
        fix->unconsented = pf_fix_unconsented(fix->plan);
        if (fix->unconsented && fix->may_ask) {
                fix->plan = pf_json_free(fix->plan);
                status = pf_changer_plan(fix->changer, true, &fix->plan, err);
        }
        return status;
}

static PfExit show_plan(const Fix *fix) {
        PF_AUTO_PAGE PfPage page;

        pf_page_init(&page, &fix->ctl->out);
        if (!is_for_people(fix) || (fix->show.quiet && !fix->may_ask))
                return PF_EXIT_OK;
        fix->ctl->options.format->plan(&page, fix->plan, &fix->show);
        pf_page_empty_line(&page);
        return pf_ctl_print(fix->ctl, &page, PF_EXIT_OK);
}

/* One line of standard input; the rest of it is nobody's. */
static bool is_yes(void) {
        static const char *const words[] = { "y", "yes" };
        char line[16] = "";

        if (!fgets(line, sizeof(line), stdin))
                return false;
        line[strcspn(line, "\r\n")] = '\0';
        for (size_t i = 0; i < PF_ELEMENTS(words); i++)
                if (strcasecmp(line, words[i]) == 0)
                        return true;
        return false;
}

static bool ask(const Fix *fix) {
        PF_AUTO_PAGE PfPage page;

        pf_page_init(&page, &fix->ctl->errors);
        if (fix->unconsented) {
                pf_page_begin(&page, 0, 2);
                pf_page_printf(&page, PF_COLOUR_YELLOW, "This weakens or restarts something: %s",
                               fix->unconsented);
                pf_page_end(&page);
        }
        pf_page_raw(&page, pf_language_text(page.terminal->language, "Apply this? [y/N] "));
        return pf_page_write(&page, STDERR_FILENO, NULL) == 0 && is_yes();
}

/* --- the change --- */

static PfExit apply(Fix *fix, PfErr *err) {
        const char *digest = pf_json_get_string(fix->plan, "digest");

        if (!digest)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "the plan has no digest");
        return pf_changer_apply(fix->changer, digest, &fix->transaction, err);
}

static PfExit change(Fix *fix, PfErr *err) {
        if (pf_fix_is_empty(fix->plan))
                return PF_EXIT_OK;
        if (fix->may_ask && !ask(fix))
                return pf_exit_set(err, PF_EXIT_BLOCKED, "nothing was changed");
        return apply(fix, err);
}

static void tell_unconsented(const Fix *fix) {
        if (fix->unconsented && !fix->may_ask)
                pf_ctl_say(fix->ctl,
                           "your consent is needed, and was not given: %s; read \"" PF_CTL_NAME
                           " plan --consent\", then give --consent",
                           fix->unconsented);
}

/* --- afterwards --- */

/* The whole machine, by who answers "check": what was asked for may pass, and a login fail. */
static PfExit look_again(Fix *fix, PfErr *err) {
        PfCtl asked = *fix->ctl;
        PfExit status;

        /* It turns the same loop, and locks the image. */
        fix->changer = pf_changer_free(fix->changer);
        asked.options.socket = NULL; /* that of the service which changes */
        status = pf_ask(&asked, PF_ASK_CHECK, &fix->report, err);
        fix->ctl->is_hanging = asked.is_hanging;
        return status;
}

/* Where no check was named, the whole machine is meant. */
static PfExit judge(const Fix *fix, PfStrv *ret_failing, PfStrv *ret_skipped) {
        const PfJson *checks = pf_json_get(fix->report, "checks");
        PfExit status, skipped;

        if (fix->ctl->n_arguments == 0)
                return pf_view_exit(fix->report, false);
        status = pf_fix_judge(fix->ctl, checks, ret_failing);
        skipped = pf_fix_judge_skipped(fix->ctl, checks, "verdict", ret_skipped);
        return status == PF_EXIT_OK ? skipped : status;
}

static PfJson *to_json(const Fix *fix, PfExit status, const PfStrv *failing,
                       const PfStrv *skipped) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();

        if (!json || pf_json_put_take(json, "plan", pf_json_ref(fix->plan)) < 0 ||
            (fix->transaction &&
             pf_json_put_take(json, "transaction", pf_json_ref(fix->transaction)) < 0) ||
            pf_json_put_bool(json, "passes", status == PF_EXIT_OK) < 0 ||
            pf_json_put_bool(json, "all", fix->ctl->n_arguments == 0) < 0 ||
            pf_json_put_strv(json, "notPassing", failing) < 0 ||
            pf_json_put_strv(json, "notApplicable", skipped) < 0 ||
            pf_json_put_take(json, "report", pf_json_ref(fix->report)) < 0)
                return NULL;
        return PF_STEAL(json);
}

static bool was_applied(const Fix *fix) {
        const char *state = pf_json_get_string(fix->transaction, "state");

        return !fix->transaction || (state && strcmp(state, "applied") == 0);
}

static PfExit conclude(Fix *fix, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        PF_AUTO_STRV PfStrv failing = { 0 };
        PF_AUTO_STRV PfStrv skipped = { 0 };
        PF_AUTO_PAGE PfPage page;
        PfExit status = judge(fix, &failing, &skipped);

        if (!was_applied(fix))
                status = PF_EXIT_UNKNOWN;
        pf_page_init(&page, &fix->ctl->out);
        json = to_json(fix, status, &failing, &skipped);
        if (!json)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        fix->ctl->options.format->fixed(&page, json, &fix->show);
        return pf_ctl_print(fix->ctl, &page, status);
}

/* It was changed, but what it is like now is not known. */
static PfExit give_up(const Fix *fix, PfExit status) {
        PF_AUTO_PAGE PfPage page;

        pf_page_init(&page, &fix->ctl->out);
        if (fix->transaction)
                fix->ctl->options.format->undone(&page, fix->transaction, &fix->show);
        return pf_ctl_print(fix->ctl, &page, status);
}

PfExit pf_cmd_fix(PfCtl *ctl) {
        PF_CLEANUP(fix_deinit)
        Fix fix = { .ctl = ctl, .show = pf_show_of(&ctl->options) };
        PfErr err = { 0 };
        PfExit status;

        if (ctl->options.dry_run)
                return pf_cmd_plan(ctl);
        fix.may_ask = !ctl->options.yes && is_for_people(&fix) && isatty(STDIN_FILENO) &&
                      ctl->out.is_terminal && ctl->errors.is_terminal;
        fix.show.is_applied = !fix.may_ask;
        status = make_plan(&fix, &err);
        if (status == PF_EXIT_OK)
                status = show_plan(&fix);
        if (status == PF_EXIT_OK)
                status = change(&fix, &err);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        tell_unconsented(&fix);
        status = look_again(&fix, &err);
        status = status == PF_EXIT_OK ? conclude(&fix, &err) : give_up(&fix, status);
        return pf_ctl_fail(ctl, status, &err);
}
