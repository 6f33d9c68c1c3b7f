/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The keywords of sshd_config: which name means which setting in which version
 * and build, where it may stand, and how its arguments are read; and the
 * settings behind them, in the order in which `sshd -T` prints them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "probes/parse/sshd-version.h"

/* Every setting. The first part is in the order of `sshd -T`. */
typedef enum PfSshdKey {
        PF_SSHD_PORT,
        PF_SSHD_ADDRESS_FAMILY,
        PF_SSHD_LISTEN_ADDRESS,
        PF_SSHD_USE_PAM,
        PF_SSHD_PAM_SERVICE_NAME,
        PF_SSHD_LOGIN_GRACE_TIME,
        PF_SSHD_X11_DISPLAY_OFFSET,
        PF_SSHD_MAX_AUTH_TRIES,
        PF_SSHD_MAX_SESSIONS,
        PF_SSHD_CLIENT_ALIVE_INTERVAL,
        PF_SSHD_CLIENT_ALIVE_COUNT_MAX,
        PF_SSHD_REQUIRED_RSA_SIZE,
        PF_SSHD_STREAM_LOCAL_BIND_MASK,
        PF_SSHD_UNUSED_CONNECTION_TIMEOUT,
        PF_SSHD_PERMIT_ROOT_LOGIN,
        PF_SSHD_IGNORE_RHOSTS,
        PF_SSHD_IGNORE_USER_KNOWN_HOSTS,
        PF_SSHD_HOSTBASED_AUTHENTICATION,
        PF_SSHD_HOSTBASED_NAME_FROM_PACKET,
        PF_SSHD_PUBKEY_AUTHENTICATION,
        PF_SSHD_KERBEROS_AUTHENTICATION,
        PF_SSHD_KERBEROS_OR_LOCAL_PASSWD,
        PF_SSHD_KERBEROS_TICKET_CLEANUP,
        PF_SSHD_KERBEROS_UNIQUE_CCACHE,
        PF_SSHD_KERBEROS_USE_KUSEROK,
        PF_SSHD_GSSAPI_ENABLE_K5USERS,
        PF_SSHD_GSSAPI_AUTHENTICATION,
        PF_SSHD_GSSAPI_CLEANUP_CREDENTIALS,
        PF_SSHD_GSSAPI_KEY_EXCHANGE,
        PF_SSHD_GSSAPI_STRICT_ACCEPTOR_CHECK,
        PF_SSHD_GSSAPI_STORE_ON_REKEY,
        PF_SSHD_GSSAPI_KEX_ALGORITHMS,
        PF_SSHD_PASSWORD_AUTHENTICATION,
        PF_SSHD_KBD_INTERACTIVE,
        PF_SSHD_CHALLENGE_RESPONSE,
        PF_SSHD_PRINT_MOTD,
        PF_SSHD_PRINT_LAST_LOG,
        PF_SSHD_X11_FORWARDING,
        PF_SSHD_X11_USE_LOCALHOST,
        PF_SSHD_PERMIT_TTY,
        PF_SSHD_PERMIT_USER_RC,
        PF_SSHD_STRICT_MODES,
        PF_SSHD_TCP_KEEP_ALIVE,
        PF_SSHD_PERMIT_EMPTY_PASSWORDS,
        PF_SSHD_COMPRESSION,
        PF_SSHD_GATEWAY_PORTS,
        PF_SSHD_USE_DNS,
        PF_SSHD_ALLOW_TCP_FORWARDING,
        PF_SSHD_ALLOW_AGENT_FORWARDING,
        PF_SSHD_DISABLE_FORWARDING,
        PF_SSHD_ALLOW_STREAM_LOCAL_FORWARDING,
        PF_SSHD_STREAM_LOCAL_BIND_UNLINK,
        PF_SSHD_USE_PRIVILEGE_SEPARATION,
        PF_SSHD_FINGERPRINT_HASH,
        PF_SSHD_EXPOSE_AUTH_INFO,
        PF_SSHD_REFUSE_CONNECTION,
        PF_SSHD_DEBIAN_BANNER,
        PF_SSHD_PID_FILE,
        PF_SSHD_MODULI_FILE,
        PF_SSHD_XAUTH_LOCATION,
        PF_SSHD_CIPHERS,
        PF_SSHD_MACS,
        PF_SSHD_BANNER,
        PF_SSHD_FORCE_COMMAND,
        PF_SSHD_CHROOT_DIRECTORY,
        PF_SSHD_TRUSTED_USER_CA_KEYS,
        PF_SSHD_REVOKED_KEYS,
        PF_SSHD_SECURITY_KEY_PROVIDER,
        PF_SSHD_AUTHORIZED_PRINCIPALS_FILE,
        PF_SSHD_VERSION_ADDENDUM,
        PF_SSHD_AUTHORIZED_KEYS_COMMAND,
        PF_SSHD_AUTHORIZED_KEYS_COMMAND_USER,
        PF_SSHD_AUTHORIZED_PRINCIPALS_COMMAND,
        PF_SSHD_AUTHORIZED_PRINCIPALS_COMMAND_USER,
        PF_SSHD_HOST_KEY_AGENT,
        PF_SSHD_KEX_ALGORITHMS,
        PF_SSHD_CA_SIGNATURE_ALGORITHMS,
        PF_SSHD_HOSTBASED_ACCEPTED_ALGORITHMS,
        PF_SSHD_HOST_KEY_ALGORITHMS,
        PF_SSHD_PUBKEY_ACCEPTED_ALGORITHMS,
        PF_SSHD_RDOMAIN,
        PF_SSHD_SSHD_SESSION_PATH,
        PF_SSHD_SSHD_AUTH_PATH,
        PF_SSHD_PER_SOURCE_PENALTY_EXEMPT_LIST,
        PF_SSHD_LOG_LEVEL,
        PF_SSHD_SYSLOG_FACILITY,
        PF_SSHD_AUTHORIZED_KEYS_FILE,
        PF_SSHD_HOST_KEY,
        PF_SSHD_HOST_CERTIFICATE,
        PF_SSHD_ALLOW_USERS,
        PF_SSHD_DENY_USERS,
        PF_SSHD_ALLOW_GROUPS,
        PF_SSHD_DENY_GROUPS,
        PF_SSHD_ACCEPT_ENV,
        PF_SSHD_SET_ENV,
        PF_SSHD_AUTHENTICATION_METHODS,
        PF_SSHD_LOG_VERBOSE,
        PF_SSHD_CHANNEL_TIMEOUT,
        PF_SSHD_SUBSYSTEM,
        PF_SSHD_MAX_STARTUPS,
        PF_SSHD_PER_SOURCE_MAX_STARTUPS,
        PF_SSHD_PER_SOURCE_NET_BLOCK_SIZE,
        PF_SSHD_PERMIT_TUNNEL,
        PF_SSHD_IP_QOS,
        PF_SSHD_REKEY_LIMIT,
        PF_SSHD_PERMIT_OPEN,
        PF_SSHD_PERMIT_LISTEN,
        PF_SSHD_PERMIT_USER_ENVIRONMENT,
        PF_SSHD_PUBKEY_AUTH_OPTIONS,
        PF_SSHD_PER_SOURCE_PENALTIES,

        /* Settings that sshd keeps and does not print. */
        PF_SSHD_N_PRINTED,
        PF_SSHD_SHOW_PATCH_LEVEL = PF_SSHD_N_PRINTED,
        PF_SSHD_EXPOSE_METHODS,

        /* Parts, each with a first line of its own, of what is printed as one. */
        PF_SSHD_REKEY_INTERVAL,
        PF_SSHD_PENALTY_CRASH,
        PF_SSHD_PENALTY_AUTHFAIL,
        PF_SSHD_PENALTY_NOAUTH,
        PF_SSHD_PENALTY_GRACE_EXCEEDED,
        PF_SSHD_PENALTY_REFUSE_CONNECTION,
        PF_SSHD_PENALTY_MAX,
        PF_SSHD_PENALTY_MIN,
        PF_SSHD_PENALTY_MAX_SOURCES4,
        PF_SSHD_PENALTY_MAX_SOURCES6,
        PF_SSHD_PENALTY_OVERFLOW,
        PF_SSHD_PENALTY_OVERFLOW6,

        PF_SSHD_N_KEYS,
        PF_SSHD_NO_KEY = PF_SSHD_N_KEYS,
} PfSshdKey;

