/* SPDX-License-Identifier: MIT */
/*
 * Conditions of units that ask for files.
 */
#include "probes/parse/systemd-condition.h"

#include <string.h>

/* Each is 1, 0, or a negative errno with a text. */
typedef int (*Test)(const PfTarget *target, const char *path, PfErr *err);

static int test_exists(const PfTarget *target, const char *path, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(target, path, &info, err);

        return r < 0 ? r : r == 0;
}

static int test_glob(const PfTarget *target, const char *path, PfErr *err) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        int r = pf_target_glob(target, path, &paths, err);

        return r < 0 ? r : paths.n > 0;
}

static int test_directory(const PfTarget *target, const char *path, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(target, path, &info, err);

        return r < 0 ? r : r == 0 && info.type == PF_FILE_DIRECTORY;
}

static int test_link(const PfTarget *target, const char *path, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_lstat(target, path, &info, err);

        return r < 0 ? r : r == 0 && info.type == PF_FILE_SYMLINK;
}

static int test_not_empty(const PfTarget *target, const char *path, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(target, path, &info, err);

        return r < 0 ? r : r == 0 && info.type == PF_FILE_REGULAR && info.size_bytes > 0;
}

static int test_directory_not_empty(const PfTarget *target, const char *path, PfErr *err) {
        PF_AUTO_STRV PfStrv names = { 0 };
        int r = pf_target_list(target, path, &names, err);

        if (r == -ENOTDIR)
                return 0;
        return r < 0 ? r : r == 0 && names.n > 0;
}

static int test_executable(const PfTarget *target, const char *path, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(target, path, &info, err);

        return r < 0 ? r : r == 0 && info.type == PF_FILE_REGULAR && (info.mode & 0111) != 0;
}

static const struct {
        const char *name;
        Test test;
} tests[] = {
        { "PathExists", test_exists },           { "PathExistsGlob", test_glob },
        { "PathIsDirectory", test_directory },   { "PathIsSymbolicLink", test_link },
        { "FileNotEmpty", test_not_empty },      { "DirectoryNotEmpty", test_directory_not_empty },
        { "FileIsExecutable", test_executable },
};

/* Is it made anew at each boot, and so not in an image? */
static bool is_volatile(const PfTarget *target, const char *path) {
        static const char *const roots[] = { "/dev/", "/proc/", "/run/",
                                             "/sys/", "/tmp/",  "/var/run/" };

        for (size_t i = 0; i < PF_ELEMENTS(roots); i++)
                if (strncmp(path, roots[i], strlen(roots[i])) == 0)
                        return !pf_target_is_live(target);
        return false;
}

static int judge_path(const PfTarget *target, const char *name, const char *path, PfConditions *ret,
                      PfErr *err) {
        *ret = PF_CONDITIONS_UNKNOWN;
        if (path[0] != '/' || strchr(path, '%') || is_volatile(target, path))
                return 0;
        for (size_t i = 0; i < PF_ELEMENTS(tests); i++) {
                int r;

                if (strcmp(tests[i].name, name) != 0)
                        continue;
                r = tests[i].test(target, path, err);
                if (r < 0)
                        return r;
                *ret = r ? PF_CONDITIONS_HOLD : PF_CONDITIONS_FAIL;
        }
        return 0;
}

static int judge(const PfTarget *target, const char *name, const char *value, bool *ret_trigger,
                 PfConditions *ret, PfErr *err) {
        bool negated;
        int r;

        *ret_trigger = *value == '|';
        value += *ret_trigger;
        value += strspn(value, " \t");
        negated = *value == '!';
        value += negated;
        value += strspn(value, " \t");
        r = judge_path(target, name, value, ret, err);
        if (r == 0 && negated && *ret != PF_CONDITIONS_UNKNOWN)
                *ret = *ret == PF_CONDITIONS_HOLD ? PF_CONDITIONS_FAIL : PF_CONDITIONS_HOLD;
        return r;
}

/* What a list of conditions has come to so far. */
typedef struct Tally {
        PfConditions all; /* of those without '|' */
        const PfUnitSetting *decides;
        bool any_trigger;
        PfConditions one; /* of those with it */
        const PfUnitSetting *trigger;
} Tally;

/* Worse is later: hold, fail … but a failure is certain, whatever is unknown. */
static void count(Tally *tally, const PfUnitSetting *setting, bool trigger, PfConditions outcome) {
        if (!trigger) {
                if (outcome != PF_CONDITIONS_HOLD && tally->all != PF_CONDITIONS_FAIL) {
                        tally->all = outcome;
                        tally->decides = setting;
                }
                return;
        }
        if (!tally->any_trigger || outcome == PF_CONDITIONS_HOLD ||
            (outcome == PF_CONDITIONS_UNKNOWN && tally->one == PF_CONDITIONS_FAIL)) {
                tally->one = outcome;
                tally->trigger = setting;
        }
        tally->any_trigger = true;
}

static int tally_up(const PfTarget *target, const PfSystemdUnit *unit, const char *prefix,
                    Tally *tally, PfErr *err) {
        int r = 0;

        for (size_t i = 0; i < unit->n && r == 0; i++) {
                const PfUnitSetting *setting = &unit->settings[i];
                PfConditions outcome;
                bool trigger;

                if (strcmp(setting->section, "Unit") != 0 ||
                    strncmp(setting->key, prefix, strlen(prefix)) != 0)
                        continue;
                r = judge(target, setting->key + strlen(prefix), setting->value, &trigger, &outcome,
                          err);
                if (r == 0)
                        count(tally, setting, trigger, outcome);
        }
        return r;
}

static PfConditions outcome_of(const Tally *tally, const PfUnitSetting **ret_setting) {
        const bool by_trigger =
                tally->any_trigger && tally->one != PF_CONDITIONS_HOLD &&
                tally->all != PF_CONDITIONS_FAIL &&
                (tally->all == PF_CONDITIONS_HOLD || tally->one == PF_CONDITIONS_FAIL);

        *ret_setting = by_trigger ? tally->trigger : tally->decides;
        return by_trigger ? tally->one : tally->all;
}

int pf_systemd_conditions(const PfTarget *target, const PfSystemdUnit *unit, PfConditions *ret,
                          const PfUnitSetting **ret_setting, PfErr *err) {
        static const char *const prefixes[] = { "Condition", "Assert" };
        PfConditions worst = PF_CONDITIONS_HOLD;
        const PfUnitSetting *decides = NULL;

        for (size_t i = 0; i < PF_ELEMENTS(prefixes); i++) {
                const PfUnitSetting *setting;
                PfConditions outcome;
                Tally tally = { 0 };
                int r;

                r = tally_up(target, unit, prefixes[i], &tally, err);
                if (r < 0)
                        return r;
                outcome = outcome_of(&tally, &setting);
                if (outcome != PF_CONDITIONS_HOLD && worst != PF_CONDITIONS_FAIL) {
                        worst = outcome;
                        decides = setting;
                }
        }
        *ret = worst;
        *ret_setting = decides;
        return 0;
}
