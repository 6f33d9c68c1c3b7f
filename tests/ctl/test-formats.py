#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every format of a report is valid by its own validator and says the same, whatever
bytes the report holds. Prints TAP.

Needs what test-preflightctl.py needs; its service that answers anything gives the
reports, which the real client shows. $PF_FORMATS_SEED makes other hostile reports.
"""

import concurrent.futures
import copy
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from points import TESTS, load, test

SYSTEM_PYTHON = "/usr/bin/python3"
HERE = pathlib.Path(__file__).resolve().parent

formats = load("formats")
if formats.missing() and os.path.exists(SYSTEM_PYTHON) and "PF_FORMATS_AGAIN" not in os.environ:
    # The packages of the system are for its own interpreter.
    os.execve(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv], {**os.environ, "PF_FORMATS_AGAIN": "1"})
client = load("test-preflightctl")
TESTS.clear()

SEED = int(os.environ.get("PF_FORMATS_SEED", "1"))
N_HOSTILE = int(os.environ.get("PF_FORMATS_COUNT", "6"))
FINGERPRINT = "sha256:" + "0123456789abcdef" * 4


def show(report, form, *options):
    """What the client prints for a report that a service gives, and its exit status."""
    answer = report if isinstance(report, bytes) else \
        client.message(parameters={"report": report})
    with client.Impostor(answer) as impostor:
        done = client.run("check", f"--socket={impostor.path}", f"--format={form}", *options,
                          program=client.CTL)
    return done


def show_all(reports, form):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda report: show(report, form), reports))


def validate(reports, form, wire=lambda report: report):
    """The client shows each report; the validator of the format has nothing against it."""
    reason = formats.missing().get(form)
    if reason:
        return reason
    texts = []
    for report, done in zip(reports, show_all([wire(report) for report in reports], form)):
        text = done.stdout.decode()
        try:
            assert done.stderr == b"", done.stderr[:500]
            formats.is_safe(text)
            formats.EACH[form](report, text, done.returncode)
        except Exception as error:
            raise AssertionError(f"{form} of {json.dumps(report)[:1500]}\n{text[:3000]}") from error
        texts.append(text)
    if form in formats.ALL:
        formats.ALL[form](texts)
    return None


def check(name, verdict, severity="blocker", **members):
    return {"check": name, "errorIds": ["95108"], "verdict": verdict, "severity": severity,
            "summary": f"{name} is {verdict}", "evidence": [], "remedy": None,
            "vendorVerdict": None, "reason": None, "where": None, "waiver": None,
            "fingerprint": None, "documentation": "https://example.org/",
            "probedUSec": 1795394867606108, "durationUSec": 410, **members}


def report_of(*checks, verdict="ready", **members):
    counts = {verdict: sum(c["verdict"] == verdict for c in checks) for verdict in formats.VERDICTS}
    return {"schema": 1, "verdict": verdict,
            "host": {"hostname": "db7", "machineId": "0" * 32, "bootId": None, "os": "debian 12",
                     "kernel": None},
            "profile": "asr-mobility", "agentVersion": "9.65", "account": "root",
            "source": "192.0.2.7", "partial": False, "counts": counts,
            "startedUSec": 1795394867606000, "durationUSec": 6100, "checks": list(checks),
            "notCovered": ["boot.drivers"], "waivers": [], **members}


WAIVER = {"file": "/etc/preflightd/waivers.d/a.conf", "reason": "a jump host logs in",
          "owner": "ops@example.org", "expiresUSec": 1798761600000000, "withheld": None}
FULL = report_of(
    check("ssh.server", "pass", evidence=[{"path": "/proc/net/tcp", "line": 3,
                                           "found": "0.0.0.0:22", "expected": None}]),
    check("ssh.password-authentication", "fail", errorIds=["95108", "x-sshd-dropin-order"],
          evidence=[{"path": "/etc/ssh/sshd_config.d/50 cloud:init.conf", "line": 1,
                     "found": "PasswordAuthentication no", "expected": "PasswordAuthentication yes"},
                    {"path": "/etc/ssh/sshd_config", "line": None, "withheld": True},
                    {"path": None, "found": "no", "expected": "yes"}],
          remedy={"safety": "consent", "summary": "allow it in a Match block"},
          vendorVerdict="ready: it does not look", reason="password-off", fingerprint=FINGERPRINT),
    check("ssh.root-login", "waived", waiver=WAIVER, fingerprint=FINGERPRINT),
    check("space.root", "warn", severity="warning"),
    check("space.inodes", "skip"),
    check("os.kernel", "unknown", where="session"),
    check("a.newer-check", "fail", severity="info"),
    verdict="blocked",
    waivers=[{"file": WAIVER["file"], "state": "active", "summary": "it counts"},
             {"file": "/etc/preflightd/waivers.d/b.conf", "line": 4, "state": "expired",
              "summary": "it expired on 2025-01-01"}])
READY = report_of(check("ssh.server", "pass"))
PLAIN = [FULL, READY, report_of(check("space.root", "warn")),
         report_of(check("os.kernel", "unknown"), verdict="unknown"),
         report_of(verdict="unknown"), report_of(check("ssh.server", "pass"), verdict="blocked"),
         report_of(check("ssh.server", "fine")), {}, {"checks": []},
         {"verdict": 1, "host": [], "counts": "many", "checks": [None, 1, [], {}], "waivers": 7}]


def add_validation(form):
    def plain():
        return validate(PLAIN, form)

    def hostile():
        source = random.Random(SEED)
        reports = [hostile_report(source) for _ in range(N_HOSTILE)] + [LONG, EVERY_CHARACTER]
        return validate(reports, form, as_on_the_wire)

    for function in (plain, hostile):
        function.__name__ = f"{form} of {function.__name__} reports"
        test(function)


# --- hostile reports ---

NASTY = ["", " ", "\n", "\r\n", "\t", "\x1b]0;owned\x07\x1b[2J", "\x9b31m", "\x7f", "\u202eevil\u202c",
         "\ufeff", "\ufffe", "\uffff", "\ufdd0", "\U0001fffe", "\U0010ffff", "\U000e0001", "\ufffd",
         "\u2028", "\u0085", "\U0001f600", "\u3042\u4e9c", "]]>", "<!--", "<x a='1'>", "&#0;",
         "&amp;", "\"'`", "\\", "\\n", "\\\\#", "#", " # SKIP", " # TO" + "DO later",
         "\nnot ok 99 - x", "\nok 1", "\n1..0", "\nBail out!", "\n  ...\n", "\n  ---\n", "|", "||",
         "' x=1;;;", "\n# EOF\n", "{a=\"b\"} 1\n", "{0}", "{{", "[x](https://evil.example)",
         "[x](1)", "%s%n", "$(id)", "../../etc", "/", "//", "a:b", "?q#f", "\u0001\u0002", "~", "- ",
         "null", "yes", "!!python/object", "*a", "&a", "key: value", "@", "`"]


def hostile_text(source):
    return "".join(source.choice(NASTY) for _ in range(source.randrange(5)))


def hostile_value(source, depth=0):
    kinds = [lambda: hostile_text(source), lambda: source.choice([None, True, False]),
             lambda: source.choice([0, -1, 1, 2**31, 2**53, 2**63 - 1, -2**63])]
    if depth < 3:
        kinds += [lambda: [hostile_value(source, depth + 1) for _ in range(source.randrange(3))],
                  lambda: {hostile_text(source): hostile_value(source, depth + 1)
                           for _ in range(source.randrange(3))}]
    return source.choice(kinds)()


def spoil(source, value):
    """The same shape; all texts hostile, and now and then another type or nothing."""
    if source.random() < 0.04:
        return hostile_value(source)
    if isinstance(value, dict):
        kept = {key: spoil(source, item) for key, item in value.items() if source.random() > 0.03}
        if source.random() < 0.1:
            kept[hostile_text(source)] = hostile_value(source)
        return kept
    if isinstance(value, list):
        return [spoil(source, item) for item in value]
    if isinstance(value, str):
        return hostile_text(source)
    if isinstance(value, int) and not isinstance(value, bool) and source.random() < 0.3:
        return source.choice([0, -1, 2**62, 2**63 - 1, -2**63])
    return value


def hostile_report(source):
    """FULL, spoilt; the words that decide are mostly left, so that all branches are taken."""
    report = spoil(source, copy.deepcopy(FULL))
    if not isinstance(report, dict):
        report = {"checks": report}
    if source.random() < 0.8:
        report["verdict"] = source.choice(["ready", "blocked", "unknown"])
    checks = report.get("checks")
    for item in checks if isinstance(checks, list) else []:
        if isinstance(item, dict) and source.random() < 0.9:
            item["verdict"] = source.choice(formats.VERDICTS)
            item["severity"] = source.choice(["blocker", "warning", "info", "odd"])
    if isinstance(checks, list) and checks:
        checks.append(copy.deepcopy(checks[0]))  # one name twice
    return report


LONG = report_of(check("ssh." + "x" * 5000, "fail", summary="\u3042| " * 60000, evidence=[
    {"path": "/" + "p\n" * 20000, "line": 2**40, "found": "<" * 100000, "expected": "#"}] * 20),
                 *[check(f"space.c{i}", "unknown", summary="s" * 900) for i in range(60)],
                 verdict="blocked")

CHARACTERS = "".join(chr(code) for code in [*range(1, 0x180), *range(0x2000, 0x2070),
                                            *range(0xfff0, 0x10000), 0x1f600, 0x10ffff])
EVERY_CHARACTER = report_of(
    check("ssh.x" + CHARACTERS, "fail", summary=CHARACTERS, vendorVerdict=CHARACTERS,
          reason=CHARACTERS, fingerprint=CHARACTERS,
          evidence=[{"path": CHARACTERS, "line": 1, "found": CHARACTERS, "expected": CHARACTERS}],
          remedy={"safety": CHARACTERS, "summary": CHARACTERS}, errorIds=[CHARACTERS]),
    check("ssh.y", "waived", waiver={key: CHARACTERS for key in WAIVER}), verdict="blocked",
    host={key: CHARACTERS for key in ("hostname", "machineId", "bootId", "os", "kernel")},
    profile=CHARACTERS, agentVersion=CHARACTERS, account=CHARACTERS, source=CHARACTERS,
    waivers=[{"file": CHARACTERS, "state": CHARACTERS, "summary": CHARACTERS}])


def as_on_the_wire(report):
    """Half a surrogate pair stands for each U+FFFD: that is what the client makes of it."""
    text = json.dumps({"parameters": {"report": report}}).replace("\\ufffd", "\\ud83d")
    return text.encode() + b"\0"


# --- what stands in them ---

@test
def bytes_that_are_no_answer():
    """What is not UTF-8, and NUL, a service cannot send: it is refused, and said so."""
    for bad in (b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\\u0000"):
        answer = json.dumps({"parameters": {"report": {**READY, "profile": "MARK"}}}).encode()
        for form in formats.EACH:
            done = show(answer.replace(b"MARK", bad) + b"\0", form)
            formats.is_safe(done.stderr.decode())
            if form == "nagios":
                assert done.stdout.startswith(b"PREFLIGHT UNKNOWN: "), done.stdout
                client.equal(done.returncode, 3)
            else:
                client.equal((done.returncode, done.stdout), (client.UNREACHABLE, b""), form)


@test
def junit_says():
    text = show(FULL, "junit").stdout.decode()
    for part in ('tests="7" failures="2" errors="1" skipped="2" time="0.006100"',
                 'timestamp="2026-11-23T00:47:47"', '<property name="hostname" value="db7"/>',
                 '<property name="profile" value="asr-mobility"/>',
                 '<testcase name="ssh.server" classname="preflight.ssh" time="0.000410"/>',
                 '<failure message="ssh.password-authentication is fail" type="blocker">',
                 '<error message="os.kernel is unknown" type="blocker">',
                 ':1: found &quot;PasswordAuthentication no&quot;, expected ',
                 'ssh.root-login is waived; accepted by ops@example.org until 2027-01-01 00:00 UTC: '
                 'a jump host logs in"/>',
                 '<system-out>space.root: space.root is warn\n',
                 '<system-err>waiver /etc/preflightd/waivers.d/b.conf: it expired on 2025-01-01'):
        client.contains(text, part)


@test
def tap_says():
    text = show(FULL, "tap").stdout.decode()
    for part in ("TAP version 14\n1..7\n", "\nok 1 - ssh.server: ssh.server is pass\nnot ok 2 - ",
                 '    - path: "/etc/ssh/sshd_config.d/50 cloud:init.conf"\n      line: 1\n',
                 "\nok 3 - ssh.root-login # SKIP waived: accepted by ops@example.org until ",
                 "\nok 4 - space.root: space.root is warn\n  ---\n",
                 "\nok 5 - space.inodes # SKIP space.inodes is skip\n",
                 "\nnot ok 6 - os.kernel: ", "\n# waiver that does not count: it expired",
                 "\n# verdict: blocked\n"):
        client.contains(text, part)


@test
def sarif_says():
    run = json.loads(show(FULL, "sarif").stdout)["runs"][0]
    by_rule = {result["ruleId"]: result for result in run["results"]}
    kinds = {name: (result["kind"], result["level"]) for name, result in by_rule.items()}
    client.equal(kinds, {"ssh.server": ("pass", "none"),
                         "ssh.password-authentication": ("fail", "error"),
                         "ssh.root-login": ("fail", "error"), "space.root": ("fail", "warning"),
                         "space.inodes": ("notApplicable", "none"), "os.kernel": ("open", "none"),
                         "a.newer-check": ("fail", "note")})
    failed = by_rule["ssh.password-authentication"]
    client.equal(failed["locations"][0]["physicalLocation"], {
        "artifactLocation": {"uri": "etc/ssh/sshd_config.d/50%20cloud%3Ainit.conf",
                             "uriBaseId": "ROOT"},
        "region": {"startLine": 1, "snippet": {"text": "PasswordAuthentication no"}}})
    client.equal(failed["relatedLocations"][0]["physicalLocation"],
                 {"artifactLocation": {"uri": "etc/ssh/sshd_config", "uriBaseId": "ROOT"}})
    client.contains(failed["relatedLocations"][0]["message"]["text"], "only root and group")
    client.equal(failed["partialFingerprints"], {"preflightEvidence/v1": FINGERPRINT})
    client.equal(by_rule["ssh.root-login"]["suppressions"], [
        {"kind": "external", "status": "accepted", "justification":
         "accepted by ops@example.org until 2027-01-01 00:00 UTC: a jump host logs in"}])
    client.equal(run["originalUriBaseIds"], {"ROOT": {"uri": "file:///"}})
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["ssh.server"]["shortDescription"]["text"] and rules["ssh.server"]["helpUri"]
    client.equal(rules["a.newer-check"], {"id": "a.newer-check"})
    invocation = run["invocations"][0]
    client.equal((invocation["machine"], invocation["startTimeUtc"], invocation["exitCode"]),
                 ("db7", "2026-11-23T00:47:47Z", 1))
    client.equal(invocation["toolExecutionNotifications"][0]["associatedRule"], {"id": "os.kernel"})
    client.contains(invocation["toolConfigurationNotifications"][0]["message"]["text"], "b.conf")


@test
def sarif_of_an_image():
    """Paths are those in the image; where that is, the base says."""
    with client.Machine(client.FAIL) as machine:
        done = client.run("check", f"--root={machine.root}/etc/..", "--format=sarif")
        run = json.loads(done.stdout)["runs"][0]
        client.equal(run["originalUriBaseIds"], {"ROOT": {"uri": f"file://{machine.root}/"}})


@test
def nagios_statuses():
    cases = [(READY, [], 0, "OK"), (FULL, [], 2, "CRITICAL"),
             (report_of(check("space.root", "warn")), [], 1, "WARNING"),
             (report_of(check("space.root", "warn")), ["--strict"], 2, "CRITICAL"),
             (report_of(check("space.root", "warn", severity="info")), ["--strict"], 0, "OK"),
             (report_of(check("space.root", "fail", severity="warning")), [], 1, "WARNING"),
             (report_of(check("ssh.server", "waived", waiver=WAIVER)), [], 0, "OK"),
             (report_of(check("ssh.server", "waived", waiver=WAIVER)), ["--strict"], 2, "CRITICAL"),
             (report_of(check("os.kernel", "unknown"), verdict="unknown"), [], 3, "UNKNOWN"),
             ({}, [], 3, "UNKNOWN")]
    for report, options, status, state in cases:
        done = show(report, "nagios", *options)
        client.equal((done.returncode, done.stdout.split(b":")[0].decode()),
                     (status, f"PREFLIGHT {state}"), str(options))
    text = show(FULL, "nagios").stdout.decode()
    for part in ("PREFLIGHT CRITICAL: blocked: ssh.password-authentication is fail (95108), ",
                 " | 'fail'=2;;;0;7 'unknown'=1;;;0;7 'warn'=1;;;0;7 ", " 'duration'=0.006100s;;;0;\n",
                 "\n[FAIL] ssh.password-authentication: ", "\n[waived] ssh.root-login: ",
                 "\nwaiver /etc/preflightd/waivers.d/b.conf: it expired"):
        client.contains(text, part)
    assert "ssh.server" not in text and "a.conf: it counts" not in text, text
    client.equal(show(FULL, "nagios", "--quiet").stdout.count(b"\n"), 1)
    client.contains(show(LONG, "nagios").stdout.decode(), " more: preflightctl check\n")


@test
def nagios_without_an_answer():
    """A monitor looks at standard output, and takes 2 for a failure of the machine."""
    for arguments in (["check", "--socket=/nonexistent"], ["check", "--root=/nonexistent"],
                      ["check", "--nonsense"], ["chekc"], ["check", "--only=zzz"]):
        for order in ([*arguments, "--format=nagios"], ["--format=nagios", *arguments]):
            done = client.run(*order)
            client.equal(done.returncode, 3, str(order))
            client.equal(done.stdout.count(b"\n"), 1, str(order))
            assert done.stdout.startswith(b"PREFLIGHT UNKNOWN: "), done.stdout
            assert done.stderr


@test
def openmetrics_says():
    text = show(FULL, "openmetrics").stdout.decode()
    for part in ('preflight_target_info{hostname="db7",', 'preflight_verdict{preflight_verdict='
                 '"blocked"} 1\n', 'preflight_checks{verdict="fail"} 2\n',
                 'preflight_check_verdict{check="ssh.root-login",preflight_check_verdict="waived"} 1',
                 'preflight_check_info{check="a.newer-check",severity="info",error_ids="95108"} 1\n',
                 'preflight_started_timestamp_seconds 1795394867.606000\n',
                 'preflight_check_duration_seconds{check="ssh.server"} 0.000410\n',
                 'preflight_check_waiver_expiry_timestamp_seconds{check="ssh.root-login"} '
                 '1798761600.000000\n', 'preflight_waivers{state="expired"} 1\n'):
        client.contains(text, part)


@test
def prometheus_says_the_same():
    """Samples are those of OpenMetrics; what node_exporter's collector cannot read is not there."""
    samples = [[line for line in show(FULL, form).stdout.decode().splitlines()
                if not line.startswith("#")] for form in ("openmetrics", "prometheus")]
    client.equal(samples[0], samples[1])
    client.contains(show(FULL, "prometheus").stdout.decode(),
                    "# TYPE preflight_target_info gauge\n# HELP preflight_target_info The machine")


