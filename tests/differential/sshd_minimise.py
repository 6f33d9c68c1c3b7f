# SPDX-License-Identifier: MIT
"""Makes a machine smaller for as long as it still shows a difference."""

import re

import sshd_machines as machines

MOST_TRIES = 600


class Search:
    """The smallest machine found so far; offer() tries another one."""

    def __init__(self, machine, connection, still_differs):
        self.machine = machine
        self.connection = connection
        self.still_differs = still_differs
        self.tries = 0

    def offer(self, machine, connection):
        self.tries += 1
        if self.tries > MOST_TRIES or not self.still_differs(machine, connection):
            return False
        self.machine, self.connection = machine, connection
        return True

    def with_files(self, change):
        machine = self.machine.copy()
        change(machine)
        return self.offer(machine, self.connection)


def parts_removed(search, path, split, join):
    """Leave out halves, quarters, …, single parts of a file."""
    step = max(1, len(split(search.machine.files[path])) // 2)
    while step:
        at = 0
        while at < len(parts := split(search.machine.files[path])):
            rest = join(parts[:at] + parts[at + step:])
            if not search.with_files(lambda machine: machine.files.__setitem__(path, rest)):
                at += step
        step //= 2


def words_of(data):
    return re.findall(rb"\s+|[^\s,]+|,", data)


def minimise(machine, connection, still_differs):
    search = Search(machine, connection, still_differs)
    for path, usual in ((machines.PASSWD, machines.ACCOUNTS), (machines.GROUP, machines.GROUPS)):
        if machine.files[path] != usual:
            search.with_files(lambda m: m.files.__setitem__(path, usual))
    for path in [p for p in machine.configuration() if p != machines.MAIN]:
        search.with_files(lambda m: m.files.pop(path))
    for path in search.machine.configuration():
        parts_removed(search, path, lambda data: data.split(b"\n"), b"\n".join)
    for path in search.machine.configuration():
        parts_removed(search, path, words_of, b"".join)
    for field in list(search.connection or ()):
        rest = {key: value for key, value in search.connection.items() if key != field}
        search.offer(search.machine, rest or None)
    return search.machine, search.connection
