#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Leases on machines that boot: given, used by real logins, and over in time.

Each scenario has a container of its own; they run side by side, since most of a lease is
waiting. TAP on stdout.
"""

import argparse
import concurrent.futures
import json
import pathlib
import sys
import time
import traceback

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib

sys.dont_write_bytecode = True

import container

TREE = pathlib.Path(__file__).resolve().parents[2]
EVENTS = {event["name"]: event["id"] for event in tomllib.loads(
    (TREE / "config/journal.toml").read_text(encoding="ascii"))["event"]}
CONFIG = "/etc/ssh/sshd_config"
SUBSYSTEM = "Subsystem\tsftp\t/usr/lib/openssh/sftp-server"
LATE = 2.0  # seconds after its end by which a lease is taken back


def harden(box):
    """A server that lets nobody in with a password, and two accounts with one."""
    box.run("useradd -m ops && echo ops:preflight | chpasswd")
    text = box.path(CONFIG).read_text()
    box.path(CONFIG).write_text(text.replace(
        "#PermitRootLogin prohibit-password", "PermitRootLogin no").replace(
        "#PasswordAuthentication yes", "PasswordAuthentication no"))
    box.run("systemctl reload ssh")
    assert not box.login() and not box.login("ops")


def state(box):
    """All that sshd reads, byte for byte, with what stat tells but for times. A file that goes
    meanwhile is told as an error, which is no state that anything is compared with."""
    done = box.run("cd /etc/ssh && find . -name 'sshd_config*' -o -path './sshd_config.d/*' "
                   "| sort | xargs stat -c '%n %a %u %g' && "
                   "cat sshd_config $(find sshd_config.d -type f | sort)", check=False)
    return done.stdout + done.stderr


def contents(box):
    """All that sshd reads, and nothing of the files that it is in."""
    return box.run("cd /etc/ssh && cat sshd_config $(find sshd_config.d -name '*.conf' | sort)").stdout


def effective(box, user="root", source="127.0.0.1"):
    return box.run(f"sshd -T -C user={user},host={source},addr={source}").stdout


def lend(box, duration="1min"):
    done = box.run(f"preflightctl fix ssh.access --lease={duration} --source=127.0.0.1 "
                   "--consent --yes --no-pager", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert box.login(), "a lease was given, and the login fails"


def history(box):
    return json.loads(box.run("preflightctl history --format=json").stdout)["transactions"]


def end_of_lease(box):
    """By the clock of this machine, which the container's is."""
    return [entry["leaseEndsUSec"] for entry in history(box) if entry.get("leaseEndsUSec")][-1] / 1e6


def event(box, name, **fields):
    """The newest in the journal with these fields, whoever looks for it by its MESSAGE_ID."""
    wanted = {f"PREFLIGHTD_{key.upper()}": value for key, value in fields.items()}
    matches = " ".join(f"'{key}={value}'" for key, value in wanted.items())
    told = json.loads(box.wait(f"journalctl -b -u preflight-remedyd -o json -n 1 "
                               f"MESSAGE_ID={EVENTS[name]} {matches} | grep .").stdout)
    assert told["_SYSTEMD_UNIT"] == "preflight-remedyd.service", told
    return {key: value for key, value in told.items() if key.startswith("PREFLIGHTD_")}


def let_reloads_fail(box, fail):
    drop_in = box.path("/etc/systemd/system/ssh.service.d/fail.conf")
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text("[Service]\nExecReload=\nExecReload=/bin/false\n" if fail else "")
    box.run("systemctl daemon-reload")


def wait_for_end(box, before, end, look=state):
    """Until the configuration is what it was; how long after its end that is, in seconds."""
    while time.time() < end - 1:
        time.sleep(0.5)
    while look(box) != before:
        assert time.time() < end + 30, "the lease does not end:\n" + look(box)
        time.sleep(0.05)
    return time.time() - end


def wait_for_refusal(box, end):
    """Until sshd has read its files again, which it does a moment after they changed."""
    while box.login():
        assert time.time() < end + 30, "sshd still lets in by the lease"


