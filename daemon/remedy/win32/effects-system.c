/* SPDX-License-Identifier: MIT */
/*
 * Windows: all that is changed are settings. There is no tool of an owner that could be asked
 * before, and nothing that reads files again.
 */
#include "daemon/remedy/effects-system.h"

#include <string.h>

#include "daemon/platform/firewall-change.h"
#include "daemon/platform/registry-change.h"
#include "daemon/platform/services-change.h"
#include "daemon/remedy/setting.h"

int pf_effects_validate(const PfPlan *plan, PfTarget *host, PfErr *err) {
        (void) plan;
        (void) host;
        return pf_err_set(err, -ENOTSUP, "nobody owns settings who could be asked before");
}

int pf_effects_act(const PfAction *action, bool undo, PfStrv *awaited, PfErr *err) {
        (void) undo;
        (void) awaited;
        return pf_err_set(err, -ENOTSUP, "Windows has no way to %s %s",
                          pf_action_to_string(action->kind), action->subject);
}

int pf_effects_check_awaited(const PfStrv *awaited, PfErr *err) {
        (void) awaited;
        (void) err;
        return 0;
}

/* --- settings --- */

/* Another target each time: one remembers what it was told. */
static int look(const PfSetting *setting, char **ret, void *data, PfErr *err) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *host = NULL;
        int r;

        (void) data;
        if (setting->kind == PF_SETTING_FIREWALL && pf_firewall_change_hangs())
                return pf_err_set(err, -EBUSY, "the firewall has not ended an earlier change yet");
        r = pf_target_new("/", PF_TARGET_DEFAULT, &host, err);
        return r == 0 ? pf_setting_read(host, setting, ret, err) : r;
}

static int set_registry(const PfSetting *setting, const char *value, PfErr *err) {
        uint32_t number;

        if (value && !pf_setting_parse_dword(value, &number))
                return pf_err_set(err, -EINVAL, "%s is no DWORD, and nothing else is written",
                                  value);
        return pf_registry_change(setting->subject, setting->name, value ? &number : NULL, err);
}

static int no_value(const char *value, PfErr *err) {
        return pf_err_set(err, -EINVAL, "%s is nothing that a service can be",
                          value ? value : "gone");
}

static int set_start_type(const PfSetting *setting, const char *value, PfErr *err) {
        int number = value ? pf_start_type_number(value) : -1;

        return number < 0 ? no_value(value, err)
                          : pf_service_set_start(setting->subject, (uint32_t) number, err);
}

static int set_service(const PfSetting *setting, const char *value, PfErr *err) {
        const bool run = value && strcmp(value, "running") == 0;

        if (!run && (!value || strcmp(value, "stopped") != 0))
                return no_value(value, err);
        return pf_service_run(setting->subject, run, PF_SERVICE_CHANGE_MS, err);
}

static int set_firewall(const PfSetting *setting, const char *value, PfErr *err) {
        return pf_firewall_change(setting->subject, value, err);
}

static int set(const PfSetting *setting, const char *value, void *data, PfErr *err) {
        static int (*const kinds[])(const PfSetting *, const char *, PfErr *) = {
                [PF_SETTING_REGISTRY] = set_registry,
                [PF_SETTING_START_TYPE] = set_start_type,
                [PF_SETTING_SERVICE] = set_service,
                [PF_SETTING_FIREWALL] = set_firewall,
        };

        (void) data;
        return kinds[setting->kind](setting, value, err);
}

void pf_effects_add_settings(PfEffects *table) {
        table->look = look;
        table->set = set;
}
