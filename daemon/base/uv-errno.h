/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * pf_errno_from_uv() - what libuv returned, as we return it
 * @r: 0 or more, which stays as it is, or one of libuv's codes
 *
 * They are negative errno on every system but Windows, where they are numbers of libuv's own.
 * Return: @r, or a negative errno; -EIO for what this system has no number for.
 */
int pf_errno_from_uv(int r);
