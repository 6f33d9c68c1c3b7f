/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * pf_remove_tree() - remove a directory of ours, and all that is below it
 * As much as can be: what cannot be removed stays, and nobody is told. Links are not
 * followed; mounts are gone into, since on overlayfs files are of another device than
 * their directories. Rule: nftw(3), FTW_DEPTH, FTW_PHYS.
 */
void pf_remove_tree(const char *path);
