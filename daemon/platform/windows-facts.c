/* SPDX-License-Identifier: MIT */
/*
 * The books of what Windows says, and who is asked where there is none.
 */
#include "daemon/platform/windows-facts.h"

#include <stddef.h>
#include <string.h>

#include "daemon/platform/machine-internal.h"
#include "daemon/platform/registry.h"

#define MEMBER(type, member, word, kind)                                                           \
        { word, offsetof(type, member), PF_MEMBER_##kind, NULL }
#define ROWS(type, member, word, of)                                                               \
        { word, offsetof(type, member), PF_MEMBER_ROWS, of }

static const PfMember service[] = {
        MEMBER(PfWindowsService, error, "error", UINT32),
        MEMBER(PfWindowsService, state, "state", UINT32),
        MEMBER(PfWindowsService, start, "start", UINT32),
        MEMBER(PfWindowsService, exit_code, "exitCode", UINT32),
        MEMBER(PfWindowsService, change_error, "changeError", UINT32),
        MEMBER(PfWindowsService, is_change_tried, "changeTried", BOOL),
};

static const PfMember pending_service[] = {
        MEMBER(PfWindowsPendingService, name, "name", TEXT),
        MEMBER(PfWindowsPendingService, state, "state", UINT32),
        MEMBER(PfWindowsPendingService, process, "process", UINT32),
        MEMBER(PfWindowsPendingService, wait_hint_msec, "waitHintMSec", UINT32),
        MEMBER(PfWindowsPendingService, has_moved, "moved", BOOL),
        MEMBER(PfWindowsPendingService, since_usec, "sinceUSec", UINT64),
};
static const PfShape pending_service_shape = PF_SHAPE(PfWindowsPendingService, pending_service);
static const PfMember pending[] = {
        MEMBER(PfWindowsPending, error, "error", UINT32),
        MEMBER(PfWindowsPending, apart_usec, "apartUSec", UINT64),
        ROWS(PfWindowsPending, services, "services", &pending_service_shape),
};

static const PfMember join[] = {
        MEMBER(PfWindowsJoin, error, "error", UINT32),
        MEMBER(PfWindowsJoin, status, "status", UINT32),
        MEMBER(PfWindowsJoin, name, "name", TEXT),
};
static const PfMember controller[] = {
        MEMBER(PfWindowsController, error, "error", UINT32),
        MEMBER(PfWindowsController, name, "name", TEXT),
        MEMBER(PfWindowsController, address, "address", TEXT),
};
static const PfMember channel[] = {
        MEMBER(PfWindowsChannel, error, "error", UINT32),
        MEMBER(PfWindowsChannel, status, "status", UINT32),
        MEMBER(PfWindowsChannel, flags, "flags", UINT32),
        MEMBER(PfWindowsChannel, pdc_status, "pdcStatus", UINT32),
        MEMBER(PfWindowsChannel, controller, "controller", TEXT),
};

static const PfMember account[] = {
        MEMBER(PfWindowsAccount, error, "error", UINT32),
        MEMBER(PfWindowsAccount, name, "name", TEXT),
        MEMBER(PfWindowsAccount, sid, "sid", TEXT),
        MEMBER(PfWindowsAccount, domain, "domain", TEXT),
        MEMBER(PfWindowsAccount, is_local, "local", BOOL),
        MEMBER(PfWindowsAccount, info_error, "infoError", UINT32),
        MEMBER(PfWindowsAccount, flags, "flags", UINT32),
        MEMBER(PfWindowsAccount, expires, "expires", UINT64),
        MEMBER(PfWindowsAccount, is_password_expired, "passwordExpired", BOOL),
        MEMBER(PfWindowsAccount, token_error, "tokenError", UINT32),
        MEMBER(PfWindowsAccount, groups, "groups", TEXTS),
};
static const PfMember administrators[] = {
        MEMBER(PfWindowsAdministrators, error, "error", UINT32),
        MEMBER(PfWindowsAdministrators, sids, "sids", TEXTS),
};
static const PfMember logon_rights[] = {
        MEMBER(PfWindowsLogonRights, error, "error", UINT32),
        MEMBER(PfWindowsLogonRights, allowed, "allowed", TEXTS),
        MEMBER(PfWindowsLogonRights, denied, "denied", TEXTS),
};
static const PfMember share[] = {
        MEMBER(PfWindowsShare, error, "error", UINT32),
        MEMBER(PfWindowsShare, type, "type", UINT32),
        MEMBER(PfWindowsShare, path, "path", TEXT),
};

static const PfMember partition[] = {
        MEMBER(PfWindowsPartition, offset, "offset", UINT64),
        MEMBER(PfWindowsPartition, length, "length", UINT64),
        MEMBER(PfWindowsPartition, is_active, "active", BOOL),
        MEMBER(PfWindowsPartition, type, "type", TEXT),
};
static const PfShape partition_shape = PF_SHAPE(PfWindowsPartition, partition);
static const PfMember disk[] = {
        MEMBER(PfWindowsDisk, number, "number", UINT32),
        MEMBER(PfWindowsDisk, error, "error", UINT32),
        MEMBER(PfWindowsDisk, size, "size", UINT64),
        MEMBER(PfWindowsDisk, sector, "sector", UINT32),
        MEMBER(PfWindowsDisk, bus, "bus", UINT32),
        MEMBER(PfWindowsDisk, style, "style", TEXT),
        MEMBER(PfWindowsDisk, id, "id", TEXT),
        ROWS(PfWindowsDisk, partitions, "partitions", &partition_shape),
};
static const PfShape disk_shape = PF_SHAPE(PfWindowsDisk, disk);
static const PfMember extent[] = {
        MEMBER(PfWindowsExtent, disk, "disk", UINT32),
        MEMBER(PfWindowsExtent, offset, "offset", UINT64),
        MEMBER(PfWindowsExtent, length, "length", UINT64),
};
static const PfShape extent_shape = PF_SHAPE(PfWindowsExtent, extent);
static const PfMember disks[] = {
        MEMBER(PfWindowsDisks, firmware, "firmware", TEXT),
        MEMBER(PfWindowsDisks, system_volume, "systemVolume", TEXT),
        MEMBER(PfWindowsDisks, error, "error", UINT32),
        ROWS(PfWindowsDisks, extents, "extents", &extent_shape),
        ROWS(PfWindowsDisks, disks, "disks", &disk_shape),
};

static const PfMember com[] = {
        MEMBER(PfWindowsCom, hresult, "hresult", UINT32),
        MEMBER(PfWindowsCom, step, "step", TEXT),
};
static const PfMember cluster[] = {
        MEMBER(PfWindowsCluster, error, "error", UINT32),
        MEMBER(PfWindowsCluster, state, "state", UINT32),
        MEMBER(PfWindowsCluster, has_hive, "hive", BOOL),
};

static const PfMember connection[] = {
        MEMBER(PfWindowsConnection, adapter, "adapter", TEXT),
        MEMBER(PfWindowsConnection, profile, "profile", UINT32),
};
static const PfShape connection_shape = PF_SHAPE(PfWindowsConnection, connection);
static const PfMember firewall[] = {
        MEMBER(PfWindowsFirewall, hresult, "hresult", UINT32),
        MEMBER(PfWindowsFirewall, step, "step", TEXT),
        MEMBER(PfWindowsFirewall, profiles, "profiles", UINT32),
        MEMBER(PfWindowsFirewall, modify_state, "modifyState", UINT32),
        MEMBER(PfWindowsFirewall, connection_hresult, "connectionHResult", UINT32),
        ROWS(PfWindowsFirewall, connections, "connections", &connection_shape),
};

static const PfMember adapter[] = {
        MEMBER(PfWindowsAdapter, index, "index", UINT32),
        MEMBER(PfWindowsAdapter, type, "type", UINT32),
        MEMBER(PfWindowsAdapter, status, "status", UINT32),
        MEMBER(PfWindowsAdapter, id, "id", TEXT),
        MEMBER(PfWindowsAdapter, name, "name", TEXT),
        MEMBER(PfWindowsAdapter, description, "description", TEXT),
        MEMBER(PfWindowsAdapter, is_dhcp, "dhcp", BOOL),
        MEMBER(PfWindowsAdapter, addresses, "addresses", TEXTS),
        MEMBER(PfWindowsAdapter, gateways, "gateways", TEXTS),
};
static const PfShape adapter_shape = PF_SHAPE(PfWindowsAdapter, adapter);
static const PfMember adapters[] = {
        MEMBER(PfWindowsAdapters, error, "error", UINT32),
        ROWS(PfWindowsAdapters, adapters, "adapters", &adapter_shape),
};
static const PfMember route[] = {
        MEMBER(PfWindowsRoute, error, "error", UINT32),
        MEMBER(PfWindowsRoute, index, "index", UINT32),
};

static const PfMember listener[] = {
        MEMBER(PfWindowsListener, address, "address", TEXT),
        MEMBER(PfWindowsListener, port, "port", UINT32),
        MEMBER(PfWindowsListener, process, "process", UINT32),
};
static const PfShape listener_shape = PF_SHAPE(PfWindowsListener, listener);
static const PfMember tcp[] = {
        MEMBER(PfWindowsTcp, error, "error", UINT32),
        ROWS(PfWindowsTcp, listeners, "listeners", &listener_shape),
        MEMBER(PfWindowsTcp, n_ports, "ports", UINT32),
        MEMBER(PfWindowsTcp, bind_error, "bindError", UINT32),
};

static const PfMember memory[] = {
        MEMBER(PfWindowsMemory, error, "error", UINT32),
        MEMBER(PfWindowsMemory, commit_limit, "commitLimit", UINT64),
        MEMBER(PfWindowsMemory, commit_total, "commitTotal", UINT64),
        MEMBER(PfWindowsMemory, physical_free, "physicalFree", UINT64),
};
static const PfMember installer[] = {
        MEMBER(PfWindowsInstaller, error, "error", UINT32),
        MEMBER(PfWindowsInstaller, is_busy, "busy", BOOL),
};
static const PfMember time_of_day[] = {
        MEMBER(PfWindowsTime, error, "error", UINT32),
        MEMBER(PfWindowsTime, here_usec, "hereUSec", UINT64),
        MEMBER(PfWindowsTime, there_usec, "thereUSec", UINT64),
};
static const PfMember user_policy[] = {
        MEMBER(PfWindowsUserPolicy, error, "error", UINT32),
        MEMBER(PfWindowsUserPolicy, sids, "sids", TEXTS),
};
static const PfMember endpoint[] = { MEMBER(PfWindowsEndpoint, error, "error", UINT32) };

static const struct Book {
        const char *name;
        PfShape shape;
} books[] = {
        [PF_WINDOWS_SERVICE] = { "windows-service", PF_SHAPE(PfWindowsService, service) },
        [PF_WINDOWS_PENDING] = { "windows-pending", PF_SHAPE(PfWindowsPending, pending) },
        [PF_WINDOWS_JOIN] = { "windows-join", PF_SHAPE(PfWindowsJoin, join) },
        [PF_WINDOWS_CONTROLLER] = { "windows-controller",
                                    PF_SHAPE(PfWindowsController, controller) },
        [PF_WINDOWS_CHANNEL] = { "windows-channel", PF_SHAPE(PfWindowsChannel, channel) },
        [PF_WINDOWS_ACCOUNT] = { "windows-account", PF_SHAPE(PfWindowsAccount, account) },
        [PF_WINDOWS_ADMINISTRATORS] = { "windows-administrators",
                                        PF_SHAPE(PfWindowsAdministrators, administrators) },
        [PF_WINDOWS_LOGON_RIGHTS] = { "windows-logon-rights",
                                      PF_SHAPE(PfWindowsLogonRights, logon_rights) },
        [PF_WINDOWS_SHARE] = { "windows-share", PF_SHAPE(PfWindowsShare, share) },
        [PF_WINDOWS_DISKS] = { "windows-disks", PF_SHAPE(PfWindowsDisks, disks) },
        [PF_WINDOWS_COM] = { "windows-com", PF_SHAPE(PfWindowsCom, com) },
        [PF_WINDOWS_CLUSTER] = { "windows-cluster", PF_SHAPE(PfWindowsCluster, cluster) },
        [PF_WINDOWS_FIREWALL] = { "windows-firewall", PF_SHAPE(PfWindowsFirewall, firewall) },
        [PF_WINDOWS_ADAPTERS] = { "windows-adapters", PF_SHAPE(PfWindowsAdapters, adapters) },
        [PF_WINDOWS_ROUTE] = { "windows-route", PF_SHAPE(PfWindowsRoute, route) },
        [PF_WINDOWS_TCP] = { "windows-tcp", PF_SHAPE(PfWindowsTcp, tcp) },
        [PF_WINDOWS_MEMORY] = { "windows-memory", PF_SHAPE(PfWindowsMemory, memory) },
        [PF_WINDOWS_INSTALLER] = { "windows-installer", PF_SHAPE(PfWindowsInstaller, installer) },
        [PF_WINDOWS_TIME] = { "windows-time", PF_SHAPE(PfWindowsTime, time_of_day) },
        [PF_WINDOWS_USER_POLICY] = { "windows-user-policy",
                                     PF_SHAPE(PfWindowsUserPolicy, user_policy) },
        [PF_WINDOWS_ENDPOINT] = { "windows-endpoint", PF_SHAPE(PfWindowsEndpoint, endpoint) },
};

void pf_windows_fact_deinit(PfWindowsFact fact, void *value) {
        pf_shape_deinit(&books[fact].shape, value);
}

/* "there is none", as OpenServiceW says it. */
#define NO_SUCH_SERVICE 1060

static int read_service(const PfTarget *target, const char *name, PfWindowsService *ret,
                        PfErr *err) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
        char path[PF_REGISTRY_PATH_MAX];
        uint64_t start = 0;
        int r;

        (void) snprintf(path, sizeof(path), "HKLM\\SYSTEM\\CurrentControlSet\\Services\\%s", name);
        r = pf_registry_read(target, path, &key, err);
        if (r == 0)
                r = pf_registry_number(&key, "Start", &start, err);
        if (r < 0)
                return r;
        *ret = (PfWindowsService){ .error = r == PF_REGISTRY_ABSENT ? NO_SUCH_SERVICE : 0,
                                   .start = (uint32_t) start,
                                   .is_dirty = key.is_dirty };
        return 0;
}

