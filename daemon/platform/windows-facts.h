/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What Windows says that no file answers: of the machine that we run on, asked by
 * daemon/platform/win32/windows-facts-*.c; or of a captured one, which says what it said
 * then. Facts with the number of an error, never verdicts.
 *
 * Numbers are Windows's own: states, flags and errors as its headers have them. "error"
 * is the code that the function named returned, 0 where it did what was asked; what else
 * it says counts only then.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/shape.h"
#include "daemon/base/target.h"

/* Positive outcome of all of these: there is nobody to ask, as of an image. */
enum { PF_WINDOWS_NOT_ASKED = 1 };

typedef enum PfWindowsFact {
        PF_WINDOWS_SERVICE,        /* of its name: PfWindowsService */
        PF_WINDOWS_PENDING,        /* "all": PfWindowsPending */
        PF_WINDOWS_JOIN,           /* "join": PfWindowsJoin */
        PF_WINDOWS_CONTROLLER,     /* "controller": PfWindowsController */
        PF_WINDOWS_CHANNEL,        /* of a domain: PfWindowsChannel */
        PF_WINDOWS_ACCOUNT,        /* of its name, or the one below: PfWindowsAccount */
        PF_WINDOWS_ADMINISTRATORS, /* "members": PfWindowsAdministrators */
        PF_WINDOWS_LOGON_RIGHTS,   /* "network": PfWindowsLogonRights */
        PF_WINDOWS_SHARE,          /* of its name: PfWindowsShare */
        PF_WINDOWS_DISKS,          /* "all": PfWindowsDisks */
        PF_WINDOWS_COM,            /* "applications", or "cimv2" of WMI: PfWindowsCom */
        PF_WINDOWS_CLUSTER,        /* "node": PfWindowsCluster */
        PF_WINDOWS_FIREWALL,       /* "profiles": PfWindowsFirewall */
        PF_WINDOWS_ADAPTERS,       /* "all": PfWindowsAdapters */
        PF_WINDOWS_ROUTE,          /* to an address, "192.0.2.7": PfWindowsRoute */
        PF_WINDOWS_TCP,            /* "tcp": PfWindowsTcp */
        PF_WINDOWS_MEMORY,         /* "memory": PfWindowsMemory */
        PF_WINDOWS_INSTALLER,      /* "msi": PfWindowsInstaller */
        PF_WINDOWS_TIME,           /* of a server, its name: PfWindowsTime */
        PF_WINDOWS_USER_POLICY,    /* a value of Policies\Explorer: PfWindowsUserPolicy */
        PF_WINDOWS_ENDPOINT,       /* "server.example:443": PfWindowsEndpoint */
        PF_WINDOWS_N_FACTS,
} PfWindowsFact;

/* SERVICE_STATUS_PROCESS, dwCurrentState */
enum {
        PF_SERVICE_STOPPED = 1,
        PF_SERVICE_START_PENDING = 2,
        PF_SERVICE_STOP_PENDING = 3,
        PF_SERVICE_RUNNING = 4,
};
/* QUERY_SERVICE_CONFIG, dwStartType; also Start in the registry */
enum { PF_SERVICE_AUTOMATIC = 2, PF_SERVICE_DEMAND = 3, PF_SERVICE_DISABLED = 4 };

typedef struct PfWindowsService {
        uint32_t error;        /* OpenServiceW: 1060 there is none */
        uint32_t state;        /* QueryServiceStatusEx; 0: of an image, nothing runs */
        uint32_t start;        /* QueryServiceConfigW */
        uint32_t exit_code;    /* of the last run */
        uint32_t change_error; /* ChangeServiceConfigW that changes nothing: 1072, 1055 */
        bool is_change_tried;
        bool is_dirty; /* of an image whose registry was not closed cleanly; in no book */
} PfWindowsService;

