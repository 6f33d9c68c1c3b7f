/* SPDX-License-Identifier: MIT */
/*
 * The facts behind the checks of sshd: every keyword, spelled as `sshd -T` does,
 * with the line it comes from and the lines that have no effect.
 */
#include "probes/sshd/ladder.h"

/* Puts where a line is; its text only for those who may read it. */
static int put_line(PfJson *object, const PfSshdLine *line) {
        if (pf_json_put_string(object, "path", line->path) < 0)
                return -ENOMEM;
        return pf_json_put_uint(object, "line", line->number);
}

static int put_problems(PfJson *object, const PfTarget *target, const PfSshdEffective *effective,
                        bool privileged) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();
        const PfSshdProblem *problems;
        size_t n;

        if (!array)
                return -ENOMEM;
        problems = pf_sshd_effective_problems(effective, &n);
        for (size_t i = 0; i < n; i++) {
                PF_CLEANUP(pf_json_freep) PfJson *item = pf_json_new_object();
                const char *path = problems[i].line ? problems[i].line->path : problems[i].path;
                bool visible = privileged || !path || pf_target_is_public(target, path);

                if (!item)
                        return -ENOMEM;
                if (path && pf_json_put_string(item, "path", path) < 0)
                        return -ENOMEM;
                if (problems[i].line &&
                    pf_json_put_uint(item, "line", problems[i].line->number) < 0)
                        return -ENOMEM;
                if (visible ? pf_json_put_string(item, "text", problems[i].text) < 0
                            : pf_json_put_bool(item, "withheld", true) < 0)
                        return -ENOMEM;
                if (pf_json_append_take(array, PF_STEAL(item)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "errors", PF_STEAL(array));
}

/* Comes any value of it from a file that not every local user may read? */
static bool is_withheld(const PfTarget *target, const PfSshdSetting *setting) {
        for (size_t i = 0; i < setting->n_values; i++)
                if (setting->values[i].line &&
                    !pf_target_is_public(target, setting->values[i].line->path))
                        return true;
        return false;
}

static int put_values(PfJson *object, const PfSshdSetting *setting) {
        PF_CLEANUP(pf_json_freep) PfJson *array = NULL;

        if (!setting->is_list)
                return pf_json_put_string(object, "value",
                                          setting->n_values ? setting->values[0].text : "");
        array = pf_json_new_array();
        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < setting->n_values; i++)
                if (pf_json_append_string(array, setting->values[i].text) < 0)
                        return -ENOMEM;
        return pf_json_put_take(object, "values", PF_STEAL(array));
}

static int put_shadowed(PfJson *object, const PfSshdSetting *setting) {
        PF_CLEANUP(pf_json_freep) PfJson *array = NULL;

        if (setting->n_shadowed == 0)
                return 0;
        array = pf_json_new_array();
        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < setting->n_shadowed; i++) {
                PF_CLEANUP(pf_json_freep) PfJson *item = pf_json_new_object();

                if (!item || put_line(item, setting->shadowed[i]) < 0 ||
                    pf_json_append_take(array, PF_STEAL(item)) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "shadowed", PF_STEAL(array));
}

static int setting_to_json(const PfTarget *target, const PfSshdSetting *setting, bool privileged,
                           PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        const PfSshdLine *line = setting->n_values ? setting->values[0].line : NULL;

        if (!object)
                return -ENOMEM;
        if (!privileged && is_withheld(target, setting)) {
                if (pf_json_put_bool(object, "withheld", true) < 0)
                        return -ENOMEM;
        } else if (put_values(object, setting) < 0) {
                return -ENOMEM;
        }
        if (line && put_line(object, line) < 0)
                return -ENOMEM;
        if (pf_json_put_bool(object, "default", setting->is_default) < 0 ||
            put_shadowed(object, setting) < 0)
                return -ENOMEM;
        if (setting->doubt) {
                PF_CLEANUP(pf_json_freep) PfJson *doubt = pf_json_new_object();

                if (!doubt || put_line(doubt, setting->doubt) < 0 ||
                    pf_json_put_take(object, "doubt", PF_STEAL(doubt)) < 0)
                        return -ENOMEM;
        }
        *ret = PF_STEAL(object);
        return 0;
}

