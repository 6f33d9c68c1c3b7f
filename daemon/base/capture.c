/* SPDX-License-Identifier: MIT */
/*
 * Answers of a captured machine, as text. Where the text lies, and when it
 * counts, is a matter of the target.
 */
#include "daemon/base/capture.h"

#include <stddef.h>
#include <string.h>

#define DEPTH_MAX 3

/* The members, in the order they are written. */
static const struct Number {
        const char *key;
        size_t offset;
        bool needed;
} numbers[] = {
        { "device", offsetof(PfSpace, device), false },
        { "freeBytes", offsetof(PfSpace, free_bytes), true },
        { "rootFreeBytes", offsetof(PfSpace, root_free_bytes), true },
        { "totalBytes", offsetof(PfSpace, total_bytes), true },
        { "freeInodes", offsetof(PfSpace, free_inodes), false },
        { "totalInodes", offsetof(PfSpace, total_inodes), false },
};

static const struct Flag {
        const char *key;
        size_t offset;
} flags[] = {
        { "readOnly", offsetof(PfSpace, read_only) },
        { "noExec", offsetof(PfSpace, no_exec) },
        { "tmpfs", offsetof(PfSpace, is_tmpfs) },
};

#define MEMBER(space, row, type) ((type *) ((char *) (space) + (row)->offset))

static int read_space(const char *path, const PfJson *answer, PfSpace *ret, PfErr *err) {
        PfSpace space = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(numbers); i++) {
                const PfJson *value = pf_json_get(answer, numbers[i].key);
                int64_t number = pf_json_integer(value);

                if (!value && !numbers[i].needed)
                        continue;
                if (pf_json_type(value) != PF_JSON_INTEGER || number < 0)
                        return pf_err_set(err, -EINVAL,
                                          PF_CAPTURE_SPACE ": \"%s\" of %s: expected a number",
                                          numbers[i].key, path);
                *MEMBER(&space, &numbers[i], uint64_t) = (uint64_t) number;
        }
        for (size_t i = 0; i < PF_ELEMENTS(flags); i++) {
                const PfJson *value = pf_json_get(answer, flags[i].key);

                if (value && pf_json_type(value) != PF_JSON_BOOL)
                        return pf_err_set(err, -EINVAL,
                                          PF_CAPTURE_SPACE ": \"%s\" of %s: expected true or false",
                                          flags[i].key, path);
                *MEMBER(&space, &flags[i], bool) = value && pf_json_bool(value);
        }
        *ret = space;
        return 0;
}

int pf_capture_find_space(const char *text, size_t n, const char *path, PfSpace *ret, PfErr *err) {
        PF_CLEANUP(pf_json_freep) PfJson *all = NULL;
        PfJson *answer;
        PfErr detail = { 0 };
        int r;

        r = pf_json_parse(text, n, DEPTH_MAX, &all, &detail);
        if (r < 0)
                return pf_err_set(err, r, PF_CAPTURE_SPACE ": %s", pf_err_text(&detail, r));
        if (pf_json_type(all) != PF_JSON_OBJECT)
                return pf_err_set(err, -EINVAL, PF_CAPTURE_SPACE ": expected an object");
        answer = pf_json_get(all, path);
        return answer ? read_space(path, answer, ret, err) : PF_TARGET_ABSENT;
}

PfJson *pf_capture_space_to_json(const PfSpace *space) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();
        int r = answer ? 0 : -ENOMEM;

        for (size_t i = 0; i < PF_ELEMENTS(numbers) && r == 0; i++)
                r = pf_json_put_uint(answer, numbers[i].key,
                                     *MEMBER(space, &numbers[i], const uint64_t));
        for (size_t i = 0; i < PF_ELEMENTS(flags) && r == 0; i++)
                r = pf_json_put_bool(answer, flags[i].key, *MEMBER(space, &flags[i], const bool));
        return r == 0 ? PF_STEAL(answer) : NULL;
}
