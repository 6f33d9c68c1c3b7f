#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl --host through a real ssh and a real sshd, and every way in which that fails.

PF_CTL, PF_DAEMON and PF_REMEDYD are the programs. Prints TAP.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading

import remediation_box
import service_under_test
import ssh_box
from service_under_test import Service, Skip
from stdio import CTL, Stdio

PREFLIGHT = "org.preflightd.Preflight"
READY, BLOCKED, USAGE, UNKNOWN, UNREACHABLE = range(5)
SOCKET = f"/run/preflightd/{PREFLIGHT}"
REMEDY_SOCKET = "/run/preflightd/org.preflightd.Remediation"


class Far:
    """What the tests are about: the box, and the daemon that runs in it."""

    def __init__(self, box, service):
        self.box = box
        self.service = service

    def run(self, *arguments, **changes):
        env = {key: value for key, value in os.environ.items()
               if key not in ("LANG", "LANGUAGE", "SSH_ASKPASS", "DISPLAY")}
        env.update({"LC_ALL": "C.UTF-8", **changes})
        return subprocess.run([CTL, *arguments], capture_output=True, text=True, env=env,
                              timeout=120, check=False, stdin=subprocess.DEVNULL,
                              start_new_session=True)

    def fails(self, host, text, *arguments, status=UNREACHABLE, **changes):
        done = self.run(*(arguments or ("check",)), "-H", host, **changes)
        assert done.returncode == status, (host, done)
        assert text in done.stderr, (host, done.stderr)
        assert done.stdout == "", done.stdout
        return done


def report(far, *arguments, **changes):
    done = far.run("check", "--format=json", *arguments, **changes)
    return done.returncode, json.loads(done.stdout), done.stderr


def test_the_report_is_that_of_the_daemon_there(far):
    status, there, errors = report(far, "-H", "good")
    assert status == BLOCKED and errors == "", errors
    status, here, _ = report(far, f"--socket={SOCKET}")
    assert status == BLOCKED
    for key in ("verdict", "host", "profile", "counts"):
        assert there[key] == here[key], key
    assert there["host"]["os"] == "debian 12"


def unknown_check(far):
    """A check that blocks, and that nothing is known of on a machine with so little on it."""
    return next(check["check"] for check in report(far, f"--socket={SOCKET}")[1]["checks"]
                if check["verdict"] == "unknown" and check["severity"] == "blocker")


def test_exit_statuses_are_those_of_the_machine_there(far):
    for arguments, status in ((["check", "--only=os.distribution"], READY),
                              (["check", "--only=ssh.server"], BLOCKED),
                              (["check", f"--only={unknown_check(far)}"], UNKNOWN),
                              (["status"], BLOCKED),
                              (["check", "--only=none.such"], USAGE),
                              (["check", "--account=a b\n"], USAGE),
                              (["check", "--profile=none"], USAGE)):
        here = far.run(*arguments, f"--socket={SOCKET}")
        there = far.run(*arguments, "-H", "admin@good")
        assert here.returncode == there.returncode == status, (here, there)
        assert here.stderr == there.stderr


def test_output_says_which_machine_it_is_about(far):
    for arguments in (["check"], ["status"], ["list"], ["explain", "95108"], ["inspect", "ssh"]):
        done = far.run(*arguments, "-H", "admin@[::1]:22" if arguments == ["check"] else "good")
        assert ("over ssh: " in done.stdout or done.stdout.startswith("good: blocked: ")), done
    done = far.run("status", "-H", "good", "--format=json")
    assert json.loads(done.stdout)["host"] == "good"


