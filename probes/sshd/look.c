/* SPDX-License-Identifier: MIT */
/*
 * Looks at the SSH server of a machine: which one, how it is configured, and
 * what that means for the connection that is asked about.
 */
#include "probes/sshd/look.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/ip-address.h"
#include "probes/pam/config.h"
#include "probes/parse/resolver.h"

/* Current SUSE ships its file below /usr and reads that of /etc instead where
 * there is one. */
static const char *const config_paths[] = { PF_SSHD_CONFIG_PATH, "/usr/etc/ssh/sshd_config" };

void pf_sshd_look_deinit(PfSshdLook *look) {
        look->effective = pf_sshd_effective_free(look->effective);
        look->conf = pf_sshd_config_free(look->conf);
        look->tested_effective = pf_sshd_effective_free(look->tested_effective);
        look->tested = pf_sshd_config_free(look->tested);
        if (!look->borrows_service)
                pf_sshd_service_deinit(&look->service);
        look->pam = pf_pam_config_free(look->pam);
        free(look->host);
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

/* The file that a command line names, or the default one, after its options. */
static int load(const PfTarget *target, const PfSshdVersion *version, const PfSshdCommandLine *line,
                PfSshdConfig **ret, const char **ret_path, PfErr *err) {
        const char *const given[] = { line->has_no_file ? NULL : line->config_path };
        const bool is_given = line->config_path != NULL;
        const char *const *paths = is_given ? given : config_paths;
        const size_t n = is_given ? PF_ELEMENTS(given) : PF_ELEMENTS(config_paths);
        int r = PF_SSHD_CONFIG_ABSENT;

        for (size_t i = 0; i < n && r == PF_SSHD_CONFIG_ABSENT; i++) {
                r = pf_sshd_config_load_with(target, paths[i], version, line->given, line->n_given,
                                             ret, err);
                if (r == 0)
                        *ret_path = paths[i] ? paths[i] : line->place.path;
        }
        return r;
}

/* What sshd -t in front of the start looks at: no connection. */
static int load_tested(const PfTarget *target, PfSshdLook *look, PfErr *err) {
        const PfSshdConnection nobody = { 0 };
        int r;

        if (!pf_sshd_service_tests_another(&look->service))
                return 0;
        look->tested_path = PF_SSHD_CONFIG_PATH;
        r = load(target, &look->version, &look->service.test_line, &look->tested,
                 &look->tested_path, err);
        if (r != 0)
                return r == PF_SSHD_CONFIG_ABSENT ? 0 : r;
        return pf_sshd_config_evaluate(look->tested, &nobody, &look->tested_effective, err);
}

/* The name that sshd would find, in lower case; one whose own address is
 * another does not count: then the address stands for it. */
static int find_name(const PfTarget *target, const PfDemand *demand, char **ret, PfErr *err) {
        PF_AUTO_REVERSE_ANSWER PfReverseAnswer answer = { 0 };
        const char *name = demand->source_host;
        PfIpAddress address;
        int r;

        if (!name) {
                if (pf_ip_address_parse(demand->source, &address) < 0)
                        return 0;
                r = pf_resolver_reverse(target, &address, &answer, err);
                if (r < 0)
                        return r == -ENOMEM ? r : 0;
                if (answer.outcome == PF_REVERSE_UNDECIDED)
                        return 0;
                name = answer.name && !answer.is_impostor ? answer.name : demand->source;
        }
        *ret = strdup(name);
        for (char *c = *ret; c && *c; c++)
                if (*c >= 'A' && *c <= 'Z')
                        *c = (char) (*c - 'A' + 'a');
        return *ret ? 0 : -ENOMEM;
}

/* What holds for this connection; with UseDNS once more, with the name. */
static int evaluate(const PfTarget *target, const PfDemand *demand, PfSshdConnection *connection,
                    PfSshdLook *look, PfErr *err) {
        const char *text;
        int r;

        r = pf_sshd_config_evaluate(look->conf, connection, &look->effective, err);
        if (r < 0 || !demand->source)
                return r;
        text = pf_sshd_effective_text(look->effective, "usedns");
        if (!text || strcmp(text, "yes") != 0) {
                look->host = strdup(demand->source);
                return look->host ? 0 : -ENOMEM;
        }
        r = find_name(target, demand, &look->host, err);
        if (r < 0 || !look->host)
                return r;
        connection->host = look->host;
        look->effective = pf_sshd_effective_free(look->effective);
        return pf_sshd_config_evaluate(look->conf, connection, &look->effective, err);
}

static PfSshdConnection connection_of(const PfDemand *demand, const PfSshdAccount *account) {
        return (PfSshdConnection){ .user = demand->account,
                                   .groups = account->exists ? &account->groups : NULL,
                                   .address = demand->source,
                                   .local_address = demand->local_address,
                                   .local_port = demand->local_port,
                                   .rdomain = "" };
}

int pf_sshd_look_by_name(const PfDemand *demand, const PfSshdLook *look, PfSshdEffective **ret,
                         PfErr *err) {
        PfSshdConnection connection = connection_of(demand, &look->account);

        connection.host = demand->source_host;
        return pf_sshd_config_evaluate(look->conf, &connection, ret, err);
}

/* Once for all stages. Where it cannot be read, each of them says so itself. */
static int load_pam(const PfTarget *target, PfSshdLook *look) {
        const char *text = pf_sshd_effective_text(look->effective, "usepam");
        int r = 0;

        if (text && strcmp(text, "yes") == 0)
                r = pf_pam_config_load(target, PF_SSHD_PAM_SERVICE, &look->pam, NULL);
        return r == -ENOMEM ? r : 0;
}

/* What the configuration says, once it is known what starts the server. */
static int look_at_files(const PfTarget *target, const PfDemand *demand, PfSshdLook *look,
                         PfErr *err) {
        PfSshdConnection connection;
        int r = load_tested(target, look, err);

        if (r == 0)
                r = load(target, &look->version, &look->service.line, &look->conf, &look->path,
                         err);
        if (r != 0)
                return r == PF_SSHD_CONFIG_ABSENT ? 0 : r;
        r = pf_sshd_account_read(target, demand->account, &look->account, err);
        if (r < 0)
                return r;
        look->shadow_error =
                pf_shadow_read(target, demand->account, &look->shadow, &look->shadow_reason);
        if (look->shadow_error == -ENOMEM)
                return -ENOMEM;
        connection = connection_of(demand, &look->account);
        r = evaluate(target, demand, &connection, look, err);
        return r == 0 ? load_pam(target, look) : r;
}

int pf_sshd_look_at_configuration(const PfTarget *target, const PfDemand *demand, PfSshdLook *look,
                                  PfErr *err) {
        look->service_error =
                pf_sshd_service_read(target, &look->version, &look->service, &look->service_reason);
        if (look->service_error == -ENOMEM)
                return -ENOMEM;
        return look_at_files(target, demand, look, err);
}

int pf_sshd_look_again(const PfTarget *target, const PfDemand *demand, const PfSshdLook *before,
                       PfSshdLook *look, PfErr *err) {
        look->version = before->version;
        look->is_installed = before->is_installed;
        look->service = before->service;
        look->service_error = before->service_error;
        look->service_reason = before->service_reason;
        look->borrows_service = true;
        return look_at_files(target, demand, look, err);
}
