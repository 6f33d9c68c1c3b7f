/* SPDX-License-Identifier: MIT */
#include "probes/windows/ask-look.h"

#include <stdlib.h>
#include <string.h>

int pf_look_fact(PfRegistryLook *look, const char *name, PfWindowsFact fact, const char *question,
                 void *ret) {
        PfErr err = { 0 };
        int r = pf_windows_fact(look->target, fact, question, ret, &err);

        if (r == 0 && fact == PF_WINDOWS_SERVICE && ((PfWindowsService *) ret)->is_dirty)
                return pf_look_doubt(look, PF_SYSTEM_HIVE);
        if (r == -ENOMEM || r == 0)
                return r;
        if (r > 0)
                return PF_LOOKED_ABSENT;
        pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, name, "%s is not known: %s", name,
                       pf_err_text(&err, r));
        return PF_LOOKED_FAILED;
}

void pf_look_said(PfRegistryLook *look, const char *place, const char *found,
                  const char *expected) {
        char text[2 * PF_WINDOWS_TEXT_MAX + 4];

        (void) snprintf(text, sizeof(text), "%s: %s", place, found);
        pf_finding_evidence_said(&look->findings, NULL, text, expected);
}

void pf_look_said_error(PfRegistryLook *look, const char *place, uint32_t error) {
        char text[PF_WINDOWS_TEXT_MAX];

        pf_look_said(look, place, pf_windows_error_text(error, text), NULL);
}

/* --- services --- */

static void blame(PfRegistryLook *look, const char *name, const char *service,
                  const PfWindowsService *found) {
        if (found->error == PF_NO_SUCH_SERVICE)
                pf_finding_add(&look->findings, PF_FINDING_BAD, name, "there is no service %s",
                               service);
        else if (found->start == PF_SERVICE_DISABLED)
                pf_finding_add(&look->findings, PF_FINDING_BAD, name, "the service %s is disabled",
                               service);
        else if (found->state == 0)
                pf_finding_add(&look->findings, PF_FINDING_BAD, name,
                               "the service %s does not start with the machine", service);
        else
                pf_finding_add(&look->findings, PF_FINDING_BAD, name,
                               "the service %s is not running", service);
}

static void judge(PfRegistryLook *look, const char *name, const char *service,
                  const PfWindowsService *found) {
        const bool is_image = found->error == 0 && found->state == 0;

        if (found->error && found->error != PF_NO_SUCH_SERVICE)
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, name,
                               "Windows does not tell the state of the service %s", service);
        else if (found->state == PF_SERVICE_START_PENDING)
                pf_finding_add(&look->findings, PF_FINDING_UNKNOWN, name,
                               "the service %s is starting", service);
        else if (found->state == PF_SERVICE_RUNNING)
                pf_finding_add(&look->findings, PF_FINDING_GOOD, name, "the service %s is running",
                               service);
        else if (is_image && found->start <= PF_SERVICE_AUTOMATIC)
                pf_finding_add(&look->findings, PF_FINDING_GOOD, name,
                               "the service %s starts with the machine", service);
        else
                blame(look, name, service, found);
}

int pf_look_runs(PfRegistryLook *look, const char *name, const char *service) {
        char place[PF_WINDOWS_TEXT_MAX], text[PF_WINDOWS_TEXT_MAX];
        PfWindowsService found = { 0 };
        const PfFinding *finding;
        int r = pf_look_fact(look, name, PF_WINDOWS_SERVICE, service, &found);

        if (r != 0)
                return r < 0 ? r : 0;
        judge(look, name, service, &found);
        pf_look_said(look, pf_windows_service_place(service, &found, place),
                     pf_windows_service_text(&found, text), "running, automatic");
        finding = look->findings.n > 0 ? &look->findings.items[look->findings.n - 1] : NULL;
        if (!finding || finding->state != PF_FINDING_BAD)
                return 0;
        pf_finding_reason(&look->findings, "service-stopped");
        pf_finding_remedy(&look->findings, "set the start type of %s to automatic, and start it",
                          service);
        return 0;
}

/* --- the network --- */

void pf_windows_network_deinit(PfWindowsNetwork *network) {
        pf_windows_fact_deinit(PF_WINDOWS_ADAPTERS, &network->adapters);
        *network = (PfWindowsNetwork){ 0 };
}

int pf_windows_prefix_parse(const char *text, PfIpAddress *ret, unsigned *ret_bits) {
        const char *slash = strchr(text, '/');
        char address[64], *end;
        unsigned long bits;

        if (!slash || (size_t) (slash - text) >= sizeof(address) || slash[1] < '0' ||
            slash[1] > '9')
                return -EINVAL;
        memcpy(address, text, (size_t) (slash - text));
        address[slash - text] = '\0';
        bits = strtoul(slash + 1, &end, 10);
        if (*end || pf_ip_address_parse(address, ret) < 0 || bits > (ret->is_ipv6 ? 128 : 32))
                return -EINVAL;
        *ret_bits = (unsigned) bits;
        return 0;
}

static bool is_near(const PfWindowsAdapter *adapter, const PfIpAddress *source) {
        PfIpAddress address;
        unsigned bits;

        for (size_t i = 0; i < adapter->addresses.n; i++)
                if (pf_windows_prefix_parse(adapter->addresses.items[i], &address, &bits) == 0 &&
                    pf_ip_address_in_prefix(source, &address, bits))
                        return true;
        return false;
}

static int find_way(const PfTarget *target, const char *source, PfWindowsNetwork *network) {
        const PfWindowsAdapter *adapters = network->adapters.adapters.items;
        PfWindowsRoute route = { 0 };
        PfErr ignored = { 0 };
        int r = pf_windows_fact(target, PF_WINDOWS_ROUTE, source, &route, &ignored);

        for (size_t i = 0; r == 0 && route.error == 0 && i < network->adapters.adapters.n; i++)
                if (adapters[i].index == route.index)
                        network->way = &adapters[i];
        return r == -ENOMEM ? r : 0;
}

int pf_windows_network_ask(const PfTarget *target, const PfDemand *demand, PfWindowsNetwork *ret) {
        const PfWindowsAdapter *adapters;
        PfErr ignored = { 0 };
        int r;

        ret->is_local = PF_MAYBE;
        ret->has_source = demand->source && pf_ip_address_parse(demand->source, &ret->source) == 0;
        r = pf_windows_fact(target, PF_WINDOWS_ADAPTERS, "all", &ret->adapters, &ignored);
        ret->has_adapters = r == 0 && ret->adapters.error == 0;
        if (!ret->has_adapters || !ret->has_source)
                return r == -ENOMEM ? r : 0;
        ret->is_local = PF_NO;
        adapters = ret->adapters.adapters.items;
        for (size_t i = 0; i < ret->adapters.adapters.n; i++)
                if (is_near(&adapters[i], &ret->source))
                        ret->is_local = PF_YES;
        return find_way(target, demand->source, ret);
}

PfMaybe pf_windows_listens(const PfWindowsTcp *tcp, unsigned port) {
        static const PfIpAddress loopback = { .bytes = { 127 } };
        const PfWindowsListener *listeners = tcp->listeners.items;
        PfMaybe found = PF_NO;
        PfIpAddress address;

        for (size_t i = 0; i < tcp->listeners.n; i++) {
                if (listeners[i].port != port || !listeners[i].address ||
                    pf_ip_address_parse(listeners[i].address, &address) < 0)
                        continue;
                if (!address.is_ipv6 && !pf_ip_address_in_prefix(&address, &loopback, 8))
                        return PF_YES;
                if (address.is_ipv6)
                        found = PF_MAYBE;
        }
        return found;
}
