/* SPDX-License-Identifier: MIT */
/*
 * What an agent leaves on a machine.
 */
#include "probes/system/agent.h"

#include <ctype.h>
#include <string.h>

#include "probes/system/driver.h"

#define VERSION_PATH "/usr/local/.vx_version"
#define FILE_MAX (1u << 20)
#define BUILD_DIGITS 4

/* Where the agent has been seen to leave something, beside its own directory. */
static const char *const places[] = {
        "/etc/vxagent",
        "/usr/local/InMage",
        "/etc/init.d/vxagent",
        "/etc/systemd/system/vxagent.service",
        "/usr/lib/systemd/system/vxagent.service",
        "/lib/systemd/system/vxagent.service",
};

/* What builds the driver into an initramfs. */
static const char *const hooks[] = { "/usr/share/initramfs-tools/hooks/involflt",
                                     "/etc/initramfs-tools/hooks/involflt",
                                     "/usr/lib/dracut/modules.d/90involflt" };

static void keep_reason(PfAgent *agent, const char *path, const char *text) {
        if (agent->reason_path)
                return;
        agent->reason_path = path;
        (void) snprintf(agent->reason, sizeof(agent->reason), "%s", text);
}

static void add_trace(PfAgent *agent, const char *path) {
        if (agent->n_traces < PF_AGENT_TRACES_MAX)
                agent->traces[agent->n_traces++] = path;
}

/* --- what its files say --- */

/* "KEY = value": white space around both goes. */
static bool take_assignment(const PfLines *line, const char *key, char text[PF_SYSTEM_WORD_MAX]) {
        const char *equals = memchr(line->text, '=', line->text_n);
        const char *end = line->text + line->text_n, *at = line->text;
        size_t n_key = strlen(key);

        while (at < end && isblank((unsigned char) *at))
                at++;
        if (!equals || (size_t) (equals - at) < n_key || strncmp(at, key, n_key) != 0)
                return false;
        for (at += n_key; at < equals; at++)
                if (!isblank((unsigned char) *at))
                        return false;
        for (at = equals + 1; at < end && isspace((unsigned char) *at); at++)
                ;
        while (end > at && isspace((unsigned char) end[-1]))
                end--;
        (void) snprintf(text, PF_SYSTEM_WORD_MAX, "%.*s", (int) (end - at), at);
        return true;
}

typedef struct Field {
        const char *key;
        PfAgentText *text;
} Field;

/* Return: as pf_target_read(); an error is also a reason. */
static int read_fields(const PfSystemRoom *room, PfAgent *agent, const char *path,
                       const Field *fields, size_t n) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX);
        PfErr err = { 0 };
        int r = pf_target_read(room->target, path, FILE_MAX, &buf, &err);
        PfLines lines = { .rest = buf.data, .n = buf.n };

        if (r < 0)
                keep_reason(agent, path, pf_err_text(&err, r));
        while (r == 0 && pf_lines_next(&lines))
                for (size_t i = 0; i < n; i++) {
                        PfAgentText *text = fields[i].text;

                        if (*text->text || !take_assignment(&lines, fields[i].key, text->text))
                                continue;
                        text->line = lines.number;
                        text->path = path;
                }
        return r;
}

/* Is it there? Noted as a trace, or as a reason where that is not known. */
static bool is_trace(const PfSystemRoom *room, PfAgent *agent, const char *path) {
        PfFileInfo info;
        PfErr err = { 0 };
        int r = pf_target_lstat(room->target, path, &info, &err);

        if (r < 0)
                keep_reason(agent, path, pf_err_text(&err, r));
        if (r == 0)
                add_trace(agent, path);
        return r == 0;
}

static int look_at_own_files(const PfSystemRoom *room, PfAgent *agent) {
        PfAgentText directory = { 0 };
        const Field version[] = { { "VERSION", &agent->version },
                                  { "BUILD_TAG", &agent->build },
                                  { "AGENT_CONFIGURATION_STATUS", &agent->status },
                                  { "INSTALLATION_DIR", &directory } };
        const Field server[] = { { "Hostname", &agent->server } };
        bool has_version, has_directory;
        int r = read_fields(room, agent, VERSION_PATH, version, PF_ELEMENTS(version));

        if (r == -ENOMEM)
                return r;
        has_version = r == 0;
        if (has_version)
                add_trace(agent, VERSION_PATH);
        if (directory.text[0] == '/')
                memcpy(agent->directory, directory.text, sizeof(directory.text));
        else
                (void) snprintf(agent->directory, sizeof(agent->directory), "%s/Vx",
                                room->demand->profile->install_path);
        has_directory = is_trace(room, agent, agent->directory);
        (void) snprintf(agent->config, sizeof(agent->config), "%s/etc/drscout.conf",
                        agent->directory);
        r = has_directory ? read_fields(room, agent, agent->config, server, PF_ELEMENTS(server))
                          : 0;
        agent->is_installed = has_version && has_directory;
        return r == -ENOMEM ? r : 0;
}

int pf_agent_look(const PfSystemRoom *room, PfAgent *ret) {
        int r;

        *ret = (PfAgent){ 0 };
        r = look_at_own_files(room, ret);
        if (r < 0)
                return r;
        for (size_t i = 0; i < PF_ELEMENTS(places); i++)
                (void) is_trace(room, ret, places[i]);
        for (size_t i = 0; i < PF_ELEMENTS(hooks); i++)
                (void) is_trace(room, ret, hooks[i]);
        if (room->driver->is_loaded == PF_YES)
                add_trace(ret, "/sys/module/" PF_DRIVER_MODULE);
        if (*room->driver->path)
                add_trace(ret, room->driver->path);
        return 0;
}

/* The first number of four digits or more, in the tag or behind the version. */
static unsigned find_build(const char *text) {
        for (const char *at = text; *at;) {
                size_t n = strspn(at, "0123456789");

                if (n >= BUILD_DIGITS && n < 9)
                        return (unsigned) strtoul(at, NULL, 10);
                at += n ? n : 1;
        }
        return 0;
}

unsigned pf_agent_build(const PfAgent *agent) {
        unsigned build = find_build(agent->build.text);

        return build ? build : find_build(agent->version.text);
}
