/* SPDX-License-Identifier: MIT */
/*
 * Interface descriptions: what is accepted has members that can be asked about,
 * and a value of any shape can be held against each of them.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/varlink/idl.h"

static const char value[] =
        "{\"a\":1,\"b\":[{\"a\":null}],\"c\":{\"a\":{\"a\":\"a\"}},\"report\":{}}";

static void check_members(const PfIdl *idl, const PfJson *object) {
        static const PfIdlRole roles[] = { PF_IDL_VALUE, PF_IDL_CALL, PF_IDL_FAULT, PF_IDL_REPLY };
        static const PfIdlMember kinds[] = { PF_IDL_TYPE, PF_IDL_METHOD, PF_IDL_ERROR,
                                             PF_IDL_METHOD };

        for (size_t k = 0; k < PF_ELEMENTS(roles); k++) {
                const char *name;

                for (size_t i = 0; (name = pf_idl_member(idl, kinds[k], i)); i++) {
                        char path[PF_IDL_PATH_MAX];
                        int r = pf_idl_check(idl, roles[k], name, object, path);

                        if (r == PF_IDL_NO_MEMBER ||
                            (r == PF_IDL_MISFIT && !memchr(path, '\0', sizeof(path))))
                                abort();
                }
        }
}

static int parse(const uint8_t *bytes, size_t n, PfIdl **ret) {
        PF_AUTO_FREE char *text = strndup((const char *) bytes, n);

        if (!text)
                abort();
        return pf_idl_parse(text, ret, NULL);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_idl_freep) PfIdl *idl = NULL;

        return parse(bytes, n, &idl) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_idl_freep) PfIdl *idl = NULL;
        PF_CLEANUP(pf_json_freep) PfJson *object = NULL;

        if (parse(bytes, n, &idl) < 0)
                return 0;
        if (pf_json_parse(value, sizeof(value) - 1, 8, &object, NULL) < 0)
                abort();
        check_members(idl, object);
        check_members(idl, NULL);
        return 0;
}
