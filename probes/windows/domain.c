/* SPDX-License-Identifier: MIT */
/*
 * Probe windows-domain: can an account of the domain be verified?
 *
 * The service first, which is asked of this machine; then what goes over the network.
 */
#include <string.h>

#include "probes/windows/registry-look.h"
#include "probes/windows/room.h"

enum { NETLOGON, CONTROLLER, TRUST, N_CHECKS };
static const PfCheck checks[N_CHECKS] = {
        [NETLOGON] = { "windows.netlogon" },
        [CONTROLLER] = { "windows.logon-server" },
        [TRUST] = { "windows.domain-trust" },
};

#define NO_SUCH_DOMAIN 1355 /* ERROR_NO_SUCH_DOMAIN */
#define ONLY_RUNNING "only the running machine can tell"

/* --- the service --- */

static int answer_netlogon(PfReport *report, const PfWindowsService *service) {
        if (service->error == PF_NO_SUCH_SERVICE)
                return pf_report_fail(report, &checks[NETLOGON], "there is no Netlogon service");
        if (service->error)
                return pf_report_unknown(report, &checks[NETLOGON],
                                         "Windows does not tell the state of Netlogon");
        if (service->start == PF_SERVICE_DISABLED && service->state != PF_SERVICE_RUNNING)
                return pf_report_fail(report, &checks[NETLOGON],
                                      "Netlogon is disabled, and the machine is in a domain");
        switch (service->state) {
        case PF_SERVICE_RUNNING:
                if (service->start != PF_SERVICE_AUTOMATIC)
                        return pf_report_warn(report, &checks[NETLOGON],
                                              "Netlogon is running, and does not start with the "
                                              "machine");
                return pf_report_pass(report, &checks[NETLOGON], "Netlogon is running");
        case PF_SERVICE_START_PENDING:
                return pf_report_unknown(report, &checks[NETLOGON], "Netlogon is starting");
        case 0:
                if (service->start == PF_SERVICE_AUTOMATIC && service->is_dirty)
                        return pf_windows_warn_dirty(report, &checks[NETLOGON], PF_SYSTEM_HIVE);
                if (service->start == PF_SERVICE_AUTOMATIC)
                        return pf_report_pass(report, &checks[NETLOGON],
                                              "Netlogon starts with the machine");
                return pf_report_fail(report, &checks[NETLOGON],
                                      "Netlogon does not start with the machine, which is in a "
                                      "domain");
        default:
                return pf_report_fail(report, &checks[NETLOGON],
                                      "Netlogon is not running, and the machine is in a domain");
        }
}

static int check_netlogon(const PfTarget *target, PfReport *report, PfErr *err) {
        PfWindowsService service = { 0 };
        PfVerdict verdict;
        int r = pf_windows_fact(target, PF_WINDOWS_SERVICE, "Netlogon", &service, err);

        if (r < 0)
                return r;
        if (r == PF_WINDOWS_NOT_ASKED)
                return pf_report_unknown(report, &checks[NETLOGON], ONLY_RUNNING);
        r = answer_netlogon(report, &service);
        if (r == 0)
                r = pf_windows_show_service(report, "Netlogon", &service, "running, automatic");
        if (r < 0)
                return r;
        verdict = report->results[report->n - 1].verdict;
        if (verdict == PF_FAIL || (verdict == PF_WARN && !service.is_dirty))
                r = pf_report_remedy(report, "set the start type of Netlogon to automatic, and "
                                             "start it");
        return r;
}

/* --- the domain controller --- */

static int check_controller(const PfTarget *target, PfReport *report, PfErr *err) {
        PfWindowsController controller = { 0 };
        int r = pf_windows_fact(target, PF_WINDOWS_CONTROLLER, "controller", &controller, err);

        if (r < 0)
                return r;
        if (r == PF_WINDOWS_NOT_ASKED)
                return pf_report_unknown(report, &checks[CONTROLLER], ONLY_RUNNING);
        if (controller.error == 0)
                r = pf_report_pass(report, &checks[CONTROLLER], "a domain controller answers");
        else if (controller.error == NO_SUCH_DOMAIN || controller.error == 1311)
                r = pf_report_fail(report, &checks[CONTROLLER],
                                   "no domain controller can be reached");
        else
                r = pf_report_unknown(report, &checks[CONTROLLER],
                                      "whether a domain controller can be reached is not known");
        if (r == 0 && controller.error)
                r = pf_windows_show_error(report, "DsGetDcNameW", controller.error);
        else if (r == 0)
                r = pf_windows_show(report, "DsGetDcNameW",
                                    controller.name ? controller.name : "found", NULL);
        pf_windows_fact_deinit(PF_WINDOWS_CONTROLLER, &controller);
        return r;
}

/* --- the secure channel --- */

