#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What it costs to list an initramfs of 60 MiB to its end, by compression.

Prints one line a compression: milliseconds, the best of some runs, and the memory of
the whole process at its peak. Bars: 150 ms and 8 MiB for the compressions that images
are made with today, gzip and zstd, and for lz4; the others are told, since the time is
that of their libraries and the memory that of their windows.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

SIZE = 60 << 20
BAR_MS, BAR_KIB = 150, 8192
RUNS = 5

COMPRESSORS = [  # name, command, held to the bars
    ("none", ["cat"], True),
    ("gzip", ["gzip", "-c"], True),
    ("zstd", ["zstd", "-q", "-9", "-T0", "-c"], True),
    ("lz4", ["lz4", "-l", "-q", "-9", "-c"], True),
    ("zstd-19", ["zstd", "-q", "-19", "-T0", "-c"], False),
    ("xz", ["xz", "-T0", "--check=crc32", "-c"], False),
    ("bzip2", ["bzip2", "-c"], False),
]


def fill(top, rng):
    """Files of the sizes and the compressibility of modules."""
    words = [rng.randbytes(rng.randrange(3, 24)) for _ in range(3000)]
    total = number = 0
    while total < SIZE:
        path = os.path.join(top, f"usr/lib/modules/6.1.0-22-amd64/kernel/d{number % 97}")
        os.makedirs(path, exist_ok=True)
        data = b"".join(rng.choices(words, k=rng.randrange(5000, 120000) // 12))
        with open(os.path.join(path, f"m{number}.ko"), "wb") as file:
            file.write(data)
        total += len(data)
        number += 1


def measure(reader, path):
    best, peak = None, 0
    for _ in range(RUNS):
        start = time.monotonic()
        done = subprocess.run([reader, path, "--count"], stdout=subprocess.PIPE, check=True)
        took = (time.monotonic() - start) * 1000
        best = took if best is None else min(best, took)
        peak = max(peak, int(done.stdout.split()[1]))
    return best, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", required=True, help="the program initramfs-names")
    parser.add_argument("--enforce", action="store_true", help="fail where a bar is missed")
    options = parser.parse_args()
    failed = False
    if not shutil.which("cpio"):
        print("skipped: no cpio")
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        top = os.path.join(tmp, "top")
        fill(top, random.Random(3))
        names = subprocess.run(["find", ".", "-mindepth", "1", "-printf", "%P\\n"], cwd=top,
                               stdout=subprocess.PIPE, check=True).stdout
        archive = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=names, cwd=top,
                                 stdout=subprocess.PIPE, check=True).stdout
        for name, command, held in COMPRESSORS:
            if not shutil.which(command[0]):
                print(f"{name:10} skipped: no {command[0]}")
                continue
            path = os.path.join(tmp, "image")
            with open(path, "wb") as file:
                subprocess.run(command, input=archive, stdout=file, check=True)
            took, peak = measure(options.reader, path)
            missed = held and (took > BAR_MS or peak > BAR_KIB)
            failed |= missed
            bar = f"bar {BAR_MS} ms, {BAR_KIB} KiB" if held else "no bar"
            print(f"{name:10} {took:8.1f} ms {peak:8} KiB  {bar}{'  MISSED' if missed else ''}")
    return 1 if failed and options.enforce else 0


if __name__ == "__main__":
    sys.exit(main())