static int ask(const PfTarget *target, PfWindowsFact fact, const char *question, void *ret,
               PfErr *err) {
        int r = pf_windows_ask(fact, question, ret, err);

        if (pf_target_is_recorded(target))
                pf_target_remember(target, books[fact].name, question,
                                   r == 0 ? pf_shape_to_json(&books[fact].shape, ret)
                                          : pf_machine_no_answer("not-asked", r, err));
        return r;
}

/* An error that was captured comes with its text; that of a fact alone is the machine's. */
static int read_no_answer(const PfJson *answer, PfErr *err) {
        return pf_json_get_string(answer, "text") || pf_json_get_string(answer, "outcome")
                       ? pf_machine_read_no_answer(answer, PF_WINDOWS_NOT_ASKED, err)
                       : 0;
}

int pf_windows_fact(const PfTarget *target, PfWindowsFact fact, const char *question, void *ret,
                    PfErr *err) {
        const PfJson *answer = NULL;
        PfErr detail = { 0 };
        int r = pf_target_recall(target, books[fact].name, question, &answer, err);

        if (r < 0)
                return r;
        if (r == PF_TARGET_ABSENT && !pf_target_is_host(target))
                return fact == PF_WINDOWS_SERVICE ? read_service(target, question, ret, err)
                                                  : PF_WINDOWS_NOT_ASKED;
        if (r == PF_TARGET_ABSENT) {
                r = ask(target, fact, question, ret, &detail);
        } else {
                r = read_no_answer(answer, &detail);
                if (r == 0)
                        return pf_shape_from_json(&books[fact].shape, answer, question, ret, err);
        }
        return r < 0 ? pf_err_set(err, r, "%s, %s: %s", books[fact].name, question,
                                  pf_err_text(&detail, r))
                     : r;
}

