#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl from outside: what it prints, where, and how it ends. Prints TAP.

$PF_CTL is the program; $PF_CTL_SCRIPTED and $PF_DAEMON_SCRIPTED are it and the
daemon with the probes of scripted-probes.c, which answer what a file says.
"""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

from points import contains, equal, run_tests, test

CTL = os.environ["PF_CTL"]
SCRIPTED = os.environ["PF_CTL_SCRIPTED"]
DAEMON = os.environ["PF_DAEMON_SCRIPTED"]

READY, BLOCKED, USAGE, UNKNOWN, UNREACHABLE = range(5)
INTERFACE = "org.preflightd.Preflight"
CHECKS = ["ssh.server", "ssh.password-authentication", "ssh.root-login", "space.root",
          "space.inodes", "os.kernel"]

FAIL = b"ssh.password-authentication|fail|sshd refuses passwords for root|" \
       b"/etc/ssh/sshd_config|12|PasswordAuthentication no|PasswordAuthentication yes|" \
       b"allow passwords in a Match block|ready: it does not look\n"
WARN = b"space.root|warn|1.4 GiB are free\n"
LOST = b"ssh.root-login|unknown|cannot read it\n"
SKIP = b"space.inodes|skip|no fixed number of inodes\n"

HOSTILE = b"\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\xe2\x80\xae\xf3\xa0\x80\x81\xff\xfe\r\t\x7f\"\\ end"


class Machine:
    """A root directory, and what the scripted probes answer about it."""

    def __init__(self, answers=b"", **files):
        self.root = tempfile.mkdtemp(prefix="preflightctl.")
        self.write("answers", answers)
        self.write("etc/hostname", b"db7\n")
        self.write("etc/os-release", b"ID=debian\nVERSION_ID=\"12\"\n")
        for name, contents in files.items():
            self.write(name.replace("_", "."), contents)

    def write(self, name, contents):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(contents)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)


def environment(**changes):
    env = {key: value for key, value in os.environ.items()
           if key not in ("COLUMNS", "NO_COLOR", "LC_ALL", "LANG", "LC_CTYPE", "TERM")}
    env.update({"LC_ALL": "C.UTF-8", "TERM": "xterm", "PAGER": ""})
    env.update(changes)
    return {key: value for key, value in env.items() if value is not None}


def run(*arguments, program=SCRIPTED, env=None, **options):
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([program, *arguments], env=env or environment(), timeout=60,
                          stdin=subprocess.DEVNULL, check=False, **options)


def run_json(*arguments, **options):
    done = run(*arguments, "--format=json", **options)
    return done.returncode, json.loads(done.stdout)


def run_on_terminal(*arguments, columns=80, env=None, program=SCRIPTED, stdout=None):
    """Output of both streams on a terminal of that width, and the exit status."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([program, *arguments], stdin=slave, stdout=stdout or slave,
                               stderr=slave, env=env or environment())
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
    return process.wait(60), output.replace(b"\r\n", b"\n")


def plain(output):
    return re.sub(rb"\x1b\[[0-9;]*m", b"", output).decode()


def is_safe(output, colours=False, newlines=b"\n"):
    """No control characters, no invisible ones, nothing that is not UTF-8."""
    text = plain(output) if colours else output.decode()
    bad = [char for char in text if char not in newlines.decode() and
           (ord(char) < 0x20 or 0x7f <= ord(char) <= 0x9f or char in "\u202e\ufffe\U000e0001")]
    assert not bad, f"unsafe characters {bad!r} in {text!r}"


# --- exit statuses ---

@test
def exit_statuses():
    cases = [
        (b"", [], READY), (SKIP, [], READY),
        (WARN, [], READY), (WARN, ["--strict"], BLOCKED),
        (FAIL, [], BLOCKED), (LOST, [], UNKNOWN), (FAIL + LOST, [], BLOCKED),
        (LOST + WARN, ["--strict"], BLOCKED), (LOST, ["--strict"], UNKNOWN),
        (FAIL, ["--skip=ssh.password-authentication"], READY),
        (FAIL, ["--only=ssh.server,os.*"], READY),
    ]
    for answers, options, expected in cases:
        with Machine(answers) as machine:
            every = [f"--only={','.join(CHECKS)}"] if not any("only" in o for o in options) else []
            for command in ("check", "status"):
                for form in ("table", "json"):
                    done = run(command, f"--root={machine.root}", f"--format={form}", *every,
                               *options)
                    equal(done.returncode, expected, f"{command} {answers!r} {options}")
                    # Others than root are told who could look.
                    if os.geteuid() == 0:
                        equal(done.stderr, b"", f"{command} {answers!r} {options}")


@test
def required_checks_without_a_probe_are_not_ready():
    """The profile decides whether their absence is told as part of the verdict."""
    with Machine() as machine:
        status, report = run_json("check", f"--root={machine.root}")
        equal(status, {"ready": READY, "unknown": UNKNOWN}[report["verdict"]])
        assert "boot.drivers" in report["notCovered"]
        text = run("check", f"--root={machine.root}").stdout.decode()
        contains(text, "not covered yet: ")
        contains(text, "boot.*")
        if report["verdict"] == "unknown":
            contains(text, "without those that the profile requires nothing is called ready")
            line = run("status", f"--root={machine.root}").stdout.decode()
            contains(line, "unknown: no probe answers some of the checks")


