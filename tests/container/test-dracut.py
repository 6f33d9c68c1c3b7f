#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""boot.drivers with the real dracut: as Debian has it, and as distributions that are called
Red Hat's do, whose kernels have a file of /boot/loader/entries each. TAP on stdout.

The kernels are made up, and so are their modules, as in test-drivers.py.
"""

import argparse
import json
import os
import sys

sys.dont_write_bytecode = True

import kernels
import tap

CONFIGURATION = "/etc/dracut.conf.d/preflightd.conf"
PACKAGES = ["dracut-core"]
SHARED = {}


class Layout:
    """Where a distribution keeps what a kernel starts with."""

    def __init__(self, version, image, loader, text):
        self.version = version
        self.image = image.format(version=version)
        self.loader = loader.format(version=version)
        self.text = text.format(version=version, image=self.image, root=kernels.ROOT)


DEBIAN = Layout("6.1.0-99-amd64", "/boot/initrd.img-{version}", "/boot/grub/grub.cfg",
                kernels.GRUB_CFG)
RED_HAT = Layout("5.14.0-999.el9.x86_64", "/boot/initramfs-{version}.img",
                 "/boot/loader/entries/one-{version}.conf", """title Linux
version {version}
linux /boot/vmlinuz-{version}
initrd {image}
options root=UUID={root} ro
""")
# Its grub.cfg is of the configuration, and lists no kernel by itself.
BLS_CFG = """search --no-floppy --fs-uuid --set=root {root}
insmod blscfg
blscfg
"""


def verdict(box):
    told = box.run("preflightctl check --in-process --only=boot.drivers --format=json", check=False)
    return json.loads(told.stdout)["checks"][0]


def drivers_in(box, layout):
    return kernels.drivers_in(box.run(f"lsinitrd {layout.image}", timeout=120).stdout)


def state(box, layout):
    return kernels.state(box, layout.image, CONFIGURATION)


def working_files(box):
    """What is left once the service has ended, which keeps plans for as long as it is there."""
    box.wait("! systemctl is-active preflight-remedyd", 90)
    return box.run("find /var/tmp /tmp -mindepth 1 -not -path '*/systemd-private-*' "
                   "-printf '%p\\n' | sort").stdout


def make(box, layout):
    """A kernel whose initramfs dracut builds, with none of the drivers."""
    kernels.make(box, layout.version, layout.loader, layout.text)
    box.path("/etc/dracut.conf.d").mkdir(exist_ok=True)
    drivers = " ".join(kernels.DRIVERS)
    box.run(f"dracut --force --no-hostonly --omit-drivers '{drivers}' "
            f"--kver {layout.version} {layout.image}", timeout=300)
    assert drivers_in(box, layout) == [] and verdict(box)["verdict"] == "fail", verdict(box)
    SHARED.update(before=state(box, layout), files=working_files(box))


def build(box, layout):
    box.run("preflightctl fix boot.drivers --consent --yes --no-pager", timeout=600)
    assert drivers_in(box, layout) == kernels.DRIVERS, drivers_in(box, layout)
    assert verdict(box)["verdict"] in ("pass", "warn"), verdict(box)
    for name in kernels.DRIVERS:
        assert f'add_drivers+=" {name} "' in box.path(CONFIGURATION).read_text().splitlines()
    # It is kept where transactions are, and the service has nothing left of the building.
    kept = box.run("find /var/lib/preflightd/transactions -type f | xargs sha256sum").stdout
    assert SHARED["before"][layout.image][0] in kept, kept
    assert working_files(box) == SHARED["files"], working_files(box)


def give_back(box, layout):
    box.run("preflightctl undo --last", timeout=120)
    assert state(box, layout) == SHARED["before"]
    assert verdict(box)["verdict"] == "fail"
    assert working_files(box) == SHARED["files"], working_files(box)


def lacks_its_drivers(box):
    box.run("dpkg --purge --force-depends initramfs-tools-core && rm -rf /etc/initramfs-tools")
    make(box, DEBIAN)


def a_plan_changes_nothing(box):
    done = box.run("preflightctl plan boot.drivers --consent --no-pager", timeout=600)
    assert DEBIAN.image in done.stdout and "+add_drivers" in done.stdout, done.stdout
    assert state(box, DEBIAN) == SHARED["before"]


def dracut_builds_it_anew(box):
    build(box, DEBIAN)


def the_old_one_is_given_back(box):
    give_back(box, DEBIAN)


def a_tool_that_fails_changes_nothing(box):
    """Configured to need what is not there, it ends with what it had to say."""
    box.path("/etc/dracut.conf.d/broken.conf").write_text("add_dracutmodules+=\" none-of-these \"\n")
    done = box.run("preflightctl fix boot.drivers --consent --yes --no-pager", check=False, timeout=600)
    box.path("/etc/dracut.conf.d/broken.conf").unlink()
    assert done.returncode != 0 and "none-of-these" in done.stdout + done.stderr, done
    assert state(box, DEBIAN) == SHARED["before"] and working_files(box) == SHARED["files"]


def builds_that_of_an_entry_file(box):
    kernels.remove(box, DEBIAN.version, DEBIAN.image)
    box.path("/boot/grub/grub.cfg").write_text(BLS_CFG.format(root=kernels.ROOT))
    make(box, RED_HAT)
    build(box, RED_HAT)
    give_back(box, RED_HAT)


TESTS = [lacks_its_drivers, a_plan_changes_nothing, dracut_builds_it_anew, the_old_one_is_given_back,
         a_tool_that_fails_changes_nothing, builds_that_of_an_entry_file]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    if not os.environ.get("PF_FULL"):
        print("1..0 # SKIP dracut is installed in a full run")
        return 0
    return tap.main(TESTS, options.cache, options.build, PACKAGES)


if __name__ == "__main__":
    sys.exit(main())