/* How the arguments of a keyword are read; sshd-arguments.c has a function for each. */
typedef enum PfSshdKind {
        PF_SSHD_KIND_FLAG,
        PF_SSHD_KIND_CHOICE, /* one of a few words, by setting */
        PF_SSHD_KIND_TIME,
        PF_SSHD_KIND_TIME_OR_NONE,
        PF_SSHD_KIND_INTEGER,
        PF_SSHD_KIND_PORT,
        PF_SSHD_KIND_LISTEN,
        PF_SSHD_KIND_FILE,
        PF_SSHD_KIND_HOST_FILE, /* one more for each line */
        PF_SSHD_KIND_TILDE_FILE,
        PF_SSHD_KIND_WORD,
        PF_SSHD_KIND_COMMAND,
        PF_SSHD_KIND_REST, /* of the line, as it stands */
        PF_SSHD_KIND_ADDENDUM,
        PF_SSHD_KIND_ALGORITHMS,
        PF_SSHD_KIND_GSS_KEX,
        PF_SSHD_KIND_USERS,
        PF_SSHD_KIND_GROUPS,
        PF_SSHD_KIND_WORDS,
        PF_SSHD_KIND_ACCEPT_ENV,
        PF_SSHD_KIND_SET_ENV,
        PF_SSHD_KIND_METHODS,
        PF_SSHD_KIND_CHANNEL_TIMEOUT,
        PF_SSHD_KIND_KEY_FILES,
        PF_SSHD_KIND_SUBSYSTEM,
        PF_SSHD_KIND_STARTUPS,
        PF_SSHD_KIND_SOURCE_STARTUPS,
        PF_SSHD_KIND_BLOCK_SIZE,
        PF_SSHD_KIND_PENALTIES,
        PF_SSHD_KIND_EXEMPT,
        PF_SSHD_KIND_QOS,
        PF_SSHD_KIND_REKEY,
        PF_SSHD_KIND_OPEN,
        PF_SSHD_KIND_USER_ENVIRONMENT,
        PF_SSHD_KIND_PUBKEY_OPTIONS,
        PF_SSHD_KIND_MASK,
        PF_SSHD_KIND_RDOMAIN,
        PF_SSHD_KIND_INCLUDE,
        PF_SSHD_KIND_MATCH,
        PF_SSHD_KIND_DEPRECATED,
        PF_SSHD_KIND_UNSUPPORTED,
        PF_SSHD_KIND_IGNORED,
        PF_SSHD_N_KINDS,
} PfSshdKind;

