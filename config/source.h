/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target.h"

/*
 * A file of settings, a profile or a list, which can lie in several directories:
 * what an administrator puts in /etc hides what a package brings in /usr.
 */
#define PF_SOURCE_PATH_SIZE 1024

typedef struct PfSource {
        char path[PF_SOURCE_PATH_SIZE];
        PfFileInfo info; /* of what is there, through links */
} PfSource;

/* Positive outcomes of pf_source_find(). */
enum {
        PF_SOURCE_ABSENT = 1, /* in none of the directories */
        PF_SOURCE_MASKED = 2, /* the first is a link to /dev/null: there shall be none */
};

/**
 * pf_source_find() - the first of some directories that holds a file
 * @name: of the file; may have a directory before it
 * @ret:  written where 0 is returned
 * Rule:  as systemd: a link to /dev/null masks the files of that name behind it.
 *        A link to what is not there is the first all the same.
 * Return: 0, or one of the above; with a text -EACCES, -EIO … of a directory that
 *         cannot be searched; -ENOENT for a link to nothing.
 */
int pf_source_find(const PfTarget *target, const char *const *directories, size_t n,
                   const char *name, PfSource *ret, PfErr *err) PF_MUST_CHECK;

/* Is it the same file as before, and unchanged as far as its times and size tell? */
bool pf_source_equal(const PfSource *a, const PfSource *b);
