#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The role of packaging/ansible by the real Ansible, on machines of a network of their own: one
that is ready for what is asked, one that sshd keeps closed, and one that is not there. TAP on
stdout. With --packages it also installs those, as it would anywhere, and over --older.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import container
import network
import tap

TREE = pathlib.Path(__file__).resolve().parents[2]
ANSIBLE = TREE / "packaging/ansible"
MACHINES = ("open", "closed")
NAMES = ("preflightd", "preflightd-remedy")
SOCKET = "/run/preflightd/org.preflightd.Preflight"
SHARED = {}
CONFIG = "/etc/ssh/sshd_config"
LINES = re.compile(r"^(\w+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.M)

# What a container is ready for: it has no disks and no boot loader.
VARIABLES = {
    "preflightd_packages": [],
    "preflightd_source": network.Network([]).own_address,
    "preflightd_only": ["ssh.*", "account.*"],
    "preflightd_settings": {"Check": {"Account": "root"}},
    "preflightd_waivers": {"clock": {"Check": "system.clock", "Reason": "the hypervisor's\nclock",
                                     "Owner": "tests", "Expires": "2099-01-01"}},
}
PUSH = """- name: Push
  ansible.builtin.shell: |
    sshd -T -C user=root,host=x,addr={source} >/root/pushed
    test ! -e /root/no-push
  args:
    creates: /root/no-file
  changed_when: false
"""


class Fleet:
    """The machines, the play, and what it said last."""

    def __init__(self, net, boxes, top):
        self.net = net
        self.boxes = boxes
        self.top = top
        self.said = ""
        self.counts = {}
        hosts = {name: {"ansible_host": net.address(name)} for name in [*MACHINES, "gone"]}
        (top / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": {
            "ansible_user": "root", "ansible_ssh_private_key_file": str(top / "key"),
            "ansible_python_interpreter": "/usr/bin/python3"}}}))
        (top / "push.yml").write_text(PUSH.format(source=net.own_address))
        (top / "ansible.cfg").write_text("")  # nobody else's
        self.environment = dict(
            os.environ, ANSIBLE_ROLES_PATH=str(ANSIBLE / "roles"), ANSIBLE_HOST_KEY_CHECKING="False",
            ANSIBLE_LOCAL_TEMP=str(top / "tmp"), ANSIBLE_HOME=str(top / "home"), ANSIBLE_NOCOLOR="1",
            ANSIBLE_PIPELINING="1", ANSIBLE_TIMEOUT="20", ANSIBLE_RETRY_FILES_ENABLED="0",
            ANSIBLE_CALLBACK_RESULT_FORMAT="yaml", ANSIBLE_CONFIG=str(top / "ansible.cfg"), LC_ALL="C.UTF-8",
            ANSIBLE_SSH_ARGS=f"-o ControlMaster=auto -o ControlPersist=60 -o ControlPath={top}/%C "
                             "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR")

    def play(self, *words, hosts=MACHINES, **variables):
        """Exit status of the example; self.counts has (changed, unreachable, failed) by machine."""
        given = {**VARIABLES, "preflightd_push": str(self.top / "push.yml"), **variables}
        done = self.net.run(
            ["ansible-playbook", "-i", self.top / "inventory.json", "--limit", ",".join(hosts),
             "-e", json.dumps(given), *words, ANSIBLE / "push.yml"],
            env=self.environment, timeout=300)
        self.said = done.stdout + done.stderr
        self.counts = {name: (int(changed), int(unreachable), int(failed))
                       for name, _, changed, unreachable, failed in LINES.findall(done.stdout)}
        assert set(self.counts) == set(hosts), self.said
        return done.returncode

    def was_pushed_to(self, name):
        """What its sshd said then to who pushes, or None; asked once."""
        path = self.boxes[name].path("/root/pushed")
        text = path.read_text() if path.exists() else None
        path.unlink(missing_ok=True)
        return text


def sshd_says(fleet, box):
    return box.run(f"sshd -T -C user=root,host=x,addr={fleet.net.own_address}").stdout


def packages_in(folder):
    return [str(next(pathlib.Path(folder).glob(f"{name}_[0-9]*.deb"))) for name in NAMES]


def versions_on(box):
    return box.run(f"dpkg-query -W -f '${{Version}}\\n' {' '.join(NAMES)}").stdout.split()


# --- tests ---

def check_mode_changes_nothing(fleet):
    """Also where nothing is installed yet, and so nothing can be lent."""
    fleet.play("--check", hosts=["open"], preflightd_lease="5min")
    changed, _, failed = fleet.counts["open"]
    assert changed > 0 and failed == 0, fleet.said
    assert not fleet.boxes["open"].path("/etc/preflightd/preflightd.conf.d").exists()
    assert fleet.was_pushed_to("open") is None


