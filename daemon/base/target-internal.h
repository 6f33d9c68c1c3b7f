/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/target.h"

/*
 * What the portable half of a target (daemon/base/target.c: references and the
 * record) and the half of each system (daemon/platform/…/target.c: the file
 * system) share. For these files alone.
 */

/**
 * pf_target_new_base() - a target without its root opened; takes over @root_fd
 * @root_fd: what the system's half needs to reach the root, or -1
 */
int pf_target_new_base(const char *root, int root_fd, PfTargetFlags flags, PfTarget **ret);
int pf_target_root_fd(const PfTarget *target);

bool pf_target_may_openat2(const PfTarget *target);
void pf_target_give_up_openat2(const PfTarget *target);

/* What the system's half keeps with a target, and how that is given back. */
void pf_target_set_system(PfTarget *target, void *system_take, void (*free_system)(void *));
void *pf_target_system(const PfTarget *target);

/* Tells the observer, if there is one: before what is named is done. */
bool pf_target_is_observed(const PfTarget *target);
void pf_target_observe_look(const PfTarget *target, const char *path, PfTargetLook how,
                            const char *pattern);
void pf_target_observe_question(const PfTarget *target, const char *book, const char *question);

/* What was worked out of its files. */
struct PfMemo *pf_target_memo(const PfTarget *target);

/* Note an outcome: @r is 0, PF_TARGET_ABSENT or a negative errno. Returns @r,
 * or -ENOMEM where it could not be noted. */
int pf_target_record(const PfTarget *target, const char *path, PfAccess access, int r);

/*
 * Is the directory a captured machine? Then it answers from its books.
 * Called once the root is open. Return: 0, or a negative errno with a text.
 */
int pf_target_open_capture(PfTarget *target, PfErr *err);

/* As pf_target_read(), of the directory itself, and without a record. */
int pf_target_read_file(const PfTarget *target, const char *path, size_t max, PfBuf *buf,
                        PfErr *err);

/* Positive outcome of what follows: look for yourself. */
enum { PF_TARGET_LOOK = 3 };

/*
 * pf_target_recall_…(): what a captured machine answered: 0, a named outcome, or
 * an error with its text; PF_TARGET_LOOK where this is no captured machine.
 *
 * pf_target_keep_…(): keeps what was answered: @r, and what came with it.
 */
int pf_target_recall_info(const PfTarget *target, const char *book, const char *path,
                          PfFileInfo *ret, PfErr *err);
void pf_target_keep_info(const PfTarget *target, const char *book, const char *path, int r,
                         const PfFileInfo *info, const PfErr *err);

int pf_target_recall_strv(const PfTarget *target, const char *book, const char *path, PfStrv *ret,
                          PfErr *err);
void pf_target_keep_strv(const PfTarget *target, const char *book, const char *path, int r,
                         const PfStrv *strv, const PfErr *err);

int pf_target_recall_link(const PfTarget *target, const char *path, char **ret, PfErr *err);
void pf_target_keep_link(const PfTarget *target, const char *path, int r, const char *text,
                         const PfErr *err);

int pf_target_recall_space(const PfTarget *target, const char *path, PfSpace *ret, PfErr *err);
void pf_target_keep_space(const PfTarget *target, const char *path, int r, const PfSpace *space,
                          const PfErr *err);

/* PF_TARGET_LOOK also where it was not asked; then it is not public. */
int pf_target_recall_public(const PfTarget *target, const char *path, bool *ret);
void pf_target_keep_public(const PfTarget *target, const char *path, bool is_public);

/*
 * May @wanted bytes be read of the copy, where @is_head says that a file may be
 * longer? PF_TARGET_LOOK: yes, in the copy; then *@ret_size is the size that the
 * file had, or 0 where it was copied as a whole.
 */
int pf_target_recall_read(const PfTarget *target, const char *path, size_t wanted, bool is_head,
                          uint64_t *ret_size, PfErr *err);
/* @size_bytes: of the whole file, where that is known; @bytes: @n from its beginning. */
void pf_target_keep_read(const PfTarget *target, const char *path, int r, uint64_t size_bytes,
                         const char *bytes, size_t n, const PfErr *err);

int pf_target_recall_open(const PfTarget *target, const char *path, PfErr *err);
void pf_target_keep_open(const PfTarget *target, const char *path, int r, const PfErr *err);

/* Keeps what was read, unless more was kept of the file before. */
void pf_target_keep_contents(const PfTarget *target, const char *path, uint64_t size_bytes,
                             const char *bytes, size_t n);
/* As pf_target_recall(), and what is found is not kept again. */
int pf_target_find_answer(const PfTarget *target, const char *book, const char *question,
                          const PfJson **ret, PfErr *err);
bool pf_target_is_captured(const PfTarget *target);

/* -EFBIG with the text that says so. */
int pf_err_too_large(PfErr *err, const char *path, uint64_t size_bytes, size_t max);
