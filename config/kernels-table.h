/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The lists of config/kernels.txt, as generate-kernels.py writes them into the
 * program; for kernels.c alone. Texts are offsets into a pool, so that the tables
 * need no relocation. */

typedef struct PfKernelsList {
        uint16_t scenario;
        uint16_t distribution;
        uint16_t first; /* agent versions of the oldest and the newest list */
        uint16_t last;
} PfKernelsList;

/* Kernels STEM NUMBER TAIL that came and went with the same lists. */
typedef struct PfKernelsSeries {
        uint16_t scenario;
        uint16_t distribution;
        uint16_t since;
        uint16_t until; /* of an empty text: no later list lacks them */
        uint16_t stem;
        uint16_t tail;
        uint16_t i_item;
        uint16_t n_items;
} PfKernelsSeries;

#define PF_KERNELS_NO_PACK 255

typedef struct PfKernelsItem {
        uint16_t number;
        uint8_t pack;
} PfKernelsItem;

extern const char pf_kernels_source[];
extern const char pf_kernels_date[];
extern const char pf_kernels_pool[];
extern const PfKernelsList pf_kernels_lists[];
extern const size_t pf_n_kernels_lists;
extern const PfKernelsSeries pf_kernels_series[];
extern const size_t pf_n_kernels_series;
extern const PfKernelsItem pf_kernels_items[];