@test
def usage_errors():
    with Machine() as machine:
        root = f"--root={machine.root}"
        cases = [
            ([], "no command"),
            (["chek"], 'unknown command "chek"; did you mean check?'),
            (["check", "more"], '"more" is one argument too many'),
            (["explain"], "explain needs an argument: TEXT..."),
            (["inspect"], "inspect needs an argument: ssh"),
            (["inspect", "boot", root], "boot: there are no facts about that"),
            (["check", "--acount=x"], "unknown option --acount; did you mean account?"),
            (["check", "--so=x"], "ambiguous option --so"),
            (["check", "-x"], "unknown option -x"),
            (["check", "--root"], "--root needs a value"),
            (["check", "--root="], "--root= needs a value"),
            (["check", "--strict=yes"], "--strict takes no value"),
            (["list", "--strict"], "list has no option --strict"),
            (["watch", "--root=/"], "watch has no option --root"),
            (["check", "--format=jsn"], "--format=jsn: no such format; did you mean json?"),
            (["check", root, "--socket=/x"], "--socket asks a daemon, and --root does not"),
            (["check", "--in-process", "--socket=/x"], "and --in-process does not"),
            (["check", root, "-Hdb7"], "--host asks another machine, and --root does not"),
            (["check", "--host=db7", "--socket=/x"], "another machine, and --socket does not"),
            (["check", "-H", "db7", "--in-process"], "another machine, and --in-process does"),
            (["check", "-H"], "--host needs a value"),
            (["check", "-H", "db7:ssh"], "--host=db7:ssh: a port is a number from 1 to 65535"),
            (["capture", "-H", "db7", "/x"], "capture has no option --host"),
            (["list", "-H", "db7", "--all"], "--host tells its checks alone"),
            (["check", f"{root}/missing"], "there is no such directory"),
            (["check", f"{root}/answers"], "there is no such directory"),
            (["check", root, "--source=there"], '--source: "there" is not an IPv4 or IPv6'),
            (["check", root, "--source=::FFFF:c000:207"], "give it as IPv4, 192.0.2.7"),
            (["check", root, "--local-address=1.2.3"], "--local-address: "),
            (["check", root, "--local-port=65536"], "--local-port=65536: a port is a number"),
            (["check", root, "--local-port=22x"], "a port is a number"),
            (["check", root, "--agent-version=new"], "--agent-version: "),
            (["check", root, "--account=a\nb"], "--account: holds a control character"),
            (["check", root, "--profile=asr-mobilty"], 'no profile "asr-mobilty"; did you mean '
                                                       "asr-mobility?"),
            (["check", root, "--only=ssh.sever"], "--only=ssh.sever: no check has that name; did "
                                                  "you mean ssh.server?"),
            (["check", root, "--skip=zzz"], "--skip=zzz: no check has that name"),
            (["check", root, "--only=boot.*"], "--only=boot.*: this version cannot answer that"),
            (["check", root, "--only=ssh.server,,"], "an empty name in the list"),
            (["check", root, "--only=ssh.*", "--skip=*"], "--skip leaves no check"),
            (["explain", "zzzz"], 'nothing is known about "zzzz"; "preflightctl list --all"'),
            (["explain", "ssh.passwd"], "did you mean ssh.password-authentication?"),
            (["explain", "a" * 5000], "longer than"),
        ]
        for arguments, text in cases:
            done = run(*arguments)
            equal(done.returncode, USAGE, str(arguments))
            equal(done.stdout, b"", str(arguments))
            contains(done.stderr.decode(), text)
            assert done.stderr.startswith(b"preflightctl: "), done.stderr
            is_safe(done.stderr)


@test
def options_stand_anywhere():
    with Machine(FAIL) as machine:
        equal(run(f"--root={machine.root}", "check").returncode, BLOCKED)
        equal(run("check", "--root", machine.root, "--no-pager").returncode, BLOCKED)
        equal(run("check", "--only=ssh.server", "--only", "os.kernel",
                  f"--root={machine.root}").returncode, READY)
        equal(run("explain", "--", "95108").returncode, READY)


@test
def help_and_version():
    done = run("--help")
    equal((done.returncode, done.stderr), (0, b""))
    for command in ("check", "status", "watch", "list", "explain", "inspect"):
        contains(done.stdout.decode(), f"\n  {command}")
        own = run(command, "-h")
        equal((own.returncode, own.stderr), (0, b""))
        contains(own.stdout.decode(), f"preflightctl {command} [OPTION...]")
        # What the help of a command names, the command takes.
        for option, argument in re.findall(r"--([a-z-]+)(=[A-Z]+)?", own.stdout.decode()):
            refused = run(command, "--" + option + ("=?" if argument else ""), "x", "y", "z")
            assert b"has no option" not in refused.stderr, refused.stderr
    assert "--strict" not in run("list", "--help").stdout.decode()
    assert re.fullmatch(rb"preflightctl [0-9.]+\n", run("--version").stdout)
    for columns in (40, 80):
        output = plain(run_on_terminal("--help", columns=columns)[1])
        assert max(len(line) for line in output.splitlines()) <= columns, output


# --- where output goes ---

