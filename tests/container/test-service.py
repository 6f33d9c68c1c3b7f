#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightd as a service of systemd, in a container that boots. TAP on stdout."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import signal
import sys
import time

sys.dont_write_bytecode = True

import container
import network
import tap


def drop_in(box, name, text):
    box.path(f"/etc/systemd/system/{name}.d").mkdir(parents=True, exist_ok=True)
    box.path(f"/etc/systemd/system/{name}.d/test.conf").write_text(text)
    box.run("systemctl daemon-reload")


def property_of(box, name, unit="preflightd.service"):
    return box.run(f"systemctl show -P {name} {unit}").stdout.strip()


def report(box, *options):
    done = box.run(f"preflightctl check --format=json {' '.join(options)}", check=False)
    return json.loads(done.stdout)


def runs_after_the_boot(box):
    box.wait("systemctl is-active preflightd.service preflightd.socket")
    assert property_of(box, "User") == "preflightd"
    box.wait("test -L /run/varlink/registry/org.preflightd.Preflight")


def says_the_verdict_in_its_status(box):
    box.wait("systemctl status preflightd | grep -q 'Status: .*blocked: '")


def exposes_little(box):
    told = box.run("systemd-analyze security --no-pager preflightd.service").stdout
    level = float(told.strip().splitlines()[-1].split(": ")[1].split()[0])
    assert level <= 1.5, told
    print(f"# exposure {level}", flush=True)


def compare(box, *options, but=()):
    """What the service tells a user of root's is what root's own program finds."""
    inside, outside = report(box, *options), report(box, "--in-process", *options)
    for mine, other in zip(inside["checks"], outside["checks"], strict=True):
        if mine["check"] not in but:
            for key in ("check", "verdict", "summary", "evidence"):
                assert mine[key] == other[key], (mine, other)
    return {check["check"]: check for check in inside["checks"]}


def sees_through_its_sandbox(box):
    box.run("mkdir -p /usr/lib/modules/$(uname -r)/kernel && touch "
            "/usr/lib/modules/$(uname -r)/modules.dep")
    checks = compare(box)
    assert checks["system.clock"]["verdict"] in ("pass", "warn"), checks["system.clock"]
    assert "not installed any more" not in checks["system.reboot-pending"]["summary"]


def sees_the_network_of_the_machine(box):
    """Its own has no adapter, no route, and ports that nobody has reserved."""
    box.run("ip link add wan0 type veth peer name far0; ip link set wan0 up; ip link set far0 up;"
            "ip address add 10.9.0.1/24 dev wan0; ip route add default via 10.9.0.254")
    box.wait("ip -o link show dev wan0 | grep -q 'state UP '")
    checks = compare(box, "--source=10.8.0.1")
    assert checks["net.interface"]["verdict"] == "pass", checks["net.interface"]
    box.run("echo 30000 30015 >/proc/sys/net/ipv4/ip_local_port_range;"
            "echo 30000-30015 >/proc/sys/net/ipv4/ip_local_reserved_ports")
    checks = compare(box)
    assert checks["net.ports"]["verdict"] == "fail", checks["net.ports"]
    box.run("echo >/proc/sys/net/ipv4/ip_local_reserved_ports; ip route del default;"
            "echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range")
    assert compare(box)["net.interface"]["verdict"] == "warn"
    box.run("ip link del wan0")


def stays_stopped(box):
    """None of the sockets that tell of the network starts it again, or keeps the manager busy."""
    box.run("systemctl stop preflightd.service; ip link add wan0 type veth peer name far0;"
            "ip link set wan0 up; ip link del wan0; systemctl daemon-reload")
    box.wait("! systemctl is-active --quiet preflightd-network.socket")
    assert property_of(box, "ActiveState") == "inactive"
    box.run("systemctl start preflightd.service")
    assert property_of(box, "ActiveState", "preflightd-network.socket") == "active"


