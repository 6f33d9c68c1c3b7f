# SPDX-License-Identifier: MIT
"""Writes mdoc(7): what the generators of manual pages share."""

import re
import textwrap

WIDTH = 78


def escape(text):
    """Text that no formatter takes for a request or an escape."""
    text = text.replace("\\", "\\e")
    if text[:1] in (".", "'"):
        text = "\\&" + text
    return text


def argument(text):
    """One argument of a macro, which might be called like another macro."""
    return '"' + "\\&" + escape(text).replace('"', '""') + '"'


def paragraph(text):
    """Sentences begin on lines of their own, as formatters want it."""
    sentences = re.split(r"(?<=[.?!]) (?=\S)|(?<=[.?!][)\"]) (?=\S)", " ".join(text.split()))
    return [escape(line) for sentence in sentences
            for line in textwrap.wrap(sentence, WIDTH, break_on_hyphens=False)]


def names(words):
    """A list of names, which are not broken at their dashes."""
    return ", ".join(escape(word).replace("-", "\\-") for word in words)


def literal(lines):
    """A block that is printed as it stands, so that it can be copied."""
    shown = [escape(line).replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
             .replace("`", "\\(ga") for line in lines]
    return [".Bd -literal -offset indent", *shown, ".Ed"]


def prose(text):
    """Paragraphs, and blocks that are indented by four blanks, as in the catalogue."""
    out, words, block = [], [], []

    def flush():
        if words:
            if out:
                out.append(".Pp")
            out.extend(paragraph(" ".join(words)))
            words.clear()
        if block:
            while not block[-1]:
                block.pop()
            out.extend(literal(block))
            block.clear()

    for line in text.splitlines():
        if line.startswith("    "):
            if words:
                flush()
            block.append(line[4:])
        elif not line.strip():
            if block:
                block.append("")
            else:
                flush()
        else:
            if block:
                flush()
            words.append(line.strip())
    flush()
    return out


def next_prose(text):
    """The same behind other text. A block makes its own distance."""
    lines = prose(text)
    return lines if lines[0].startswith(".Bd") else [".Pp", *lines]


def page(source, date, name, section, purpose, body):
    """A whole page. @source is the file it is made from, @date as "June 1, 2026"."""
    return "\n".join([
        f'.\\" Made from {source}; change that, and not this.',
        f".Dd {date}",
        f".Dt {name.upper()} {section}",
        ".Os preflightd",
        ".Sh NAME",
        f".Nm {name}",
        f".Nd {purpose}",
        *body]) + "\n"
