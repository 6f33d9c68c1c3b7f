#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl in two languages: which is chosen, and what is the same in both.
Prints TAP. $PF_CTL is the program, $PF_FIXTURES the folder of fixtures.

No locale needs to be installed for any of this, which is what is tested.
"""

import os
import pathlib
import re
import subprocess
import sys

from points import run_tests, test

CTL = os.environ["PF_CTL"]
FIXTURES = pathlib.Path(os.environ["PF_FIXTURES"])

# One of each probe; what is common to all of them is in test-language-fixtures.c.
MACHINES = ("sshd/allow-users", "boot/*", "disks/*", "space/*", "accounts/*", "system/*", "net/*")
FORMATS = ("json", "json-lines", "junit", "tap", "sarif", "nagios", "openmetrics",
           "prometheus")
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
LOCALE = ("LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LANG")


def run(*arguments, **locale):
    env = {key: value for key, value in os.environ.items() if key not in LOCALE + ("COLUMNS",)}
    result = subprocess.run([CTL, *arguments], env={**env, **locale}, stdin=subprocess.DEVNULL,
                            capture_output=True, timeout=60, check=False)
    assert result.returncode in range(5), (arguments, result)
    return result.returncode, result.stdout, result.stderr


def is_japanese(**locale):
    _, out, _ = run("explain", "95108", **locale)
    assert b"95108" in out and b"/etc/ssh/sshd_config" in out, out
    return bool(JAPANESE.search(out.decode()))


def machines():
    for pattern in MACHINES:
        root = sorted(FIXTURES.glob(f"{pattern}/root"))[0]
        yield str(root)


@test
def the_environment_chooses():
    for locale, expected in (
            ({}, False),
            ({"LANG": "ja_JP.UTF-8"}, True),
            ({"LANG": "ja_JP.utf8"}, True),
            ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, True),
            ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, False),
            ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8"}, False),
            ({"LANG": "en_US.UTF-8", "LANGUAGE": "ja:en"}, True),
            ({"LANG": "ja_JP.UTF-8", "LANGUAGE": "en"}, False),
            ({"LANG": "C", "LANGUAGE": "ja"}, False),
            ({"LANG": "de_DE.UTF-8"}, False)):
        assert is_japanese(**locale) == expected, locale


@test
def a_terminal_that_cannot_show_it_gets_english():
    for locale in ({"LANG": "ja_JP.eucJP"}, {"LANG": "ja_JP"},
                   {"LANG": "ja_JP.UTF-8", "LC_CTYPE": "C"}):
        _, out, _ = run("explain", "95108", **locale)
        assert out.isascii(), (locale, out)


@test
def every_command_speaks_it():
    root = f"--root={next(machines())}"
    for arguments in (("list",), ("list", "--all"), ("explain", "ssh.*", root), ("check", root),
                      ("status", root), ("inspect", "ssh", root), ("--help",),
                      ("check", "--help"), ("check", "--root=/nowhere"), ("chekc",)):
        status, out, err = run(*arguments, LANG="ja_JP.UTF-8")
        assert JAPANESE.search((out + err).decode()), (arguments, out, err)
        other, english, _ = run(*arguments, LANG="C")
        assert status == other, arguments
        assert english.isascii(), (arguments, english)


@test
def every_entry_of_the_catalogue_is_shown():
    _, out, _ = run("list", "--all", LANG="ja_JP.UTF-8")
    _, english, _ = run("list", "--all", "--format=json", LANG="C")
    rows = [line for line in out.decode().splitlines() if line.startswith("  ")]
    assert len(rows) == english.decode().count('"title":'), len(rows)
    for row in rows:
        assert JAPANESE.search(row), row


def without_times(data):
    text = re.sub(rb"\d+\.\d{3,}|\d{10,}|\d{4}-\d\d-\d\dT[\d:]+Z?", b"TIME", data)
    return re.sub(rb'("?durationUSec"?: ?)\d+', rb"\1TIME", text)


@test
def programs_read_the_same_in_both():
    for root in machines():
        for name in FORMATS:
            arguments = ("check", f"--root={root}", f"--format={name}")
            first = run(*arguments, LANG="C.UTF-8")
            second = run(*arguments, LANG="ja_JP.UTF-8")
            assert first[0] == second[0], (root, name)
            assert without_times(first[1]) == without_times(second[1]), (root, name)
    for arguments in (("list", "--all"), ("explain", "*"), ("inspect", "boot", f"--root={root}")):
        first = run(*arguments, "--format=json", LANG="C.UTF-8")
        second = run(*arguments, "--format=json", LANG="ja_JP.UTF-8")
        assert first[:2] == second[:2], arguments


if __name__ == "__main__":
    sys.exit(run_tests())
