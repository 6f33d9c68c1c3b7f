/* SPDX-License-Identifier: MIT */
/*
 * hosts.allow and hosts.deny, of one text: what stands behind a line "---" is the
 * second. What knowing less leaves decided must be what knowing more decides.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "probes/parse/hosts-access.h"

#define MARK "---\n"

static PfWrapperOutcome ask(const PfWrapperRequest *request, const PfWrapperTable tables[2]) {
        PF_AUTO_WRAPPER_VERDICT PfWrapperVerdict verdict = { 0 };

        check(pf_hosts_access(request, &tables[0], &tables[1], &verdict) == 0);
        check(!verdict.rule.path || (verdict.rule.line > 0 && verdict.rule.text));
        check(verdict.outcome == PF_WRAPPER_ALLOW || verdict.rule.path);
        return verdict.outcome;
}

static int no_file(void *data, const char *path, PfBuf *buf) {
        (void) data;
        (void) path;
        (void) buf;
        return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        static const PfWrapperEnd clients[] = { { "10.20.0.5", "unknown" },
                                                { "10.20.0.5", "push.example" },
                                                { "fd20::5", "paranoid" } };
        const char *text = (const char *) bytes;
        const char *mark = n >= 4 ? memmem(text, n, MARK, 4) : NULL;
        size_t first = mark ? (size_t) (mark - text) : n;
        const PfWrapperTable tables[2] = {
                { "allow", text, first, false },
                { "deny", mark ? mark + 4 : NULL, mark ? n - first - 4 : 0, false },
        };
        PfWrapperRequest unknown = { .daemon = "sshd", .port = 22 };
        PfWrapperOutcome blind = ask(&unknown, tables);

        for (size_t i = 0; i < PF_ELEMENTS(clients); i++) {
                PfWrapperRequest request = { .daemon = "sshd",
                                             .port = 22,
                                             .client = clients[i],
                                             .server = { "10.20.0.1", "unknown" },
                                             .read = no_file };
                PfWrapperOutcome known = ask(&request, tables);

                check(blind == PF_WRAPPER_UNDECIDED || known == blind);
        }
        return 0;
}
