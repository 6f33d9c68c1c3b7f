#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns catalogue.toml into the C tables of catalogue-table.h.

    generate-catalogue.py catalogue.toml catalogue-table.c

Whatever is wrong in the file is an error here, all of it at once, so that no
program is built with a link that leads nowhere. Needs Python 3.11 and nothing
else, or an older one with tomli.
"""

import pathlib
import re
import sys

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib

SAFETIES = ("safe", "consent", "manual")
SEVERITIES = ("info", "warning", "blocker")
PLATFORMS = ("linux", "windows")
COMMON = ("id", "title", "why", "fix", "safety", "platforms", "severity", "documentation")
REQUIRED = {"check": COMMON + ("errors",), "error": COMMON + ("checks",)}
OPTIONAL = {"check": (), "error": ("applies-to", "aliases")}
LINKS = {"check": "errors", "error": "checks"}
LISTS = ("platforms", "aliases", "errors", "checks")
ID = {
    "check": re.compile(r"[a-z]+\.[a-z]+(-[a-z]+)*"),
    "error": re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*"),
}
TITLE_MAX = 90
LINE_MAX = 76
# What catalogue-table.h has room for.
ENTRIES_MAX = 1024
KEY_MAX = 128
KEY_WORDS_MAX = 4
KEY_TEXT_MAX = 0xFFFF

NOISE = ("code", "error", "errorid", "id")


def number(word):
    """The 32-bit number that a word spells, or None; catalogue.c: parse_number()."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", word):
        value = int(word, 16)
        if value >= 1 << 64 or (1 << 32) <= value < (1 << 64) - (1 << 31):
            return None
    elif re.fullmatch(r"-?[0-9]+", word):
        value = int(word)
        if not -(1 << 31) <= value < 1 << 32:
            return None
    else:
        return None
    return value & 0xFFFFFFFF


def is_hexadecimal(word):
    return word[:2].lower() == "0x"


def normalise(text):
    """The words by which a text is found; catalogue.c: split_words()."""
    words = []
    for word in re.findall(r"[A-Za-z0-9_.-]+", text):
        while word[:1] in (".", "-") and not re.match("-[0-9]", word):
            word = word[1:]
        word = word.rstrip(".-")
        value = number(word)
        if value is not None:
            words.append(str(value) if value < 1 << 31 else f"0x{value:08x}")
        elif word and word.lower() not in NOISE:
            words.append(word.lower())
    return words


