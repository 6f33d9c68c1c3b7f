#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the catalogue and journal.toml into the messages of Windows' event log.

    generate-event-messages.py catalogue.toml journal.toml preflightd.mc event-table.c

The first output is for the message compiler: what Event Viewer shows of each event. The other
tells the program which event a MESSAGE_ID is, and which field is which of the strings that it
hands over with one: the text is the first, and FIELDS follow.

An event of journal.toml has its number from there. One about a check has 1000, and what the
beginning of its MESSAGE_ID leaves when divided by 60000; two that fall together are told here.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import event_texts  # noqa: E402

TEXT = 1  # of all that has no explanation
FIELDS = [f"PREFLIGHTD_{name}" for name in (
    "CHECK", "VERDICT", "VERDICT_BEFORE", "ERROR_IDS", "EVIDENCE", "TRANSACTION", "WHO",
    "ACCOUNT", "SOURCE")]

HEAD = """\
; // Made from the catalogue of checks and journal.toml.
MessageIdTypedef=DWORD
SeverityNames=(Success=0x0)
FacilityNames=(Preflightd=0x0)
LanguageNames=(English=0x0409:MSG00409)

"""


def number_of_check(check):
    return 1000 + int(event_texts.message_id(check["id"])[:8], 16) % 60000


def insert(match):
    return f"%{FIELDS.index(match[1]) + 2}"


def message(number, lines):
    """One message: a line that is a full stop ends it; %1 is the event's text."""
    yield f"MessageId={number:#x}"
    yield "Severity=Success"
    yield "Facility=Preflightd"
    yield f"SymbolicName=PF_EVENT_{number}"
    yield "Language=English"
    yield "%1"
    for line in lines:
        text = line.replace("%", "%%")
        if not text.isascii():
            sys.exit(f"event {number}: \"{line}\" is not ASCII")
        yield re.sub(r"@(\w+)@", insert, text)
    yield "."
    yield ""


def messages(checks, events):
    """Number, MESSAGE_ID or None, and the lines behind the text of each."""
    yield TEXT, None, []
    for event in events:
        yield event["number"], event["id"], ["", *event["text"].strip().splitlines()]
    for check in checks:
        yield (number_of_check(check), event_texts.message_id(check["id"]),
               ["", *event_texts.about(check)])


def table(found):
    yield "/* Made from the catalogue of checks and journal.toml. */"
    yield '#include "daemon/win32/event-table.h"'
    yield ""
    yield "#include <stddef.h>"
    yield ""
    yield f"const unsigned pf_event_text = {TEXT};"
    yield ""
    yield "const char *const pf_event_fields[] = {"
    yield from (f'        "{field}",' for field in FIELDS)
    yield "        NULL,"
    yield "};"
    yield ""
    yield "const PfEventNumber pf_event_numbers[] = {"
    yield from (f'        {{ "{name}", {number} }},' for number, name, _ in found if name)
    yield "        { NULL, 0 },"
    yield "};"


def main():
    checks, events, texts, numbers = map(pathlib.Path, sys.argv[1:])
    found = sorted(messages(event_texts.checks_of(checks, "windows"),
                            event_texts.events_of(events, "windows")), key=lambda one: one[0])
    for one, other in zip(found, found[1:]):
        if one[0] == other[0]:
            sys.exit(f"events {one[1]} and {other[1]} are both {one[0]}")
    lines = [line for number, _, text in found for line in message(number, text)]
    texts.write_text(HEAD + "\n".join(lines) + "\n", encoding="ascii")
    numbers.write_text("\n".join(table(found)) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
