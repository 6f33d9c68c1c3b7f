# SPDX-License-Identifier: MIT
"""What preflightctl says about a login, and in which words it is compared."""

import collections
import json
import subprocess

ANSWER_SECONDS = 30

# verdict: "works", "fails" or "unknown"; rung: the first stage that says so, or None;
# doubts: where stages before that one did not know.
Answer = collections.namedtuple("Answer", "verdict rung doubts", defaults=((),))


class Broken(Exception):
    """No answer, or one that cannot be read."""


def ask(ctl, command, question, root):
    """The document that a command of preflightctl prints about a root and a login."""
    argv = [ctl, *command, f"--root={root}", "--format=json", f"--account={question['user']}",
            f"--source={question['from']}", f"--local-address={question['to']}",
            f"--local-port={question['port']}"]
    if "host" in question:
        argv.append(f"--source-host={question['host']}")
    done = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False,
                          timeout=ANSWER_SECONDS)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise Broken(f"{command[0]} ended with {done.returncode}: "
                     f"{done.stderr.strip()[-2000:] or done.stdout[:200]!r}") from None


def judge(path):
    """What the stages come to: those of the copy say nothing about the session."""
    rungs = [rung for rung in path if rung["where"] != "copy"]
    if not rungs:
        raise Broken("a path without stages")
    for verdict, answer in (("fail", "fails"), ("unknown", "unknown")):
        for i, rung in enumerate(rungs):
            if rung["verdict"] == verdict:
                return Answer(answer, rung, tuple(before["where"] for before in rungs[:i]
                                                  if before["verdict"] == "unknown"))
    return Answer("works", None)


def inspect(ctl, question, root):
    return judge(ask(ctl, ["inspect", "ssh"], question, root)["path"])


def in_words(answer):
    if not answer.rung:
        return answer.verdict
    return "/".join(str(answer.rung.get(key)) for key in ("stage", "where", "reason", "summary"))
