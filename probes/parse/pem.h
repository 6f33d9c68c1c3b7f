/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * pf_pem_has_text() - is a text in one of the certificates?
 * @text:   @n bytes of PEM: RFC 7468, with anything between the certificates
 * @wanted: such as a common name, byte by byte; where in the certificate it is is
 *          not looked at
 * What is no Base64 ends a certificate where it stands; one beyond 16 KiB is not
 * looked at behind that.
 */
bool pf_pem_has_text(const char *text, size_t n, const char *wanted);
