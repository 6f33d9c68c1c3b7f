/* SPDX-License-Identifier: MIT */
/*
 * Looks at the SSH server of a machine: which one, how it is configured, and
 * what that means for the connection that is asked about.
 */
#include "probes/sshd/look.h"

/* Current SUSE ships its file below /usr and reads that of /etc instead where
 * there is one. */
static const char *const config_paths[] = { PF_SSHD_CONFIG_PATH, "/usr/etc/ssh/sshd_config" };

void pf_sshd_look_deinit(PfSshdLook *look) {
        look->effective = pf_sshd_effective_free(look->effective);
        look->conf = pf_sshd_config_free(look->conf);
        pf_sshd_account_deinit(&look->account);
        pf_shadow_deinit(&look->shadow);
}

int pf_sshd_look_at_version(const PfTarget *target, PfSshdLook *look, PfErr *err) {
        int r;

        r = pf_sshd_version_detect(target, &look->version, err);
        if (r < 0)
                return r;
        look->is_installed = r != PF_SSHD_VERSION_NO_SERVER;
        return 0;
}

static int load(const PfTarget *target, PfSshdLook *look, PfErr *err) {
        int r = PF_SSHD_CONFIG_ABSENT;

        for (size_t i = 0; i < PF_ELEMENTS(config_paths) && r == PF_SSHD_CONFIG_ABSENT; i++) {
                r = pf_sshd_config_load(target, config_paths[i], &look->version, &look->conf, err);
                if (r == 0)
                        look->path = config_paths[i];
        }
        return r;
}

int pf_sshd_look_at_configuration(const PfTarget *target, const PfDemand *demand, PfSshdLook *look,
                                  PfErr *err) {
        PfSshdConnection connection = { .user = demand->account,
                                        .host = demand->source_host,
                                        .address = demand->source,
                                        .local_address = demand->local_address,
                                        .local_port = demand->local_port,
                                        .rdomain = "" };
        int r;

        r = load(target, look, err);
        if (r != 0)
                return r == PF_SSHD_CONFIG_ABSENT ? 0 : r;
        r = pf_sshd_account_read(target, demand->account, &look->account, err);
        if (r < 0)
                return r;
        look->shadow_error =
                pf_shadow_read(target, demand->account, &look->shadow, &look->shadow_reason);
        if (look->shadow_error == -ENOMEM)
                return -ENOMEM;
        if (look->account.exists)
                connection.groups = &look->account.groups;
        return pf_sshd_config_evaluate(look->conf, &connection, &look->effective, err);
}
