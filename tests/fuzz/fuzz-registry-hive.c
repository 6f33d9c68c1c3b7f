/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the hive of an image. In the service that is done in a process of its
 * own; here it is not, since what is looked for is what would kill that process.
 *
 * The library is as it is installed: of its own steps the sanitizers see what it has
 * done by the C library. PKG_CONFIG_PATH finds one that is built with them.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/hive/hive.h"

/* What probes ask for, and the root. */
static const char *const keys[] = {
        "",
        "Select",
        "ControlSet001",
        "CurrentControlSet\\Services",
        "CurrentControlSet\\Services\\VSS",
        "CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules",
        "Microsoft\\Windows NT\\CurrentVersion",
};

static PfHive *open_bytes(int fd, const uint8_t *bytes, size_t n) {
        PfHive *hive = NULL;
        char path[64];
        PfErr err = { 0 };

        check(fd >= 0 && write(fd, bytes, n) == (ssize_t) n);
        (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        if (pf_hive_open(path, &hive, &err) < 0)
                check(err.text[0] != '\0' && !hive);
        return hive;
}

/* What was read comes back out of a book as it went in. */
static void check_book(const PfRegistryKey *key) {
        PF_AUTO_REGISTRY_KEY PfRegistryKey again = { 0 };
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_registry_key_to_json(key);

        check(answer);
        check(pf_registry_key_from_json(answer, "HKLM\\SYSTEM", &again, NULL) == 0);
        check(again.n_values <= key->n_values && again.subkeys.n == key->subkeys.n);
        check(again.is_dirty == key->is_dirty);
        for (size_t i = 0; i < key->n_values; i++) {
                char shown[PF_REGISTRY_SHOWN_MAX];

                pf_registry_show(&key->values[i], shown);
                check(strlen(shown) > 0);
        }
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_CLOSE int fd = memfd_create("hive", MFD_CLOEXEC);
        PF_CLEANUP(pf_hive_closep) PfHive *hive = open_bytes(fd, bytes, n);
        PF_AUTO_REGISTRY_KEY PfRegistryKey root = { 0 };

        return hive && pf_hive_read(hive, "", &root, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_CLOSE int fd = memfd_create("hive", MFD_CLOEXEC);
        PF_CLEANUP(pf_hive_closep) PfHive *hive = open_bytes(fd, bytes, n);

        for (size_t i = 0; hive && i < PF_ELEMENTS(keys); i++) {
                PF_AUTO_REGISTRY_KEY PfRegistryKey key = { 0 };
                int r = pf_hive_read(hive, keys[i], &key, NULL);

                check(r <= PF_REGISTRY_ABSENT);
                if (r == 0)
                        check_book(&key);
        }
        return 0;
}
