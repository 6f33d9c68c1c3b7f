/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

/*
 * The lists of config/kernels.txt as tables: those that generate-kernels.py writes
 * into the program, and those that kernels-parse.c makes of a file. The same text
 * gives the same tables. For kernels*.c and its test alone.
 *
 * Texts are offsets into a pool, so that the tables need no relocation.
 */

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

typedef struct PfKernelsTables {
        const char *source;
        const char *date;
        const char *pool;
        const PfKernelsList *lists;
        size_t n_lists;
        const PfKernelsSeries *series;
        size_t n_series;
        const PfKernelsItem *items;
        size_t n_items;
} PfKernelsTables;

extern const PfKernelsTables pf_kernels_embedded;

/**
 * pf_kernels_parse() - tables out of a text
 * @path: for complaints
 * @ret:  all zero; freed with pf_kernels_tables_deinit(), never what is embedded
 * Rule:  the head of config/kernels.txt. At most 65535 kernels, 8192 series, 1024
 *        lists, and 64 KiB of different texts.
 * Return: 0; -EINVAL with a text that names file, line and what was expected; -ENOMEM.
 */
int pf_kernels_parse(const char *path, const char *text, size_t n, PfKernelsTables *ret,
                     PfErr *err) PF_MUST_CHECK;
void pf_kernels_tables_deinit(PfKernelsTables *tables);
