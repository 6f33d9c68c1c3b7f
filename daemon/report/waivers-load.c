/* SPDX-License-Identifier: MIT */
/*
 * Which files with waivers there are, and which may be trusted. What becomes of
 * them in a report is waivers.c.
 */
#include "daemon/report/waivers.h"

#include <string.h>

#define SUFFIX ".conf"
#define FAULT_MAX 256
#define NAME_BYTES_MAX 255

/* By the system of the machine under test, which need not be that of this program. */
typedef struct Place {
        const char *on_the_way[4]; /* NULL behind the last; who may change them may waive */
        const char *directory;
} Place;

static const Place linux_place = {
        .on_the_way = { "/", "/etc", "/etc/preflightd" },
        .directory = PF_WAIVERS_DIRECTORY,
};

/* In /ProgramData users may make folders, but not touch those of others. */
static const Place windows_place = {
        .on_the_way = { "/", "/ProgramData/preflightd" },
        .directory = PF_WAIVERS_DIRECTORY_WINDOWS,
};

static const Place *place_of(const PfTarget *target) {
        return pf_target_platform(target) == PF_PLATFORM_WINDOWS ? &windows_place : &linux_place;
}

static void entry_deinit(PfWaiverEntry *entry) {
        free(entry->file);
        free(entry->summary);
        pf_waiver_deinit(&entry->waiver);
}

void pf_waivers_deinit(PfWaivers *waivers) {
        for (size_t i = 0; i < waivers->n; i++)
                entry_deinit(&waivers->items[i]);
        free(waivers->items);
        *waivers = (PfWaivers){ 0 };
}

/* One more entry; NULL: out of memory. */
static PfWaiverEntry *add_entry(PfWaivers *waivers, const char *file) {
        PfWaiverEntry *items = realloc(waivers->items, (waivers->n + 1) * sizeof(*items));
        PfWaiverEntry *entry;

        if (!items)
                return NULL;
        waivers->items = items;
        entry = &items[waivers->n];
        *entry = (PfWaiverEntry){ .file = strdup(file) };
        if (!entry->file)
                return NULL;
        waivers->n++;
        return entry;
}

static int set_fault(PfWaiverEntry *entry, PfWaiverState state, const char *text) {
        entry->state = state;
        entry->summary = strdup(text);
        return entry->summary ? 0 : -ENOMEM;
}

int pf_waivers_add_fault(PfWaivers *waivers, const PfTarget *target, const char *reason) {
        PfWaiverEntry *entry = add_entry(waivers, place_of(target)->directory);

        if (!entry)
                return -ENOMEM;
        entry->is_public = true; /* the reason is no text of a file */
        return set_fault(entry, PF_WAIVER_UNREADABLE, reason);
}

/*
 * Who else could have written this? @top is the root directory, to whose owner
 * the whole tree belongs. Return: a fault for people; NULL: nobody.
 */
static const char *find_writer(const PfFileInfo *info, const PfFileInfo *top) {
        if (info->uid != 0 && info->uid != top->uid)
                return "belongs to another user than root";
        if (info->mode & 0002)
                return "may be written by every user";
        if ((info->mode & 0020) && info->gid != 0 && info->gid != top->gid)
                return "may be written by a group";
        return NULL;
}

/* What is wrong with a file or directory, as one sentence; "": nothing. */
static int judge_path(const PfTarget *target, const char *path, PfFileType type,
                      const PfFileInfo *top, char fault[static FAULT_MAX], PfErr *err) {
        const char *reason;
        PfFileInfo info;
        int r;

        fault[0] = '\0';
        r = pf_target_lstat(target, path, &info, err);
        if (r != 0)
                return r;
        reason = info.type == type              ? find_writer(&info, top)
                 : info.type == PF_FILE_SYMLINK ? "is a symbolic link"
                 : type == PF_FILE_REGULAR      ? "is no regular file"
                                                : "is no directory";
        if (reason)
                (void) snprintf(fault, FAULT_MAX, "%.128s %s", path, reason);
        return 0;
}

/* The first fault of the directories on the way. */
static int judge_directories(const PfTarget *target, PfFileInfo *top, char fault[static FAULT_MAX],
                             PfErr *err) {
        const Place *place = place_of(target);
        int r;

        fault[0] = '\0';
        r = pf_target_lstat(target, "/", top, err);
        for (size_t i = 0; place->on_the_way[i] && r == 0 && !fault[0]; i++)
                r = judge_path(target, place->on_the_way[i], PF_FILE_DIRECTORY, top, fault, err);
        if (r == 0 && !fault[0])
                r = judge_path(target, place->directory, PF_FILE_DIRECTORY, top, fault, err);
        return r;
}

