/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where the verdict may be published: what the keys of [Publish] take. Parsers as in
 * key.h, each of a char *; an empty text is NULL: published nowhere.
 */

/* An absolute path without ".." whose name ends in ".prom": node_exporter's textfile
 * collector reads no other. */
const char *pf_key_text_file(const char *text, void *field);

/* The name of a virtio-serial port, as the hypervisor gives it: "org.preflightd.0". */
const char *pf_key_virtio_port(const char *text, void *field);

/* A serial line, by the name that its driver gives it: "/dev/ttyS0". No virtual terminal,
 * no terminal of somebody who is logged in, no other device. */
const char *pf_key_serial_line(const char *text, void *field);