@test
def strict_is_the_same_everywhere():
    """Where warnings count, what warns is bad in each format; what is for information is not."""
    report = report_of(check("space.root", "warn"), check("os.kernel", "warn", severity="info"),
                       check("ssh.server", "waived", waiver=WAIVER))
    for form, part in (("junit", b'failures="2" errors="0"'), ("tap", b"\nnot ok 1 - space.root"),
                       ("tap", b"\nnot ok 3 - ssh.server")):
        done = show(report, form, "--strict")
        client.equal(done.returncode, client.BLOCKED)
        assert part in done.stdout, done.stdout
        assert part not in show(report, form).stdout
    run = json.loads(show(report, "sarif", "--strict").stdout)["runs"][0]
    client.equal(run["invocations"][0]["exitCode"], client.BLOCKED)


@test
def tables_show_waivers():
    text = show(FULL, "table").stdout.decode()
    client.contains(text, "  waived  ssh.root-login ")
    client.contains(text, "waived: accepted by ops@example.org until 2027-01-01 00:00 UTC: a jump "
                          "host logs in (/etc/preflightd/waivers.d/a.conf)\n")
    client.contains(text, "\nWaivers that do not count\n  expired /etc/preflightd/waivers.d/b.conf:4: "
                          "it expired on 2025-01-01\n")
    client.contains(show(FULL, "table", "-q").stdout.decode(), "Waivers that do not count")
    withheld = {**WAIVER, "owner": None, "reason": None, "withheld": True}
    text = show(report_of(check("ssh.server", "waived", waiver=withheld)), "table").stdout.decode()
    client.contains(text, "accepted until 2027-01-01 00:00 UTC; only root and group preflightd")


