#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the catalogue into what `journalctl -x` explains our events with.

    generate-journal-catalog.py catalogue.toml journal.toml preflightd.catalog

An entry for each check, in the format of https://systemd.io/CATALOG. Its ID is that of
pf_event_message_id(): the first 128 bits of the SHA-256 of "preflightd:" and the name.
And one for each event of journal.toml.
"""

import hashlib
import pathlib
import sys
import tomllib


def entry(check):
    name = check["id"]
    yield f"-- {hashlib.sha256(f'preflightd:{name}'.encode()).hexdigest()[:32]}"
    yield f"Subject: {name}: @PREFLIGHTD_VERDICT@"
    yield "Defined-By: preflightd"
    yield f"Documentation: {check['documentation']}"
    yield "Documentation: man:preflightd.checks(7)"
    yield ""
    yield f"This is about the check {name}: {check['title']}."
    yield "Its errors in the agent's installer: @PREFLIGHTD_ERROR_IDS@"
    yield "Found: @PREFLIGHTD_EVIDENCE@"
    yield ""
    yield "Why it matters:"
    yield check["why"].rstrip()
    yield ""
    yield "What to do:"
    yield check["fix"].rstrip()
    yield ""
    yield f"\"preflightctl explain {name}\" says more; \"preflightctl plan {name}\" shows what a"
    yield "remedy would change, where there is one."
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
    catalogue = tomllib.loads(checks.read_text(encoding="utf-8"))
    lines = ["# SPDX-License-Identifier: MIT", ""]
    for check in catalogue["check"]:
        if "linux" in check["platforms"]:
            lines += entry(check)
    for event in tomllib.loads(events.read_text(encoding="utf-8"))["event"]:
        lines += event_entry(event)
    target.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
