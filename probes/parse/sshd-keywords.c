/* SPDX-License-Identifier: MIT */
/*
 * The tables of keywords and settings. Versions are those in which sshd began,
 * or ceased, to behave so: release notes of OpenSSH, and `sshd -T` of 7.4 to 10.0.
 */
#include "probes/parse/sshd-keywords.h"

#include <string.h>

#define DEBIAN (1u << PF_SSHD_DEBIAN)
#define REDHAT (1u << PF_SSHD_REDHAT)
#define SUSE (1u << PF_SSHD_SUSE)
#define DISTRIBUTIONS (DEBIAN | REDHAT | SUSE)
#define PAM PF_SSHD_HAS_PAM
#define KRB5 PF_SSHD_HAS_KRB5
#define GSSAPI PF_SSHD_HAS_GSSAPI
#define GSSKEX (PF_SSHD_HAS_GSSAPI | PF_SSHD_HAS_GSSAPI_KEX)
#define ALWAYS PF_SSHD_ALWAYS

#define KEYWORD(name_, key_, kind_, ...)                                                           \
        { .name = name_, .key = PF_SSHD_##key_, .kind = PF_SSHD_KIND_##kind_, __VA_ARGS__ }
#define MATCH .match_since = ALWAYS
#define GONE(name_, ...) KEYWORD(name_, NO_KEY, DEPRECATED, __VA_ARGS__)
#define NEVER_BUILT(name_, ...) KEYWORD(name_, NO_KEY, UNSUPPORTED, __VA_ARGS__)

static const PfSshdKeyword keywords[] = {
        KEYWORD("usepam", USE_PAM, FLAG, .features = PAM),
        KEYWORD("pamservicename", PAM_SERVICE_NAME, WORD, MATCH, .since = 908, .features = PAM),
        GONE("pamauthenticationviakbdint"),
        KEYWORD("port", PORT, PORT),
        KEYWORD("hostkey", HOST_KEY, HOST_FILE),
        KEYWORD("hostdsakey", HOST_KEY, HOST_FILE),
        KEYWORD("hostkeyagent", HOST_KEY_AGENT, FILE),
        KEYWORD("pidfile", PID_FILE, FILE),
        KEYWORD("modulifile", MODULI_FILE, FILE, .since = 805),
        GONE("serverkeybits"),
        KEYWORD("logingracetime", LOGIN_GRACE_TIME, TIME),
        GONE("keyregenerationinterval"),
        KEYWORD("permitrootlogin", PERMIT_ROOT_LOGIN, CHOICE, MATCH),
        KEYWORD("syslogfacility", SYSLOG_FACILITY, CHOICE),
        KEYWORD("loglevel", LOG_LEVEL, CHOICE, .match_since = 706),
        KEYWORD("logverbose", LOG_VERBOSE, WORDS, MATCH, .since = 805),
        GONE("rhostsauthentication"),
        GONE("rhostsrsaauthentication", MATCH),
        KEYWORD("hostbasedauthentication", HOSTBASED_AUTHENTICATION, FLAG, MATCH),
        KEYWORD("hostbasedusesnamefrompacketonly", HOSTBASED_NAME_FROM_PACKET, FLAG, MATCH),
        KEYWORD("hostbasedacceptedalgorithms", HOSTBASED_ACCEPTED_ALGORITHMS, ALGORITHMS, MATCH,
                .since = 805),
        KEYWORD("hostbasedacceptedkeytypes", HOSTBASED_ACCEPTED_ALGORITHMS, ALGORITHMS, MATCH),
        KEYWORD("hostkeyalgorithms", HOST_KEY_ALGORITHMS, ALGORITHMS),
        GONE("rsaauthentication", MATCH),
        KEYWORD("pubkeyauthentication", PUBKEY_AUTHENTICATION, FLAG, MATCH),
        KEYWORD("pubkeyacceptedalgorithms", PUBKEY_ACCEPTED_ALGORITHMS, ALGORITHMS, MATCH,
                .since = 805),
        KEYWORD("pubkeyacceptedkeytypes", PUBKEY_ACCEPTED_ALGORITHMS, ALGORITHMS, MATCH),
        KEYWORD("pubkeyauthoptions", PUBKEY_AUTH_OPTIONS, PUBKEY_OPTIONS, MATCH, .since = 802),
        KEYWORD("dsaauthentication", PUBKEY_AUTHENTICATION, FLAG),
        KEYWORD("kerberosauthentication", KERBEROS_AUTHENTICATION, FLAG, MATCH, .features = KRB5),
        KEYWORD("kerberosorlocalpasswd", KERBEROS_OR_LOCAL_PASSWD, FLAG, .features = KRB5),
        KEYWORD("kerberosticketcleanup", KERBEROS_TICKET_CLEANUP, FLAG, .features = KRB5),
        KEYWORD("kerberosuniqueccache", KERBEROS_UNIQUE_CCACHE, FLAG, .since = 708,
                .flavours = REDHAT, .features = KRB5),
        KEYWORD("kerberosusekuserok", KERBEROS_USE_KUSEROK, FLAG, MATCH, .flavours = REDHAT,
                .features = KRB5),
        NEVER_BUILT("kerberosgetafstoken"),
        NEVER_BUILT("kerberostgtpassing"),
        NEVER_BUILT("afstokenpassing"),
        KEYWORD("gssapiauthentication", GSSAPI_AUTHENTICATION, FLAG, MATCH, .features = GSSAPI),
        KEYWORD("gssapicleanupcredentials", GSSAPI_CLEANUP_CREDENTIALS, FLAG, .features = GSSAPI),
        KEYWORD("gssapicleanupcreds", GSSAPI_CLEANUP_CREDENTIALS, FLAG, .flavours = DISTRIBUTIONS,
                .features = GSSAPI),
        KEYWORD("gssapistrictacceptorcheck", GSSAPI_STRICT_ACCEPTOR_CHECK, FLAG,
                .features = GSSAPI),
        KEYWORD("gssapikeyexchange", GSSAPI_KEY_EXCHANGE, FLAG, .flavours = DISTRIBUTIONS,
                .features = GSSKEX),
        KEYWORD("gssapistorecredentialsonrekey", GSSAPI_STORE_ON_REKEY, FLAG,
                .flavours = DISTRIBUTIONS, .features = GSSKEX),
        KEYWORD("gssapikexalgorithms", GSSAPI_KEX_ALGORITHMS, GSS_KEX, .since = 800,
                .flavours = DISTRIBUTIONS, .features = GSSKEX),
        KEYWORD("gssapienablek5users", GSSAPI_ENABLE_K5USERS, FLAG, MATCH, .flavours = REDHAT,
                .features = GSSAPI),
        NEVER_BUILT("gssusesessionccache", .flavours = DISTRIBUTIONS),
        NEVER_BUILT("gssapiusesessioncredcache", .flavours = DISTRIBUTIONS),
        KEYWORD("passwordauthentication", PASSWORD_AUTHENTICATION, FLAG, MATCH),
        KEYWORD("kbdinteractiveauthentication", KBD_INTERACTIVE, FLAG, MATCH),
        KEYWORD("challengeresponseauthentication", CHALLENGE_RESPONSE, FLAG, .until = 807),
        KEYWORD("challengeresponseauthentication", KBD_INTERACTIVE, FLAG, MATCH, .since = 807),
        KEYWORD("skeyauthentication", CHALLENGE_RESPONSE, FLAG, .until = 708),
        GONE("skeyauthentication", .since = 708, .until = 807),
        KEYWORD("skeyauthentication", KBD_INTERACTIVE, FLAG, MATCH, .since = 807),
        GONE("checkmail"),
        KEYWORD("listenaddress", LISTEN_ADDRESS, LISTEN),
        KEYWORD("addressfamily", ADDRESS_FAMILY, CHOICE),
        KEYWORD("printmotd", PRINT_MOTD, FLAG),
        KEYWORD("printlastlog", PRINT_LAST_LOG, FLAG),
        KEYWORD("ignorerhosts", IGNORE_RHOSTS, CHOICE, .match_since = 803),
        KEYWORD("ignoreuserknownhosts", IGNORE_USER_KNOWN_HOSTS, FLAG),
        KEYWORD("x11forwarding", X11_FORWARDING, FLAG, MATCH),
        KEYWORD("x11displayoffset", X11_DISPLAY_OFFSET, INTEGER, MATCH),
        KEYWORD("x11uselocalhost", X11_USE_LOCALHOST, FLAG, MATCH),
        KEYWORD("xauthlocation", XAUTH_LOCATION, FILE),
        KEYWORD("strictmodes", STRICT_MODES, FLAG),
        GONE("permitblacklistedkeys", .flavours = DEBIAN),
        KEYWORD("permitemptypasswords", PERMIT_EMPTY_PASSWORDS, FLAG, MATCH),
        KEYWORD("permituserenvironment", PERMIT_USER_ENVIRONMENT, USER_ENVIRONMENT),
        GONE("uselogin"),
        KEYWORD("compression", COMPRESSION, CHOICE),
        KEYWORD("rekeylimit", REKEY_LIMIT, REKEY, MATCH),
        KEYWORD("tcpkeepalive", TCP_KEEP_ALIVE, FLAG),
        KEYWORD("keepalive", TCP_KEEP_ALIVE, FLAG),
        KEYWORD("allowtcpforwarding", ALLOW_TCP_FORWARDING, CHOICE, MATCH),
        KEYWORD("allowagentforwarding", ALLOW_AGENT_FORWARDING, FLAG, MATCH),
        KEYWORD("allowusers", ALLOW_USERS, USERS, MATCH),
        KEYWORD("denyusers", DENY_USERS, USERS, MATCH),
        KEYWORD("allowgroups", ALLOW_GROUPS, GROUPS, MATCH),
        KEYWORD("denygroups", DENY_GROUPS, GROUPS, MATCH),
        KEYWORD("ciphers", CIPHERS, ALGORITHMS),
        KEYWORD("macs", MACS, ALGORITHMS),
        KEYWORD("protocol", NO_KEY, IGNORED),
        KEYWORD("gatewayports", GATEWAY_PORTS, CHOICE, MATCH),
        KEYWORD("subsystem", SUBSYSTEM, SUBSYSTEM, .match_since = 905),
        KEYWORD("maxstartups", MAX_STARTUPS, STARTUPS),
        KEYWORD("persourcemaxstartups", PER_SOURCE_MAX_STARTUPS, SOURCE_STARTUPS, .since = 805),
        KEYWORD("persourcenetblocksize", PER_SOURCE_NET_BLOCK_SIZE, BLOCK_SIZE, .since = 805),
        KEYWORD("persourcepenalties", PER_SOURCE_PENALTIES, PENALTIES, .since = 908),
        KEYWORD("persourcepenaltyexemptlist", PER_SOURCE_PENALTY_EXEMPT_LIST, EXEMPT, .since = 908),
        KEYWORD("maxauthtries", MAX_AUTH_TRIES, INTEGER, MATCH),
        KEYWORD("maxsessions", MAX_SESSIONS, INTEGER, MATCH),
        KEYWORD("banner", BANNER, FILE, MATCH),
        KEYWORD("usedns", USE_DNS, FLAG),
        GONE("verifyreversemapping"),
        GONE("reversemappingcheck"),
        KEYWORD("clientaliveinterval", CLIENT_ALIVE_INTERVAL, TIME, .until = 704),
        KEYWORD("clientaliveinterval", CLIENT_ALIVE_INTERVAL, TIME, MATCH, .since = 704),
        KEYWORD("clientalivecountmax", CLIENT_ALIVE_COUNT_MAX, INTEGER, .until = 704),
        KEYWORD("clientalivecountmax", CLIENT_ALIVE_COUNT_MAX, INTEGER, MATCH, .since = 704),
        KEYWORD("authorizedkeysfile", AUTHORIZED_KEYS_FILE, KEY_FILES, MATCH),
        GONE("authorizedkeysfile2", MATCH),
        KEYWORD("useprivilegeseparation", USE_PRIVILEGE_SEPARATION, CHOICE, .until = 705),
        GONE("useprivilegeseparation", .since = 705),
        KEYWORD("acceptenv", ACCEPT_ENV, ACCEPT_ENV, MATCH),
        KEYWORD("setenv", SET_ENV, SET_ENV, MATCH, .since = 708),
        KEYWORD("permittunnel", PERMIT_TUNNEL, CHOICE, MATCH),
        KEYWORD("permittty", PERMIT_TTY, FLAG, MATCH),
        KEYWORD("permituserrc", PERMIT_USER_RC, FLAG, MATCH),
        KEYWORD("match", NO_KEY, MATCH, MATCH),
        KEYWORD("permitopen", PERMIT_OPEN, OPEN, MATCH),
        KEYWORD("permitlisten", PERMIT_LISTEN, OPEN, MATCH, .since = 708),
        KEYWORD("forcecommand", FORCE_COMMAND, REST, MATCH),
        KEYWORD("chrootdirectory", CHROOT_DIRECTORY, WORD, MATCH),
        KEYWORD("hostcertificate", HOST_CERTIFICATE, HOST_FILE),
        KEYWORD("revokedkeys", REVOKED_KEYS, FILE, MATCH),
        KEYWORD("trustedusercakeys", TRUSTED_USER_CA_KEYS, FILE, MATCH),
        KEYWORD("authorizedprincipalsfile", AUTHORIZED_PRINCIPALS_FILE, TILDE_FILE, MATCH),
        KEYWORD("kexalgorithms", KEX_ALGORITHMS, ALGORITHMS),
        KEYWORD("include", NO_KEY, INCLUDE, MATCH, .since = 802),
        KEYWORD("ipqos", IP_QOS, QOS, MATCH),
        KEYWORD("authorizedkeyscommand", AUTHORIZED_KEYS_COMMAND, COMMAND, MATCH),
        KEYWORD("authorizedkeyscommanduser", AUTHORIZED_KEYS_COMMAND_USER, WORD, MATCH),
        KEYWORD("authorizedkeyscommandrunas", AUTHORIZED_KEYS_COMMAND_USER, WORD, MATCH,
                .until = 706, .flavours = REDHAT),
        KEYWORD("authorizedprincipalscommand", AUTHORIZED_PRINCIPALS_COMMAND, COMMAND, MATCH),
        KEYWORD("authorizedprincipalscommanduser", AUTHORIZED_PRINCIPALS_COMMAND_USER, WORD, MATCH),
        KEYWORD("versionaddendum", VERSION_ADDENDUM, ADDENDUM),
        KEYWORD("authenticationmethods", AUTHENTICATION_METHODS, METHODS, MATCH),
        KEYWORD("streamlocalbindmask", STREAM_LOCAL_BIND_MASK, MASK, MATCH),
        KEYWORD("streamlocalbindunlink", STREAM_LOCAL_BIND_UNLINK, FLAG, MATCH),
        KEYWORD("allowstreamlocalforwarding", ALLOW_STREAM_LOCAL_FORWARDING, CHOICE, MATCH),
        KEYWORD("fingerprinthash", FINGERPRINT_HASH, CHOICE),
        KEYWORD("disableforwarding", DISABLE_FORWARDING, FLAG, MATCH, .since = 704),
        KEYWORD("exposeauthinfo", EXPOSE_AUTH_INFO, FLAG, MATCH, .since = 706),
        KEYWORD("exposeauthenticationmethods", EXPOSE_METHODS, CHOICE, .until = 706,
                .flavours = REDHAT),
        KEYWORD("showpatchlevel", SHOW_PATCH_LEVEL, FLAG, .until = 706, .flavours = REDHAT),
        KEYWORD("rdomain", RDOMAIN, RDOMAIN, MATCH, .since = 707),
        KEYWORD("casignaturealgorithms", CA_SIGNATURE_ALGORITHMS, ALGORITHMS, MATCH, .since = 709),
        KEYWORD("securitykeyprovider", SECURITY_KEY_PROVIDER, FILE, .since = 802),
        KEYWORD("rsaminsize", REQUIRED_RSA_SIZE, INTEGER, MATCH, .since = 800, .flavours = REDHAT),
        KEYWORD("requiredrsasize", REQUIRED_RSA_SIZE, INTEGER, MATCH, .since = 901),
        KEYWORD("requiredrsasize", REQUIRED_RSA_SIZE, INTEGER, MATCH, .since = 800, .until = 901,
                .flavours = REDHAT),
        KEYWORD("channeltimeout", CHANNEL_TIMEOUT, CHANNEL_TIMEOUT, MATCH, .since = 902),
        KEYWORD("unusedconnectiontimeout", UNUSED_CONNECTION_TIMEOUT, TIME_OR_NONE, MATCH,
                .since = 902),
        KEYWORD("sshdsessionpath", SSHD_SESSION_PATH, FILE, .since = 908),
        KEYWORD("sshdauthpath", SSHD_AUTH_PATH, FILE, .since = 1000),
        KEYWORD("refuseconnection", REFUSE_CONNECTION, FLAG, MATCH, .since = 909),
        KEYWORD("debianbanner", DEBIAN_BANNER, FLAG, .flavours = DEBIAN),
};

#define SETTING(key_, name_, ...) [PF_SSHD_##key_] = { .name = name_, __VA_ARGS__ }
#define LINES .form = PF_SSHD_FORM_LINES
#define JOINED .form = PF_SSHD_FORM_JOINED

/* A key without a row is a part of another one, or not printed. */
static const PfSshdKeyInfo settings[PF_SSHD_N_KEYS] = {
        SETTING(PORT, "port", LINES),
        SETTING(ADDRESS_FAMILY, "addressfamily"),
        SETTING(LISTEN_ADDRESS, "listenaddress", LINES),
        SETTING(USE_PAM, "usepam", .features = PAM),
        SETTING(PAM_SERVICE_NAME, "pamservicename", .since = 908, .features = PAM, MATCH),
        SETTING(LOGIN_GRACE_TIME, "logingracetime"),
        SETTING(X11_DISPLAY_OFFSET, "x11displayoffset", MATCH),
        SETTING(MAX_AUTH_TRIES, "maxauthtries", MATCH),
        SETTING(MAX_SESSIONS, "maxsessions", MATCH),
        SETTING(CLIENT_ALIVE_INTERVAL, "clientaliveinterval", MATCH),
        SETTING(CLIENT_ALIVE_COUNT_MAX, "clientalivecountmax", MATCH),
        SETTING(REQUIRED_RSA_SIZE, "requiredrsasize", .since = 901, MATCH),
        SETTING(STREAM_LOCAL_BIND_MASK, "streamlocalbindmask", MATCH),
        SETTING(UNUSED_CONNECTION_TIMEOUT, "unusedconnectiontimeout", .since = 902, MATCH),
        SETTING(PERMIT_ROOT_LOGIN, "permitrootlogin", MATCH),
        SETTING(IGNORE_RHOSTS, "ignorerhosts", .match_since = 803),
        SETTING(IGNORE_USER_KNOWN_HOSTS, "ignoreuserknownhosts"),
        SETTING(HOSTBASED_AUTHENTICATION, "hostbasedauthentication", MATCH),
        SETTING(HOSTBASED_NAME_FROM_PACKET, "hostbasedusesnamefrompacketonly", MATCH),
        SETTING(PUBKEY_AUTHENTICATION, "pubkeyauthentication", MATCH),
        SETTING(KERBEROS_AUTHENTICATION, "kerberosauthentication", .features = KRB5, MATCH),
        SETTING(KERBEROS_OR_LOCAL_PASSWD, "kerberosorlocalpasswd", .features = KRB5),
        SETTING(KERBEROS_TICKET_CLEANUP, "kerberosticketcleanup", .features = KRB5),
        SETTING(KERBEROS_UNIQUE_CCACHE, "kerberosuniqueccache", .since = 708, .flavours = REDHAT,
                .features = KRB5),
        SETTING(KERBEROS_USE_KUSEROK, "kerberosusekuserok", .flavours = REDHAT, .features = KRB5,
                MATCH),
        SETTING(GSSAPI_ENABLE_K5USERS, "gssapienablek5users", .flavours = REDHAT,
                .features = GSSAPI, MATCH),
        SETTING(GSSAPI_AUTHENTICATION, "gssapiauthentication", .features = GSSAPI, MATCH),
        SETTING(GSSAPI_CLEANUP_CREDENTIALS, "gssapicleanupcredentials", .features = GSSAPI),
        SETTING(GSSAPI_KEY_EXCHANGE, "gssapikeyexchange", .flavours = DISTRIBUTIONS,
                .features = GSSKEX),
        SETTING(GSSAPI_STRICT_ACCEPTOR_CHECK, "gssapistrictacceptorcheck",
                .flavours = DISTRIBUTIONS, .features = GSSKEX),
        SETTING(GSSAPI_STORE_ON_REKEY, "gssapistorecredentialsonrekey", .flavours = DISTRIBUTIONS,
                .features = GSSKEX),
        SETTING(GSSAPI_KEX_ALGORITHMS, "gssapikexalgorithms", .since = 800,
                .flavours = DISTRIBUTIONS, .features = GSSKEX),
        SETTING(PASSWORD_AUTHENTICATION, "passwordauthentication", MATCH),
        SETTING(KBD_INTERACTIVE, "kbdinteractiveauthentication", MATCH),
        SETTING(CHALLENGE_RESPONSE, "challengeresponseauthentication", .until = 807),
        SETTING(PRINT_MOTD, "printmotd"),
        SETTING(PRINT_LAST_LOG, "printlastlog"),
        SETTING(X11_FORWARDING, "x11forwarding", MATCH),
        SETTING(X11_USE_LOCALHOST, "x11uselocalhost", MATCH),
        SETTING(PERMIT_TTY, "permittty", MATCH),
        SETTING(PERMIT_USER_RC, "permituserrc", MATCH),
        SETTING(STRICT_MODES, "strictmodes"),
        SETTING(TCP_KEEP_ALIVE, "tcpkeepalive"),
        SETTING(PERMIT_EMPTY_PASSWORDS, "permitemptypasswords", MATCH),
        SETTING(COMPRESSION, "compression"),
        SETTING(GATEWAY_PORTS, "gatewayports", MATCH),
        SETTING(USE_DNS, "usedns"),
        SETTING(ALLOW_TCP_FORWARDING, "allowtcpforwarding", MATCH),
        SETTING(ALLOW_AGENT_FORWARDING, "allowagentforwarding", MATCH),
        SETTING(DISABLE_FORWARDING, "disableforwarding", MATCH, .since = 704),
        SETTING(ALLOW_STREAM_LOCAL_FORWARDING, "allowstreamlocalforwarding", MATCH),
        SETTING(STREAM_LOCAL_BIND_UNLINK, "streamlocalbindunlink", MATCH),
        SETTING(USE_PRIVILEGE_SEPARATION, "useprivilegeseparation", .until = 705),
        SETTING(FINGERPRINT_HASH, "fingerprinthash"),
        SETTING(EXPOSE_AUTH_INFO, "exposeauthinfo", .since = 706, MATCH),
        SETTING(REFUSE_CONNECTION, "refuseconnection", .since = 909, MATCH),
        SETTING(DEBIAN_BANNER, "debianbanner", .since = 905, .flavours = DEBIAN),
        SETTING(PID_FILE, "pidfile"),
        SETTING(MODULI_FILE, "modulifile", .since = 805),
        SETTING(XAUTH_LOCATION, "xauthlocation"),
        SETTING(CIPHERS, "ciphers"),
        SETTING(MACS, "macs"),
        SETTING(BANNER, "banner", MATCH),
        SETTING(FORCE_COMMAND, "forcecommand", MATCH),
        SETTING(CHROOT_DIRECTORY, "chrootdirectory", MATCH),
        SETTING(TRUSTED_USER_CA_KEYS, "trustedusercakeys", MATCH),
        SETTING(REVOKED_KEYS, "revokedkeys", MATCH),
        SETTING(SECURITY_KEY_PROVIDER, "securitykeyprovider", .since = 802),
        SETTING(AUTHORIZED_PRINCIPALS_FILE, "authorizedprincipalsfile", MATCH),
        SETTING(VERSION_ADDENDUM, "versionaddendum"),
        SETTING(AUTHORIZED_KEYS_COMMAND, "authorizedkeyscommand", MATCH),
        SETTING(AUTHORIZED_KEYS_COMMAND_USER, "authorizedkeyscommanduser", MATCH),
        SETTING(AUTHORIZED_PRINCIPALS_COMMAND, "authorizedprincipalscommand", MATCH),
        SETTING(AUTHORIZED_PRINCIPALS_COMMAND_USER, "authorizedprincipalscommanduser", MATCH),
        SETTING(HOST_KEY_AGENT, "hostkeyagent"),
        SETTING(KEX_ALGORITHMS, "kexalgorithms"),
        SETTING(CA_SIGNATURE_ALGORITHMS, "casignaturealgorithms", .since = 709, MATCH),
        SETTING(HOSTBASED_ACCEPTED_ALGORITHMS, "hostbasedacceptedalgorithms", MATCH),
        SETTING(HOST_KEY_ALGORITHMS, "hostkeyalgorithms"),
        SETTING(PUBKEY_ACCEPTED_ALGORITHMS, "pubkeyacceptedalgorithms", MATCH),
        SETTING(RDOMAIN, "rdomain", .since = 707, .until = 803, MATCH),
        SETTING(SSHD_SESSION_PATH, "sshdsessionpath", .since = 908),
        SETTING(SSHD_AUTH_PATH, "sshdauthpath", .since = 1000),
        SETTING(PER_SOURCE_PENALTY_EXEMPT_LIST, "persourcepenaltyexemptlist", .since = 908),
        SETTING(LOG_LEVEL, "loglevel", .match_since = 706),
        SETTING(SYSLOG_FACILITY, "syslogfacility"),
        SETTING(AUTHORIZED_KEYS_FILE, "authorizedkeysfile", JOINED, MATCH),
        SETTING(HOST_KEY, "hostkey", LINES),
        SETTING(HOST_CERTIFICATE, "hostcertificate", LINES),
        SETTING(ALLOW_USERS, "allowusers", LINES, MATCH),
        SETTING(DENY_USERS, "denyusers", LINES, MATCH),
        SETTING(ALLOW_GROUPS, "allowgroups", LINES, MATCH),
        SETTING(DENY_GROUPS, "denygroups", LINES, MATCH),
        SETTING(ACCEPT_ENV, "acceptenv", LINES, MATCH),
        SETTING(SET_ENV, "setenv", LINES, .since = 708, .match_since = 807),
        SETTING(AUTHENTICATION_METHODS, "authenticationmethods", JOINED, MATCH),
        SETTING(LOG_VERBOSE, "logverbose", JOINED, .since = 805, MATCH),
        SETTING(CHANNEL_TIMEOUT, "channeltimeout", JOINED, .since = 902, MATCH),
        SETTING(SUBSYSTEM, "subsystem", LINES, .match_since = 905),
        SETTING(MAX_STARTUPS, "maxstartups"),
        SETTING(PER_SOURCE_MAX_STARTUPS, "persourcemaxstartups", .since = 805),
        SETTING(PER_SOURCE_NET_BLOCK_SIZE, "persourcenetblocksize", .since = 805),
        SETTING(PERMIT_TUNNEL, "permittunnel", MATCH),
        SETTING(IP_QOS, "ipqos", MATCH),
        SETTING(REKEY_LIMIT, "rekeylimit", MATCH),
        SETTING(PERMIT_OPEN, "permitopen", JOINED, MATCH),
        SETTING(PERMIT_LISTEN, "permitlisten", JOINED, .since = 708, MATCH),
        SETTING(PERMIT_USER_ENVIRONMENT, "permituserenvironment"),
        SETTING(PUBKEY_AUTH_OPTIONS, "pubkeyauthoptions", .since = 802, MATCH),
        SETTING(PER_SOURCE_PENALTIES, "persourcepenalties", .since = 908),
        SETTING(REKEY_INTERVAL, NULL, MATCH),
};

/* What older versions call it. */
static const PfSshdKeyInfo former_settings[PF_SSHD_N_KEYS] = {
        SETTING(HOSTBASED_ACCEPTED_ALGORITHMS, "hostbasedacceptedkeytypes", .until = 805, MATCH),
        SETTING(PUBKEY_ACCEPTED_ALGORITHMS, "pubkeyacceptedkeytypes", .until = 805, MATCH),
};

typedef struct Default {
        PfSshdKey key;
        const char *text;
        unsigned until; /* before that version; 0: up to now */
        unsigned flavours;
} Default;

#define KEY_DIRECTORY "/etc/ssh/ssh_host_"
#define DEFAULT(key_, text_, ...)                                                                  \
        { .key = PF_SSHD_##key_, .text = text_, __VA_ARGS__ }

/* The first row that fits holds. */
static const Default defaults[] = {
        DEFAULT(PORT, "22"),
        DEFAULT(ADDRESS_FAMILY, "any"),
        DEFAULT(USE_PAM, "no"),
        DEFAULT(PAM_SERVICE_NAME, "sshd"),
        DEFAULT(LOGIN_GRACE_TIME, "120"),
        DEFAULT(X11_DISPLAY_OFFSET, "10"),
        DEFAULT(MAX_AUTH_TRIES, "6"),
        DEFAULT(MAX_SESSIONS, "10"),
        DEFAULT(CLIENT_ALIVE_INTERVAL, "0"),
        DEFAULT(CLIENT_ALIVE_COUNT_MAX, "3"),
        DEFAULT(REQUIRED_RSA_SIZE, "1024"),
        DEFAULT(STREAM_LOCAL_BIND_MASK, "0177"),
        DEFAULT(UNUSED_CONNECTION_TIMEOUT, "none"),
        DEFAULT(PERMIT_ROOT_LOGIN, "without-password"),
        DEFAULT(IGNORE_RHOSTS, "yes"),
        DEFAULT(IGNORE_USER_KNOWN_HOSTS, "no"),
        DEFAULT(HOSTBASED_AUTHENTICATION, "no"),
        DEFAULT(HOSTBASED_NAME_FROM_PACKET, "no"),
        DEFAULT(PUBKEY_AUTHENTICATION, "yes"),
        DEFAULT(KERBEROS_AUTHENTICATION, "no"),
        DEFAULT(KERBEROS_OR_LOCAL_PASSWD, "yes"),
        DEFAULT(KERBEROS_TICKET_CLEANUP, "yes"),
        DEFAULT(KERBEROS_UNIQUE_CCACHE, "no"),
        DEFAULT(KERBEROS_USE_KUSEROK, "yes"),
        DEFAULT(GSSAPI_ENABLE_K5USERS, "no"),
        DEFAULT(GSSAPI_AUTHENTICATION, "no"),
        DEFAULT(GSSAPI_CLEANUP_CREDENTIALS, "yes"),
        DEFAULT(GSSAPI_KEY_EXCHANGE, "no"),
        DEFAULT(GSSAPI_STRICT_ACCEPTOR_CHECK, "yes"),
        DEFAULT(GSSAPI_STORE_ON_REKEY, "no"),
        DEFAULT(GSSAPI_KEX_ALGORITHMS, "gss-gex-sha1-,gss-group14-sha1-", .until = 804,
                .flavours = DEBIAN),
        DEFAULT(GSSAPI_KEX_ALGORITHMS,
                "gss-group14-sha256-,gss-group16-sha512-,gss-nistp256-sha256-,"
                "gss-curve25519-sha256-,gss-group14-sha1-,gss-gex-sha1-"),
        DEFAULT(PASSWORD_AUTHENTICATION, "yes"),
        /* Up to 8.6 it follows challengeresponseauthentication: sshd-effective.c. */
        DEFAULT(KBD_INTERACTIVE, "no", .until = 807),
        DEFAULT(KBD_INTERACTIVE, "yes"),
        DEFAULT(CHALLENGE_RESPONSE, "yes"),
        DEFAULT(PRINT_MOTD, "yes"),
        DEFAULT(PRINT_LAST_LOG, "yes"),
        DEFAULT(X11_FORWARDING, "no"),
        DEFAULT(X11_USE_LOCALHOST, "yes"),
        DEFAULT(PERMIT_TTY, "yes"),
        DEFAULT(PERMIT_USER_RC, "yes"),
        DEFAULT(STRICT_MODES, "yes"),
        DEFAULT(TCP_KEEP_ALIVE, "yes"),
        DEFAULT(PERMIT_EMPTY_PASSWORDS, "no"),
        DEFAULT(COMPRESSION, "delayed", .until = 705),
        DEFAULT(COMPRESSION, "yes"),
        DEFAULT(GATEWAY_PORTS, "no"),
        DEFAULT(USE_DNS, "no"),
        DEFAULT(ALLOW_TCP_FORWARDING, "yes"),
        DEFAULT(ALLOW_AGENT_FORWARDING, "yes"),
        DEFAULT(DISABLE_FORWARDING, "no"),
        DEFAULT(ALLOW_STREAM_LOCAL_FORWARDING, "yes"),
        DEFAULT(STREAM_LOCAL_BIND_UNLINK, "no"),
        DEFAULT(USE_PRIVILEGE_SEPARATION, "sandbox"),
        DEFAULT(FINGERPRINT_HASH, "SHA256"),
        DEFAULT(EXPOSE_AUTH_INFO, "no"),
        DEFAULT(REFUSE_CONNECTION, "no"),
        DEFAULT(DEBIAN_BANNER, "yes"),
        DEFAULT(PID_FILE, "/run/sshd.pid", .flavours = DEBIAN | SUSE),
        DEFAULT(PID_FILE, "/var/run/sshd.pid"),
        DEFAULT(MODULI_FILE, "/etc/ssh/moduli"),
        DEFAULT(XAUTH_LOCATION, "/usr/bin/xauth"),
        DEFAULT(BANNER, "none"),
        DEFAULT(FORCE_COMMAND, "none"),
        DEFAULT(CHROOT_DIRECTORY, "none"),
        DEFAULT(TRUSTED_USER_CA_KEYS, "none"),
        DEFAULT(REVOKED_KEYS, "none"),
        DEFAULT(SECURITY_KEY_PROVIDER, "internal"),
        DEFAULT(AUTHORIZED_PRINCIPALS_FILE, "none"),
        DEFAULT(VERSION_ADDENDUM, "none"),
        DEFAULT(AUTHORIZED_KEYS_COMMAND, "none"),
        DEFAULT(AUTHORIZED_KEYS_COMMAND_USER, "none"),
        DEFAULT(AUTHORIZED_PRINCIPALS_COMMAND, "none"),
        DEFAULT(AUTHORIZED_PRINCIPALS_COMMAND_USER, "none"),
        DEFAULT(HOST_KEY_AGENT, "none"),
        DEFAULT(RDOMAIN, "none"),
        DEFAULT(SSHD_SESSION_PATH, "/usr/lib/openssh/sshd-session", .flavours = DEBIAN),
        DEFAULT(SSHD_SESSION_PATH, "/usr/libexec/openssh/sshd-session", .flavours = REDHAT),
        DEFAULT(SSHD_SESSION_PATH, "/usr/libexec/ssh/sshd-session", .flavours = SUSE),
        DEFAULT(SSHD_SESSION_PATH, "/usr/libexec/sshd-session"),
        DEFAULT(SSHD_AUTH_PATH, "/usr/lib/openssh/sshd-auth", .flavours = DEBIAN),
        DEFAULT(SSHD_AUTH_PATH, "/usr/libexec/openssh/sshd-auth", .flavours = REDHAT),
        DEFAULT(SSHD_AUTH_PATH, "/usr/libexec/ssh/sshd-auth", .flavours = SUSE),
        DEFAULT(SSHD_AUTH_PATH, "/usr/libexec/sshd-auth"),
        DEFAULT(PER_SOURCE_PENALTY_EXEMPT_LIST, "none"),
        DEFAULT(LOG_LEVEL, "INFO"),
        DEFAULT(SYSLOG_FACILITY, "AUTH"),
        DEFAULT(AUTHORIZED_KEYS_FILE, ".ssh/authorized_keys\n.ssh/authorized_keys2"),
        DEFAULT(HOST_KEY,
                KEY_DIRECTORY "rsa_key\n" KEY_DIRECTORY "dsa_key\n" KEY_DIRECTORY
                              "ecdsa_key\n" KEY_DIRECTORY "ed25519_key",
                .until = 706),
        DEFAULT(HOST_KEY,
                KEY_DIRECTORY "rsa_key\n" KEY_DIRECTORY "ecdsa_key\n" KEY_DIRECTORY "ed25519_key"),
        DEFAULT(AUTHENTICATION_METHODS, "any"),
        DEFAULT(CHANNEL_TIMEOUT, NULL, .until = 905),
        DEFAULT(CHANNEL_TIMEOUT, "none"),
        DEFAULT(MAX_STARTUPS, "10:30:100"),
        DEFAULT(PER_SOURCE_MAX_STARTUPS, "none"),
        DEFAULT(PER_SOURCE_NET_BLOCK_SIZE, "32:128"),
        DEFAULT(PERMIT_TUNNEL, "no"),
        DEFAULT(IP_QOS, "lowdelay throughput", .until = 708),
        DEFAULT(IP_QOS, "lowdelay throughput", .until = 1000, .flavours = DEBIAN),
        DEFAULT(IP_QOS, "ef cs1", .until = 1001, .flavours = DEBIAN),
        DEFAULT(IP_QOS, "af21 cs1", .until = 1001),
        DEFAULT(IP_QOS, "ef none"),
        DEFAULT(REKEY_LIMIT, "0"),
        DEFAULT(REKEY_INTERVAL, "0"),
        DEFAULT(PERMIT_OPEN, "any"),
        DEFAULT(PERMIT_LISTEN, "any"),
        DEFAULT(PERMIT_USER_ENVIRONMENT, "no"),
        DEFAULT(PUBKEY_AUTH_OPTIONS, "none"),
        DEFAULT(PER_SOURCE_PENALTIES, "yes"),
        DEFAULT(PENALTY_CRASH, "90"),
        DEFAULT(PENALTY_AUTHFAIL, "5"),
        DEFAULT(PENALTY_NOAUTH, "1"),
        DEFAULT(PENALTY_GRACE_EXCEEDED, "20", .until = 909),
        DEFAULT(PENALTY_GRACE_EXCEEDED, "10"),
        DEFAULT(PENALTY_REFUSE_CONNECTION, "10"),
        DEFAULT(PENALTY_MAX, "600"),
        DEFAULT(PENALTY_MIN, "15"),
        DEFAULT(PENALTY_MAX_SOURCES4, "65536"),
        DEFAULT(PENALTY_MAX_SOURCES6, "65536"),
        DEFAULT(PENALTY_OVERFLOW, "permissive"),
};

unsigned pf_sshd_version_number(const PfSshdVersion *version) {
        return version->major * 100 + version->minor;
}

bool pf_sshd_version_has_dscp_only(const PfSshdVersion *version) {
        unsigned since = version->flavour == PF_SSHD_DEBIAN ? 1000 : 1001;

        return pf_sshd_version_number(version) >= since;
}

static bool fits(const PfSshdVersion *version, unsigned since, unsigned until, unsigned flavours) {
        unsigned number = pf_sshd_version_number(version);

        return number >= since && (!until || number < until) &&
               (!flavours || (flavours & (1u << version->flavour)));
}

const PfSshdKeyword *pf_sshd_keyword_find(const PfSshdVersion *version, const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(keywords); i++) {
                const PfSshdKeyword *keyword = &keywords[i];

                /* The first letter tells most apart, and costs no call. */
                if ((*name | 0x20) == *keyword->name && strcasecmp(keyword->name, name) == 0 &&
                    fits(version, keyword->since, keyword->until, keyword->flavours))
                        return keyword;
        }
        return NULL;
}

PfSshdKind pf_sshd_keyword_kind(const PfSshdKeyword *keyword, const PfSshdVersion *version) {
        return (version->features & keyword->features) == keyword->features
                       ? keyword->kind
                       : PF_SSHD_KIND_UNSUPPORTED;
}

bool pf_sshd_keyword_may_match(const PfSshdKeyword *keyword, const PfSshdVersion *version) {
        return keyword->match_since && pf_sshd_version_number(version) >= keyword->match_since;
}

PfSshdKey pf_sshd_key_find(const char *name) {
        for (size_t i = PF_ELEMENTS(keywords); i-- > 0;)
                if (strcasecmp(keywords[i].name, name) == 0)
                        return keywords[i].key;
        return PF_SSHD_NO_KEY;
}

static bool info_fits(const PfSshdKeyInfo *info, const PfSshdVersion *version) {
        return info->name && fits(version, info->since, info->until, info->flavours) &&
               (version->features & info->features) == info->features;
}

const PfSshdKeyInfo *pf_sshd_key_info(const PfSshdVersion *version, PfSshdKey key) {
        if (info_fits(&former_settings[key], version))
                return &former_settings[key];
        return info_fits(&settings[key], version) ? &settings[key] : NULL;
}

bool pf_sshd_key_is_copied(const PfSshdVersion *version, PfSshdKey key) {
        unsigned since = settings[key].match_since;

        return since && pf_sshd_version_number(version) >= since;
}

const char *pf_sshd_key_default(const PfSshdVersion *version, PfSshdKey key) {
        for (size_t i = 0; i < PF_ELEMENTS(defaults); i++)
                if (defaults[i].key == key &&
                    fits(version, 0, defaults[i].until, defaults[i].flavours))
                        return defaults[i].text;
        return NULL;
}
