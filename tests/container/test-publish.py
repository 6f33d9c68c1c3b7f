#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflight-publish as a service of systemd, in a container that boots. TAP on stdout."""

import argparse
import json
import sys

sys.dont_write_bytecode = True

import tap

UNIT = "preflight-publish.service"
FILE = "/var/lib/prometheus/node-exporter/preflightd.prom"
POOL = "/var/lib/hyperv/.kvp_pool_1"
CHECK = "ssh.password-authentication"
SETTINGS = f"[Publish]\nTextFile={FILE}\nKvpPool=yes\n"


def is_verdict(verdict):
    return f"grep -qxF 'preflight_verdict{{preflight_verdict=\"{verdict}\"}} 1' {FILE}"


def is_answer(verdict):
    return (f"grep -qxF 'preflight_check_verdict{{check=\"{CHECK}\",preflight_check_verdict="
            f"\"{verdict}\"}} 1' {FILE}")


def record(box):
    """The value of our record."""
    pool = box.path(POOL).read_bytes()
    assert len(pool) == 2560 and pool.startswith(b"preflightd\0"), pool[:600]
    return json.loads(pool[512:].rstrip(b"\0"))


def property_of(box, name, unit=UNIT):
    return box.run(f"systemctl show -P {name} {unit}").stdout.strip()


def is_off_by_default(box):
    box.wait("systemctl is-active preflightd.service")
    assert box.run(f"systemctl is-enabled {UNIT}", check=False).stdout.strip() == "disabled"
    assert property_of(box, "ActiveState") == "inactive"
    box.run(f"systemctl start {UNIT}")
    box.wait(f"journalctl -u {UNIT} | grep -q 'Nothing is published'")
    assert property_of(box, "Result") == "success"


def publishes_what_the_settings_name(box):
    for path in (FILE, POOL):
        box.path(path).parent.mkdir(parents=True, exist_ok=True)
    box.path(POOL).write_bytes(b"")
    box.path("/etc/preflightd").mkdir(exist_ok=True)
    box.path("/etc/preflightd/preflightd.conf").write_text(SETTINGS)
    box.run(f"systemctl enable --now {UNIT}")
    box.wait(f"{is_verdict('blocked')} && grep -qa '\"verdict\":\"blocked\"' {POOL}")
    assert record(box)["verdict"] == "blocked", record(box)
    mode = box.run(f"stat -c '%a %U' {FILE}").stdout.strip()
    assert mode == "644 root", mode


def exposes_little(box):
    told = box.run(f"systemd-analyze security --no-pager {UNIT}").stdout
    level = float(told.strip().splitlines()[-1].split(": ")[1].split()[0])
    assert level <= 1.5, told
    print(f"# exposure {level}", flush=True)
    pid = property_of(box, "MainPID")
    status = box.run(f"cat /proc/{pid}/status").stdout
    assert "\nCapEff:\t0000000000000000\n" in status and "\nSeccomp:\t2\n" in status, status


def follows_a_change(box):
    box.run("preflightctl check -q", check=False)
    box.path("/etc/ssh/sshd_config.d/50-test.conf").write_text("PasswordAuthentication no\n")
    box.run("preflightctl check -q", check=False)
    box.wait(f"{is_answer('fail')} && grep -qa '\"{CHECK}\"' {POOL}")
    assert CHECK in [check["check"] for check in record(box)["checks"]], record(box)
    box.path("/etc/ssh/sshd_config.d/50-test.conf").unlink()
    box.run("preflightctl check -q", check=False)
    box.wait(is_answer("pass"))


def follows_settings_that_are_reloaded(box):
    """Another account is another report, of which no check need differ."""
    config = box.path("/etc/preflightd/preflightd.conf")
    for account in ("daemon", "root"):
        config.write_text(f"[Check]\nAccount={account}\n{SETTINGS}")
        box.run("systemctl reload preflightd.service")
        box.wait(f"grep -q '^preflight_target_info.*account=\"{account}\"' {FILE}")
    config.write_text(SETTINGS)


def sleeps_while_nothing_changes(box):
    box.wait(is_answer("pass"))
    pid = property_of(box, "MainPID")
    slept = f"awk '/^voluntary_ctxt/ {{ print $2 }}' /proc/{pid}/status"
    counts = box.run(f"{slept}; sleep 5; {slept}").stdout.split()
    assert int(counts[1]) - int(counts[0]) <= 1, counts


def says_unknown_when_it_ends(box):
    box.run(f"systemctl stop {UNIT}")
    box.run(is_verdict("unknown"))
    assert record(box)["reason"] == "not-watched", record(box)
    box.run(f"systemctl start {UNIT}")
    box.wait(is_verdict("blocked"))


def says_unknown_when_it_is_killed(box):
    pid = property_of(box, "MainPID")
    box.run(f"systemctl kill --kill-who=main -s KILL {UNIT}")
    box.wait(f"p=$(systemctl show -P MainPID {UNIT}); test $p != 0 && test $p != {pid}")
    told = box.run(f"journalctl -o cat -u {UNIT}").stdout
    assert "Failed with result 'signal'" in told, told
    box.wait(is_verdict("blocked"))


def ends_and_starts_with_preflightd(box):
    box.run("systemctl stop preflightd.service")
    box.wait(f"test $(systemctl show -P ActiveState {UNIT}) = inactive")
    box.run(is_verdict("unknown"))
    box.run("systemctl start preflightd.service")
    box.wait(is_verdict("blocked"))
    box.run("systemctl restart preflightd.service")
    box.wait(f"systemctl is-active {UNIT} && {is_verdict('blocked')}")
    pid = property_of(box, "MainPID", "preflightd.service")
    box.run("systemctl kill --kill-who=main -s KILL preflightd.service")
    box.wait(f"test $(systemctl show -P MainPID preflightd.service) != {pid} && "
             f"systemctl is-active {UNIT} && {is_verdict('blocked')}")


def does_not_start_with_wrong_settings(box):
    config = box.path("/etc/preflightd/preflightd.conf")
    config.write_text("[Publish]\nConsole=/dev/sda\n")
    assert box.run(f"systemctl restart {UNIT}", check=False).returncode != 0
    box.wait(f"journalctl -u {UNIT} | grep -q 'preflightd.conf:2: Console=/dev/sda: expected'")
    assert int(property_of(box, "NRestarts")) == 0
    config.write_text(SETTINGS)
    box.run(f"systemctl reset-failed {UNIT}; systemctl restart preflightd.service {UNIT}")
    box.wait(is_verdict("blocked"))


def is_there_after_a_boot(box):
    """And what an earlier boot left is not taken for a verdict of this one."""
    box.reboot(kill=True)
    box.wait(f"systemctl is-active {UNIT}")
    box.wait(is_verdict("blocked"))


TESTS = [is_off_by_default, publishes_what_the_settings_name, exposes_little, follows_a_change,
         follows_settings_that_are_reloaded, sleeps_while_nothing_changes, says_unknown_when_it_ends, says_unknown_when_it_is_killed,
         ends_and_starts_with_preflightd, does_not_start_with_wrong_settings,
         is_there_after_a_boot]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    return tap.main(TESTS, options.cache, options.build)


if __name__ == "__main__":
    sys.exit(main())