def claims_nothing_of_a_network_it_was_not_told_of(box):
    box.run("systemctl mask --now --runtime preflightd-network.socket")
    drop_in(box, "preflightd.service", "[Service]\nStandardInput=null\n")
    box.run("systemctl restart preflightd.service")
    checks = {check["check"]: check for check in report(box)["checks"]}
    for name in ("net.interface", "net.ports"):
        assert checks[name]["verdict"] == "unknown", checks[name]
    # By hand, and where the sandbox is none, it asks for itself.
    drop_in(box, "preflightd.service", "[Service]\nStandardInput=null\nPrivateNetwork=no\n"
            "RestrictAddressFamilies=AF_NETLINK\n")
    box.run("systemctl restart preflightd.service")
    compare(box)
    box.run("systemctl unmask --runtime preflightd-network.socket")
    drop_in(box, "preflightd.service", "")
    box.run("systemctl restart preflightd.service")
    compare(box)


def reaches_servers_where_it_is_let(box):
    """By the drop-in of preflightd.conf(5)."""
    manual = (pathlib.Path(__file__).parents[2] / "packaging/manual/preflightd.conf.5").read_text()
    drop_in(box, "preflightd.service", re.search(r"^\[Service\]\n(?:\w+=.*\n)+", manual, re.M)[0])
    box.path("/etc/preflightd").mkdir(exist_ok=True)
    config = box.path("/etc/preflightd/preflightd.conf")
    config.write_text("[Network]\nEndpoints=127.0.0.1:22\n")
    box.run("systemctl restart preflightd.service")
    assert compare(box)["net.endpoints"]["verdict"] == "pass"
    config.unlink()
    drop_in(box, "preflightd.service", "")
    box.run("systemctl restart preflightd.service")


def starts_without_udev_or_dbus(box):
    """With nothing there but the manager, after a boot."""
    units = ("dbus.service dbus.socket systemd-udevd.service systemd-udevd-kernel.socket "
             "systemd-udevd-control.socket systemd-logind.service")
    box.run(f"systemctl mask {units}")
    box.reboot()
    box.wait("systemctl is-active preflightd.service")
    assert box.run("test -e /run/dbus/system_bus_socket -o -e /run/udev/data", check=False).returncode
    checks = compare(box, but={"system.clock"})  # which systemd-timedated would be asked
    assert checks["ssh.access"]["verdict"] in ("pass", "fail"), checks["ssh.access"]
    box.run(f"systemctl unmask {units}")


def withholds_from_others(box):
    box.run("chmod 600 /etc/ssh/sshd_config")
    told = box.run("preflightctl check --format=json", check=False, user=65534).stdout
    box.run("chmod 644 /etc/ssh/sshd_config")
    evidence = [item for check in json.loads(told)["checks"] for item in check["evidence"]
                if item["path"] == "/etc/ssh/sshd_config" and item.get("line")]
    assert evidence and all(item.get("withheld") for item in evidence), told


def tells_changes_in_the_journal(box):
    """One event a change, which `journalctl -x` explains, and none while nothing changes."""
    box.run("journalctl --update-catalog")
    count = "journalctl -u preflightd -o cat PREFLIGHTD_CHECK=ssh.password-authentication | wc -l"
    before = int(box.run(count).stdout)
    box.path("/etc/ssh/sshd_config.d/50-test.conf").write_text("PasswordAuthentication no\n")
    report(box)
    box.wait(f"test $({count}) = {before + 1}")
    for _ in range(3):
        report(box)
    event = json.loads(box.run("journalctl -u preflightd -o json -n 1 "
                               "PREFLIGHTD_CHECK=ssh.password-authentication").stdout)
    assert event["PREFLIGHTD_VERDICT"] == "fail" and event["PREFLIGHTD_VERDICT_BEFORE"] == "pass"
    assert "95108" in event["PREFLIGHTD_ERROR_IDS"].split()
    assert "/etc/ssh/sshd_config.d/50-test.conf:1: PasswordAuthentication no" in \
        event["PREFLIGHTD_EVIDENCE"], event
    told = box.run("journalctl -x -u preflightd PREFLIGHTD_CHECK=ssh.password-authentication "
                   "--no-pager").stdout
    assert "What to do:" in told and "Subject: ssh.password-authentication: fail" in told, told
    box.path("/etc/ssh/sshd_config.d/50-test.conf").unlink()
    report(box)
    box.wait(f"test $({count}) = {before + 2}")


def is_started_by_its_socket(box):
    box.run("systemctl stop preflightd.service")
    assert box.run("preflightctl status", check=False).returncode == 1
    assert property_of(box, "ActiveState") == "active"