/* The complaint without "FILE:LINE: " before it, which the entry says too. */
static const char *bare_complaint(const char *text, const char *file, unsigned line) {
        char start[NAME_BYTES_MAX + 128];
        int n = line ? snprintf(start, sizeof(start), "%s:%u: ", file, line)
                     : snprintf(start, sizeof(start), "%s: ", file);

        return n > 0 && n < (int) sizeof(start) && strncmp(text, start, (size_t) n) == 0 ? text + n
                                                                                         : text;
}

static int set_invalid(PfWaiverEntry *entry, const PfIniErrors *errors) {
        size_t more = errors->texts.n + errors->n_dropped - 1;
        const char *first = bare_complaint(errors->texts.items[0], entry->file, errors->first_line);

        entry->state = PF_WAIVER_INVALID;
        entry->line = errors->first_line;
        if (more == 0)
                return set_fault(entry, PF_WAIVER_INVALID, first);
        return asprintf(&entry->summary, "%s (and %zu more)", first, more) < 0 ? -ENOMEM : 0;
}

static int parse(PfWaiverEntry *entry, const PfBuf *text) {
        PF_AUTO_INI_ERRORS PfIniErrors errors = { 0 };
        int r;

        r = pf_waiver_parse(entry->file, text->data ? text->data : "", text->n, &entry->waiver,
                            &errors);
        return r == -EINVAL ? set_invalid(entry, &errors) : r;
}

static int load_file(const PfTarget *target, PfWaiverEntry *entry, const PfFileInfo *top,
                     const char *directory_fault) {
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(2 * PF_WAIVER_FILE_MAX);
        char fault[FAULT_MAX];
        PfErr err = { 0 };
        int r;

        if (directory_fault[0])
                return set_fault(entry, PF_WAIVER_REFUSED, directory_fault);
        r = judge_path(target, entry->file, PF_FILE_REGULAR, top, fault, &err);
        if (r == 0 && fault[0])
                return set_fault(entry, PF_WAIVER_REFUSED, fault);
        if (r == 0)
                r = pf_target_read(target, entry->file, PF_WAIVER_FILE_MAX, &text, &err);
        if (r == -ENOMEM)
                return r;
        if (r != 0)
                return set_fault(entry, PF_WAIVER_UNREADABLE,
                                 r < 0 ? pf_err_text(&err, r) : "it was removed meanwhile");
        entry->is_public = pf_target_is_public(target, entry->file);
        return parse(entry, &text);
}

static bool is_waiver(const char *name) {
        size_t n = strlen(name), n_suffix = strlen(SUFFIX);

        return n > n_suffix && n <= NAME_BYTES_MAX && name[0] != '.' &&
               strcmp(name + n - n_suffix, SUFFIX) == 0;
}

static int load_all(const PfTarget *target, const PfStrv *names, PfWaivers *waivers) {
        char fault[FAULT_MAX];
        PfErr err = { 0 };
        PfFileInfo top;
        int r;

        r = judge_directories(target, &top, fault, &err);
        if (r == -ENOMEM)
                return r;
        if (r != 0)
                return pf_waivers_add_fault(waivers, target, pf_err_text(&err, r));
        for (size_t i = 0; i < names->n && r == 0; i++) {
                char path[sizeof(PF_WAIVERS_DIRECTORY_WINDOWS) + 1 + NAME_BYTES_MAX];
                PfWaiverEntry *entry;

                if (!is_waiver(names->items[i]))
                        continue;
                if (waivers->n == PF_WAIVERS_MAX)
                        return pf_waivers_add_fault(waivers, target,
                                                    "there are more than 256 files: those "
                                                    "behind were not looked at");
                (void) snprintf(path, sizeof(path), "%s/%s", place_of(target)->directory,
                                names->items[i]);
                entry = add_entry(waivers, path);
                r = entry ? load_file(target, entry, &top, fault) : -ENOMEM;
        }
        return r;
}

int pf_waivers_load(const PfTarget *target, PfWaivers *ret) {
        PF_AUTO_STRV PfStrv names = { 0 };
        PfErr err = { 0 };
        int r;

        r = pf_target_list(target, place_of(target)->directory, &names, &err);
        if (r == PF_TARGET_ABSENT)
                return 0;
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return pf_waivers_add_fault(ret, target, pf_err_text(&err, r));
        return names.n > 0 ? load_all(target, &names, ret) : 0;
}
