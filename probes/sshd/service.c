/* SPDX-License-Identifier: MIT */
/*
 * Finds what starts the server. Whether that is good is judged in server.c.
 */
#include "probes/sshd/service.h"

#include <string.h>

#define SCRIPT_MAX (1 << 20)

void pf_sshd_service_deinit(PfSshdService *service) {
        free(service->by);
        free(service->dangling);
        free(service->doubt);
        pf_preset_deinit(&service->preset);
        pf_systemd_unit_deinit(&service->unit);
        pf_systemd_unit_deinit(&service->socket);
        pf_sshd_command_line_deinit(&service->line);
        pf_sshd_command_line_deinit(&service->test_line);
        pf_command_deinit(&service->command);
        pf_command_deinit(&service->test);
        pf_environment_deinit(&service->environment);
        *service = (PfSshdService){ 0 };
}

static const char *base_of(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* --- which unit is enabled --- */

static const char *const services[] = { "ssh.service", "sshd.service" };
static const char *const sockets[] = { "ssh.socket", "sshd.socket" };

static bool is_one_of(const char *name, const char *const *names, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(name, names[i]) == 0)
                        return true;
        return false;
}

/* Is it a target that no normal boot comes to? */
static bool is_odd_target(const char *path) {
        static const char *const odd[] = { "/rescue.target.",   "/emergency.target.",
                                           "/shutdown.target.", "/reboot.target.",
                                           "/halt.target.",     "/poweroff.target.",
                                           "/sleep.target.",    "/suspend.target.",
                                           "/hibernate.target." };

        for (size_t i = 0; i < PF_ELEMENTS(odd); i++)
                if (strstr(path, odd[i]))
                        return true;
        return false;
}