@test
def output_that_cannot_be_written():
    commands = [["check"], ["status"], ["list"], ["explain", "95108"], ["--help"], ["--version"],
                ["check", "--format=json"], ["inspect", "ssh"]]
    with Machine(facts_json=b'{"accepted": true}') as machine:
        for command in commands:
            if command[0] in ("check", "status", "inspect"):
                command = [*command, f"--root={machine.root}"]
            with open("/dev/full", "wb") as full:
                done = run(*command, stdout=full)
            equal(done.returncode, USAGE, str(command))
            contains(done.stderr.decode(), "No space left on device")

            read_end, write_end = os.pipe()
            os.close(read_end)
            done = run(*command, stdout=write_end)
            os.close(write_end)
            equal(done.returncode, USAGE, str(command))
            contains(done.stderr.decode(), "Broken pipe")

            done = run(*command, preexec_fn=lambda: os.close(1), stdout=None)
            equal(done.returncode, USAGE, str(command))
            contains(done.stderr.decode(), "Bad file descriptor")


@test
def all_descriptors_closed():
    """A socket or a file must not take the number of standard output."""
    def close_all():
        os.close(0)
        os.close(1)
        os.close(2)

    with Machine() as machine, Service(machine) as service:
        for arguments in (["check", f"--root={machine.root}"],
                          ["check", f"--socket={service.path}"]):
            done = subprocess.run([SCRIPTED, *arguments], env=environment(), preexec_fn=close_all,
                                  timeout=60, check=False)
            equal(done.returncode, USAGE)


# --- tables ---

@test
def table_when_piped():
    expected = """\
db7: debian 12, image at {root}
asr-mobility 9.65, installed as root from 192.0.2.7

Access by SSH
  pass    ssh.server                   as it should be
  FAIL    ssh.password-authentication  sshd refuses passwords for root
            /etc/ssh/sshd_config:12: found "PasswordAuthentication no", expected "PasswordAuthentication yes"
            vendor's check: ready: it does not look
            fix: allow passwords in a Match block (consent)
            errors: 95108, x-sshd-dropin-order
  unknown ssh.root-login               cannot read it
            errors: 95108, x-permit-root-login, x-sshd-dropin-order

Free space
  warn    space.root                   1.4 GiB are free
            error: lin-root-space
  skip    space.inodes                 no fixed number of inodes

more about a check or an error: preflightctl explain NAME
"""
    with Machine(FAIL + WARN + LOST + SKIP) as machine:
        arguments = ["check", f"--root={machine.root}", "--source=192.0.2.7",
                     "--agent-version=9.65", "--only=ssh.*,space.*"]
        for env in (environment(), environment(COLUMNS="40"), environment(LC_ALL="C"),
                    environment(TERM=None)):
            lines = run(*arguments, env=env).stdout.decode().splitlines(keepends=True)
            equal("".join(lines[:-2]), expected.format(root=machine.root))
            contains(lines[-2], "not covered yet: ")
            equal(lines[-1], "blocked: 1 failed, 1 unknown, 1 warning, 1 passed, 1 not applicable; "
                             "only these checks were asked for\n")


@test
def quiet_shows_what_is_wrong():
    only = f"--only={','.join(CHECKS)}"
    with Machine() as machine:
        equal(run("check", "-q", only, f"--root={machine.root}").stdout, b"")
    with Machine(FAIL + SKIP) as machine:
        output = run("check", "-q", only, f"--root={machine.root}").stdout.decode()
        assert output.startswith("  FAIL    ssh.password-authentication "), output
        assert "ssh.server" not in output and "space.inodes" not in output, output
        contains(output, "\nblocked: 1 failed, ")


@test
def widths():
    with Machine(FAIL + WARN + LOST + SKIP) as machine:
        for columns in (40, 80, 200):
            for arguments in (["check", f"--root={machine.root}"], ["list", "--all"],
                              ["explain", "95108"], ["explain", "space.root"]):
                status, output = run_on_terminal(*arguments, columns=columns)
                assert status in (0, 1), status
                for line in plain(output).splitlines():
                    # Longer only where a word, or a line that is kept, is too long by itself.
                    whole = line.startswith("      ") and arguments[0] == "explain"
                    longest = max(map(len, line.split()), default=0)
                    assert len(line) <= columns or whole or longest > columns - 16, line


@test
def colours():
    with Machine(FAIL) as machine:
        arguments = ["check", f"--root={machine.root}"]
        contains(run_on_terminal(*arguments)[1], b"\x1b[1;31m")
        for env in (environment(NO_COLOR="1"), environment(TERM="dumb"), environment(TERM=None)):
            output = run_on_terminal(*arguments, env=env)[1]
            assert b"\x1b" not in output, output
            contains(output.decode(), "\u2717 ssh.password-authentication")
        contains(run_on_terminal(*arguments, env=environment(NO_COLOR=""))[1], b"\x1b[1;31m")
        assert b"\x1b" not in run(*arguments).stdout


@test
def ascii_terminal():
    with Machine(b"ssh.server|fail|caf\xc3\xa9 \xe6\x97\xa5|/etc/x|1|na\xc3\xafve\n" + FAIL) as machine:
        output = run_on_terminal("check", f"--root={machine.root}", env=environment(LC_ALL="C"))[1]
        assert all(byte < 0x80 for byte in output), output
        contains(plain(output), "FAIL    ssh.server")
        contains(plain(output), "caf\\u00e9 \\u65e5")
        output = run_on_terminal("check", f"--root={machine.root}")[1]
        contains(plain(output), "caf\u00e9 \u65e5")


@test
def columns_of_the_environment():
    with Machine(FAIL) as machine:
        output = run_on_terminal("check", f"--root={machine.root}", columns=200,
                                 env=environment(COLUMNS="60"))[1]
        assert max(len(line) for line in plain(output).splitlines()) <= 60
        for nonsense in ("0", "-5", "x", "99999999999999999999"):
            equal(run_on_terminal("check", f"--root={machine.root}",
                                  env=environment(COLUMNS=nonsense))[0], BLOCKED)


