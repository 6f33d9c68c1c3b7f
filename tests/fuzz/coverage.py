#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the fuzzers' corpora reach of the parsers.

Runs every fuzzer once over its kept corpus, and over what earlier runs found, in a build
with clang's source-based coverage, and prints a line for each file of a parser. A parser
that no fuzzer reaches fails: so does one of which less than LEAST of its lines was run.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
LEAST = 20  # percent
INCLUDE = re.compile(r'#include "([^"]+)\.h"')
# Declarations alone, or what parses nothing.
SUPPORT = ("tests/", "daemon/base/buf", "daemon/base/cleanup", "config/kernels-table")


def parsers():
    """The files of probes/parse/, and what else the fuzzers name by its header."""
    files = {str(path.relative_to(TREE)) for path in (TREE / "probes" / "parse").glob("*.c")}
    for fuzzer in (TREE / "tests" / "fuzz").glob("fuzz-*.c"):
        for stem in INCLUDE.findall(fuzzer.read_text()):
            if not stem.startswith(SUPPORT) and (TREE / f"{stem}.c").exists():
                files.add(f"{stem}.c")
    return files


def run_once(fuzzer, found, profiles):
    name = fuzzer.name.removeprefix("fuzz-")
    folders = [TREE / "tests" / "corpus" / name, found / name if found else None]
    done = subprocess.run(
        [fuzzer, "-runs=0", "-timeout=60", "-rss_limit_mb=2048",
         *(folder for folder in folders if folder and folder.is_dir())],
        env=dict(os.environ, LLVM_PROFILE_FILE=str(profiles / f"{name}.profraw")),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return f"{name}: {done.stdout[-2000:]}" if done.returncode else None


def tool(name):
    """llvm-cov and its like have the number of their release in Debian."""
    return shutil.which(name) or shutil.which(f"{name}-14") or name


def export(fuzzers, profiles):
    merged = profiles / "merged.profdata"
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-o", merged,
                    *profiles.glob("*.profraw")], check=True)
    objects = [word for fuzzer in fuzzers[1:] for word in ("-object", str(fuzzer))]
    printed = subprocess.run([tool("llvm-cov"), "export", "-summary-only",
                              f"-instr-profile={merged}", str(fuzzers[0]), *objects],
                             check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return json.loads(printed)["data"][0]["files"]


def report(files):
    """Prints the table, a point of TAP for each file; returns how many fail."""
    wanted = parsers()
    seen = {}
    for file in files:
        name = os.path.relpath(os.path.realpath(file["filename"]), TREE)
        if name in wanted:
            seen[name] = file["summary"]
    failed = 0
    covered = lines = 0
    print(f"1..{len(wanted)}")
    for number, name in enumerate(sorted(wanted), 1):
        summary = seen.get(name)
        percent = summary["lines"]["percent"] if summary else 0
        if summary:
            covered += summary["lines"]["covered"]
            lines += summary["lines"]["count"]
        failed += percent < LEAST
        functions = summary["functions"] if summary else {"covered": 0, "count": 0}
        print(f"{'ok' if percent >= LEAST else 'not ok'} {number} - {name}: {percent:.0f} % of lines, "
              f"{functions['covered']} of {functions['count']} functions")
    print(f"# {covered} of {lines} lines of parsers, {100 * covered / max(lines, 1):.1f} %")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="a build with -Dfuzz=true and coverage")
    parser.add_argument("--found", type=pathlib.Path, help="inputs that earlier runs found")
    options = parser.parse_args()
    fuzzers = sorted(path for path in (options.build / "tests" / "fuzz").glob("fuzz-*")
                     if path.is_file() and os.access(path, os.X_OK))
    with tempfile.TemporaryDirectory(prefix="pf-coverage-") as directory:
        profiles = pathlib.Path(directory)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            broken = list(filter(None, pool.map(
                lambda fuzzer: run_once(fuzzer, options.found, profiles), fuzzers)))
        for text in broken:
            print(f"Bail out! {text}")
        return 1 if broken or report(export(fuzzers, profiles)) else 0


if __name__ == "__main__":
    sys.exit(main())
