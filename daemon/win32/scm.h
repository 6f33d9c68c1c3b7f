/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/err.h"

/*
 * The service "preflightd", as the service control manager knows it: made, removed, started and
 * stopped by an administrator. How it runs is daemon/service-win32.c.
 */
#define PF_SCM_NAME "preflightd"

/**
 * pf_scm_install() - register this program, or what has changed of it
 * It starts with the machine, as the system with the rights that it needs and no others, and
 * anew when it has crashed or could not start; and its events are explained.
 * Return: 0, or a negative errno with a text.
 */
int pf_scm_install(PfErr *err) PF_MUST_CHECK;

/* Stop it, and take back what _install() did. What lies in %ProgramData% stays. */
int pf_scm_remove(PfErr *err) PF_MUST_CHECK;

/* Until it runs, or does not: -EALREADY where it did before. */
int pf_scm_start(PfErr *err) PF_MUST_CHECK;
int pf_scm_stop(PfErr *err) PF_MUST_CHECK; /* 0 also where it is stopped */

/* Have the settings read anew; the log says where they are wrong. */
int pf_scm_reload(PfErr *err) PF_MUST_CHECK;
