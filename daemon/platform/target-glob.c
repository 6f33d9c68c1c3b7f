/* SPDX-License-Identifier: MIT */
/* Patterns on a machine: what was captured, or what is found. */
#include "daemon/platform/target-system.h"

#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "daemon/base/overlay-internal.h"
#include "daemon/base/target-internal.h"

/*
 * What was captured under an overlay, with what this holds. A directory that the
 * pattern has a wildcard for is compared by the names of the path that was put.
 */
static int adjust_captured(const PfTarget *target, const char *pattern, PfStrv *paths) {
        const char *last = strrchr(pattern, '/') + 1;
        PF_AUTO_FREE char *directory = strndup(pattern, (size_t) (last - pattern));
        PfWhere where = { 0 };
        const PfHeld *held;
        size_t at = 0;
        int r = 0;

        if (!directory)
                return -ENOMEM;
        if (pf_target_locate(target, directory, true, &where) != 0)
                where = (PfWhere){ 0 };
        while (r == 0 && (held = pf_overlay_each(target, &at))) {
                const char *name = pf_overlay_name_in(held, directory, &where);
                PF_AUTO_BUF PfBuf path = PF_BUF_INIT(2 * PATH_MAX);

                if (name)
                        r = pf_buf_printf(&path, "%s%s", directory, name);
                if (r == 0 && !name)
                        r = pf_buf_add_string(&path, held->path);
                if (r == 0 && fnmatch(pattern, path.data, FNM_PATHNAME | FNM_PERIOD) == 0)
                        r = pf_overlay_decide(paths, path.data, held->blob);
        }
        pf_strv_sort(paths);
        return r;
}

int pf_target_glob(const PfTarget *target, const char *pattern, PfStrv *ret, PfErr *err) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PfErr detail = { 0 };
        int r;

        if (pattern[0] != '/')
                return pf_err_set(err, -EINVAL, "%s: pattern is not absolute", pattern);

        r = pf_target_recall_strv(target, "glob", pattern, &paths, &detail);
        if (r == 0 && pf_target_overlay(target))
                r = adjust_captured(target, pattern, &paths);
        if (r == PF_TARGET_LOOK)
                r = pf_system_glob(target, pattern, &paths, &detail);
        pf_target_keep_strv(target, "glob", pattern, r, &paths, &detail);
        if (r < 0)
                return pf_err_set(err, r, "%s", pf_err_text(&detail, r));
        return r == 0 ? pf_strv_copy(&paths, ret) : r;
}
