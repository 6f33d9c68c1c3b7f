#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds our reading of shell scripts against the shells. TAP on stdout.

Small scripts are made up, run by the real dash and bash, which change nothing,
and told to the reader. Where it says how a script ends, that must be so; that it
does not know is no mistake, but it may not be so for most of them.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from repeat import default_seed

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/root", "USER": "root", "LOGNAME": "root"}
WORDS = ["a", "b", "'x y'", '"$A"', "$A", "$B", '"$USER"', "root", "${C:-c}", "${A:+d}",
         '"$@"', "$#", "''", "${A%b*}", '"${B##*a}"', "`id -u`", '"$(whoami)"', "/etc/passwd",
         "/nowhere", "a\\ b", "~", "$?", "*/none*", "x$A\"y$B\"", "$-"]
PATTERNS = ["a*", "*b", "?", "'*'", "[a-c]*", "*", "$A", "root|x", "*i*", "!*"]
UNARY = ["-n", "-z", "-f", "-d", "-e", "-x", "-r", "-s"]
BINARY = ["=", "!=", "-eq", "-lt"]
TELLING = {"ends", "exits", "prints", "execs", "runs"}


class Author:
    """Writes scripts that end soon."""

    def __init__(self, chance):
        self.chance = chance

    def word(self):
        return self.chance.choice(WORDS)

    def test(self):
        if self.chance.random() < 0.5:
            return f"[ {self.chance.choice(UNARY)} {self.quoted()} ]"
        return f"[ {self.quoted()} {self.chance.choice(BINARY)} {self.quoted()} ]"

    def quoted(self):
        word = self.word()
        return word if word[0] in "\"'" else f'"{word}"'

    def simple(self):
        return self.chance.choice([
            lambda: f"{self.chance.choice('ABC')}={self.word()}",
            lambda: f"echo {self.word()} >&2",
            lambda: f"echo {self.word()} {self.word()}",
            lambda: f"set -- {self.word()} {self.word()}",
            lambda: f"exit {self.chance.randrange(9)}",
            lambda: f"return {self.chance.randrange(9)}",
            lambda: "shift",
            lambda: "unset A",
            lambda: "true", lambda: "false", lambda: ":",
            lambda: f"cd {self.chance.choice(['/', '/etc', '/nowhere'])} 2>/dev/null",
            lambda: f"printf {self.chance.choice(['a', '%s', chr(39) * 2])} b >/dev/null",
            lambda: "f x",
            lambda: "cat /etc/hostname >/dev/null",
            lambda: "nothing-like-it",
            lambda: f". {self.chance.choice(['/etc/hostname-none', '/dev/null'])}",
            lambda: "set -e",
            lambda: f"eval 'A={self.chance.choice('xyz')}'",
            lambda: "command -v sh >/dev/null",
            lambda: self.test(),
        ])()

    def command(self, depth):
        if depth == 0 or self.chance.random() < 0.4:
            return self.simple()
        inner = lambda: self.command(depth - 1)
        return self.chance.choice([
            lambda: f"if {self.test()}; then {inner()}; else {inner()}; fi",
            lambda: f"{inner()} && {inner()}",
            lambda: f"{inner()} || {inner()}",
            lambda: f"! {self.simple()}",
            lambda: f"for i in {self.word()} {self.word()}; do {inner()}; done",
            lambda: f"case {self.word()} in {self.chance.choice(PATTERNS)}) {inner()};; "
                    f"{self.chance.choice(PATTERNS)}) {inner()};; esac",
            lambda: f"( {inner()}; {inner()} )",
            lambda: "{ " + f"{inner()}; {inner()}; " + "}",
            lambda: "f() { " + inner().replace("f x", ":") + "; }",
            lambda: f"while {self.test()}; do {inner()}; break; done",
            lambda: f"{self.simple()} | {self.simple()}",
        ])()

    def script(self):
        return "\n".join(self.command(2) for _ in range(self.chance.randrange(1, 6))) + "\n"


def told(reader, shell, path):
    """What the reader says: its end, the status, and all of its words."""
    words = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    done = subprocess.run([reader, "/", shell, path, *words], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the reader failed: {done.stderr}")
    end, status = done.stdout.split("\n", 1)[0].split()[:2]
    return end, int(status), done.stdout


def really(shell, path):
    done = subprocess.run([shell, path], env=ENVIRONMENT, cwd="/", capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    return done.stdout, done.returncode


def complaint(said, real):
    """What is wrong with what was said, or None."""
    end, status, _ = said
    output, code = real
    if end == "prints":
        return None if output else "says that it prints"
    if end in ("ends", "exits"):
        if output:
            return "says that it prints nothing"
        if status not in (-1, code):
            return f"says status {status}, it was {code}"
    return None


def compare(options, chance, directory):
    """Misses as texts, and how many scripts were decided."""
    misses, decided = [], 0
    for _ in range(options.scripts):
        shell = chance.choice(options.shells)
        path = f"{directory}/script"
        text = Author(chance).script()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        said = told(options.reader, "bash" if shell.endswith("bash") else "sh", path)
        decided += said[0] in TELLING
        wrong = complaint(said, really(shell, path))
        if wrong:
            misses.append(f"{shell}: {wrong}: {said[2]}\n{text}")
    return misses, decided


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", required=True)
    parser.add_argument("--scripts", type=int, default=400)
    parser.add_argument("--seed", type=int, default=default_seed())
    options = parser.parse_args()
    options.shells = [path for path in map(shutil.which, ("dash", "bash")) if path]

    print("1..2", flush=True)
    if not options.shells or os.getuid() != 0:
        print("ok 1 - scripts # SKIP needs root, and dash or bash")
        print("ok 2 - decided # SKIP")
        return 0
    print(f"# seed {options.seed}, {options.scripts} scripts, {' '.join(options.shells)}")
    with tempfile.TemporaryDirectory(prefix="pf-shell-") as directory:
        misses, decided = compare(options, random.Random(options.seed), directory)
    for line in "\n".join(misses[:20]).splitlines():
        print(f"# {line}")
    print(f"{'not ' if misses else ''}ok 1 - no script ends otherwise than was said")
    share = 100 * decided // options.scripts
    print(f"{'not ' if share < 60 else ''}ok 2 - {share} % of the scripts were decided")
    return 1 if misses or share < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
