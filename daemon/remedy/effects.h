/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/plan.h"

/*
 * What a transaction does beside replacing files, as a table: the running
 * machine's (effects-live.c), an image's, which does nothing (effects-image.c), and
 * those of tests.
 */
typedef struct PfEffects {
        /**
         * validate() - would the owner's tool accept the files as they are to be?
         * Called before anything is changed, with the files in a view of their own.
         * Return: 0; -EBADMSG with the tool's output; -ENOTSUP where there is no tool, which
         *         is noted; other errors where it could not be asked.
         */
        int (*validate)(const PfPlan *plan, void *data, PfErr *err);

        /* Does one action, or takes it back, and waits until it is done.
         * Return: 0; a negative errno with what the service manager says. */
        int (*act)(const PfAction *action, bool undo, void *data, PfErr *err);

        /**
         * verify() - look at the real machine again: is what the plan promised so?
         * Return: 0; -EBADMSG with a text: a check does not pass, or another is worse, or
         *         a service did not come back.
         */
        int (*verify)(const PfPlan *plan, void *data, PfErr *err);
        void *data;
} PfEffects;

/*
 * An image's: nothing runs in it, and no program of it is run. What a unit would read again, or
 * be started for, is done when it boots; -ENOTSUP for what would have to be done now, to enable
 * a unit. The probes look at the image: that is for who has planned.
 */
extern const PfEffects pf_effects_image;
