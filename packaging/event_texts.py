# SPDX-License-Identifier: MIT
"""What administrators are told of events: read from the catalogue and from journal.toml, for
the journal's catalog and for the messages of Windows' event log."""

import hashlib

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib


def load(path):
    return tomllib.loads(path.read_text(encoding="utf-8"))


def checks_of(path, platform):
    return [check for check in load(path)["check"] if platform in check["platforms"]]


def events_of(path, platform):
    return [event for event in load(path)["event"]
            if platform in event.get("platforms", [platform])]


def message_id(name):
    """Of events about a check, as pf_event_message_id() makes it."""
    return hashlib.sha256(f"preflightd:{name}".encode()).hexdigest()[:32]


def about(check):
    """Lines of text; @NAME@ is a field of the event."""
    name = check["id"]
    yield f"This is about the check {name}: {check['title']}."
    yield "Its errors in the agent's installer: @PREFLIGHTD_ERROR_IDS@"
    yield "Found: @PREFLIGHTD_EVIDENCE@"
    yield ""
    yield "Why it matters:"
    yield from check["why"].rstrip().splitlines()
    yield ""
    yield "What to do:"
    yield from check["fix"].rstrip().splitlines()
    yield ""
    yield f"\"preflightctl explain {name}\" says more; \"preflightctl plan {name}\" shows what a"
    yield "remedy would change, where there is one."
