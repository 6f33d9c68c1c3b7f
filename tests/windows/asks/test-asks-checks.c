/* SPDX-License-Identifier: MIT */
/*
 * Each check of Windows, of a machine that is in order, and of one on which one thing is not.
 * Asked of the Windows that the test runs on: its registry, services and files are put into
 * that state; what Wine does not answer is said by netapi32.c, authz.c, classes.c, recorded.c.
 */
#include <winsock2.h>

#include "tests/windows/asks/asks.h"

#include "config/profile.h"
#include "probes/probe.h"
#include "tests/windows/asks/classes.h"
#include "tests/windows/asks/state.h"

#define SOURCE "10.0.0.9"
#define CONTROL "SYSTEM\\CurrentControlSet\\Control"
#define SERVICES "SYSTEM\\CurrentControlSet\\Services"
#define POLICIES "SOFTWARE\\Policies\\Microsoft"
#define CURRENT "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define NTLM CONTROL "\\Lsa\\MSV1_0"
#define UAC "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
#define FIREWALL SERVICES "\\SharedAccess\\Parameters\\FirewallPolicy"
#define ADAPTER_KEY                                                                                \
        SERVICES "\\Tcpip\\Parameters\\Interfaces\\{00000000-0000-0000-0000-000000000004}"
#define AGENT_PRODUCT                                                                              \
        "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\"                                \
        "{275197FC-14FD-4560-A5EB-38217F80CBD1}"
#define DEFENDER "SOFTWARE\\Microsoft\\Windows Defender"
#define DEFENDER_POLICY "SOFTWARE\\Policies\\Microsoft\\Windows Defender"
#define SCRIPT_HOST "Microsoft\\Windows Script Host\\Settings"
#define LOG "C:\\ProgramData\\ASRSetupLogs\\ASRUnifiedAgentInstaller.log"

/* --- a machine that is in order --- */

#define SAID_NETWORK                                                                               \
        "[adapters]\nnames=Ethernet0\n"                                                            \
        "[adapter Ethernet0]\nindex=4\naddress=10.0.0.5\nprefix=24\ngateway=10.0.0.1\n"            \
        "[route " SOURCE "]\nindex=4\n[tcp]\nlisten=135,445\n"
#define SAID_DISKS                                                                                 \
        "[devices]\nnames=PhysicalDrive0\n[firmware]\ntype=2\n[volume]\nextents=0:106954752:9\n"   \
        "[disk 0]\nstyle=1\nid=01234567-89ab-cdef-0123-456789abcdef\nsize=68719476736\nbus=11\n"   \
        "partitions=C12A7328-F81F-11D2-BA4B-00A0C93EC93B:0:1048576:104857600,"                     \
        "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7:0:106954752:68000000000\n"
#define SAID_DOMAIN                                                                                \
        "[join]\nstatus=3\nname=CORP\n[controller]\nname=\\\\DC1\n[channel]\ncontroller=\\\\DC1\n" \
        "[share C$]\ntype=0x80000000\npath=C:\\\n"
#define SAID_ACCOUNT                                                                               \
        "[user %s]\nflags=0x201\n[groups]\nsids=S-1-5-32-544,S-1-5-32-545\n"                       \
        "[administrators]\nsids=S-1-5-21-1-2-3-500\n[rights]\nallowed=S-1-5-32-544,S-1-1-0\n"
#define SAID_REST "[memory]\nlimit=8192\ntotal=1024\nfree=4096\n[cluster]\nstate=0\n"
#define RULE "v2.26|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|"

