# SPDX-License-Identifier: MIT
"""What every format must be, whatever the report holds: its own validator, and what
the semantics of the format demand of a report of ours.

A validator gets a report, what was printed for it and the exit status, and raises
AssertionError. Those that run a program get all texts at once. A validator whose
program or module is not here is in missing(), with the reason.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

try:
    import jsonschema
except ImportError:
    jsonschema = None
try:
    from prometheus_client import parser as prometheus
    from prometheus_client.openmetrics import parser as openmetrics
except ImportError:
    openmetrics = prometheus = None
try:
    import more_itertools  # noqa: F401  both are needed for the blocks of YAML
    import yaml
    from tap import parser as tap
except ImportError:
    tap = None

SCHEMAS = pathlib.Path(__file__).resolve().parent / "schemas"
READY, BLOCKED, USAGE, UNKNOWN = range(4)
STATUSES = {"ready": READY, "blocked": BLOCKED}
VERDICTS = ("pass", "warn", "fail", "waived", "skip", "unknown")
BAD = {"fail", "unknown"}


def missing():
    """What cannot be validated here, and why."""
    reasons = {}
    if not shutil.which("xmllint"):
        reasons["junit"] = "xmllint is not installed (libxml2-utils)"
    if not tap:
        reasons["tap"] = "python3-tap, python3-yaml or python3-more-itertools is not installed"
    if not jsonschema:
        reasons["sarif"] = "python3-jsonschema is not installed"
    if not openmetrics:
        reasons["openmetrics"] = "python3-prometheus-client is not installed"
        reasons["prometheus"] = reasons["openmetrics"]
    return reasons


def schema_validator(schema):
    return jsonschema.Draft202012Validator(schema)


def is_safe(text):
    """Nothing that a terminal would obey, or that hides or turns what stands beside it."""
    bad = [char for char in text
           if (char != "\n" and ord(char) < 0x20) or 0x7f <= ord(char) <= 0x9f or
           char in "\u202e\u200b\ufeff\ufffe\uffff\U000e0001" or 0xd800 <= ord(char) <= 0xdfff]
    assert not bad, f"unsafe characters {bad!r}"
    assert text.endswith("\n"), f"no newline at the end: {text[-40:]!r}"


def checks_of(report):
    checks = report.get("checks") if isinstance(report, dict) else None
    return [check if isinstance(check, dict) else {} for check in checks] \
        if isinstance(checks, list) else []


def verdict_of(check):
    return check.get("verdict") if check.get("verdict") in VERDICTS else "unknown"


def status_of(report):
    return STATUSES.get(report.get("verdict"), UNKNOWN) \
        if isinstance(report.get("verdict"), str) else UNKNOWN


def speaks_for_itself(report):
    """Does a check say why the whole is not ready? Otherwise there is one entry more."""
    return status_of(report) == READY or any(verdict_of(c) in BAD for c in checks_of(report))


def n_entries(report):
    return len(checks_of(report)) + (not speaks_for_itself(report))


# --- JUnit ---

def check_junit(report, text, status):
    assert status == status_of(report), status
    suite = ElementTree.fromstring(text.encode()).find("testsuite")
    cases = suite.findall("testcase")
    assert len(cases) == int(suite.get("tests")) == n_entries(report)
    for attribute, element in (("failures", "failure"), ("errors", "error"),
                               ("skipped", "skipped")):
        assert int(suite.get(attribute)) == sum(c.find(element) is not None for c in cases)
    for case, check in zip(cases, checks_of(report)):
        expected = {"fail": "failure", "unknown": "error", "skip": "skipped",
                    "waived": "skipped"}.get(verdict_of(check))
        assert [child.tag for child in case] == ([expected] if expected else []), check
    bad = int(suite.get("failures")) + int(suite.get("errors"))
    assert bad or status == READY, "not ready, and nothing is bad"


def check_all_junit(texts):
    with tempfile.TemporaryDirectory() as directory:
        names = [write(directory, f"{i}.xml", text) for i, text in enumerate(texts)]
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--huge", "--schema",
                               str(SCHEMAS / "junit.xsd"), *names], capture_output=True,
                              text=True, errors="replace", check=False)
        assert done.returncode == 0, done.stderr[:2000]


def write(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return path


# --- TAP ---

def check_tap(report, text, status):
    assert status == status_of(report), status
    assert text.startswith("TAP version 14\n1.."), text[:60]
    points, plan = [], None
    for line in tap.Parser().parse_text(text):
        assert line.category != "unknown", str(line)
        if line.category == "plan":
            plan = line.expected_tests
        elif line.category == "test":
            points.append(line)
    assert len(points) == plan == n_entries(report), (len(points), plan)
    for point, check in zip(points, checks_of(report)):
        verdict = verdict_of(check)
        assert point.ok == (verdict not in BAD), check
        if "#" not in str(check.get("check")):  # this reader knows no "\\#"
            assert point.skip == (verdict in ("skip", "waived")), check
        assert not point.todo, check
        if check.get("verdict") != "pass" and isinstance(check.get("summary"), str):
            assert is_begun(point.yaml_block["message"], check["summary"]), point.yaml_block
        compare_block(point.yaml_block or {}, check)
    assert status == READY or not all(point.ok for point in points), status


def compare_block(block, check):
    """What the block holds of the check is what the check holds."""
    for name in ("reason", "where", "vendorVerdict", "fingerprint", "probedUSec"):
        if isinstance(check.get(name), (str, int)) and name in block:
            assert is_begun(block[name], check[name]), name
    evidence = check.get("evidence")
    if "evidence" in block and isinstance(evidence, list) and \
            all(isinstance(item, dict) for item in evidence):
        for shown, item in zip(block["evidence"], evidence):
            for name in ("path", "line", "found", "expected"):
                if isinstance(item.get(name), (str, int)):
                    assert is_begun(shown[name], item[name]), (name, shown, item)


def is_begun(shown, value):
    """The same, or of a long text the beginning."""
    return shown == value or (isinstance(value, str) and len(value.encode()) > 4000 and
                              shown.endswith("...") and value.startswith(shown[:-3]))


def check_all_tap(texts):
    """By Perl's reader too, which knows 13: what we write is the same in both."""
    if not shutil.which("prove"):
        return
    with tempfile.TemporaryDirectory() as directory:
        names = [write(directory, f"{i}.t", text.replace("TAP version 14", "TAP version 13", 1))
                 for i, text in enumerate(texts)]
        done = subprocess.run(["prove", "--merge", "-Q", "-e", "cat", *names],
                              capture_output=True, text=True, errors="replace", check=False)
        assert "Parse errors" not in done.stdout, done.stdout[:2000]