MESSAGE_WRONG = "e0b4c8a95a6f4d1c9d27f38b61057e42"  # settings-wrong of journal.toml


def tells_of_wrong_settings(box, where, times):
    """So often since the boot, the last time naming the place; as an event of the service that
    `journalctl -x` explains."""
    told = f"journalctl -b -u preflightd MESSAGE_ID={MESSAGE_WRONG}"
    box.wait(f"test $({told} -o cat | wc -l) -ge {times}")
    events = [json.loads(line) for line in box.run(f"{told} -o json").stdout.splitlines()]
    assert len(events) == times and where in events[-1]["MESSAGE"], (times, events)
    assert all(event["_SYSTEMD_UNIT"] == "preflightd.service" for event in events), events
    box.run(f"{told} -x --no-pager | grep -q 'Subject: Settings are wrong'")


def keeps_old_settings_when_the_new_are_wrong(box):
    box.run("journalctl --update-catalog")
    box.path("/etc/preflightd").mkdir(exist_ok=True)
    config = box.path("/etc/preflightd/preflightd.conf")
    config.write_text("[Check]\nAccount=daemon\n")
    box.run("systemctl reload preflightd")
    box.wait("preflightctl check --format=json | grep -q '\"account\": \"daemon\"'")
    for times, (wrong, where) in enumerate((
            ("[Check]\nAccount=daemon\nNo such key=1\n", "preflightd.conf:3: "),
            ("[Check]\nAccount=root\nProfile=none-such\n", '"none-such": there is none')), 1):
        config.write_text(wrong)
        done = box.run("systemctl reload preflightd", check=False)
        assert done.returncode != 0, "systemctl says that it was reloaded"
        tells_of_wrong_settings(box, where, times)
        assert property_of(box, "ActiveState") == "active"
    # Who sends the signal by hand is told in the journal, and keeps the old ones as well.
    box.run("systemctl kill --kill-who=main -s HUP preflightd")
    tells_of_wrong_settings(box, "The old settings stay in force", 3)
    config.unlink()  # which the client reads too
    assert report(box)["account"] == "daemon"
    box.run("systemctl reload preflightd")
    assert report(box)["account"] == "root"


STARTS_MAX = 5  # in ten seconds: DefaultStartLimitBurst=
ASK = """
import socket
with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(60)
    try:
        connection.connect("/run/preflightd/org.preflightd.Preflight")
        assert not connection.recv(1)
    except ConnectionError:
        pass
"""


def says_once_that_its_settings_are_wrong(box):
    """At a boot, and not again while the machine's network changes. Who connects has it tried
    again, which ends; and with the right settings it is started by hand."""
    config = box.path("/etc/preflightd/preflightd.conf")
    config.write_text("[Check]\nNo such key=1\n")
    box.reboot()
    box.wait("systemctl is-failed preflightd.service")
    assert [property_of(box, name) for name in ("SubState", "ExecMainStatus", "NRestarts")] == \
        ["failed", "2", "0"]
    box.wait("! systemctl is-active --quiet preflightd-network.socket")
    box.run("ip link add wan0 type veth peer name far0; ip link set wan0 up; ip link del wan0")
    tells_of_wrong_settings(box, "preflightd.conf:2: ", 1)
    # The client knows by itself, and asks nobody.
    told = box.run("preflightctl status", check=False)
    assert told.returncode == 2 and "preflightd.conf:2: " in told.stderr, told
    assert property_of(box, "ActiveState", "preflightd.socket") == "active"
    box.path("/opt/ask.py").write_text(ASK)
    box.run("python3 /opt/ask.py")
    box.wait("systemctl is-failed preflightd.socket")
    assert property_of(box, "Result", "preflightd.socket") == "service-start-limit-hit"
    times = int(box.run(f"journalctl -b -u preflightd -o cat MESSAGE_ID={MESSAGE_WRONG} | wc -l").stdout)
    assert 2 <= times <= 1 + STARTS_MAX, times
    config.unlink()
    box.run("systemctl reset-failed preflightd.service; systemctl start preflightd.service")
    box.run("systemctl is-active preflightd.socket preflightd-metrics.socket "
            "preflightd-network.socket")
    compare(box)


