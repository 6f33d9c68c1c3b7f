/* SPDX-License-Identifier: MIT */
#include "probes/windows/policy.h"

#include <string.h>
#include <strings.h>

#include "probes/parse/registry-policy.h"

#define TEMPLATES "/Windows/security/templates/policies"
#define HKLM "HKLM\\"

typedef struct Asked {
        const PfTarget *target;
        PfSettingKind kind;
        const char *subject, *name;
} Asked;

static int look_in_file(const Asked *asked, const char *path, bool *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_POLICY_FILE_MAX);
        PfErr why = { 0 };
        int r = pf_target_read(asked->target, path, PF_POLICY_FILE_MAX, &text, err);

        if (r != 0)
                return r < 0 ? r : 0;
        r = pf_policy_file_sets(text.data ? text.data : "", text.n, asked->subject + strlen(HKLM),
                                asked->name, ret, &why);
        return r < 0 ? pf_err_set(err, r, "%s: %s", path, pf_err_text(&why, r)) : 0;
}

static int look_in_template(const Asked *asked, const char *path, bool *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(PF_POLICY_FILE_MAX);
        PfErr why = { 0 };
        int r = pf_target_read(asked->target, path, PF_POLICY_FILE_MAX, &text, err);

        if (r != 0)
                return r < 0 ? r : 0;
        r = asked->kind == PF_SETTING_REGISTRY
                    ? pf_security_template_sets(text.data ? text.data : "", text.n,
                                                asked->subject + strlen(HKLM), asked->name, ret,
                                                &why)
                    : pf_security_template_starts(text.data ? text.data : "", text.n,
                                                  asked->subject, ret, &why);
        return r < 0 ? pf_err_set(err, r, "%s: %s", path, pf_err_text(&why, r)) : 0;
}

static int look_in_templates(const Asked *asked, bool *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r = pf_target_list(asked->target, TEMPLATES, &names, err);

        for (size_t i = 0; r == 0 && !*ret && i < names.n; i++) {
                char path[512];

                (void) snprintf(path, sizeof(path), TEMPLATES "/%s", names.items[i]);
                r = look_in_template(asked, path, ret, err);
        }
        return r < 0 ? r : 0;
}

int pf_windows_policy_of(const PfTarget *target, PfSettingKind kind, const char *subject,
                         const char *name, const char **ret_path, PfErr *err) {
        static const char *const files[] = { "/ProgramData/ntuser.pol",
                                             "/Windows/System32/GroupPolicy/Machine/Registry.pol" };
        const Asked asked = { target, kind, subject, name };
        bool is_set = false;
        int r = 0;

        for (size_t i = 0;
             kind == PF_SETTING_REGISTRY && r == 0 && !is_set && i < PF_ELEMENTS(files); i++) {
                *ret_path = files[i];
                r = look_in_file(&asked, files[i], &is_set, err);
        }
        if (r == 0 && !is_set) {
                *ret_path = TEMPLATES;
                r = look_in_templates(&asked, &is_set, err);
        }
        return r == 0 && is_set ? PF_POLICY_SETS : r;
}
