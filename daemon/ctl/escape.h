/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/buf.h"

/*
 * Texts of others as parts of formats that programs read. Whatever bytes a text
 * holds, what is added is valid in its place, ends where it should, and is safe
 * on a terminal too (pf_text_is_safe()). Where the format can name a character by
 * its number, the value stays the same; where it cannot, the character stands
 * there as pf_text_next() shows it: "\x1b".
 *
 * All append to @buf and return 0, -ENOBUFS or -ENOMEM. The output is UTF-8,
 * whatever the locale says.
 */

/* Rule: XML 1.0, 2.2 Char, 2.4 and 3.3.3. An attribute in double quotes keeps its white
 * space; in the text of an element newlines stand as they are. */
int pf_escape_xml_attribute(PfBuf *buf, const char *text) PF_MUST_CHECK;
int pf_escape_xml_text(PfBuf *buf, const char *text) PF_MUST_CHECK;

/* A scalar with its double quotes. Rule: YAML 1.2, 5.7 and 7.3.1; characters above
 * U+FFFF are "\U0001f600", which is not JSON. */
int pf_escape_yaml(PfBuf *buf, const char *text) PF_MUST_CHECK;

/* The same for an item of a list, where Perl's reader of TAP would take what stands
 * before a colon for a key: it is "\x3a". */
int pf_escape_yaml_item(PfBuf *buf, const char *text) PF_MUST_CHECK;

/* The description of a test point. Rule: TAP 14, "\#" and "\\". Newlines become blanks.
 * Not every reader knows that rule: what one could take for a directive has "\x23"
 * instead, so that a failure is never taken for less. */
int pf_escape_tap(PfBuf *buf, const char *text) PF_MUST_CHECK;

/* A label's value or a HELP text, without quotes. Rule: OpenMetrics 1.0, ABNF
 * escaped-string: "\n", "\"" and "\\". */
int pf_escape_metric(PfBuf *buf, const char *text) PF_MUST_CHECK;

/* Text of a monitoring plugin, in one line. Rule: Monitoring Plugins Development
 * Guidelines, 2: "|" begins performance data; here it becomes U+00A6. */
int pf_escape_plugin(PfBuf *buf, const char *text) PF_MUST_CHECK;

/* A path as part of a URI. Rule: RFC 3986, 3.3: what is not unreserved or "/" is a
 * percent sign and two digits, byte by byte. */
int pf_escape_uri_path(PfBuf *buf, const char *text) PF_MUST_CHECK;
