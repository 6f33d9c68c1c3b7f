#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Unattended remedies keep quiet until the real cloud-init is done, in its first boot and in
later ones. TAP on stdout. With --packages: a machine becomes a template by packaging/template's
own user data, for which those are in a repository.

The machine gets its instance from a seed (NoCloud). The last stage of each boot has one
script more to run: it waits, so that there is time to look at what happens, or not, until then.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

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
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "packaging/template/cloud-init.cfg"
REPOSITORY = "/srv/preflightd"
REPORT = "/run/preflight.json"


def seed(box, user_data, more=()):
    """What its first boot finds."""
    for path, text in {"/var/lib/cloud/seed/nocloud/user-data": user_data,
                       "/var/lib/cloud/seed/nocloud/meta-data": "instance-id: one\n",
                       **dict(more)}.items():
        box.path(path).parent.mkdir(parents=True, exist_ok=True)
        box.path(path).write_text(text)


class Cloud(container.Container):
    """Started where cloud-init is far from done; its sshd has no SFTP."""

    def install(self, build):
        super().install(build)
        seed(self, USER_DATA, {
            HOLD: "#!/bin/sh\nuntil [ -e /root/go-on ]; do sleep 0.1; done\n",
            "/etc/preflightd/preflightd.conf": "[Remedy]\nAuto=safe\n",
            CONFIG: self.path(CONFIG).read_text().replace(SUBSYSTEM, "#" + SUBSYSTEM)})
        self.path(HOLD).chmod(0o755)

    def is_up(self):
        return self.state() == "starting" and self.run(
            "systemctl is-active preflightd.service ssh.service", check=False).returncode == 0


def make_repository(folder):
    """Of the packages in it, as README.md of the templates says; the key that it is signed with."""
    with tempfile.TemporaryDirectory(prefix="pf-gpg-") as home:
        environment = dict(os.environ, GNUPGHOME=home)

        def run(*argv):
            return subprocess.run(argv, check=True, capture_output=True, text=True, cwd=folder,
                                  env=environment).stdout

        gpg = "gpg", "--batch", "--passphrase", ""
        run(*gpg, "--quick-generate-key", "builder@example.com", "ed25519", "sign", "never")
        (folder / "Packages").write_text(run("dpkg-scanpackages", "."))
        (folder / "Release").write_text(run("apt-ftparchive", "release", "."))
        run(*gpg, "--clearsign", "--output", "InRelease", "Release")
        key = run(*gpg, "--armor", "--export")
        run("gpgconf", "--kill", "all")
    return key


def with_repository(text, key):
    """The example with what is its reader's own put in."""
    text, addresses = re.subn(r"https://\S+/preflightd ", f"file:{REPOSITORY} ", text)
    block = textwrap.indent(key, " " * 8).lstrip(" ")
    text, keys = re.subn(r"-----BEGIN.*END PGP PUBLIC KEY BLOCK-----\n", lambda _: block, text, flags=re.S)
    assert (addresses, keys) == (1, 1), text
    return text


class Template(container.Container):
    """Has nothing of preflightd but a repository of its packages."""

    def install(self, build):
        folder = self.path(REPOSITORY)
        shutil.copytree(build, folder)
        user_data = with_repository(EXAMPLE.read_text(), make_repository(folder))
        seed(self, user_data + "locale: C.UTF-8\n")  # this machine has no other

    def is_up(self):
        return self.run("systemctl is-active dbus", check=False).returncode == 0


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


def has_a_valid_example(box):
    """As it is in the tree."""
    shutil.copy(EXAMPLE, box.path("/root/example.cfg"))
    told = box.run("cloud-init schema --config-file /root/example.cfg")
    assert "Valid" in told.stdout and "deprecat" not in (told.stdout + told.stderr).lower(), told


def is_built_by_it(box):
    """All that the example asks for is there, and cloud-init saw nothing go wrong."""
    told = box.run("cloud-init status --wait --long", check=False, timeout=300).stdout
    log = box.run("tail -n 60 /var/log/cloud-init-output.log").stdout
    assert "status: done" in told, told + log
    assert json.loads(box.run(f"cat {RESULT}").stdout)["v1"]["errors"] == [], told + log
    box.run("dpkg-query -W preflightd preflightd-remedy && "
            "systemctl is-enabled preflightd.socket preflightd.service preflight-leases.service && "
            "systemctl is-active preflightd.service && /usr/libexec/preflightd --check-settings")
    settings = box.run("cat /etc/preflightd/preflightd.conf.d/50-template.conf").stdout
    assert settings == "[Check]\nAccount=root\n[Remedy]\nAuto=safe\n", settings
    report = json.loads(box.run(f"cat {REPORT}").stdout)
    assert any(check["check"] == "ssh.access" for check in report["checks"]), report


def is_sealed_where_it_runs(box):
    """By the script of the package. After the shutdown nothing says which machine it was."""
    host = json.loads(box.run(f"cat {REPORT}").stdout)["host"]
    box.run("/usr/share/preflightd/template/seal && /usr/share/preflightd/template/seal --check",
            timeout=120)
    box.stop()
    for name in ("machineId", "bootId"):
        found = subprocess.run(["grep", "-rlF", "--devices=skip", host[name], box.path("/etc"),
                                box.path("/var")], check=False, capture_output=True, text=True)
        assert (found.returncode, found.stdout) == (1, ""), (name, found)


TESTS = [keeps_quiet_until_then, acts_once_it_is_done, what_cloud_init_wrote_is_kept,
         keeps_quiet_in_later_boots_too, has_a_valid_example]
WITH_PACKAGES = [has_a_valid_example, is_built_by_it, is_sealed_where_it_runs]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    parser.add_argument("--packages", help="a folder of packages, instead of the build")
    options = parser.parse_args()
    if options.packages:
        return tap.main(WITH_PACKAGES, options.cache, options.packages,
                        ["cloud-init", "gpg", *container.WITH_PACKAGES], Template)
    if not os.environ.get("PF_FULL"):
        print("1..0 # SKIP cloud-init is installed in a full run")
        return 0
    return tap.main(TESTS, options.cache, options.build, ["cloud-init"], Cloud)


if __name__ == "__main__":
    sys.exit(main())
