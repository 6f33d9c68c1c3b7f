/* SPDX-License-Identifier: MIT */
/*
 * Which files configure the network at boot, and what they come to.
 */
#include "probes/net/room.h"

#include <string.h>

#include "probes/parse/lines.h"

#define FILE_MAX (1u << 20)
#define CLOUD_PATTERN "/etc/cloud/cloud.cfg.d/*.cfg"

/* Where a kind of file lies, and which program must be there for it to count. */
typedef struct Source {
        const char *pattern;
        PfNetworkReader read;
        const char *programs[3]; /* one of them is enough; none: it counts always */
} Source;

static const Source sources[] = {
        { "/etc/udev/rules.d/70-persistent-net.rules", pf_network_read_udev_rules, { NULL } },
        { "/etc/systemd/network/*.link", pf_network_read_link, { NULL } },
        { "/etc/sysconfig/network-scripts/ifcfg-*",
          pf_network_read_ifcfg,
          { "/usr/sbin/NetworkManager", "/etc/rc.d/init.d/network", "/etc/init.d/network" } },
        { "/etc/sysconfig/network/ifcfg-*",
          pf_network_read_ifcfg_suse,
          { "/usr/sbin/wicked", "/etc/init.d/network" } },
        { "/etc/NetworkManager/system-connections/*",
          pf_network_read_keyfile,
          { "/usr/sbin/NetworkManager" } },
        { "/etc/netplan/*.yaml", pf_network_read_netplan, { "/usr/sbin/netplan" } },
        { "/etc/systemd/network/*.network",
          pf_network_read_networkd,
          { "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
            "/etc/systemd/system/sockets.target.wants/systemd-networkd.socket" } },
        { "/etc/network/interfaces", pf_network_read_ifupdown, { "/usr/sbin/ifup", "/sbin/ifup" } },
        { "/etc/network/interfaces.d/*",
          pf_network_read_ifupdown,
          { "/usr/sbin/ifup", "/sbin/ifup" } },
};

typedef struct File {
        const Source *source;
        char *path;
        char *text;
        size_t n;
        PfNetworkConfig config;
} File;

typedef struct Files {
        File *items;
        size_t n;
} Files;

static void files_deinit(Files *files) {
        for (size_t i = 0; i < files->n; i++) {
                free(files->items[i].path);
                free(files->items[i].text);
                pf_network_config_deinit(&files->items[i].config);
        }
        free(files->items);
}

static void place_deinit(PfNetPlace *place) {
        free(place->path);
        free(place->found);
}

void pf_net_config_deinit(PfNetConfig *config) {
        for (size_t i = 0; i < config->n_pins; i++)
                place_deinit(&config->pins[i]);
        place_deinit(&config->ipv4);
        *config = (PfNetConfig){ 0 };
}

/* The text of a line, which the caller frees. */
static char *line_of(const File *file, unsigned number) {
        PfLines lines = { .rest = file->text, .n = file->n };

        while (pf_lines_next(&lines))
                if (lines.number == number)
                        return strndup(lines.text, lines.text_n);
        return strdup("");
}

static int take_place(const File *file, unsigned line, PfNetPlace *ret) {
        ret->path = strdup(file->path);
        ret->found = line_of(file, line);
        ret->line = line;
        if (ret->path && ret->found)
                return 0;
        place_deinit(ret);
        *ret = (PfNetPlace){ 0 };
        return -ENOMEM;
}

/* --- reading --- */

/* What an editor or a package manager left behind. */
static bool is_left_over(const char *path) {
        static const char *const ends[] = { "~",         ".bak",       ".old",
                                            ".orig",     ".rpmnew",    ".rpmsave",
                                            ".dpkg-old", ".dpkg-dist", ".dpkg-new" };
        size_t n = strlen(path);

        for (size_t i = 0; i < PF_ELEMENTS(ends); i++) {
                size_t length = strlen(ends[i]);

                if (n >= length && strcmp(path + n - length, ends[i]) == 0)
                        return true;
        }
        return false;
}

static void because(PfNetConfig *config, const PfErr *err, int r) {
        if (!config->reason[0])
                (void) snprintf(config->reason, sizeof(config->reason), "%s", pf_err_text(err, r));
}

static int read_file(const PfTarget *target, const Source *source, const char *path, Files *files,
                     PfNetConfig *config) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX);
        PfErr err = { 0 };
        File *file;
        int r;

        r = pf_target_read(target, path, FILE_MAX, &buf, &err);
        if (r < 0 && r != -EISDIR && r != -ENOMEM)
                because(config, &err, r);
        if (r != 0)
                return r == -ENOMEM ? r : 0;
        file = realloc(files->items, (files->n + 1) * sizeof(*file));
        if (!file)
                return -ENOMEM;
        files->items = file;
        file += files->n++;
        *file = (File){ .source = source, .path = strdup(path), .n = buf.n };
        file->text = pf_buf_steal(&buf);
        if (!file->path || !file->text)
                return -ENOMEM;
        return source->read(file->text, file->n, &file->config);
}

static int read_source(const PfTarget *target, const Source *source, Files *files,
                       PfNetConfig *config) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PfErr err = { 0 };
        int r = 0;

        if (!strchr(source->pattern, '*'))
                return read_file(target, source, source->pattern, files, config);
        r = pf_target_glob(target, source->pattern, &paths, &err);
        if (r < 0 && r != -ENOMEM) {
                because(config, &err, r);
                return 0;
        }
        for (size_t i = 0; r == 0 && i < paths.n; i++)
                if (!is_left_over(paths.items[i]))
                        r = read_file(target, source, paths.items[i], files, config);
        return r;
}

