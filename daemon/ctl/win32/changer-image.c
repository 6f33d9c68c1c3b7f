/* SPDX-License-Identifier: MIT */
/* A program of Windows looks at images, and changes none. */
#include "daemon/ctl/changer.h"

static PfExit image_open(PfCtl *ctl, bool may_change, void **ret, PfErr *err) {
        (void) may_change;
        (void) ret;
        return pf_exit_set(err, PF_EXIT_USAGE,
                           "--root=%s: an image is changed on Linux, and only looked at here",
                           ctl->options.root);
}

const PfChangerWay pf_changer_image = { .open = image_open };
