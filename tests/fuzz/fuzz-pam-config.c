/* SPDX-License-Identifier: MIT */
/*
 * A file of /etc/pam.d, which may include itself, as "t": its lines must be in
 * the file, and reading it twice must come to the same.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "probes/pam/config.h"

/* A machine of one file. */
typedef struct Machine {
        char root[64];
        char *paths[3]; /* as they were made: two directories, the file */
        PfTarget *target;
} Machine;

static void machine_init(Machine *machine, const uint8_t *bytes, size_t n) {
        static const char *const names[] = { "etc", "etc/pam.d", "etc/pam.d/t" };
        FILE *file;

        (void) snprintf(machine->root, sizeof(machine->root), "/tmp/pf-fuzz-pam-XXXXXX");
        check(mkdtemp(machine->root));
        for (size_t i = 0; i < PF_ELEMENTS(names); i++)
                check(asprintf(&machine->paths[i], "%s/%s", machine->root, names[i]) > 0);
        check(mkdir(machine->paths[0], 0755) == 0 && mkdir(machine->paths[1], 0755) == 0);
        file = fopen(machine->paths[2], "wb");
        check(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
        check(pf_target_new(machine->root, PF_TARGET_DEFAULT, &machine->target, NULL) == 0);
}

static void machine_deinit(Machine *machine) {
        machine->target = pf_target_unref(machine->target);
        for (size_t i = PF_ELEMENTS(machine->paths); i > 0; i--) {
                (void) remove(machine->paths[i - 1]);
                free(machine->paths[i - 1]);
        }
        (void) remove(machine->root);
}

static void check_entry(const PfPamEntry *entry) {
        check(strcmp(entry->line.path, "/etc/pam.d/t") == 0 && entry->line.number > 0);
        check(entry->line.text && entry->line.module && entry->line.name && entry->line.args);
        check((entry->kind == PF_PAM_ENTRY_MUST_FAIL) == (entry->fault != NULL));
        check(entry->level < 16);
        for (size_t i = 0; i < PF_PAM_N_CODES; i++)
                check(entry->actions[i] >= PF_PAM_DO_RESET);
}

static PfPamConfig *load(const Machine *machine) {
        PfPamConfig *config = NULL;
        int r = pf_pam_config_load(machine->target, "t", &config, NULL);

        check(r == 0 || r == -E2BIG || r == -EFBIG);
        return config;
}

static void check_stacks(const PfPamConfig *first, const PfPamConfig *again) {
        for (PfPamFacility f = 0; f < PF_PAM_N_FACILITIES; f++) {
                const PfPamStack *stack = pf_pam_config_stack(first, f);

                check(stack->n == pf_pam_config_stack(again, f)->n);
                for (size_t i = 0; i < stack->n; i++)
                        check_entry(stack->entries[i]);
        }
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *config = NULL;
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_init(&machine, bytes, n);
        config = load(&machine);
        return config && !config->fault;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *first = NULL;
        PF_CLEANUP(pf_pam_config_freep) PfPamConfig *again = NULL;
        PF_CLEANUP(machine_deinit) Machine machine = { 0 };

        machine_init(&machine, bytes, n);
        first = load(&machine);
        again = load(&machine);
        check((first != NULL) == (again != NULL));
        if (!first)
                return 0;
        check((first->fault != NULL) == (again->fault != NULL));
        check_stacks(first, again);
        return 0;
}
