#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What it costs to list an initramfs of 60 MiB to its end, by compression.

Prints one line a compression: milliseconds of processor time, the best of some runs,
since nothing here waits; and by how much the process grew. Bars: 150 ms, and 8 MiB of
memory. xz at its default and zstd -19 are told to reach back 8 MiB, and whoever unpacks
them has to keep these: their bar is that window and 1 MiB. The time of xz and bzip2 is
their libraries', and has no bar.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile

SIZE = 60 << 20
BAR_MS, BAR_KIB = 150, 8192
RUNS = 3

COMPRESSORS = [  # name, command, bar of time, and of memory
    ("none", ["cat"], BAR_MS, BAR_KIB),
    ("gzip", ["gzip", "-c"], BAR_MS, BAR_KIB),
    ("zstd", ["zstd", "-q", "-9", "-T0", "-c"], BAR_MS, BAR_KIB),
    ("lz4", ["lz4", "-l", "-q", "-9", "-c"], BAR_MS, BAR_KIB),
    ("zstd-19", ["zstd", "-q", "-19", "-T0", "-c"], BAR_MS, BAR_KIB + 1024),
    ("xz", ["xz", "-T0", "--check=crc32", "-c"], None, BAR_KIB + 1024),
    ("xz-dracut", ["xz", "-T0", "--check=crc32", "--lzma2=dict=1MiB", "-c"], None, BAR_KIB),
    ("bzip2", ["bzip2", "-c"], None, BAR_KIB),
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
        process = subprocess.Popen([reader, path, "--count"], stdout=subprocess.PIPE)
        answer = process.stdout.read()
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{reader} failed on {path}")
        took = (usage.ru_utime + usage.ru_stime) * 1000
        best = took if best is None else min(best, took)
        peak = max(peak, int(answer.split()[1]))
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
        for name, command, bar_ms, bar_kib in COMPRESSORS:
            if not shutil.which(command[0]):
                print(f"{name:10} skipped: no {command[0]}")
                continue
            path = os.path.join(tmp, "image")
            with open(path, "wb") as file:
                subprocess.run(command, input=archive, stdout=file, check=True)
            took, peak = measure(options.reader, path)
            missed = peak > bar_kib or (bar_ms is not None and took > bar_ms)
            failed |= missed
            bars = f"bar {bar_kib} KiB" + (f", {bar_ms} ms" if bar_ms else "")
            print(f"{name:10} {took:8.1f} ms {peak:8} KiB  {bars}{'  MISSED' if missed else ''}")
    return 1 if failed and options.enforce else 0


if __name__ == "__main__":
    sys.exit(main())