class Catalogue:
    """What the file says, and everything that is wrong with it."""

    def __init__(self, name):
        self.name = name
        self.errors = []
        self.entries = []  # (kind, table), checks first
        self.label = {}  # id() of a table: how messages call it

    def complain(self, table, text):
        where = f"{self.label[id(table)]}: " if table is not None else ""
        self.errors.append(f"{self.name}: {where}{text}")

    def load(self, data):
        try:
            document = tomllib.loads(data)
        except tomllib.TOMLDecodeError as error:
            self.complain(None, str(error))
            return
        for key in document:
            if key not in REQUIRED:
                self.complain(None, f"unknown table '{key}'")
        for kind in REQUIRED:
            tables = document.get(kind)
            if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
                self.complain(None, f"no [[{kind}]] tables")
                continue
            for i, table in enumerate(tables, 1):
                name = table.get("id")
                self.label[id(table)] = f"[{kind} {name if isinstance(name, str) else f'#{i}'}]"
                self.entries.append((kind, table))

    def check(self):
        for kind, table in self.entries:
            self.check_fields(kind, table)
        if self.errors:
            return  # what follows relies on every field's being there
        for kind, table in self.entries:
            self.check_values(kind, table)
        self.check_ids()
        self.check_links()
        for kind, table in self.entries:
            self.check_aliases(table)
        if len(self.entries) > ENTRIES_MAX:
            self.complain(None, f"more than {ENTRIES_MAX} entries")

    def check_fields(self, kind, table):
        for field in REQUIRED[kind]:
            if field not in table:
                self.complain(table, f"field '{field}' is missing")
        for field, value in table.items():
            if field not in REQUIRED[kind] + OPTIONAL[kind]:
                self.complain(table, f"unknown field '{field}'")
            elif field in LISTS:
                if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
                    self.complain(table, f"'{field}' is not a list of strings")
                elif not value:
                    self.complain(table, f"'{field}' is empty")
                elif len(set(value)) != len(value):
                    self.complain(table, f"'{field}' names something twice")
            elif not isinstance(value, str):
                self.complain(table, f"'{field}' is not a string")
            elif not value.strip():
                self.complain(table, f"'{field}' is empty")

    def check_values(self, kind, table):
        for field, allowed in (("safety", SAFETIES), ("severity", SEVERITIES)):
            if table[field] not in allowed:
                self.complain(table, f"'{field}' is '{table[field]}', "
                                     f"not one of {', '.join(allowed)}")
        for platform in table["platforms"]:
            if platform not in PLATFORMS:
                self.complain(table, f"'platforms' names '{platform}', "
                                     f"not one of {', '.join(PLATFORMS)}")
        if not ID[kind].fullmatch(table["id"]):
            self.complain(table, "'id' is not written as that of this kind of table")
        if not re.fullmatch(r"https://[a-z0-9.-]+/\S*", table["documentation"]):
            self.complain(table, "'documentation' is not an https link")
        for field in ("id", "title", "applies-to", "documentation"):
            if "\n" in table.get(field, ""):
                self.complain(table, f"'{field}' has more than one line")
        for field in ("title", "applies-to"):
            if table.get(field, "").endswith("."):
                self.complain(table, f"'{field}' ends in a full stop")
        if len(table["title"]) > TITLE_MAX:
            self.complain(table, f"'title' is longer than {TITLE_MAX} characters")
        for field, value in table.items():
            for text in value if isinstance(value, list) else [value]:
                self.check_text(table, field, text)
        for field in ("why", "fix"):
            self.check_lines(table, field)

    def check_text(self, table, field, text):
        if re.search(r"[^\n -~]", text):
            self.complain(table, f"'{field}' has a character that is not printable ASCII")
        if re.search(r" (\n|$)", text):
            self.complain(table, f"'{field}' has a line that ends in white space")
        if field not in ("why", "fix") and text != text.strip():
            self.complain(table, f"'{field}' has white space around it")

    def check_lines(self, table, field):
        text = table[field]
        if not text.endswith("\n") or text.startswith("\n") or text.endswith("\n\n"):
            self.complain(table, f"'{field}' does not begin and end with a line of text")
        if "\n\n\n" in text:
            self.complain(table, f"'{field}' has two blank lines together")
        for line in text.split("\n"):
            if line.startswith(" ") and not line.startswith("    "):
                self.complain(table, f"'{field}' has a line that is indented by less than four "
                                     f"spaces: {line.strip()}")
            elif len(line) > LINE_MAX and not line.startswith("    "):
                self.complain(table, f"'{field}' has a line of more than {LINE_MAX} columns: "
                                     f"{line}")

    def check_ids(self):
        seen = {}
        for _, table in self.entries:
            other = seen.setdefault(table["id"].lower(), table)
            if other is not table:
                self.complain(table, f"'id' is that of {self.label[id(other)]} too")
            elif normalise(table["id"]) != [table["id"].lower()]:
                self.complain(table, "'id' could not be looked up: it reads as something else")

    def check_links(self):
        known = {kind: {t["id"]: t for k, t in self.entries if k == kind} for kind in REQUIRED}
        for kind, table in self.entries:
            field, other_kind = LINKS[kind], "error" if kind == "check" else "check"
            for link in table[field]:
                other = known[other_kind].get(link)
                if other is None:
                    self.complain(table, f"'{field}' names {link}, which is no {other_kind}")
                elif table["id"] not in other[LINKS[other_kind]]:
                    self.complain(table, f"'{field}' names {link}, whose '{LINKS[other_kind]}' "
                                         f"does not name {table['id']}")
                elif not set(table["platforms"]) & set(other["platforms"]):
                    self.complain(table, f"'{field}' names {link}, which is for another platform")

    def check_aliases(self, table):
        keys = {}
        checks = {t["id"] for kind, t in self.entries if kind == "check"}
        aliases = table.get("aliases", [])
        for alias in aliases:
            words = normalise(alias)
            key = " ".join(words)
            if not words or len(words) > KEY_WORDS_MAX or len(key) >= KEY_MAX:
                self.complain(table, f"alias '{alias}' could not be looked up")
                continue
            if key == table["id"].lower():
                self.complain(table, f"alias '{alias}' is its own id")
            if key in checks:
                self.complain(table, f"alias '{alias}' is the id of a check")
            other = keys.setdefault(key, alias)
            # One number in two notations is wanted; anything else is a repetition.
            if other is not alias and is_hexadecimal(alias) == is_hexadecimal(other):
                self.complain(table, f"aliases '{other}' and '{alias}' mean the same")
            value = number(alias)
            if value is not None and value >= 1 << 31:
                for twin in (f"0x{value:08X}", str(value - (1 << 32))):
                    if twin not in aliases:
                        self.complain(table, f"alias '{alias}' has no twin '{twin}'")


