/* SPDX-License-Identifier: MIT */
/*
 * udev-record: any bytes are lines; what is kept of one stands in the text, and a
 * property is found by its name.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "probes/parse/udev-record.h"

static void check_property(const PfUdevRecord *record, const char *property) {
        char *key = strndup(property, strcspn(property, "="));

        if (!key || !pf_udev_record_get(record, key))
                abort();
        free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_UDEV_RECORD PfUdevRecord record = { 0 };
        int r;

        r = pf_udev_record_parse((const char *) bytes, n, &record, NULL);
        if (r < 0 && r != -E2BIG && r != -EINVAL)
                abort();
        for (size_t i = 0; i < record.properties.n && i < 64; i++)
                check_property(&record, record.properties.items[i]);
        for (size_t i = 0; i < record.links.n; i++)
                if (!memmem(bytes, n, record.links.items[i], strlen(record.links.items[i])))
                        abort();
        return 0;
}