# --- SARIF ---

def check_sarif(report, text, status):
    assert status == status_of(report), status
    log = json.loads(text)
    schema = json.loads((SCHEMAS / "sarif-2.1.0-subset.schema.json").read_text(encoding="utf-8"))
    errors = [f"{list(error.absolute_path)}: {error.message[:300]}"
              for error in schema_validator(schema).iter_errors(log)]
    assert not errors, errors[:3]
    run = log["runs"][0]
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(results) == n_entries(report)
    for result in results:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert "](" not in re.sub(r"\\\]", "", result["message"]["text"])
    for result, check in zip(results, checks_of(report)):
        assert bool(result["suppressions"]) == (check.get("verdict") == "waived"), result
        assert (result["kind"] == "open") == (verdict_of(check) == "unknown"), result
    invocation = run["invocations"][0]
    assert invocation["exitCode"] == status
    assert invocation["executionSuccessful"] == (status != UNKNOWN)
    told = len(invocation["toolExecutionNotifications"])
    assert told == sum(result["kind"] == "open" for result in results)


# --- monitoring plugins ---

STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
# 'label'=value[UOM];[warn];[crit];[min];[max]
DATUM = re.compile(rf"'[^'=|]+'={NUMBER}(?:s|us|ms|%|B|KB|MB|TB|c)?"
                   rf"(?:;[^;\s|]*){{0,2}}(?:;(?:{NUMBER})?){{0,2}}")


def check_nagios(report, text, status):
    assert status in range(4), status
    first, *rest = text.splitlines()
    state, _, said = first.partition(": ")
    assert state == f"PREFLIGHT {STATES[status]}", first
    said, bar, data = said.partition(" | ")
    assert bar and "|" not in said + data + "".join(rest), text
    assert len(data.split(" ")) == 7 and all(map(DATUM.fullmatch, data.split(" "))), data
    assert len(text.encode()) <= 8192, len(text.encode())
    overall = status_of(report)
    if overall == READY:
        assert status in (0, 1)
    else:
        assert status == {BLOCKED: 2, UNKNOWN: 3}[overall], (overall, status)


# --- OpenMetrics ---

def check_openmetrics(report, text, status):
    assert status == status_of(report), status
    families = {family.name: family
                for family in openmetrics.text_string_to_metric_families(text)}
    assert text.endswith("# EOF\n")
    check_families(report, families)


def check_prometheus(report, text, status):
    """As expfmt's TextParser, which knows five types and nothing of what came later."""
    assert status == status_of(report), status
    for line in text.splitlines():
        assert re.fullmatch(r"# TYPE \w+ (counter|gauge|histogram|summary|untyped)|"
                            r"# HELP \w+ .+|[a-z_]+(\{.*\})? -?[0-9.]+", line), line
    check_families(report, {family.name: family
                            for family in prometheus.text_string_to_metric_families(text)})


def check_families(report, families):
    assert all(family.documentation and family.type != "unknown" for family in families.values())
    overall = {sample.labels["preflight_verdict"]: sample.value
               for sample in families["preflight_verdict"].samples}
    assert sorted(overall.values()) == [0, 0, 1], overall
    shown = {}
    for sample in families["preflight_check_verdict"].samples:
        if sample.value == 1:
            assert shown.setdefault(sample.labels["check"],
                                    sample.labels["preflight_check_verdict"])
    for check in checks_of(report):
        name = check.get("check") if isinstance(check.get("check"), str) else "(no name)"
        assert any(name_fits(name, other) for other in shown), (name, list(shown)[:5])
    assert len(families["preflight_check_verdict"].samples) == len(VERDICTS) * len(shown)


def name_fits(name, shown):
    """What no terminal may get is shown as its number."""
    return name == shown or "\\" in shown


# --- JSON ---

def check_json(report, text, status):
    assert status == status_of(report), status
    assert json.loads(text) == report


def check_json_lines(report, text, status):
    assert status == status_of(report), status
    *checks, whole = [json.loads(line) for line in text.splitlines()]
    if isinstance(report.get("checks"), list):
        assert checks == report["checks"]
    assert whole == {key: value for key, value in report.items() if key != "checks"}


EACH = {"json": check_json, "json-lines": check_json_lines, "junit": check_junit,
        "tap": check_tap, "sarif": check_sarif, "nagios": check_nagios,
        "openmetrics": check_openmetrics, "prometheus": check_prometheus}
ALL = {"junit": check_all_junit, "tap": check_all_tap}
