#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the editor of boot loaders' files against the programs that read them. TAP on stdout.

In each file of the corpus every device gets another name. What the file's own program
reads in it before and after may differ in these names, and in nothing else.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

NOBODY = 65534
VARIABLES = ("GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX_RECOVERY",
             "GRUB_CMDLINE_LINUX_XEN_REPLACE", "GRUB_CMDLINE_XEN", "GRUB_DEFAULT", "GRUB_TIMEOUT",
             "GRUB_DISTRIBUTOR", "GRUB_TERMINAL", "GRUB_PRELOAD_MODULES", "GRUB_GFXMODE",
             "GRUB_DISABLE_LINUX_UUID", "GRUB_DISABLE_RECOVERY", "GRUB_ENABLE_BLSCFG")


def run(*argv, **how):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=60, check=False, **how)


def script_check(path):
    """Does GRUB take it?"""
    return run("grub-script-check", str(path)).returncode


def shell(path):
    """What a shell makes of the variables; the commands of the file are not to be found."""
    show = " ".join(f'"${{{name}}}"' for name in VARIABLES)
    drop = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return run("/bin/sh", "-c", f'. "$1"; printf "%s\\n" {show}', "sh", str(path),
               env={"PATH": "/nonexistent"}, cwd="/", **drop).stdout


def findmnt(path):
    """Every column of the table, as libmount has it."""
    return run("findmnt", "--fstab", "--tab-file", str(path), "--raw", "--noheadings", "--output",
               "SOURCE,TARGET,FSTYPE,OPTIONS,FREQ,PASSNO").stdout


def editenv(path):
    """The variables of the block, and its size."""
    listed = run("grub-editenv", str(path), "list")
    return listed.returncode, listed.stdout, path.stat().st_size


READERS = {
    "grub": (".cfg", "grub-script-check", script_check),
    "default-grub": (".grub", "sh", shell),
    "fstab": (".fstab", "findmnt", findmnt),
    "bls": (".grubenv", "grub-editenv", editenv),
}


def named_back(read, pairs):
    """What was read, with the old names again."""
    if isinstance(read, tuple):
        return tuple(named_back(one, pairs) for one in read)
    if not isinstance(read, bytes):
        return read
    for old, new in pairs:
        read = read.replace(new, old)
    return read


def count_seen(read, pairs):
    """Of how many names the program told."""
    if isinstance(read, tuple):
        return max(count_seen(one, pairs) for one in read)
    if not isinstance(read, bytes):
        return 0
    return sum(new in read for _, new in pairs)


class Corpus:
    def __init__(self, options, scratch):
        self.options = options
        self.scratch = scratch

    def edit(self, folder, path):
        """The edited file and the pairs of names; None for one that the loader refuses."""
        pairs = self.scratch / "pairs"
        after = self.scratch / ("after" + path.suffix)
        done = run(self.options.editor, folder, str(path), str(pairs))
        if done.returncode == 3:
            return None
        if done.returncode != 0:
            raise RuntimeError(f"{path.name}: the editor ends with {done.returncode}")
        after.write_bytes(done.stdout)
        after.chmod(0o644)
        lines = pairs.read_bytes().splitlines()
        return after, [tuple(line.split(b"\t")) for line in lines]

    def compare(self, folder, suffix, reader):
        """Files looked at, names in them, and what differs."""
        files, names, wrong = 0, 0, []
        corpus = pathlib.Path(self.options.shared) / "corpus" / folder
        for path in sorted(corpus.glob("*" + suffix)):
            edited = self.edit(folder, path)
            if edited is None:
                continue
            after, pairs = edited
            before = self.scratch / ("before" + path.suffix)
            shutil.copyfile(path, before)
            before.chmod(0o644)
            files += 1
            read = reader(after)
            names += count_seen(read, pairs)
            if reader(before) != named_back(read, pairs):
                wrong.append(path.name)
        return files, names, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--editor", required=True)
    options = parser.parse_args()
    options.shared = os.environ.get("PF_SHARED", "")

    if not options.shared:
        print("1..0 # SKIP no corpus beside the project")
        return 0
    print(f"1..{len(READERS)}")
    with tempfile.TemporaryDirectory(prefix="boot-edit-") as directory:
        scratch = pathlib.Path(directory)
        scratch.chmod(0o755)
        corpus = Corpus(options, scratch)
        for i, (folder, (suffix, program, reader)) in enumerate(READERS.items(), 1):
            if not shutil.which(program):
                print(f"ok {i} - {folder} # SKIP there is no {program}")
                continue
            files, names, wrong = corpus.compare(folder, suffix, reader)
            good = files > 0 and (names > 0 or folder == "grub") and not wrong
            print(f"{'ok' if good else 'not ok'} {i} - {program}: {files} files, {names} names told")
            for name in wrong:
                print(f"# {folder}/{name} is read otherwise")
    return 0


if __name__ == "__main__":
    sys.exit(main())
