#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Unattended remedies keep quiet until the real cloud-init is done, in its first boot and in
later ones. TAP on stdout.

The machine gets its instance from a seed (NoCloud). The last stage of each boot has one
script more to run: it waits, so that there is time to look at what happens, or not, until then.
"""

import argparse
import json
import os
import sys

sys.dont_write_bytecode = True

import container
import tap

CONFIG = "/etc/ssh/sshd_config"
SUBSYSTEM = "Subsystem\tsftp\t/usr/lib/openssh/sftp-server"
RESULT = "/run/cloud-init/result.json"
RETRY = 60  # seconds after which preflightd asks again what was too early
USER_DATA = """#cloud-config
locale: C.UTF-8
ssh_pwauth: true
"""
HOLD = "/var/lib/cloud/scripts/per-boot/hold"


class Cloud(container.Container):
    """Started where cloud-init is far from done; its sshd has no SFTP."""

    def install(self, build):
        super().install(build)
        for path, text in {
                "/var/lib/cloud/seed/nocloud/user-data": USER_DATA,
                "/var/lib/cloud/seed/nocloud/meta-data": "instance-id: one\n",
                HOLD: "#!/bin/sh\nuntil [ -e /root/go-on ]; do sleep 0.1; done\n",
                "/etc/preflightd/preflightd.conf": "[Remedy]\nAuto=safe\n",
                CONFIG: self.path(CONFIG).read_text().replace(SUBSYSTEM, "#" + SUBSYSTEM)}.items():
            self.path(path).parent.mkdir(parents=True, exist_ok=True)
            self.path(path).write_text(text)
        self.path(HOLD).chmod(0o755)

    def is_up(self):
        return self.state() == "starting" and self.run(
            "systemctl is-active preflightd.service ssh.service", check=False).returncode == 0


def is_whole(box):
    return SUBSYSTEM in box.path(CONFIG).read_text().splitlines()


def history(box):
    return json.loads(box.run("preflightctl history --format=json").stdout)["transactions"]


def keeps_quiet_until_then(box, before=()):
    """It sees what is wrong, and says why it does nothing about it."""
    box.wait("test -e /run/cloud-init/enabled")
    for _ in range(5):
        report = json.loads(box.run("preflightctl check --format=json", check=False).stdout)
        verdicts = {check["check"]: check["verdict"] for check in report["checks"]}
        assert verdicts["ssh.sftp-subsystem"] == "fail", verdicts["ssh.sftp-subsystem"]
    box.wait("journalctl -b | grep -q 'is not remedied unattended: .*\\(cloud-init\\|first boot\\)'")
    # The stages before the last one come to their end, which changes nothing.
    box.wait("systemctl is-active cloud-config.service && pgrep -f per-boot/hold", 120)
    box.wait("test ! -e /run/systemd/first-boot", 120)
    box.run("preflightctl check --quiet", check=False)
    box.wait("journalctl -b | grep -q 'is not remedied unattended: cloud-init is not done'", RETRY + 30)
    box.run(f"test ! -e {RESULT}")
    assert box.state() == "starting"
    assert not is_whole(box) and history(box) == list(before)


def acts_once_it_is_done(box):
    """Without being asked, after what it waits until it looks again."""
    box.run("touch /root/go-on")
    assert "done" in box.run("cloud-init status --wait", timeout=120).stdout
    done = box.run(f"stat -c %.6Y {RESULT}").stdout
    box.wait(f"grep -q '^{SUBSYSTEM}' {CONFIG}", RETRY + 60)
    box.wait("preflightctl history --format=json | grep -q '\"state\": \"applied\"'")
    entries = history(box)
    assert len(entries) == 1 and "preflightd" in entries[0]["who"], entries
    assert entries[0]["startedUSec"] / 1e6 >= float(done), (entries[0], done)
    assert "ssh.sftp-subsystem" in entries[0]["why"], entries[0]


def what_cloud_init_wrote_is_kept(box):
    wrote = box.run("cat /etc/ssh/sshd_config.d/50-cloud-init.conf").stdout
    assert wrote == "PasswordAuthentication yes\n", wrote
    box.run("systemctl reload ssh && sshd -t")


def keeps_quiet_in_later_boots_too(box):
    """What somebody broke anew is other evidence; cloud-init runs in each boot."""
    box.path(CONFIG).write_text(box.path(CONFIG).read_text().replace(SUBSYSTEM, "Subsystem\tsftp\t/usr/lib/none"))
    box.run("rm /root/go-on")
    before = history(box)
    box.reboot()
    keeps_quiet_until_then(box, before)
    box.run("touch /root/go-on")
    box.wait(f"grep -q '^{SUBSYSTEM}' {CONFIG}", RETRY + 120)
    assert len(history(box)) == 2, history(box)


TESTS = [keeps_quiet_until_then, acts_once_it_is_done, what_cloud_init_wrote_is_kept,
         keeps_quiet_in_later_boots_too]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    if not os.environ.get("PF_FULL"):
        print("1..0 # SKIP cloud-init is installed in a full run")
        return 0
    return tap.main(TESTS, options.cache, options.build, ["cloud-init"], Cloud)


if __name__ == "__main__":
    sys.exit(main())