typedef struct PfWindowsPendingService {
        char *name;
        uint32_t state;
        uint32_t process;
        uint32_t wait_hint_msec;
        bool has_moved;      /* between the two looks: another state or check point */
        uint64_t since_usec; /* since 1970: start of a process of its own; 0: not known */
} PfWindowsPendingService;

/* EnumServicesStatusExW, twice: services that are starting or stopping. */
typedef struct PfWindowsPending {
        uint32_t error;
        uint64_t apart_usec; /* time between the looks */
        PfRows services;     /* of PfWindowsPendingService */
} PfWindowsPending;

/* NetGetJoinInformation */
enum { PF_JOIN_UNKNOWN, PF_JOIN_NONE, PF_JOIN_WORKGROUP, PF_JOIN_DOMAIN };
typedef struct PfWindowsJoin {
        uint32_t error;
        uint32_t status;
        char *name;    /* of the workgroup or the domain */
        bool is_dirty; /* as of PfWindowsService */
} PfWindowsJoin;

/* DsGetDcNameW, looked for afresh */
typedef struct PfWindowsController {
        uint32_t error; /* 1355: there is none */
        char *name;
        char *address;
} PfWindowsController;

/* I_NetLogonControl2, NETLOGON_CONTROL_TC_VERIFY */
#define PF_NETLOGON_VERIFY_RETURNED 0x80u /* [MS-NRPC] 2.2.1.7.3 */
typedef struct PfWindowsChannel {
        uint32_t error;
        uint32_t status;     /* tc_connection_status: 1789, 1787, 1311, 5 … */
        uint32_t flags;      /* netlog2_flags */
        uint32_t pdc_status; /* pdc_connection_status: by the flag above, what verifying said */
        char *controller;
} PfWindowsChannel;

/* LookupAccountNameW, then NetUserGetInfo of level 4, then the Authz API */
#define PF_WINDOWS_BUILT_IN "*-500" /* the administrator of every machine, whatever its name */
typedef struct PfWindowsAccount {
        uint32_t error; /* 1332: there is none */
        char *name;     /* as its domain keeps it */
        char *sid;
        char *domain;
        bool is_local;
        uint32_t info_error;
        uint32_t flags;   /* usri4_flags */
        uint64_t expires; /* seconds since 1970; 0xFFFFFFFF: never */
        bool is_password_expired;
        uint32_t token_error;
        PfStrv groups; /* SIDs, nested ones too */
} PfWindowsAccount;

/* NetLocalGroupGetMembers of S-1-5-32-544 */
typedef struct PfWindowsAdministrators {
        uint32_t error;
        PfStrv sids;
} PfWindowsAdministrators;

/* LsaEnumerateAccountsWithUserRight */
typedef struct PfWindowsLogonRights {
        uint32_t error;
        PfStrv allowed; /* SIDs with SeNetworkLogonRight */
        PfStrv denied;  /* SIDs with SeDenyNetworkLogonRight */
} PfWindowsLogonRights;

/* NetShareGetInfo of level 2 */
typedef struct PfWindowsShare {
        uint32_t error; /* 2310: there is none */
        uint32_t type;
        char *path;
} PfWindowsShare;

typedef struct PfWindowsPartition {
        uint64_t offset;
        uint64_t length;
        bool is_active; /* MBR alone */
        char *type;     /* "07", or a GUID in capitals without braces */
} PfWindowsPartition;

typedef struct PfWindowsDisk {
        uint32_t number; /* of \\.\PhysicalDriveN */
        uint32_t error;  /* IOCTL_DISK_GET_DRIVE_LAYOUT_EX */
        uint64_t size;
        uint32_t sector;   /* bytes of a logical one; 0: not known */
        uint32_t bus;      /* STORAGE_BUS_TYPE: 9 iSCSI, 16 Storage Spaces */
        char *style;       /* "mbr", "gpt", "raw" */
        char *id;          /* signature or GUID */
        PfRows partitions; /* of PfWindowsPartition */
} PfWindowsDisk;

