/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/*
 * Memory that runs out. Linked with the options in fault_alloc (meson), which
 * send the allocations of our own files through here; those inside libraries
 * are not touched.
 */

/* The allocation number @nth from now on, counted from 1, fails; 0: none does. */
void pf_fault_alloc_begin(unsigned nth);

/* Ends it. Return: did one fail? */
bool pf_fault_alloc_end(void);
