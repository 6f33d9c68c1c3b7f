#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""packaging/template: a machine becomes a template, and that two machines. TAP on stdout."""

import argparse
import json
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True

import container
import tap

TREE = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = TREE / "packaging/template"
CONFIG = "/etc/ssh/sshd_config"
OF_ITS_OWN = ["/etc/machine-id", *(f"/etc/ssh/ssh_host_{kind}_key.pub" for kind in ("rsa", "ed25519"))]
SHARED = {}


def seal(box, *options):
    """Of the image, by this machine's programs."""
    return subprocess.run(
        [TEMPLATE / "seal", *options, box.merged], capture_output=True, text=True, check=False,
        env=dict(os.environ, PREFLIGHT_REMEDYD=str(SHARED["build"] / "daemon/preflight-remedyd")))


def configuration(box):
    """All files that sshd reads, by their names."""
    files = [box.path(CONFIG), *sorted(box.path(CONFIG + ".d").iterdir())]
    return {path.name: path.read_text() for path in files}


def check(box, check_id):
    """The verdict on one check of the image."""
    done = subprocess.run(
        [SHARED["build"] / "daemon/ctl/preflightctl", "check", f"--root={box.merged}",
         f"--only={check_id}", "--source=127.0.0.1", "--format=json"], capture_output=True,
        text=True, check=False)
    return json.loads(done.stdout)["checks"][0]


# --- tests ---

def is_used_while_it_is_built(box):
    """With all that a machine gathers, an open lease, and power that fails."""
    box.run("systemctl reload ssh && install -d /var/lib/cloud/instances/i-1 /var/log/journal && "
            "ln -sfn /var/lib/cloud/instances/i-1 /var/lib/cloud/instance && "
            "echo passwd root >/root/.bash_history && systemd-machine-id-setup")
    SHARED["config"] = configuration(box)
    box.run("preflightctl fix ssh.access --lease=30min --source=127.0.0.1 --consent --yes "
            "--no-pager")
    assert box.login() and configuration(box) != SHARED["config"]
    box.stop(kill=True)


def is_told_what_is_left(box):
    done = seal(box, "--check")
    assert done.returncode == 1, done
    for path in ("/etc/ssh/ssh_host_rsa_key", "/etc/machine-id", " holds a lease",
                 "/var/lib/preflightd/transactions/", "/var/lib/cloud/instance",
                 "/root/.bash_history"):
        assert path in done.stderr, (path, done.stderr)


def stays_a_machine_where_a_lease_cannot_be_ended(box):
    """Without the program that ends them nothing is removed: it would be needed."""
    done = subprocess.run([TEMPLATE / "seal", box.merged], capture_output=True, text=True,
                          check=False, env=dict(os.environ, PREFLIGHT_REMEDYD="/nonexistent"))
    assert done.returncode == 1 and "leases may be open" in done.stderr, done
    assert list(box.path("/var/lib/preflightd/transactions").iterdir())


def never_leaves_the_image(box):
    """A link in it to a directory of ours is not followed."""
    ours = box.top / "ours"
    ours.mkdir()
    (ours / "hostid").write_text("of the builder\n")
    box.path("/etc/nvme").symlink_to(ours)
    done = seal(box)
    assert done.returncode == 1 and "leads out of the image" in done.stderr, done
    assert (ours / "hostid").exists()
    box.path("/etc/nvme").unlink()


def is_sealed(box):
    done = seal(box)
    assert (done.returncode, done.stderr) == (0, ""), done
    done = seal(box, "--check")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert configuration(box) == SHARED["config"]
    assert box.path("/etc/machine-id").read_text() == ""


def needs_somebody_who_makes_host_keys(box):
    """As the check on the sealed image says: it stops, and passes with the recipe's file."""
    box.path(CONFIG).write_text(SHARED["config"]["sshd_config"].replace(
        "#PermitRootLogin prohibit-password", "PermitRootLogin yes"))
    result = check(box, "ssh.access")
    assert result["verdict"] == "fail" and "no host key" in result["summary"], result
    place = box.path("/etc/systemd/system/ssh.service.d/host-keys.conf")
    place.parent.mkdir()
    place.write_bytes((TEMPLATE / "host-keys.conf").read_bytes())
    result = check(box, "ssh.access")
    assert result["verdict"] == "pass", result


def becomes_two_machines(box):
    """One of them by a first boot, for which units were left to presets."""
    own = []
    for first_boot in (False, True):
        if first_boot:
            done = seal(box, "--first-boot")
            assert done.returncode == 0, done
            units = "preflightd.service", "preflightd.socket", "preflight-leases.service"
            subprocess.run(["systemctl", f"--root={box.merged}", "disable", *units], check=True,
                           capture_output=True)
        with container.Container(box.merged) as clone:
            clone.wait("systemctl is-active preflightd.service preflightd.socket")
            clone.run("systemctl is-enabled preflightd.service preflight-leases.service")
            assert clone.run("preflightctl status", check=False).returncode == 1
            assert json.loads(clone.run("preflightctl history --format=json").stdout) \
                ["transactions"] == []
            assert clone.login(), "sshd lets nobody in"
            clone.run("preflightctl check --only='ssh.*' --source=127.0.0.1")
            assert seal(clone, "--check").returncode == 1, "it has an identity by now"
            own.append([clone.path(path).read_text() for path in OF_ITS_OWN])
    for one, other in zip(*own):
        assert one and other and one != other


TESTS = [is_used_while_it_is_built, is_told_what_is_left,
         stays_a_machine_where_a_lease_cannot_be_ended, never_leaves_the_image, is_sealed,
         needs_somebody_who_makes_host_keys, becomes_two_machines]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    SHARED["build"] = pathlib.Path(options.build)
    return tap.main(TESTS, options.cache, options.build)


if __name__ == "__main__":
    sys.exit(main())
