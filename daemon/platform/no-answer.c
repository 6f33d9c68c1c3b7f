/* SPDX-License-Identifier: MIT */
/* What stands in the place of an answer in a book. */
#include "daemon/platform/machine-internal.h"

#include "daemon/base/capture-errno.h"

PfJson *pf_machine_no_answer(const char *word, int r, const PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        if (!answer)
                return NULL;
        if (r < 0 ? pf_json_put_uint(answer, "error", pf_capture_errno_to_number(r)) < 0 ||
                            pf_json_put_string(answer, "text", pf_err_text(err, r)) < 0
                  : pf_json_put_string(answer, "outcome", word) < 0)
                return NULL;
        return PF_STEAL(answer);
}

int pf_machine_read_no_answer(const PfJson *answer, int outcome, PfErr *err) {
        int error = pf_capture_errno_from_number(pf_json_integer(pf_json_get(answer, "error")));
        const char *text = pf_json_get_string(answer, "text");

        if (error < 0)
                return pf_err_set(err, error, "%s", text ? text : "failed");
        return pf_json_get_string(answer, "outcome") ? outcome : 0;
}
