/* SPDX-License-Identifier: MIT */
/*
 * Probe system: is the machine in a state to be installed on?
 *
 * Files alone are read, and the kernel asked for its clock; nothing is started. In
 * an image there is no running system: what only one has is left out there.
 */
#include <string.h>

#include "probes/system/driver.h"

static const PfCheck checks[PF_SYSTEM_N_CHECKS] = {
        [PF_SYSTEM_REBOOT] = { "system.reboot-pending" },
        [PF_SYSTEM_PREREQUISITES] = { "system.prerequisites" },
        [PF_SYSTEM_CLOCK] = { "system.clock" },
        [PF_SYSTEM_LEFTOVERS] = { "agent.leftovers" },
};

#define RELEASE_PATH "/proc/sys/kernel/osrelease"

PfMaybe pf_system_has(const PfSystemRoom *room, const char *path, PfErr *err) {
        PfFileInfo info;
        int r = pf_target_stat(room->target, path, &info, err);

        return r == 0 ? PF_YES : r == PF_TARGET_ABSENT ? PF_NO : PF_MAYBE;
}

int pf_system_read_word(const PfSystemRoom *room, const char *path,
                        char text[static PF_SYSTEM_WORD_MAX], PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_SYSTEM_WORD_MAX);
        int r = pf_target_read_head(room->target, path, PF_SYSTEM_WORD_MAX - 1, &buf, err);
        const char *begin = buf.data ? buf.data : "";
        size_t n;

        if (r != 0)
                return r;
        begin += strspn(begin, " \t");
        n = strcspn(begin, "\r\n");
        while (n > 0 && strchr(" \t", begin[n - 1]))
                n--;
        (void) snprintf(text, PF_SYSTEM_WORD_MAX, "%.*s", (int) n, begin);
        return 0;
}

PfSystemFamily pf_system_family(const PfSystemRoom *room) {
        static const struct {
                const char *id;
                PfSystemFamily family;
        } families[] = {
                { "debian", PF_FAMILY_DEBIAN },      { "ubuntu", PF_FAMILY_UBUNTU },
                { "rhel", PF_FAMILY_RHEL },          { "centos", PF_FAMILY_RHEL },
                { "centos-stream", PF_FAMILY_RHEL }, { "rocky", PF_FAMILY_RHEL },
                { "almalinux", PF_FAMILY_RHEL },     { "ol", PF_FAMILY_RHEL },
                { "sles", PF_FAMILY_SUSE },          { "sles_sap", PF_FAMILY_SUSE },
                { "opensuse-leap", PF_FAMILY_SUSE },
        };

        for (size_t i = 0; i < PF_ELEMENTS(families); i++)
                if (strcmp(families[i].id, room->system.id) == 0)
                        return families[i].family;
        return PF_FAMILY_OTHER;
}

unsigned pf_system_major(const PfSystemRoom *room) {
        return (unsigned) strtoul(room->system.version, NULL, 10);
}

/* Does it look as if something ran, though no file tells which kernel it is? */
static int has_traces(const PfSystemRoom *room, PfErr *err) {
        static const char *const traces[] = { "/proc/meminfo", "/proc/locks" };

        for (size_t i = 0; i < PF_ELEMENTS(traces); i++)
                if (pf_system_has(room, traces[i], err) != PF_NO)
                        return pf_err_set(err, -ENOENT,
                                          RELEASE_PATH " is not there, and "
                                                       "%s is",
                                          traces[i]);
        return 0;
}

/* What decides how all is judged has to be known: an error here is one of every check. */
static int open_room(PfSystemRoom *room, PfErr *err) {
        char word[PF_SYSTEM_WORD_MAX];
        int r = pf_system_identify(room->target, &room->system, err);

        if (r < 0)
                return r;
        if (r != 0)
                room->system = (PfSystem){ 0 };
        r = pf_system_read_word(room, RELEASE_PATH, word, err);
        if (r != 0)
                return r < 0 ? r : has_traces(room, err);
        room->runs = true;
        (void) snprintf(room->kernel, sizeof(room->kernel), "%s", word);
        switch (pf_system_has(room, "/run/systemd/system", err)) {
        case PF_MAYBE:
                return err->code;
        case PF_YES:
                room->has_systemd = true;
                return 0;
        default:
                return 0;
        }
}

static int run(const PfTarget *target, const PfDemand *demand, PfReport *report, PfErr *err) {
        static int (*const functions[PF_SYSTEM_N_CHECKS])(const PfSystemRoom *, const PfCheck *,
                                                          PfErr *) = {
                [PF_SYSTEM_REBOOT] = pf_system_check_reboot,
                [PF_SYSTEM_PREREQUISITES] = pf_system_check_prerequisites,
                [PF_SYSTEM_CLOCK] = pf_system_check_clock,
                [PF_SYSTEM_LEFTOVERS] = pf_system_check_leftovers,
        };
        PfFilterDriver driver;
        PfSystemRoom room = {
                .target = target, .demand = demand, .report = report, .driver = &driver
        };
        int r = open_room(&room, err);

        if (r == 0)
                r = pf_filter_driver_look(&room, &driver);

        for (size_t i = 0; i < PF_ELEMENTS(functions) && r == 0; i++)
                r = functions[i](&room, &checks[i], err);
        return r;
}

const PfProbe pf_probe_system = {
        .name = "system",
        .checks = checks,
        .n_checks = PF_SYSTEM_N_CHECKS,
        .platforms = PF_PLATFORM_LINUX,
        .deadline_ms = 5000,
        .run = run,
};
