/* SPDX-License-Identifier: MIT */
/*
 * Where PAM's modules are. The directory is compiled into libpam: on Debian one
 * for each architecture, elsewhere below lib64 or lib.
 */
#include "probes/pam/modules.h"

#include <string.h>

static const char *const patterns[] = {
        "/lib/*-linux-gnu*/security",
        "/usr/lib/*-linux-gnu*/security",
        "/lib/*-linux-musl*/security",
        "/usr/lib/*-linux-musl*/security",
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

int pf_pam_module_locate(const PfTarget *target, const char *module, PfPamPresence *ret,
                         char **ret_path, PfErr *err) {
        PF_AUTO_STRV PfStrv places = { 0 };
        PF_AUTO_FREE char *path = NULL;
        PfPamPresence presence = PF_PAM_UNDISCLOSED;
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(patterns) && r == 0; i++)
                r = pf_target_glob(target, patterns[i], &places, err);
        if (r == 0 && places.n > 0 && module[0] == '/') {
                presence = PF_PAM_MISSING;
                r = locate_path(target, module, &presence, &path, err);
        }
        for (size_t i = 0; module[0] != '/' && i < places.n && r == 0; i++) {
                char *candidate = NULL;

                if (presence == PF_PAM_PRESENT)
                        break;
                if (asprintf(&candidate, "%s/%s", places.items[i], module) < 0)
                        candidate = NULL;
                r = look(target, &presence, &path, candidate, err);
        }
        if (r < 0)
                return r;
        *ret = presence;
        *ret_path = PF_STEAL(path);
        return 0;
}