def c_string(text, indent):
    """A C literal, one source line for each line of text."""
    lines = []
    for line in text.splitlines(keepends=True):
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?")
        lines.append('"' + escaped.replace("\n", "\\n") + '"')
    return ("\n" + " " * indent).join(lines)


def c_list(items):
    items = "".join(c_string(item, 0) + ", " for item in items)
    return f"(const char *const[]){{ {items}NULL }}"


def write_entry(kind, table):
    why, fix = (table[field].removesuffix("\n") for field in ("why", "fix"))
    applies_to = table.get("applies-to")
    platforms = " | ".join(f"PF_PLATFORM_{platform.upper()}" for platform in table["platforms"])
    yield "        {"
    yield f"                .kind = PF_CATALOGUE_{kind.upper()},"
    yield f"                .safety = PF_SAFETY_{table['safety'].upper()},"
    yield f"                .severity = PF_SEVERITY_{table['severity'].upper()},"
    yield f"                .platforms = {platforms},"
    yield f"                .id = {c_string(table['id'], 0)},"
    yield f"                .title = {c_string(table['title'], 0)},"
    yield f"                .why = {c_string(why, 23)},"
    yield f"                .fix = {c_string(fix, 23)},"
    yield f"                .applies_to = {c_string(applies_to, 0) if applies_to else 'NULL'},"
    yield f"                .documentation = {c_string(table['documentation'], 0)},"
    yield f"                .aliases = {c_list(table.get('aliases', []))},"
    yield f"                .links = {c_list(table[LINKS[kind]])},"
    yield "        },"


def find_keys(entries):
    """Every (text, kind, entry) by which something is found, sorted."""
    keys = set()
    for i, (_, table) in enumerate(entries):
        keys.add((table["id"].lower(), "ID", i))
        for alias in table.get("aliases", []):
            words = normalise(alias)
            keys.add((" ".join(words), "ALIAS", i))
            # A number or a symbol says enough by itself; "exit" does not.
            if len(words) > 1:
                keys |= {(w, "PART", i) for w in words if number(w) is not None or "_" in w}
    order = ("ID", "ALIAS", "PART")
    return sorted(keys, key=lambda key: (key[0], order.index(key[1]), key[2]))


def write_tables(entries):
    keys = find_keys(entries)
    offsets, used = {}, 0
    for text, _, _ in keys:
        if text not in offsets:
            offsets[text] = used
            used += len(text) + 1
    assert used <= KEY_TEXT_MAX and max(map(len, offsets)) < KEY_MAX
    yield "/* Written by generate-catalogue.py out of catalogue.toml. */"
    yield '#include "config/catalogue-table.h"'
    yield ""
    yield "#define COUNT(array) (sizeof(array) / sizeof((array)[0]))"
    yield ""
    yield "const PfCatalogueEntry pf_catalogue_entries[] = {"
    for kind, table in entries:
        yield from write_entry(kind, table)
    yield "};"
    yield "const size_t pf_catalogue_n_entries = COUNT(pf_catalogue_entries);"
    for name in ("ENTRIES_MAX", "KEY_MAX", "KEY_WORDS_MAX"):
        yield f'_Static_assert(PF_CATALOGUE_{name} == {globals()[name]}, "also in the generator");'
    yield ""
    yield "const char pf_catalogue_key_text[] ="
    for text, offset in offsets.items():
        yield f"        \"{text}\\0\" /* {offset} */"
    yield "        ;"
    yield ""
    yield "const PfCatalogueKey pf_catalogue_keys[] = {"
    for text, kind, i in keys:
        yield (f"        {{ {offsets[text]}, {i}, PF_CATALOGUE_KEY_{kind} }}, "
               f"/* {text}: {entries[i][1]['id']} */")
    yield "};"
    yield "const size_t pf_catalogue_n_keys = COUNT(pf_catalogue_keys);"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = map(pathlib.Path, sys.argv[1:])
    catalogue = Catalogue(source.name)
    catalogue.load(source.read_bytes().decode("utf-8", "replace"))
    if not catalogue.errors:
        catalogue.check()
    for error in catalogue.errors:
        print(error, file=sys.stderr)
    if catalogue.errors:
        return 1
    text = "\n".join(write_tables(catalogue.entries)) + "\n"
    target.write_bytes(text.encode("ascii"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
