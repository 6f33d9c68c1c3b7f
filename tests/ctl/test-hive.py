#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One registry of Windows, twice: written down in a book, and as the hives of an image.

Of each fixture of Windows whose registry is one that a machine can have, both are checked:
the reports are the same. Prints TAP. $PF_CTL is the program, $PF_HIVE_READER what it reads
hives with; $PF_FIXTURES the folder of the fixtures, of which each eighth is taken, with
$PF_EVERY=5 each fortieth, with PF_FULL=1 all; and of those that were not shut down, where no
hive was closed and no check passes, four times as many.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import make_hive
from points import equal, run

CTL = os.environ["PF_CTL"]
FIXTURES = pathlib.Path(os.environ["PF_FIXTURES"])
EVERY = 1 if os.environ.get("PF_FULL") else 8 * int(os.environ.get("PF_EVERY", "1"))
BOOK = ".preflight/registry.json"
SELECT = "HKLM\\SYSTEM\\Select"
BACKSLASH = "\\"


def is_of_a_machine(book):
    """It says all that it has, and no key is an error."""
    return book.get("*", {}).get("outcome") == "no-key" and not any(
        "error" in answer or answer.get("outcome", "no-key") != "no-key"
        for answer in book.values())


def is_dirty(book):
    return any(answer.get("dirty") for answer in book.values())


def complete(book):
    """With what hives cannot be without: a control set that starts, and the keys above a key."""
    book = {SELECT: {"values": {"Current": {"dword": 1}}}, **book}
    for path in list(book):
        while path.count("\\") > 1 and book[path].get("outcome") != "no-key":
            path, _, name = path.rpartition("\\")
            above = book.setdefault(path, {})
            above.pop("outcome", None)
            names = above.setdefault("keys", [])
            if name.upper() not in map(str.upper, names):
                names.append(name)
    dirty = is_dirty(book)
    for path, answer in book.items():
        answer.get("keys", []).sort(key=str.upper)
        if dirty:
            answer["dirty"] = True
        if dirty and "outcome" not in answer:
            answer["hive"] = f"/Windows/System32/config/{path.split(BACKSLASH)[1].upper()}"
    return book


def check(root, demand):
    options = [f"--{option}={demand[key]}" for option, key in
               (("account", "account"), ("agent-version", "agentVersion"), ("source", "source"))
               if key in demand]
    done = subprocess.run([CTL, "check", f"--root={root}", "--in-process", "--format=json", *options],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout, done.stderr
    return {item["check"]: {key: item[key] for key in ("verdict", "summary", "evidence")}
            for item in json.loads(done.stdout)["checks"]}


def compare(fixture, book):
    with tempfile.TemporaryDirectory(prefix="pf-hive.") as top:
        written, hives = pathlib.Path(top, "written"), pathlib.Path(top, "hives")
        for root in (written, hives):
            shutil.copytree(fixture / "root", root, symlinks=True)
            # Of a captured machine nothing would be read but books.
            (root / ".preflight/capture.json").unlink(missing_ok=True)
        (written / BOOK).write_text(json.dumps(book))
        (hives / BOOK).unlink()
        make_hive.make_image({}, written)  # by which it is one of Windows
        make_hive.make_image(book, hives)
        expected = json.loads((fixture / "expected.json").read_text())
        demand = expected.get("demand", {})
        told = [check(root, demand) for root in (written, hives)]
    assert any(name.startswith("windows.") for name in told[0]), sorted(told[0])
    equal(sorted(told[1]), sorted(told[0]), "checks")
    for name, answer in told[0].items():
        equal(told[1][name], answer, name)
        assert answer["verdict"] != "pass" or not is_dirty(book), (name, answer)


def main():
    books = []
    for path in sorted(FIXTURES.glob(f"windows-*/*/root/{BOOK}")):
        book = json.loads(path.read_text())
        if is_of_a_machine(book):
            books.append((path.parents[2], complete(book)))
    dirty = [book for book in books if is_dirty(book[1])]
    books = [book for book in books if not is_dirty(book[1])][::EVERY] + dirty[::EVERY // 4 or 1]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        ends = [(fixture, pool.submit(compare, fixture, book)) for fixture, book in books]
        return run([("/".join(fixture.parts[-2:]), end.result) for fixture, end in ends])


if __name__ == "__main__":
    sys.exit(main())
