/* SPDX-License-Identifier: MIT */
/*
 * Which PAM modules are known here.
 */
#include "probes/pam/modules.h"

#include <string.h>

#include "probes/pam/module-list.h"

#define DECLARE(name) extern const PfPamModule pf_pam_##name;
#define POINT(name) &pf_pam_##name,

PF_PAM_MODULE_LIST(DECLARE)

static const PfPamModule *const modules[] = { PF_PAM_MODULE_LIST(POINT) NULL };

const PfPamModule *pf_pam_module_find(const char *name) {
        for (size_t i = 0; modules[i]; i++)
                if (strcmp(modules[i]->name, name) == 0)
                        return modules[i];
        for (size_t i = 0; i < pf_pam_n_trivial; i++)
                if (strcmp(pf_pam_trivial[i].name, name) == 0)
                        return &pf_pam_trivial[i];
        return NULL;
}