/* --- what it comes to --- */

/* ifupdown says in one place what an interface is, and in another that it starts. */
static bool is_started(const Files *files, const File *file, const PfNetworkEntry *entry) {
        if (file->source->read != pf_network_read_ifupdown)
                return entry->at_boot;
        for (size_t i = 0; i < files->n; i++) {
                const PfNetworkConfig *config = &files->items[i].config;

                for (size_t j = 0; j < config->n; j++)
                        if (files->items[i].source->read == file->source->read &&
                            config->entries[j].at_boot &&
                            strcmp(config->entries[j].name, entry->name) == 0)
                                return true;
        }
        return false;
}

/* Is the program there that reads such files? Where that cannot be told it is not. */
static bool is_read(const PfTarget *target, const Source *source) {
        PfFileInfo info;

        for (size_t i = 0; i < PF_ELEMENTS(source->programs) && source->programs[i]; i++)
                if (pf_target_lstat(target, source->programs[i], &info, NULL) == 0)
                        return true;
        return !source->programs[0];
}

/* Of a running machine it is seen whether it has an address. */
static int take_ipv4(const PfTarget *target, const Files *files, const File *file,
                     const PfNetworkEntry *entry, PfNetConfig *config) {
        if (config->ipv4.path || entry->is_loopback || entry->ipv4 == PF_NETWORK_IPV4_NONE ||
            !is_started(files, file, entry) || !is_read(target, file->source))
                return 0;
        config->kind = entry->ipv4;
        (void) snprintf(config->name, sizeof(config->name), "%s", entry->name);
        return take_place(file, entry->line, &config->ipv4);
}

static int take_pin(const File *file, const PfNetworkEntry *entry, PfNetConfig *config) {
        int r;

        if (entry->is_loopback || !entry->mac_line || config->n_pins == PF_NET_PINS_MAX)
                return 0;
        r = take_place(file, entry->mac_line, &config->pins[config->n_pins]);
        config->n_pins += r == 0;
        return r;
}

static int take_file(const PfTarget *target, const Files *files, const File *file, bool is_running,
                     PfNetConfig *config) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < file->config.n; i++) {
                r = take_pin(file, &file->config.entries[i], config);
                if (r == 0 && !is_running)
                        r = take_ipv4(target, files, file, &file->config.entries[i], config);
        }
        return r;
}

/* Cloud-init would write another configuration for another machine, but was told not to:
 * then what is tied stays so. */
static bool forbids_renewal(const char *line) {
        return strstr(line, "apply_network_config: false") || strstr(line, "config: disabled");
}

static int take_cloud_init(const PfTarget *target, PfNetConfig *config) {
        static const Source cloud = { CLOUD_PATTERN, pf_network_read_udev_rules, { NULL } };
        PF_CLEANUP(files_deinit) Files files = { 0 };
        int r = read_source(target, &cloud, &files, config);

        for (size_t i = 0; r == 0 && i < files.n && config->n_pins < PF_NET_PINS_MAX; i++) {
                PfLines lines = { .rest = files.items[i].text, .n = files.items[i].n };

                while (r == 0 && pf_lines_next(&lines) && config->n_pins < PF_NET_PINS_MAX) {
                        PF_AUTO_FREE char *line = strndup(lines.text, lines.text_n);

                        if (!line)
                                return -ENOMEM;
                        if (line[strspn(line, " \t")] == '#' || !forbids_renewal(line))
                                continue;
                        r = take_place(&files.items[i], lines.number,
                                       &config->pins[config->n_pins]);
                        config->n_pins += r == 0;
                }
        }
        return r;
}

/* Those that configure an adapter that no file is about. */
static const char *find_manager(const PfTarget *target) {
        static const struct {
                const char *path, *name;
        } managers[] = {
                { "/usr/bin/cloud-init", "cloud-init" },
                { "/usr/sbin/NetworkManager", "NetworkManager" },
        };
        PfFileInfo info;

        for (size_t i = 0; i < PF_ELEMENTS(managers); i++)
                if (pf_target_stat(target, managers[i].path, &info, NULL) == 0)
                        return managers[i].name;
        return NULL;
}

static int read_all(const PfTarget *target, bool is_running, Files *files, PfNetConfig *config) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < PF_ELEMENTS(sources); i++)
                r = read_source(target, &sources[i], files, config);
        for (size_t i = 0; r == 0 && i < files->n; i++)
                r = take_file(target, files, &files->items[i], is_running, config);
        if (r == 0 && config->n_pins > 0)
                r = take_cloud_init(target, config);
        if (r == 0 && !config->ipv4.path && !is_running)
                config->manager = find_manager(target);
        return r;
}

int pf_net_config_read(const PfTarget *target, bool is_running, PfNetConfig *ret) {
        PF_AUTO_NET_CONFIG PfNetConfig config = { 0 };
        PF_CLEANUP(files_deinit) Files files = { 0 };
        int r = read_all(target, is_running, &files, &config);

        if (r < 0)
                return r;
        *ret = config;
        config = (PfNetConfig){ 0 };
        return 0;
}