# --- text of others ---

@test
def hostile_text():
    line = b"ssh.server|fail|" + HOSTILE + b"|/etc/" + HOSTILE + b"|3|" + HOSTILE + b"|" + \
           HOSTILE + b"|" + HOSTILE + b"|" + HOSTILE + b"\n"
    with Machine(line) as machine:
        machine.write("etc/hostname", HOSTILE + b"\n")
        machine.write("etc/os-release", b'ID="' + HOSTILE.replace(b'"', b"") + b'"\n')
        root = f"--root={machine.root}"
        done = run("check", root, "--format=json")
        is_safe(done.stdout)
        report = json.loads(done.stdout)
        evidence = report["checks"][0]["evidence"][0]
        equal(evidence["found"], HOSTILE.decode(errors="replace"))
        for arguments in (["check", root], ["status", root], ["check", "-q", root]):
            done = run(*arguments)
            equal(done.returncode, BLOCKED)
            is_safe(done.stdout)
            if arguments[0] == "check":
                contains(done.stdout.decode(), "\\x1b]0;owned\\x07")
            is_safe(run_on_terminal(*arguments)[1], colours=True)
            is_safe(run_on_terminal(*arguments, columns=40)[1], colours=True)


@test
def hostile_arguments():
    for arguments in (["explain", HOSTILE], [HOSTILE], ["check", b"--" + HOSTILE], ["check", HOSTILE],
                      ["check", b"--only=" + HOSTILE], ["check", b"--socket=/" + HOSTILE],
                      ["check", b"--root=/" + HOSTILE], ["check", b"-\xff"]):
        done = run(*[os.fsdecode(argument) for argument in arguments])
        assert done.returncode in (USAGE, UNREACHABLE), done
        is_safe(done.stdout + done.stderr)


@test
def long_text():
    with Machine(b"ssh.server|fail|" + b"s" * 70000 + b"|/p|1|" + b"f " * 40000 + b"\n") as machine:
        status, report = run_json("check", f"--root={machine.root}")
        equal((status, len(report["checks"][0]["evidence"][0]["found"])), (BLOCKED, 80000))
        output = run("check", f"--root={machine.root}").stdout.decode()
        contains(output, '..."' if '..."' in output else '"...')
        assert "f " * 200 not in output


# --- catalogue ---

@test
def list_of_checks():
    status, listed = run_json("list")
    equal(status, 0)
    equal(list(listed), ["checks"])
    assert all("linux" in check["platforms"] for check in listed["checks"])
    implemented = [check["id"] for check in listed["checks"] if check["implemented"]]
    equal(sorted(implemented), sorted(CHECKS))

    everything = run_json("list", "--all")[1]
    assert len(everything["checks"]) > len(listed["checks"])
    assert all(entry["kind"] == "error" for entry in everything["errors"])
    equal([check["id"] for check in everything["checks"][:len(listed["checks"])]],
          [check["id"] for check in listed["checks"]])
    table = run("list", "--all").stdout.decode()
    for entry in everything["checks"] + everything["errors"]:
        contains(table, f"  {entry['id']} ")


@test
def explain_everything():
    everything = run_json("list", "--all")[1]
    for entry in everything["checks"] + everything["errors"]:
        status, found = run_json("explain", entry["id"])
        equal(status, 0, entry["id"])
        equal(found["entries"][0], entry)
        done = run("explain", "--no-check", entry["id"].upper())
        equal((done.returncode, done.stderr), (0, b""), entry["id"])
        is_safe(done.stdout)
        text = done.stdout.decode()
        assert text.startswith(f"{entry['id']}: {entry['title']}\n"), text
        # Lines that are commands stand as they are written.
        for line in entry["fix"].splitlines():
            if line.startswith("    "):
                contains(text, f"\n  {line}\n")


@test
def explain_by_other_names():
    equal(run_json("explain", "error", "code", "95108")[1]["entries"][0]["id"], "95108")
    first = run_json("explain", "EP0859")[1]["entries"]
    assert "95108" in [entry["id"] for entry in first]
    some = run_json("explain", "ssh.*")[1]["entries"]
    assert len(some) > 5 and all(entry["id"].startswith("ssh.") for entry in some)
    text = run("explain", "95108").stdout.decode()
    contains(text, "See also\n")
    equal(text.count("What to do"), 1)
    assert run("explain", "ssh.*").stdout.decode().count("What to do") == len(some)


@test
def explain_what_is_so_here():
    with Machine(FAIL + LOST) as machine:
        root = f"--root={machine.root}"
        text = run("explain", "ssh.password-authentication", root, "--source=192.0.2.7").stdout.decode()
        here = text[text.index("In this image\n"):text.index("\nWhat to do\n")]
        equal(re.sub(r"[0-9]{4}-[0-9T:-]+Z", "WHEN", here), """\
In this image
  FAIL    ssh.password-authentication  sshd refuses passwords for root
    /etc/ssh/sshd_config:12: found "PasswordAuthentication no", expected "PasswordAuthentication yes"
    vendor's check: ready: it does not look
    fix: allow passwords in a Match block (consent)
    errors: 95108, x-sshd-dropin-order
    looked at WHEN, for an installer that comes as root from 192.0.2.7
""")
        contains(text, "\n  1. Allow it for root and for the address of the process server only")
        contains(text, "\n  2. Or change the value")
        contains(text, "\nRemedy         consent: weakens security or restarts something")
        assert "ssh.server" not in here
        # An error has the answers of its checks, as far as somebody gives one.
        text = run("explain", "95108", root).stdout.decode()
        for part in ("  FAIL    ssh.password-authentication ", "  unknown ssh.root-login "):
            contains(text, part)
        # Programs get what is true everywhere.
        equal(run_json("explain", "ssh.root-login", root), run_json("explain", "ssh.root-login"))
        equal(run("explain", "ssh.root-login", root, "--source=x").returncode, USAGE)


