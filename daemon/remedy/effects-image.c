/* SPDX-License-Identifier: MIT */
/*
 * What follows the files of an image: nothing. Nothing runs in it that could read them again, and
 * what lies in it is not run, since somebody else made it.
 */
#include "daemon/remedy/effects.h"

static int validate(const PfPlan *plan, void *data, PfErr *err) {
        (void) plan;
        (void) data;
        return pf_err_set(err, -ENOTSUP, "the programs of an image are not run");
}

/* At the next boot of the image a service reads its files, is started where it is enabled, and an
 * entry of fstab is mounted. To enable it is a change of now. */
static int act(const PfAction *action, bool undo, void *data, PfErr *err) {
        (void) data;
        if (action->kind != PF_ACTION_ENABLE || undo)
                return 0;
        return pf_err_set(err, -ENOTSUP,
                          "%s cannot be enabled in an image from here; systemctl --root=DIR enable "
                          "does that",
                          action->subject);
}

static int verify(const PfPlan *plan, void *data, PfErr *err) {
        (void) plan;
        (void) data;
        (void) err;
        return 0;
}

const PfEffects pf_effects_image = { .validate = validate, .act = act, .verify = verify };
