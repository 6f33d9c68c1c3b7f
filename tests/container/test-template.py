#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""packaging/template: a machine becomes a template, and that two machines. TAP on stdout."""

import argparse
import fnmatch
import json
import os
import pathlib
import re
import shutil
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

# One file for each pattern of the script: what machines hold after their build.
GATHERED = """
etc/ssh/ssh_host_ed25519_key
etc/ssh/ssh_host_ed25519_key.pub
etc/ssh/ssh_host_ed25519_key-cert.pub
var/lib/dbus/machine-id
var/lib/systemd/random-seed
var/lib/systemd/credential.secret
var/lib/dhcp/dhclient.ens3.leases
var/lib/dhclient/dhclient-ens3.lease
var/lib/dhcpcd/duid
var/lib/dhcpcd/secret
var/lib/dhcpcd/ens3.lease6
var/lib/NetworkManager/internal-4b0f-ens3.lease
var/lib/NetworkManager/secret_key
etc/iscsi/initiatorname.iscsi
etc/nvme/hostid
etc/nvme/hostnqn
etc/udev/rules.d/70-persistent-net.rules
var/lib/cloud/instance
var/lib/cloud/instances/i-2/user-data.txt
var/lib/cloud/data/instance-id
var/lib/cloud/sem/config_scripts_per_once.once
var/log/cloud-init-output.log
etc/netplan/50-cloud-init.yaml
etc/network/interfaces.d/50-cloud-init
etc/NetworkManager/system-connections/cloud-init-ens3.nmconnection
etc/ssh/sshd_config.d/50-cloud-init.conf
etc/sudoers.d/90-cloud-init-users
root/.bash_history
root/.zsh_history
root/.ssh/known_hosts
home/who/.bash_history
home/who/.zsh_history
home/who/.ssh/known_hosts.old
var/log/journal/0123/system.journal
var/log/audit/audit.log.1
var/log/auth.log.1
var/log/secure-20260101
var/log/messages
var/log/syslog.2.gz
var/log/kern.log
var/log/user.log
var/log/daemon.log
var/log/wtmp.1
var/log/btmp
var/log/lastlog
var/log/faillog
var/lib/wtmpdb/wtmp.db
var/lib/lastlog/lastlog2.db
var/cache/apt/archives/sed_4.9_amd64.deb
var/cache/apt/pkgcache.bin
var/lib/apt/lists/deb.debian.org_dists_bookworm_InRelease
var/cache/dnf/baseos.solv
var/cache/yum/baseos/repomd.xml
var/cache/preflightd/preflightd_0.1.0_amd64.deb
""".split()
OF_THE_LEASE = "var/lib/preflightd/transactions/*"  # it is a real one

# What is beside those, and is a template's own.
KEPT = """
etc/ssh/moduli
etc/ssh/sshd_config.d/60-own.conf
etc/nvme/discovery.conf
etc/netplan/60-own.yaml
etc/sudoers.d/90-own
root/.bashrc
home/who/.ssh/authorized_keys
var/lib/dhcpcd/own.conf
var/lib/NetworkManager/NetworkManager.state
var/log/preflight-own.log
""".split()

def seal(box, *options):
    """Of the image, by this machine's programs."""
    return subprocess.run(
        [TEMPLATE / "seal", *options, box.merged], capture_output=True, text=True, check=False,
        env=dict(os.environ, PREFLIGHT_REMEDYD=str(SHARED["build"] / "daemon/preflight-remedyd")))


def patterns():
    """All that the script lists."""
    text = (TEMPLATE / "seal").read_text()
    return [line for name in ("identity", "cloud", "traces", "caches")
            for line in re.search(f"^{name}='([^']*)'", text, re.M)[1].splitlines()]


