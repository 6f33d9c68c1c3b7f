/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Machines out of the shared corpus of sshd_config: the files of one case in a
 * sandbox, with the accounts that the answers were asked for.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/json.h"
#include "daemon/base/target.h"
#include "probes/parse/sshd-effective.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

#define JSON_MAX (8 << 20)
#define JSON_DEPTH 16

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
                             "azureuser:x:1000:1000::/home/azureuser:/bin/bash\n"
                             "probe:x:2000:2000::/home/probe:/bin/sh\n";
static const char group[] = "root:x:0:\nadm:x:4:azureuser\nwheel:x:10:azureuser\n"
                            "sudo:x:27:azureuser\nazureuser:x:1000:\nprobegroup:x:2000:\n";

static PfTarget *shared_target(void) {
        PfTarget *target = NULL;
        PfErr err = { 0 };

        if (!pf_test_shared()) {
                pf_test_skip("no shared material");
                return NULL;
        }
        ck_assert_msg(pf_target_new(pf_test_shared(), PF_TARGET_DEFAULT, &target, &err) == 0, "%s",
                      err.text);
        return target;
}

static PfJson *read_json(const PfTarget *shared, const char *path) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(JSON_MAX);
        PfJson *json = NULL;
        PfErr err = { 0 };

        ck_assert_msg(pf_target_read(shared, path, JSON_MAX, &buf, &err) == 0, "%s: %s", path,
                      err.text);
        ck_assert_msg(pf_json_parse(buf.data, buf.n, JSON_DEPTH, &json, &err) == 0, "%s: %s", path,
                      err.text);
        return json;
}

/* The machine of one file: where the files lie in the material, and in the box. */
typedef struct PfSshdCase {
        const char *name;
        PfSandbox box;
        PfSshdConfig *conf;
} PfSshdCase;

static void pf_sshd_case_close(PfSshdCase *c) {
        c->conf = pf_sshd_config_free(c->conf);
        pf_sandbox_close(&c->box);
}
#define AUTO_SSHD_CASE PF_CLEANUP(pf_sshd_case_close) PfSshdCase

/* Lines that name algorithms or host keys were left out for the versions. */
static bool is_left_out(const char *line) {
        static const char *const keywords[] = {
                "ciphers",
                "macs",
                "kexalgorithms",
                "hostkey",
                "hostdsakey",
                "hostcertificate",
                "hostkeyalgorithms",
                "pubkeyacceptedkeytypes",
                "pubkeyacceptedalgorithms",
                "hostbasedacceptedkeytypes",
                "hostbasedacceptedalgorithms",
                "casignaturealgorithms",
                "gssapikexalgorithms",
        };

        line += strspn(line, " \t");
        for (size_t i = 0; i < PF_ELEMENTS(keywords); i++)
                if (strncasecmp(line, keywords[i], strlen(keywords[i])) == 0 &&
                    strchr(" \t=\n", line[strlen(keywords[i])]))
                        return true;
        return false;
}

static void leave_out(PfBuf *buf) {
        for (char *line = buf->data; line && *line;) {
                size_t n = strcspn(line, "\n");

                if (is_left_out(line))
                        memset(line, ' ', n);
                line += n + (line[n] == '\n');
        }
}

static void copy_file(const PfTarget *shared, const char *from, PfSshdCase *c, const char *to,
                      bool blanked) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(1 << 20);
        PfErr err = { 0 };

        ck_assert_msg(pf_target_read(shared, from, 1 << 20, &buf, &err) == 0, "%s", err.text);
        if (blanked)
                leave_out(&buf);
        pf_sandbox_write_bytes(&c->box, to, buf.data ? buf.data : "", buf.n);
}

static void copy_tree(const PfTarget *shared, const char *from, PfSshdCase *c, const char *to,
                      bool blanked) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr err = { 0 };
        int r = pf_target_list(shared, from, &names, &err);

        ck_assert_int_ge(r, 0);
        for (size_t i = 0; i < names.n; i++) {
                PF_AUTO_FREE char *source = NULL;
                PF_AUTO_FREE char *place = NULL;
                PfFileInfo info;

                ck_assert_int_gt(asprintf(&source, "%s/%s", from, names.items[i]), 0);
                ck_assert_int_gt(asprintf(&place, "%s/%s", to, names.items[i]), 0);
                ck_assert_int_eq(pf_target_stat(shared, source, &info, &err), 0);
                if (info.type == PF_FILE_DIRECTORY)
                        copy_tree(shared, source, c, place, blanked);
                else
                        copy_file(shared, source, c, place, blanked);
        }
}

