#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the Japanese texts into the C tables of language-table.h.

    generate-language.py catalogue.toml catalogue.ja.toml messages.ja.toml language-table.c
    generate-language.py --stamp catalogue.toml catalogue.ja.toml

What is wrong in the files is an error here, as a sentence that takes other arguments
than the English one. An entry whose English text went on without it, to other
commands, is left out with a warning; so is what is not translated yet, without one.
Of both complains tests/unit/test-language.py, and where an English text is another
one than "english" stands for, its checksum. --stamp writes that anew, once the
Japanese texts have been read against the others. Needs Python 3.11 and nothing else,
or an older one with tomli.
"""

import pathlib
import re
import sys
import unicodedata
import zlib

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib

FIELDS = ("title", "why", "fix", "applies-to")
COLUMNS = 76
# As daemon/base/message.h has them.
DIRECTIVE = re.compile(r"%(?:(?P<position>[1-9][0-9]?)\$)?0?[0-9]*(?:\.(?:\*|[0-9]*))?"
                       r"(?:ll|l|z)?(?P<conversion>[cdiosuxX%])")
# No line begins, or ends, with one of these.
NOT_FIRST = "、。，．・：；？！゛゜ヽヾゝゞ々ー）〕］｝〉》」』】ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
NOT_FIRST += ",.:;?!)]}%"
NOT_LAST = "（〔［｛〈《「『【([{"


class Texts:
    """What the files say, and everything that is wrong with it."""

    def __init__(self):
        self.errors = []
        self.stale = []  # what English has left behind
        self.changed = []  # what it has changed since

    def load(self, path, kinds):
        try:
            document = tomllib.loads(path.read_bytes().decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self.errors.append(f"{path.name}: {error}")
            return {}
        for kind in set(document) - set(kinds):
            self.errors.append(f"{path.name}: unknown table '{kind}'")
        return document

    def check_strings(self, where, table, required, allowed):
        for field, value in table.items():
            if field not in allowed:
                self.errors.append(f"{where}: unknown field '{field}'")
            elif not isinstance(value, str) or not value.strip():
                self.errors.append(f"{where}: '{field}' is no text")
            elif re.search(r"[\0-\x09\x0b-\x1f\x7f]", value):
                self.errors.append(f"{where}: '{field}' has a control character")
        for field in required:
            if field not in table:
                self.errors.append(f"{where}: field '{field}' is missing")


def directives(text):
    """How many arguments a format takes, or None where it is not understood."""
    positions, following, end = set(), 0, 0
    for match in DIRECTIVE.finditer(text):
        if "%" in text[end:match.start()]:
            return None
        end = match.end()
        if match["conversion"] == "%":
            if match[0] != "%%":
                return None
        elif match["position"]:
            positions.add(int(match["position"]))
        else:
            following += 1
    if "%" in text[end:] or (positions and following):
        return None
    if positions != set(range(1, len(positions) + 1)):
        return None
    return len(positions) or following


def is_wide(character):
    return unicodedata.east_asian_width(character) in "WF"


def columns(text):
    return sum(2 if is_wide(c) else 0 if unicodedata.combining(c) else 1 for c in text)


def may_break(before, after):
    return ((is_wide(before) or is_wide(after)) and before not in NOT_LAST
            and after not in NOT_FIRST and '"' not in before + after)


def join(lines):
    """One paragraph; Japanese has no blank where a line ended."""
    text = ""
    for line in lines:
        blank = text and not (is_wide(text[-1]) and is_wide(line[0]))
        text += (" " if blank else "") + line
    return text


def fill(text):
    """Lines of at most COLUMNS columns."""
    pieces = [""]
    for i, character in enumerate(text):
        if i > 0 and (text[i - 1] == " " or may_break(text[i - 1], character)):
            pieces.append("")
        pieces[-1] += character
    line = ""
    for piece in pieces:
        if line and columns(line + piece.rstrip(" ")) > COLUMNS:
            yield line.rstrip(" ")
            line = ""
        line += piece
    yield line


def paragraphs(text):
    """Lists of lines; one that begins with four blanks is a list by itself, as is none."""
    result = []
    for line in text.strip("\n").split("\n"):
        kept = line.startswith("    ") or not line
        if kept or not result or result[-1][0].startswith("    ") or not result[-1][0]:
            result.append([line])
        else:
            result[-1].append(line)
    return result


def is_prose(paragraph):
    return paragraph[0] and not paragraph[0].startswith("    ")


def wrap(text, english):
    """Paragraphs filled anew; lines that begin with four blanks as they stand. What goes
    on with a sentence begins small in English, and here with a blank."""
    goes_on = [p[0][0].islower() for p in paragraphs(english) if is_prose(p)] if english else []
    result = []
    for paragraph in paragraphs(text):
        if not is_prose(paragraph):
            result += paragraph
            continue
        text = join([line.strip() for line in paragraph])
        result += fill(" " + text if goes_on and goes_on.pop(0) else text)
    return "\n".join(result)


def verbatim(text):
    return [line for line in text.split("\n") if line.startswith("    ")]


def checksum(english):
    text = "\0".join(english.get(field, "") for field in FIELDS)
    return f"{zlib.crc32(text.encode()):08x}"


def compare(table, english):
    """What keeps an entry from standing for the English one, or None."""
    if english is None:
        return "the catalogue has no such entry"
    if ("applies-to" in table) != ("applies-to" in english):
        return "'applies-to' is in one language only"
    for field in ("why", "fix"):
        if verbatim(table.get(field, "")) != verbatim(english[field]):
            return f"'{field}' has other commands than in English"
    return None


def read_catalogue(texts, english_path, path):
    """{id: {field: text}} of what is translated, and the IDs in their order."""
    english = tomllib.loads(english_path.read_text("utf-8"))
    entries = {t["id"]: t for kind in ("check", "error") for t in english[kind]}
    found = {}
    for table in texts.load(path, ("entry",)).get("entry", []):
        name = table.get("id")
        where = f"{path.name}: [{name}]"
        texts.check_strings(where, table, ("id", "title", "why", "fix"),
                            ("id", "english") + FIELDS)
        if name in found:
            texts.errors.append(f"{where}: is there twice")
        complaint = compare(table, entries.get(name))
        if complaint:
            texts.stale.append(f"{where}: {complaint}")
            continue
        if table.get("english") != checksum(entries[name]):
            texts.changed.append(f"{where}: the English text has changed")
        found[name] = {f: wrap(table[f], entries[name][f] if f == "fix" else "") if f in ("why", "fix") else table[f]
                       for f in FIELDS if f in table}
    return found, list(entries)


def read_messages(texts, path):
    found = {}
    for table in texts.load(path, ("message",)).get("message", []):
        english, japanese = table.get("en", ""), table.get("ja", "")
        where = f"{path.name}: [{english}]"
        # A note tells where a sentence comes from that stands in no source.
        texts.check_strings(where, table, ("en", "ja"), ("en", "ja", "note"))
        if english in found:
            texts.errors.append(f"{where}: is there twice")
        if directives(english) is None or directives(english) != directives(japanese):
            texts.errors.append(f"{where}: takes other arguments in Japanese: {japanese}")
        found[english] = japanese
    return found


class Pool:
    """Texts behind each other; the one at 0 is empty and means none."""

    def __init__(self):
        self.offsets = {"": 0}
        self.used = 1

    def add(self, text):
        if text not in self.offsets:
            self.offsets[text] = self.used
            self.used += len(text.encode()) + 1
        return self.offsets[text]

    def write(self):
        yield "const char pf_language_pool[] ="
        for text in self.offsets:
            yield f'        "{c_text(text)}\\0"'
        yield "        ;"


def c_text(text):
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return text.replace("??", "?\\?")


def write_tables(catalogue, ids, messages):
    pool = Pool()
    rows = [[pool.add(catalogue.get(name, {}).get(field, "")) for field in FIELDS] for name in ids]
    pairs = [(pool.add(en), pool.add(messages[en]))
             for en in sorted(messages, key=lambda text: text.encode())]
    yield "/* Written by generate-language.py. */"
    yield '#include "config/language-table.h"'
    yield ""
    yield from pool.write()
    yield ""
    yield "const PfLanguageEntry pf_language_entries[] = {"
    for name, row in zip(ids, rows):
        yield f"        {{ {{ {', '.join(map(str, row))} }} }}, /* {name} */"
    yield "};"
    yield f"const size_t pf_language_n_entries = {len(rows)};"
    yield ""
    yield "const PfLanguageMessage pf_language_messages[] = {"
    for english, japanese in pairs or [(0, 0)]:
        yield f"        {{ {english}, {japanese} }},"
    yield "};"
    yield f"const size_t pf_language_n_messages = {len(pairs)};"


def stamp(english_path, path):
    english = tomllib.loads(english_path.read_text("utf-8"))
    entries = {t["id"]: t for kind in ("check", "error") for t in english[kind]}

    def with_checksum(match):
        entry = entries.get(match[1])
        return f'id = "{match[1]}"\n' + (f'english = "{checksum(entry)}"\n' if entry else "")

    text = path.read_text("utf-8")
    text = re.sub(r'^id = "([^"]+)"\n(?:english = "[^"]*"\n)?', with_checksum, text, flags=re.M)
    path.write_bytes(text.encode("utf-8"))
    return 0


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--stamp":
        return stamp(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    english, catalogue, messages, target = map(pathlib.Path, sys.argv[1:])
    texts = Texts()
    translated, ids = read_catalogue(texts, english, catalogue)
    sentences = read_messages(texts, messages)
    for text in texts.errors + [f"{text} (left out)" for text in texts.stale]:
        print(text, file=sys.stderr)
    if texts.errors:
        return 1
    text = "\n".join(write_tables(translated, ids, sentences)) + "\n"
    target.write_bytes(text.encode("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