/* The links in the directories of targets, those in /etc first. */
static int list_links(const PfTarget *target, PfStrv *ret, PfErr *err) {
        static const char *const patterns[] = {
                "/etc/systemd/system/*.wants/ssh*",
                "/etc/systemd/system/*.requires/ssh*",
                "/run/systemd/*/*.wants/ssh*",
                "/usr/local/lib/systemd/system/*.wants/ssh*",
                "/usr/lib/systemd/system/*.wants/ssh*",
                "/lib/systemd/system/*.wants/ssh*",
        };

        for (size_t i = 0; i < PF_ELEMENTS(patterns); i++) {
                PF_AUTO_STRV PfStrv links = { 0 };
                int r;

                r = pf_target_glob(target, patterns[i], &links, err);
                for (size_t j = 0; j < links.n && r == 0; j++)
                        if (!is_odd_target(links.items[j]))
                                r = pf_strv_add(ret, links.items[j]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Loads the first enabled unit of @names that is there; else the mask of one that
 * is. Sets @ret_by to its link. */
static int find_enabled(const PfTarget *target, const PfStrv *links, const char *const *names,
                        size_t n, PfSystemdUnit *ret, char **ret_by, char **ret_dangling,
                        PfErr *err) {
        for (size_t i = 0; i < links->n; i++) {
                PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };
                const char *all[3] = { base_of(links->items[i]), names[0], names[1] };
                int r;

                if (!is_one_of(all[0], names, n))
                        continue;
                r = pf_systemd_unit_load(target, all, 1, &unit, err);
                if (r == 0 && !unit.mask) {
                        /* Again, with the drop-ins of its other names. */
                        pf_systemd_unit_deinit(&unit);
                        r = pf_systemd_unit_load(target, all, PF_ELEMENTS(all), &unit, err);
                }
                if (r < 0)
                        return r;
                if (r == PF_SYSTEMD_UNIT_ABSENT) {
                        if (!*ret_dangling && !(*ret_dangling = strdup(links->items[i])))
                                return -ENOMEM;
                        continue;
                }
                if (unit.mask && ret->mask)
                        continue;
                pf_systemd_unit_deinit(ret);
                *ret = unit;
                unit = (PfSystemdUnit){ 0 };
                if (ret->mask)
                        continue;
                *ret_by = strdup(links->items[i]);
                return *ret_by ? 0 : -ENOMEM;
        }
        return 0;
}

/* --- a first boot --- */

typedef enum Boot {
        BOOT_USUAL,
        BOOT_FIRST,       /* machine-id(5) says so */
        BOOT_MAYBE_FIRST, /* there is no machine-id(5): an image, or a few files of one */
} Boot;

static Boot next_boot(const PfTarget *target) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(256);
        PfErr ignored = { 0 };
        int r = pf_target_read(target, "/etc/machine-id", 255, &buf, &ignored);

        if (r == PF_TARGET_ABSENT)
                return BOOT_MAYBE_FIRST;
        return r == 0 && buf.n > 0 &&
                               strncmp(buf.data, "uninitialized", strlen("uninitialized")) == 0
                       ? BOOT_FIRST
                       : BOOT_USUAL;
}

static int ask_presets(const PfTarget *target, PfSshdService *service, PfErr *err) {
        const bool has_install = pf_systemd_unit_get(&service->unit, "Install", "WantedBy") ||
                                 pf_systemd_unit_get(&service->unit, "Install", "RequiredBy");
        const Boot boot = next_boot(target);
        int r;

        if (boot == BOOT_USUAL)
                return 0;
        r = pf_preset_find(target, service->unit.name, &service->preset, err);
        if (r < 0)
                return r;
        if (!service->preset.any_file)
                service->starter = boot == BOOT_FIRST ? PF_SSHD_STARTS_MAYBE : PF_SSHD_STARTS_NOT;
        else if (service->preset.action == PF_PRESET_ENABLE && has_install)
                service->starter = PF_SSHD_STARTS_UNIT;
        return 0;
}

/* --- systemd --- */

static bool has_unit(const PfSystemdUnit *unit) {
        return unit->path || unit->mask;
}

/* The service that a socket starts. */
static int load_service_of(const PfTarget *target, PfSshdService *service, PfErr *err) {
        const PfUnitSetting *accept = pf_systemd_unit_get(&service->socket, "Socket", "Accept");
        const PfUnitSetting *named = pf_systemd_unit_get(&service->socket, "Socket", "Service");
        bool accepts = accept && pf_systemd_boolean(accept->value) == 1;
        const char *socket = service->socket.name ? service->socket.name : "ssh.socket";
        char name[300];
        const char *names[3] = { named ? named->value : name, services[0], services[1] };
        int r;

        (void) snprintf(name, sizeof(name), "%.*s%s.service", (int) strcspn(socket, "."), socket,
                        accepts ? "@" : "");
        pf_systemd_unit_deinit(&service->unit);
        r = pf_systemd_unit_load(target, names, accepts ? 1 : PF_ELEMENTS(names), &service->unit,
                                 err);
        return r < 0 ? r : 0;
}

static int read_systemd(const PfTarget *target, PfSshdService *service, PfErr *err) {
        PF_AUTO_STRV PfStrv links = { 0 };
        PfSystemdUnit *socket = &service->socket;
        int r;

        r = list_links(target, &links, err);
        if (r == 0)
                r = find_enabled(target, &links, sockets, PF_ELEMENTS(sockets), socket,
                                 &service->by, &service->dangling, err);
        if (r < 0)
                return r;
        if (socket->path) {
                service->starter = PF_SSHD_STARTS_SOCKET;
                return load_service_of(target, service, err);
        }
        pf_systemd_unit_deinit(socket);
        r = find_enabled(target, &links, services, PF_ELEMENTS(services), &service->unit,
                         &service->by, &service->dangling, err);
        if (r < 0)
                return r;
        if (service->unit.path) {
                service->starter = PF_SSHD_STARTS_UNIT;
                return 0;
        }
        if (!service->unit.mask)
                r = pf_systemd_unit_load(target, services, PF_ELEMENTS(services), &service->unit,
                                         err);
        if (r < 0)
                return r;
        return service->unit.path ? ask_presets(target, service, err) : 0;
}

static int read_conditions(const PfTarget *target, PfSshdService *service, PfErr *err) {
        const PfSystemdUnit *units[] = { &service->socket, &service->unit };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(units) && r == 0; i++)
                if (units[i]->path && service->conditions != PF_CONDITIONS_FAIL)
                        r = pf_systemd_conditions(target, units[i], &service->conditions,
                                                  &service->condition, err);
        return r;
}

/* --- the command line of a unit --- */

