/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which event of Windows' event log a MESSAGE_ID is, and which field is which of its strings.
 * Made from config/catalogue.toml and config/journal.toml, with the texts that Event Viewer
 * shows, by packaging/windows/generate-event-messages.py.
 */
typedef struct PfEventNumber {
        const char *message_id;
        unsigned number;
} PfEventNumber;

#define PF_EVENT_FIELDS_MAX 16

extern const unsigned pf_event_text;           /* of what has no MESSAGE_ID, or another */
extern const char *const pf_event_fields[];    /* behind the text; NULL ends them */
extern const PfEventNumber pf_event_numbers[]; /* a NULL ends them */
