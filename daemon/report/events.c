/* SPDX-License-Identifier: MIT */
#include "daemon/report/events.h"

#include <string.h>

#include "config/catalogue.h"
#include "daemon/base/log.h"
#include "daemon/base/sha256.h"
#include "daemon/base/utf8.h"

#define TEXT_MAX 4096

void pf_event_message_id(const char *check, char ret[static PF_MESSAGE_ID_SIZE]) {
        char text[160], hex[PF_SHA256_HEX_SIZE];

        (void) snprintf(text, sizeof(text), "preflightd:%s", check);
        pf_sha256_hex(text, strlen(text), hex);
        memcpy(ret, hex, PF_MESSAGE_ID_SIZE - 1);
        ret[PF_MESSAGE_ID_SIZE - 1] = '\0';
}

/* Of a fixed size: an event that memory has no room for is told in short. */
typedef struct Text {
        char bytes[TEXT_MAX];
        size_t n;
} Text;

static void add(Text *text, const char *separator, const char *more) {
        int n = snprintf(text->bytes + text->n, sizeof(text->bytes) - text->n, "%s%s",
                         text->n > 0 ? separator : "", more);

        if (n > 0 && (size_t) n < sizeof(text->bytes) - text->n)
                text->n += (size_t) n;
        else
                text->bytes[text->n] = '\0';
}

static void add_errors(Text *text, const PfResult *result) {
        const PfCatalogueEntry *entry = pf_catalogue_find(result->check->id);

        for (const char *const *link = entry ? entry->links : NULL; link && *link; link++)
                if (pf_catalogue_find(*link)->platforms & PF_PLATFORM_HERE)
                        add(text, " ", *link);
}

static void add_evidence(Text *text, const PfResult *result) {
        for (size_t i = 0; i < result->n_evidence; i++) {
                const PfEvidence *evidence = &result->evidence[i];
                char line[1024];
                char number[16] = "";

                if (evidence->line > 0)
                        (void) snprintf(number, sizeof(number), ":%u", evidence->line);
                (void) snprintf(line, sizeof(line), "%s%s: %s%s%s",
                                evidence->path ? evidence->path : "machine", number,
                                evidence->restricted ? "(only root may read it)"
                                : evidence->found    ? evidence->found
                                                     : "nothing found",
                                evidence->expected ? ", expected " : "",
                                evidence->expected ? evidence->expected : "");
                /* Any user's file may be quoted here, and a terminal shows it. */
                pf_utf8_make_printable(line, ' ');
                add(text, "; ", line);
        }
}

/* What is worse than it was, or never was good, is for whoever looks for trouble. */
static PfLogLevel level_of(const PfResult *result, const PfReadiness *readiness) {
        const PfProfile *profile = pf_question_demand(readiness->question)->profile;

        if (result->verdict == PF_FAIL)
                return pf_profile_severity(profile, result->check->id) == PF_SEVERITY_BLOCKER
                               ? PF_LOG_WARNING
                               : PF_LOG_NOTICE;
        return result->verdict == PF_UNKNOWN ? PF_LOG_NOTICE : PF_LOG_INFO;
}

static void tell_of(const PfVerdict *before, const PfResult *now, const PfReadiness *readiness) {
        const char *was = before ? pf_verdict_to_string(*before) : "";
        const char *is = pf_verdict_to_string(now->verdict);
        Text errors = { 0 }, evidence = { 0 };
        const PfLogField fields[] = {
                { "PREFLIGHTD_CHECK", now->check->id },    { "PREFLIGHTD_VERDICT", is },
                { "PREFLIGHTD_VERDICT_BEFORE", was },      { "PREFLIGHTD_ERROR_IDS", errors.bytes },
                { "PREFLIGHTD_EVIDENCE", evidence.bytes }, { NULL, NULL }
        };
        char id[PF_MESSAGE_ID_SIZE];

        add_errors(&errors, now);
        add_evidence(&evidence, now);
        pf_event_message_id(now->check->id, id);
        pf_log_event(level_of(now, readiness), id, fields, "%s: %s%s%s: %s", now->check->id, is,
                     before ? ", was " : "", was, now->summary);
}

struct PfEventsLast {
        const PfCheck *check;
        PfVerdict verdict;
};

void pf_events_deinit(PfEvents *events) {
        free(events->last);
        *events = (PfEvents){ 0 };
}

static PfVerdict *find(PfEvents *events, const PfCheck *check) {
        for (size_t i = 0; i < events->n; i++)
                if (events->last[i].check == check)
                        return &events->last[i].verdict;
        return NULL;
}

/* What there is no memory for is told again with the next report. */
static void add_last(PfEvents *events, const PfResult *result) {
        struct PfEventsLast *last = realloc(events->last, (events->n + 1) * sizeof(*last));

        if (!last)
                return;
        events->last = last;
        last[events->n++] =
                (struct PfEventsLast){ .check = result->check, .verdict = result->verdict };
}

static bool is_worth_telling(const PfVerdict *before, const PfResult *now) {
        if (before)
                return *before != now->verdict;
        return now->verdict != PF_PASS && now->verdict != PF_SKIP;
}

void pf_events_tell(PfEvents *events, const PfReadiness *now) {
        for (size_t i = 0; i < now->report.n; i++) {
                const PfResult *result = &now->report.results[i];
                PfVerdict *before = find(events, result->check);

                if (is_worth_telling(before, result))
                        tell_of(before, result, now);
                if (before)
                        *before = result->verdict;
                else
                        add_last(events, result);
        }
}
