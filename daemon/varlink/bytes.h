/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/json.h"

/*
 * A whole message as it goes over the wire, its NUL included: made once, sent
 * to any number of clients. References are not counted atomically: for the
 * thread of the loop, or for one thread at a time.
 */
typedef struct PfVarlinkBytes PfVarlinkBytes;

/**
 * pf_varlink_bytes_new_reply() - the answer to a call
 * @parameters: an object, or NULL for an empty one; borrowed
 * @continues:  more answers follow
 * Return:      0, -ENOMEM, -EMSGSIZE for more than PF_FRAME_CLIENT_MAX, which
 *              no client would take.
 */
int pf_varlink_bytes_new_reply(const PfJson *parameters, bool continues,
                               PfVarlinkBytes **ret) PF_MUST_CHECK;

/* The same with parameters that are JSON text of an object already. */
int pf_varlink_bytes_new_reply_text(const char *parameters, size_t n, bool continues,
                                    PfVarlinkBytes **ret) PF_MUST_CHECK;

int pf_varlink_bytes_new_error(const char *name, const PfJson *parameters,
                               PfVarlinkBytes **ret) PF_MUST_CHECK;

/* Any other message. */
int pf_varlink_bytes_new(const PfJson *message, PfVarlinkBytes **ret) PF_MUST_CHECK;

PfVarlinkBytes *pf_varlink_bytes_ref(PfVarlinkBytes *bytes);
PfVarlinkBytes *pf_varlink_bytes_unref(PfVarlinkBytes *bytes);
PF_DEFINE_CLEANUP(PfVarlinkBytes, pf_varlink_bytes_unref);

const char *pf_varlink_bytes_data(const PfVarlinkBytes *bytes);
size_t pf_varlink_bytes_n(const PfVarlinkBytes *bytes); /* with the NUL */