/* ERROR_TRUSTED_RELATIONSHIP_FAILURE, ERROR_NO_TRUST_SAM_ACCOUNT, ERROR_ACCESS_DENIED,
 * ERROR_TRUSTED_DOMAIN_FAILURE, ERROR_NO_TRUST_LSA_SECRET */
static bool is_broken(uint32_t status) {
        return status == 1789 || status == 1787 || status == 5 || status == 1788 || status == 1786;
}

/* The channel may stand while its controller no longer takes the machine's password: what
 * verifying said counts as well, where it was told. What breaks the trust comes first. */
static uint32_t trust_error(const PfWindowsChannel *channel) {
        const uint32_t verified =
                channel->flags & PF_NETLOGON_VERIFY_RETURNED ? channel->pdc_status : 0;

        if (channel->error)
                return channel->error;
        return is_broken(channel->status) || !verified ? channel->status : verified;
}

/* Members have a channel to a controller of their domain, and its controllers to the primary
 * one. That one has channels to other domains alone: the call knows none of this name. */
static int has_own_channel(const PfTarget *target, const PfWindowsChannel *channel, bool *ret) {
        PF_AUTO_REGISTRY_LOOK PfRegistryLook look = { .target = target,
                                                      .findings = { .target = target } };
        PfProduct product = PF_PRODUCT_SERVER;
        int r = channel->error == NO_SUCH_DOMAIN ? pf_look_product(&look, "product", &product) : 0;

        *ret = product != PF_PRODUCT_DOMAIN_CONTROLLER;
        return r < 0 ? r : 0;
}

static int answer_trust(PfReport *report, const PfWindowsChannel *channel, bool has_channel) {
        if (!has_channel)
                return pf_report_skip(report, &checks[TRUST],
                                      "the machine is the domain controller with which the others "
                                      "verify their trust");
        if (!trust_error(channel))
                return pf_report_pass(report, &checks[TRUST],
                                      "the machine and its domain trust each other");
        if (!channel->error && is_broken(trust_error(channel)))
                return pf_report_fail(report, &checks[TRUST],
                                      "the trust between the machine and its domain is broken");
        return pf_report_unknown(report, &checks[TRUST],
                                 "whether the domain trusts the machine is not known");
}

static int check_trust(const PfTarget *target, const char *domain, PfReport *report, PfErr *err) {
        PfWindowsChannel channel = { 0 };
        bool has_channel = true;
        int r = pf_windows_fact(target, PF_WINDOWS_CHANNEL, domain, &channel, err);
        uint32_t error;

        if (r < 0)
                return r;
        if (r == PF_WINDOWS_NOT_ASKED)
                return pf_report_unknown(report, &checks[TRUST], ONLY_RUNNING);
        error = trust_error(&channel);
        r = has_own_channel(target, &channel, &has_channel);
        if (r == 0)
                r = answer_trust(report, &channel, has_channel);
        if (r == 0 && error)
                r = pf_windows_show_error(report, "I_NetLogonControl2", error);
        else if (r == 0)
                r = pf_windows_show(report, "I_NetLogonControl2",
                                    channel.controller ? channel.controller : "verified", NULL);
        pf_windows_fact_deinit(PF_WINDOWS_CHANNEL, &channel);
        return r;
}

/* Each is answered by itself: what one cannot tell says nothing of the next. */
static int settle(PfReport *report, int check, size_t before, int r, PfErr *err) {
        r = r == -ENOMEM ? r : pf_report_settle(report, &checks[check], before, r, err);
        *err = (PfErr){ 0 };
        return r;
}

static int check_member(const PfTarget *target, const char *domain, PfReport *report, PfErr *err) {
        size_t before = report->n;
        int r = settle(report, NETLOGON, before, check_netlogon(target, report, err), err);

        before = report->n;
        if (r == 0)
                r = settle(report, CONTROLLER, before, check_controller(target, report, err), err);
        before = report->n;
        if (r == 0)
                r = settle(report, TRUST, before, check_trust(target, domain, report, err), err);
        return r;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PfWindowsJoin join = { 0 };
        int r = pf_windows_is_member(target, &join, err);

        (void) demand;
        if (r > 0)
                r = check_member(target, join.name ? join.name : "", report, err);
        else if (r == 0)
                for (size_t i = 0; i < N_CHECKS; i++)
                        (void) (join.is_dirty
                                        ? pf_windows_warn_dirty(report, &checks[i], PF_SYSTEM_HIVE)
                                        : pf_report_skip(report, &checks[i],
                                                         "the machine is in no domain"));
        pf_windows_fact_deinit(PF_WINDOWS_JOIN, &join);
        return r;
}

const PfProbe pf_probe_windows_domain = {
        .name = "windows-domain",
        .checks = checks,
        .n_checks = N_CHECKS,
        .platforms = PF_PLATFORM_WINDOWS,
        .deadline_ms = 30000,
        .run = run,
};
