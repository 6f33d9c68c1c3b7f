/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the modules of policy share: answers of three values, the text files
 * that they read line by line, and who is in a group.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/maybe.h"
#include "daemon/base/target.h"
#include "probes/pam/pam.h"
#include "probes/parse/lines.h"

#define PF_PAM_FILE_MAX (1 << 20) /* bytes of one file of a module */
#define PF_PAM_ALL                                                                                 \
        (1 << PF_PAM_AUTH | 1 << PF_PAM_ACCOUNT | 1 << PF_PAM_SESSION | 1 << PF_PAM_PASSWORD)

/* Answers that every module gives. Return: 0 or -ENOMEM. */
int pf_pam_answer_unknown_user(PfPamAnswer *answer);
int pf_pam_answer_no_source(PfPamAnswer *answer);

/* A line of a module's file, and why it counts, as evidence of an answer. */
typedef struct PfPamPlace {
        const char *path;
        unsigned line;
        const char *text;
} PfPamPlace;
int pf_pam_answer_place(PfPamAnswer *answer, const PfTarget *target, const PfPamPlace *place,
                        const char *expected);

/**
 * pf_pam_item() - what a module finds in an item of PAM, as sshd sets them
 * @name: "user", "tty", "rhost", "ruser", "service"
 * @ret:  receives the text, or NULL: not set; sshd never sets the user that
 *        comes (PAM_RUSER)
 * Return: PF_YES; PF_MAYBE: the item is set, and nobody knows to what; PF_NO:
 *         there is no item of that name.
 */
PfMaybe pf_pam_item(const PfPamQuestion *question, const char *name, const char **ret);

/**
 * pf_pam_is_member() - is the user in this group?
 * Rule:   the group's first line in /etc/group with that name: its number is the
 *         user's primary one, or the user is listed.
 * Return: 0; -EACCES, -EIO … with a text, -ENOMEM.
 */
int pf_pam_is_member(const PfPamQuestion *question, const char *group, bool *ret,
                     PfErr *err) PF_MUST_CHECK;
/* The same, which also tells whether there is such a group at all. */
int pf_pam_find_group(const PfPamQuestion *question, const char *group, bool *ret_exists,
                      bool *ret_is_member, PfErr *err) PF_MUST_CHECK;
/* The same for several groups with colons between them: in any of them? */
int pf_pam_is_member_of_any(const PfPamQuestion *question, const char *groups, bool *ret,
                            PfErr *err) PF_MUST_CHECK;

/* As pf_pam_argument(), but the last one of that name, which is what counts for
 * a module that reads its words in a loop. */
const char *pf_pam_last_argument(const PfPamLine *line, const char *name);

/* Positive outcomes of pf_pam_read_plain(), beside PF_TARGET_ABSENT. */
enum {
        PF_PAM_FILE_REFUSED = 2, /* not a plain file, or anybody may write it */
};

/* Read a list that must be a plain file that not everybody may write.
 * Return: 0, PF_TARGET_ABSENT, PF_PAM_FILE_REFUSED, or a negative errno with a text. */
int pf_pam_read_plain(const PfTarget *target, const char *path, PfBuf *buf,
                      PfErr *err) PF_MUST_CHECK;

/**
 * pf_pam_find_line() - the line of a text that is @wanted, its newline left out
 * @max:   bytes of one piece of a line, as PfLines has it
 * @ret:   receives number and text of it, which the caller frees
 * Return: 0, PF_TARGET_ABSENT where there is none, -ENOMEM.
 */
typedef bool (*PfPamLineMatch)(const char *text, const void *data);
int pf_pam_find_line(const PfBuf *buf, size_t max, PfPamLineMatch match, const void *data,
                     unsigned *ret_number, char **ret_text) PF_MUST_CHECK;
/* A match: the line is the text @data. */
bool pf_pam_line_is(const char *text, const void *data);

/* The major number of the target's Debian, or 0: not Debian itself, or not known. */
unsigned pf_pam_debian_release(const PfTarget *target);
/* Debian, or a system made of it: its changes to Linux-PAM are there. */
bool pf_pam_is_debian_like(const PfTarget *target);
