/* SPDX-License-Identifier: MIT */
/* preflightctl undo: make the machine as it was before a fix. */
#include <string.h>

#include "daemon/ctl/changer.h"
#include "daemon/ctl/format.h"

/* Also a lease that could not be ended yet: who asks again does not mean what is older. */
static bool is_in_place(const PfJson *transaction) {
        const char *state = pf_json_get_string(transaction, "state");

        return (state && strcmp(state, "applied") == 0) ||
               pf_json_type(pf_json_get(transaction, "leaseEndsUSec")) == PF_JSON_INTEGER;
}

/* The newest that is in place. The caller frees it. */
static PfExit find_last(PfChanger *changer, char **ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *all = NULL;
        const char *id = NULL;
        PfExit status = pf_changer_list(changer, &all, err);

        if (status != PF_EXIT_OK)
                return status;
        for (size_t i = pf_json_length(all); i > 0 && !id; i--)
                if (is_in_place(pf_json_at(all, i - 1)))
                        id = pf_json_get_string(pf_json_at(all, i - 1), "id");
        if (!id)
                return pf_exit_set(err, PF_EXIT_USAGE, "--last: nothing is there to be undone");
        *ret = strdup(id);
        return *ret ? PF_EXIT_OK : pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
}

static PfExit check_words(const PfCtl *ctl, PfErr *err) {
        if (ctl->options.last == (ctl->n_arguments == 1))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   ctl->options.last ? "undo: an ID and --last: choose one"
                                                     : "undo needs an ID, or --last; \"" PF_CTL_NAME
                                                       " history\" lists them");
        return PF_EXIT_OK;
}

static PfExit undo(PfCtl *ctl, PfJson **ret, PfErr *err) {
        PF_CLEANUP(pf_changer_freep) PfChanger *changer = NULL;
        PF_AUTO_FREE char *last = NULL;
        PfExit status = check_words(ctl, err);

        if (status == PF_EXIT_OK)
                status = pf_changer_open(ctl, true, &changer, err);
        if (status == PF_EXIT_OK && ctl->options.last)
                status = find_last(changer, &last, err);
        if (status != PF_EXIT_OK)
                return status;
        return pf_changer_undo(changer, last ? last : ctl->arguments[0], ret, err);
}

PfExit pf_cmd_undo(PfCtl *ctl) {
        PF_CLEANUP(pf_json_freep) PfJson *transaction = NULL;
        PF_AUTO_PAGE PfPage page;
        PfErr err = { 0 };
        const PfShow show = pf_show_of(&ctl->options);
        const char *state;
        PfExit status;

        pf_page_init(&page, &ctl->out);
        status = undo(ctl, &transaction, &err);
        if (status != PF_EXIT_OK)
                return pf_ctl_fail(ctl, status, &err);
        state = pf_json_get_string(transaction, "state");
        if (!state || strcmp(state, "undone") != 0)
                status = PF_EXIT_UNKNOWN;
        ctl->options.format->undone(&page, transaction, &show);
        return pf_ctl_print(ctl, &page, status);
}