def opens_for_one_account_and_address_alone(box):
    before, others = state(box), effective(box, "ops")
    lend(box, "30min")
    assert not box.login("ops"), "another account"
    assert not box.login(source="127.0.0.2"), "another address"
    assert effective(box, "ops") == others and effective(box, "root", "127.0.0.2")
    box.wait("preflightctl status --no-pager | grep -q lease")  # a report may be 10 s old
    report = json.loads(box.run("preflightctl check --format=json", check=False).stdout)
    assert [check["verdict"] for check in report["checks"] if check["check"] == "ssh.lease"] == ["warn"]
    box.run("preflightctl undo --last")
    assert state(box) == before and not box.login()


def ends_though_it_was_killed_and_the_disk_is_full(box):
    before = state(box)
    lend(box)
    end = end_of_lease(box)
    box.run("kill -9 $(systemctl show -P MainPID preflight-remedyd)")
    box.wait("systemctl is-active preflight-remedyd")
    box.run("cat /dev/zero >/var/tmp/full; cat /dev/zero >/etc/full", check=False)
    late = wait_for_end(box, before, end)
    assert late < LATE, f"{late:.1f} s after its end"
    box.run("rm /var/tmp/full /etc/full")
    wait_for_refusal(box, end)
    return f"{late:.2f} s after its end"


def tells_each_change_as_an_event(box):
    """With the fields that the catalog names, so that it is found and explained."""
    box.path(CONFIG).write_text(box.path(CONFIG).read_text().replace(SUBSYSTEM, "#" + SUBSYSTEM))
    box.run("systemctl reload ssh && preflightctl fix ssh.sftp-subsystem --yes --no-pager")
    change = {"transaction": history(box)[-1]["id"], "check": "ssh.sftp-subsystem"}
    applied = event(box, "applied", **change)
    assert set(applied) == {"PREFLIGHTD_TRANSACTION", "PREFLIGHTD_CHECK", "PREFLIGHTD_WHO"}
    assert applied["PREFLIGHTD_WHO"].startswith("root (uid 0, pid "), applied

    # Refused, where somebody edited the file since.
    made = box.path(CONFIG).read_text()
    box.path(CONFIG).write_text(made + "# edited\n")
    assert box.run("preflightctl undo --last", check=False).returncode != 0
    assert set(event(box, "not-made", **change)) == set(applied)
    box.path(CONFIG).write_text(made)
    box.run("preflightctl undo --last")
    assert set(event(box, "undone", **change)) == set(applied)

    # Taken back, where what was made does not come into force.
    let_reloads_fail(box, True)
    assert box.run("preflightctl fix ssh.sftp-subsystem --yes --no-pager", check=False).returncode
    change["transaction"] = history(box)[-1]["id"]
    assert history(box)[-1]["state"] != "applied"
    assert set(event(box, "not-made", **change)) == set(applied)
    let_reloads_fail(box, False)


def tells_each_lease_as_an_event(box):
    lend(box, "30min")
    lease = {"transaction": history(box)[-1]["id"], "account": "root", "source": "127.0.0.1"}
    opened = event(box, "lease-opened", **lease)
    assert "ssh.root-login" in opened["PREFLIGHTD_CHECK"], opened
    let_reloads_fail(box, True)
    assert box.run("preflightctl undo --last", check=False).returncode != 0
    assert event(box, "lease-stuck") == {}
    let_reloads_fail(box, False)
    assert set(event(box, "lease-ended", **lease)) == set(opened)
    wait_for_refusal(box, time.time())


def covers(box):
    """What is mounted over the configuration, in the machine and as two services see it."""
    found = [box.run("grep -c ' /etc/ssh/sshd_config' /proc/1/mountinfo", check=False).stdout.strip()]
    for unit in ("preflight-remedyd", "preflightd"):
        found.append(box.run(f"nsenter -t $(systemctl show -P MainPID {unit}) -m "
                             "grep -c ' /etc/ssh/sshd_config' /proc/self/mountinfo", check=False).stdout.strip())
    return found