@test
def explain_without_an_answer():
    """The page is worth having all the same, and says why it knows no more."""
    for options, text in ((["--no-check"], "--no-check was given"),
                          (["--socket=/nonexistent/socket"], "no daemon at /nonexistent/socket")):
        done = run("explain", "ssh.root-login", *options)
        equal((done.returncode, done.stderr), (READY, b""))
        contains(done.stdout.decode(), f"\nOn this machine\n  not looked at: {text}")
        contains(done.stdout.decode(), "\nWhat to do\n")
    assert "On this machine" not in run("explain", "boot.drivers").stdout.decode()
    hostile = {"check": "ssh.root-login", "verdict": "fail", "summary": HOSTILE.decode(errors="replace"),
               "vendorVerdict": "\x1b[2J", "evidence": [{"path": "\u202e", "found": "\x9b"}]}
    for checks in ([hostile], [], [None, 1, {}], 7):
        with Impostor(message(parameters={"report": {"checks": checks}})) as impostor:
            done = run("explain", "ssh.root-login", f"--socket={impostor.path}")
            equal(done.returncode, READY)
            is_safe(done.stdout)
            contains(done.stdout.decode(), "On this machine\n  ")


@test
def explain_through_a_pager():
    """On a terminal, unless nobody wants one; what cannot be started is no reason to fail."""
    arguments = ["explain", "ssh.root-login", "--no-check"]
    plain_text = run(*arguments).stdout
    with tempfile.TemporaryDirectory() as directory:
        kept = os.path.join(directory, "kept")
        pager = environment(PAGER=f"cat > {kept}; printenv LESS LESSSECURE >> {kept}; echo shown")
        equal(run_on_terminal(*arguments, env=pager), (0, b"shown\n"))
        with open(kept, "rb") as file:
            shown = file.read()
        assert shown.endswith(b"FRX\n1\n"), shown[-100:]
        contains(plain(shown), "sshd lets root sign in with a password")
        for options, env in (([], environment(PAGER="cat")), (["--no-pager"], pager),
                             ([], environment(PAGER="/nonexistent/pager"))):
            os.path.exists(kept) and os.unlink(kept)
            status, output = run_on_terminal(*arguments, *options, env=env)
            equal(status, 0)
            contains(plain(output), "sshd lets root sign in with a password")
            assert not os.path.exists(kept)
        equal(run_on_terminal(*arguments, env=environment(PAGER="true")), (0, b""))
        equal(run(*arguments, env=pager).stdout, plain_text)


# --- probing in this process ---

@test
def a_probe_that_hangs():
    with Machine(FAIL, hang=b"") as machine:
        start = time.monotonic()
        done = run("check", f"--root={machine.root}")
        assert time.monotonic() - start < 20
        equal(done.returncode, BLOCKED)
        contains(done.stdout.decode(), "the probe did not answer within")
        contains(done.stdout.decode(), "ssh.server ")
    with Machine(hang=b"") as machine:
        status, report = run_json("check", f"--root={machine.root}", "--only=os.kernel,ssh.server")
        equal((status, report["verdict"]), (UNKNOWN, "unknown"))


@test
def progress():
    with Machine(delay=b"700") as machine, tempfile.TemporaryFile() as out:
        arguments = ["check", f"--root={machine.root}"]
        output = run_on_terminal(*arguments, stdout=out)[1]
        contains(output.decode(), "\r\x1b[K5/6 os.kernel \u2026")
        assert output.endswith(b"\r\x1b[K"), output
        contains(run_on_terminal(*arguments, stdout=out, env=environment(LC_ALL="C"))[1],
                 b"5/6 os.kernel ...")
        narrow = run_on_terminal(*arguments, stdout=out, columns=20)[1]
        contains(narrow.decode(), "5/6 os.kernel")
        for quiet in ([*arguments, "--quiet"],):
            equal(run_on_terminal(*quiet, stdout=out)[1], b"")
        equal(run_on_terminal(*arguments, stdout=out, env=environment(TERM="dumb"))[1], b"")
        equal(run(*arguments).stderr, b"")
    with Machine() as machine, tempfile.TemporaryFile() as out:
        equal(run_on_terminal("check", f"--root={machine.root}", stdout=out)[1], b"")


@test
def without_a_daemon():
    if os.path.exists("/run/preflightd/org.preflightd.Preflight"):
        return "a daemon runs on this machine"
    done = run("check", "--format=json")
    report = json.loads(done.stdout)
    equal(report["host"]["hostname"], socket.gethostname())
    equal(done.stderr.decode(), "preflightctl: no daemon at /run/preflightd/"
                                "org.preflightd.Preflight; probing in this process\n")
    equal(run("check", "--quiet", "--format=json").stderr, b"")
    equal(run("check", "--in-process").stderr.count(b"probing"), 0)
    for command in ("check", "status", "inspect", "watch"):
        subject = ["ssh"] if command == "inspect" else []
        done = run(command, *subject, "--socket=/nonexistent/socket")
        equal((done.returncode, done.stdout), (UNREACHABLE, b""), command)
        contains(done.stderr.decode(), "no daemon at /nonexistent/socket")
    contains(run("watch").stderr.decode(), "systemctl start preflightd")
    return None


