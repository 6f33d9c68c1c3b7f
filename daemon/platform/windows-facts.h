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
        PF_WINDOWS_ACCOUNT,        /* of its name: PfWindowsAccount */
        PF_WINDOWS_ADMINISTRATORS, /* "members": PfWindowsAdministrators */
        PF_WINDOWS_LOGON_RIGHTS,   /* "network": PfWindowsLogonRights */
        PF_WINDOWS_SHARE,          /* of its name: PfWindowsShare */
        PF_WINDOWS_DISKS,          /* "all": PfWindowsDisks */
        PF_WINDOWS_COM,            /* "applications", or "cimv2" of WMI: PfWindowsCom */
        PF_WINDOWS_CLUSTER,        /* "node": PfWindowsCluster */
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
        char *name; /* of the workgroup or the domain */
} PfWindowsJoin;

/* DsGetDcNameW, looked for afresh */
typedef struct PfWindowsController {
        uint32_t error; /* 1355: there is none */
        char *name;
        char *address;
} PfWindowsController;

/* I_NetLogonControl2, NETLOGON_CONTROL_TC_VERIFY */
typedef struct PfWindowsChannel {
        uint32_t error;
        uint32_t status; /* tc_connection_status: 1789, 1787, 1311, 5 … */
        char *controller;
} PfWindowsChannel;

/* LookupAccountNameW, then NetUserGetInfo of level 4, then the Authz API */
typedef struct PfWindowsAccount {
        uint32_t error; /* 1332: there is none */
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

/* The COM+ catalogue, or WMI: how far it came. */
typedef struct PfWindowsCom {
        uint32_t hresult; /* 0: it answers */
        char *step;       /* the call that said so */
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
} PfWindowsCluster;

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

/* "ERROR_NO_LOGON_SERVERS" of 1311; NULL of one that is not among those met here. */
const char *pf_windows_error_name(uint32_t error);

/* Asks this machine. Return: 0, PF_WINDOWS_NOT_ASKED, a negative errno with a text. */
int pf_windows_ask(PfWindowsFact fact, const char *question, void *ret, PfErr *err) PF_MUST_CHECK;