def switches(box, pid):
    """How often its threads began to wait for something."""
    return box.run(f"cat /proc/{pid}/task/*/status | grep ctxt_switches").stdout


def let_nothing_change(box):
    """What the machine does by itself are changes, too: its timers, and what ends when idle."""
    box.run("systemctl stop '*.timer'")
    box.wait("test $(systemctl is-active systemd-timedated.service) = inactive", seconds=90)


TRACE = "/opt/calls-of-preflightd"


def settled(box, pid, trace):
    """How far it was when it had not done anything for a second."""
    while True:
        before = switches(box, pid), trace.stat().st_size
        time.sleep(1)
        if before == (switches(box, pid), trace.stat().st_size):
            return before


def sleeps_while_nothing_changes(box):
    """On a machine of its own, to which the devices of this one are nothing."""
    seconds = 600 if os.environ.get("PF_FULL") else 10
    late = time.monotonic() + 2 * seconds + 240
    with network.secluded() as name, container.Container(box.root, box.build, name) as quiet:
        runs_after_the_boot(quiet)
        let_nothing_change(quiet)
        pid = property_of(quiet, "MainPID")
        trace = quiet.path(TRACE)
        quiet.run(f"strace -f -p {pid} -o {TRACE} >/dev/null 2>&1 &")
        quiet.wait(f"! grep -L '^TracerPid:.[1-9]' /proc/{pid}/task/*/status | grep .")
        while True:
            before = settled(quiet, pid, trace)
            time.sleep(seconds)
            if before == (switches(quiet, pid), trace.stat().st_size):
                break
            said = trace.read_text(errors="replace")[before[1]:before[1] + 2000]
            print("# " + said.replace("\n", "\n# "), flush=True)
            assert time.monotonic() < late, f"it wakes up within {seconds} s, again and again"
    print(f"# {seconds} s without a switch and without a call")


def comes_back_when_it_hangs(box):
    drop_in(box, "preflightd.service", "[Service]\nWatchdogSec=1s\nRestartSec=100ms\n")
    box.run("systemctl restart preflightd")
    before = property_of(box, "MainPID")
    box.run(f"kill -STOP {before}")
    box.wait(f"p=$(systemctl show -P MainPID preflightd); test $p != 0 && test $p != {before} && "
             "systemctl is-active preflightd")
    assert int(property_of(box, "NRestarts")) >= 1
    drop_in(box, "preflightd.service", "")


# Half of the greedy ask for much and read nothing of it, half never end a message of a
# megabyte; honest ones between them ask again when their connection ends without an answer.
CROWD = """
import json, resource, socket, sys, time
PATH = "/run/preflightd/org.preflightd.Preflight"
REPORT = b'{"method":"org.preflightd.Preflight.GetReport","parameters":{}}\\0'
HALF = b'{"method":"org.preflightd.Preflight.GetReport","parameters":{"account":"' + b"x" * 1000000
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))

def connect():
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(PATH)  # never refused: the manager listens also where nobody serves
    return connection

def ask():
    answer = b""
    with connect() as connection:
        try:
            connection.sendall(REPORT)
            while not answer.endswith(b"\\0"):
                part = connection.recv(1 << 20)
                if not part:
                    return "told"
                answer += part
        except ConnectionError:
            return "told"
    return "served" if "report" in json.loads(answer[:-1]).get("parameters", {}) else "error"

class Greedy:
    def __init__(self, left):
        self.connection, self.left = connect(), left
        self.connection.setblocking(False)

    def press(self):
        try:
            while self.left:
                self.left = self.left[self.connection.send(self.left):]
        except BlockingIOError:
            pass
        except ConnectionError:
            self.left = b""  # disconnected

greedy, outcomes = [], []
for i in range(int(sys.argv[1])):
    greedy.append(Greedy(HALF if i % 2 else REPORT * 100))
    if i % 50 == 49:
        for one in greedy:
            one.press()
        outcomes.append(ask())
for one in greedy:
    one.connection.close()
late = time.monotonic() + 60
while ask() != "served":
    if time.monotonic() > late:
        sys.exit("it serves nobody any more")
print(json.dumps({outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}))
"""
N_CROWD = 1000