def belongs_to(path, pattern):
    """As the shell takes it: no star is about more than one part, nor about a leading dot."""
    parts, wanted = pathlib.PurePath(path).parts, pathlib.PurePath(pattern).parts
    return len(parts) >= len(wanted) and all(
        fnmatch.fnmatchcase(part, want) and (part[0] != "." or want[0] == ".")
        for part, want in zip(parts, wanted))


def told_by(*argv, **options):
    """What a program says, wherever it does."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done
    return done.stdout + done.stderr


def is_there(box, path):
    return os.path.lexists(box.path(path))


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


def gathers_all_that_machines_do(box):
    """Of every pattern there is one, also of those that this machine has none of."""
    unmet = [pattern for pattern in patterns() if pattern != OF_THE_LEASE and
             not any(belongs_to(path, pattern) for path in GATHERED)]
    assert not unmet, f"nothing is made for {unmet}"
    for path in GATHERED + KEPT:
        there = box.path(path)
        if there.is_symlink() and there.name == "machine-id":
            there.unlink()
        if not is_there(box, path):
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_text("# of the build\n")


def is_told_what_is_left(box):
    done = seal(box, "--check")
    assert done.returncode == 1, done
    for path in ("/etc/machine-id", " holds a lease", "/var/lib/preflightd/transactions/"):
        assert path in done.stderr, (path, done.stderr)
    listed = re.findall(r"^seal: /(.*) is there$", done.stderr, re.M)
    for path in GATHERED:
        assert any(belongs_to(path, one) for one in listed), (path, done.stderr)
    for path in KEPT:
        assert not any(belongs_to(path, one) for one in listed), (path, done.stderr)


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
    own = box.path("/etc/nvme").rename(box.path("/etc/nvme.own"))
    box.path("/etc/nvme").symlink_to(ours)
    done = seal(box)
    assert done.returncode == 1 and "leads out of the image" in done.stderr, done
    assert (ours / "hostid").exists()
    box.path("/etc/nvme").unlink()
    own.rename(box.path("/etc/nvme"))


def is_sealed(box):
    done = seal(box)
    assert (done.returncode, done.stderr) == (0, ""), done
    done = seal(box, "--check")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert [path for path in GATHERED if is_there(box, path)] == []
    assert [path for path in KEPT if not is_there(box, path)] == []
    box.path("/etc/ssh/sshd_config.d/60-own.conf").unlink()
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


def is_read_by_its_builders(box):
    """By those that are here; no image is made. What shells get of Packer's is looked at anyway."""
    recipe = TEMPLATE / "preflightd.pkr.hcl"
    scripts = re.findall(r"inline = \[\n(.*?)\n    \]", recipe.read_text(), re.S)
    assert len(scripts) == 2, scripts
    for script in scripts:
        lines = [json.loads(line) for line in re.findall(r'^ +(".*"),$', script, re.M)]
        script = "\n".join(lines).replace("${var.source}", "192.0.2.7")
        assert "${var" not in script, script
        subprocess.run(["sh", "-n", "-c", script], check=True)
        for program in re.findall(r"/usr/\S+", script):
            assert os.access(box.path(program), os.X_OK), program
    validate = ["packer", "validate", "-var", "packages=.", "-var", "source=192.0.2.7", recipe]
    if shutil.which("packer"):
        assert "error" not in told_by(*validate).lower()
    if shutil.which("mkosi") and told_by("mkosi", "--version") == "mkosi 14\n":
        told = told_by("mkosi", "summary", cwd=TEMPLATE / "mkosi")
        assert re.search("Release: bookworm", told) and "libjson-c5" in told, told


TESTS = [is_read_by_its_builders, is_used_while_it_is_built, gathers_all_that_machines_do,
         is_told_what_is_left, stays_a_machine_where_a_lease_cannot_be_ended,
         never_leaves_the_image, is_sealed, needs_somebody_who_makes_host_keys,
         becomes_two_machines]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    SHARED["build"] = pathlib.Path(options.build)
    return tap.main(TESTS, options.cache, options.build)


if __name__ == "__main__":
    sys.exit(main())
