#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds our answer about a login against measured ones. TAP on stdout.

Each case of the corpus is the root of a machine, a question (may this user open
SFTP from there?) and what a real login did. preflightctl is asked about the root
as it is, and once more after the case's repair, which a real login has confirmed
too. The cause it gives must be the one that was found; "unknown" is no mistake,
but only so much of it is allowed. Needs root, for the owners of the files.
"""

import argparse
import collections
import fnmatch
import json
import multiprocessing
import os
import re
import runpy
import shutil
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

from login_ours import Broken, ask, in_words, inspect

UNKNOWN_AT_MOST = 3  # percent of the cases

# Cases that are wrong about what a login does, seen by doing it again, and why.
WRONG_CASES = {}

# Cases whose place and reason are in no file; the verdict is held all the same.
NO_FILE_TELLS = {
    "listen-address-not-here": "the addresses that a machine has are not in its root",
    "lim-empty-password-not-permitted": "hash-empty-pam is the same machine: another password "
                                        "was typed, which is no part of our question",
}

# kind: what to group misses by; expected and got are for people.
Miss = collections.namedtuple("Miss", "case topic kind expected got")
Outcome = collections.namedtuple("Outcome", "case topic misses unknown")


# The machine of a case

class Corpus:
    def __init__(self, directory):
        self.directory = directory

    def names(self):
        return sorted(entry.name for entry in os.scandir(self.directory)
                      if os.path.exists(f"{entry.path}/case.json"))

    def load(self, name):
        with open(f"{self.directory}/{name}/case.json", encoding="utf-8") as file:
            return json.load(file)

    def build(self, name, root):
        """The root of a case by the corpus's own rules, in this process: that is faster."""
        before = sys.argv
        sys.argv = ["materialize", name, root]
        try:
            runpy.run_path(f"{self.directory}/materialize")
        finally:
            sys.argv = before

    def repair(self, edits, root):
        """Lines are numbered as before the repair, so the last of a file goes first."""
        lines = [edit for edit in edits if "line" in edit]
        for edit in sorted(lines, key=lambda edit: -edit["line"]):
            edit_line(inside(root, edit["path"]), edit)
        for edit in edits:
            if "line" not in edit:
                self.put(inside(root, edit["path"]), edit)

    def put(self, path, edit):
        if "delete" in edit:
            shutil.rmtree(path) if is_real_directory(path) else os.unlink(path)
        elif "content" in edit:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(edit["content"])
        elif "stub" in edit:
            shutil.copy(f"{self.directory}/_base{edit['stub']}", path)
            os.chmod(path, 0o755)
        elif "link" in edit:
            os.symlink(edit["link"], path)
        else:
            os.chmod(path, int(edit["mode"], 8))


def is_real_directory(path):
    return os.path.isdir(path) and not os.path.islink(path)


def inside(root, path):
    """The place of @path below @root: a repair never leaves it over a link."""
    parent = os.path.realpath(f"{root}/{os.path.dirname(path)}")
    if os.path.commonpath([parent, os.path.realpath(root)]) != os.path.realpath(root):
        raise Broken(f"the repair of {path} is outside of the root")
    os.makedirs(parent, exist_ok=True)
    return os.path.join(parent, os.path.basename(path))


