/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/remedy/transaction.h"

/*
 * What a transaction's manifest.json says: the transaction as callers see it, and what it
 * takes to go on with it after a kill. Used by the engine alone.
 *
 * The file may lie in an image that somebody made to be read by us: nothing in it names a
 * file of the journal, and what it says of the machine's files is only ever followed beneath
 * that machine's root.
 */
#define PF_MANIFEST_SCHEMA 1
#define PF_MANIFEST_MAX (4u << 20) /* bytes */
#define PF_MANIFEST_LIST_MAX 4096  /* files, settings, actions, steps: of each */
#define PF_MANIFEST_TEXT_MAX 16384 /* bytes of one text */

typedef struct PfManifestFile {
        char *path;  /* as the plan names it */
        char *place; /* where it really is: absolute, through no link */
        char before_sha256[65];
        char after_sha256[65];
} PfManifestFile;

typedef struct PfManifest {
        PfTransaction *transaction;
        PfTransactionState goal; /* what reverting leads to: undone or rolled back */
        PfManifestFile *files;
        size_t n_files;
        PfPlanSetting *settings;
        size_t n_settings;
        size_t n_set; /* settings that may have been made */
        PfAction *actions;
        size_t n_actions;
        size_t n_begun; /* actions that may have been done */
} PfManifest;

PfManifest *pf_manifest_free(PfManifest *manifest);
PF_DEFINE_CLEANUP(PfManifest, pf_manifest_free);

/**
 * pf_manifest_new() - of a plan that is about to be applied; its files have no place yet
 * Return: 0; -EILSEQ with a text for a path that is not UTF-8, which JSON cannot hold; -E2BIG;
 *         -ENOMEM.
 */
int pf_manifest_new(const PfPlan *plan, const char *id, const char *who, const char *why,
                    PfManifest **ret, PfErr *err) PF_MUST_CHECK;

/* Adds a sentence to the transaction's text, behind what is there. Return: 0 or -ENOMEM. */
int pf_manifest_note(PfManifest *manifest, const char *fmt, ...) PF_PRINTF(2, 3);

/* Appends the text of the file. */
int pf_manifest_write(const PfManifest *manifest, PfBuf *buf) PF_MUST_CHECK;

/**
 * pf_manifest_parse() - what such a text says
 * @id:    of the directory it lies in, which it must name
 * Return: 0; -EINVAL with a text: it is damaged, or of a newer schema; -ENOMEM.
 */
int pf_manifest_parse(const char *id, const char *text, size_t n, PfManifest **ret,
                      PfErr *err) PF_MUST_CHECK;
