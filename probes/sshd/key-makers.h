/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What makes host keys on a machine that has none: units, the service's own
 * commands, cloud-init, Azure's agent.
 */

#include "probes/sshd/room.h"

/* All zero is nobody. */
typedef struct PfSshdKeyMaker {
        const char *name; /* for people; NULL: nobody */
        bool is_certain;  /* else it depends on what is not in the image */
        char *path;       /* where that is seen */
        unsigned line;
        char *text;
} PfSshdKeyMaker;

void pf_sshd_key_maker_deinit(PfSshdKeyMaker *maker);

/**
 * pf_sshd_key_maker_find() - who will make one of the keys @setting names?
 * @ret: untouched where nobody will
 * Return: 0, or a negative errno with a text.
 */
int pf_sshd_key_maker_find(const PfSshdRoom *room, const PfSshdSetting *setting,
                           PfSshdKeyMaker *ret, PfErr *err) PF_MUST_CHECK;
