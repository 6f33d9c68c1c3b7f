#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The completions, in real shells: what is offered is what the program takes.

Prints TAP. $PF_CTL is the program, $PF_COMPLETIONS the folder of the completions.
"""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import traceback

CTL = os.environ["PF_CTL"]
COMPLETIONS = os.environ["PF_COMPLETIONS"]
PROGRAM = os.path.dirname(CTL) + ":" + os.environ["PATH"]

BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
compopt() { :; }
_preflightctl
printf '%s\\n' "${COMPREPLY[@]}"
"""

ZSH = """fpath=({folder} $fpath); autoload -U compinit; compinit -u -D; LISTMAX=0
zstyle ':completion:*' menu no; export LC_ALL=C
compadd() {{ local -a h; builtin compadd -O h "$@"; print -rl -- $h >>{out}; builtin compadd "$@" }}
PROMPT=$'\\122EADY> '
"""


def bash(*words):
    """What bash would offer for the last word; --root=/m is three words to it."""
    done = subprocess.run(["bash", "--norc", "-c", BASH, "bash",
                           os.path.join(COMPLETIONS, "preflightctl.bash"), "preflightctl", *words],
                          env=dict(os.environ, PATH=PROGRAM), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, check=True)
    assert not done.stderr, done.stderr
    return sorted({line.rstrip("=") for line in done.stdout.split()})


class Zsh:
    """An interactive shell at a terminal of its own."""

    def __init__(self, out):
        self.out = out
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", PATH=PROGRAM, ZDOTDIR="/nonexistent")
            os.execvp("zsh", ["zsh", "-f", "-i"])
        for line in ZSH.format(folder=COMPLETIONS, out=out).splitlines():
            os.write(self.fd, line.encode() + b"\n")
        self.wait_for(b"READY> ")

    def wait_for(self, text):
        while text not in self.seen:
            if not select.select([self.fd], [], [], 120)[0]:
                raise TimeoutError(self.seen)
            self.seen += os.read(self.fd, 65536)
        self.seen = self.seen.split(text, 1)[1]

    def complete(self, typed):
        open(self.out, "w", encoding="utf-8").close()
        # Clear what it has made of the line, then something to wait for.
        os.write(self.fd, typed.encode() + b"\t\x15print DO''NE\n")
        self.wait_for(b"DONE")
        self.wait_for(b"READY> ")
        with open(self.out, encoding="utf-8") as file:
            return sorted({line.rstrip("=") for line in file.read().split("\n") if line})

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def help_of(*command):
    return subprocess.run([CTL, *command, "--help"], capture_output=True, text=True, check=True,
                          env=dict(os.environ, LC_ALL="C"), timeout=120).stdout


def options_of(*command):
    return sorted(re.findall(r"^ +(?:-[a-zA-Z], )?(--[a-z-]+)", help_of(*command), re.MULTILINE))


def commands():
    part = help_of().split("Commands:\n")[1].split("\n\n")[0]
    return sorted(re.findall(r"^  ([a-z-]+)", part, re.MULTILINE))


def checks(prefix, *arguments):
    out = subprocess.run([CTL, "list", *arguments, "--format=json"], capture_output=True,
                         text=True, check=True, timeout=120).stdout
    return sorted({name for name in re.findall(r'"id": *"([^"]*)"', out)
                   if name.startswith(prefix)})


def compare(offer):
    """@offer(words): what a shell offers. Yields (what, got, expected)."""
    yield "commands", offer(""), commands()
    for command in commands():
        yield f"options of {command}", offer(command, "--"), options_of(command)
    assert {"json", "table"} <= set(offer("check", "--format="))
    yield "checks", offer("check", "--only=ssh.s"), checks("ssh.s")
    yield "checks to fix", offer("fix", "ssh.s"), checks("ssh.s")
    yield "checks to plan", offer("plan", "ssh.server", "boot."), checks("boot.")
    yield "errors", offer("explain", "9510"), checks("9510", "--all")
    yield "subjects", offer("inspect", ""), ["boot", "ssh", "storage"]
    assert "asr-mobility" in offer("check", "--profile=")
    assert "root" in offer("check", "--account=ro")
    for name in offer("check", "--format="):
        subprocess.run([CTL, "check", f"--format={name}", "--help"], check=True,
                       stdout=subprocess.DEVNULL, timeout=120)


def divided(word):
    return re.split(r"(=)", word) if word.startswith("--") and "=" in word else [word]


def in_bash():
    def offer(*words):
        split = [part for word in words for part in divided(word)]
        if split[-1] == "" and split[-2:-1] == ["="]:
            split.pop()
        return bash(*split)
    return compare(offer)


def in_zsh():
    with tempfile.TemporaryDirectory(prefix="pf-zsh.") as folder:
        shell = Zsh(os.path.join(folder, "offered"))
        try:
            yield from compare(lambda *words: shell.complete("preflightctl " + " ".join(words)))
        finally:
            shell.close()


def main():
    print("1..2")
    failed = False
    for i, (shell, cases) in enumerate((("bash", in_bash), ("zsh", in_zsh)), 1):
        if not shutil.which(shell):
            print(f"ok {i} - {shell} # SKIP {shell} is not installed")
            continue
        try:
            for what, got, expected in cases():
                assert got == expected and expected, f"{what}: got {got}, expected {expected}"
            print(f"ok {i} - {shell}")
        except Exception:  # pylint: disable=broad-except
            failed = True
            print(f"not ok {i} - {shell}")
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="")
    return failed


sys.exit(main())
