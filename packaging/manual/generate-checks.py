#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the catalogue into preflightd.checks(7).

    generate-checks.py catalogue.toml preflightd.checks.7
"""

import pathlib
import sys

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib

import mdoc

DATE = "November 23, 2026"

ABOUT = """\
A check is one question about a machine, with a name that does not change. It
answers for one or more errors of the agent's installer. What a failure means,
its severity, is said by the profile; below is what it is unless the profile
says otherwise. A verdict of blocker severity that is no pass is never ready.

The remedy of a check is safe where it can be undone and weakens nothing, needs
consent where it is right but opens something or restarts something, and is
manual where only a person can do it.
"""


def head(entry, links, label):
    yield f".Ss {mdoc.argument(entry['id'])}"
    yield from mdoc.paragraph(entry["title"] + ".")
    yield ".Pp"
    yield f"Platforms: {mdoc.names(entry['platforms'])}."
    yield f"Severity: {entry['severity']}."
    yield f"Remedy: {entry['safety']}."
    if entry.get(links):
        yield f"{label}: {mdoc.names(entry[links])}."
    if entry.get("applies-to"):
        yield f"Applies to: {mdoc.names([entry['applies-to']])}."
    if entry.get("aliases"):
        yield f"Also known as: {mdoc.names(entry['aliases'])}."


def entries(which, links, label):
    for entry in which:
        yield from head(entry, links, label)
        for text in (entry["why"], entry["fix"]):
            yield from mdoc.next_prose(text)
        yield ".Pp"
        yield f".Lk {entry['documentation']}"


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    catalogue = tomllib.loads(source.read_text(encoding="utf-8"))
    body = [".Sh DESCRIPTION", *mdoc.prose(ABOUT),
            ".Sh CHECKS", *entries(catalogue["check"], "errors", "Errors"),
            ".Sh ERRORS OF THE INSTALLER", *entries(catalogue["error"], "checks", "Checks"),
            ".Sh SEE ALSO",
            ".Xr preflightctl 1 ,", ".Xr preflightd.conf 5 ,", ".Xr preflightd.profile 5 ,",
            ".Xr preflightd 8"]
    target.write_text(mdoc.page(source.name, DATE, "preflightd.checks", 7,
                                "what is asked of a machine, and what to do about the answers",
                                body), encoding="utf-8")


main()
