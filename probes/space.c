/* SPDX-License-Identifier: MIT */
/*
 * Probe space: is there room for the agent where it will be written?
 *
 * It is copied to one directory and unpacked there, looks at the root file
 * system, installs itself in another directory, copies the initramfs images to
 * a third and builds new ones beside the old. Each of these has to fit; where
 * several share a file system and do not fit together, that is a warning.
 */
#include "probes/probe.h"

#include <string.h>

#include "config/profile.h"
#include "probes/space-place.h"

enum { COPY, ROOT, INSTALL, INODES };

static const PfCheck checks[] = {
        [COPY] = { .id = "space.copy" },
        [ROOT] = { .id = "space.root" },
        [INSTALL] = { .id = "space.install" },
        [INODES] = { .id = "space.inodes" },
};

#define SMALL_TMPFS (UINT64_C(1) << 30)

/* What needs room, in the order in which it is taken. */
typedef enum Step {
        STEP_COPY,
        STEP_ROOT, /* looked at only: nothing is written */
        STEP_INSTALL,
        STEP_BACKUP,
        STEP_REBUILD,
        N_STEPS,
} Step;

typedef struct Need {
        const char *what;
        PfSpacePlace place;
        uint64_t bytes; /* free for it; 0: nothing is written */
        bool takes;     /* and gone for what comes later */
        bool runs;      /* programs are started from there */
} Need;

typedef struct Facts {
        const PfDemand *demand;
        PfSpaceMounts mounts;
        Need needs[N_STEPS];
        char *images_directory;
        char images_reason[PF_SPACE_REASON_MAX]; /* not empty: the images could not be seen */
} Facts;

static void facts_deinit(Facts *facts) {
        for (size_t i = 0; i < N_STEPS; i++)
                pf_space_place_deinit(&facts->needs[i].place);
        pf_space_mounts_deinit(&facts->mounts);
        free(facts->images_directory);
}

/* Sizes of the initramfs images, which are copied and built again one by one. */
static int weigh_images(const PfTarget *target, Facts *facts, uint64_t *ret_all,
                        uint64_t *ret_largest) {
        PF_AUTO_STRV PfStrv paths = { 0 };
        PfErr err = { 0 };
        int r;

        *ret_all = *ret_largest = 0;
        r = pf_target_glob(target, facts->demand->profile->images, &paths, &err);
        for (size_t i = 0; i < paths.n && r == 0; i++) {
                PfFileInfo info;

                r = pf_target_lstat(target, paths.items[i], &info, &err);
                if (r == PF_TARGET_ABSENT)
                        r = pf_err_set(&err, -ENOENT, "%s has just gone", paths.items[i]);
                if (r < 0 || info.type != PF_FILE_REGULAR)
                        continue; /* /boot/initrd is a link to one of the others */
                *ret_all += info.size_bytes;
                if (info.size_bytes > *ret_largest)
                        *ret_largest = info.size_bytes;
        }
        if (r < 0)
                (void) snprintf(facts->images_reason, sizeof(facts->images_reason), "%s",
                                pf_err_text(&err, r));
        return r == -ENOMEM ? r : 0;
}

static int gather_images(const PfTarget *target, Facts *facts) {
        const PfProfile *profile = facts->demand->profile;
        uint64_t all, largest;
        char *slash;
        int r;

        if (!profile->images)
                return 0;
        facts->images_directory = strdup(profile->images);
        if (!facts->images_directory)
                return -ENOMEM;
        slash = strrchr(facts->images_directory, '/');
        slash[slash == facts->images_directory] = '\0';

        r = weigh_images(target, facts, &all, &largest);
        if (r < 0 || all == 0)
                return r;
        facts->needs[STEP_BACKUP] =
                (Need){ .what = "copying the initramfs images", .bytes = all, .takes = true };
        facts->needs[STEP_REBUILD] = (Need){ .what = "a new initramfs image", .bytes = largest };
        r = pf_space_locate(target, &facts->mounts, profile->backup_path,
                            &facts->needs[STEP_BACKUP].place);
        return r < 0 ? r
                     : pf_space_locate(target, &facts->mounts, facts->images_directory,
                                       &facts->needs[STEP_REBUILD].place);
}

static int gather(const PfTarget *target, const PfDemand *demand, Facts *facts) {
        const PfProfile *profile = demand->profile;
        const struct {
                Step step;
                const char *path;
                Need need;
        } steps[] = {
                { STEP_COPY,
                  profile->copy_path,
                  { .what = "the copy",
                    .bytes = profile->copy_bytes,
                    .takes = true,
                    .runs = true } },
                { STEP_ROOT, "/", { .what = "the check of /", .bytes = profile->root_bytes } },
                { STEP_INSTALL,
                  profile->install_path,
                  { .what = "the installation",
                    .bytes = profile->install_bytes,
                    .takes = true,
                    .runs = true } },
        };
        int r;

        facts->demand = demand;
        r = pf_space_mounts_load(target, &facts->mounts);
        for (size_t i = 0; i < PF_ELEMENTS(steps) && r == 0; i++) {
                facts->needs[steps[i].step] = steps[i].need;
                r = pf_space_locate(target, &facts->mounts, steps[i].path,
                                    &facts->needs[steps[i].step].place);
        }
        return r < 0 ? r : gather_images(target, facts);
}

