#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hives of a registry, made of a book, for tests on images of Windows.

    make_hive.py BOOK.json ROOT          ROOT/Windows/System32/config/SYSTEM, SOFTWARE, SAM
    make_hive.py --corpus DIRECTORY      seeds for tests/fuzz/fuzz-registry-hive.c

The book is that of daemon/platform/registry.h. Keys that it does not name are not there;
what is below CurrentControlSet goes into the set that Select\\Current names. The format is
regf 1.5, as the libraries that read it have it: a header, and bins of cells.
"""

import json
import pathlib
import struct
import sys

PAGE = 4096
NONE = 0xFFFFFFFF
SEGMENT = 16344  # bytes of large data in one cell
HIVES = {"HKLM\\SYSTEM": "SYSTEM", "HKLM\\SOFTWARE": "SOFTWARE", "HKLM\\SAM": "SAM"}
TYPES = {"sz": 1, "expandSz": 2, "binary": 3, "dword": 4, "dwordBigEndian": 5, "multiSz": 7,
         "qword": 11}


class Key:
    def __init__(self, name):
        self.name, self.values, self.below = name, {}, {}

    def at(self, path):
        """The key of a path below this one, made where it is not there."""
        key = self
        for name in filter(None, path.split("\\")):
            key = key.below.setdefault(name.upper(), Key(name))
        return key


def raw(value):
    """A value of a book as it is kept: its type, its bytes."""
    if "type" in value:
        return value["type"], bytes.fromhex(value["binary"])
    word, data = next(iter(value.items()))
    if word in ("sz", "expandSz"):
        encoded = (data + "\0").encode("utf-16-le", "surrogatepass")
    elif word == "multiSz":
        encoded = "".join(text + "\0" for text in [*data, ""]).encode("utf-16-le")
    elif word == "binary":
        encoded = bytes.fromhex(data)
    else:
        encoded = struct.pack({"dword": "<I", "dwordBigEndian": ">I", "qword": "<Q"}[word], data)
    return TYPES[word], encoded


class Cells:
    """What follows the header; offsets count from there."""

    def __init__(self):
        self.bytes = bytearray(32)

    def add(self, data):
        size = (4 + len(data) + 7) & ~7
        at = len(self.bytes)
        self.bytes += struct.pack("<i", -size) + data.ljust(size - 4, b"\0")
        return at

    def data(self, data):
        if len(data) <= SEGMENT:
            return self.add(data)
        parts = [self.add(data[i:i + SEGMENT]) for i in range(0, len(data), SEGMENT)]
        parts_at = self.add(struct.pack("<%dI" % len(parts), *parts))
        return self.add(struct.pack("<2sHII", b"db", len(parts), parts_at, 0))

    def value(self, name, kind, data):
        try:
            encoded, is_narrow = name.encode("latin-1"), 1
        except UnicodeEncodeError:
            encoded, is_narrow = name.encode("utf-16-le"), 0
        if len(data) <= 4:
            size, at = len(data) | 0x80000000, struct.unpack("<I", data.ljust(4, b"\0"))[0]
        else:
            size, at = len(data), self.data(data)
        return self.add(struct.pack("<2sHIIIHH", b"vk", len(encoded), size, at, kind, is_narrow, 0)
                        + encoded)

    def key(self, key, parent, security, flags):
        encoded = key.name.encode("latin-1")
        at = self.add(bytes(76) + encoded)
        below = [self.key(key.below[name], at, security, 0x20) for name in sorted(key.below)]
        values = [self.value(name, *raw(value)) for name, value in key.values.items()]
        below_at = self.add(self.index(sorted(key.below), below)) if below else NONE
        values_at = self.add(struct.pack("<%dI" % len(values), *values)) if values else NONE
        node = struct.pack("<2sHQIIIIIIIIIIIIIIIHH", b"nk", flags, 0, 0, parent, len(below), 0,
                           below_at, NONE, len(values), values_at, security, NONE, 0, 0, 0, 0, 0,
                           len(encoded), 0)
        self.bytes[at + 4:at + 4 + len(node)] = node
        return at

    @staticmethod
    def index(names, places):
        entries = b""
        for name, place in zip(names, places):
            digest = 0
            for character in name:
                digest = (digest * 37 + ord(character)) & 0xFFFFFFFF
            entries += struct.pack("<II", place, digest)
        return struct.pack("<2sH", b"lh", len(places)) + entries

    def security(self):
        """Everybody may do everything."""
        everybody = struct.pack("<BB6sI", 1, 1, b"\0\0\0\0\0\1", 0)
        entry = struct.pack("<BBHI", 0, 2, 8 + len(everybody), 0x000F003F) + everybody
        acl = struct.pack("<BBHHH", 2, 0, 8 + len(entry), 1, 0) + entry
        descriptor = struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 32, 0, 44) + everybody * 2 + acl
        at = len(self.bytes)
        return self.add(struct.pack("<2sHIIII", b"sk", 0, at, at, 1, len(descriptor)) + descriptor)


def hive(root, is_dirty=False):
    cells = Cells()
    security = cells.security()
    root_at = cells.key(root, NONE, security, 0x2C)
    size = (len(cells.bytes) + 4 + PAGE - 1) // PAGE * PAGE
    free = size - len(cells.bytes)
    cells.bytes += struct.pack("<i", free) + bytes(free - 4)
    cells.bytes[:32] = struct.pack("<4sIIQQI", b"hbin", 0, size, 0, 0, 0)

    header = struct.pack("<4sIIQIIIIIII", b"regf", 2 if is_dirty else 1, 1, 0, 1, 5, 0, 1, root_at,
                         size, 1).ljust(508, b"\0")
    check = 0
    for (word,) in struct.iter_unpack("<I", header):
        check ^= word
    header += struct.pack("<I", {0: 1, NONE: NONE - 1}.get(check, check))
    return header.ljust(PAGE, b"\0") + bytes(cells.bytes)


def trees(book):
    """The root keys of both hives, and whether they were closed cleanly."""
    roots = {name: Key("ROOT") for name in HIVES.values()}
    dirty = set()
    select = book.get("HKLM\\SYSTEM\\Select", {}).get("values", {})
    current = "ControlSet%03u" % select.get("Current", {"dword": 1})["dword"]

    if book.get("*", {}).get("dirty"):
        dirty.update(HIVES.values())
    for path, answer in book.items():
        if path == "*" or "values" not in answer and "keys" not in answer:
            continue
        prefix, name = next((p, h) for p, h in HIVES.items()
                            if (path.upper() + "\\").startswith(p + "\\"))
        below = path[len(prefix) + 1:]
        if below.upper().startswith("CURRENTCONTROLSET"):
            below = current + below[len("CurrentControlSet"):]
        key = roots[name].at(below)
        key.values.update(answer.get("values", {}))
        for child in answer.get("keys", []):
            if below or child.upper() != "CURRENTCONTROLSET":
                key.at(child)
        if answer.get("dirty"):
            dirty.add(name)
    if not select:
        roots["SYSTEM"].at("Select").values["Current"] = {"dword": 1}
    return roots, dirty


def make_image(book, root):
    config = pathlib.Path(root) / "Windows" / "System32" / "config"
    config.mkdir(parents=True, exist_ok=True)
    roots, dirty = trees(book)
    for name, key in roots.items():
        (config / name).write_bytes(hive(key, name in dirty))


# --- seeds ---

def example():
    key = Key("ROOT")
    key.at("Select").values = {"Current": {"dword": 1}}
    vss = key.at("ControlSet001\\Services\\VSS")
    vss.values = {"Start": {"dword": 3}, "ImagePath": {"expandSz": "%systemroot%\\vssvc.exe"},
                  "DependOnService": {"multiSz": ["RPCSS", ""]}, "": {"sz": "\u65e5\u672c"},
                  "\u65e5": {"qword": 2 ** 40}, "odd": {"type": 4, "binary": "00"},
                  "big": {"binary": "ab" * 40}}
    rules = key.at("ControlSet001\\Services\\SharedAccess\\Parameters\\FirewallPolicy"
                   "\\FirewallRules")
    rules.values = {"FPS-SMB-In-TCP": {"sz": "v2.10|Action=Allow|Active=TRUE|Dir=In|"}}
    return key


def seeds():
    whole = hive(example())
    large = example()
    large.at("ControlSet001\\Services\\VSS").values["db"] = {"binary": "5a" * (2 * SEGMENT + 9)}
    many = example()
    for i in range(600):
        many.at("ControlSet001\\Services\\s%03d" % i)
    yield "y_small", whole
    yield "y_dirty", hive(example(), True)
    yield "y_large-value", hive(large)
    yield "y_many-keys", hive(many)
    yield "n_empty", b""
    yield "n_text", b"Windows Registry Editor Version 5.00\r\n"
    yield "n_header-alone", whole[:PAGE]
    yield "n_checksum", whole[:508] + b"\0\0\0\0" + whole[512:]
    root = struct.unpack_from("<I", whole, 36)[0]
    yield "n_root-is-no-key", patched(whole, PAGE + root + 4, b"vk")
    select = whole.index(b"Select") - 76
    for name, key, at, data in (("list-of-subkeys-is-the-root", PAGE + root + 4, 28, root),
                                ("list-of-subkeys-outside", PAGE + root + 4, 28, 0x7FFFFFF0),
                                ("subkeys-without-number", PAGE + root + 4, 20, 0xFFFFFFFF),
                                ("values-without-number", select, 36, 0xFFFFFFFF),
                                ("list-of-values-is-a-key", select, 40, root)):
        yield name, patched(whole, key + at, struct.pack("<I", data))
    index = whole.rindex(b"lh")
    for name in (b"lf", b"li", b"ri", b"xx"):
        yield "index-" + name.decode(), patched(whole, index, name)
    yield "subkey-is-the-root", patched(whole, index + 4, struct.pack("<I", root))
    value = whole.index(b"vk", PAGE)
    yield "data-of-2-gigabytes", patched(whole, value + 4, struct.pack("<I", 0x7FFFFFFF))
    yield "name-of-64-kilobytes", patched(whole, value + 2, b"\xff\xff")
    yield "cell-of-no-size", patched(whole, PAGE + 32, b"\0\0\0\0")
    yield "cell-of-negative-size", patched(whole, PAGE + 32, b"\0\0\0\x80")


def patched(data, at, new):
    return data[:at] + new + data[at + len(new):]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == "--corpus":
        for name, data in seeds():
            (pathlib.Path(sys.argv[2]) / name).write_bytes(data)
    else:
        make_image(json.loads(pathlib.Path(sys.argv[1]).read_text()), sys.argv[2])


if __name__ == "__main__":
    main()