/* --- servers --- */

#define CONFIGURED "configured"
typedef struct Configured {
        PfStrv endpoints;
} Configured;
static const PfMember configured_members[] = { MEMBER(Configured, endpoints, "endpoints", TEXTS) };
static const PfShape configured_shape = PF_SHAPE(Configured, configured_members);

int pf_windows_endpoints(const PfTarget *target, const PfStrv *configured, PfStrv *ret,
                         PfErr *err) {
        const char *book = books[PF_WINDOWS_ENDPOINT].name;
        Configured all = { 0 };
        const PfJson *answer = NULL;
        PfErr ignored = { 0 };
        int r = pf_target_recall(target, book, CONFIGURED, &answer, &ignored);

        if (r == -ENOMEM)
                return r;
        if (r == 0)
                r = pf_shape_from_json(&configured_shape, answer, CONFIGURED, &all, err);
        else
                r = pf_strv_copy(configured, &all.endpoints);
        if (r < 0)
                return r;
        if (pf_target_is_recorded(target))
                pf_target_remember(target, book, CONFIGURED,
                                   pf_shape_to_json(&configured_shape, &all));
        *ret = all.endpoints;
        return 0;
}

const char *pf_windows_error_name(uint32_t error) {
        static const struct {
                uint32_t error;
                const char *name;
        } names[] = {
                { 5, "ERROR_ACCESS_DENIED" },
                { 53, "ERROR_BAD_NETPATH" },
                { 1053, "ERROR_SERVICE_REQUEST_TIMEOUT" },
                { 1055, "ERROR_SERVICE_DATABASE_LOCKED" },
                { 1058, "ERROR_SERVICE_DISABLED" },
                { 1060, "ERROR_SERVICE_DOES_NOT_EXIST" },
                { 1072, "ERROR_SERVICE_MARKED_FOR_DELETE" },
                { 1168, "ERROR_NOT_FOUND" },
                { 1231, "ERROR_NETWORK_UNREACHABLE" },
                { 1311, "ERROR_NO_LOGON_SERVERS" },
                { 1331, "ERROR_ACCOUNT_DISABLED" },
                { 1332, "ERROR_NONE_MAPPED" },
                { 1355, "ERROR_NO_SUCH_DOMAIN" },
                { 1722, "RPC_S_SERVER_UNAVAILABLE" },
                { 1787, "ERROR_NO_TRUST_SAM_ACCOUNT" },
                { 1789, "ERROR_TRUSTED_RELATIONSHIP_FAILURE" },
                { 1792, "ERROR_NETLOGON_NOT_STARTED" },
                { 2221, "NERR_UserNotFound" },
                { 2310, "NERR_NetNameNotFound" },
                { 10013, "WSAEACCES" },
                { 10055, "WSAENOBUFS" },
                { 10060, "WSAETIMEDOUT" },
                { 10061, "WSAECONNREFUSED" },
                { 11001, "WSAHOST_NOT_FOUND" },
                { 11002, "WSATRY_AGAIN" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                if (names[i].error == error)
                        return names[i].name;
        return NULL;
}