/* What the account may use: only root may use the blocks that are kept for it. */
static uint64_t free_bytes(const Facts *facts, const PfSpacePlace *place) {
        return strcmp(facts->demand->account, "root") == 0 ? place->space.root_free_bytes
                                                           : place->space.free_bytes;
}

/* What is taken before a step on the file system that it needs. */
static uint64_t taken_before(const Facts *facts, Step step) {
        uint64_t taken = 0;

        for (Step i = 0; i < step; i++)
                if (facts->needs[i].takes && facts->needs[i].place.measured &&
                    facts->needs[i].place.device == facts->needs[step].place.device)
                        taken += facts->needs[i].bytes;
        return taken;
}

#define SIZE_TEXT_MAX 32

/* "63.2 MiB", rounded down, so that what is missing is seen. */
static const char *size_text(char text[static SIZE_TEXT_MAX], uint64_t bytes) {
        static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        uint64_t unit = 1024;
        size_t i = 0;

        while (i + 1 < PF_ELEMENTS(units) && bytes / unit >= 1024) {
                unit *= 1024;
                i++;
        }
        (void) snprintf(text, SIZE_TEXT_MAX, "%llu.%llu %s", (unsigned long long) (bytes / unit),
                        (unsigned long long) (bytes % unit * 10 / unit), units[i]);
        return text;
}

static const char *directory_of(const PfSpacePlace *place) {
        return place->mount ? place->mount->directory : place->existing;
}

/* The free space of a place, with what is needed of it. */
static int add_space_evidence(PfReport *report, const PfTarget *target, const Facts *facts,
                              const PfSpacePlace *place, uint64_t bytes) {
        char left[SIZE_TEXT_MAX], total[SIZE_TEXT_MAX], wanted[SIZE_TEXT_MAX];
        char found[3 * SIZE_TEXT_MAX], expected[2 * SIZE_TEXT_MAX];

        (void) snprintf(
                found, sizeof(found), "%s free of %s%s", size_text(left, free_bytes(facts, place)),
                size_text(total, place->space.total_bytes), place->space.is_tmpfs ? ", tmpfs" : "");
        (void) snprintf(expected, sizeof(expected), "at least %s free", size_text(wanted, bytes));
        return pf_report_evidence(report, target, directory_of(place), 0, found, expected);
}

/* How a place is mounted, as the table of mounts says it. */
static int add_mount_evidence(PfReport *report, const PfTarget *target, const Facts *facts,
                              const PfSpacePlace *place, const char *expected) {
        PF_AUTO_BUF PfBuf found = PF_BUF_INIT(65536);
        int r;

        if (!place->mount)
                return pf_report_evidence(report, target, place->existing, 0, "statfs(2) says so",
                                          expected);
        r = pf_buf_printf(&found, "%s %s %s", place->mount->directory, place->mount->type,
                          place->mount->options);
        if (r == -ENOMEM)
                return r;
        return pf_report_evidence(report, target, pf_mounts_path(facts->mounts.table),
                                  place->mount->line, found.data, expected);
}

/* Can it be written to, and programs be run from it? Answers the check where not. */
static bool answer_unusable(PfReport *report, const PfTarget *target, const Facts *facts,
                            const PfCheck *check, Step step) {
        const Need *need = &facts->needs[step];

        if (need->place.read_only) {
                (void) pf_report_fail(report, check,
                                      "%s is on a file system that is mounted "
                                      "read-only",
                                      need->place.path);
                (void) add_mount_evidence(report, target, facts, &need->place, "rw");
                return true;
        }
        if (need->runs && need->place.no_exec) {
                (void) pf_report_fail(report, check,
                                      "nothing can be started from %s, which is mounted noexec",
                                      need->place.path);
                (void) add_mount_evidence(report, target, facts, &need->place, "exec");
                return true;
        }
        return false;
}

static int answer_unmeasured(PfReport *report, const PfCheck *check, const PfSpacePlace *place) {
        return pf_report_unknown(report, check, "the free space of %s is not known: %s",
                                 place->path, place->reason);
}

typedef enum Fit { FITS, FITS_ALONE, FITS_NOT } Fit;

static Fit fit(const Facts *facts, Step step) {
        const Need *need = &facts->needs[step];
        uint64_t left = free_bytes(facts, &need->place);

        return left < need->bytes                               ? FITS_NOT
               : left - need->bytes < taken_before(facts, step) ? FITS_ALONE
                                                                : FITS;
}

