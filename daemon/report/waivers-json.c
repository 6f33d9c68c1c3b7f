/* SPDX-License-Identifier: MIT */
/*
 * Waivers in a report: types Waiver and WaiverStatus of org.preflightd.Preflight.
 */
#include "daemon/report/waivers.h"

/* The word for each state, and what is said of it where texts are withheld. */
static const struct {
        const char *word;
        const char *summary;
} states[] = {
        [PF_WAIVER_PENDING] = { "notasked", "was not looked at" },
        [PF_WAIVER_ACTIVE] = { "active", "waives a check" },
        [PF_WAIVER_EXPIRED] = { "expired", "has expired" },
        [PF_WAIVER_NOT_NEEDED] = { "notneeded", "the check does not fail" },
        [PF_WAIVER_MISMATCH] = { "mismatch", "was given for other evidence" },
        [PF_WAIVER_UNDETERMINED] = { "undetermined", "the check could not be determined" },
        [PF_WAIVER_NOT_ASKED] = { "notasked", "the check was not asked for" },
        [PF_WAIVER_NO_SUCH_CHECK] = { "nosuchcheck", "there is no such check here" },
        [PF_WAIVER_DUPLICATE] = { "duplicate", "another one waives the check" },
        [PF_WAIVER_INVALID] = { "invalid", "what the file says is wrong" },
        [PF_WAIVER_REFUSED] = { "refused", "" },
        [PF_WAIVER_UNREADABLE] = { "unreadable", "" },
};

static int put_text_or_null(PfJson *object, const char *key, const char *text) {
        return text ? pf_json_put_string(object, key, text) : pf_json_put_null(object, key);
}

int pf_waivers_put_waiver(PfJson *object, const PfWaiverEntry *entry, bool privileged) {
        PF_CLEANUP(pf_json_freep) PfJson *json = NULL;
        bool withheld;

        if (!entry)
                return pf_json_put_null(object, "waiver");
        withheld = !privileged && !entry->is_public;
        json = pf_json_new_object();
        if (!json || pf_json_put_string(json, "file", entry->file) < 0 ||
            put_text_or_null(json, "reason", withheld ? NULL : entry->waiver.reason) < 0 ||
            put_text_or_null(json, "owner", withheld ? NULL : entry->waiver.owner) < 0 ||
            pf_json_put_uint(json, "expiresUSec", entry->waiver.expires_usec) < 0 ||
            (withheld && pf_json_put_bool(json, "withheld", true) < 0))
                return -ENOMEM;
        return pf_json_put_take(object, "waiver", PF_STEAL(json));
}

static int put_texts(PfJson *object, const PfWaiverEntry *entry) {
        const PfWaiver *waiver = &entry->waiver;

        if (pf_json_put_string(object, "summary", entry->summary ? entry->summary : "") < 0 ||
            put_text_or_null(object, "check", waiver->check) < 0 ||
            put_text_or_null(object, "reason", waiver->reason) < 0 ||
            put_text_or_null(object, "owner", waiver->owner) < 0)
                return -ENOMEM;
        return waiver->expires_usec ? pf_json_put_uint(object, "expiresUSec", waiver->expires_usec)
                                    : pf_json_put_null(object, "expiresUSec");
}

/* Of a file that was not read there is nothing to withhold. */
static bool holds_text(const PfWaiverEntry *entry) {
        return entry->state != PF_WAIVER_REFUSED && entry->state != PF_WAIVER_UNREADABLE;
}

static PfJson *entry_to_json(const PfWaiverEntry *entry, bool privileged) {
        PF_CLEANUP(pf_json_freep) PfJson *json = pf_json_new_object();
        bool withheld = !privileged && !entry->is_public && holds_text(entry);
        int r;

        if (!json || pf_json_put_string(json, "file", entry->file) < 0 ||
            (entry->line && pf_json_put_uint(json, "line", entry->line) < 0) ||
            pf_json_put_string(json, "state", states[entry->state].word) < 0)
                return NULL;
        r = withheld ? pf_json_put_string(json, "summary", states[entry->state].summary)
                     : put_texts(json, entry);
        if (r < 0 || (withheld && pf_json_put_bool(json, "withheld", true) < 0))
                return NULL;
        return PF_STEAL(json);
}

int pf_waivers_put_all(PfJson *object, const PfWaivers *waivers, bool privileged) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (size_t i = 0; i < waivers->n; i++)
                if (pf_json_append_take(array, entry_to_json(&waivers->items[i], privileged)) < 0)
                        return -ENOMEM;
        return pf_json_put_take(object, "waivers", PF_STEAL(array));
}