def has_lease(box, directory):
    return box.run(f"grep -rqs 'begin of a lease' {directory}", check=False).returncode == 0


def lease_check(box):
    report = json.loads(box.run("preflightctl check --format=json", check=False).stdout)
    return [check for check in report["checks"] if check["check"] == "ssh.lease"][0]


def ends_by_a_cover_where_it_cannot_be_written(box):
    """A file system of its own, which is read-only wherever it is mounted."""
    box.run("cp -a /etc/ssh /root/ssh && mount -t tmpfs -o mode=755 tmpfs /etc/ssh && "
            "cp -a /root/ssh/. /etc/ssh && systemctl reload ssh")
    before, read, asked = state(box), contents(box), effective(box)
    lend(box)
    end = end_of_lease(box)
    box.run("mount -o remount,ro /etc/ssh")
    late = wait_for_end(box, read, end, contents)
    assert late < LATE, f"{late:.1f} s after its end"
    box.wait("journalctl -u preflight-remedyd | grep -q 'the lease has ended: .* cannot be written'")
    assert effective(box) == asked and not box.login()
    assert covers(box) == ["1", "1", "1"], covers(box)
    event(box, "lease-covered", transaction=history(box)[-1]["id"], account="root",
          source="127.0.0.1")
    box.wait("preflightctl status --no-pager | grep -q 'cannot be written'")
    assert lease_check(box)["verdict"] == "warn" and "has ended" in lease_check(box)["summary"]
    assert "cannot be written" in history(box)[-1]["text"] and history(box)[-1]["leaseEndsUSec"] is None

    # Somebody kills the service, and it lies over the file once, as before.
    box.run("kill -9 $(systemctl show -P MainPID preflight-remedyd)")
    box.wait("systemctl is-active preflight-remedyd")
    time.sleep(2.5)  # it is tried again each second
    assert contents(box) == read and covers(box) == ["1", "1", "1"], covers(box)
    assert not box.login()

    # The lines are there beneath, and no longer once they can be taken out.
    box.run("mkdir /run/beneath && mount --bind /etc/ssh /run/beneath")
    assert has_lease(box, "/run/beneath")
    writable = time.time()
    box.run("mount -o remount,rw /etc/ssh")
    while covers(box)[0] != "0":
        assert contents(box) == read and time.time() < writable + 30
        time.sleep(0.05)
    mended = time.time() - writable
    assert mended < LATE, f"{mended:.1f} s after it could be written"
    box.wait("! test -e /run/preflightd/ended && preflightctl history | grep -q undone")
    assert not has_lease(box, "/run/beneath")
    assert state(box) == before and effective(box) == asked and not box.login()
    assert not box.run("find /etc/ssh /run/beneath -name '.preflightd-*'").stdout
    assert covers(box) == ["0", "0", "0"], covers(box)
    return f"{late:.2f} s after its end; mended {mended:.2f} s after it could be written"


OWN_MOUNT = """[Unit]
DefaultDependencies=no
Before=local-fs.target preflight-leases.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'mount --bind /srv/ssh /etc/ssh && mount -o remount,bind,ro /etc/ssh'
[Install]
WantedBy=sysinit.target
"""


def stays_covered_over_a_boot(box):
    """/etc/ssh is read-only from the first moment of the next boot on, which is a loss of power."""
    before, read, asked = state(box), contents(box), effective(box)
    box.path("/etc/systemd/system/own.service").write_text(OWN_MOUNT)
    lend(box, "30min")
    box.run("cp -a /etc/ssh /srv/ssh && systemctl enable own.service")
    box.reboot(kill=True)
    assert contents(box) == read and effective(box) == asked and not box.login()
    box.run("mkdir /run/beneath && mount --bind /srv/ssh /run/beneath")
    assert has_lease(box, "/run/beneath")
    assert covers(box)[0] == "1", box.run("journalctl -b -u own -u 'preflight*' --no-pager").stdout
    times = [int(box.run(f"systemctl show -P {name} {unit}").stdout) for name, unit in (
        ("ExecMainExitTimestampMonotonic", "preflight-leases.service"),
        ("ExecMainStartTimestampMonotonic", "ssh.service"))]
    assert 0 < times[0] <= times[1], times
    # The service that was started then sees it read-only for ever; the machine does not.
    box.wait("systemctl is-active preflight-remedyd")
    box.run("mount -o remount,bind,rw /etc/ssh")
    box.wait("! grep -q ' /etc/ssh/sshd_config' /proc/1/mountinfo && ! test -e /run/preflightd/ended")
    assert not has_lease(box, "/run/beneath") and state(box) == before and not box.login()


