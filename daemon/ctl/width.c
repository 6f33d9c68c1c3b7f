/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/width.h"

/* Sorted: they are looked up as ranges. Brackets and points of ASCII count beside a
 * wide character only. */
static const PfCharRange not_first[] = {
        { '!', '"' },       { '%', '%' },       { ')', ')' },       { ',', ',' },
        { '.', '.' },       { ':', ';' },       { '?', '?' },       { ']', ']' },
        { '}', '}' },       { 0x3001, 0x3002 }, { 0x3005, 0x3005 }, { 0x3009, 0x3009 },
        { 0x300b, 0x300b }, { 0x300d, 0x300d }, { 0x300f, 0x300f }, { 0x3011, 0x3011 },
        { 0x3015, 0x3015 }, { 0x3041, 0x3041 }, { 0x3043, 0x3043 }, { 0x3045, 0x3045 },
        { 0x3047, 0x3047 }, { 0x3049, 0x3049 }, { 0x3063, 0x3063 }, { 0x3083, 0x3083 },
        { 0x3085, 0x3085 }, { 0x3087, 0x3087 }, { 0x308e, 0x308e }, { 0x309b, 0x309e },
        { 0x30a1, 0x30a1 }, { 0x30a3, 0x30a3 }, { 0x30a5, 0x30a5 }, { 0x30a7, 0x30a7 },
        { 0x30a9, 0x30a9 }, { 0x30c3, 0x30c3 }, { 0x30e3, 0x30e3 }, { 0x30e5, 0x30e5 },
        { 0x30e7, 0x30e7 }, { 0x30ee, 0x30ee }, { 0x30f5, 0x30f6 }, { 0x30fb, 0x30fe },
        { 0xff01, 0xff01 }, { 0xff09, 0xff09 }, { 0xff0c, 0xff0c }, { 0xff0e, 0xff0e },
        { 0xff1a, 0xff1b }, { 0xff1f, 0xff1f }, { 0xff3d, 0xff3d }, { 0xff5d, 0xff5d },
};
static const PfCharRange not_last[] = {
        { '"', '"' },       { '(', '(' },       { '[', '[' },       { '{', '{' },
        { 0x3008, 0x3008 }, { 0x300a, 0x300a }, { 0x300c, 0x300c }, { 0x300e, 0x300e },
        { 0x3010, 0x3010 }, { 0x3014, 0x3014 }, { 0xff08, 0xff08 }, { 0xff3b, 0xff3b },
        { 0xff5b, 0xff5b },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool pf_char_is_in(uint32_t c, const PfCharRange *ranges, size_t n) {
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (c < ranges[middle].first)
                        high = middle;
                else if (c > ranges[middle].last)
                        low = middle + 1;
                else
                        return true;
        }
        return false;
}

bool pf_char_is_wide(uint32_t c) {
        return c > 0x7f && pf_char_is_in(c, pf_width_wide, pf_width_n_wide);
}

int pf_char_width(uint32_t c) {
        if (pf_char_is_in(c, pf_width_unassigned, pf_width_n_unassigned))
                return -1;
        if (pf_char_is_in(c, pf_width_combining, pf_width_n_combining))
                return 0;
        return pf_char_is_wide(c) ? 2 : 1;
}

bool pf_char_may_break(uint32_t before, uint32_t after) {
        return (pf_char_is_wide(before) || pf_char_is_wide(after)) &&
               !pf_char_is_in(after, not_first, COUNT(not_first)) &&
               !pf_char_is_in(before, not_last, COUNT(not_last));
}