static void write_accounts(PfSshdCase *c, const char *other_group) {
        PF_AUTO_FREE char *groups = NULL;

        ck_assert_int_gt(asprintf(&groups, "%s%s%s", group, other_group ? other_group : "",
                                  other_group ? ":x:3000:probe\n" : ""),
                         0);
        pf_sandbox_write(&c->box, "/etc/passwd", passwd);
        pf_sandbox_write(&c->box, "/etc/group", groups);
}

/* NNN.conf, with what stands in NNN.d. */
static void open_file(PfSshdCase *c, const PfTarget *shared, const char *name,
                      const char *other_group, bool blanked) {
        PF_AUTO_FREE char *conf = NULL;
        PF_AUTO_FREE char *directory = NULL;

        *c = (PfSshdCase){ .name = name };
        pf_sandbox_new(&c->box);
        ck_assert_int_gt(asprintf(&conf, "/corpus/sshd/%s", name), 0);
        ck_assert_int_gt(
                asprintf(&directory, "/corpus/sshd/%.*s.d", (int) strcspn(name, "."), name), 0);
        copy_file(shared, conf, c, PF_SSHD_CONFIG_PATH, blanked);
        copy_tree(shared, directory, c, "/etc/ssh/sshd_config.d", blanked);
        write_accounts(c, other_group);
}

static int add_symlink(const char *path, PfJson *text, void *data) {
        PfSshdCase *c = data;

        pf_sandbox_symlink(&c->box, pf_json_string(text), path);
        return 0;
}

/* Qnnn/sshd_config, Qnnn/files, and the links that the answers name. */
static void open_quirk(PfSshdCase *c, const PfTarget *shared, const char *name,
                       const PfJson *quirk) {
        PF_AUTO_FREE char *conf = NULL;
        PF_AUTO_FREE char *files = NULL;

        *c = (PfSshdCase){ .name = name };
        pf_sandbox_new(&c->box);
        ck_assert_int_gt(asprintf(&conf, "/corpus/sshd-quirks/%s/sshd_config", name), 0);
        ck_assert_int_gt(asprintf(&files, "/corpus/sshd-quirks/%s/files", name), 0);
        copy_file(shared, conf, c, PF_SSHD_CONFIG_PATH, false);
        copy_tree(shared, files, c, "", false);
        (void) pf_json_each(pf_json_get(quirk, "symlinks"), add_symlink, c);
        write_accounts(c, NULL);
}

static void load(PfSshdCase *c, const PfSshdVersion *version) {
        PfErr err = { 0 };

        c->conf = pf_sshd_config_free(c->conf);
        ck_assert_msg(pf_sshd_config_load(c->box.target, PF_SSHD_CONFIG_PATH, version, &c->conf,
                                          &err) == 0,
                      "%s: %s", c->name, err.text);
}

/* "user=root,host=…", cut up in @text. */
static PfSshdConnection parse_connection(char *text) {
        PfSshdConnection connection = { .as_test = true };
        char *word;

        while ((word = strsep(&text, ","))) {
                const char *value = strchr(word, '=');

                if (!value)
                        continue;
                value++;
                if (strncmp(word, "user=", 5) == 0)
                        connection.user = value;
                else if (strncmp(word, "host=", 5) == 0)
                        connection.host = value;
                else if (strncmp(word, "addr=", 5) == 0)
                        connection.address = value;
                else if (strncmp(word, "laddr=", 6) == 0)
                        connection.local_address = value;
                else if (strncmp(word, "lport=", 6) == 0)
                        connection.local_port = atoi(value);
        }
        return connection;
}

static PfSshdEffective *evaluate(const PfSshdCase *c, const char *text) {
        PF_AUTO_FREE char *copy = strdup(text);
        PF_AUTO_SSHD_ACCOUNT PfSshdAccount account = { 0 };
        PfSshdConnection connection = parse_connection(copy);
        PfSshdEffective *effective = NULL;
        PfErr err = { 0 };

        if (connection.user) {
                ck_assert_int_eq(
                        pf_sshd_account_read(c->box.target, connection.user, &account, &err), 0);
                connection.groups = account.exists ? &account.groups : NULL;
        }
        ck_assert_int_eq(pf_sshd_config_evaluate(c->conf, &connection, &effective, &err), 0);
        return effective;
}