@test
def no_format_hides_what_was_not_asked_or_has_not_passed():
    """That some checks pass is no reason to take the machine for ready."""
    report = report_of(check("ssh.server", "pass"), check("ssh.root-login", "waived",
                                                          waiver=WAIVER))
    marks = {"table": "only these checks were asked for", "json": '"partial": true',
             "junit": '<property name="partial" value="true"/>',
             "tap": "# partial: only these checks were asked for", "sarif": '"partial": true',
             "nagios": "OK: ready: 1 passed, 1 waived; only these checks were asked for |",
             "openmetrics": "\npreflight_partial 1\n", "prometheus": "\npreflight_partial 1\n"}
    for form, mark in marks.items():
        client.contains(show({**report, "partial": True}, form).stdout.decode(), mark)
        assert mark not in show(report, form).stdout.decode(), form
    client.contains(show(report, "nagios").stdout.decode(), "OK: ready: 1 passed, 1 waived |")
    formats.EACH["openmetrics"]({**report, "partial": True},
                                show({**report, "partial": True}, "openmetrics").stdout.decode(), 0)


@test
def formats_that_cannot_show_it():
    for form in ("junit", "tap", "sarif", "openmetrics", "prometheus"):
        for command in (["list"], ["explain", "95108"], ["inspect", "ssh"], ["watch"]):
            done = client.run(*command, f"--format={form}")
            client.equal((done.returncode, done.stdout), (client.USAGE, b""), str(command))
            client.contains(done.stderr.decode(), f"--format={form}: {command[0]} cannot be shown")


