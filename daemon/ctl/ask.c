/* SPDX-License-Identifier: MIT */
/* Who is asked. */
#include "daemon/ctl/ask.h"

#include <string.h>

#include "config/config.h"
#include "daemon/ctl/selection.h"
#include "daemon/ctl/socket.h"

PfExit pf_ask_socket_path(const PfCtl *ctl, char **ret, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        PF_CLEANUP(pf_settings_freep) PfSettings *settings = NULL;

        if (ctl->options.socket) {
                *ret = strdup(ctl->options.socket);
        } else {
                if (pf_target_new("/", PF_TARGET_DEFAULT, &host, err) < 0 ||
                    pf_settings_load(host, &settings, NULL, err) < 0)
                        return PF_EXIT_USAGE;
                *ret = strdup(settings->socket);
        }
        return *ret ? PF_EXIT_OK : pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
}

static PfExit ask_daemon(PfCtl *ctl, PfAsk ask, PfJson **ret, bool *ret_absent, PfErr *err) {
        PF_CLEANUP(pf_socket_freep) PfSocket *socket = NULL;
        PfExit status;

        *ret_absent = false;
        status = pf_socket_open(ctl, &socket, err);
        if (status != PF_EXIT_OK) {
                *ret_absent = status == PF_EXIT_UNREACHABLE;
                return status;
        }
        return pf_socket_ask(socket, ctl, ask, ret, err);
}

PfExit pf_ask(PfCtl *ctl, PfAsk ask, PfJson **ret, PfErr *err) {
        const PfOptions *options = &ctl->options;
        PfErr refused = { 0 };
        bool absent;
        PfExit status;

        if (options->root || options->in_process)
                return pf_ask_process(ctl, ask, ret, err);

        status = ask_daemon(ctl, ask, ret, &absent, &refused);
        if (status == PF_EXIT_OK || options->host || options->socket || !absent) {
                if (status != PF_EXIT_OK)
                        *err = refused;
                return status;
        }
        pf_ctl_note(ctl, "%s; probing in this process", refused.text);
        return pf_ask_process(ctl, ask, ret, err);
}
