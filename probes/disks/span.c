/* SPDX-License-Identifier: MIT */
/*
 * Does what the machine starts from lie on one disk? Agents before 9.20 wanted
 * that of / and /boot, and of the directories that they write to.
 */
#include <string.h>

#include "config/profile.h"
#include "probes/disks/room.h"

/* What has to be on the disk of /: by agents of any version, and before 9.20. */
static const struct Member {
        PfDisksPlaceId place;
        bool always;
} members[] = {
        { PF_DISKS_BOOT, true },       { PF_DISKS_EFI, true },  { PF_DISKS_USR, false },
        { PF_DISKS_USR_LOCAL, false }, { PF_DISKS_VAR, false }, { PF_DISKS_ETC, false },
};

static const char *since(const PfDisksRoom *room) {
        return room->demand->profile->since_several_disks;
}

/* Do both share a disk? What lies on several, as a mirror does, has all of them. */
static bool share_disk(const PfDisksPlace *a, const PfDisksPlace *b) {
        for (size_t i = 0; i < a->disks.n; i++)
                if (pf_block_list_contains(&b->disks, a->disks.items[i]))
                        return true;
        return false;
}

/* The first place that is on another disk than /; NULL: none. */
static const PfDisksPlace *find_apart(const PfDisksRoom *room) {
        const PfDisksPlace *root = &room->places[PF_DISKS_ROOT];
        bool old = !pf_disks_agent_has(room, since(room));

        for (size_t i = 0; i < PF_ELEMENTS(members); i++) {
                const PfDisksPlace *place = &room->places[members[i].place];

                if ((members[i].always || old) && place->disks.n > 0 && !share_disk(place, root))
                        return place;
        }
        return NULL;
}

int pf_disks_boot_system_same(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        const PfDisksPlace *root = &room->places[PF_DISKS_ROOT];
        const char *agent = room->demand->agent_version;
        char here[PF_DISKS_NAMES_MAX], there[PF_DISKS_NAMES_MAX];
        const PfDisksPlace *apart;

        (void) err;
        if (pf_disks_answer_unknown(room, check, PF_DISKS_ROOT) ||
            pf_disks_answer_unknown(room, check, PF_DISKS_BOOT))
                return 0;
        if (root->disks.n == 0)
                return pf_report_skip(room->report, check, "/ lies on no disk");
        (void) pf_disks_names(here, &root->disks);
        apart = find_apart(room);
        if (!apart)
                return pf_report_pass(room->report, check, "/ and /boot lie on %s", here);
        (void) pf_disks_names(there, &apart->disks);
        if (!pf_disks_agent_has(room, since(room)))
                (void) pf_report_fail(room->report, check,
                                      "/ lies on %s and %s on %s, which agent %s does not accept",
                                      here, apart->path, there, agent);
        else
                (void) pf_report_warn(room->report, check,
                                      "/ lies on %s and %s on %s: from agent %s on that is called "
                                      "supported, while the support matrix allows one disk of the "
                                      "system only",
                                      here, apart->path, there, pf_disks_since(since(room)));
        pf_disks_show_mount(room, root, NULL);
        pf_disks_show_mount(room, apart, "on the same disk");
        if (pf_disks_agent_has(room, since(room)))
                return pf_report_remedy(room->report, "move %s to the disk of /", apart->path);
        return pf_report_remedy(room->report, "move %s to the disk of /, or push agent %s or later",
                                apart->path, pf_disks_since(since(room)));
}

int pf_disks_system_span(const PfDisksRoom *room, const PfCheck *check, PfErr *err) {
        const PfDisksPlace *root = &room->places[PF_DISKS_ROOT];
        char names[PF_DISKS_NAMES_MAX];

        (void) err;
        if (pf_disks_answer_unknown(room, check, PF_DISKS_ROOT))
                return 0;
        if (root->disks.n == 0)
                return pf_report_skip(room->report, check, "/ lies on no disk");
        (void) pf_disks_names(names, &root->disks);
        if (root->disks.n == 1) {
                (void) pf_report_pass(room->report, check, "/ lies on %s alone", names);
        } else if (pf_disks_agent_has(room, since(room))) {
                (void) pf_report_pass(room->report, check,
                                      "/ lies on %s, which agents accept from %s on", names,
                                      pf_disks_since(since(room)));
        } else {
                (void) pf_report_fail(room->report, check,
                                      "/ lies on %s, and agent %s accepts one disk only", names,
                                      room->demand->agent_version);
                (void) pf_report_remedy(room->report,
                                        "push agent %s or later, or bring / onto one disk with "
                                        "pvmove",
                                        pf_disks_since(since(room)));
        }
        pf_disks_show_mount(room, root, root->disks.n == 1 ? NULL : "on one disk");
        return 0;
}
