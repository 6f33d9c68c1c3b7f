/* SPDX-License-Identifier: MIT */
/*
 * Who makes host keys before sshd starts. Each row of the table is one way that a
 * distribution or a cloud has of doing it; all of them call ssh-keygen with the
 * default names.
 */
#include "probes/sshd/key-makers.h"

#include <string.h>

#define FILE_MAX (1 << 20)

void pf_sshd_key_maker_deinit(PfSshdKeyMaker *maker) {
        free(maker->path);
        free(maker->text);
        *maker = (PfSshdKeyMaker){ 0 };
}

static int found(PfSshdKeyMaker *maker, const char *name, const char *path, unsigned line,
                 const char *text) {
        maker->name = name;
        maker->is_certain = true;
        maker->path = strdup(path);
        maker->line = line;
        maker->text = text ? strdup(text) : NULL;
        return maker->path && (maker->text || !text) ? 0 : -ENOMEM;
}

static bool exists(const PfTarget *target, const char *path) {
        PfErr ignored = { 0 };
        PfFileInfo info;

        return pf_target_stat(target, path, &info, &ignored) == 0;
}

/* --- the service itself --- */

/* ExecStartPre=/usr/bin/ssh-keygen -A, or SUSE's sshd-gen-keys-start. */
static int find_command(const PfSshdRoom *room, PfSshdKeyMaker *maker) {
        static const char *const programs[] = { "ssh-keygen", "sshd-gen-keys-start",
                                                "sshd-keygen" };
        const PfUnitSetting *setting = NULL;

        while ((setting = pf_systemd_unit_next(&room->look->service.unit, "Service", "ExecStartPre",
                                               setting)))
                for (size_t i = 0; i < PF_ELEMENTS(programs); i++)
                        if (strstr(setting->value, programs[i]))
                                return found(maker, "the SSH server's own unit", setting->path,
                                             setting->line, setting->text);
        return 0;
}

/* Is a unit there, not masked, and do its conditions hold? */
static int will_run(const PfTarget *target, const char *name, PfErr *err) {
        PF_AUTO_SYSTEMD_UNIT PfSystemdUnit unit = { 0 };
        const char *at = strchr(name, '@'); /* of an instance: sshd-keygen@rsa.service */
        const PfUnitSetting *setting;
        PfConditions conditions;
        char of_template[256];
        int r;

        r = pf_systemd_unit_load(target, &name, 1, &unit, err);
        if (r == PF_SYSTEMD_UNIT_ABSENT && at) {
                const char *template = of_template;

                (void) snprintf(of_template, sizeof(of_template), "%.*s@.service",
                                (int) (at - name), name);
                r = pf_systemd_unit_load(target, &template, 1, &unit, err);
        }
        if (r != 0 || unit.mask)
                return r < 0 ? r : 0;
        r = pf_systemd_conditions(target, &unit, &conditions, &setting, err);
        return r < 0 ? r : conditions != PF_CONDITIONS_FAIL;
}

/* Wants=sshd-keygen.target, Requires=sshd-keygen.service … of the service. */
static int find_wanted_unit(const PfSshdRoom *room, PfSshdKeyMaker *maker, PfErr *err) {
        static const char *const keys[] = { "Wants", "Requires", "BindsTo" };
        const PfSystemdUnit *unit = &room->look->service.unit;

        for (size_t i = 0; i < PF_ELEMENTS(keys); i++) {
                const PfUnitSetting *setting = NULL;

                while ((setting = pf_systemd_unit_next(unit, "Unit", keys[i], setting))) {
                        char name[256];
                        const char *start = strstr(setting->value, "sshd-keygen");
                        int r;

                        start = start ? start : strstr(setting->value, "ssh-keygen");
                        if (!start)
                                continue;
                        (void) snprintf(name, sizeof(name), "%.*s", (int) strcspn(start, " \t"),
                                        start);
                        r = will_run(room->target, name, err);
                        if (r < 0)
                                return r;
                        if (r > 0)
                                return found(maker, "a unit that the SSH server's wants",
                                             setting->path, setting->line, setting->text);
                }
        }
        return 0;
}

/* --- units of their own --- */