def crowd(box):
    """What became of the honest ones, and how often the service was ended meanwhile."""
    restarts = int(property_of(box, "NRestarts"))
    box.path("/opt/crowd.py").write_text(CROWD)
    told = json.loads(box.run(f"python3 /opt/crowd.py {N_CROWD}", timeout=300).stdout)
    ended = int(property_of(box, "NRestarts")) - restarts
    print(f"# honest ones: {told}; ended by the kernel {ended} times", flush=True)
    assert set(told) <= {"served", "told"}, told
    return told, ended


@contextlib.contextmanager
def group_of_memory(box, mib):
    """As MemoryMax= does, where the controller of memory is one of version 1, which containers
    are not given: around all that the manager starts from now on."""
    controller = pathlib.Path("/sys/fs/cgroup/memory")
    if not (controller / "memory.limit_in_bytes").exists():
        raise tap.Skip("this machine has no controller of memory")
    proc = pathlib.Path(f"/proc/{box.leader}")
    before = controller / re.search(r":memory:/(.*)", (proc / "cgroup").read_text())[1]
    group = controller / f"preflightd-test-{os.getpid()}"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(f"{mib}M")
    (group / "cgroup.procs").write_text(str(box.leader))
    try:
        yield
    finally:
        for pid in (group / "cgroup.procs").read_text().split():
            (before / "cgroup.procs").write_text(pid)
        group.rmdir()


def limit_of_memory(box, mib):
    drop_in(box, "preflightd.service", f"[Service]\nMemoryMax={mib}M\nMemorySwapMax=0\n"
            "OOMScoreAdjust=1000\n")
    if "memory" in box.run("cat /sys/fs/cgroup/cgroup.controllers").stdout.split():
        return contextlib.nullcontext()
    return group_of_memory(box, mib)


def stays_within_its_memory(box):
    """A thousand make it hold all that it lets itself be made to hold."""
    limit = int(property_of(box, "MemoryMax")) >> 20
    with limit_of_memory(box, limit):
        box.run("systemctl restart preflightd.service")
        told, ended = crowd(box)
        assert ended == 0 and set(told) == {"served"}, (told, ended)
        drop_in(box, "preflightd.service", "")


def outlives_the_end_of_its_memory(box):
    """With less than that the kernel ends it: who waits is told by the end of the connection,
    nobody is refused one, and it serves when those have gone who kept the memory."""
    with limit_of_memory(box, 20):
        box.run("systemctl restart preflightd.service")
        assert crowd(box)[1], "the limit was never reached"
        drop_in(box, "preflightd.service", "")
    box.run("systemctl restart preflightd.service")
    compare(box)


def is_ended_by_a_call_outside_its_filter(box):
    """In all of these tests: see STRICT in container.py."""
    drop_in(box, "preflightd.service", "[Service]\nSystemCallFilter=~inotify_add_watch\n"
            "Restart=no\n")
    box.run("systemctl restart preflightd.service", check=False)
    box.wait("systemctl is-failed preflightd.service")
    assert property_of(box, "ExecMainStatus") == str(int(signal.SIGSYS))
    drop_in(box, "preflightd.service", "")
    box.run("systemctl restart preflightd.service")
    compare(box)


def runs_again_after_a_restart(box):
    box.reboot()
    box.wait("systemctl is-active preflightd.service")
    assert box.run("preflightctl status", check=False).returncode == 1


TESTS = [runs_after_the_boot, says_the_verdict_in_its_status, exposes_little,
         sees_through_its_sandbox, sees_the_network_of_the_machine, stays_stopped,
         claims_nothing_of_a_network_it_was_not_told_of, reaches_servers_where_it_is_let,
         withholds_from_others, tells_changes_in_the_journal,
         is_started_by_its_socket,
         keeps_old_settings_when_the_new_are_wrong, says_once_that_its_settings_are_wrong,
         sleeps_while_nothing_changes,
         comes_back_when_it_hangs, stays_within_its_memory,
         outlives_the_end_of_its_memory, is_ended_by_a_call_outside_its_filter,
         runs_again_after_a_restart, starts_without_udev_or_dbus]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    return tap.main(TESTS, options.cache, options.build)


if __name__ == "__main__":
    sys.exit(main())
