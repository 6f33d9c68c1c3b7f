#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kernel lists: condenses those that the vendor publishes, and writes them as C.

A newer list needs no newer program: what --condense prints is used as it is where it
stands in /etc/preflightd/kernels.txt or /usr/share/preflightd/kernels.txt.

    generate-kernels.py OUTPUT.c LISTS.txt        at build time
    generate-kernels.py --condense KERNELS.json   prints a new LISTS.txt

KERNELS.json has per scenario and distribution each kernel with the agent version
whose list first had it ("since") and the one whose list lacked it again ("until").
LISTS.txt has the same, one line for the kernels of a series that share all but one
number; its head explains it.
"""

import json
import pathlib
import re
import sys

HEAD = """\
# SPDX-License-Identifier: MIT
#
# Which kernels the agent has a driver for: lists that the vendor publishes.
# Source: {source}
# State: {date}
#
# Made by config/generate-kernels.py --condense; not edited by hand.
#
#   source TEXT
#   date YYYY-MM-DD
#   lists SCENARIO DISTRIBUTION VERSION...      the agent versions that brought a list
#   kernels SCENARIO DISTRIBUTION SINCE UNTIL   UNTIL is - where no later list lacks them
#    STEM TAIL NUMBER...                        kernels STEM NUMBER TAIL; TAIL is - if empty
#
# Behind a NUMBER may stand ":" and the service pack that the kernel belongs to.
#
# This list is built into the programs. A newer one is used instead, without a newer
# program, where it is the first of /etc/preflightd/kernels.txt,
# /run/preflightd/kernels.txt and /usr/share/preflightd/kernels.txt; a link to
# /dev/null hides those behind it. One that is wrong anywhere is not used, nor is the
# one that is built in: kernels that a list would judge are then not known.
"""


def natural(text):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in re.findall(r"[0-9]+|[^0-9]+", text)]


def split(kernel):
    """What is before and behind the number that tells kernels of a series apart: the
    last one in front of the flavour."""
    match = re.match(r"^(.*?)([0-9]+)((?:[+-][A-Za-z][A-Za-z0-9.+-]*)?)$", kernel)
    if not match or (len(match[2]) > 1 and match[2][0] == "0") or int(match[2]) > 65535:
        sys.exit("generate-kernels: no number in " + kernel)
    return match[1], match[3], int(match[2])


def condense(path):
    data = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    print(HEAD.format(source=data["source"], date=data["asOf"]), end="")
    print(f"\nsource {data['source']}\ndate {data['asOf']}")
    for scenario, distributions in data["lists"].items():
        print()
        for distribution, versions in distributions.items():
            print("lists", scenario, distribution, *versions)
    for scenario, distributions in data["scenarios"].items():
        for distribution, rows in distributions.items():
            groups = {}
            for row in rows:
                stem, tail, number = split(row["kernel"])
                item = f"{number}:{row['sp']}" if "sp" in row else str(number)
                group = groups.setdefault((row["since"], row["until"]), {})
                group.setdefault((stem, tail), []).append(item)
            for (since, until), series in groups.items():
                print(f"\nkernels {scenario} {distribution} {since} {until or '-'}")
                for (stem, tail), items in series.items():
                    print(f" {stem} {tail or '-'}", *sorted(items, key=natural))


class Pool:
    """Texts one behind the other, each once; C finds them by their offsets."""

    def __init__(self):
        self.offsets, self.size = {"": 0}, 1

    def put(self, text):
        if text not in self.offsets:
            self.offsets[text] = self.size
            self.size += len(text) + 1
        return self.offsets[text]

    def rows(self):
        return [f'        "{text}\\0"' for text in self.offsets]


class Lists:
    def __init__(self):
        self.pool = Pool()
        self.texts = {}
        self.lists, self.series, self.items = [], [], []
        self.block = None

    def take(self, line):
        words = line.split()
        if not words or line.startswith("#"):
            return
        if line.startswith(" "):
            self.take_series(*words)
        elif words[0] in ("source", "date"):
            self.texts[words[0]] = line.split(maxsplit=1)[1]
        elif words[0] == "lists":
            first, last = words[3], words[-1]
            self.lists.append([self.pool.put(word) for word in (words[1], words[2], first, last)])
        elif words[0] == "kernels":
            since, until = words[3], "" if words[4] == "-" else words[4]
            self.block = [self.pool.put(word) for word in (words[1], words[2], since, until)]
        else:
            raise ValueError("unknown word " + words[0])

    def take_series(self, stem, tail, *numbers):
        tail = "" if tail == "-" else tail
        first = len(self.items)
        for number in numbers:
            value, _, pack = number.partition(":")
            self.items.append((int(value), int(pack) if pack else 255))
        self.series.append(self.block + [self.pool.put(stem), self.pool.put(tail), first,
                                         len(numbers)])

    def write(self):
        if self.pool.size > 65535 or len(self.items) > 65535:
            sys.exit("generate-kernels: too much for offsets of 16 bits")
        row = "        {{ {} }},".format
        out = ["/* Made by generate-kernels.py. */", '#include "config/kernels-table.h"', "",
               "static const char pool[] =", *self.pool.rows(), "        ;", "",
               "static const PfKernelsList lists[] = {",
               *(row(", ".join(map(str, item))) for item in self.lists), "};", "",
               "static const PfKernelsSeries series[] = {",
               *(row(", ".join(map(str, item))) for item in self.series), "};", "",
               "static const PfKernelsItem items[] = {",
               *(row(f"{number}, {pack}") for number, pack in self.items), "};", "",
               "const PfKernelsTables pf_kernels_embedded = {",
               f"        .source = {json.dumps(self.texts['source'])},",
               f'        .date = "{self.texts["date"]}",', "        .pool = pool,",
               f"        .lists = lists, .n_lists = {len(self.lists)},",
               f"        .series = series, .n_series = {len(self.series)},",
               f"        .items = items, .n_items = {len(self.items)},", "};", ""]
        return "\n".join(out)


def generate(output, path):
    lists = Lists()
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="ascii").splitlines(), 1):
        try:
            lists.take(line)
        except (ValueError, IndexError, TypeError) as error:
            sys.exit(f"{path}:{number}: {error}")
    pathlib.Path(output).write_text(lists.write(), encoding="ascii")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--condense":
        condense(sys.argv[2])
    elif len(sys.argv) == 3:
        generate(*sys.argv[1:])
    else:
        sys.exit(__doc__)
