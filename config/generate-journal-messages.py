#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns journal.toml into the IDs that the programs send.

    generate-journal-messages.py journal.toml journal-messages.c
"""

import pathlib
import re
import sys

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib


def load(path):
    """The events; who wrote one wrong is told."""
    events = tomllib.loads(path.read_text(encoding="ascii"))["event"]
    for key in ("name", "id", "number"):
        values = [event[key] for event in events if key in event]
        if len(set(values)) != len(values):
            sys.exit(f"{path.name}: a {key} is there twice")
    for event in events:
        if set(event) - {"number", "platforms"} != {"name", "id", "subject", "text"}:
            sys.exit(f"{path.name}: {event['name']}: name, id, subject and text, and no more")
        if ("windows" in event.get("platforms", ["windows"])) != ("number" in event):
            sys.exit(f"{path.name}: {event['name']}: a number is for Windows, and needed there")
        if not re.fullmatch(r"[a-z]+(-[a-z]+)*", event["name"]):
            sys.exit(f"{path.name}: {event['name']}: is no name")
        if not re.fullmatch(r"[0-9a-f]{32}", event["id"]):
            sys.exit(f"{path.name}: {event['name']}: its id is not of 128 bits")
        if any(len(line) > 76 for line in event["text"].splitlines()):
            sys.exit(f"{path.name}: {event['name']}: a line of more than 76 columns")
    return events


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    lines = ["/* Made from journal.toml. */", '#include "config/journal-messages.h"', ""]
    for event in load(source):
        name = event["name"].replace("-", "_")
        lines.append(f'const char pf_message_{name}[] = "{event["id"]}";')
    target.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