/* One step that does not fit, or fits only by itself, with its evidence. */
static int answer_room(PfReport *report, const PfTarget *target, const Facts *facts,
                       const PfCheck *check, Step step) {
        const Need *need = &facts->needs[step];
        uint64_t together = need->bytes + taken_before(facts, step);
        const char *kind = need->place.space.is_tmpfs ? ", a tmpfs," : "";
        char left[SIZE_TEXT_MAX], wanted[SIZE_TEXT_MAX];

        (void) size_text(left, free_bytes(facts, &need->place));
        if (fit(facts, step) == FITS_NOT) {
                (void) pf_report_fail(report, check, "%s are free on %s%s and %s needs %s", left,
                                      directory_of(&need->place), kind, need->what,
                                      size_text(wanted, need->bytes));
                together = need->bytes;
        } else {
                (void) pf_report_warn(report, check,
                                      "%s are free on %s%s and %s needs %s together with what is "
                                      "written there before",
                                      left, directory_of(&need->place), kind, need->what,
                                      size_text(wanted, together));
        }
        (void) add_space_evidence(report, target, facts, &need->place, together);
        return step == STEP_BACKUP
                       ? pf_report_evidence(report, NULL, facts->images_directory, 0, NULL, NULL)
                       : report->error;
}

static int answer_enough(PfReport *report, const PfTarget *target, const Facts *facts,
                         const PfCheck *check, Step step) {
        const Need *need = &facts->needs[step];
        char left[SIZE_TEXT_MAX], total[SIZE_TEXT_MAX], tmpfs[64] = "";

        if (need->place.space.is_tmpfs && need->place.space.total_bytes < SMALL_TMPFS)
                (void) snprintf(tmpfs, sizeof(tmpfs), ", a tmpfs of only %s",
                                size_text(total, need->place.space.total_bytes));
        (void) pf_report_pass(report, check, "%s are free on %s%s",
                              size_text(left, free_bytes(facts, &need->place)),
                              directory_of(&need->place), tmpfs);
        return add_space_evidence(report, target, facts, &need->place, need->bytes);
}

static int check_copy(const PfTarget *target, const Facts *facts, PfReport *report) {
        const Need *need = &facts->needs[STEP_COPY];

        if (answer_unusable(report, target, facts, &checks[COPY], STEP_COPY))
                return 0;
        if (!need->place.measured)
                return answer_unmeasured(report, &checks[COPY], &need->place);
        if (fit(facts, STEP_COPY) != FITS)
                return answer_room(report, target, facts, &checks[COPY], STEP_COPY);
        return answer_enough(report, target, facts, &checks[COPY], STEP_COPY);
}

/* The installer's own check is that of df(1), which leaves out the blocks that
 * are kept for root, although root could use them. */
static int answer_df(const PfTarget *target, const Facts *facts, PfReport *report) {
        const PfSpacePlace *place = &facts->needs[STEP_ROOT].place;
        uint64_t limit = facts->demand->profile->root_bytes;
        char left[SIZE_TEXT_MAX], wanted[SIZE_TEXT_MAX];

        (void) size_text(left, place->space.free_bytes);
        (void) size_text(wanted, limit);
        (void) pf_report_warn(
                report, &checks[ROOT],
                "only %s on / are free without the blocks that are kept for root, and "
                "the installer counts no others",
                left);
        (void) add_space_evidence(report, target, facts, place, limit);
        return pf_report_vendor_verdict(report, "refused: df shows %s free on /, it wants %s", left,
                                        wanted);
}

static int check_root(const PfTarget *target, const Facts *facts, PfReport *report) {
        const PfProfile *profile = facts->demand->profile;
        const PfSpacePlace *place = &facts->needs[STEP_ROOT].place;
        char left[SIZE_TEXT_MAX], wanted[SIZE_TEXT_MAX];

        if (answer_unusable(report, target, facts, &checks[ROOT], STEP_ROOT))
                return 0;
        if (!place->measured)
                return answer_unmeasured(report, &checks[ROOT], place);
        if (fit(facts, STEP_ROOT) != FITS)
                return answer_room(report, target, facts, &checks[ROOT], STEP_ROOT);
        if (place->space.free_bytes < profile->root_bytes)
                return answer_df(target, facts, report);
        if (free_bytes(facts, place) >= profile->root_warn_bytes)
                return answer_enough(report, target, facts, &checks[ROOT], STEP_ROOT);

        (void) pf_report_warn(report, &checks[ROOT],
                              "%s are free on /, and the documents ask for %s",
                              size_text(left, free_bytes(facts, place)),
                              size_text(wanted, profile->root_warn_bytes));
        return add_space_evidence(report, target, facts, place, profile->root_warn_bytes);
}

