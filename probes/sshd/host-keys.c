/* SPDX-License-Identifier: MIT */
/*
 * Stage host-keys: is there a host key that sshd can use, or will there be one
 * when it starts? Without any it says "no hostkeys available" and ends.
 */
#include "probes/sshd/stages.h"

#include <string.h>
#include <strings.h>

#include "probes/parse/ssh-key.h"
#include "probes/parse/sshd-keywords.h"
#include "probes/sshd/key-makers.h"

#define RSA_BITS_MIN 1024 /* OpenSSH's own limit before RequiredRSASize */

typedef enum KeyState {
        KEY_GOOD,
        KEY_MISSING,
        KEY_OPEN,      /* others may read it */
        KEY_BAD,       /* no private key */
        KEY_ENCRYPTED, /* with a passphrase, which nobody will type in */
        KEY_SHORT,
        KEY_OBSOLETE, /* DSA, where this version has no more of it */
        KEY_NONE,     /* "none", in place of a file */
        N_KEY_STATES,
} KeyState;

static const char *const wanted[N_KEY_STATES] = {
        [KEY_MISSING] = "a private key",
        [KEY_OPEN] = "mode 0600: sshd ignores a key that others may read",
        [KEY_BAD] = "a private key",
        [KEY_ENCRYPTED] = "a key without a passphrase",
        [KEY_SHORT] = "a longer RSA key",
        [KEY_OBSOLETE] = "a key of another type than DSA",
        [KEY_NONE] = "a file",
};

/* Red Hat's sshd lets a group of that name read host keys. */
static bool is_key_group(const PfSshdRoom *room, uint32_t gid) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT((1 << 20) + 1);
        PfErr ignored = { 0 };
        char *rest;

        if (room->look->version.flavour != PF_SSHD_REDHAT ||
            pf_target_read(room->target, "/etc/group", 1 << 20, &buf, &ignored) != 0 || !buf.data)
                return false;
        rest = buf.data;
        for (char *line; (line = strsep(&rest, "\n"));) {
                const char *name = strsep(&line, ":");

                if (!line || strcmp(name, "ssh_keys") != 0)
                        continue;
                (void) strsep(&line, ":");
                return line && strtoul(line, NULL, 10) == gid;
        }
        return false;
}

/* sshd runs as root, and looks at the mode of its own files alone. */
static bool is_open(const PfSshdRoom *room, const PfFileInfo *info) {
        uint32_t mode = info->mode & 077;

        if (info->uid != 0 || mode == 0)
                return false;
        return mode != 040 || !is_key_group(room, info->gid);
}

static unsigned required_bits(const PfSshdEffective *effective) {
        const char *text = pf_sshd_effective_text(effective, "requiredrsasize");
        unsigned long bits = text ? strtoul(text, NULL, 10) : 0;

        return bits > RSA_BITS_MIN ? (unsigned) bits : RSA_BITS_MIN;
}

static KeyState judge_key(const PfSshdRoom *room, const PfSshdEffective *effective,
                          const PfSshKey *key) {
        if (key->is_encrypted)
                return KEY_ENCRYPTED;
        if (key->type == PF_SSH_KEY_RSA && key->bits > 0 && key->bits < required_bits(effective))
                return KEY_SHORT;
        if (key->type == PF_SSH_KEY_DSA && pf_sshd_version_number(&room->look->version) >= 1000)
                return KEY_OBSOLETE;
        return KEY_GOOD;
}

/* Also -EACCES and the like, with a text, where we may not look. */
static int look_at_key(const PfSshdRoom *room, const PfSshdEffective *effective, const char *path,
                       KeyState *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_SECRET_BUF_INIT(PF_SSH_KEY_FILE_MAX + 1);
        PfSshKey key;
        PfFileInfo info;
        int r;

        /* As sshd -T prints the word "none", which takes the defaults away. */
        *ret = KEY_NONE;
        if (strcasecmp(path, "none") == 0 || path[0] != '/')
                return 0;
        *ret = KEY_MISSING;
        r = pf_target_stat(room->target, path, &info, err);
        if (r != 0)
                return r < 0 ? r : 0;
        *ret = is_open(room, &info) ? KEY_OPEN : KEY_BAD;
        if (info.type != PF_FILE_REGULAR || *ret == KEY_OPEN)
                return 0;
        r = pf_target_read(room->target, path, PF_SSH_KEY_FILE_MAX, &buf, err);
        if (r != 0)
                return r == -EFBIG ? 0 : r;
        r = pf_ssh_key_parse(buf.data ? buf.data : "", buf.n, &key);
        if (r == 0)
                *ret = judge_key(room, effective, &key);
        return r < 0 ? r : 0;
}

/* What the keys of one configuration come to. */
typedef struct Keys {
        const PfSshdSetting *setting;
        KeyState *states;
        int *errors; /* negative errno: could not be looked at */
        size_t good; /* the first good one; n_values: none */
        bool any_error;
        PfErr err; /* of the first that could not be looked at */
} Keys;

static void keys_deinit(Keys *keys) {
        free(keys->states);
        free(keys->errors);
}