/* The disks on which a volume lies: IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS */
typedef struct PfWindowsExtent {
        uint32_t disk;
        uint64_t offset;
        uint64_t length;
} PfWindowsExtent;

typedef struct PfWindowsDisks {
        char *firmware;      /* "bios", "uefi"; NULL: not known */
        char *system_volume; /* that holds the system directory: "C:\" */
        uint32_t error;      /* of the volume's extents */
        PfRows extents;      /* of PfWindowsExtent, of that volume */
        PfRows disks;        /* of PfWindowsDisk */
} PfWindowsDisks;

/* The COM+ catalogue ("applications": COMAdminCatalog, GetCollection, Populate), or WMI
 * ("cimv2": WbemLocator, ConnectServer of ROOT\CIMV2, a query for Win32_OperatingSystem that
 * has a row): how far it came. */
#define PF_COM_TIMEOUT 0x8001011Fu /* RPC_E_TIMEOUT: no answer within 30 s */
typedef struct PfWindowsCom {
        uint32_t hresult; /* 0: it answers */
        char *step;       /* the call that said so: "ConnectServer" */
} PfWindowsCom;

/* GetNodeClusterState */
enum {
        PF_CLUSTER_NOT_INSTALLED = 0,
        PF_CLUSTER_NOT_CONFIGURED = 1,
        PF_CLUSTER_NOT_RUNNING = 3,
        PF_CLUSTER_RUNNING = 0x13,
};
typedef struct PfWindowsCluster {
        uint32_t error;
        uint32_t state;
        bool has_hive; /* the key HKLM\Cluster is there */
        bool is_dirty; /* as of PfWindowsService */
} PfWindowsCluster;

/* NET_FW_PROFILE_TYPE2 */
enum { PF_FIREWALL_DOMAIN = 1, PF_FIREWALL_PRIVATE = 2, PF_FIREWALL_PUBLIC = 4 };

/* INetworkConnection: GetAdapterId, and of its INetwork GetCategory. */
typedef struct PfWindowsConnection {
        char *adapter;    /* GUID in capitals without braces */
        uint32_t profile; /* one of those above; a category that is none of them: 0 */
} PfWindowsConnection;

/* INetFwPolicy2, and the network list manager. Rules and settings are in the registry. */
typedef struct PfWindowsFirewall {
        uint32_t hresult; /* of NetFwPolicy2 */
        char *step;
        uint32_t profiles;           /* CurrentProfileTypes: those in force */
        uint32_t modify_state;       /* LocalPolicyModifyState: 0 a change takes effect */
        uint32_t connection_hresult; /* of the network list manager */
        PfRows connections;          /* of PfWindowsConnection: those that are connected */
} PfWindowsFirewall;

/* IF_OPER_STATUS, and IFTYPE of ipifcons.h */
enum { PF_ADAPTER_UP = 1 };
enum { PF_ADAPTER_LOOPBACK = 24, PF_ADAPTER_TUNNEL = 131 };
typedef struct PfWindowsAdapter {
        uint32_t index; /* of IPv4; 0: it has none */
        uint32_t type;
        uint32_t status;
        char *id;   /* AdapterName: GUID in capitals without braces */
        char *name; /* for people: "Ethernet0" */
        char *description;
        bool is_dhcp;     /* of IPv4 */
        PfStrv addresses; /* "192.0.2.20/24", "fe80::1/64"; those that are preferred */
        PfStrv gateways;  /* "192.0.2.1" */
} PfWindowsAdapter;

/* GetAdaptersAddresses, with gateways */
typedef struct PfWindowsAdapters {
        uint32_t error;
        PfRows adapters; /* of PfWindowsAdapter */
} PfWindowsAdapters;

