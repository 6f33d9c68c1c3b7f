/* SPDX-License-Identifier: MIT */
#include "daemon/report/fingerprint.h"

#include <string.h>

#define VERSION "preflightd.evidence.1"
#define TEXT_MAX (64u << 20)

static int add(PfBuf *buf, const char *text) {
        return text ? pf_buf_printf(buf, "%zu:%s,", strlen(text), text)
                    : pf_buf_add_string(buf, "-,");
}

static int compare_texts(const char *a, const char *b) {
        return !a || !b ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

static int compare_evidence(const void *a, const void *b) {
        const PfEvidence *one = *(const PfEvidence *const *) a;
        const PfEvidence *other = *(const PfEvidence *const *) b;
        int order = compare_texts(one->path, other->path);

        return order ? order : compare_texts(one->found, other->found);
}

static int add_evidence(PfBuf *buf, const PfResult *result) {
        PF_AUTO_FREE const PfEvidence **sorted = NULL;
        int r = 0;

        sorted = calloc(result->n_evidence + 1, sizeof(const PfEvidence *));
        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < result->n_evidence; i++)
                sorted[i] = &result->evidence[i];
        qsort(sorted, result->n_evidence, sizeof(const PfEvidence *), compare_evidence);
        for (size_t i = 0; i < result->n_evidence && r == 0; i++) {
                r = add(buf, sorted[i]->path);
                if (r == 0)
                        r = add(buf, sorted[i]->found);
        }
        return r;
}

int pf_fingerprint(const PfResult *result, char ret[static PF_FINGERPRINT_SIZE]) {
        PF_AUTO_BUF PfBuf buf = PF_SECRET_BUF_INIT(TEXT_MAX);
        char digits[PF_SHA256_HEX_SIZE];
        int r;

        r = add(&buf, VERSION);
        if (r == 0)
                r = add(&buf, result->check->id);
        if (r == 0)
                r = add(&buf, result->reason);
        if (r == 0)
                r = add_evidence(&buf, result);
        if (r < 0)
                return -ENOMEM;
        pf_sha256_hex(buf.data, buf.n, digits);
        (void) snprintf(ret, PF_FINGERPRINT_SIZE, "sha256:%s", digits);
        return 0;
}

bool pf_fingerprint_is_public(const PfResult *result) {
        for (size_t i = 0; i < result->n_evidence; i++)
                if (result->evidence[i].restricted)
                        return false;
        return true;
}
