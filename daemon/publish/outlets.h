/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "config/config.h"
#include "daemon/base/json.h"
#include "daemon/platform/fsops.h"

/*
 * All places that the settings name, and what is published there. One that fails is tried
 * again: what it holds is an old verdict, which must not stand.
 */
typedef struct PfOutlets PfOutlets;

typedef struct PfOutletsConfig {
        uv_loop_t *loop;            /* NULL: what fails is not tried again, and no port is served */
        const PfSettings *settings; /* borrowed */
        PfTarget *target;           /* the machine; what is written lies below its root */
        const PfFsOps *ops;
        /* What became of an outlet, whenever that is not as before: 0, 1 (it is not there), or
         * a negative errno with a text. */
        void (*told)(const char *outlet, int result, const char *text, void *data);
        void *data;
} PfOutletsConfig;

/* Return: 0, -ENOMEM. */
int pf_outlets_new(const PfOutletsConfig *config, PfOutlets **ret) PF_MUST_CHECK;

/* As the loop goes on to run, memory is released. */
PfOutlets *pf_outlets_free(PfOutlets *outlets);
PF_DEFINE_CLEANUP(PfOutlets, pf_outlets_free);

/* How many the settings name. */
size_t pf_outlets_count(const PfOutlets *outlets);

/**
 * pf_outlets_publish() - what stands there from now on
 * @report: of type Report, or of pf_brief_no_report(), which no serial line is told
 */
void pf_outlets_publish(PfOutlets *outlets, const PfJson *report);

/**
 * pf_outlets_remove() - what was published goes
 *
 * The file, and the key in the pool. A port and a serial line hold nothing; guestinfo cannot be
 * removed by the machine, and keeps what stands there until the power is off.
 * Each is told: 0 where it was there and is gone, 1 where it was not there.
 * Return: 0, or the first error.
 */
int pf_outlets_remove(PfOutlets *outlets) PF_MUST_CHECK;
