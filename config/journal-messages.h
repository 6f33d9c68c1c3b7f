/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * MESSAGE_IDs of events, for pf_log_event(): 32 digits, in the journal's catalog. What they are
 * and what is said of them is in journal.toml, and nowhere else. Those of the checks are
 * pf_event_message_id()'s.
 */
extern const char pf_message_applied[];
extern const char pf_message_undone[];
extern const char pf_message_not_made[];
extern const char pf_message_lease_opened[];
extern const char pf_message_lease_ended[];
extern const char pf_message_lease_covered[];
extern const char pf_message_lease_stuck[];
extern const char pf_message_settings_wrong[];
extern const char pf_message_started[];
extern const char pf_message_stopped[];
