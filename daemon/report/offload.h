/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "daemon/base/err.h"

/*
 * Work that may block, each on a thread of its own that ends with it.
 *
 * Not libuv's pool: its threads stay for good, and with them a stack and a part of the heap
 * each; and in a pool one that hangs keeps others waiting.
 */

/**
 * pf_offload() - have something done beside the loop
 * @work: on the thread
 * @over: then, from the loop; @data is the callee's again
 * Return: 0; -ENOMEM or -EAGAIN (pthread_create(3)): nothing was started, and @over is not
 *         called.
 *
 * The loop stays alive until @over was called. Nothing ends a thread that hangs.
 */
int pf_offload(uv_loop_t *loop, void (*work)(void *data), void (*over)(void *data),
               void *data) PF_MUST_CHECK;
