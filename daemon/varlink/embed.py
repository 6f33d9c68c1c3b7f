#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make an interface description part of the program.

usage: embed.py NAME.varlink OUTPUT.c

The text becomes the string pf_idl_NAME, dots being underscores. What would be
served wrongly is refused here: a name that is not the file's, bytes that are
not printable ASCII, lines too long for a terminal.
"""
import pathlib
import re
import sys

LINE_MAX = 120


def complain(path, line, what):
    sys.exit(f"{path}:{line}: {what}")


def check(path, text):
    if not text.endswith("\n"):
        complain(path, text.count("\n") + 1, "no newline at the end")
    lines = text[:-1].split("\n")
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(r"[\t\x20-\x7e]*", line):
            complain(path, number, "only printable ASCII and tabs")
        if line != line.rstrip():
            complain(path, number, "white space at the end of the line")
        if len(line.expandtabs(8)) > LINE_MAX:
            complain(path, number, f"longer than {LINE_MAX} columns")
    code = [line for line in lines if line and not line.startswith("#")]
    if not code or code[0] != f"interface {path.stem}":
        complain(path, 1, f"does not start with: interface {path.stem}")


def c_string(line):
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '\\n"'


def main(source, output):
    path = pathlib.Path(source)
    text = path.read_bytes().decode("ascii", "surrogateescape")
    check(path, text)
    symbol = "pf_idl_" + re.sub(r"[^A-Za-z0-9]", "_", path.stem)
    body = "\n        ".join(c_string(line) for line in text[:-1].split("\n"))
    pathlib.Path(output).write_text(
        f"/* Made from {path.name}. */\n"
        '#include "daemon/varlink/descriptions.h"\n\n'
        f"const char {symbol}[] =\n        {body};\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