static int read_variables(const PfTarget *target, const char *path, bool shell,
                          PfSshdService *service, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_ENVIRONMENT_FILE_MAX + 1);
        unsigned bad_line;
        int r;

        r = pf_target_read(target, path, PF_ENVIRONMENT_FILE_MAX, &buf, err);
        if (r != 0)
                return r;
        r = shell ? pf_environment_parse_shell(&service->environment, buf.data ? buf.data : "",
                                               buf.n, path, &bad_line)
                  : pf_environment_parse(&service->environment, buf.data ? buf.data : "", buf.n,
                                         path);
        return r < 0 ? pf_err_errno(err, r, "%s", path) : 0;
}

static int read_environment_file(const PfTarget *target, const PfUnitSetting *setting,
                                 PfSshdService *service, PfErr *err) {
        const bool may_lack = setting->value[0] == '-';
        PF_AUTO_STRV PfStrv paths = { 0 };
        int r;

        r = pf_target_glob(target, setting->value + may_lack, &paths, err);
        if (r < 0)
                return r;
        if (paths.n == 0 && !may_lack)
                service->missing_file = setting;
        for (size_t i = 0; i < paths.n && r >= 0; i++) {
                r = read_variables(target, paths.items[i], false, service, err);
                if (r > 0 && !may_lack)
                        service->missing_file = setting;
        }
        return r < 0 ? r : 0;
}

static int read_environment(const PfUnitSetting *setting, PfSshdService *service) {
        PF_AUTO_COMMAND PfCommand words = { 0 };
        PfErr ignored = { 0 };
        int r;

        r = pf_command_split(setting->value, &words, &ignored);
        if (r < 0)
                return r == -ENOMEM ? r : 0; /* systemd ignores it, too */
        for (size_t i = 0; i < words.n && r == 0; i++) {
                const char *text = words.words[i].text;
                const char *equals = strchr(text, '=');

                if (!equals)
                        continue;
                r = pf_environment_set(&service->environment,
                                       &(PfAssignment){ .name = text,
                                                        .n_name = (size_t) (equals - text),
                                                        .value = equals + 1,
                                                        .n_value = strlen(equals + 1),
                                                        .path = setting->path,
                                                        .line = setting->line,
                                                        .text = setting->text,
                                                        .n_text = strlen(setting->text) });
        }
        return r;
}

static int read_environments(const PfTarget *target, PfSshdService *service, PfErr *err) {
        const PfUnitSetting *setting = NULL;
        int r = 0;

        while (r == 0 &&
               (setting = pf_systemd_unit_next(&service->unit, "Service", "Environment", setting)))
                r = read_environment(setting, service);
        setting = NULL;
        while (r == 0 && (setting = pf_systemd_unit_next(&service->unit, "Service",
                                                         "EnvironmentFile", setting)))
                r = read_environment_file(target, setting, service, err);
        return r;
}

