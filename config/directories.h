/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where settings, profiles, lists and waivers lie, as paths of a target: what an
 * administrator decides, then what holds for this boot, then what a package has brought.
 * And where preflightd listens.
 *
 * On Windows there is one place, %ProgramData%\preflightd, which the service keeps
 * closed to all but administrators. Any user may make a folder beside \Windows, so no
 * path of Linux is looked for there; what a package would bring is built in.
 */
#ifdef _WIN32
#define PF_ADMIN_PARENTS "/"
#define PF_ADMIN_DIRECTORY "/ProgramData/preflightd"
#define PF_DIRECTORIES(under, shipped)                                                             \
        { PF_ADMIN_DIRECTORY under }
#define PF_SETTINGS_SOCKET "\\\\.\\pipe\\org.preflightd.Preflight"
#else
#define PF_ADMIN_PARENTS "/", "/etc"
#define PF_ADMIN_DIRECTORY "/etc/preflightd"
#define PF_DIRECTORIES(under, shipped)                                                             \
        { PF_ADMIN_DIRECTORY under, "/run/preflightd" under, shipped }
#define PF_SETTINGS_SOCKET "/run/preflightd/org.preflightd.Preflight"
#endif
