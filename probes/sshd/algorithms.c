/* SPDX-License-Identifier: MIT */
/*
 * Stage algorithms: would a client and this server find a key exchange, a host
 * key, a cipher and a MAC that both know?
 *
 * Two clients are known. The one that decides is OpenSSH's own, as any admin or
 * newer installer has it. The push installer is best known as libssh2 1.10.0:
 * where that alone could not, it is a warning. Where it alone could, a line of
 * the configuration that keeps the other out fails, and what an old server has
 * by itself is a warning.
 */
#include "probes/sshd/stages.h"

#include <string.h>

#include "probes/parse/ssh-key.h"

typedef enum Class { KEX, HOST_KEY, CIPHER, MAC, N_CLASSES } Class;

static const struct {
        const char *keyword;
        const char *what;
} classes[N_CLASSES] = {
        [KEX] = { "kexalgorithms", "key exchange" },
        [HOST_KEY] = { "hostkeyalgorithms", "host key algorithm" },
        [CIPHER] = { "ciphers", "cipher" },
        [MAC] = { "macs", "MAC" },
};

/* What a client offers, in its order, where the cipher's is that of its choice. */
typedef struct Client {
        const char *name;
        const char *offers[N_CLASSES];
} Client;

/* `ssh -G` of OpenSSH 9.2p1 without configuration; certificates left out, since no
 * server has a certificate alone. */
static const Client openssh = {
        "OpenSSH 9.2",
        { [KEX] = "sntrup761x25519-sha512@openssh.com,sntrup761x25519-sha512,curve25519-sha256,"
                  "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
                  "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,"
                  "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
                  "diffie-hellman-group14-sha256",
          [HOST_KEY] = "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
                       "rsa-sha2-512,rsa-sha2-256",
          [CIPHER] = "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,"
                     "aes128-gcm@openssh.com,aes256-gcm@openssh.com",
          [MAC] = "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,"
                  "hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,"
                  "umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1" }
};

/* libssh2 1.10.0 on OpenSSL 1.1.1: its documented methods, libssh2_session_method_pref(3). */
static const Client libssh2 = {
        "libssh2 1.10.0",
        { [KEX] = "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,curve25519-sha256,"
                  "curve25519-sha256@libssh.org,diffie-hellman-group-exchange-sha256,"
                  "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
                  "diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,"
                  "diffie-hellman-group1-sha1,diffie-hellman-group-exchange-sha1",
          [HOST_KEY] = "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-ed25519,"
                       "ssh-rsa,ssh-dss",
          [CIPHER] = "aes256-ctr,aes192-ctr,aes128-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,"
                     "aes192-cbc,aes128-cbc,blowfish-cbc,arcfour128,arcfour,cast128-cbc,3des-cbc",
          [MAC] = "hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-md5-96,"
                  "hmac-ripemd160,hmac-ripemd160@openssh.com" }
};

/* --- names in lists --- */

typedef struct Name {
        const char *text;
        size_t n; /* 0: none */
} Name;

/* The name at *@at; moves on behind it. */
static Name next_name(const char **at) {
        Name name = { *at, strcspn(*at, ",") };

        *at += name.n + ((*at)[name.n] == ',');
        return name;
}

static bool is_name(Name name, const char *text) {
        return name.n == strlen(text) && memcmp(name.text, text, name.n) == 0;
}

static bool begins_with(Name name, const char *prefix) {
        return name.n >= strlen(prefix) && memcmp(name.text, prefix, strlen(prefix)) == 0;
}

static bool list_has(const char *list, Name wanted) {
        while (*list) {
                Name name = next_name(&list);

                if (name.n == wanted.n && memcmp(name.text, wanted.text, name.n) == 0)
                        return true;
        }
        return false;
}

/* --- host keys --- */

/* By PfSshKeyType: is there one? */
typedef struct Keys {
        bool has[PF_SSH_KEY_OTHER + 1];
} Keys;

static const struct {
        const char *prefix; /* of its algorithms */
        PfSshKeyType type;
} key_algorithms[] = {
        { "ssh-ed25519", PF_SSH_KEY_ED25519 }, { "ecdsa-sha2-", PF_SSH_KEY_ECDSA },
        { "rsa-sha2-", PF_SSH_KEY_RSA },       { "ssh-rsa", PF_SSH_KEY_RSA },
        { "ssh-dss", PF_SSH_KEY_DSA },
};

static bool have_key_for(const Keys *keys, Name algorithm) {
        if (keys->has[PF_SSH_KEY_UNKNOWN])
                return true;
        for (size_t i = 0; i < PF_ELEMENTS(key_algorithms); i++)
                if (begins_with(algorithm, key_algorithms[i].prefix))
                        return keys->has[key_algorithms[i].type];
        return false;
}

static bool is_long_enough(const PfSshdRoom *room, const PfSshKey *key) {
        const char *text = pf_sshd_effective_text(room->look->effective, "requiredrsasize");

        return key->type != PF_SSH_KEY_RSA || key->bits == 0 || !text ||
               key->bits >= strtoul(text, NULL, 10);
}

/* Return: 0; PF_TARGET_ABSENT; or a negative errno with a text. */
static int look_at_key(const PfSshdRoom *room, const char *path, Keys *keys, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_SECRET_BUF_INIT(PF_SSH_KEY_FILE_MAX + 1);
        PfSshKey key = { 0 };
        int r;

        if (path[0] != '/')
                return PF_TARGET_ABSENT; /* "none" */
        r = pf_target_read(room->target, path, PF_SSH_KEY_FILE_MAX, &buf, err);
        if (r == 0)
                r = pf_ssh_key_parse(buf.data ? buf.data : "", buf.n, &key);
        if (r == 0 && !key.is_encrypted && is_long_enough(room, &key))
                keys->has[key.type] = true;
        return r;
}