FACTS = {"accepted": False,
         "errors": [{"path": "/etc/ssh/sshd_config", "line": 7, "text": "bad option: Foo"}],
         "effective": {
             "port": {"values": ["22", "2222"], "path": "/etc/ssh/sshd_config", "line": 5,
                      "default": False},
             "passwordauthentication": {
                 "value": "no", "path": "/etc/ssh/sshd_config.d/a.conf", "line": 1,
                 "default": False, "shadowed": [{"path": "/etc/ssh/sshd_config", "line": 57}]},
             "usedns": {"value": "no", "default": True},
             "banner": {"value": "", "default": True}},
         "path": []}


@test
def inspect_facts():
    with Machine(facts_json=json.dumps(FACTS).encode()) as machine:
        root = f"--root={machine.root}"
        equal(run_json("inspect", "ssh", root), (0, FACTS))
        equal(run("inspect", "ssh", root).stdout.decode(), """\
sshd refuses this configuration
  /etc/ssh/sshd_config:7: bad option: Foo

What its lines say
  port                    22  # /etc/ssh/sshd_config:5
                          2222
  passwordauthentication  no  # /etc/ssh/sshd_config.d/a.conf:1, instead of /etc/ssh/sshd_config:57

What is built in
  usedns                  no
  banner                  (empty)
""")
        assert "built in" not in run("inspect", "ssh", root, "-q").stdout.decode()
        equal(run("inspect", "ssh", root, "--source=nowhere").returncode, USAGE)
    with Machine() as machine:
        done = run("inspect", "ssh", f"--root={machine.root}")
        equal((done.returncode, done.stdout), (UNKNOWN, b""))
        contains(done.stderr.decode(), "ssh: /facts.json: there is no such file")


STAGES = [
    {"stage": "listener", "where": "listener", "verdict": "pass", "summary": "sshd listens",
     "evidence": [{"path": "/etc/ssh/sshd_config", "line": 5, "found": "Port 22"}]},
    {"stage": "tcp-wrappers", "where": "connect", "verdict": "fail", "reason": "tcp-wrappers",
     "summary": "/etc/hosts.deny turns root away", "remedy": "put a line into /etc/hosts.allow",
     "evidence": [{"path": "/etc/hosts.deny", "line": 1, "found": "ALL: \x1b[31mALL",
                   "expected": "a rule in /etc/hosts.allow"},
                  {"path": "/etc/hosts.allow", "withheld": True}]},
    {"stage": "account-state", "where": "auth", "verdict": "skip", "summary": "PAM judges",
     "evidence": []},
    {"stage": "algorithms", "where": "kex", "verdict": "warn", "summary": "an old client could not",
     "evidence": [{"found": "nothing", "expected": "aes256-ctr"}]},
    {"stage": "pam-auth", "where": "auth", "verdict": "unknown", "summary": "who knows",
     "evidence": []},
    {"stage": "nologin", "where": "session", "verdict": "skip", "summary": "root may",
     "evidence": []}]


@test
def inspect_path():
    with Machine(facts_json=json.dumps({**FACTS, "path": STAGES}).encode()) as machine:
        root = f"--root={machine.root}"
        text = run("inspect", "ssh", root).stdout.decode()
        equal(text[:text.index("sshd refuses")], """\
The way in
  pass    listener       sshd listens
  FAIL    tcp-wrappers   /etc/hosts.deny turns root away
            /etc/hosts.deny:1: found "ALL: \\x1b[31mALL", expected "a rule in /etc/hosts.allow"
            /etc/hosts.allow: only root and group preflightd may see what was found
            fix: put a line into /etc/hosts.allow
  warn    algorithms     an old client could not
            "nothing", expected "aes256-ctr"
  unknown pam-auth       who knows
  not applicable: account-state, nologin

""")
        quiet = run("inspect", "ssh", root, "-q").stdout.decode()
        assert "listener" not in quiet and "applicable" not in quiet, quiet
        contains(quiet, "FAIL    tcp-wrappers")
        status, shown = run_on_terminal("inspect", "ssh", root)
        equal(status, 0)
        contains(plain(shown), "\u2717 tcp-wrappers")


# --- asking the daemon ---

class Service:
    """The daemon with scripted probes, on a socket of its own."""

    def __init__(self, machine):
        self.directory = tempfile.mkdtemp(prefix="preflightctl-daemon.")
        self.path = os.path.join(self.directory, "socket")
        self.process = subprocess.Popen([DAEMON, f"--socket={self.path}", f"--root={machine.root}"],
                                        stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not os.path.exists(self.path):
            assert time.monotonic() < deadline and self.process.poll() is None, "no daemon"
            time.sleep(0.01)

    def call(self, method, parameters=None):
        client = socket.socket(socket.AF_UNIX)
        client.connect(self.path)
        message = {"method": f"{INTERFACE}.{method}", "parameters": parameters or {}}
        client.sendall(json.dumps(message).encode() + b"\0")
        answer = b""
        while not answer.endswith(b"\0"):
            answer += client.recv(65536)
        client.close()
        return json.loads(answer[:-1])

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory)