def upgrades_what_depends_on_each_other(fleet):
    """Each package needs the other in its own version; check mode tells, and changes nothing."""
    box = fleet.boxes["open"]
    older, newer = ({"preflightd_package_files": SHARED[age]} for age in ("older", "packages"))
    of_file = {age: [pathlib.Path(path).name.split("_")[1] for path in SHARED[age]]
               for age in ("older", "packages")}
    fleet.play(hosts=["open"], **older)
    assert versions_on(box) == of_file["older"], fleet.said
    fleet.play("--check", hosts=["open"], **older)
    assert fleet.counts["open"] == (0, 0, 0), fleet.said
    fleet.play("--check", hosts=["open"], **newer)
    assert fleet.counts["open"][0] == 1 and versions_on(box) == of_file["older"], fleet.said
    assert fleet.play(hosts=["open"], **newer) == 0, fleet.said
    assert fleet.counts["open"][0] == 1 and versions_on(box) == of_file["packages"], fleet.said
    assert fleet.play(hosts=["open"], **older) != 0 and "downgrade" in fleet.said, fleet.said
    assert versions_on(box) == of_file["packages"]
    assert not list(box.path("/var/tmp").glob("preflightd.*")), "files of packages are left"


def refuses_files_that_it_cannot_install(fleet):
    """Rather than copying them for nobody; who is asked is what was said to be there."""
    fleet.play(hosts=["open"], ansible_pkg_mgr="zypper",
               preflightd_package_files=[str(fleet.top / "key.pub")])
    assert fleet.counts["open"][2] == 1 and "here is zypper" in fleet.said, fleet.said
    assert not list(fleet.boxes["open"].path("/var/tmp").glob("preflightd.*"))


def pushes_where_it_would_work(fleet):
    """And nowhere else: the others are stopped, with the reason, or not reached."""
    assert fleet.play(hosts=[*MACHINES, "gone"]) != 0
    assert fleet.counts["open"][2] == 0 and fleet.was_pushed_to("open"), fleet.said
    assert fleet.counts["closed"][2] == 1 and fleet.was_pushed_to("closed") is None, fleet.said
    assert fleet.counts["gone"] == (0, 1, 0), fleet.said
    told = re.search(r"closed is blocked for root from 10\.77\.0\.1:.*?(?=\n\S)", fleet.said, re.S)
    assert told and re.search(r"ssh\.root-login \[95108[^\]]*\] fail: ", told[0]), fleet.said
    assert f"{CONFIG}:" in told[0], told[0]
    for box in fleet.boxes.values():
        text = box.path("/etc/preflightd/preflightd.conf.d/50-ansible.conf").read_text()
        assert "[Check]\nAccount=root\n" in text
        box.run("systemctl is-active preflightd")


def changes_nothing_the_second_time(fleet):
    assert fleet.play(hosts=["open"]) == 0, fleet.said
    assert fleet.counts["open"] == (0, 0, 0), fleet.said
    assert fleet.was_pushed_to("open")


def fails_as_long_as_settings_are_wrong(fleet):
    """By the role itself, and the second time too, though nothing is written then."""
    wrong = {"Check": {"Account": "root", "Sauce": "x"}}
    for _ in range(2):
        assert fleet.play(hosts=["open"], preflightd_settings=wrong) != 0, fleet.said
        assert fleet.counts["open"][2] == 1, fleet.said
        assert re.search(r"Check the settings\] \**\n+fatal: .*?unknown\s+key Sauce=", fleet.said, re.S), fleet.said
        assert fleet.was_pushed_to("open") is None
    assert fleet.play(hosts=["open"]) == 0 and fleet.was_pushed_to("open"), fleet.said


def takes_back_what_is_given_no_more(fleet):
    assert fleet.play(hosts=["open"], preflightd_waivers={}, preflightd_settings={}) == 0, fleet.said
    box = fleet.boxes["open"]
    assert box.run("find /etc/preflightd -type f").stdout == ""
    assert fleet.counts["open"][0] >= 2, fleet.said


def lends_for_the_time_of_the_push(fleet):
    box = fleet.boxes["closed"]
    before = sshd_says(fleet, box)
    assert fleet.play(hosts=["closed"], preflightd_lease="5min") == 0, fleet.said
    assert "permitrootlogin yes" in fleet.was_pushed_to("closed")
    assert sshd_says(fleet, box) == before, fleet.said


