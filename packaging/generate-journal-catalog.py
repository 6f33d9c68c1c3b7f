#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the catalogue into what `journalctl -x` explains our events with.

    generate-journal-catalog.py catalogue.toml journal.toml preflightd.catalog

An entry for each check, in the format of https://systemd.io/CATALOG. Its ID is that of
pf_event_message_id(): the first 128 bits of the SHA-256 of "preflightd:" and the name.
And one for each event of journal.toml.
"""

import pathlib
import sys

import event_texts


def entry(check):
    name = check["id"]
    yield f"-- {event_texts.message_id(name)}"
    yield f"Subject: {name}: @PREFLIGHTD_VERDICT@"
    yield "Defined-By: preflightd"
    yield f"Documentation: {check['documentation']}"
    yield "Documentation: man:preflightd.checks(7)"
    yield ""
    yield from event_texts.about(check)
    yield ""


def event_entry(event):
    yield f"-- {event['id']}"
    yield f"Subject: {event['subject']}"
    yield "Defined-By: preflightd"
    yield "Documentation: man:preflightctl(1) man:preflight-remedyd(8)"
    yield ""
    yield event["text"].rstrip()
    yield ""


def main():
    checks, events, target = map(pathlib.Path, sys.argv[1:])
    lines = ["# SPDX-License-Identifier: MIT", ""]
    for check in event_texts.checks_of(checks, "linux"):
        lines += entry(check)
    for event in event_texts.events_of(events, "linux"):
        lines += event_entry(event)
    target.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
