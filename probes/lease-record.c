/* SPDX-License-Identifier: MIT */
#include "probes/lease-record.h"

#include <stddef.h>
#include <string.h>

#define DEPTH_MAX 4
#define COVERED "isCovered" /* or it is left out */

static const struct {
        const char *key;
        size_t offset;
} texts[] = {
        { "id", offsetof(PfLeaseRecord, id) },
        { "account", offsetof(PfLeaseRecord, account) },
        { "source", offsetof(PfLeaseRecord, source) },
        { "who", offsetof(PfLeaseRecord, who) },
        { "why", offsetof(PfLeaseRecord, why) },
};

static const struct {
        const char *key;
        size_t offset;
} times[] = {
        { "startedUSec", offsetof(PfLeaseRecord, started_usec) },
        { "endsUSec", offsetof(PfLeaseRecord, ends_usec) },
};

static void *member(const PfLeaseRecord *record, size_t offset) {
        return (char *) record + offset;
}

void pf_lease_record_deinit(PfLeaseRecord *record) {
        for (size_t i = 0; i < PF_ELEMENTS(texts); i++)
                free(*(char **) member(record, texts[i].offset));
        *record = (PfLeaseRecord){ 0 };
}

static int read_members(const PfJson *json, PfLeaseRecord *record, PfErr *err) {
        for (size_t i = 0; i < PF_ELEMENTS(texts); i++) {
                const char *text = pf_json_get_string(json, texts[i].key);
                char *copy;

                if (!text)
                        return pf_err_set(err, -EINVAL, "no text \"%s\"", texts[i].key);
                copy = strdup(text);
                if (!copy)
                        return -ENOMEM;
                *(char **) member(record, texts[i].offset) = copy;
        }
        for (size_t i = 0; i < PF_ELEMENTS(times); i++) {
                const PfJson *moment = pf_json_get(json, times[i].key);

                if (pf_json_type(moment) != PF_JSON_INTEGER || pf_json_integer(moment) < 0)
                        return pf_err_set(err, -EINVAL, "no time \"%s\"", times[i].key);
                *(uint64_t *) member(record, times[i].offset) = (uint64_t) pf_json_integer(moment);
        }
        record->is_covered = pf_json_bool(pf_json_get(json, COVERED));
        return 0;
}

int pf_lease_record_parse(const char *text, size_t n, PfLeaseRecord *ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        PF_AUTO_LEASE_RECORD PfLeaseRecord record = { 0 };
        int r;

        if (n > PF_LEASE_RECORD_MAX)
                return pf_err_set(err, -EINVAL, "it is too long");
        r = pf_json_parse(text, n, DEPTH_MAX, &json, err);
        if (r < 0)
                return r;
        if (pf_json_type(json) != PF_JSON_OBJECT)
                return pf_err_set(err, -EINVAL, "it is no object");
        r = read_members(json, &record, err);
        if (r < 0)
                return r;
        *ret = record;
        record = (PfLeaseRecord){ 0 };
        return 0;
}

int pf_lease_record_to_json(const PfLeaseRecord *record, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();
        int r = json ? 0 : -ENOMEM;

        for (size_t i = 0; i < PF_ELEMENTS(texts) && r == 0; i++)
                r = pf_json_put_string(json, texts[i].key,
                                       *(char **) member(record, texts[i].offset));
        for (size_t i = 0; i < PF_ELEMENTS(times) && r == 0; i++)
                r = pf_json_put_uint(json, times[i].key,
                                     *(uint64_t *) member(record, times[i].offset));
        if (r == 0 && record->is_covered)
                r = pf_json_put_bool(json, COVERED, true);
        if (r < 0)
                return r;
        *ret = PF_STEAL(json);
        return 0;
}