def leaves_edits_that_others_made_meanwhile(box):
    """As an upgrade of sshd may: the lease goes, and nothing else."""
    text = box.path(CONFIG).read_text()
    box.path(CONFIG).write_text(text.replace("Include /etc/ssh/sshd_config.d/*.conf", ""))
    box.run("rm -rf /etc/ssh/sshd_config.d && systemctl reload ssh")
    before = effective(box)
    lend(box)
    end = end_of_lease(box)
    box.path(CONFIG).write_text("# of a new version\nClientAliveInterval 77\n" + box.path(CONFIG).read_text())
    while time.time() < end - 1:
        time.sleep(0.5)
    while "begin of a lease" in box.path(CONFIG).read_text():
        assert time.time() < end + 30
        time.sleep(0.05)
    late = time.time() - end
    assert box.path(CONFIG).read_text().startswith("# of a new version\nClientAliveInterval 77\n")
    assert [line for line in effective(box).splitlines() if "clientaliveinterval" not in line] == \
        [line for line in before.splitlines() if "clientaliveinterval" not in line]
    assert late < LATE, f"{late:.1f} s after its end"
    wait_for_refusal(box, end)
    return f"{late:.2f} s after its end"


def is_over_after_a_loss_of_power(box):
    before = state(box)
    lend(box, "30min")
    box.reboot(kill=True)
    assert state(box) == before and not box.login()
    times = [int(box.run(f"systemctl show -P {name} {unit}").stdout) for name, unit in (
        ("ExecMainExitTimestampMonotonic", "preflight-leases.service"),
        ("ExecMainStartTimestampMonotonic", "ssh.service"))]
    assert 0 < times[0] <= times[1], times


SCENARIOS = [opens_for_one_account_and_address_alone,
             ends_though_it_was_killed_and_the_disk_is_full,
             tells_each_change_as_an_event, tells_each_lease_as_an_event,
             ends_by_a_cover_where_it_cannot_be_written, stays_covered_over_a_boot,
             leaves_edits_that_others_made_meanwhile, is_over_after_a_loss_of_power]


def play(scenario, root, build):
    """What there is to say of it, and whether it failed."""
    try:
        with container.Container(root, build) as box:
            harden(box)
            return False, scenario(box)
    except Exception:  # pylint: disable=broad-except
        return True, traceback.format_exc()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the containers' root is kept")
    parser.add_argument("--only", default="", help="scenarios whose names hold this")
    options = parser.parse_args()
    scenarios = [scenario for scenario in SCENARIOS if options.only in scenario.__name__]

    print(f"1..{len(scenarios)}", flush=True)
    try:
        root = container.make_root(options.cache)
    except container.Unavailable as why:
        for number, scenario in enumerate(scenarios, 1):
            print(f"ok {number} - {scenario.__name__} # SKIP {why}")
        return 0
    with concurrent.futures.ThreadPoolExecutor(len(scenarios)) as pool:
        ends = list(pool.map(lambda scenario: play(scenario, root, options.build), scenarios))
    for number, (scenario, (failed, text)) in enumerate(zip(scenarios, ends), 1):
        print(f"{'not ' if failed else ''}ok {number} - {scenario.__name__}")
        for line in (text or "").rstrip().splitlines():
            print(f"# {line}")
    return 1 if any(failed for failed, _ in ends) else 0


if __name__ == "__main__":
    sys.exit(main())