/* GetBestRoute2 from no address in particular; nothing is sent. */
typedef struct PfWindowsRoute {
        uint32_t error; /* 1231, 1168: no way leads there */
        uint32_t index; /* of the adapter */
} PfWindowsRoute;

typedef struct PfWindowsListener {
        char *address; /* "0.0.0.0", "::" */
        uint32_t port;
        uint32_t process;
} PfWindowsListener;

/* GetExtendedTcpTable of both families; and a socket of IPv4 bound to port 0, then closed */
typedef struct PfWindowsTcp {
        uint32_t error;
        PfRows listeners;    /* of PfWindowsListener */
        uint32_t n_ports;    /* local ports from 49152 on that sockets of any state have */
        uint32_t bind_error; /* 10055, 10013: no port is left */
} PfWindowsTcp;

/* GetPerformanceInfo, in bytes: how much may be promised to programs, and how much is */
typedef struct PfWindowsMemory {
        uint32_t error;
        uint64_t commit_limit;
        uint64_t commit_total;
        uint64_t physical_free;
} PfWindowsMemory;

/* The mutex Global\_MSIExecute: somebody has it while Windows Installer works. */
typedef struct PfWindowsInstaller {
        uint32_t error; /* of OpenMutexW, but for 2: nobody has made it, so it is free */
        bool is_busy;
} PfWindowsInstaller;

/* NetRemoteTOD, and the clock of this machine in the middle of the call; since 1970 */
typedef struct PfWindowsTime {
        uint32_t error;
        uint64_t here_usec;
        uint64_t there_usec; /* exact to 10 ms */
} PfWindowsTime;

/* Below HKEY_USERS, of everybody whose hive is loaded:
 * SID\Software\Microsoft\Windows\CurrentVersion\Policies\Explorer, the DWORD of the
 * name that is asked for. */
typedef struct PfWindowsUserPolicy {
        uint32_t error;
        PfStrv sids; /* of those where it is there and not 0 */
} PfWindowsUserPolicy;

/* getaddrinfo() and connect() of each address until one takes the connection, which is
 * closed without a byte */
typedef struct PfWindowsEndpoint {
        uint32_t error; /* 11001 no address, 11002 no name server, 10060, 10061 …; 0: it does */
} PfWindowsEndpoint;

/**
 * pf_windows_fact() - ask one of these
 * @question: what the fact is about, see above; the services of an image are asked of
 *            its registry
 * @ret:      receives the struct of the fact, given back with pf_windows_fact_deinit();
 *            untouched unless 0 is returned
 * Rule:      books "windows-service" and so on: the members as daemon/platform/
 *            windows-facts.c names them, or { "outcome": "not-asked" }, or an error.
 * Return:    0; PF_WINDOWS_NOT_ASKED; with a text -ENODATA, -EINVAL as
 *            pf_target_recall(), or what kept us from asking.
 */
int pf_windows_fact(const PfTarget *target, PfWindowsFact fact, const char *question, void *ret,
                    PfErr *err) PF_MUST_CHECK;
void pf_windows_fact_deinit(PfWindowsFact fact, void *value);

/**
 * pf_windows_endpoints() - which servers are tried
 * @configured: those; of a captured machine those that it was asked for count instead
 * @ret:        receives copies
 * Rule:        book "windows-endpoint", question "configured": { "endpoints": [ "…:443" ] }.
 * Return:      0, -ENOMEM; with a text -EINVAL.
 */
int pf_windows_endpoints(const PfTarget *target, const PfStrv *configured, PfStrv *ret,
                         PfErr *err) PF_MUST_CHECK;

/* "ERROR_NO_LOGON_SERVERS" of 1311; NULL of one that is not among those met here. */
const char *pf_windows_error_name(uint32_t error);

/* Asks this machine. Return: 0, PF_WINDOWS_NOT_ASKED, a negative errno with a text. */
int pf_windows_ask(PfWindowsFact fact, const char *question, void *ret, PfErr *err) PF_MUST_CHECK;
