/* SPDX-License-Identifier: MIT */
#include "daemon/remedy/judge.h"

#include <string.h>

const PfResult *pf_judge_find(const PfReport *report, const char *check) {
        for (size_t i = 0; i < report->n; i++)
                if (strcmp(report->results[i].check->id, check) == 0)
                        return &report->results[i];
        return NULL;
}

bool pf_judge_is_wrong(PfVerdict verdict) {
        return verdict == PF_FAIL || verdict == PF_WARN || verdict == PF_UNKNOWN;
}

bool pf_judge_is_turned(PfVerdict before, PfVerdict after) {
        if (after == PF_WARN)
                return before == PF_FAIL || before == PF_WAIVED;
        return after == PF_PASS || after == PF_SKIP;
}

/* The words of probes/sshd/ladder.h; it passes where there is none. */
unsigned pf_judge_reach(const PfResult *access) {
        static const char *const words[] = { "start", "listener", "connect", "kex",
                                             "auth",  "session",  "copy" };
        size_t i = 0;

        while (i < PF_ELEMENTS(words) && access->where && strcmp(words[i], access->where) != 0)
                i++;
        return access->where ? (unsigned) i : PF_ELEMENTS(words);
}

/* How bad a verdict is; fail and unknown are one, since neither is known to be right. */
static unsigned badness(PfVerdict verdict) {
        static const unsigned by_verdict[PF_N_VERDICTS] = {
                [PF_WARN] = 1, [PF_WAIVED] = 1, [PF_FAIL] = 2, [PF_UNKNOWN] = 2
        };

        return by_verdict[verdict];
}

bool pf_judge_is_worse(const PfResult *before, const PfResult *after) {
        if (badness(after->verdict) > badness(before->verdict))
                return true;
        return strcmp(after->check->id, PF_JUDGE_ACCESS) == 0 && badness(after->verdict) > 0 &&
               pf_judge_reach(after) < pf_judge_reach(before);
}

const PfResult *pf_judge_worse(const PfReport *before, const PfReport *after) {
        for (size_t i = 0; i < after->n; i++) {
                const PfResult *was = pf_judge_find(before, after->results[i].check->id);

                if (was && pf_judge_is_worse(was, &after->results[i]))
                        return &after->results[i];
        }
        return NULL;
}