static const AsksState in_order[] = {
        { CURRENT, "CurrentMajorVersionNumber", ASKS_DWORD, 10, NULL },
        { CURRENT, "CurrentMinorVersionNumber", ASKS_DWORD, 0, NULL },
        { CURRENT, "CurrentBuild", ASKS_TEXT, 0, "17763" },
        { CURRENT, "ProductName", ASKS_TEXT, 0, "Windows Server 2019 Standard" },
        { CONTROL "\\ProductOptions", "ProductType", ASKS_TEXT, 0, "ServerNT" },
        { CONTROL "\\SystemInformation", "SystemManufacturer", ASKS_TEXT, 0, "Maker" },
        { CONTROL "\\SecureBoot\\State", "UEFISecureBootEnabled", ASKS_DWORD, 0, NULL },
        { CONTROL "\\Session Manager", "PendingFileRenameOperations", ASKS_NO_VALUE, 0, NULL },
        { CONTROL "\\Session Manager\\Environment", "PROCESSOR_ARCHITECTURE", ASKS_TEXT, 0,
          "AMD64" },
        { "SYSTEM\\Select", "Current", ASKS_DWORD, 1, NULL },
        { "SYSTEM\\Select", "Default", ASKS_DWORD, 1, NULL },
#define DRIVER(name, file)                                                                         \
        { "SYSTEM\\ControlSet001\\Services\\" name, "Start", ASKS_DWORD, 0, NULL },                \
                { "C:\\windows\\system32\\drivers\\" file, NULL, ASKS_FILE, 0, NULL },
        DRIVER("atapi", "atapi.sys") DRIVER("intelide", "intelide.sys") DRIVER("vmbus", "vmbus.sys")
                DRIVER("storvsc", "storvsc.sys") DRIVER("storflt", "vmstorfl.sys")
#undef DRIVER
                        { UAC, "EnableLUA", ASKS_DWORD, 1, NULL },
        { UAC, "LocalAccountTokenFilterPolicy", ASKS_DWORD, 1, NULL },
        { "SOFTWARE\\Microsoft\\Ole", "EnableDCOM", ASKS_TEXT, 0, "Y" },
        { "SOFTWARE\\Microsoft\\MSDTC", NULL, ASKS_KEY, 0, NULL },
        { "SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full", "Release", ASKS_DWORD, 461814,
          NULL },
        { DEFENDER "\\Exclusions\\Paths", "C:\\ProgramData\\ASR\\agent", ASKS_DWORD, 0, NULL },
        { DEFENDER "\\Exclusions\\Paths", "C:\\Program Files (x86)\\Microsoft Azure Site Recovery",
          ASKS_DWORD, 0, NULL },
        { SERVICES "\\LanmanServer\\Linkage", "Bind", ASKS_TEXTS, 0,
          "\\Device\\Tcpip_{00000000-0000-0000-0000-000000000004}" },
        { ADAPTER_KEY, "NameServer", ASKS_TEXT, 0, "10.0.0.2" },
        { FIREWALL "\\DomainProfile", "EnableFirewall", ASKS_DWORD, 1, NULL },
        { FIREWALL "\\FirewallRules", "FPS-SMB-In-TCP", ASKS_TEXT, 0,
          RULE "LPort=445|App=System|EmbedCtxt=@FirewallAPI.dll,-28502|" },
        { FIREWALL "\\FirewallRules", "WMI-RPCSS-In-TCP", ASKS_TEXT, 0,
          RULE "LPort=135|App=%SystemRoot%\\system32\\svchost.exe|Svc=rpcss|"
               "EmbedCtxt=@FirewallAPI.dll,-34251|" },
        { FIREWALL "\\FirewallRules", "WMI-WINMGMT-In-TCP", ASKS_TEXT, 0,
          RULE "App=%SystemRoot%\\system32\\svchost.exe|Svc=winmgmt|"
               "EmbedCtxt=@FirewallAPI.dll,-34251|" },
        { "WinDefend", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
        { LOG, NULL, ASKS_FILE, 0,
          "11:16:40:Application Started\r\n11:18:02:Application Ended\r\nExitCode = 0\r\n" },
        { SERVICES "\\W32Time\\Parameters", "Type", ASKS_TEXT, 0, "NT5DS" },
        { "preflightd test", NULL, ASKS_NO_SERVICE, 0, NULL },
        { "Netlogon", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
        { "VSS", NULL, ASKS_SERVICE, SERVICE_DEMAND_START, NULL },
        { "swprv", NULL, ASKS_SERVICE, SERVICE_DEMAND_START, NULL },
        { "COMSysApp", NULL, ASKS_SERVICE, SERVICE_DEMAND_START, "running" },
        { "MSDTC", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
        { "EventSystem", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
        { "LanmanServer", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
        { "DcomLaunch", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
        { "RpcEptMapper", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
        { "Winmgmt", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
        { "MpsSvc", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
        { "W32Time", NULL, ASKS_SERVICE, SERVICE_AUTO_START, "running" },
};

/* --- and what may be wrong with it --- */

#define CHANGES_MAX 2

typedef struct Case {
        const char *check;
        PfVerdict verdict;
        const char *said; /* before all else; "%s" is the account */
        AsksState changes[CHANGES_MAX];
        HRESULT *call, hresult; /* what a class of COM returns */
        bool needs_much;        /* more room than any disk has */
        const char *server;     /* that is tried; NULL: one that listens */
} Case;

#define SECOND_DISK                                                                                \
        "[devices]\nnames=PhysicalDrive0,PhysicalDrive1\n[disk 1]\nid=1\nsize=68719476736\n"
#define STARTING                                                                                   \
        { "preflightd test", NULL, ASKS_SERVICE, SERVICE_DEMAND_START, "starting" }
#define NO_SERVICE(name) .changes = { { name, NULL, ASKS_NO_SERVICE, 0, NULL } }
#define SERVICE(name, start) .changes = { { name, NULL, ASKS_SERVICE, start, NULL } }
#define NUMBER(path, value, number) .changes = { { path, value, ASKS_DWORD, number, NULL } }
#define WORD(path, value, text) .changes = { { path, value, ASKS_TEXT, 0, text } }
#define KEY(path) .changes = { { path, NULL, ASKS_KEY, 0, NULL } }
#define NO_KEY(path) .changes = { { path, NULL, ASKS_NO_KEY, 0, NULL } }
#define NO_VALUE(path, value) .changes = { { path, value, ASKS_NO_VALUE, 0, NULL } }
#define FILE_OF(path, text) .changes = { { path, NULL, ASKS_FILE, 0, text } }
#define SAID(text) .said = text
#define CALL(name, result) .call = &classes_say.name, .hresult = (HRESULT) result

/* All cases of one check stand together. */
static const Case cases[] = {
        { "windows.netlogon", PF_FAIL, SERVICE("Netlogon", SERVICE_AUTO_START) },
        { "windows.netlogon", PF_FAIL, SERVICE("Netlogon", SERVICE_DISABLED) },
        { "windows.netlogon", PF_FAIL, NO_SERVICE("Netlogon") },
        { "windows.netlogon", PF_SKIP, SAID("[join]\nstatus=2\nname=WORKGROUP\n") },
        { "windows.netlogon", PF_UNKNOWN, SAID("[join]\nerror=5\n") },
        { "windows.logon-server", PF_FAIL, SAID("[controller]\nerror=1355\n") },
        { "windows.logon-server", PF_UNKNOWN, SAID("[controller]\nerror=5\n") },
        { "windows.domain-trust", PF_FAIL, SAID("[channel]\nstatus=1789\n") },
        { "windows.domain-trust", PF_FAIL, SAID("[channel]\nflags=0x80\npdcStatus=1789\n") },
        { "windows.domain-trust", PF_PASS, SAID("[channel]\nflags=0xb0\npdcStatus=0\n") },
        { "windows.domain-trust", PF_UNKNOWN, SAID("[channel]\nstatus=1311\n") },
        { "windows.domain-trust", PF_UNKNOWN, SAID("[channel]\nerror=1722\n") },
        { "windows.account-enabled", PF_FAIL, SAID("[user %s]\nflags=0x203\n") },
        { "windows.account-enabled", PF_FAIL, SAID("[user %s]\nflags=0x201\nexpires=7\n") },
        { "windows.account-enabled", PF_FAIL, SAID("[user %s]\nflags=0x201\npasswordExpired=1\n") },
        { "windows.account-enabled", PF_FAIL, SAID("[user %s]\nerror=2221\n") },
        { "windows.account-enabled", PF_UNKNOWN, SAID("[user %s]\nerror=5\n") },
        { "windows.account-lockout", PF_FAIL, SAID("[user %s]\nflags=0x211\n") },
        { "windows.account-lockout", PF_UNKNOWN, SAID("[user %s]\nerror=5\n") },
        { "windows.account-privileged", PF_FAIL, SAID("[groups]\nsids=S-1-5-32-545\n") },
        { "windows.account-privileged", PF_FAIL,
          SAID("[rights]\nallowed=S-1-1-0\ndenied=S-1-5-113\n") },
        { "windows.account-privileged", PF_FAIL, SAID("[rights]\nallowed=S-1-5-21-9-9-9-9\n") },
        { "windows.account-privileged", PF_UNKNOWN, SAID("[rights]\nstatus=0xC0000022\n") },
        { "windows.account-privileged", PF_FAIL,
          SAID("[groups]\nsids=S-1-5-32-544,S-1-5-21-9-9-9-525\n") },
        { "windows.account-privileged", PF_FAIL, NUMBER(NTLM, "RestrictReceivingNTLMTraffic", 2) },
        { "windows.account-privileged", PF_PASS, NUMBER(NTLM, "RestrictReceivingNTLMTraffic", 1) },
        { "windows.account-privileged", PF_UNKNOWN,
          WORD(NTLM, "RestrictReceivingNTLMTraffic", "2") },
        { "windows.account-privileged", PF_UNKNOWN,
          SAID("[groups]\nerror=5\n[administrators]\nerror=5\n") },
        { "windows.vss-service", PF_FAIL, SERVICE("VSS", SERVICE_DISABLED) },
        { "windows.vss-service", PF_FAIL, SERVICE("COMSysApp", SERVICE_DISABLED) },
        { "windows.vss-service", PF_FAIL, NO_SERVICE("swprv") },
        { "windows.vss-provider", PF_FAIL,
          NUMBER(SERVICES "\\Azure Site Recovery VSS Provider", "DeleteFlag", 1) },
        { "windows.vss-provider", PF_WARN, KEY(SERVICES "\\Azure Site Recovery VSS Provider") },
        { "windows.vss-provider", PF_FAIL, NUMBER("SOFTWARE\\" SCRIPT_HOST, "Enabled", 0) },
        { "windows.vss-provider", PF_FAIL,
          NUMBER("SOFTWARE\\Wow6432Node\\" SCRIPT_HOST, "Enabled", 0) },
        { "windows.vss-provider", PF_UNKNOWN,
          .changes = { { "SOFTWARE\\" SCRIPT_HOST, "Enabled", ASKS_OF_TYPE, REG_DWORD, NULL } } },
        { "windows.vss-provider", PF_FAIL,
          NUMBER(SERVICES "\\VSS\\VssAccessControl", "NT AUTHORITY\\SYSTEM", 0) },
        { "windows.vss-provider", PF_UNKNOWN,
          KEY(POLICIES "\\Windows\\SrpV2\\Script\\06dce67b-934c-454f-a263-2515c8796a5d") },
        { "windows.vss-provider", PF_UNKNOWN,
          NUMBER(POLICIES "\\Windows\\Safer\\CodeIdentifiers", "DefaultLevel", 0) },
        { "windows.service-database", PF_FAIL, SAID("[database]\nerror=1055\n") },
        { "windows.service-database", PF_UNKNOWN, SAID("[database]\nerror=5\n") },
        { "windows.service-database", PF_UNKNOWN, NO_SERVICE("VSS") },
        { "windows.service-database", PF_UNKNOWN, .changes = { STARTING } },
        { "windows.services-pending", PF_UNKNOWN, .changes = { STARTING } },
        { "windows.cluster", PF_FAIL, SAID("[cluster]\nstate=1\n") },
        { "windows.cluster", PF_UNKNOWN, SAID("[cluster]\nerror=5\n") },
        { "space.copy", PF_FAIL, .needs_much = true },
        { "space.install", PF_FAIL, .needs_much = true },
        { "disk.boot-disk", PF_FAIL, SAID("[disk 0]\nid=1\npartitions=07:0:0:9\n") },
        { "disk.boot-disk", PF_UNKNOWN, SAID("[disk 0]\nerror=5\n") },
        { "disk.boot-disk-unique", PF_FAIL, SAID(SECOND_DISK "partitions=07:1:0:9\n") },
        { "disk.boot-disk-unique", PF_UNKNOWN, SAID(SECOND_DISK "error=5\n") },
        { "disk.boot-system-same", PF_WARN,
          SAID(SECOND_DISK "partitions=07:0:0:9\n[volume]\nextents=1:0:9\n") },
        { "disk.boot-system-same", PF_UNKNOWN, SAID("[volume]\nextents=\n") },
        { "disk.system-span", PF_FAIL, SAID("[volume]\nextents=0:0:9,1:0:9\n") },
        { "disk.system-span", PF_UNKNOWN, SAID("[volume]\nerror=1\n") },
        { "disk.filesystems", PF_FAIL,
          SAID("[disk 0]\nid=1\nsize=68719476736\npartitions=42:1:0:9\n") },
        { "disk.filesystems", PF_FAIL,
          SAID("[disk 0]\nid=1\nsize=68719476736\nsector=4096\npartitions=07:1:0:9\n") },
        { "disk.filesystems", PF_UNKNOWN,
          SAID("[disk 0]\nid=1\npartitions=07:1:0:9\ngeometryError=5\n") },
        { "disk.identity-unique", PF_WARN,
          SAID(SECOND_DISK "[disk 0]\nid=1\nsize=68719476736\npartitions=07:1:0:9\n") },
        { "windows.remote-uac", PF_FAIL, NUMBER(UAC, "LocalAccountTokenFilterPolicy", 0) },
        { "windows.remote-uac", PF_FAIL, NO_VALUE(UAC, "LocalAccountTokenFilterPolicy") },
        { "windows.remote-uac", PF_PASS,
          .changes = { { UAC, "LocalAccountTokenFilterPolicy", ASKS_DWORD, 0, NULL },
                       { UAC, "EnableLUA", ASKS_DWORD, 0, NULL } } },
        { "windows.remote-uac", PF_UNKNOWN, WORD(UAC, "EnableLUA", "on") },
        { "windows.boot-drivers", PF_FAIL, NO_KEY("SYSTEM\\ControlSet001\\Services\\vmbus") },
        { "windows.boot-drivers", PF_WARN,
          NUMBER("SYSTEM\\ControlSet001\\Services\\storvsc", "Start", 4) },
        { "windows.boot-drivers", PF_UNKNOWN,
          WORD("SYSTEM\\ControlSet001\\Services\\atapi", "Start", "0") },
        { "windows.antivirus", PF_WARN,
          NO_VALUE(DEFENDER "\\Exclusions\\Paths", "C:\\ProgramData\\ASR\\agent") },
        { "windows.antivirus", PF_WARN, NUMBER(SERVICES "\\CSFalconService", "Start", 2) },
        { "windows.antivirus", PF_WARN,
          .changes = { { DEFENDER_POLICY, "DisableAntiSpyware", ASKS_DWORD, 1, NULL },
                       { DEFENDER "\\Exclusions\\Paths", "C:\\ProgramData\\ASR\\agent",
                         ASKS_NO_VALUE, 0, NULL } } },
        { "windows.antivirus", PF_PASS,
          .changes = { { "WinDefend", NULL, ASKS_SERVICE, SERVICE_DISABLED, NULL },
                       { DEFENDER "\\Exclusions\\Paths", "C:\\ProgramData\\ASR\\agent",
                         ASKS_NO_VALUE, 0, NULL } } },
        { "windows.installer-log", PF_WARN,
          FILE_OF(LOG, "Error code: -2147023170 [0x800706BE]\r\nExit code: 511\r\n") },
        { "windows.installer-log", PF_FAIL, FILE_OF(LOG, "Exit code: 1618\r\n") },
        { "os.distribution", PF_FAIL, NUMBER(CURRENT, "CurrentMajorVersionNumber", 5) },
        { "os.distribution", PF_UNKNOWN, NUMBER(CURRENT, "CurrentBuild", 17763) },
        { "system.reboot-pending", PF_WARN,
          KEY("SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based "
              "Servicing\\RebootPending") },
        { "system.reboot-pending", PF_WARN,
          .changes = { { CONTROL "\\Session Manager", "PendingFileRenameOperations", ASKS_TEXTS, 0,
                         "\\??\\C:\\x" } } },
        { "agent.leftovers", PF_FAIL, KEY(AGENT_PRODUCT) },
        { "agent.leftovers", PF_FAIL, KEY(SERVICES "\\InDskFlt") },
        { "windows.file-sharing", PF_FAIL, SERVICE("LanmanServer", SERVICE_AUTO_START) },
        { "windows.file-sharing", PF_FAIL, SAID("[share C$]\nerror=2310\n") },
        { "windows.file-sharing", PF_FAIL, SAID("[tcp]\nlisten=135\n") },
        { "windows.file-sharing", PF_FAIL, NO_VALUE(FIREWALL "\\FirewallRules", "FPS-SMB-In-TCP") },
        { "windows.file-sharing", PF_FAIL,
          NUMBER(SERVICES "\\LanmanServer\\Parameters", "SMB2", 0) },
        { "windows.file-sharing", PF_UNKNOWN, SAID("[share C$]\nerror=5\n") },
        { "windows.file-sharing", PF_UNKNOWN, SAID("[tcp]\nerror=5\n") },
        { "windows.wmi", PF_FAIL, CALL(connect, 0x80041002) },
        { "windows.wmi", PF_UNKNOWN, CALL(connect, 0x80041003) },
        { "windows.wmi", PF_FAIL, SERVICE("RpcEptMapper", SERVICE_DISABLED) },
        { "windows.wmi", PF_FAIL, WORD("SOFTWARE\\Microsoft\\Ole", "EnableDCOM", "N") },
        { "windows.wmi", PF_FAIL, NO_VALUE(FIREWALL "\\FirewallRules", "WMI-WINMGMT-In-TCP") },
        { "windows.wmi", PF_UNKNOWN,
          WORD(POLICIES "\\Windows NT\\DCOM", "MachineLaunchRestriction",
               "O:BAG:BAD:(A;;CCDCSW;;;WD)") },
        { "windows.wmi", PF_FAIL,
          WORD(FIREWALL "\\Mdm\\FirewallRules", "hardening",
               "v2.26|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=135|") },
        { "windows.com", PF_FAIL, CALL(populate, 0x8004E00F) },
        { "windows.com", PF_FAIL, CALL(create, 0x800706BE) },
        { "windows.com", PF_UNKNOWN, CALL(get_collection, 0x80070005) },
        { "windows.com", PF_FAIL, NO_KEY("SOFTWARE\\Microsoft\\MSDTC") },
        { "windows.com", PF_FAIL, KEY("Cluster") },
        { "windows.com", PF_FAIL, SERVICE("MSDTC", SERVICE_DISABLED) },
        { "windows.com", PF_PASS, /* which says that it was never started */
          .changes = { { "COMSysApp", NULL, ASKS_NO_SERVICE, 0, NULL },
                       { "COMSysApp", NULL, ASKS_SERVICE, SERVICE_DEMAND_START, NULL } } },
        { "net.interface", PF_FAIL, SAID("[adapters]\nnames=\n") },
        { "net.interface", PF_FAIL, SAID("[adapter Ethernet0]\naddress=169.254.7.7\nprefix=16\n") },
        { "net.interface", PF_FAIL, SAID("[adapter Ethernet0]\ndown=1\naddress=10.0.0.5\n") },
        { "net.interface", PF_FAIL, SAID("[route " SOURCE "]\nerror=1231\n") },
        { "net.interface", PF_UNKNOWN, SAID("[adapters]\nerror=8\n") },
        { "net.ports", PF_FAIL, SAID("[tcp]\nlisten=135\n") },
        { "net.ports", PF_WARN, SAID("[tcp]\nlisten=135,445\nused=15000\n") },
        { "net.ports", PF_UNKNOWN, SAID("[tcp]\nerror=5\n") },
        { "net.resolver", PF_WARN, NO_VALUE(ADAPTER_KEY, "NameServer") },
        { "net.endpoints", PF_FAIL, .server = "127.0.0.1:1" },
        { "system.prerequisites", PF_WARN, SAID("[memory]\nlimit=1024\ntotal=1000\n") },
        { "system.prerequisites", PF_UNKNOWN, SAID("[memory]\nerror=5\n") },
        { "boot.secure-boot", PF_FAIL,
          NUMBER(CONTROL "\\SecureBoot\\State", "UEFISecureBootEnabled", 1) },
        { "system.clock", PF_FAIL, SAID("[clock]\nahead=600\n") },
        { "system.clock", PF_WARN, SERVICE("W32Time", SERVICE_DEMAND_START) },
};

static PfProfile *profile;
static char account[256]; /* as Windows knows who runs this */
static size_t order;      /* the mark behind what puts the machine in order */

static const PfResult *find_result(const PfReport *report, const char *check) {
        for (size_t i = 0; i < report->n; i++)
                if (strcmp(report->results[i].check->id, check) == 0)
                        return &report->results[i];
        return NULL;
}

static void describe(const PfResult *result, char ret[static 4096]) {
        size_t n = (size_t) snprintf(ret, 4096, "%s: %s", pf_verdict_to_string(result->verdict),
                                     result->summary);

        for (size_t i = 0; i < result->n_evidence && n < 4096; i++)
                n += (size_t) snprintf(ret + n, 4096 - n, "\n  %s %s (%s)",
                                       result->evidence[i].path ? result->evidence[i].path : "",
                                       result->evidence[i].found ? result->evidence[i].found : "-",
                                       result->evidence[i].expected ? result->evidence[i].expected
                                                                    : "");
}

/* More room than any disk has. */
static PfProfile greedy(void) {
        PfProfile copy = *profile;

        copy.copy_bytes = INT64_MAX;
        copy.windows_install_bytes = INT64_MAX;
        return copy;
}

/* A server on this machine, which takes connections as long as the test runs. */
static char listening[32];

static void listen_here(void) {
        struct sockaddr_in name = { .sin_family = AF_INET };
        int n = sizeof(name);
        WSADATA data;
        SOCKET s;

        ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
        s = socket(AF_INET, SOCK_STREAM, 0);
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ck_assert_int_eq(bind(s, (struct sockaddr *) &name, n), 0);
        ck_assert_int_eq(listen(s, 16), 0);
        ck_assert_int_eq(getsockname(s, (struct sockaddr *) &name, &n), 0);
        (void) snprintf(listening, sizeof(listening), "127.0.0.1:%u", ntohs(name.sin_port));
}

static void expect(const char *check, PfVerdict verdict, bool needs_much, const char *server) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *machine = asks_machine();
        const PfProbe *probe = pf_probe_find(check, PF_PLATFORM_WINDOWS);
        char name[600], computer[256], text[4096];
        PF_AUTO_REPORT PfReport report = { 0 };
        const PfResult *result;
        DWORD n = sizeof(computer);
        PfErr err = { 0 };
        const PfProfile much = greedy();
        char *servers[] = { (char *) (server ? server : listening) };
        const PfStrv endpoints = { .items = servers, .n = 1 };
        PfDemand demand = { .profile = needs_much ? &much : profile,
                            .agent_version = profile->agent_version,
                            .account = name,
                            .source = SOURCE,
                            .endpoints = &endpoints };
        int r;

        ck_assert(GetComputerNameA(computer, &n));
        (void) snprintf(name, sizeof(name), "%s\\%s", computer, account);
        ck_assert_msg(probe, "nobody answers %s", check);
        r = probe->run(machine, &demand, &report, &err);
        result = find_result(&report, check);
        if (!result) {
                ck_assert_msg(verdict == PF_UNKNOWN && r < 0, "%s: no answer: %d, %s", check, r,
                              err.text);
                return;
        }
        describe(result, text);
        ck_assert_msg(result->verdict == verdict, "%s should %s: %s", check,
                      pf_verdict_to_string(verdict), text);
}

/* What the case before has changed is as it was, though it failed. */
static void begin(const char *first) {
        static char said[16384];
        const size_t n = (size_t) snprintf(said, sizeof(said), first ? first : "", account);

        (void) snprintf(said + n, sizeof(said) - n,
                        SAID_ACCOUNT SAID_NETWORK SAID_DISKS SAID_DOMAIN SAID_REST, account);
        asks_say(said);
        asks_state_restore(order);
        classes_give_back();
        classes_take(CLASSES_CATALOGUE | CLASSES_FIREWALL);
        classes_say.profiles = PF_FIREWALL_DOMAIN;
}

/* The machine is in order, and every check that a case has says so. */
START_TEST(good) {
        if (_i > 0 && strcmp(cases[_i].check, cases[_i - 1].check) == 0)
                return; /* answered */
        begin(NULL);
        expect(cases[_i].check, PF_PASS, false, NULL);
}
END_TEST

START_TEST(changed) {
        const Case *at = &cases[_i];

        begin(at->said);
        for (size_t i = 0; i < CHANGES_MAX && at->changes[i].path; i++)
                asks_state_set(&at->changes[i]);
        if (at->call == &classes_say.connect)
                classes_take(CLASSES_ALL);
        if (at->call)
                *at->call = at->hresult;
        expect(at->check, at->verdict, at->needs_much, at->server);
}
END_TEST

/* The 30 s that the service manager itself waits have to be over. */
START_TEST(hung) {
        static const AsksState hanging = STARTING;

        if (!getenv("PF_FULL")) {
                pf_test_skip("takes 33 s: PF_FULL=1");
                return;
        }
        begin(NULL);
        asks_state_set(&hanging);
        Sleep(31000);
        expect("windows.services-pending", PF_FAIL, false, NULL);
        expect("windows.service-database", PF_FAIL, false, NULL);
}
END_TEST

/* Each check of Windows is among the cases. */
START_TEST(all_of_them) {
        for (size_t i = 0; i < pf_n_probes; i++)
                for (size_t k = 0; k < pf_probes[i]->n_checks; k++) {
                        const char *check = pf_probes[i]->checks[k].id;
                        bool is_there = false;

                        for (size_t n = 0; n < PF_ELEMENTS(cases); n++)
                                is_there |= strcmp(cases[n].check, check) == 0;
                        ck_assert_msg(is_there, "no case has %s", check);
                }
}
END_TEST

/* Whether an account is the one that is built in, its number says; this one is not. */
static const AsksState *own_name(void) {
        static char path[512];
        static AsksState state = { path, "", ASKS_OF_TYPE, 1001, NULL };
        DWORD n = sizeof(account);

        if (!GetUserNameA(account, &n))
                return NULL;
        (void) snprintf(path, sizeof(path), "SAM\\SAM\\Domains\\Account\\Users\\Names\\%s",
                        account);
        return &state;
}

/* Of the test, not of one case. */
START_TEST(put_in_order) {
        PfErr err = { 0 };

        listen_here();
        ck_assert_int_eq(pf_profile_embedded("asr-mobility", &profile, &err), 0);
        asks_state_set(own_name());
        for (size_t i = 0; i < PF_ELEMENTS(in_order); i++)
                asks_state_set(&in_order[i]);
        order = asks_state_mark();
}
END_TEST

START_TEST(put_back) {
        asks_say(NULL);
        classes_give_back();
        asks_state_restore(0);
        profile = pf_profile_unref(profile);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("asks-checks");

        if (CoInitializeEx(NULL, COINIT_MULTITHREADED) != S_OK)
                return 99;
        PF_TEST(suite, all_of_them);
        PF_TEST(suite, put_in_order);
        PF_TEST_LOOP(suite, good, PF_ELEMENTS(cases));
        PF_TEST_LOOP(suite, changed, PF_ELEMENTS(cases));
        PF_TEST(suite, hung);
        PF_TEST(suite, put_back);
        return pf_test_main(suite);
}
