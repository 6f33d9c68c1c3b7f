/* SPDX-License-Identifier: MIT */
/*
 * Changing an image: no program of it is run, and none of this machine's reads it. The machine
 * that runs is its service's.
 */
#include "daemon/ctl/changer-local.h"

#include <pwd.h>
#include <sys/stat.h>

#define ENDING_UNIT "preflight-leases.service" /* at boot, before sshd */

static void image_close(void *data) {
        pf_changer_local_deinit(data);
        free(data);
}

static void say_who_we_are(char ret[static PF_CHANGER_WHO_MAX]) {
        const struct passwd *self = getpwuid(geteuid());

        (void) snprintf(ret, PF_CHANGER_WHO_MAX, "%.64s (uid %u, pid %ld), offline",
                        self ? self->pw_name : "somebody", (unsigned) geteuid(), (long) getpid());
}

/* A captured machine is a copy of what was read, without secrets: for looking. */
static PfExit refuse_capture(const PfChangerLocal *image, PfErr *err) {
        if (pf_target_is_live(image->subject.target))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--root=%s is a captured machine: there is a plan for it, but "
                                   "nothing to change",
                                   image->ctl->options.root);
        return PF_EXIT_OK;
}

/* Is the unit enabled: is there a link to it, and does that lead somewhere? */
static bool is_enabled(const PfTarget *target, const char *pattern) {
        PF_AUTO_STRV PfStrv links = { 0 };
        PfFileInfo info;

        if (pf_target_glob(target, pattern, &links, NULL) < 0)
                return false;
        for (size_t i = 0; i < links.n; i++)
                if (pf_target_stat(target, links.items[i], &info, NULL) == 0)
                        return true;
        return false;
}

/* What is opened there for a while has to be closed by somebody when it boots. */
static PfExit refuse_lease(const PfChangerLocal *image, PfErr *err) {
        static const char *const links[] = { "/etc/systemd/system/*.wants/" ENDING_UNIT,
                                             "/etc/systemd/system/*.requires/" ENDING_UNIT,
                                             "/usr/lib/systemd/system/*.wants/" ENDING_UNIT };

        if (image->ctl->options.lease_usec == 0)
                return PF_EXIT_OK;
        for (size_t i = 0; i < PF_ELEMENTS(links); i++)
                if (is_enabled(image->subject.target, links[i]))
                        return PF_EXIT_OK;
        return pf_exit_set(err, PF_EXIT_BLOCKED,
                           "--lease: nobody would end it in %s, where " ENDING_UNIT
                           " is not enabled",
                           image->ctl->options.root);
}

/* Whatever it is called: "/", "//", "/proc/1/root", a link to it. */
static bool is_this_machine(const char *root) {
        struct stat given, own;

        return stat(root, &given) == 0 && stat("/", &own) == 0 && given.st_dev == own.st_dev &&
               given.st_ino == own.st_ino;
}

static PfExit image_open(PfCtl *ctl, bool may_change, void **ret, PfErr *err) {
        PfChangerLocal *image;
        PfExit status;

        if (is_this_machine(ctl->options.root))
                return pf_exit_set(err, PF_EXIT_USAGE,
                                   "--root=%s is the running machine, which only its service "
                                   "changes: leave --root out",
                                   ctl->options.root);
        image = calloc(1, sizeof(*image));
        if (!image)
                return pf_exit_set(err, PF_EXIT_UNKNOWN, "out of memory");
        image->ctl = ctl;
        image->effects = &pf_effects_image;
        say_who_we_are(image->who);
        status = pf_subject_prepare(&image->subject, &ctl->options, err);
        if (status == PF_EXIT_OK && may_change)
                status = refuse_capture(image, err);
        if (status == PF_EXIT_OK && may_change)
                status = refuse_lease(image, err);
        if (status == PF_EXIT_OK && may_change)
                status = pf_changer_local_open(image, err);
        if (status == PF_EXIT_OK)
                *ret = image;
        else
                image_close(image);
        return status;
}

const PfChangerWay pf_changer_image = {
        .open = image_open,
        .close = image_close,
        .plan = pf_changer_local_plan,
        .apply = pf_changer_local_apply,
        .list = pf_changer_local_list,
        .undo = pf_changer_local_undo,
};
