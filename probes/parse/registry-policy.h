/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What group policies set, as files say: values of the registry in a policy file
 * ("Registry.pol", and "ntuser.pol", in which Windows keeps what it applied), and what a
 * security template ("GptTmpl.inf") says of services and values.
 *
 * Rule: [MS-GPREG] 2.2.1: "PReg", 1, then [key;value;type;size;data], text as UTF-16 that a
 * NUL ends; [MS-GPSB] 2.2: [Service General Setting] NAME,START,…, [Registry Values]
 * MACHINE\KEY\VALUE=TYPE,….
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

#define PF_POLICY_FILE_MAX (8u << 20) /* bytes */

/**
 * pf_policy_file_sets() - does a policy file say anything of a value?
 * @key:   without HKLM: "SOFTWARE\Policies\…"
 * @value: its name; also where the file deletes it
 * @ret:   receives the answer; untouched unless 0 is returned
 * Names are compared without regard to case.
 * Return: 0; -EINVAL with a text where the file is none, or damaged; -ENOMEM.
 */
int pf_policy_file_sets(const void *bytes, size_t n, const char *key, const char *value, bool *ret,
                        PfErr *err) PF_MUST_CHECK;

/* The same of a security template, of UTF-16 with a mark or of bytes: a value. Return: as above. */
int pf_security_template_sets(const void *bytes, size_t n, const char *key, const char *value,
                              bool *ret, PfErr *err) PF_MUST_CHECK;
/* How a service starts. */
int pf_security_template_starts(const void *bytes, size_t n, const char *service, bool *ret,
                                PfErr *err) PF_MUST_CHECK;
