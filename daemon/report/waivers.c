/* SPDX-License-Identifier: MIT */
/*
 * What becomes of each waiver in one report.
 */
#include "daemon/report/waivers.h"

#include <stdarg.h>
#include <string.h>

#include "config/catalogue.h"
#include "config/instant.h"
#include "daemon/report/fingerprint.h"

static int set_state(PfWaiverEntry *entry, PfWaiverState state, const char *fmt, ...)
        PF_PRINTF(3, 4);

static int set_state(PfWaiverEntry *entry, PfWaiverState state, const char *fmt, ...) {
        va_list args;
        int n;

        entry->state = state;
        va_start(args, fmt);
        n = vasprintf(&entry->summary, fmt, args);
        va_end(args);
        if (n < 0)
                entry->summary = NULL;
        return n < 0 ? -ENOMEM : 0;
}

static bool is_over(const PfWaiverEntry *entry, uint64_t now_usec) {
        return now_usec >= entry->waiver.expires_usec;
}

static bool is_for(const PfWaiverEntry *entry, const PfResult *result) {
        return strcmp(entry->waiver.check, result->check->id) == 0;
}

/* Was it given for this evidence? Return: 1, 0 or -ENOMEM. */
static int fits(const PfWaiverEntry *entry, const PfResult *result) {
        char fingerprint[PF_FINGERPRINT_SIZE];

        if (!entry->waiver.evidence)
                return 1;
        if (pf_fingerprint(result, fingerprint) < 0)
                return -ENOMEM;
        return strcmp(fingerprint, entry->waiver.evidence) == 0;
}

/* Return: 1 where it waives the result, 0 where not, or -ENOMEM. */
static int try_entry(PfWaiverEntry *entry, const PfResult *result, uint64_t now_usec) {
        char when[PF_INSTANT_SIZE];
        int r;

        if (entry->state != PF_WAIVER_PENDING || !is_for(entry, result) || is_over(entry, now_usec))
                return 0;
        r = fits(entry, result);
        if (r <= 0)
                return r;
        r = set_state(entry, PF_WAIVER_ACTIVE, "waives %s until %s", entry->waiver.check,
                      pf_instant_format(entry->waiver.expires_usec, when));
        return r < 0 ? r : 1;
}

int pf_waivers_apply(PfWaivers *waivers, PfResult *results, size_t n, uint64_t now_usec) {
        for (size_t i = 0; i < n; i++) {
                int r = 0;

                for (size_t j = 0; j < waivers->n && results[i].verdict == PF_FAIL && r == 0; j++)
                        r = try_entry(&waivers->items[j], &results[i], now_usec);
                if (r < 0)
                        return r;
                if (r > 0)
                        results[i].verdict = PF_WAIVED;
        }
        return 0;
}

static const PfResult *find_result(const PfReport *report, const PfWaiverEntry *entry) {
        for (size_t i = 0; i < report->n; i++)
                if (is_for(entry, &report->results[i]))
                        return &report->results[i];
        return NULL;
}

static int conclude_without_result(PfWaiverEntry *entry, const PfQuestion *question) {
        const char *check = entry->waiver.check;
        const PfCatalogueEntry *known = pf_catalogue_find(check);

        if (!known || known->kind != PF_CATALOGUE_CHECK)
                return set_state(entry, PF_WAIVER_NO_SUCH_CHECK, "there is no check %s", check);
        if (!pf_question_wants(question, check))
                return set_state(entry, PF_WAIVER_NOT_ASKED, "%s was not asked for", check);
        return set_state(entry, PF_WAIVER_NO_SUCH_CHECK, "%s is not answered on this system",
                         check);
}

static int conclude_one(PfWaivers *waivers, PfWaiverEntry *entry, const PfQuestion *question,
                        const PfReport *report, uint64_t now_usec) {
        const PfResult *result = find_result(report, entry);
        const char *check = entry->waiver.check;
        char when[PF_INSTANT_SIZE];

        if (is_over(entry, now_usec))
                return set_state(entry, PF_WAIVER_EXPIRED, "expired at %s",
                                 pf_instant_format(entry->waiver.expires_usec, when));
        if (!result)
                return conclude_without_result(entry, question);
        if (result->verdict == PF_UNKNOWN)
                return set_state(entry, PF_WAIVER_UNDETERMINED,
                                 "%s could not be determined, which nothing waives", check);
        if (result->verdict == PF_WAIVED)
                return set_state(entry, PF_WAIVER_DUPLICATE, "%s is waived by %s already", check,
                                 pf_waivers_find(waivers, check)->file);
        if (result->verdict == PF_FAIL)
                return set_state(entry, PF_WAIVER_MISMATCH,
                                 "was given for other evidence of %s than there is now", check);
        return set_state(entry, PF_WAIVER_NOT_NEEDED, "%s does not fail: its verdict is %s", check,
                         pf_verdict_to_string(result->verdict));
}

int pf_waivers_conclude(PfWaivers *waivers, const PfQuestion *question, const PfReport *report,
                        uint64_t now_usec) {
        int r = 0;

        for (size_t i = 0; i < waivers->n && r == 0; i++)
                if (waivers->items[i].state == PF_WAIVER_PENDING)
                        r = conclude_one(waivers, &waivers->items[i], question, report, now_usec);
        return r;
}

uint64_t pf_waivers_next_expiry(const PfWaivers *waivers, uint64_t now_usec) {
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < waivers->n; i++) {
                uint64_t expires_usec = waivers->items[i].waiver.expires_usec;

                if (expires_usec > now_usec && expires_usec < next)
                        next = expires_usec;
        }
        return next;
}

const PfWaiverEntry *pf_waivers_find(const PfWaivers *waivers, const char *check_id) {
        for (size_t i = 0; i < waivers->n; i++)
                if (waivers->items[i].state == PF_WAIVER_ACTIVE &&
                    strcmp(waivers->items[i].waiver.check, check_id) == 0)
                        return &waivers->items[i];
        return NULL;
}

static bool same_text(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}

bool pf_waivers_equal(const PfWaivers *a, const PfWaivers *b) {
        if (a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++) {
                const PfWaiverEntry *one = &a->items[i], *other = &b->items[i];

                if (!same_text(one->file, other->file) || one->line != other->line ||
                    one->state != other->state || one->is_public != other->is_public ||
                    !same_text(one->summary, other->summary) ||
                    !same_text(one->waiver.reason, other->waiver.reason) ||
                    !same_text(one->waiver.owner, other->waiver.owner))
                        return false;
        }
        return true;
}
