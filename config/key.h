/* SPDX-License-Identifier: MIT */
#pragma once

#include "config/ini-reader.h"

/*
 * What becomes of one value: the parsers that the tables of keys name. For the
 * files of config/ alone.
 *
 * A parser puts the value of @text at @field and returns NULL; or it leaves the
 * field alone and returns what it expected instead, or pf_key_no_memory itself.
 */
typedef const char *(*PfKeyParser)(const char *text, void *field);

extern const char pf_key_no_memory[];

/* Of a char *, whose old text is freed; an empty text is NULL. */
const char *pf_key_text(const char *text, void *field);
const char *pf_key_path(const char *text, void *field);      /* absolute */
const char *pf_key_file_name(const char *text, void *field); /* as pf_value_is_file_name() */
const char *pf_key_version(const char *text, void *field);
const char *pf_key_address(const char *text, void *field); /* IPv4 or IPv6 */
const char *pf_key_account(const char *text, void *field);

/* Of a uint64_t. */
const char *pf_key_time(const char *text, void *field); /* microseconds */
const char *pf_key_size(const char *text, void *field); /* bytes */
const char *pf_key_count(const char *text, void *field);

const char *pf_key_bool(const char *text, void *field); /* of a bool */

/* Adds the words of a text to a PfStrv. */
const char *pf_key_words(const char *text, void *field);

/**
 * pf_key_set() - give the value of an entry to a parser
 * Complains where the parser does. Return: 0 or -ENOMEM.
 */
int pf_key_set(const PfIniEntry *entry, PfKeyParser parse, void *field,
               PfIniErrors *errors) PF_MUST_CHECK;
