# SPDX-License-Identifier: MIT
"""Invents machines: trees of sshd_config files, accounts, and connections to ask about.

Each is made from (seed, number) alone, so that one can be made again without
those before it. About half are meant to be accepted; of the others most hold
one fault.
"""

import copy
import os
import random
import re

import sshd_author as authors
import sshd_keywords as words
from sshd_author import decode, encode

MAIN = "/etc/ssh/sshd_config"
PASSWD = "/etc/passwd"
GROUP = "/etc/group"

ACCOUNTS = b"""root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sshd:x:102:65534::/run/sshd:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
azureuser:x:1000:1000:,,,:/home/azureuser:/bin/bash
alice:x:1001:1001::/home/alice:/bin/sh
Bob:x:1002:100::/home/Bob:/bin/false
svc-1:x:1003:4242::/home/svc:/bin/bash
user_x:x:1004:50::/home/x:
a.b:x:1005:27::/home/ab:/bin/bash
"""
GROUPS = b"""root:x:0:
daemon:x:1:
adm:x:4:azureuser,syslog
sudo:x:27:azureuser,alice
staff:x:50:Bob,alice,root
users:x:100:
wheel:x:998:azureuser
sftponly:x:1500:alice,svc-1,ghost
Domain Users:x:1600:Bob,azureuser
nogroup:x:65534:
azureuser:x:1000:
alice:x:1001:
"""


class Machine:
    def __init__(self, number):
        self.number = number
        self.files = {PASSWD: ACCOUNTS, GROUP: GROUPS}  # path: bytes
        self.directories = []
        self.links = {}  # path: where it leads
        self.connections = []
        self.origin = "invented"

    def copy(self):
        return copy.deepcopy(self)

    def configuration(self):
        return {path: data for path, data in self.files.items() if path not in (PASSWD, GROUP)}


def connections(r):
    """What is asked of the machine; None is `sshd -T` alone."""
    out = [None] if r.random() < 0.35 else []
    for _ in range(r.randint(1, 3)):
        whole = {"user": r.choice(words.USERS + ["root", "azureuser", "root"]),
                 "host": r.choice(words.HOSTS), "addr": r.choice(words.ADDRESSES),
                 "laddr": r.choice(words.LOCAL_ADDRESSES), "lport": int(r.choice(words.PORTS[:4]))}
        form = r.random()
        if form < 0.25:
            whole = {key: value for key, value in whole.items() if r.random() < 0.6}
        elif form < 0.35:
            whole = {key: whole[key] for key in ("user", "addr")}
        elif form < 0.37:
            whole["addr"] = r.choice(("not-an-address", "192.0.2", "2001:DB8::7", "192.000.002.007",
                                      "2001:db8:0:0::7", "fe80::1%lo"))
        out.append(whole or None)
    return out


def accounts(r, machine):
    """Files of accounts that are not as they should be, and blocks that turn on them."""
    passwd, group = machine.files[PASSWD], machine.files[GROUP]
    form = r.randrange(9)
    if form == 0:
        group = b""
    elif form == 1:
        group += b"sudo:x:27:root\nextra:x:0:\nsudo2:x:27:\n"
    elif form == 2:
        passwd += b"alice:x:0:0::/:/bin/sh\nROOT:x:0:0::/:/bin/sh\n"
    elif form == 3:
        group += b"broken line\n:x:5:root\nstaff:x:notanumber:root\nshort:x\n#c:x:7:root\n"
    elif form == 4:
        passwd = b"# remark\n\nshort:x\nbad:x:y:z:::\n" + passwd + b"ghost:x:77:77:::"
    elif form == 5:
        n = r.choice((5, 40, 120))
        group += b"".join(b"g%d:x:%d:root,alice\n" % (i, 3000 + i) for i in range(n))
    elif form == 6:
        group = group.replace(b"azureuser,", b" azureuser , ").replace(b"\n", b" \n")
    elif form == 7:
        group = group.replace(b"\n", b"\r\n") if r.random() < 0.5 else group[:-1]
        passwd = passwd[:-1]
    else:
        group = b"\n".join(reversed(group.split(b"\n")[:-1]))
        group += b"\nmany:x:1700:root,root,alice,,alice\n"
    machine.files[PASSWD], machine.files[GROUP] = passwd, group
    names = words.GROUP_PATTERNS + ["sudo2", "g7", "g3", "many", "short", "users", "extra"]
    blocks = [f'\nMatch Group "{r.choice(names)}"\nX11DisplayOffset {i}\n' for i in (1, 2, 3)]
    machine.files[MAIN] += encode("".join(blocks))


def invent(r, machine):
    author = authors.Author(r, machine)
    size = r.choice((1, 2, 2, 3, 3, 4, 6, 8, 12, 20))
    lines = author.body(False, size, 0)
    if r.random() < 0.3:
        lines.insert(0, author.line("Include", ["/etc/ssh/sshd_config.d/*.conf"]))
        for name in r.sample(("50-cloud-init.conf", "60-cloudimg-settings.conf", "01.conf",
                              "99-x.conf"), r.randint(0, 3)):
            author.write("/etc/ssh/sshd_config.d/" + name,
                         author.body(False, r.randint(0, 3), 2))
    author.write(MAIN, lines)
    return author


