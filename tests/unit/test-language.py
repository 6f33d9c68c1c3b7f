#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is everything that is said to people there in Japanese? Prints TAP.

Reads the sources as the compiler would, as far as strings go: those that stand in
the calls which speak are looked for in messages.ja.toml, and what stands there in the
sources. The texts of the catalogue are compared entry by entry.
"""

import importlib.util
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("PF_SOURCE_ROOT", pathlib.Path(__file__).parents[2]))
SOURCES = ("probes", "daemon", "config")

TOKEN = re.compile(r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\])*'
                       | [A-Za-z_]\w* | \#[^\n]*?(?:\\\n[^\n]*?)*(?=\n|$) | \\\n | \s+ | .""",
                   re.S | re.X)
DEFINE = re.compile(r"#\s*define\s+(\w+)")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "v": "\v", "f": "\f", "a": "\a", "b": "\b"}
FORMATS = {"PRId64": "ld", "PRIu64": "lu", "PRIu32": "u", "PRIx64": "lx"}
DIRECTIVE = re.compile(r"%(?:%|[0-9$.*]*(?:ll|l|z)?[a-zA-Z])")

# Calls whose strings are sentences, or pieces of one, and which argument if not all.
SPEAKS = re.compile(r"pf_report_(?:pass|warn|fail|skip|unknown|remedy|vendor_verdict)"
                    r"|pf_finding_(?:add|remedy|vendor)")
CLIENT_SPEAKS = re.compile(r"pf_page_say|pf_page_printf|pf_table_heading|pf_ctl_note|pf_ctl_say"
                           r"|show_word")
# Words of ours that go through a table or a function of their own.
WORDS = ("ready", "blocked", "unknown", "blocker", "warning", "info", "safe", "consent", "manual")


class Result:
    def __init__(self):
        self.n = self.failed = 0

    def check(self, name, problems):
        self.n += 1
        self.failed += bool(problems)
        print(f"{'not ' if problems else ''}ok {self.n} - {name}")
        for problem in problems:
            print(f"#   {problem}")


def unescape(literal):
    data, i, text = bytearray(), 0, literal[1:-1]
    while i < len(text):
        if text[i] != "\\":
            data += text[i].encode()
            i += 1
        elif text[i + 1] == "x":
            digits = re.match("[0-9a-fA-F]+", text[i + 2:])[0]
            data.append(int(digits, 16) & 255)
            i += 2 + len(digits)
        else:
            data += ESCAPES.get(text[i + 1], text[i + 1]).encode()
            i += 2
    return data.decode("utf-8", "replace")


class Sources:
    """Every string of the sources, with the calls that it stands in."""

    def __init__(self):
        self.macros = dict(FORMATS)
        self.literals = []  # (path, text, calls)
        files = [p for folder in SOURCES for p in sorted((ROOT / folder).rglob("*.[ch]"))]
        tokens = {path: self.split(path.read_text("utf-8")) for path in files}
        # What is defined by what is defined further down is found in the second round.
        for _ in range(2):
            for path in files:
                self.define(path.read_text("utf-8"))
        for path, items in tokens.items():
            self.literals += [(path, text, calls) for text, calls in self.walk(items)]
        self.whole = {text for _, text, _ in self.literals}

    def split(self, text):
        tokens = []
        for token in TOKEN.findall(text):
            if token.isspace() or token.startswith(("/*", "//")) or token == "\\\n":
                continue
            if token.startswith("#"):
                body = DEFINE.sub("", token.replace("\\\n", " "), count=1)
                tokens += [";"] + self.split(body) if DEFINE.match(token) else []
                continue
            tokens.append(token)
        return tokens

    def define(self, text):
        for match in re.finditer(r"^#\s*define\s+(\w+)[ \t\\\n]+(\S(?:\\\n|[^\n])*)", text, re.M):
            tokens = self.split(match[2])
            parts = [unescape(t) if t.startswith('"') else self.macros.get(t) for t in tokens]
            if parts and None not in parts:
                self.macros.setdefault(match[1], "".join(parts))

    def is_text(self, tokens, i):
        return i < len(tokens) and (tokens[i].startswith('"') or tokens[i] in self.macros)

    def walk(self, tokens):
        calls, i = [], 0
        while i < len(tokens):
            token = tokens[i]
            if token == "(":
                calls.append(tokens[i - 1] if i > 0 else "")
            elif token == ")" and calls:
                calls.pop()
            elif self.is_text(tokens, i):
                end = i
                while self.is_text(tokens, end):
                    end += 1
                run = tokens[i:end]
                if any(t.startswith('"') for t in run):
                    yield ("".join(unescape(t) if t.startswith('"') else self.macros[t]
                                   for t in run), tuple(calls))
                i = end
                continue
            i += 1

    def spoken(self, folder, pattern):
        for path, text, calls in self.literals:
            # Brackets alone are no call; a call inside of one that speaks takes names.
            inner = [call for call in calls if re.match(r"[A-Za-z_]", call)]
            if folder in path.parts and inner and pattern.fullmatch(inner[-1]):
                yield path.relative_to(ROOT), text


