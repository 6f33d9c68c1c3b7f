/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/json.h"

/*
 * What is told of a lease while it is open: PF_LEASES_PATH/ID.json, mode 0644, written by
 * who opened it, which the daemon and the client only read. The truth about a lease
 * is elsewhere, in the journal of the transactions; here is no secret.
 */
#define PF_LEASES_PATH "/run/preflightd/leases"

typedef struct PfLeaseRecord {
        char *id; /* of the transaction: what undo takes */
        char *account;
        char *source;          /* address or network */
        char *who;             /* who opened it */
        char *why;             /* the checks */
        uint64_t started_usec; /* since 1970 */
        uint64_t ends_usec;    /* by the clock on the wall, as it was when the record was written */
        bool is_covered;       /* it has ended; its file could not be written, and is covered */
} PfLeaseRecord;

void pf_lease_record_deinit(PfLeaseRecord *record);
#define PF_AUTO_LEASE_RECORD PF_CLEANUP(pf_lease_record_deinit)

/**
 * pf_lease_record_parse() - one record
 * @n:     at most PF_LEASE_RECORD_MAX bytes
 * @ret:   all of its texts are set; the caller releases it
 * Return: 0; -EINVAL with a text for what is none; -ENOMEM.
 */
#define PF_LEASE_RECORD_MAX 16384
int pf_lease_record_parse(const char *text, size_t n, PfLeaseRecord *ret, PfErr *err) PF_MUST_CHECK;

/* The record as JSON, which the caller frees. Return: 0 or -ENOMEM. */
int pf_lease_record_to_json(const PfLeaseRecord *record, PfJson **ret) PF_MUST_CHECK;