static int look_at_keys(const PfSshdRoom *room, const PfSshdEffective *effective, Keys *keys) {
        const size_t n = keys->setting->n_values;

        keys->states = calloc(n + 1, sizeof(*keys->states));
        keys->errors = calloc(n + 1, sizeof(*keys->errors));
        if (!keys->states || !keys->errors)
                return -ENOMEM;
        keys->good = n;
        for (size_t i = 0; i < n; i++) {
                keys->errors[i] = look_at_key(room, effective, keys->setting->values[i].text,
                                              &keys->states[i], &keys->err);
                if (keys->errors[i] == -ENOMEM)
                        return -ENOMEM;
                keys->any_error |= keys->errors[i] < 0;
                if (keys->errors[i] == 0 && keys->states[i] == KEY_GOOD && keys->good == n)
                        keys->good = i;
        }
        return 0;
}

/* --- answers --- */

/* The line that names the file, then the file itself; what made a key too short
 * is another line. */
static void evidence_of_key(const PfSshdRoom *room, const PfSshdEffective *effective,
                            const PfSshdValue *value, KeyState state) {
        const PfSshdSetting *size = pf_sshd_effective_get(effective, "requiredrsasize");
        const PfSshdLine *line = value->line;

        if (state == KEY_SHORT && size && size->n_values > 0 && size->values[0].line)
                line = size->values[0].line;
        if (line)
                (void) pf_report_evidence(room->report, room->target, line->path, line->number,
                                          line->text, wanted[state]);
        if (state != KEY_NONE)
                (void) pf_report_evidence(room->report, NULL, value->text, 0, NULL, wanted[state]);
}

static void answer_good(const PfSshdRoom *room, const PfCheck *stage, const PfSshdValue *value) {
        (void) pf_report_pass(room->report, stage, "there is a host key that sshd can use");
        (void) pf_report_evidence(room->report, NULL, value->text, 0, NULL, NULL);
}

static void answer_none(const PfSshdRoom *room, const PfCheck *stage,
                        const PfSshdEffective *effective, const Keys *keys) {
        (void) pf_report_fail(room->report, stage,
                              "sshd does not start: there is no host key that it can use");
        pf_report_reason(room->report, "no-host-keys");
        for (size_t i = 0; i < keys->setting->n_values; i++)
                evidence_of_key(room, effective, &keys->setting->values[i], keys->states[i]);
        (void) pf_report_remedy(room->report, "make the keys: ssh-keygen -A");
}

static void answer_made(const PfSshdRoom *room, const PfCheck *stage, const PfSshdKeyMaker *maker) {
        if (maker->is_certain)
                (void) pf_report_pass(room->report, stage,
                                      "there are no host keys yet; %s makes them at boot",
                                      maker->name);
        else
                (void) pf_report_unknown(room->report, stage,
                                         "there are no host keys; whether %s will make them is "
                                         "not in the image",
                                         maker->name);
        (void) pf_report_evidence(room->report, room->target, maker->path, maker->line, maker->text,
                                  NULL);
}

static bool may_be_made(const Keys *keys) {
        for (size_t i = 0; i < keys->setting->n_values; i++)
                if (keys->states[i] == KEY_MISSING)
                        return true;
        return false;
}

/* sshd would ask an agent for the private half. */
static bool has_agent(const PfSshdEffective *effective) {
        const char *agent = pf_sshd_effective_text(effective, "hostkeyagent");

        return agent && strcasecmp(agent, "none") != 0;
}

static int judge_none(const PfSshdRoom *room, const PfCheck *stage,
                      const PfSshdEffective *effective, const Keys *keys, PfErr *err) {
        PF_CLEANUP(pf_sshd_key_maker_deinit) PfSshdKeyMaker maker = { 0 };
        int r;

        if (keys->any_error) {
                (void) pf_report_unknown(room->report, stage, "%s",
                                         pf_err_text(&keys->err, -EACCES));
                return 0;
        }
        if (has_agent(effective)) {
                (void) pf_report_unknown(room->report, stage,
                                         "the host keys are in an agent (HostKeyAgent), which "
                                         "could not be asked");
                return 0;
        }
        if (may_be_made(keys)) {
                r = pf_sshd_key_maker_find(room, keys->setting, &maker, err);
                if (r < 0)
                        return r;
                if (maker.name) {
                        answer_made(room, stage, &maker);
                        return 0;
                }
        }
        answer_none(room, stage, effective, keys);
        return 0;
}

/* Answers, unless @is_last is false and there is a key: then the next may differ. */
static int judge(const PfSshdRoom *room, const PfCheck *stage, const PfSshdEffective *effective,
                 bool is_last, PfErr *err) {
        PF_CLEANUP(keys_deinit)
        Keys keys = { .setting = pf_sshd_effective_get(effective, "hostkey") };
        int r;

        if (!keys.setting)
                return pf_err_set(err, -EINVAL, "which host keys sshd would use is not known");
        r = look_at_keys(room, effective, &keys);
        if (r < 0)
                return r;
        if (keys.good == keys.setting->n_values)
                return judge_none(room, stage, effective, &keys, err);
        if (is_last)
                answer_good(room, stage, &keys.setting->values[keys.good]);
        return 0;
}

int pf_sshd_stage_host_keys(const PfSshdRoom *room, const PfCheck *stage, PfErr *err) {
        const PfSshdLook *look = room->look;
        const size_t n = room->report->n;
        int r = 0;

        if (look->tested_effective)
                r = judge(room, stage, look->tested_effective, false, err);
        if (r < 0 || room->report->n > n)
                return r;
        return judge(room, stage, look->effective, true, err);
}