static int find_enabled_unit(const PfSshdRoom *room, PfSshdKeyMaker *maker, PfErr *err) {
        static const char *const patterns[] = {
                "/etc/systemd/system/*.wants/regenerate_ssh_host_keys.service",
                "/etc/systemd/system/*.wants/sshd-keygen*",
                "/usr/lib/systemd/system/*.wants/sshd-keygen*",
                "/etc/systemd/system/*.wants/ssh-keygen*",
                "/usr/lib/systemd/system/*.wants/ssh-keygen*",
        };

        for (size_t i = 0; i < PF_ELEMENTS(patterns); i++) {
                PF_AUTO_STRV PfStrv links = { 0 };
                int r;

                r = pf_target_glob(room->target, patterns[i], &links, err);
                for (size_t j = 0; j < links.n && r == 0; j++) {
                        const char *name = strrchr(links.items[j], '/') + 1;

                        r = will_run(room->target, name, err);
                        if (r > 0)
                                return found(maker, "a unit of its own", links.items[j], 0, NULL);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Red Hat's script of sysvinit has it in its start(). */
static int find_in_script(const PfSshdRoom *room, PfSshdKeyMaker *maker, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX + 1);
        const PfSshdService *service = &room->look->service;
        int r;

        if (service->starter != PF_SSHD_STARTS_SCRIPT && service->starter != PF_SSHD_STARTS_JOB)
                return 0;
        r = pf_target_read(room->target, service->by, FILE_MAX, &buf, err);
        if (r != 0 || !buf.data)
                return r < 0 ? r : 0;
        return strstr(buf.data, "ssh-keygen")
                       ? found(maker, "the script that starts the server", service->by, 0, NULL)
                       : 0;
}

/* --- clouds --- */

static int find_line(const PfTarget *target, const char *path, const char *wanted, unsigned *ret,
                     PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FILE_MAX + 1);
        unsigned number = 1;
        char *rest;
        int r;

        *ret = 0;
        r = pf_target_read(target, path, FILE_MAX, &buf, err);
        if (r != 0 || !buf.data)
                return r < 0 ? r : 0;
        rest = buf.data;
        for (char *line; (line = strsep(&rest, "\n")) && *ret == 0; number++) {
                line += strspn(line, " \t-");
                line[strcspn(line, " \t\r#")] = '\0';
                if (strcmp(line, wanted) == 0)
                        *ret = number;
        }
        return 0;
}

/* cloud-init's module "ssh" makes keys on a new instance, or where none are; it is
 * off where a file says so. */
static int find_cloud_init(const PfSshdRoom *room, PfSshdKeyMaker *maker, PfErr *err) {
        static const char *const config = "/etc/cloud/cloud.cfg";
        unsigned line;
        int r;

        if (exists(room->target, "/etc/cloud/cloud-init.disabled"))
                return 0;
        r = will_run(room->target, "cloud-init.service", err);
        if (r == 0)
                r = will_run(room->target, "cloud-init-network.service", err);
        if (r <= 0)
                return r;
        r = find_line(room->target, config, "ssh", &line, err);
        return r == 0 && line > 0 ? found(maker, "cloud-init", config, line, "ssh") : r;
}

/* Azure's agent, where it provisions: waagent.conf. */
static int find_waagent(const PfSshdRoom *room, PfSshdKeyMaker *maker, PfErr *err) {
        static const char *const config = "/etc/waagent.conf";
        static const char *const wanted = "Provisioning.RegenerateSshHostKeyPair=y";
        unsigned line;
        int r;

        r = will_run(room->target, "walinuxagent.service", err);
        if (r == 0)
                r = will_run(room->target, "waagent.service", err);
        if (r <= 0)
                return r;
        r = find_line(room->target, config, wanted, &line, err);
        if (r < 0 || line == 0)
                return r;
        r = found(maker, "Azure's agent", config, line, wanted);
        maker->is_certain = false; /* where it is the one that provisions the machine */
        return r;
}

static int find_certain_or_not(const PfSshdRoom *room, PfSshdKeyMaker *maker, PfErr *err) {
        int r = find_command(room, maker);

        if (r == 0 && !maker->name)
                r = find_wanted_unit(room, maker, err);
        if (r == 0 && !maker->name)
                r = find_enabled_unit(room, maker, err);
        if (r == 0 && !maker->name)
                r = find_in_script(room, maker, err);
        if (r == 0 && !maker->name)
                r = find_cloud_init(room, maker, err);
        if (r == 0 && !maker->name)
                r = find_waagent(room, maker, err);
        return r;
}

/* All of them make keys of the default names. */
static bool is_default_name(const char *path) {
        static const char *const names[] = { "/etc/ssh/ssh_host_rsa_key",
                                             "/etc/ssh/ssh_host_ecdsa_key",
                                             "/etc/ssh/ssh_host_ed25519_key" };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                if (strcmp(path, names[i]) == 0)
                        return true;
        return false;
}

int pf_sshd_key_maker_find(const PfSshdRoom *room, const PfSshdSetting *setting,
                           PfSshdKeyMaker *ret, PfErr *err) {
        PfSshdKeyMaker maker = { 0 };
        bool any = false;
        int r;

        for (size_t i = 0; i < setting->n_values; i++)
                any |= is_default_name(setting->values[i].text) &&
                       !exists(room->target, setting->values[i].text);
        if (!any)
                return 0;
        r = find_certain_or_not(room, &maker, err);
        if (r < 0) {
                pf_sshd_key_maker_deinit(&maker);
                return r;
        }
        *ret = maker;
        return 0;
}