def edit_lines(machine, path, edit):
    lines = decode(machine.files[path]).split("\n")
    edit(lines)
    machine.files[path] = encode("\n".join(lines))


def spoil(r, author, machine):
    """Put one line that should be refused somewhere."""
    path = r.choice(sorted(machine.configuration()))
    edit_lines(machine, path, lambda lines: lines.insert(r.randint(0, len(lines)), author.fault()))


def scratch(r, machine):
    """Damage a byte or two, wherever they are."""
    path = r.choice(sorted(machine.configuration()))
    data = bytearray(machine.files[path])
    for _ in range(r.randint(1, 3)):
        at = r.randint(0, len(data))
        form = r.randrange(3)
        if form == 0 and at < len(data):
            del data[at]
        elif form == 1 and at < len(data):
            data[at] = r.choice(b"\"'\\#= \t\n\r\f\0,!*?[]:@/%\xffaA0")
        else:
            data[at:at] = bytes([r.choice(b"\"'\\#= \t\n\r\f,!*?:@/-0x")])
    machine.files[path] = bytes(data)


class Seeds:
    """Real files: (name, {path: bytes})."""

    def __init__(self, shared):
        self.trees = []
        plain = os.path.join(shared or "", "corpus/sshd")
        quirks = os.path.join(shared or "", "corpus/sshd-quirks")
        for name in listed(plain):
            if name.endswith(".conf"):
                drop_ins = below(os.path.join(plain, name[:-5] + ".d"))
                self.add("sshd/" + name, os.path.join(plain, name),
                         {"/etc/ssh/sshd_config.d" + path: data for path, data in drop_ins.items()})
        for name in listed(quirks):
            main = os.path.join(quirks, name, "sshd_config")
            if os.path.exists(main):
                self.add("sshd-quirks/" + name, main, below(os.path.join(quirks, name, "files")))

    def add(self, name, main, others):
        self.trees.append((name, {MAIN: read(main)} | others))


def listed(directory):
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []


def below(top):
    return {path[len(top):]: read(path) for folder, _, names in os.walk(top)
            for path in (os.path.join(folder, name) for name in sorted(names))}


def read(path):
    with open(path, "rb") as file:
        return file.read()


# Ways to change the lines of a real file

def swap_lines(r, author, lines):
    i, k = r.randrange(len(lines)), r.randrange(len(lines))
    lines[i], lines[k] = lines[k], lines[i]


def repeat_line(r, author, lines):
    lines.insert(r.randrange(len(lines)), r.choice(lines))


def insert_match(r, author, lines):
    lines.insert(r.randrange(len(lines)), author.match())


def insert_directive(r, author, lines):
    lines.insert(r.randrange(len(lines)), author.directive(False))


def append_block(r, author, lines):
    lines += [author.match(), author.directive(True)]


def remove_lines(r, author, lines):
    i = r.randrange(len(lines))
    del lines[i:r.randint(i, len(lines))]


def uncomment(r, author, lines):
    found = [i for i, line in enumerate(lines) if re.match(r"#\s*[A-Z][A-Za-z]+\s", line)]
    for i in found and r.sample(found, min(len(found), r.randint(1, 3))):
        lines[i] = lines[i].lstrip("# ")


def replace_value(r, author, lines):
    found = [i for i, line in enumerate(lines) if keyword_of(line) in authors.KNOWN]
    if found:
        i = r.choice(found)
        known = authors.KNOWN[keyword_of(lines[i])]
        lines[i] = author.line(known, words.KEYWORDS[known][1](r))


def add_remark(r, author, lines):
    i = r.randrange(len(lines))
    lines[i] = lines[i].rstrip() + r.choice((" # as before", " #", "\t# \"half"))


def swap_case(r, author, lines):
    i = r.randrange(len(lines))
    lines[i] = lines[i].swapcase()


EDITS = (swap_lines, repeat_line, insert_match, insert_directive, append_block, remove_lines,
         uncomment, uncomment, replace_value, replace_value, add_remark, swap_case)


def keyword_of(line):
    found = re.match(r"\s*#?\s*(\w+)", line)
    return found[1].lower() if found else ""


def mutate(r, machine, seeds):
    machine.origin, tree = r.choice(seeds.trees)
    machine.files |= tree
    author = authors.Author(r, machine)

    def edit(lines):
        for _ in range(r.choice((0, 1, 1, 2, 3))):
            r.choice(EDITS)(r, author, lines)
            lines += [] if lines else [""]
    edit_lines(machine, r.choice(sorted(tree)), edit)
    return author


def make(seed, number, seeds):
    r = random.Random(f"{seed}/{number}")
    machine = Machine(number)
    real = seeds.trees and r.random() < 0.3
    author = mutate(r, machine, seeds) if real else invent(r, machine)
    faults = r.choice((0,) * 16 + (1,) * 6 + (2,))
    for _ in range(faults):
        spoil(r, author, machine)
    if r.random() < 0.06:
        scratch(r, machine)
    if r.random() < 0.15:
        accounts(r, machine)
    machine.connections = connections(r)
    return machine