/* Where no key can be looked at, any may be there: whether there is one at all is
 * the question of another stage. */
static int look_at_keys(const PfSshdRoom *room, Keys *keys) {
        const PfSshdSetting *setting = pf_sshd_effective_get(room->look->effective, "hostkey");
        bool has_any = false;

        for (size_t i = 0; setting && i < setting->n_values; i++) {
                PfErr ignored = { 0 };
                int r = look_at_key(room, setting->values[i].text, keys, &ignored);

                if (r == -ENOMEM)
                        return r;
                keys->has[PF_SSH_KEY_UNKNOWN] |= r < 0;
        }
        for (size_t i = 0; i < PF_ELEMENTS(keys->has); i++)
                has_any |= keys->has[i];
        keys->has[PF_SSH_KEY_UNKNOWN] |= !has_any;
        return 0;
}

/* --- what both know --- */

/* The first name of the client's that the server has as well. A class that this
 * version has no setting for never fails. */
static bool agree(const PfSshdRoom *room, const Client *client, const Keys *keys, Class class,
                  Name *ret) {
        const char *offer = client->offers[class];
        const PfSshdSetting *setting =
                pf_sshd_effective_get(room->look->effective, classes[class].keyword);

        *ret = (Name){ "", 0 };
        if (!setting)
                return true;
        while (*offer) {
                Name name = next_name(&offer);

                if (!list_has(pf_sshd_text_of(setting), name) ||
                    (class == HOST_KEY && !have_key_for(keys, name)))
                        continue;
                *ret = name;
                return true;
        }
        return false;
}

/* These need no MAC beside them: RFC 5647, OpenSSH's PROTOCOL. */
static bool authenticates(Name cipher) {
        return is_name(cipher, "chacha20-poly1305@openssh.com") ||
               is_name(cipher, "aes128-gcm@openssh.com") ||
               is_name(cipher, "aes256-gcm@openssh.com");
}

/* The first class in which they have nothing in common, or N_CLASSES. */
static Class find_gap(const PfSshdRoom *room, const Client *client, const Keys *keys) {
        for (Class class = KEX; class < MAC; class ++) {
                Name name;

                if (!agree(room, client, keys, class, &name))
                        return class;
                if (class == CIPHER && authenticates(name))
                        return N_CLASSES;
        }
        return agree(room, client, keys, MAC, &(Name){ 0 }) ? N_CLASSES : MAC;
}

/* --- the answer --- */

static const PfSshdSetting *setting_of(const PfSshdRoom *room, Class class) {
        return pf_sshd_effective_get(room->look->effective, classes[class].keyword);
}

static void add_evidence(const PfSshdRoom *room, const Client *client, Class class) {
        const PfSshdSetting *setting = setting_of(room, class);
        const PfSshdLine *line = setting->n_values ? setting->values[0].line : NULL;
        PF_AUTO_BUF PfBuf expected = PF_BUF_INIT(2048);

        if (pf_buf_printf(&expected, "one of %s", client->offers[class]) < 0)
                return;
        pf_sshd_evidence_of(room, setting, 0, expected.data);
        if (line)
                (void) pf_report_remedy(room->report,
                                        "remove line %u of %s, so that the default holds, or add "
                                        "a %s of the client to it, then reload sshd",
                                        line->number, line->path, classes[class].what);
        else
                (void) pf_report_remedy(room->report, "%s",
                                        class == HOST_KEY ? "make the missing host keys: "
                                                            "ssh-keygen -A, then restart sshd"
                                                          : "update the SSH server");
}

static void answer_gap(const PfSshdRoom *room, const PfCheck *stage, Class class, Class other) {
        bool only_here = other == N_CLASSES;

        if (only_here && setting_of(room, class)->is_default)
                (void) pf_report_warn(room->report, stage,
                                      "%s has no %s in common with this server; the installer's "
                                      "client, if it is %s, has",
                                      openssh.name, classes[class].what, libssh2.name);
        else
                (void) pf_report_fail(room->report, stage,
                                      "%s%s no %s in common with this server%s%s", openssh.name,
                                      only_here ? " has" : " and older clients have",
                                      classes[class].what, only_here ? ", though it has with " : "",
                                      only_here ? libssh2.name : "");
        if (room->report->results[room->report->n - 1].verdict == PF_FAIL)
                pf_report_reason(room->report, "kex");
        add_evidence(room, &openssh, class);
}

int pf_sshd_stage_algorithms(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        Keys keys = { 0 };
        Class gap;
        Class old_gap;
        int r = look_at_keys(room, &keys);
        (void) err;

        if (r < 0)
                return r;
        gap = find_gap(room, &openssh, &keys);
        old_gap = find_gap(room, &libssh2, &keys);
        if (gap != N_CLASSES) {
                answer_gap(room, stage, gap, old_gap);
        } else if (old_gap != N_CLASSES) {
                (void) pf_report_warn(room->report, stage,
                                      "the installer's client, if it is %s, has no %s in common "
                                      "with this server; %s has",
                                      libssh2.name, classes[old_gap].what, openssh.name);
                add_evidence(room, &libssh2, old_gap);
        } else {
                (void) pf_report_pass(room->report, stage,
                                      "the server has algorithms that every known client has");
        }
        return 0;
}