static int note_doubt(PfSshdService *service, const char *what, const char *why) {
        if (!service->doubt && asprintf(&service->doubt, "%s: %s", what, why) < 0) {
                service->doubt = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* The first command of a key that is an sshd, and, for a test, whose outcome counts. */
static int find_command(PfSshdService *service, const char *key, PfCommand *ret,
                        const PfUnitSetting **ret_setting) {
        const PfUnitSetting *setting = NULL;

        while ((setting = pf_systemd_unit_next(&service->unit, "Service", key, setting))) {
                PF_AUTO_COMMAND PfCommand command = { 0 };
                PfErr why = { 0 };
                int r;

                r = pf_command_parse(setting->value, &service->environment, &command, &why);
                if (r == -ENOMEM)
                        return r;
                if (r < 0 || !pf_sshd_command_is_sshd(&command))
                        continue;
                *ret = command;
                command = (PfCommand){ 0 };
                *ret_setting = setting;
                return 0;
        }
        return 0;
}

static int read_line(const PfCommand *command, const PfSshdPlace *place,
                     const PfSshdVersion *version, PfSshdCommandLine *ret) {
        return command->n > 0 ? pf_sshd_command_line_read(command, place, version, ret) : 0;
}

static PfSshdPlace place_of(const PfUnitSetting *setting) {
        return (PfSshdPlace){ setting->path, setting->line, setting->text };
}

static int read_unit_commands(const PfSshdVersion *version, PfSshdService *service) {
        const PfUnitSetting *start = NULL, *test = NULL;
        PfSshdPlace place;
        int r;

        r = find_command(service, "ExecStart", &service->command, &start);
        if (r == 0)
                r = find_command(service, "ExecStartPre", &service->test, &test);
        if (r < 0)
                return r;
        if (!start)
                return note_doubt(service, service->unit.name, "it does not start sshd itself");
        service->place = place_of(start);
        r = read_line(&service->command, &service->place, version, &service->line);
        if (r < 0 || !test)
                return r;
        place = place_of(test);
        if (service->test.may_fail)
                pf_command_deinit(&service->test);
        return read_line(&service->test, &place, version, &service->test_line);
}

static bool is_plain(const PfSshdCommandLine *line) {
        return line->n_given == 0 && !line->config_path && !line->has_no_file;
}

bool pf_sshd_service_tests_another(const PfSshdService *service) {
        return service->test.n > 0 && !(is_plain(&service->line) && is_plain(&service->test_line));
}

/* --- before systemd --- */

static int first_of(const PfTarget *target, const char *const *patterns, size_t n, char **ret,
                    PfErr *err) {
        for (size_t i = 0; i < n; i++) {
                PF_AUTO_STRV PfStrv paths = { 0 };
                int r;

                r = pf_target_glob(target, patterns[i], &paths, err);
                if (r < 0)
                        return r;
                if (paths.n > 0) {
                        *ret = PF_STEAL(paths.items[0]);
                        return 0;
                }
        }
        return 0;
}

static int read_script(const PfTarget *target, const PfSshdVersion *version, PfSshdService *service,
                       PfErr *err) {
        /* Debian's script, Red Hat's, SUSE's: the file that each sources, and its variable. */
        static const struct {
                const char *path;
                const char *command;
        } files[] = {
                { "/etc/default/ssh", "/usr/sbin/sshd $SSHD_OPTS" },
                { "/etc/sysconfig/sshd", "/usr/sbin/sshd $OPTIONS" },
                { "/etc/sysconfig/ssh", "/usr/sbin/sshd $SSHD_OPTS" },
        };

        for (size_t i = 0; i < PF_ELEMENTS(files); i++) {
                int r = read_variables(target, files[i].path, true, service, err);

                if (r > 0)
                        continue;
                if (r == 0)
                        r = pf_command_parse(files[i].command, &service->environment,
                                             &service->command, err);
                service->place = (PfSshdPlace){ files[i].path, 0, "" };
                return r < 0 ? r
                             : read_line(&service->command, &service->place, version,
                                         &service->line);
        }
        return 0;
}

static int read_before_systemd(const PfTarget *target, const PfSshdVersion *version,
                               PfSshdService *service, PfErr *err) {
        static const char *const jobs[] = { "/etc/init/ssh.conf", "/etc/init/sshd.conf" };
        static const char *const scripts[] = {
                "/etc/rc[2345].d/S[0-9][0-9]ssh",
                "/etc/rc[2345].d/S[0-9][0-9]sshd",
                "/etc/rc.d/rc[2345].d/S[0-9][0-9]sshd",
                "/etc/init.d/rc[35].d/S[0-9][0-9]sshd",
        };
        int r;

        r = first_of(target, jobs, PF_ELEMENTS(jobs), &service->by, err);
        if (r == 0 && service->by) {
                service->starter =
                        PF_SSHD_STARTS_JOB; /* "exec sshd -D", without a file of options */
                return 0;
        }
        if (r == 0)
                r = first_of(target, scripts, PF_ELEMENTS(scripts), &service->by, err);
        if (r < 0 || !service->by)
                return r;
        service->starter = PF_SSHD_STARTS_SCRIPT;
        return read_script(target, version, service, err);
}

static int read_all(const PfTarget *target, const PfSshdVersion *version, PfSshdService *service,
                    PfErr *err) {
        int r;

        r = read_systemd(target, service, err);
        if (r < 0)
                return r;
        if (!has_unit(&service->unit) && !has_unit(&service->socket))
                return read_before_systemd(target, version, service, err);
        r = read_conditions(target, service, err);
        if (r == 0 && service->unit.path)
                r = read_environments(target, service, err);
        return r == 0 && service->unit.path ? read_unit_commands(version, service) : r;
}

int pf_sshd_service_read(const PfTarget *target, const PfSshdVersion *version, PfSshdService *ret,
                         PfErr *err) {
        PfSshdService service = { 0 };
        int r;

        r = read_all(target, version, &service, err);
        if (r < 0) {
                pf_sshd_service_deinit(&service);
                return r;
        }
        *ret = service; /* what points into the unit points to what it owns on the heap */
        return 0;
}