def test_all_that_can_be_asked(far):
    there, here = (far.run("list", *where, "--format=json") for where in (["-H", "good"], []))
    assert json.loads(there.stdout) == json.loads(here.stdout)
    assert json.loads(far.run("inspect", "ssh", "-H", "good", "--format=json").stdout)["effective"]
    assert "sshd refuses passwords" in far.run("explain", "ssh.password-authentication", "-H",
                                               "good").stdout
    watch = subprocess.Popen([CTL, "watch", "--format=json-lines", "-H", "good"], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    late = threading.Timer(60, watch.kill)
    late.start()
    first = json.loads(watch.stdout.readline())
    late.cancel()
    watch.terminate()
    watch.wait(60)
    watch.stdout.close()
    assert first["report"]["verdict"] == "blocked", first


def test_a_forced_command_will_do(far):
    status, there, _ = report(far, "-H", "forced@good")
    assert status == BLOCKED and there["verdict"] == "blocked"
    done = subprocess.run(["ssh", "forced@good", "id; rm -rf /nonexistent"], capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert done.stdout == b"" and done.returncode == 0, "what was asked for is not run"
    far.box.only_command("preflightctl serve-stdio")
    try:
        assert report(far, "-H", "good")[0] == BLOCKED
        assert report(far, "-H", "root@good")[0] == BLOCKED
        far.fails("root@good", "makes no changes: its sshd lets this account or key run one "
                               "command alone", "history")
    finally:
        far.box.only_command(None)


def test_several_calls_over_one_connection(far):
    with Stdio("-xT", "--", "good", "preflightctl serve-stdio", program=["ssh"]) as stdio:
        for _ in range(3):
            assert stdio.call(f"{PREFLIGHT}.GetReport")["parameters"]["report"]
            info = stdio.call("org.varlink.service.GetInfo")["parameters"]
            assert info["product"] == "preflightd"
        assert stdio.end() == (0, b"")


def test_varlinkctl(far):
    tool = os.environ.get("VARLINKCTL")
    if not tool:
        raise Skip("there is no varlinkctl of systemd 257 or later")
    address = "ssh-exec:forced@good:preflightctl serve-stdio"
    done = subprocess.run([tool, "--no-pager", "info", address], capture_output=True, text=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and "Product: preflightd" in done.stdout, done
    done = subprocess.run([tool, "--json=short", "call", "ssh-exec:good:preflightctl serve-stdio",
                           f"{PREFLIGHT}.GetReport", "{}"], capture_output=True, text=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert json.loads(done.stdout)["report"]["verdict"] == "blocked", done


def test_what_others_may_not_see_is_withheld_there_too(far):
    (far.service.root / "etc/ssh/sshd_config").chmod(0o600)
    try:
        arguments = ("--only=ssh.password-authentication",)
        stranger, root = (report(far, "-H", f"{user}@good", *arguments)[1]["checks"][0]
                          for user in ("admin", "root"))
    finally:
        (far.service.root / "etc/ssh/sshd_config").chmod(0o644)
    assert stranger["verdict"] == root["verdict"] == "fail"
    assert any(item.get("withheld") for item in stranger["evidence"]), stranger
    assert not any(item.get("withheld") for item in root["evidence"]), root


def test_changes_are_for_root(far):
    for command in (["history"], ["plan"], ["fix", "--yes"], ["undo", "--last"]):
        far.fails("admin@good", "admin@good: no service at", *command)
    with remediation_box.Box() as box:
        box.path = pathlib.Path(REMEDY_SOCKET)
        box.start(fake=False, mode=0o600)
        for command in (["history"], ["plan"], ["fix", "--yes"], ["undo", "--last"]):
            far.fails("admin@good", "admin@good: only root may change this machine", *command)
        done = far.run("plan", "-H", "root@good", "ssh.password-authentication", "--consent",
                       "--format=json")
        assert "PasswordAuthentication" in done.stdout, done
        done = far.run("history", "-H", "root@good")
        assert done.returncode == 0 and "over ssh: root@good" in done.stdout, done
        far.fails("root@good", "with --host name it", "plan", "ssh.access", "--lease=5min",
                  "--source=192.0.2.7", status=USAGE)


def test_a_password_that_is_wrong(far):
    askpass = far.box.top / "askpass"
    askpass.write_text("#!/bin/sh\necho wrong\n")
    askpass.chmod(0o755)
    far.fails("wrong", "cannot reach wrong over ssh: ", SSH_ASKPASS=str(askpass),
              SSH_ASKPASS_REQUIRE="force")
    askpass.write_text(f"#!/bin/sh\necho '{ssh_box.PASSWORD}'\n")
    status, _, _ = report(far, "-H", "wrong", SSH_ASKPASS=str(askpass),
                          SSH_ASKPASS_REQUIRE="force")
    assert status == BLOCKED


def test_ways_to_fail(far):
    for host, text in (("locked@good", "over ssh: locked@127.0.0.1: Permission denied"),
                       ("stranger", "cannot reach stranger over ssh: Host key verification failed"),
                       ("refused", "cannot reach refused over ssh: ssh: connect to host "
                                   "127.0.0.1 port 9: Connection refused"),
                       ("nowhere", "cannot reach nowhere over ssh: ssh: Could not resolve"),
                       ("bare@good", "bare@good has no preflightctl where its shell looks for it"),
                       ("barred@good", "this account may not run preflightctl on barred@good"),
                       ("noisy@good", "what noisy@good sends is no answer; does its shell print "
                                      "something at login?"),
                       ("closed@good", "closed@good has ended the connection")):
        far.fails(host, text)
    far.fails("-oProxyCommand=id", "a host does not begin with '-'", status=USAGE)
    far.fails("good", "PREFLIGHT_SSH_TIMEOUT=soon: expected a time", status=USAGE,
              PREFLIGHT_SSH_TIMEOUT="soon")
    far.fails("good", "cannot run ssh to reach good: ", PREFLIGHT_SSH="/nonexistent/ssh")


def test_what_ssh_says_does_not_reach_the_terminal_as_it_is(far):
    program = far.box.top / "hostile"
    program.write_text("#!/bin/sh\nprintf 'a\\033[2Jb\\n\\033]0;owned\\007 last\\n' >&2\nexit 255\n")
    program.chmod(0o755)
    done = far.fails("good", "over ssh: ", PREFLIGHT_SSH=str(program))
    assert "\033" not in done.stderr and "\007" not in done.stderr, done.stderr
    assert done.stderr.startswith("preflightctl: good: a"), done.stderr


def test_a_far_side_that_is_silent_is_left(far):
    program = far.box.top / "silent"
    program.write_text("#!/bin/sh\nexec sleep 1000\n")
    program.chmod(0o755)
    far.fails("good", "good did not answer in time", PREFLIGHT_SSH=str(program),
              PREFLIGHT_SSH_TIMEOUT="200ms")


def test_a_server_that_never_speaks(far):
    with socket.create_server(("127.0.0.1", 7)):
        far.fails("silent", "cannot reach silent over ssh: ")


def test_formats_that_tell_failures_do(far):
    done = far.run("check", "-H", "refused", "--format=nagios")
    assert done.returncode == UNKNOWN and "UNKNOWN" in done.stdout, done


def test_a_far_daemon_that_dies(far):
    """Last but one: it is not started again."""
    watch = subprocess.Popen([CTL, "watch", "--format=json-lines", "-H", "good"], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    late = threading.Timer(60, watch.kill)
    late.start()
    assert json.loads(watch.stdout.readline())["report"]
    far.service.stop(signal.SIGKILL)
    _, errors = watch.communicate(timeout=60)
    late.cancel()
    assert watch.returncode == UNREACHABLE and "good: the service has closed the connection" in \
        errors, errors


def test_without_a_daemon_who_logged_in_looks(far):
    pathlib.Path(SOCKET).unlink()
    status, there, errors = report(far, "-H", "admin@good", "--only=system.*")
    assert status in (READY, BLOCKED, UNKNOWN) and there["checks"]
    assert errors == f"preflightctl: admin@good: no daemon at {SOCKET}; answering in this process\n"
    assert report(far, "-H", "admin@good", "--only=system.*", "-q")[2] == ""


def main():
    if not service_under_test.DAEMON or not CTL:
        service_under_test.skip_all("PF_DAEMON or PF_CTL names no program")
    if os.environ.get("PF_OUTSIDE") is None:
        reason = ssh_box.reason_not_to()
        if reason:
            service_under_test.skip_all(reason)
        try:
            os.environ["VARLINKCTL"] = service_under_test.find_varlinkctl()
        except Skip:
            pass  # one test is skipped; in the box it could not be fetched any more
        return ssh_box.boxed([sys.executable, "-B", *sys.argv])
    with ssh_box.Box(CTL) as box, Service() as service:
        service.path = pathlib.Path(SOCKET)
        service.start()
        far = Far(box, service)
        return service_under_test.run(service_under_test.tests_of(sys.modules[__name__]), far, box)


if __name__ == "__main__":
    sys.exit(main())