@test
def status_in_every_format():
    """From the report that is kept, as check from a new one."""
    with client.Machine(client.FAIL) as machine:
        for form in ("junit", "tap", "sarif", "nagios", "openmetrics", "prometheus"):
            kept = client.run("status", f"--root={machine.root}", f"--format={form}")
            asked = client.run("check", f"--root={machine.root}", f"--format={form}")
            client.equal(kept.returncode, asked.returncode, form)
            client.equal(kept.stdout[:20], asked.stdout[:20], form)


@test
def output_that_cannot_be_written():
    with client.Machine() as machine, open("/dev/full", "wb") as full:
        for form in formats.EACH:
            done = client.run("check", f"--root={machine.root}", f"--format={form}", stdout=full)
            client.equal(done.returncode, 3 if form == "nagios" else client.USAGE, form)
            client.contains(done.stderr.decode(), "No space left on device")


# --- machines ---

BYTES = bytes(range(1, 256))
FILES = {"etc/hostname": BYTES, "etc/os-release": b'ID="' + BYTES + b'"\nVERSION_ID=' + BYTES,
         "etc/ssh/sshd_config": b"Port 22\n" + BYTES + b"\nBanner " + BYTES * 40 + b"\n\0\0",
         "etc/ssh/sshd_config.d/\xff\x1b[31m|<&\"'.conf": b"PermitRootLogin " + BYTES,
         "etc/passwd": b"root:x:0:0:" + BYTES.replace(b":", b"") + b":/root:/bin/sh\n" + BYTES,
         "etc/fstab": b"/dev/sda1 /" + BYTES + b" ext4 defaults 0 1\n" + BYTES,
         "etc/default/grub": b'GRUB_CMDLINE_LINUX="' + BYTES + b'"\n',
         "boot/grub/grub.cfg": b"menuentry '" + BYTES + b"' {\n linux /vmlinuz root=/dev/sda1 " +
                               BYTES + b"\n}\n",
         "usr/sbin/sshd": b"\x7fELF" + BYTES, "etc/shadow": b"root:" + BYTES}


