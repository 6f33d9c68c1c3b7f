/* SPDX-License-Identifier: MIT */
/* systemd is told, and sshd by a signal where there is none. */
#include "daemon/remedy/effects-system.h"

#include "daemon/platform/units-change.h"
#include "daemon/platform/units.h"
#include "daemon/remedy/signal-sshd.h"
#include "daemon/remedy/validate.h"

int pf_effects_validate(const PfPlan *plan, PfTarget *host, PfErr *err) {
        return pf_validate(plan, host, err);
}

/* What is not a file is a unit here. */
void pf_effects_add_settings(PfEffects *table) {
        (void) table;
}

static int no_manager(const PfAction *action, PfErr *err) {
        return pf_err_set(err, -ENOTSUP,
                          "%s: there is no systemd that could be told to %s it; do it by hand",
                          action->subject, pf_action_to_string(action->kind));
}

/* It did not survive the change that is taken back. */
static bool has_died(const PfStrv *awaited, const char *unit) {
        PfUnitState state = PF_UNIT_ACTIVE;

        return pf_strv_contains(awaited, unit) ||
               (pf_units_state(&unit, 1, &state, NULL) == 0 && state == PF_UNIT_FAILED);
}

static int change_unit(PfUnitChange change, const PfAction *action, PfErr *err) {
        int r = pf_units_change(change, action->subject, PF_UNITS_CHANGE_MS, err);

        if (r == PF_UNITS_NO_MANAGER && change == PF_UNIT_RELOAD)
                return pf_signal_sshd(action->subject, err);
        return r == PF_UNITS_NO_MANAGER ? no_manager(action, err) : r;
}

/* The unit is made out of fstab; while systemd has it mounted, it has the unit. */
static int change_mount(const PfAction *action, bool undo, PfErr *err) {
        PF_AUTO_FREE char *unit = pf_units_mount_name(action->subject);
        int r = unit ? 0 : -ENOMEM;

        if (r == 0 && !undo)
                r = pf_units_read_again(err);
        if (r == 0)
                r = pf_units_change(undo ? PF_UNIT_STOP : PF_UNIT_START, unit, PF_UNITS_CHANGE_MS,
                                    err);
        return r == PF_UNITS_NO_MANAGER ? no_manager(action, err) : r;
}

int pf_effects_act(const PfAction *action, bool undo, PfStrv *awaited, PfErr *err) {
        static const PfUnitChange changes[PF_N_ACTION_KINDS][2] = {
                [PF_ACTION_RELOAD] = { PF_UNIT_RELOAD, PF_UNIT_RELOAD },
                [PF_ACTION_ENABLE] = { PF_UNIT_ENABLE, PF_UNIT_DISABLE },
                [PF_ACTION_START] = { PF_UNIT_START, PF_UNIT_STOP },
        };
        int r;

        r = action->kind == PF_ACTION_MOUNT ? change_mount(action, undo, err)
                                            : change_unit(changes[action->kind][undo], action, err);
        if (r == PF_UNITS_NOT_RUNNING && undo && has_died(awaited, action->subject))
                r = change_unit(PF_UNIT_START, action, err);
        if (r == 0 && !undo &&
            (action->kind == PF_ACTION_RELOAD || action->kind == PF_ACTION_START))
                return pf_strv_add(awaited, action->subject);
        return r < 0 ? r : 0; /* what does not run need not read its files again */
}

int pf_effects_check_awaited(const PfStrv *awaited, PfErr *err) {
        for (size_t i = 0; i < awaited->n; i++) {
                const char *name = awaited->items[i];
                PfUnitState state = PF_UNIT_ACTIVE;
                int r = pf_units_state(&name, 1, &state, err);

                if (r < 0)
                        return r;
                if (state != PF_UNIT_ACTIVE)
                        return pf_err_set(err, -EBADMSG, "%s did not come back: it is %s", name,
                                          state == PF_UNIT_STARTING ? "still starting"
                                          : state == PF_UNIT_FAILED ? "failed"
                                                                    : "not running");
        }
        return 0;
}
