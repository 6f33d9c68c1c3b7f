/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A device's record in the udev database: /run/udev/data/b8:1, and before udev
 * 167 /dev/.udev/db/block:sda1. Lines of one letter, ':' and a text; those of
 * links ("S") and of properties ("E") are kept.
 */

#include "daemon/base/err.h"
#include "daemon/base/strv.h"

#define PF_UDEV_LINES_MAX 4096

/* All zero is empty. */
typedef struct PfUdevRecord {
        PfStrv links;      /* below /dev: "disk/by-uuid/…", encoded as udev does */
        PfStrv properties; /* "KEY=value" */
} PfUdevRecord;

/* Return: 0; -E2BIG for more than PF_UDEV_LINES_MAX lines; -EINVAL for what is no record,
 * or only the beginning of one; -ENOMEM. Lines of other letters are passed over: every
 * version of udev has had new ones. */
int pf_udev_record_parse(const char *text, size_t n, PfUdevRecord *ret, PfErr *err) PF_MUST_CHECK;
void pf_udev_record_deinit(PfUdevRecord *record);
#define PF_AUTO_UDEV_RECORD PF_CLEANUP(pf_udev_record_deinit)

/* The value of a property, borrowed; NULL where it is not there. The last one counts. */
const char *pf_udev_record_get(const PfUdevRecord *record, const char *key);
