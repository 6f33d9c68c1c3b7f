/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/own-service.h"

#include "config/config.h"
#include "daemon/base/log.h"
#include "daemon/report/service.h"

struct PfOwnService {
        PfTarget *host;
        PfTarget *target;
        PfSettings *settings;
        PfService *service;
        PfVarlinkServer *server;
};

/* There is no status line to be kept up. */
static void on_status(const char *line, void *data) {
        (void) line;
        (void) data;
}

static PfExit load(PfOwnService *own, const char *root, PfErr *err) {
        int r;

        r = pf_target_new("/", PF_TARGET_DEFAULT, &own->host, err);
        if (r == 0)
                r = pf_target_new(root ? root : "/", PF_TARGET_DEFAULT, &own->target, err);
        if (r == 0)
                r = pf_settings_load(own->host, &own->settings, NULL, err);
        if (r == 0)
                r = pf_service_new(&(PfServiceConfig){ .loop = uv_default_loop(),
                                                       .target = own->target,
                                                       .host = own->host,
                                                       .settings = own->settings,
                                                       .status = on_status },
                                   &own->service, err);
        return r < 0 ? pf_exit_set(err, PF_EXIT_USAGE, "%s", pf_err_text(err, r)) : PF_EXIT_OK;
}

static PfExit serve(PfOwnService *own, PfPipeEnd *end, PfErr *err) {
        const PfVarlinkServerConfig config = {
                .vendor = "preflightd",
                .product = PF_CTL_NAME ", in its own process",
                .version = PF_VERSION,
                .url = "https://preflightd.org/",
                .privileged_group = "preflightd",
        };
        int r;

        r = pf_varlink_server_new(uv_default_loop(), &config, &own->server, err);
        if (r == 0)
                r = pf_varlink_server_add(own->server, &pf_service_interface, own->service, err);
        if (r == 0) {
                const PfPipeEnd taken = pf_pipe_end_steal(end);

                r = pf_varlink_server_add_connection(own->server, taken.in, taken.out, err);
        }
        return r < 0 ? pf_exit_set(err, PF_EXIT_UNKNOWN, "%s", pf_err_text(err, r)) : PF_EXIT_OK;
}

PfExit pf_own_service_new(const PfOptions *options, PfPipeEnd end_take, PfOwnService **ret,
                          PfErr *err) {
        PF_CLEANUP(pf_own_service_freep) PfOwnService *own = NULL;
        PF_AUTO_PIPE_END PfPipeEnd end = end_take;
        PfExit status;

        /* What changes between reports is told to who asks, not to the log. */
        pf_log_set_level(PF_LOG_ERROR);
        own = calloc(1, sizeof(*own));
        if (!own)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        status = load(own, options->root, err);
        if (status == PF_EXIT_OK)
                status = serve(own, &end, err);
        if (status == PF_EXIT_OK)
                *ret = PF_STEAL(own);
        return status;
}

bool pf_own_service_is_stuck(const PfOwnService *own) {
        return own && own->service && pf_service_is_stuck(own->service);
}

PfOwnService *pf_own_service_free(PfOwnService *own) {
        if (!own)
                return NULL;
        (void) pf_varlink_server_free(own->server);
        (void) pf_service_free(own->service);
        (void) pf_settings_free(own->settings);
        (void) pf_target_unref(own->target);
        (void) pf_target_unref(own->host);
        free(own);
        return NULL;
}