def takes_it_back_when_the_push_fails(fleet):
    box = fleet.boxes["closed"]
    before = sshd_says(fleet, box)
    box.path("/root/no-push").touch()
    assert fleet.play(hosts=["closed"], preflightd_lease="5min") != 0
    assert "permitrootlogin yes" in fleet.was_pushed_to("closed"), fleet.said
    assert sshd_says(fleet, box) == before, fleet.said
    history = json.loads(box.run("preflightctl history --format=json").stdout)["transactions"]
    assert [entry["state"] for entry in history] == ["undone"] * 2, history


def takes_it_back_when_nobody_looks_again(fleet):
    """The lease is made, and then the service, which is to look at it, breaks off."""
    box = fleet.boxes["closed"]
    before = sshd_says(fleet, box)
    box.run("systemctl stop preflightd.socket preflightd.service && systemd-run --unit=breaks-off "
            f"socat UNIX-LISTEN:{SOCKET},fork,mode=0666 EXEC:/bin/false")
    box.wait(f"test -S {SOCKET}")
    assert fleet.play(hosts=["closed"], preflightd_lease="5min") != 0
    box.run(f"systemctl stop breaks-off; rm -f {SOCKET}; systemctl start preflightd.socket")
    last = json.loads(box.run("preflightctl history --format=json").stdout)["transactions"][-1]
    assert last["state"] == "undone" and sshd_says(fleet, box) == before, (last, fleet.said)
    assert "Stop where it is not known" in fleet.said and fleet.was_pushed_to("closed") is None, fleet.said


def plans_a_lease_in_check_mode(fleet):
    box = fleet.boxes["closed"]
    before = sshd_says(fleet, box)
    fleet.play("--check", hosts=["closed"], preflightd_lease="5min")
    assert fleet.counts["closed"][0] == 1, fleet.said
    assert sshd_says(fleet, box) == before, fleet.said


TESTS = [pushes_where_it_would_work, changes_nothing_the_second_time]
IN_FULL = [check_mode_changes_nothing, *TESTS, fails_as_long_as_settings_are_wrong, lends_for_the_time_of_the_push,
           takes_back_what_is_given_no_more, takes_it_back_when_the_push_fails,
           takes_it_back_when_nobody_looks_again, plans_a_lease_in_check_mode,
           refuses_files_that_it_cannot_install]
WITH_PACKAGES = [check_mode_changes_nothing, upgrades_what_depends_on_each_other, *TESTS]


def start(root, build, net, key, name):
    box = container.Container(root, build, net.namespace(name)).__enter__()
    box.path("/root/.ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(key, box.path("/root/.ssh/authorized_keys"))
    if name == "open":
        text = box.path(CONFIG).read_text()
        box.path(CONFIG).write_text(text.replace("#PermitRootLogin prohibit-password",
                                                 "PermitRootLogin yes"))
        box.run("systemctl reload ssh")
    return box


def play_all(tests, root, build, top):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", top / "key"], check=True)
    boxes = {}
    with network.Network(MACHINES) as net:
        try:
            with concurrent.futures.ThreadPoolExecutor(len(MACHINES)) as pool:
                started = {name: pool.submit(start, root, build, net, top / "key.pub", name)
                           for name in MACHINES}
            boxes = {name: future.result() for name, future in started.items()}
            fleet = Fleet(net, boxes, top)
            return [tap.run(number, test, fleet) for number, test in enumerate(tests, 1)]
        finally:
            for box in boxes.values():
                box.__exit__()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the containers' root is kept")
    parser.add_argument("--packages", help="a folder of packages to install, instead of the build")
    parser.add_argument("--older", help="a folder of the same in an older version, with --packages")
    options = parser.parse_args()
    if bool(options.packages) != bool(options.older):
        parser.error("--packages are installed over --older: give both")
    tests = IN_FULL if os.environ.get("PF_FULL") else TESTS
    if options.packages:
        tests, options.build = WITH_PACKAGES, None
        SHARED.update(packages=packages_in(options.packages), older=packages_in(options.older))
        VARIABLES["preflightd_package_files"] = SHARED["packages"]
    try:
        if not shutil.which("ansible-playbook"):
            raise container.Unavailable("ansible-core is not installed")
        root = container.make_root(options.cache, container.WITH_PACKAGES if options.packages else ())
    except container.Unavailable as why:
        print(f"1..0 # SKIP {why}")
        return 0
    print(f"1..{len(tests)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="pf-ansible-") as top:
        ended = play_all(tests, root, options.build, pathlib.Path(top))
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main())
