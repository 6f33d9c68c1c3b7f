#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is all that we send to the journal explained there, and is nothing else? Prints TAP.

    test-journal-catalog.py preflightd.catalog

Every MESSAGE_ID is in the catalog once, and every entry of the catalog is of an event that is
sent: of a check, or of config/journal.toml. journalctl reads the file as it is.
"""

import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib

TREE = pathlib.Path(__file__).resolve().parents[2]
CATALOG = pathlib.Path(sys.argv[1])
FIELDS = {"PREFLIGHTD_TRANSACTION", "PREFLIGHTD_CHECK", "PREFLIGHTD_WHO", "PREFLIGHTD_ACCOUNT",
          "PREFLIGHTD_SOURCE"}


def load(name):
    return tomllib.loads((TREE / "config" / name).read_text(encoding="utf-8"))


EVENTS = load("journal.toml")["event"]


def is_here(event):
    return "linux" in event.get("platforms", ["linux"])


def expected():
    ids = {event["id"]: event["name"] for event in EVENTS if is_here(event)}
    for check in load("catalogue.toml")["check"]:
        if "linux" in check["platforms"]:
            ids[hashlib.sha256(f"preflightd:{check['id']}".encode()).hexdigest()[:32]] = check["id"]
    return ids


def sources():
    for top in "config", "daemon", "probes":
        for path in sorted((TREE / top).rglob("*.[ch]")):
            yield path.relative_to(TREE), path.read_text(encoding="utf-8", errors="replace")


def each_id_has_one_entry():
    found = re.findall(r"^-- ([0-9a-f]{32})$", CATALOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(found) == sorted(expected()), set(found) ^ set(expected())


def each_event_is_sent():
    declared = set(re.findall(r"^extern const char pf_message_(\w+)\[\];",
                              (TREE / "config/journal-messages.h").read_text(encoding="ascii"),
                              re.MULTILINE))
    used = {}
    for path, text in sources():
        if path.suffix == ".c" and "pf_log_event(" in text:
            for name in re.findall(r"\bpf_message_(\w+)\b", text):
                used[name] = path
    names = {event["name"].replace("-", "_") for event in EVENTS}
    assert names == declared == set(used), (names ^ declared, names ^ set(used))


def no_id_stands_anywhere_else():
    """Who sends an event takes its ID from the catalog's sources."""
    wrong = [f"{path}: {match}" for path, text in sources()
             for match in re.findall(r'"[0-9a-f]{32}"', text)]
    wrong += [f"{path}: {call}" for path, text in sources() if path.suffix == ".c"
              for call in re.findall(r'pf_log_event\([^,;]+,\s*"[^,]*', text)]
    assert not wrong, wrong


def fields_are_those_that_are_sent():
    for event in EVENTS:
        named = set(re.findall(r"@(\w+)@", event["subject"] + event["text"]))
        assert named <= (set() if event["name"] == "lease-stuck" else FIELDS), event["name"]


def journalctl_reads_it():
    if not shutil.which("journalctl"):
        return "journalctl is not installed"
    with tempfile.TemporaryDirectory(prefix="pf-catalog-") as top:
        root = pathlib.Path(top)
        (root / "usr/lib/systemd/catalog").mkdir(parents=True)
        (root / "var/lib/systemd/catalog").mkdir(parents=True)
        shutil.copy(CATALOG, root / "usr/lib/systemd/catalog")
        done = subprocess.run(["journalctl", f"--root={root}", "--update-catalog"], check=False,
                              capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr
        listed = subprocess.run(["journalctl", f"--root={root}", "--list-catalog"], check=True,
                                capture_output=True, text=True).stdout
    for event in filter(is_here, EVENTS):
        assert f"{event['id']} preflightd: {event['subject']}\n" in listed, listed
    assert len(listed.splitlines()) == len(expected())
    return None


def main():
    tests = [each_id_has_one_entry, each_event_is_sent, no_id_stands_anywhere_else,
             fields_are_those_that_are_sent, journalctl_reads_it]
    failed = 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        try:
            skipped = test()
            print(f"ok {number} - {test.__name__}" + (f" # SKIP {skipped}" if skipped else ""))
        except AssertionError as error:
            failed += 1
            print(f"not ok {number} - {test.__name__}\n# {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
