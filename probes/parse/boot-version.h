/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which of two versions is newer, in the ways boot loaders order entries.
 * All return less than 0, 0 or more than 0, as strcmp().
 */

/* As rpm compares versions: segments of digits or letters, '~' before all else,
 * '^' behind the end and before all else. */
int pf_rpm_version_compare(const char *a, const char *b);

/* The name of an entry as GRUB's blscfg splits it: name-version-release, each
 * compared as above. */
int pf_bls_name_compare(const char *a, const char *b);

/* As systemd-boot: the UAPI Group's Version Format Specification. */
int pf_uapi_version_compare(const char *a, const char *b);
