/* SPDX-License-Identifier: MIT */
#pragma once

#include <windows.h>

#include "daemon/base/cleanup.h"

/*
 * A call of Windows that may not return: on a thread of its own, which is left behind when its
 * time is over.
 */
typedef struct PfInTime {
        void (*work)(void *data);
        void (*release)(void *data);
        DWORD limit_msec;
        volatile LONG *n_left; /* threads that were left behind and have not returned yet */
} PfInTime;

/**
 * pf_in_time() - have the work done
 * Return: 0: it is, and @data is the caller's again; -EAGAIN: there is no thread, GetLastError()
 *         says why, and @data is the caller's; -ETIMEDOUT: @data is the thread's, which releases
 *         it when it returns.
 */
int pf_in_time(const PfInTime *what, void *data) PF_MUST_CHECK;
