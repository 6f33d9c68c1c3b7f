/* SPDX-License-Identifier: MIT */
/* preflightctl watch: the report, and every change of it as the daemon sees it. */
#include "daemon/ctl/format.h"
#include "daemon/ctl/here.h"
#include "daemon/ctl/socket.h"

typedef struct Watch {
        PfCtl *ctl;
        PfPage page;
} Watch;

static PfExit on_answer(const PfJson *parameters, void *data) {
        Watch *watch = data;
        const PfShow show = pf_show_of(&watch->ctl->options);

        watch->ctl->options.format->change(&watch->page, parameters, &show);
        return pf_ctl_print(watch->ctl, &watch->page, PF_EXIT_OK);
}

PfExit pf_cmd_watch(PfCtl *ctl) {
        PF_CLEANUP(pf_socket_freep) PfSocket *socket = NULL;
        Watch watch = { .ctl = ctl };
        PfErr err = { 0 };
        PfExit status;

        status = pf_socket_open(ctl, &socket, &err);
        if (status != PF_EXIT_OK) {
                (void) pf_ctl_fail(ctl, status, &err);
                if (status == PF_EXIT_UNREACHABLE && !ctl->options.host)
                        pf_ctl_note(ctl, "%s", pf_here_hint_daemon);
                return status;
        }

        pf_page_init(&watch.page, &ctl->out);
        status = pf_socket_follow(socket, "org.preflightd.Preflight.Monitor", on_answer, &watch,
                                  &err);
        pf_page_deinit(&watch.page);
        return pf_ctl_fail(ctl, status, &err);
}
