/* SPDX-License-Identifier: MIT */
/*
 * Changing this Windows: by an administrator, in this process. The service takes no orders to
 * change anything from its pipe; it ends the leases that are given here, and so has to run.
 */
#include "daemon/ctl/changer-local.h"

#include <windows.h>

#include "daemon/ctl/here.h"
#include "daemon/platform/win32/windows-ask.h"
#include "daemon/remedy/effects-live.h"
#include "daemon/win32/scm.h"

typedef struct Here {
        PfChangerLocal local; /* the first: functions get a pointer to it */
        PfEffectsLive *effects;
} Here;

static void here_close(void *data) {
        Here *here = data;

        pf_changer_local_deinit(&here->local);
        (void) pf_effects_live_free(here->effects);
        free(here);
}

/* The name alone, as people sign in. */
static void say_who_we_are(char ret[static PF_CHANGER_WHO_MAX]) {
        wchar_t wide[256];
        DWORD n = PF_ELEMENTS(wide);
        PF_AUTO_FREE char *name = GetUserNameW(wide, &n) ? pf_windows_text(wide) : NULL;

        (void) snprintf(ret, PF_CHANGER_WHO_MAX, "%.64s (pid %lu)", name ? name : "somebody",
                        (unsigned long) GetCurrentProcessId());
}

static PfExit refuse_host(const PfCtl *ctl, PfErr *err) {
        if (!ctl->options.host)
                return PF_EXIT_OK;
        return pf_exit_set(
                err, PF_EXIT_USAGE,
                "--host: a Windows is changed by an administrator of its own: run " PF_CTL_NAME
                " there");
}

static PfExit refuse_others(PfErr *err) {
        if (pf_here_is_privileged())
                return PF_EXIT_OK;
        return pf_exit_set(err, PF_EXIT_UNKNOWN,
                           "only an administrator may change this machine: run it from a prompt "
                           "that is opened as administrator");
}

/* What is opened for a while has to be closed by somebody. */
static PfExit refuse_lease(const Here *here, PfErr *err) {
        PfWindowsService service = { 0 };
        PfErr ignored = { 0 };

        if (here->local.ctl->options.lease_usec == 0)
                return PF_EXIT_OK;
        if (pf_windows_fact(here->local.subject.target, PF_WINDOWS_SERVICE, PF_SCM_NAME, &service,
                            &ignored) == 0 &&
            service.error == 0 && service.state == PF_SERVICE_RUNNING &&
            service.start == PF_SERVICE_AUTOMATIC)
                return PF_EXIT_OK;
        return pf_exit_set(err, PF_EXIT_BLOCKED,
                           "--lease: nobody would end it: the service " PF_SCM_NAME
                           " does not run, or does not start with the machine");
}

static PfExit open_effects(Here *here, PfErr *err) {
        PfErr reason = { 0 };
        int r = pf_effects_live_new(here->local.subject.question, &here->effects, &reason);

        if (r < 0)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "%s", pf_err_text(&reason, r));
        pf_effects_live_set_deadline(here->effects,
                                     here->local.subject.settings->deadline_usec / 1000);
        here->local.effects = pf_effects_live_table(here->effects);
        return PF_EXIT_OK;
}

static PfExit here_open(PfCtl *ctl, bool may_change, void **ret, PfErr *err) {
        PfExit status = refuse_host(ctl, err);
        Here *here;

        if (status == PF_EXIT_OK && may_change)
                status = refuse_others(err);
        if (status != PF_EXIT_OK)
                return status;
        here = calloc(1, sizeof(*here));
        if (!here)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        here->local.ctl = ctl;
        say_who_we_are(here->local.who);
        status = pf_subject_prepare(&here->local.subject, &ctl->options, err);
        if (status == PF_EXIT_OK)
                status = open_effects(here, err);
        if (status == PF_EXIT_OK && may_change)
                status = refuse_lease(here, err);
        if (status == PF_EXIT_OK && may_change)
                status = pf_changer_local_open(&here->local, err);
        if (status == PF_EXIT_OK)
                *ret = here;
        else
                here_close(here);
        return status;
}

PfExit pf_changer_tell_unreachable(const char *path, int r, const PfErr *reason, PfErr *err) {
        (void) path;
        (void) r;
        (void) reason;
        return pf_exit_set(err, PF_EXIT_UNREACHABLE,
                           "no service changes a Windows: an administrator does, by " PF_CTL_NAME
                           " fix on it");
}

const PfChangerWay pf_changer_service = {
        .open = here_open,
        .close = here_close,
        .plan = pf_changer_local_plan,
        .apply = pf_changer_local_apply,
        .list = pf_changer_local_list,
        .undo = pf_changer_local_undo,
};