@test
def a_machine_of_hostile_files():
    with client.Machine() as machine:
        for name, contents in FILES.items():
            machine.write(os.fsdecode(name.encode("latin-1")), contents)
        compare_with_json([f"--root={machine.root}"])


@test
def this_machine():
    compare_with_json(["--in-process"])


def compare_with_json(options):
    """The report as JSON is valid; every other format is, too, and says the same of it."""
    texts = {}
    for form in formats.EACH:
        done = client.run("check", f"--format={form}", *options, program=client.CTL)
        texts[form] = (done.stdout.decode(), done.returncode)
        formats.is_safe(texts[form][0])
    report = json.loads(texts["json"][0])
    if formats.jsonschema:
        validate_report(report)
    for form, (text, status) in texts.items():
        if form not in ("json", "json-lines", *formats.missing()):
            # Another run took other times, and may have been told other numbers.
            quiet = without_texts(report)
            formats.EACH[form](quiet, text, status)
            if form in formats.ALL:
                formats.ALL[form]([text])


def without_texts(report):
    return {**report, "checks": [{key: item[key] for key in ("check", "verdict")}
                                 for item in report["checks"]]}


REPORT_SCHEMA = HERE.parents[1] / "config/report.schema.json"


def validate_report(report):
    schema = json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))
    errors = [f"{list(error.absolute_path)}: {error.message[:300]}"
              for error in formats.schema_validator(schema).iter_errors(report)]
    assert not errors, errors[:3]


