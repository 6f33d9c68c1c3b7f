/* SPDX-License-Identifier: MIT */
/*
 * Where PAM's modules are. The directory is compiled into libpam: on Debian one
 * for each architecture, elsewhere below lib64 or lib.
 */
#include "probes/pam/modules.h"

#include <string.h>

#include "daemon/base/wildcard.h"

static const char *const roots[] = { "/lib", "/usr/lib" };
static const char *const architectures[] = { "*-linux-gnu*", "*-linux-musl*" };
static const char *const others[] = {
        "/lib64/security",
        "/usr/lib64/security",
        "/lib/security",
        "/usr/lib/security",
};

/* $ISA in a path stands for what libpam was built with. */
static const char *const isas[] = { "../../lib64/security", "../lib64/security", "." };

/* Is it the beginning of something that the loader takes? A damaged file is as good as none. */
static int is_loadable(const PfTarget *target, const char *path, bool *ret, PfErr *err) {
        static const char magic[] = { 0x7f, 'E', 'L', 'F' };
        PF_AUTO_BUF PfBuf head = PF_BUF_INIT(sizeof(magic));
        PfFileInfo info;
        int r;

        *ret = false;
        r = pf_target_stat(target, path, &info, err);
        if (r != 0 || info.type != PF_FILE_REGULAR)
                return r < 0 ? r : 0;
        r = pf_target_read_head(target, path, sizeof(magic), &head, err);
        if (r == 0)
                *ret = head.n == sizeof(magic) && memcmp(head.data, magic, sizeof(magic)) == 0;
        return r < 0 ? r : 0;
}

static int look(const PfTarget *target, PfPamPresence *presence, char **path, char *candidate,
                PfErr *err) {
        bool found = false;
        int r = candidate ? is_loadable(target, candidate, &found, err) : -ENOMEM;

        if (r == 0 && (found || !*path)) {
                free(*path);
                *path = PF_STEAL(candidate);
        }
        if (r == 0)
                *presence = found ? PF_PAM_PRESENT : PF_PAM_MISSING;
        free(candidate);
        return r;
}

/* "/lib/security/$ISA/pam_unix.so", as old Red Hat systems have it */
static int locate_path(const PfTarget *target, const char *module, PfPamPresence *ret, char **path,
                       PfErr *err) {
        const char *isa = strstr(module, "$ISA");
        int r = 0;

        if (!isa)
                return look(target, ret, path, strdup(module), err);
        for (size_t i = 0; i < PF_ELEMENTS(isas) && r == 0 && *ret != PF_PAM_PRESENT; i++) {
                char *candidate = NULL;

                if (asprintf(&candidate, "%.*s%s%s", (int) (isa - module), module, isas[i],
                             isa + strlen("$ISA")) < 0)
                        candidate = NULL;
                r = look(target, ret, path, candidate, err);
        }
        return r;
}

static int add_directory(const PfTarget *target, const char *path, PfStrv *places, PfErr *err) {
        PfFileInfo info;
        int r;

        r = pf_target_stat(target, path, &info, err);
        if (r != 0)
                return r == PF_TARGET_ABSENT || r == -ENOTDIR ? 0 : r;
        return info.type == PF_FILE_DIRECTORY ? pf_strv_add(places, path) : 0;
}

static bool is_architecture(const char *name) {
        for (size_t i = 0; i < PF_ELEMENTS(architectures); i++)
                if (pf_wildcard_match(architectures[i], name))
                        return true;
        return false;
}

/* Below one of the roots. Names are matched before anything is looked at: there
 * are hundreds of them. */
static int add_architectures(const PfTarget *target, const char *root, PfStrv *places, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r;

        r = pf_target_list(target, root, &names, err);
        if (r != 0)
                return r == PF_TARGET_ABSENT || r == -ENOTDIR ? 0 : r;
        for (size_t i = 0; i < names.n && r == 0; i++) {
                PF_AUTO_FREE char *path = NULL;

                if (!is_architecture(names.items[i]))
                        continue;
                if (asprintf(&path, "%s/%s/security", root, names.items[i]) < 0)
                        return -ENOMEM;
                r = add_directory(target, path, places, err);
        }
        return r;
}

int pf_pam_module_places(const PfTarget *target, PfStrv *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv places = { 0 };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(roots) && r == 0; i++)
                r = add_architectures(target, roots[i], &places, err);
        for (size_t i = 0; i < PF_ELEMENTS(others) && r == 0; i++)
                r = add_directory(target, others[i], &places, err);
        return r == 0 ? pf_strv_copy(&places, ret) : r;
}

int pf_pam_module_locate(const PfTarget *target, const PfStrv *places, const char *module,
                         PfPamPresence *ret, char **ret_path, PfErr *err) {
        PF_AUTO_FREE char *path = NULL;
        PfPamPresence presence = PF_PAM_UNDISCLOSED;
        int r = 0;

        if (places->n > 0 && module[0] == '/') {
                presence = PF_PAM_MISSING;
                r = locate_path(target, module, &presence, &path, err);
        }
        for (size_t i = 0; module[0] != '/' && i < places->n && r == 0; i++) {
                char *candidate = NULL;

                if (presence == PF_PAM_PRESENT)
                        break;
                if (asprintf(&candidate, "%s/%s", places->items[i], module) < 0)
                        candidate = NULL;
                r = look(target, &presence, &path, candidate, err);
        }
        if (r < 0)
                return r;
        *ret = presence;
        *ret_path = PF_STEAL(path);
        return 0;
}
