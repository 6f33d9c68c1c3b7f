/* SPDX-License-Identifier: MIT */
/*
 * Executables: what they say of themselves, the libraries that they name, and the
 * version of an SSH server in one. Texts begin with the mark and are printable.
 */
#include "tests/fuzz/machine.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/elf-needed.h"
#include "probes/parse/program.h"
#include "probes/parse/sshd-version.h"

#define SERVER "/usr/sbin/sshd"

static void check_program(const PfProgram *program) {
        check(program->texts.n <= PF_PROGRAM_TEXTS_MAX);
        for (size_t i = 0; i < program->texts.n; i++) {
                const char *text = program->texts.items[i];

                check(strncmp(text, PF_SSHD_VERSION_MARK, strlen(PF_SSHD_VERSION_MARK)) == 0);
                check(strlen(text) < PF_PROGRAM_TEXT_MAX);
                for (; *text; text++)
                        check(*text >= ' ' && *text <= '~');
        }
        check(program->is_dynamic || program->needed.n == 0);
}

static void check_elf(const char *bytes, size_t n) {
        PF_AUTO_STRV PfStrv needed = { 0 };
        const char *section = NULL;
        size_t section_n = 0;

        check(pf_elf_needed(bytes, n, &needed) >= 0);
        if (pf_elf_section(bytes, n, ".modinfo", &section, &section_n) == 0)
                check(section >= bytes && section_n <= (size_t) (bytes + n - section));
}

static void check_version(const PfSshdVersion *version) {
        check(version->text[0] && strlen(version->text) < sizeof(version->text));
        check(pf_sshd_version_compare(version, version->major, version->minor) == 0);
}

static void check_text(const char *bytes, size_t n) {
        PF_AUTO_FREE char *text = strndup(bytes, n);
        PfSshdVersion version;

        check(text != NULL);
        if (pf_sshd_version_parse(text, PF_SSHD_DEBIAN, &version) == 0)
                check_version(&version);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_target_unrefp) PfTarget *target = pf_fuzz_machine(SERVER, bytes, n);
        PF_AUTO_PROGRAM PfProgram program = { 0 };
        PfSshdVersion version = { 0 };

        check(pf_program_load(target, SERVER, PF_SSHD_VERSION_MARK, &program, NULL) == 0);
        check_program(&program);
        check_elf((const char *) bytes, n);
        check_text((const char *) bytes, n);
        if (pf_sshd_version_detect(target, &version, NULL) >= 0)
                check_version(&version);
        return 0;
}
