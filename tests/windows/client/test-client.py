#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl.exe under Wine: what it prints, how it ends, what it says of this "Windows",
and that it judges machines as the program of Linux does. Prints TAP.

$PF_CTL is the program, $PF_WINE_RUN what runs it, $PF_FIXTURES the folder of the fixtures,
$PF_DAEMON preflightd.exe, $PF_FAKE_SSH the program of fake-ssh.c,
$PF_BINUTILS what the names of objdump and strip begin with. $PF_CTL_NATIVE is the program of
Linux, built from the same tree; without it nothing is compared.
"""

import concurrent.futures
import difflib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "ctl"))

from points import contains, equal, run_tests, test  # pylint: disable=wrong-import-position

CTL = os.environ["PF_CTL"]
WINE = os.environ["PF_WINE_RUN"]
DAEMON = os.environ["PF_DAEMON"]
SSH = os.environ["PF_FAKE_SSH"]
FIXTURES = pathlib.Path(os.environ["PF_FIXTURES"])
BINUTILS = os.environ["PF_BINUTILS"]
NATIVE = os.environ.get("PF_CTL_NATIVE")

READY, BLOCKED, USAGE, UNKNOWN, UNREACHABLE = range(5)
NOBODY = r"--socket=\\.\pipe\org.preflightd.nobody"

# What every Windows has; a library of a compiler or of ours is none of them.
OF_WINDOWS = {"advapi32", "authz", "iphlpapi", "kernel32", "msvcrt", "netapi32", "ntdll", "ole32",
              "oleaut32", "psapi", "shell32", "user32", "userenv", "ws2_32"}

# What Wine cannot tell a program, or tells of no Windows: never "pass".
NOT_TOLD_BY_WINE = {"disk.boot-disk", "disk.boot-disk-unique", "disk.boot-system-same",
                    "disk.system-span", "disk.filesystems", "disk.identity-unique"}


def environment(**changes):
    env = {key: value for key, value in os.environ.items()
           if key not in ("COLUMNS", "NO_COLOR", "LC_ALL", "LANG", "LC_CTYPE", "LANGUAGE", "PAGER")}
    env.update({"LC_ALL": "C.UTF-8", "TERM": "xterm"})
    env.update(changes)
    return {key: value for key, value in env.items() if value is not None}


def run(*arguments, program=None, env=None, **options):
    """Under Wine, unless it is another program."""
    command = [program] if program else [WINE, CTL]
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=env or environment(), timeout=120, check=False, **options)


def run_json(*arguments, **options):
    done = run(*arguments, "--format=json", **options)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def option_of(key):
    return "--" + re.sub("([A-Z])", r"-\1", key).lower()


def fixtures(scratch):
    """Every folder windows-PROBE/CASE: its name, a root directory, and the options of what it
    demands. One that is no captured machine is copied, and gets what tells that it has Windows."""
    for folder in sorted(FIXTURES.glob("windows-*/*")):
        if not (folder / "expected.json").exists():
            continue
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        demand = {"account": "root", **expected.get("demand", {})}
        options = [option_of(key) + f"={value}" for key, value in demand.items()]
        root = folder / "root"
        if not (root / ".preflight/capture.json").exists():
            options.append("--only=" + ",".join(expected["checks"]))
            copy = pathlib.Path(scratch, folder.parent.name, folder.name)
            root = shutil.copytree(root, copy) if root.exists() else copy
            hive = root / "Windows/System32/config/SYSTEM"
            hive.parent.mkdir(parents=True, exist_ok=True)
            hive.touch()
        yield folder.relative_to(FIXTURES), root, options


# --- one file ---

@test
def it_needs_no_library_of_ours():
    listed = subprocess.run([BINUTILS + "objdump", "-p", CTL], stdout=subprocess.PIPE, check=True,
                            text=True).stdout
    names = {name.lower().removesuffix(".dll")
             for name in re.findall(r"DLL Name: (\S+)", listed)}
    assert names, "no imports were found"
    equal(names - OF_WINDOWS, set(), "libraries")


@test
def it_runs_stripped_and_alone():
    with tempfile.TemporaryDirectory(prefix="pf-client.") as folder:
        alone = os.path.join(folder, "preflightctl.exe")
        subprocess.run([BINUTILS + "strip", "-o", alone, CTL], check=True)
        assert os.path.getsize(alone) < os.path.getsize(CTL)
        done = subprocess.run([WINE, alone, "--version"], stdout=subprocess.PIPE, check=False,
                              env=environment(), cwd=folder, timeout=120)
        equal((done.returncode, done.stdout.split()[0]), (READY, b"preflightctl"))


# --- usage ---

@test
def exit_statuses_of_what_cannot_be():
    cases = [
        ([], USAGE, "no command"),
        (["chekc"], USAGE, "check"),
        (["check", "--bogus"], USAGE, "unknown option --bogus"),
        (["check", "-Z"], USAGE, "unknown option -Z"),
        (["check", "--s"], USAGE, "ambiguous"),
        (["check", "--root"], USAGE, "needs a value"),
        (["check", "--quiet=yes"], USAGE, "takes no value"),
        (["check", "--only=windows.nothing"], USAGE, "windows.nothing"),
        (["check", "superfluous"], USAGE, "too many"),
        (["check", r"--root=C:\there\is\none"], USAGE, "no such directory"),
        (["check", NOBODY], UNREACHABLE, "no daemon"),
        (["watch", NOBODY], UNREACHABLE, "sc start preflightd"),
        (["explain", "nothing-like-it"], USAGE, "nothing is known"),
        (["inspect", "ssh", "--in-process"], USAGE, "no facts"),
    ]
    for arguments, status, text in cases:
        done = run(*arguments)
        equal(done.returncode, status, f"{arguments}: {done.stderr}")
        contains(done.stderr.decode(), text)
        equal(done.stdout, b"", f"{arguments}: output")


@test
def what_changes_a_machine_is_there():
    """In this process; nobody is asked to over the pipe or ssh."""
    helped = run("--help").stdout.decode()
    for command in ("plan", "fix", "undo", "history"):
        assert re.search(rf"(?m)^  {command} ", helped), command
    done = run("plan", "-H", "admin@192.0.2.7")
    equal(done.returncode, USAGE)
    contains(done.stderr.decode(), "is changed by an administrator of its own")
    root = FIXTURES / "windows-domain/stopped/root"
    done = run("plan", f"--root={root}")
    equal(done.returncode, USAGE)
    contains(done.stderr.decode(), "an image is changed on Linux")


@test
def a_pattern_is_no_file_name():
    """Whatever lies in the current directory."""
    with tempfile.TemporaryDirectory(prefix="pf-client.") as folder:
        pathlib.Path(folder, "windows.netlogon.txt").write_text("", encoding="utf-8")
        done = subprocess.run([WINE, CTL, "list", "--format=json"], cwd=folder, check=True,
                              stdout=subprocess.PIPE, env=environment(), timeout=120)
        checks = json.loads(done.stdout)["checks"]
        root = FIXTURES / "windows-domain/good/root"
        done = subprocess.run([WINE, CTL, "check", f"--root={root}", "--only=windows.*",
                               "--format=json"], cwd=folder, check=False, env=environment(),
                              stdout=subprocess.PIPE, timeout=120)
        names = {check["check"] for check in json.loads(done.stdout)["checks"]}
        assert len(names) > 10 and all(name.startswith("windows.") for name in names), names
        assert names <= {check["id"] for check in checks}, names


@test
def list_and_explain():
    _, listed = run_json("list")
    assert all("windows" in check["platforms"] for check in listed["checks"])
    text = run("list").stdout.decode()
    for check in listed["checks"]:
        contains(text, check["id"])
    done = run("explain", "95522", "--no-check")
    equal(done.returncode, READY, done.stderr)
    contains(done.stdout.decode(), "windows.netlogon")


@test
def a_waiver_says_where_it_belongs():
    done = run("waive", "windows.netlogon", "--reason=because", "--owner=Jane",
               "--expires=2027-01-31")
    equal(done.returncode, READY, done.stderr)
    contains(done.stdout.decode(), r"%ProgramData%\preflightd\waivers.d")
    contains(done.stdout.decode(), "Check=windows.netlogon")


@test
def a_profile_by_any_name():
    profile = pathlib.Path(__file__).resolve().parents[3] / "config/profiles/asr-mobility.conf"
    on_z = "Z:" + str(profile).replace("/", "\\")
    for name, where in ((str(profile), None), (on_z, None), (profile.name, profile.parent)):
        done = run("profile", name, cwd=where)
        equal(done.returncode, READY, f"{name}: {done.stderr}")
        equal(done.stderr, b"", name)
    equal(run("profile", r"Z:\there\is\none.conf").returncode, USAGE)


# --- output ---

@test
def lines_end_as_everywhere():
    for arguments in (["list"], ["list", "--format=json"], ["--help"]):
        output = run(*arguments).stdout
        assert output and b"\r" not in output, arguments


@test
def a_language_is_asked_for():
    root = FIXTURES / "windows-domain/disabled/root"
    only = ["check", f"--root={root}", "--only=windows.netlogon"]
    japanese = run(*only, env=environment(LC_ALL="ja_JP.UTF-8")).stdout
    assert re.search("[\u3040-\u30ff]", japanese.decode()), japanese
    for locale in ("C", "ja_JP.SJIS", None):
        piped = run(*only, env=environment(LC_ALL=locale, LANG=None)).stdout
        assert piped.isascii(), f"{locale}: {piped}"


def run_on_console(*arguments, **changes):
    """Both streams, on a terminal that Wine makes a console of."""
    master, slave = pty.openpty()
    process = subprocess.Popen([WINE, CTL, *arguments], stdin=slave, stdout=slave, stderr=slave,
                               env=environment(**changes), start_new_session=True)
    os.close(slave)
    output = b""
    while select.select([master], [], [], 60)[0]:
        try:
            got = os.read(master, 65536)
        except OSError:
            break
        if not got:
            break
        output += got
    os.close(master)
    return process.wait(60), output


@test
def a_console_has_colours_and_a_width():
    root = FIXTURES / "windows-domain/disabled/root"
    arguments = ["check", f"--root={root}", "--only=windows.*", "--in-process"]
    status, output = run_on_console(*arguments)
    equal(status, BLOCKED, output)
    plain = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x07]*\x07", b"", output)
    contains(plain.decode(errors="replace"), "windows.netlogon")
    assert b"\x1b[" in output, "no sequence"


# --- this "Windows" ---

@test
def nobody_listens_and_it_looks_itself():
    done = run("status")
    contains(done.stderr.decode(), r"no daemon at \\.\pipe\org.preflightd.Preflight; probing in")
    assert done.returncode in (BLOCKED, UNKNOWN), done.stdout


@test
def this_machine_is_not_called_ready():
    status, report = run_json("check", "--in-process")
    assert report["verdict"] in ("blocked", "unknown") and status in (BLOCKED, UNKNOWN), report
    verdicts = {check["check"]: check["verdict"] for check in report["checks"]}
    for check in NOT_TOLD_BY_WINE:
        equal(verdicts[check], "unknown", check)
    for check in report["checks"]:
        assert check["verdict"] != "unknown" or check["summary"], check
    assert "pass" in verdicts.values(), "nothing could be looked at"


def verdicts_of(*arguments, **options):
    _, report = run_json("check", *arguments, **options)
    return {check["check"]: check["verdict"] for check in report["checks"]}


def captured_at_rest(copy):
    """Captures this machine. Wine starts and ends services of its own as it likes: what is
    judged another way after the capture than before is captured again. Returns the verdicts."""
    before = verdicts_of("--in-process")
    for _ in range(5):
        shutil.rmtree(copy, ignore_errors=True)
        done = run("capture", copy)
        equal(done.returncode, READY, done.stderr)
        after = verdicts_of("--in-process")
        if after == before:
            return after
        changed, before = set(before.items()) ^ set(after.items()), after
    raise AssertionError(f"this machine does not come to rest: {sorted(changed)}")


@test
def a_copy_of_this_machine_is_judged_alike():
    with tempfile.TemporaryDirectory(prefix="pf-client.") as folder:
        copy = os.path.join(folder, "copy")
        here = captured_at_rest(copy)
        for program in [None] + ([NATIVE] if NATIVE else []):
            there = verdicts_of(f"--root={copy}", "--account=Administrator", program=program)
            differ = sorted(set(here.items()) ^ set(there.items()))
            equal(differ, [], f"{program or 'under Wine'}")


# --- the daemon ---

class Daemon:
    """preflightd.exe in the foreground, at a pipe of its own."""

    def __init__(self, root):
        self.socket = rf"--socket=\\.\pipe\pf-client.{os.getpid()}"
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([WINE, DAEMON, self.socket, f"--root={root}"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env=environment())
        deadline = time.monotonic() + 60
        while run("status", self.socket).returncode == UNREACHABLE:
            assert time.monotonic() < deadline and self.process.poll() is None, "no daemon"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


@test
def the_daemon_and_the_process_agree():
    root = FIXTURES / "windows-domain/disabled/root"
    own = run("check", f"--root={root}", "--format=json")
    with Daemon(root) as daemon:
        asked = run("check", daemon.socket, "--format=json")
        equal((asked.returncode, asked.stderr), (BLOCKED, b""))
        equal(without_times(asked.stdout), without_times(own.stdout))
        line = run("status", daemon.socket)
        equal(line.returncode, BLOCKED)
        contains(line.stdout.decode(), "Netlogon is disabled")
        refused = run("check", daemon.socket, "--profile=none-such")
        equal(refused.returncode, USAGE, refused.stderr)


# --- over ssh ---

def over_ssh(*arguments):
    """ssh.exe is fake-ssh.c: it runs what answers there as ssh would, on pipes of Windows."""
    return run(*arguments, env=environment(PREFLIGHT_SSH=SSH, PF_FAKE_SSH_CTL=CTL))


@test
def another_machine_over_ssh():
    done = over_ssh("check", "-H", "Jane@there:2222", "--only=space.*", "--format=json")
    equal(done.returncode, READY, done.stderr)
    assert [check["check"] for check in json.loads(done.stdout)["checks"]] == \
        ["space.copy", "space.install"], done.stdout
    contains(over_ssh("list", "-H", "there").stdout.decode(), "windows.netlogon")


@test
def machines_that_are_not_reached():
    for host, text in (("nowhere", "Connection refused"), ("bare", "has no preflightctl")):
        done = over_ssh("status", "-H", host)
        equal(done.returncode, UNREACHABLE, host)
        contains(done.stderr.decode(), text)
    done = run("status", "-H", "there", env=environment(PREFLIGHT_SSH=r"C:\no\ssh.exe"))
    equal(done.returncode, UNREACHABLE)
    contains(done.stderr.decode(), "cannot run ssh")


# --- other machines ---

@test
def a_machine_with_linux_is_refused():
    for root in sorted(FIXTURES.glob("sshd/good*/root"))[:1] + [FIXTURES / "os"]:
        done = run("check", f"--root={root}")
        equal(done.returncode, USAGE, done.stderr)
        contains(done.stderr.decode(), "a machine with Linux is looked at on Linux")


def without_times(output):
    return re.sub(rb'("\w*USec": ?)\d+', rb"\1N", output)


def differences(name, root, options, forms):
    """What the two programs say of one machine, where it is not the same."""
    for form in forms:
        arguments = ["check", f"--root={root}", f"--format={form}", *options]
        ours, theirs = run(*arguments), run(*arguments, program=NATIVE)
        if (ours.returncode, without_times(ours.stdout), ours.stderr) == \
                (theirs.returncode, without_times(theirs.stdout), theirs.stderr):
            continue
        lines = difflib.unified_diff(*[(f"{done.returncode}\n" + without_times(done.stdout).decode()
                                        + done.stderr.decode()).splitlines()
                                       for done in (theirs, ours)],
                                     "on Linux", "on Windows", lineterm="", n=1)
        return f"{name}, {ours.returncode} for {theirs.returncode}: {ours.stderr.decode()}" + \
            "\n".join(list(lines)[:20])
    return None


@test
def every_fixture_is_reported_byte_for_byte():
    if not NATIVE:
        return "PF_CTL_NATIVE names no program of Linux"
    with tempfile.TemporaryDirectory(prefix="pf-client.") as scratch, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        every = [(*one, ["json"]) for one in fixtures(scratch)]
        assert len(every) > 100, f"{len(every)} fixtures"
        # A table shows what the report says: one of each probe will do.
        for _, _, _, forms in {one[0].parent: one for one in every}.values():
            forms.append("table")
        found = [one for number, one in enumerate(every)
                 if os.environ.get("PF_FULL") or number % 3 == 0 or "table" in one[3]]
        different = [text for text in pool.map(lambda one: differences(*one), found) if text]
    assert not different, f"{len(different)} of {len(found)}:\n" + "\n".join(different)
    return None


if __name__ == "__main__":
    sys.exit(run_tests(sys.argv[1:]))