def segments(text):
    return [s.strip() for s in DIRECTIVE.split(text) if re.search("[A-Za-z]{3}", s)]


def is_sentence(text):
    """Names of files, programs and options are the same in all languages."""
    bare = DIRECTIVE.sub("", text)
    return re.search(r"(?<![\w/.-])[a-z]{2,}(?![\w/.=*-])", bare) is not None and " " in text


def load_generator():
    path = ROOT / "config" / "generate-language.py"
    spec = importlib.util.spec_from_file_location("generator", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    result, generator, texts = Result(), load_generator(), None
    config = ROOT / "config"
    texts = generator.Texts()
    entries, ids = generator.read_catalogue(texts, config / "catalogue.toml",
                                            config / "catalogue.ja.toml")
    messages = generator.read_messages(texts, config / "messages.ja.toml")
    result.check("nothing is wrong in the files", texts.errors)
    result.check("no entry was left behind", texts.stale)
    result.check("no English text has changed since: generate-language.py --stamp", texts.changed)
    result.check("every entry of the catalogue is there",
                 [f"{name}: is missing" for name in ids if name not in entries])
    result.check("lines of the catalogue fit",
                 [f"{name}: {line}" for name, entry in entries.items()
                  for field in ("why", "fix") for line in entry[field].split("\n")
                  if not line.startswith("    ") and generator.columns(line) > generator.COLUMNS])

    sources = Sources()
    missing = {}
    for path, text in sources.spoken("probes", SPEAKS):
        if is_sentence(text) and text not in messages:
            missing.setdefault(text, path)
    result.check("every sentence of the probes is there",
                 [f"{path}: {text!r}" for text, path in missing.items()])

    missing = {}
    for path, text in sources.spoken("ctl", CLIENT_SPEAKS):
        if re.search("[A-Za-z]{2}", DIRECTIVE.sub("", text)) and text not in messages \
                and is_sentence(text.strip() + " "):
            missing.setdefault(text, path)
    for word in WORDS:
        if word not in messages:
            missing[word] = "the words of verdicts"
    result.check("every word of the client is there",
                 [f"{path}: {text!r}" for text, path in missing.items()])

    everything = "\0".join(sources.whole)
    noted = {t["en"] for t in texts.load(config / "messages.ja.toml", ("message",))["message"]
             if "note" in t}
    result.check("every sentence is said by somebody",
                 [repr(english) for english in messages if english not in sources.whole
                  and english not in noted
                  and not (segments(english) and all(s in everything for s in segments(english)))
                  and re.search("[A-Za-z]{2}", DIRECTIVE.sub("", english))])
    result.check("the sources were understood", [] if len(sources.whole) > 1000 else ["no strings"])
    print(f"1..{result.n}")
    return 1 if result.failed else 0


if __name__ == "__main__":
    sys.exit(main())