@test
def the_schema_is_that_of_the_interface():
    interface = HERE.parents[1] / "config/org.preflightd.Preflight.varlink"
    generator = HERE.parents[1] / "config/generate-report-schema.py"
    made = subprocess.run([sys.executable, generator, interface], capture_output=True, check=True)
    client.equal(json.loads(made.stdout), json.loads(REPORT_SCHEMA.read_text(encoding="utf-8")),
                 "generate-report-schema.py org.preflightd.Preflight.varlink > report.schema.json")


@test
def the_schema_refuses():
    """What a reader may rely on is in the schema: it is no list of wishes."""
    if not formats.jsonschema:
        return formats.missing()["sarif"]
    validate_report(FULL)
    for spoilt in ({**FULL, "schema": 2}, {**FULL, "verdict": "fine"}, {**FULL, "host": None},
                   {**FULL, "checks": [{**FULL["checks"][0], "verdict": None}]},
                   {**FULL, "checks": [{**FULL["checks"][0], "evidence": [{"line": "1"}]}]},
                   {key: value for key, value in FULL.items() if key != "counts"}):
        try:
            validate_report(spoilt)
        except AssertionError:
            continue
        raise AssertionError(f"accepted: {spoilt}")
    validate_report({**FULL, "aFieldOfTomorrow": 1})
    return None


for name in formats.EACH:
    add_validation(name)

if __name__ == "__main__":
    sys.exit(client.main())
