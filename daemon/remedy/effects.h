/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/plan.h"

/*
 * What a transaction does beside replacing files, as a table: the running
 * machine's (effects-live.c), an image's, which does nothing (effects-image.c), and
 * those of tests.
 *
 * An action has no state: it is done, and taken back. A setting has: the engine looks at
 * it, as at a file, and puts back what it was only where it is just what it made of it.
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

        /* NULL, both of them, of a machine that has no settings. */

        /* What a setting is now; *@ret NULL: there is none. The caller frees it.
         * Return: 0; a negative errno with a text. */
        int (*look)(const PfSetting *setting, char **ret, void *data, PfErr *err);

        /**
         * set() - make it so, whatever it is now, for this boot and the next
         * @value: NULL: it is to be gone
         * When it returns 0 a loss of power does not take it back, but for whether a service runs.
         */
        int (*set)(const PfSetting *setting, const char *value, void *data, PfErr *err);
} PfEffects;

/*
 * An image's: nothing runs in it, and no program of it is run. What a unit would read again, or
 * be started for, is done when it boots; -ENOTSUP for what would have to be done now, to enable
 * a unit. The probes look at the image: that is for who has planned.
 */
extern const PfEffects pf_effects_image;