typedef struct PfSshdKeyword {
        const char *name; /* in lower case */
        PfSshdKey key;
        PfSshdKind kind;
        unsigned match_since; /* may stand in a Match block since that version, 0: never */
        unsigned since;       /* versions as major * 100 + minor; 0: always */
        unsigned until;       /* known before that version; 0: still */
        unsigned flavours;    /* bits 1 << PfSshdFlavour; 0: all */
        unsigned features;    /* without them it is "unsupported": a warning only */
} PfSshdKeyword;

#define PF_SSHD_ALWAYS 1 /* as match_since */

/* As major * 100 + minor: to compare with the columns above. */
unsigned pf_sshd_version_number(const PfSshdVersion *version);

/* Does IPQoS take code points alone, and ignore types of service? Upstream since
 * 10.1; Debian has it in its 10.0. */
bool pf_sshd_version_has_dscp_only(const PfSshdVersion *version);

/* The keyword of that name, in any case, or NULL where sshd knows none. */
const PfSshdKeyword *pf_sshd_keyword_find(const PfSshdVersion *version, const char *name);
/* Its kind in this build. */
PfSshdKind pf_sshd_keyword_kind(const PfSshdKeyword *keyword, const PfSshdVersion *version);
bool pf_sshd_keyword_may_match(const PfSshdKeyword *keyword, const PfSshdVersion *version);

/* The setting of a name in any version; PF_SSHD_NO_KEY where there is none. */
PfSshdKey pf_sshd_key_find(const char *name);

typedef enum PfSshdForm {
        PF_SSHD_FORM_VALUE,  /* one line, one value */
        PF_SSHD_FORM_LINES,  /* a line for each value */
        PF_SSHD_FORM_JOINED, /* one line with all values; none where there is no value */
} PfSshdForm;

typedef struct PfSshdKeyInfo {
        const char *name; /* as `sshd -T` prints it */
        PfSshdForm form;
        unsigned since; /* printed since that version */
        unsigned until;
        unsigned flavours;
        unsigned features;
        unsigned match_since; /* a Match block's value counts since that version; 0: never */
} PfSshdKeyInfo;

/* How @key is printed, or NULL where this version or build prints nothing. */
const PfSshdKeyInfo *pf_sshd_key_info(const PfSshdVersion *version, PfSshdKey key);

/* Does the value that a Match block sets for @key replace the global one? */
bool pf_sshd_key_is_copied(const PfSshdVersion *version, PfSshdKey key);

/**
 * pf_sshd_key_default() - what holds where no line sets it
 * NULL: nothing, an empty list; several values of a list are separated by '\n'.
 * Algorithms are not here: sshd-algorithms.h.
 */
const char *pf_sshd_key_default(const PfSshdVersion *version, PfSshdKey key);
