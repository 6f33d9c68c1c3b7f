/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/**
 * pf_file_picture() - all that can be told of a file, as a text to compare
 * Its kind, owner, mode, flags of chattr(1), extended attributes with their values, size, contents
 * (as a hash) and, with @times, when it was read and changed; "absent" where there is none.
 * Not its inode and not st_ctime, which nobody can set.
 * Return: a text that the caller frees. What goes wrong fails the test.
 */
char *pf_file_picture(const char *path, bool times);

/* The names in a directory, sorted, each with a blank behind it; the caller frees them. */
char *pf_directory_picture(const char *path);
