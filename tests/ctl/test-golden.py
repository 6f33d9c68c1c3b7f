#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reports of schema 1 as they were when it was promised, in tests/golden/: each is
still read by the client, in every format, and still produced. Prints TAP.

    test-golden.py --add NAME fixture:sshd/good --only='ssh.*' --source=192.0.2.7
    test-golden.py --add NAME answers:FILE --only='ssh.*'

adds a report: of a fixture by the program itself, or by the scripted probes with the
answers in FILE. A golden file is never written again: what it says was promised. Of a
fixture the words for people may be put better; what the scripted probes said stays as
it is, word for word.
"""

import json
import os
import pathlib
import re
import sys

from points import TESTS, load, test

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
SYSTEM_PYTHON = "/usr/bin/python3"

# For people, or of the moment, or of how much there is beside it.
MOMENT = re.compile(r"USec$|^hostname$|^machineId$|^bootId$|^kernel$|^notCovered$|^documentation$")
WORDS = {"summary", "vendorVerdict", "message", "vendorMessage"}

formats = load("formats")
if formats.missing() and os.path.exists(SYSTEM_PYTHON) and "PF_FORMATS_AGAIN" not in os.environ:
    os.execve(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv], {**os.environ, "PF_FORMATS_AGAIN": "1"})
client = load("test-preflightctl")
capture = load("test-capture")
TESTS.clear()


def produce(golden):
    """The report of the same machine by this version, and the exit status."""
    if "answers" in golden:
        with client.Machine(golden["answers"].encode()) as machine:
            return client.run_json("check", f"--root={machine.root}", *golden["arguments"])
    with capture.Scratch(os.path.join(capture.FIXTURES, golden["fixture"])) as scratch:
        return client.run_json("check", f"--root={scratch.root}", *scratch.options(),
                               *golden["arguments"], program=client.CTL)


def still_says(now, then, path, words):
    """Everything that was there is there, with the same value; more may be."""
    if isinstance(then, dict):
        assert isinstance(now, dict), f"{path}: is {now!r}"
        for key, value in then.items():
            assert key in now, f"{path}.{key} is gone"
            if not MOMENT.search(key) and (words or key not in WORDS):
                still_says(now[key], value, f"{path}.{key}", words)
    elif isinstance(then, list) and path.endswith(".checks"):
        by_name = {check["check"]: check for check in now}
        for check in then:
            assert check["check"] in by_name, f"{path}: {check['check']} is gone"
            still_says(by_name[check["check"]], check, f"{path}.{check['check']}", words)
    elif isinstance(then, list) and path.endswith(".errorIds"):
        assert set(then) <= set(now), f"{path}: {set(then) - set(now)} is gone"
    elif isinstance(then, list):
        assert len(now) >= len(then), f"{path}: is {now!r}"
        for i, item in enumerate(then):
            still_says(now[i], item, f"{path}[{i}]", words)
    else:
        assert now == then, f"{path}: is {now!r}, was {then!r}"


def counts_of(report, names):
    """The counts without checks that came since."""
    counts = dict(report["counts"])
    for check in report["checks"]:
        if check["check"] not in names:
            counts[check["verdict"]] -= 1
    return counts


def add_tests(path):
    golden = json.loads(path.read_text(encoding="utf-8"))

    def produced():
        status, report = produce(golden)
        client.equal(status, golden["exit"], "exit status")
        if formats.jsonschema:
            validate(report)
        names = {check["check"] for check in golden["report"]["checks"]}
        report["counts"] = counts_of(report, names)
        still_says(report, golden["report"], "report", "answers" in golden)

    def read():
        if formats.jsonschema:
            validate(golden["report"])
        answer = client.message(parameters={"report": golden["report"]})
        for form in ("table", *formats.EACH):
            with client.Impostor(answer) as impostor:
                done = client.run("check", f"--socket={impostor.path}", f"--format={form}")
            assert done.stderr == b"", done.stderr
            text = done.stdout.decode()
            if form not in (*formats.missing(), "table"):
                formats.EACH[form](golden["report"], text, done.returncode)
            if form != "nagios":
                client.equal(done.returncode, golden["exit"], form)
            for check in golden["report"]["checks"]:
                # A monitor is told what is wrong.
                assert check["check"] in text or \
                    (form == "nagios" and check["verdict"] in ("pass", "skip")), f"{form}: {check}"

    for function in (produced, read):
        function.__name__ = f"{path.stem} is still {function.__name__}"
        test(function)


def validate(report):
    schema = json.loads((HERE.parents[1] / "config/report.schema.json").read_text(encoding="utf-8"))
    errors = [f"{list(error.absolute_path)}: {error.message[:300]}"
              for error in formats.schema_validator(schema).iter_errors(report)]
    assert not errors, errors[:3]


def every_fixture_is_valid():
    """The report of each fixture is one of the schema: a few of each probe, or all."""
    if not formats.jsonschema:
        return formats.missing()["sarif"]
    step = 1 if os.environ.get("PF_FULL") else 12
    fixtures = sorted(path.parent for path in pathlib.Path(capture.FIXTURES).glob("*/*/expected.json"))
    for fixture in fixtures[::step]:
        if not (fixture / "root").is_dir():
            continue
        with capture.Scratch(str(fixture)) as scratch:
            _, report = client.run_json("check", f"--root={scratch.root}", *scratch.options(),
                                        program=client.CTL)
        try:
            validate(report)
        except AssertionError as error:
            raise AssertionError(str(fixture)) from error
    return None


def add(name, machine, *arguments):
    kind, _, value = machine.partition(":")
    golden = {"arguments": list(arguments)}
    golden[kind] = pathlib.Path(value).read_text(encoding="utf-8") if kind == "answers" else value
    golden["exit"], golden["report"] = produce(golden)
    with open(GOLDEN / f"{name}.json", "x", encoding="utf-8") as file:
        json.dump(golden, file, indent=2, ensure_ascii=False)
        file.write("\n")


def main():
    if sys.argv[1:2] == ["--add"]:
        add(*sys.argv[2:])
        return 0
    for path in sorted(GOLDEN.glob("*.json")):
        add_tests(path)
    assert TESTS, f"{GOLDEN} is empty"
    test(every_fixture_is_valid)
    return client.main()


if __name__ == "__main__":
    sys.exit(main())
