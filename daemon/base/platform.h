/* SPDX-License-Identifier: MIT */
#pragma once

/* The systems that a machine under test may have, or that a text is about. A set: these
 * are ORed. */
#define PF_PLATFORM_LINUX (1u << 0)
#define PF_PLATFORM_WINDOWS (1u << 1)
#define PF_PLATFORM_ALL (PF_PLATFORM_LINUX | PF_PLATFORM_WINDOWS)

/* That of this program, and of the machine it runs on. */
#ifdef _WIN32
#define PF_PLATFORM_HERE PF_PLATFORM_WINDOWS
#define PF_ADMINISTRATOR "Administrator" /* that is there from the start */
#else
#define PF_PLATFORM_HERE PF_PLATFORM_LINUX
#define PF_ADMINISTRATOR "root"
#endif