static int put_effective(PfJson *object, const PfTarget *target, const PfSshdEffective *effective,
                         bool privileged) {
        PF_CLEANUP(pf_json_freep) PfJson *settings = pf_json_new_object();

        if (!settings)
                return -ENOMEM;
        for (size_t i = 0; i < pf_sshd_effective_count(effective); i++) {
                const PfSshdSetting *setting = pf_sshd_effective_at(effective, i);
                PfJson *json = NULL;

                if (setting_to_json(target, setting, privileged, &json) < 0 ||
                    pf_json_put_take(settings, setting->keyword, json) < 0)
                        return -ENOMEM;
        }
        return pf_json_put_take(object, "effective", PF_STEAL(settings));
}

static int put_version(PfJson *object, const PfSshdVersion *version) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();

        if (!json || pf_json_put_string(json, "text", version->text) < 0 ||
            pf_json_put_bool(json, "assumed", version->assumed) < 0)
                return -ENOMEM;
        if (version->path[0] && pf_json_put_string(json, "path", version->path) < 0)
                return -ENOMEM;
        return pf_json_put_take(object, "version", PF_STEAL(json));
}

static int put_path(PfJson *object, const PfTarget *target, const PfDemand *demand,
                    const PfSshdLook *look, bool privileged) {
        PF_AUTO_REPORT PfReport ladder = { 0 };
        PfJson *path = NULL;
        int r;

        r = pf_sshd_climb(target, demand, look, &ladder);
        if (r == 0)
                r = pf_sshd_ladder_to_json(&ladder, privileged, &path);
        return r < 0 ? r : pf_json_put_take(object, "path", path);
}

/* sshd does not start without a file. */
static int put_no_configuration(PfJson *object) {
        PF_CLEANUP(pf_json_freep) PfJson *errors = pf_json_new_array();
        PF_CLEANUP(pf_json_freep) PfJson *error = pf_json_new_object();
        PF_CLEANUP(pf_json_freep) PfJson *settings = pf_json_new_object();

        if (!errors || !error || !settings || pf_json_put_bool(object, "accepted", false) < 0 ||
            pf_json_put_string(error, "path", PF_SSHD_CONFIG_PATH) < 0 ||
            pf_json_put_string(error, "text", "there is no such file") < 0 ||
            pf_json_append_take(errors, PF_STEAL(error)) < 0 ||
            pf_json_put_take(object, "errors", PF_STEAL(errors)) < 0)
                return -ENOMEM;
        return pf_json_put_take(object, "effective", PF_STEAL(settings));
}

/* As sshd -T would print it for the connection that was asked about. */
static int put_configuration(PfJson *object, const PfTarget *target, const PfDemand *demand,
                             const PfSshdLook *look, bool privileged, PfErr *err) {
        PF_CLEANUP(pf_sshd_effective_freep) PfSshdEffective *by_name = NULL;
        const PfSshdEffective *effective = look->effective;
        int r;

        if (!look->conf)
                return put_no_configuration(object);
        if (demand->source_host) {
                r = pf_sshd_look_by_name(demand, look, &by_name, err);
                if (r < 0)
                        return r;
                effective = by_name;
        }
        if (pf_json_put_bool(object, "accepted", pf_sshd_effective_is_accepted(effective)) < 0 ||
            put_problems(object, target, effective, privileged) < 0)
                return -ENOMEM;
        return put_effective(object, target, effective, privileged);
}

int pf_sshd_inspect(const PfTarget *target, const PfDemand *demand, bool privileged, PfJson **ret,
                    PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        PF_AUTO_SSHD_LOOK PfSshdLook look = { 0 };
        int r;

        if (!object)
                return -ENOMEM;
        r = pf_sshd_look_at_version(target, &look, err);
        if (r == 0)
                r = pf_sshd_look_at_configuration(target, demand, &look, err);
        if (r < 0)
                return r;
        if (pf_json_put_bool(object, "installed", look.is_installed) < 0 ||
            put_version(object, &look.version) < 0 ||
            put_configuration(object, target, demand, &look, privileged, err) < 0 ||
            put_path(object, target, demand, &look, privileged) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(object);
        return 0;
}
