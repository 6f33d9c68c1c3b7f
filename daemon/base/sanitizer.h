/* SPDX-License-Identifier: MIT */
#pragma once

/* Whether this is built with AddressSanitizer, which takes addresses by the terabyte, and ends
 * a program where malloc(3) would only fail. */
#ifdef __has_feature
#define PF_HAS_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define PF_HAS_ADDRESS_SANITIZER 1
#else
#define PF_HAS_ADDRESS_SANITIZER 0
#endif