def without_times(report):
    if isinstance(report, dict):
        return {key: without_times(value) for key, value in report.items()
                if not key.endswith("USec")}
    if isinstance(report, (list, tuple)):
        return [without_times(item) for item in report]
    return report


@test
def daemon_and_process_agree():
    if os.geteuid() != 0:
        return "the daemon withholds text from others than root"
    with Machine(FAIL + WARN + LOST + SKIP, facts_json=json.dumps(FACTS).encode()) as machine, \
            Service(machine) as service:
        own, asked = f"--root={machine.root}", f"--socket={service.path}"
        for arguments in (["check"], ["check", "--source=192.0.2.7", "--agent-version=9.65"],
                          ["check", "--only=ssh.*"], ["check", "--only=ssh.*,os.kernel",
                                                      "--skip=ssh.root-login"],
                          ["check", "--skip=ssh.password*"], ["check", "--strict"],
                          ["status"], ["status", "--only=os.*"], ["inspect", "ssh"],
                          *([command, "--source-host=a.example", "--local-address=192.0.2.1",
                             "--local-port=2222"] for command in ("check", "status")),
                          ["inspect", "ssh", "--account=root", "--source=192.0.2.7",
                           "--source-host=a.example", "--local-address=192.0.2.1",
                           "--local-port=2222"]):
            here, there = run_json(*arguments, own), run_json(*arguments, asked)
            equal(without_times(there), without_times(here), str(arguments))
        equal(run("check", asked).stderr, b"")
        equal(run("check", asked).returncode, BLOCKED)
    return None


@test
def daemon_refuses():
    with Machine() as machine, Service(machine) as service:
        asked = f"--socket={service.path}"
        for arguments, text in (
                (["check", "--only=ssh.sever"], "no check has that name; did you mean ssh.server?"),
                (["check", "--only=boot.*"], "this version cannot answer that"),
                (["check", "--skip=zzz"], "--skip=zzz: no check has that name"),
                (["check", "--skip=*"], "--skip leaves no check"),
                (["check", "--profile=none"], 'there is no profile "none"'),
                (["check", "--source=x"], "--source: the daemon does not take that value"),
                (["status", "--account=a\nb"], "--account: the daemon does not take that value"),
                *(([*command, "--local-address=x"], "--local-address: the daemon does not")
                  for command in (["check"], ["status"], ["inspect", "ssh"])),
                (["check", "--source-host=a\nb"], "--source-host: the daemon does not take"),
                (["inspect", "boot"], "boot: the daemon has no facts about that")):
            done = run(*arguments, asked)
            equal((done.returncode, done.stdout), (USAGE, b""), str(arguments))
            contains(done.stderr.decode(), text)


@test
def progress_of_the_daemon():
    with Machine(delay=b"700") as machine, Service(machine) as service, \
            tempfile.TemporaryFile() as out:
        status, output = run_on_terminal("check", f"--socket={service.path}",
                                         f"--only={','.join(CHECKS)}", stdout=out)
        equal(status, READY)
        contains(output.decode(), "5/6 os.kernel \u2026")
        assert output.endswith(b"\r\x1b[K"), output