def dated(line):
    """@TODAY-3@ in a line of a case stands for a number of days since 1970."""
    return line and re.sub("@TODAY([+-][0-9]+)?@",
                           lambda match: str(int(time.time()) // 86400 + int(match[1] or 0)), line)


def edit_line(path, edit):
    """One line replaced, deleted ("then" is null) or put before another ("now" is null)."""
    now, then = dated(edit["now"]), dated(edit["then"])
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = file.read().split("\n")
    at = edit["line"] - 1
    if now is not None and lines[at].rstrip("\r") != now.rstrip("\r"):
        raise Broken(f"line {edit['line']} of {path} is {lines[at]!r}, not {now!r}")
    lines[at:at + (now is not None)] = [] if then is None else [then]
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write("\n".join(lines))


# Our answer

VERDICTS = {"pass": "works", "warn": "works", "fail": "fails", "unknown": "unknown"}


def verdict_of_check(report):
    [check] = [check for check in report["checks"] if check["check"] == "ssh.access"]
    return VERDICTS.get(check["verdict"], check["verdict"])


# The two held against each other

def place(evidence):
    where = evidence["path"].lstrip("/")
    line = None if "absent" in evidence else evidence.get("line")
    return where if line is None else f"{where}:{line}"


def resolved(root, path):
    """@path below @root with its links followed, as a machine whose / that is would."""
    done, left = [], path.split("/")
    for _ in range(256):
        if not left:
            break
        part = left.pop(0)
        here = "/".join([root, *done, part])
        if part in ("", "."):
            continue
        if part == "..":
            done = done[:-1]
        elif os.path.islink(here):
            target = os.readlink(here)
            done = [] if target.startswith("/") else done
            left = target.split("/") + left
        else:
            done.append(part)
    return "/".join(done)


def places(rung, root):
    """What a stage shows: paths and path:line, each also as what a link leads to."""
    shown = set()
    for entry in rung.get("evidence", []):
        for path in {entry["path"].lstrip("/"), resolved(root, entry["path"])}:
            shown |= {path, f"{path}:{entry.get('line')}"}
    return shown


def differences_of_cause(case, answer, root):
    """(kind, expected, got) of where, reason and evidence of the first stage that fails."""
    truth, rung = case["truth"], answer.rung
    reasons = [truth["reason"], *truth.get("also", [])]
    if rung["where"] != truth["where"]:
        yield "where", truth["where"], in_words(answer)
    if rung.get("reason") not in reasons:
        yield "reason", "/".join(reasons), in_words(answer)
    wanted = [place(evidence) for evidence in case.get("evidence", [])]
    shown = places(rung, root)
    if wanted and not shown.intersection(wanted):
        got = " ".join(sorted(shown)) or "no place"
        yield "evidence", " ".join(wanted), f"{in_words(answer)} at {got}"


def differences(case, answer, check, root):
    truth = case["truth"]
    expected = truth["sftp"]
    if expected == "fails":
        expected = f"{truth['where']}/{truth['reason']}"
    if check != answer.verdict:
        yield "check", answer.verdict, f"ssh.access says {check}"
    if answer.verdict == "fails" and truth["sftp"] == "works":
        yield "false alarm", expected, in_words(answer)
    elif answer.verdict == "works" and truth["sftp"] == "fails":
        yield "missed", expected, in_words(answer)
    elif answer.verdict == "fails" and case["id"] not in NO_FILE_TELLS:
        yield from differences_of_cause(case, answer, root)


def examine(corpus, ctl, name, root):
    """The misses of one case, and what was unknown about it or None."""
    case = corpus.load(name)
    question = case["question"]
    corpus.build(name, root)
    answer = inspect(ctl, question, root)
    check = verdict_of_check(ask(ctl, ["check", "--only=ssh.access"], question, root))
    found = list(differences(case, answer, check, root))
    answers = [answer]
    if case.get("repair"):
        corpus.repair(case["repair"], root)
        repaired = inspect(ctl, question, root)
        answers.append(repaired)
        if repaired.verdict not in ("unknown", case["repaired"]):
            found.append(("repaired", case["repaired"], in_words(repaired)))
    unknown = [in_words(answer) for answer in answers if answer.verdict == "unknown"]
    return found, (unknown or [None])[0]


# Of a worker
corpus = None
options = None


def start_worker(given):
    global corpus, options
    options = given
    corpus = Corpus(given.corpus)


def try_case(name):
    root = tempfile.mkdtemp(prefix="login-corpus-", dir=options.scratch)
    os.chmod(root, 0o755)  # users of a machine may look into its /
    topic = name
    try:
        topic = corpus.load(name)["topic"]
        found, unknown = examine(corpus, options.ctl, name, root)
    except Broken as broken:
        found, unknown = [("broken", "an answer", str(broken))], None
    except Exception:  # a worker's stack is lost otherwise
        found, unknown = [("broken", "an answer", traceback.format_exc())], None
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return Outcome(name, topic, [Miss(name, topic, *miss) for miss in found], unknown)


# What is printed

def diagnostic(text):
    for line in text.split("\n"):
        print("#", line)


def point(number, outcome):
    wrong = [miss for miss in outcome.misses if outcome.case not in WRONG_CASES]
    skip = f" # skip {WRONG_CASES[outcome.case]}" if outcome.case in WRONG_CASES else ""
    unknown = " is unknown" if outcome.unknown else ""
    print(f"{'not ok' if wrong else 'ok'} {number} - {outcome.case}{unknown}{skip}")
    for miss in wrong:
        diagnostic(f"{miss.kind}: expected {miss.expected}\n  got {miss.got}")
    return not wrong


def list_misses(outcomes):
    for outcome in outcomes:
        rows = outcome.misses + ([Miss(outcome.case, outcome.topic, "unknown", "a verdict",
                                       outcome.unknown)] if outcome.unknown else [])
        for miss in rows:
            got = " ".join(miss.got.split()).replace("|", "¦")
            print(f"{miss.case}|{miss.expected}|{got}|{miss.kind}")


def table(outcomes):
    """Cases of each topic, and how many of each kind of miss."""
    kinds = sorted({miss.kind for outcome in outcomes for miss in outcome.misses})
    rows = collections.defaultdict(collections.Counter)
    for outcome in outcomes:
        for topic in (outcome.topic, "all"):
            rows[topic]["cases"] += 1
            rows[topic]["right"] += not outcome.misses and not outcome.unknown
            rows[topic]["unknown"] += bool(outcome.unknown)
            rows[topic].update({miss.kind for miss in outcome.misses})
    columns = ["cases", "right", "unknown", *kinds]
    diagnostic(f"{'topic':<16}" + "".join(f"{column:>12}" for column in columns))
    for topic in sorted(rows, key=lambda topic: (topic == "all", topic)):
        diagnostic(f"{topic:<16}" + "".join(f"{rows[topic][column] or '.':>12}"
                                            for column in columns))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ctl", required=True, help="our program, preflightctl")
    parser.add_argument("--corpus", default=os.path.join(os.environ.get("PF_SHARED", "../shared"),
                                                         "corpus/ssh-login"))
    parser.add_argument("--only", default="*", metavar="GLOB", help="these cases alone")
    parser.add_argument("--every", type=int, default=1, metavar="N",
                        help="of these each Nth, where a program with sanitizers takes its time")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list-misses", action="store_true",
                        help="print case|expected|got|kind in place of TAP")
    parser.add_argument("--scratch", metavar="DIR", default="/dev/shm",
                        help="where roots are built (/dev/shm, or a temporary directory)")
    parser.add_argument("-v", "--verbose", action="store_true", help="a table of the topics")
    parsed = parser.parse_args()
    if not os.access(parsed.scratch, os.W_OK):
        parsed.scratch = None
    return parsed


def report(outcomes, seconds, verbose):
    """Returns whether all is as it should be."""
    print(f"1..{len(outcomes) + 1}")
    good = [point(number, outcome) for number, outcome in enumerate(outcomes, 1)]
    unknown = sum(outcome.unknown is not None for outcome in outcomes)
    few = unknown * 100 <= UNKNOWN_AT_MOST * len(outcomes)
    print(f"{'ok' if few else 'not ok'} {len(outcomes) + 1} - unknown: {unknown} of "
          f"{len(outcomes)} cases, at most {UNKNOWN_AT_MOST} %")
    diagnostic(f"{len(outcomes)} cases in {seconds:.1f} s, {good.count(False)} wrong")
    if verbose:
        table(outcomes)
    return all(good) and few


def main():
    given = arguments()
    if not os.path.isdir(given.corpus):
        print(f"1..0 # skip {given.corpus} is not there")
        return 0
    if os.getuid() != 0:
        print("1..0 # skip only root can give files their owners")
        return 0
    names = fnmatch.filter(Corpus(given.corpus).names(), given.only)[::given.every]
    if not names:
        sys.exit(f"no case is called {given.only}")
    started = time.monotonic()
    with multiprocessing.Pool(given.jobs, start_worker, (given,)) as pool:
        outcomes = pool.map(try_case, names, chunksize=4)
    if given.list_misses:
        list_misses(outcomes)
        return 0
    return 0 if report(outcomes, time.monotonic() - started, given.verbose) else 1


if __name__ == "__main__":
    sys.exit(main())
