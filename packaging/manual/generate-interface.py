#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns a Varlink interface description into its manual page.

    generate-interface.py org.preflightd.Preflight.varlink org.preflightd.Preflight.5

The description has been checked by then (the build does not embed one that is
wrong); this only tells comments from declarations.
"""

import pathlib
import re
import sys

import mdoc

DATE = "November 23, 2026"
HEADINGS = {"method": "METHODS", "error": "ERROR REPLIES", "type": "TYPES"}
DECLARATION = re.compile(r"(method|error|type)\s+([A-Z][A-Za-z0-9]*)")

WIRE = """\
The protocol is Varlink: messages of JSON, each ended by a zero byte, over a
stream socket. varlinkctl(1) of systemd 257 and later speaks it:

    varlinkctl introspect /run/preflightd/org.preflightd.Preflight
    varlinkctl call /run/preflightd/org.preflightd.Preflight \\
            org.preflightd.Preflight.GetReport '{}'

A message may be as long as MaximumMessageBytes= in preflightd.conf(5) says,
and nested 32 deep. Errors of org.varlink.service (MethodNotFound,
InvalidParameter and others) are answered beside those below.
"""


def split(text):
    """The comment at the top, and (comment, declaration) of every symbol."""
    about, comment, block, symbols = None, [], [], []
    for line in text.splitlines():
        if block:
            block.append(line)
        elif line.startswith("#"):
            comment.append(line[1:].removeprefix(" "))
            continue
        elif line.startswith("interface "):
            about, comment = comment, []
            continue
        elif not line.strip():
            continue
        elif DECLARATION.match(line):
            block = [line]
        if block and block_is_closed(block):
            symbols.append((comment, block))
            comment, block = [], []
    return about, symbols


def block_is_closed(block):
    code = "\n".join(line.split("#")[0] for line in block)
    last = block[-1].split("#")[0].rstrip()
    return code.count("(") == code.count(")") and last.endswith(")") and not last.endswith("-> (")\
        and not (DECLARATION.match(block[0])[1] == "method" and "->" not in code)


def symbol(comment, block):
    name = DECLARATION.match(block[0])[2]
    yield f".Ss {mdoc.argument(name)}"
    yield from mdoc.prose("\n".join(comment))
    yield from mdoc.literal([line.replace("\t", "    ") for line in block])


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    name = source.name.removesuffix(".varlink")
    about, symbols = split(source.read_text(encoding="utf-8"))
    body = [".Sh DESCRIPTION", *mdoc.prose("\n".join(about)), *mdoc.next_prose(WIRE)]
    for kind, heading in HEADINGS.items():
        body.append(f".Sh {heading}")
        for comment, block in symbols:
            if DECLARATION.match(block[0])[1] == kind:
                body.extend(symbol(comment, block))
    body += [".Sh SEE ALSO", ".Xr preflightctl 1 ,", ".Xr preflightd.checks 7 ,",
             ".Xr preflightd 8"]
    target.write_text(mdoc.page(source.name, DATE, name, 5, "the Varlink interface of preflightd",
                                body), encoding="utf-8")


main()
