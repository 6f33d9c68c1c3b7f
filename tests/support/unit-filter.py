#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes which system calls a unit lets its service make, one name a line.

    unit-filter.py UNIT OUTPUT [CALL]...

SystemCallFilter= is read as systemd.exec(5) says: the first word decides that it is a list
of what is allowed, to which @default belongs; what follows adds, or with "~" takes away.
The groups are those of `systemd-analyze syscall-filter`; without it the list is empty.
A CALL is one more, which the program under test makes and that of the package does not.
"""
import subprocess
import sys


def read_groups():
    try:
        done = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter"], check=True,
                              capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        return {}
    groups, group = {}, []
    for line in done.stdout.splitlines():
        word = line.strip()
        if line.startswith("@"):
            group = groups.setdefault(word, [])
        elif line.startswith("#"):
            group = []  # what the kernel has and systemd does not know: of no group
        elif word and not word.startswith("#"):
            group.append(word)
    return groups


def expand(word, groups):
    if not word.startswith("@"):
        return {word}
    return set().union(*(expand(member, groups) for member in groups[word]))


def allowed(unit, groups):
    calls = expand("@default", groups)
    with open(unit, encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.strip().partition("=")
            if key != "SystemCallFilter":
                continue
            named = set().union(*(expand(word, groups) for word in value.lstrip("~").split()))
            calls = calls - named if value.startswith("~") else calls | named
    return calls


def main():
    unit, output, *more = sys.argv[1:]
    groups = read_groups()
    calls = allowed(unit, groups) | set(more) if groups else set()
    with open(output, "w", encoding="utf-8") as file:
        file.writelines(f"{call}\n" for call in sorted(calls))


if __name__ == "__main__":
    main()
