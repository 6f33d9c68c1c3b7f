/* SPDX-License-Identifier: MIT */
/*
 * os-release: what was assigned, written again with quotes around it, must be
 * assigned again; and the evidence must be in the file.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "probes/parse/os-release.h"

#define TEXT_MAX ((size_t) 64 << 20)

/* NAME='value' on a line of its own. */
static void write_field(const PfOsReleaseField *field, PfBuf *text) {
        check(pf_buf_printf(text, "%s='", field->name) == 0);
        for (const char *p = field->value; *p; p++)
                check((*p == '\'' ? pf_buf_add_string(text, "'\\''") : pf_buf_add(text, p, 1)) ==
                      0);
        check(pf_buf_add_string(text, "'\n") == 0);
}

static void check_again(const PfOsRelease *release) {
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *again = NULL;
        PF_AUTO_BUF PfBuf text = PF_BUF_INIT(TEXT_MAX);

        for (size_t i = 0; i < release->n; i++)
                write_field(&release->fields[i], &text);
        check(pf_os_release_parse(text.data ? text.data : "", text.n, &again) == 0);
        check(again->n == release->n && again->bad_line == 0);
        for (size_t i = 0; i < release->n; i++)
                check(strcmp(again->fields[i].name, release->fields[i].name) == 0 &&
                      strcmp(again->fields[i].value, release->fields[i].value) == 0);
}

/* The text of a field begins with its name, on the line that it gives. */
static void check_evidence(const PfOsReleaseField *field, const char *text, size_t n) {
        const char *line = text;

        for (unsigned i = 1; i < field->line; i++) {
                line = memchr(line, '\n', n - (size_t) (line - text));
                check(line != NULL);
                line++;
        }
        check(strncmp(field->text, field->name, strlen(field->name)) == 0);
        check(memmem(line, n - (size_t) (line - text), field->text, strlen(field->text)) != NULL);
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = NULL;

        return pf_os_release_parse((const char *) bytes, n, &release) == 0 &&
               release->bad_line == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_CLEANUP(pf_os_release_freep) PfOsRelease *release = NULL;

        if (pf_os_release_parse((const char *) bytes, n, &release) < 0)
                return 0;
        check_again(release);
        for (size_t i = 0; i < release->n; i++)
                check_evidence(&release->fields[i], (const char *) bytes, n);
        return 0;
}