@test
def watching():
    with Machine() as machine, Service(machine) as service:
        for form in ("json", "table"):
            machine.write("answers", b"")
            service.call("GetReport", {"maximumAgeUSec": 0})
            watch = subprocess.Popen([SCRIPTED, "watch", f"--socket={service.path}",
                                      f"--format={form}"], stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, env=environment())
            first = watch.stdout.readline()
            if form == "json":
                equal(json.loads(first)["report"]["host"]["hostname"], "db7")
            else:
                contains(first.decode(), "db7: debian 12")
                while not re.match(rb"(ready|unknown): ", first):
                    first = watch.stdout.readline()

            machine.write("answers", FAIL)
            service.call("GetReport", {"maximumAgeUSec": 0})
            changed = watch.stdout.readline()
            if form == "json":
                changed = json.loads(changed)["changed"]
                equal((changed["check"], changed["verdict"]),
                      ("ssh.password-authentication", "fail"))
            else:
                assert re.fullmatch(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n", changed), changed
                contains(watch.stdout.readline().decode(), "FAIL    ssh.password-authentication")
            if form == "table":
                service.stop()
            else:
                watch.stdout.close()  # what it says next, nobody reads
                machine.write("answers", b"")
                service.call("GetReport", {"maximumAgeUSec": 0})
            equal(watch.wait(30), USAGE if form == "json" else UNREACHABLE)
            contains(watch.stderr.read().decode(),
                     "Broken pipe" if form == "json" else "the daemon at ")
            watch.stderr.close()
            if form == "table":
                watch.stdout.close()


class Impostor:
    """Something that listens and answers each call with given bytes."""

    def __init__(self, answers, close=True):
        self.directory = tempfile.mkdtemp(prefix="preflightctl-impostor.")
        self.path = os.path.join(self.directory, "socket")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.answers, self.close = answers, close
        self.calls = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            client, _ = self.listener.accept()
            data = b""
            while self.answers is not None and b"\0" not in data:
                got = client.recv(65536)
                if not got:
                    break
                data += got
            self.calls = [json.loads(call) for call in data.split(b"\0")[:-1]]
            if self.answers:
                client.sendall(self.answers)
            if self.close:
                client.close()
            else:
                self.client = client
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.thread.join(10)
        shutil.rmtree(self.directory)


def message(**members):
    return json.dumps(members).encode() + b"\0"


@test
def errors_of_the_daemon():
    cases = [
        (f"{INTERFACE}.NoSuchCheck", {"check": "x"}, USAGE, "--only=x: no check has that name"),
        (f"{INTERFACE}.NoSuchProfile", {"profile": "x"}, USAGE, 'no profile "x"'),
        (f"{INTERFACE}.NotInspectable", {"subject": "x"}, USAGE, "no facts about that"),
        (f"{INTERFACE}.NotPermitted", {"reason": "only root"}, UNKNOWN, "only root"),
        (f"{INTERFACE}.ProbeFailed", {"reason": "broken"}, UNKNOWN, "broken"),
        (f"{INTERFACE}.Busy", {}, UNKNOWN, "try again later"),
        ("org.varlink.service.InvalidParameter", {"parameter": "agentVersion"}, USAGE,
         "--agent-version: the daemon does not take that value"),
        ("org.varlink.service.MethodNotFound", {"method": "Check"}, UNREACHABLE,
         "does not know Check"),
        ("org.varlink.service.InterfaceNotFound", {}, UNREACHABLE, "another service"),
        ("com.example.Odd", {}, UNKNOWN, "the daemon answered com.example.Odd"),
        (f"{INTERFACE}.ProbeFailed", {"reason": "\x1b[2J\u202e"}, UNKNOWN, "the daemon: "),
    ]
    for error, parameters, status, text in cases:
        with Impostor(message(error=error, parameters=parameters)) as impostor:
            done = run("check", f"--socket={impostor.path}")
            equal((done.returncode, done.stdout), (status, b""), error)
            contains(done.stderr.decode(), text)
            is_safe(done.stderr)
            equal(impostor.calls[0]["method"], f"{INTERFACE}.Check")
            equal(impostor.calls[0]["more"], True)


@test
def answers_that_are_none():
    cases = [b"", b"\0", b"garbage\0", b"{}", b"[]\0", b"{\"parameters\": 7}\0",
             message(parameters={}), message(parameters={"report": None}),
             message(parameters={"report": "ready"}), message(parameters={"report": ["ready"]}),
             b"[" * 100000 + b"\0", message(continues=True, parameters={"finished": {"check": 5}})]
    for answer in cases:
        with Impostor(answer) as impostor:
            done = run("check", f"--socket={impostor.path}")
            equal((done.returncode, done.stdout), (UNREACHABLE, b""), repr(answer[:80]))
            contains(done.stderr.decode(), f"the daemon at {impostor.path}")
    with Impostor(None) as impostor:  # hangs up at once
        equal(run("check", f"--socket={impostor.path}").returncode, UNREACHABLE)


@test
def reports_that_are_odd():
    """A report without what one must have is no readiness, and does no harm."""
    odd = [{}, {"verdict": "fine"}, {"verdict": 1}, {"verdict": "unknown", "checks": 5},
           {"checks": [None, 1, [], {}, {"check": 1, "verdict": 2, "summary": 3, "evidence": 4},
                       {"check": "a", "verdict": "fail", "evidence": [None, 1, {"line": -5}],
                        "errorIds": [1, None], "remedy": "x"}]},
           {"host": [], "counts": "many", "notCovered": [1, None, "", "a", "boot.x"], "partial": 1}]
    for report in odd:
        for command, form in (("check", "table"), ("status", "table"), ("check", "json")):
            with Impostor(message(parameters={"report": report})) as impostor:
                done = run(command, f"--socket={impostor.path}", f"--format={form}")
                equal((done.returncode, done.stderr), (UNKNOWN, b""), str(report))
                assert done.stdout
    for facts in ({}, {"effective": {"a": 1, "b": None, "c": {"values": [1, None]}},
                       "errors": [1, None, {}], "accepted": "yes"}):
        with Impostor(message(parameters={"facts": facts})) as impostor:
            equal(run("inspect", "ssh", f"--socket={impostor.path}").returncode, 0)


# --- the program with its own probes ---

@test
def this_machine():
    done = run("check", "--in-process", "--format=json", program=CTL)
    report = json.loads(done.stdout)
    equal(done.returncode, {"ready": 0, "blocked": 1, "unknown": 3}[report["verdict"]])
    equal(sum(report["counts"].values()), len(report["checks"]))
    equal(run("check", "--in-process", program=CTL).returncode, done.returncode)
    equal(run("status", "--in-process", program=CTL).returncode, done.returncode)


@test
def an_empty_image_is_not_ready():
    with tempfile.TemporaryDirectory() as root:
        status, report = run_json("check", f"--root={root}", program=CTL)
        assert status in (BLOCKED, UNKNOWN), report["verdict"]
        assert status != READY and report["verdict"] != "ready"


@test
def an_ordinary_user():
    """What cannot be read is unknown, and the hint says who could."""
    if os.geteuid() != 0:
        return "needs root, to become somebody else"
    with Machine(LOST) as machine:
        os.chmod(machine.root, 0o755)
        copy = os.path.join(machine.root, "ctl")
        shutil.copy(SCRIPTED, copy)
        os.chmod(copy, 0o755)
        done = run("check", f"--root={machine.root}", program=copy, user=65534)
        equal(done.returncode, UNKNOWN)
        contains(done.stderr.decode(), "run as root")
        equal(run("check", "-q", f"--root={machine.root}", program=copy, user=65534).stderr, b"")
    return None


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return run_tests(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
