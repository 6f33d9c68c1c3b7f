/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Single values of sshd_config: what sshd makes of a word, or that it makes
 * nothing of it. Pure functions.
 */

#include <stdbool.h>
#include <stdint.h>

#include "probes/parse/sshd-keywords.h"

/**
 * pf_sshd_value_integer() - a number from 0 to @max
 * Leading white space and a '+' are taken, as strtonum(3) does.
 * Return: NULL, or what is wrong with it: "missing", "invalid", "too small", "too large".
 */
const char *pf_sshd_value_integer(const char *text, long long max, long long *ret);

/* Seconds of "90", "1h30m", "2w" …; -1 where it is none. sshd_config(5), TIME FORMATS. */
int pf_sshd_value_time(const char *text);

/* A port from 0 to 65535; -1 where it is none. A name is for sshd-services.c. */
int pf_sshd_value_port(const char *text);

/**
 * pf_sshd_value_scaled() - a number with K, M, G … behind it
 * Return: 0, -EINVAL, -ERANGE.
 */
int pf_sshd_value_scaled(const char *text, long long *ret);

/* How sshd -T prints this DSCP name or number, in @ret; false where it is none. */
bool pf_sshd_value_qos(const PfSshdVersion *version, const char *text, char ret[16]);

/**
 * pf_sshd_value_choice() - one of the words that a keyword takes
 * Return: the word as sshd -T prints it, or NULL where it takes no such word.
 */
const char *pf_sshd_value_choice(const PfSshdVersion *version, PfSshdKey key, const char *text);

/**
 * pf_sshd_value_methods() - is this one list of AuthenticationMethods?
 * @ret_unknown: receives the first unknown method, which the caller frees, or NULL
 */
bool pf_sshd_value_methods(const PfSshdVersion *version, const char *text, char **ret_unknown);

/* "type=interval", as in ChannelTimeout. */
bool pf_sshd_value_is_timeout(const char *text);

/**
 * pf_sshd_value_split_port() - cut "host", "host:port", "[host]:port" in two
 * @text: changed; *ret_port is NULL where there is no ':'
 * Return: the host with its brackets, or NULL where it is neither.
 */
char *pf_sshd_value_split_port(char *text, char **ret_port);

/* Takes the brackets off "[host]". */
char *pf_sshd_value_unbracket(char *host);
