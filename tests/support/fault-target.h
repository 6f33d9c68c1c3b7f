/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One path of a machine goes wrong, whatever is asked of it. Linked with the
 * options in fault_target_args (meson), which send what our files ask of a
 * target through here.
 */
typedef enum PfFault {
        PF_FAULT_ENOENT, /* it is not there */
        PF_FAULT_EACCES,
        PF_FAULT_EIO,
        PF_FAULT_ENOMEM,
        PF_FAULT_TRUNCATED, /* a file ends in its middle */
        PF_FAULT_GARBAGE,   /* other bytes in a file, as many */
        PF_N_FAULTS,
} PfFault;

const char *pf_fault_to_string(PfFault fault);

/* From now on, until the end. @path is as the target is asked for it, or the
 * question and its book as "book:question"; borrowed. */
void pf_fault_target_begin(const char *path, PfFault fault);

void pf_fault_target_end(void);
