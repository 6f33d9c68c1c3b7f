#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes how wide the characters of Unicode are, for width.h.

    generate-width.py width-table.c

Facts of the Unicode character database, as Python's unicodedata has them: wide and
full-width characters of Annex 11 take two columns, marks that stand on others
none, and what is not assigned has no width that anybody knows.
"""

import pathlib
import sys
import unicodedata


def width(code_point):
    character = chr(code_point)
    category = unicodedata.category(character)
    if category == "Cn":
        return "unassigned"
    if category in ("Mn", "Me") or 0x1160 <= code_point <= 0x11FF:
        return "combining"
    return "wide" if unicodedata.east_asian_width(character) in "WF" else None


def ranges():
    found = {"combining": [], "unassigned": [], "wide": []}
    for code_point in range(0x80, 0x110000):
        kind = width(code_point)
        if kind is None:
            continue
        if found[kind] and found[kind][-1][1] == code_point - 1:
            found[kind][-1][1] = code_point
        else:
            found[kind].append([code_point, code_point])
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    lines = [f"/* Written by generate-width.py: Unicode {unicodedata.unidata_version}. */",
             '#include "daemon/ctl/width.h"', ""]
    for kind, found in ranges().items():
        lines.append(f"const PfCharRange pf_width_{kind}[] = {{")
        lines += [f"        {{ {first:#x}, {last:#x} }}," for first, last in found]
        lines += ["};", f"const size_t pf_width_n_{kind} = {len(found)};", ""]
    pathlib.Path(sys.argv[1]).write_bytes("\n".join(lines).encode("ascii"))


if __name__ == "__main__":
    main()