/* The first step of the installation that fits no better than @worst; N_STEPS: none. */
static Step first_that(const Facts *facts, Fit worst) {
        for (Step i = STEP_INSTALL; i < N_STEPS; i++)
                if (facts->needs[i].bytes > 0 && facts->needs[i].place.measured &&
                    fit(facts, i) >= worst)
                        return i;
        return N_STEPS;
}

static Step first_unmeasured(const Facts *facts) {
        for (Step i = STEP_INSTALL; i < N_STEPS; i++)
                if (facts->needs[i].bytes > 0 && !facts->needs[i].place.measured)
                        return i;
        return N_STEPS;
}

static int check_install(const PfTarget *target, const Facts *facts, PfReport *report) {
        Step step;

        for (step = STEP_INSTALL; step < N_STEPS; step++)
                if (facts->needs[step].bytes > 0 &&
                    answer_unusable(report, target, facts, &checks[INSTALL], step))
                        return 0;
        step = first_that(facts, FITS_NOT);
        if (step < N_STEPS)
                return answer_room(report, target, facts, &checks[INSTALL], step);
        step = first_unmeasured(facts);
        if (step < N_STEPS)
                return answer_unmeasured(report, &checks[INSTALL], &facts->needs[step].place);
        if (facts->images_reason[0])
                return pf_report_unknown(report, &checks[INSTALL],
                                         "the room that the initramfs images need is not known: %s",
                                         facts->images_reason);
        step = first_that(facts, FITS_ALONE);
        if (step < N_STEPS)
                return answer_room(report, target, facts, &checks[INSTALL], step);
        return answer_enough(report, target, facts, &checks[INSTALL], STEP_INSTALL);
}

static bool is_first_on_device(const Facts *facts, Step step) {
        for (Step i = 0; i < step; i++)
                if (facts->needs[i].place.measured &&
                    facts->needs[i].place.device == facts->needs[step].place.device)
                        return false;
        return true;
}

static bool lacks_inodes(const Facts *facts, Step step) {
        const PfSpace *space = &facts->needs[step].place.space;

        return facts->needs[step].place.measured && space->total_inodes > 0 &&
               space->free_inodes < facts->demand->profile->inodes;
}

static int add_inode_evidence(PfReport *report, const PfTarget *target, const Facts *facts,
                              const PfSpacePlace *place) {
        char found[64], expected[64];

        if (place->space.total_inodes == 0)
                return pf_report_evidence(report, target, directory_of(place), 0,
                                          "no fixed number of inodes", NULL);
        (void) snprintf(found, sizeof(found), "%llu inodes free of %llu",
                        (unsigned long long) place->space.free_inodes,
                        (unsigned long long) place->space.total_inodes);
        (void) snprintf(expected, sizeof(expected), "at least %llu free",
                        (unsigned long long) facts->demand->profile->inodes);
        return pf_report_evidence(report, target, directory_of(place), 0, found, expected);
}

static int check_inodes(const PfTarget *target, const Facts *facts, PfReport *report) {
        const PfSpacePlace *lacking = NULL, *unmeasured = NULL;

        for (Step i = 0; i < N_STEPS; i++) {
                const Need *need = &facts->needs[i];

                if (need->bytes == 0)
                        continue;
                if (!need->place.measured && !unmeasured)
                        unmeasured = &need->place;
                if (lacks_inodes(facts, i) && !lacking)
                        lacking = &need->place;
        }
        if (lacking)
                (void) pf_report_fail(report, &checks[INODES], "%s has only %llu inodes left",
                                      directory_of(lacking),
                                      (unsigned long long) lacking->space.free_inodes);
        else if (unmeasured)
                return pf_report_unknown(report, &checks[INODES],
                                         "the free inodes of %s are not known: %s",
                                         unmeasured->path, unmeasured->reason);
        else
                (void) pf_report_pass(report, &checks[INODES],
                                      "inodes are left on every file system that is written to");

        for (Step i = 0; i < N_STEPS; i++)
                if (facts->needs[i].bytes > 0 && facts->needs[i].place.measured &&
                    is_first_on_device(facts, i) && (!lacking || lacks_inodes(facts, i)))
                        (void) add_inode_evidence(report, target, facts, &facts->needs[i].place);
        return report->error;
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        PF_CLEANUP(facts_deinit) Facts facts = { 0 };
        int r;

        r = gather(target, demand, &facts);
        if (r < 0)
                return pf_err_errno(err, r, "free space");
        (void) check_copy(target, &facts, report);
        (void) check_root(target, &facts, report);
        (void) check_install(target, &facts, report);
        return check_inodes(target, &facts, report);
}

const PfProbe pf_probe_space = {
        .name = "space",
        .checks = checks,
        .n_checks = PF_ELEMENTS(checks),
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 5000,
        .run = run,
};
