#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""boot.drivers on a machine that runs: the real mkinitramfs, lsinitramfs, and the way back.

The kernel is made up, and so are its modules, which nobody loads: what counts is which of
them are in the initramfs. TAP on stdout.
"""

import argparse
import hashlib
import json
import sys

sys.dont_write_bytecode = True

import kernels
import tap

KERNEL = "6.1.0-99-amd64"
IMAGE = f"/boot/initrd.img-{KERNEL}"
DRIVERS = kernels.DRIVERS
SHARED = {}


def make_kernel(box):
    kernels.make(box, KERNEL, "/boot/grub/grub.cfg",
                 kernels.GRUB_CFG.format(version=KERNEL, image=IMAGE, root=kernels.ROOT))
    conf = box.path("/etc/initramfs-tools/initramfs.conf")
    conf.write_text(conf.read_text().replace("MODULES=most", "MODULES=list").replace(
        "COMPRESS=zstd", "COMPRESS=gzip"))
    box.run(f"mkinitramfs -o {IMAGE} {KERNEL}", timeout=120)


def digests(box):
    return {path: hashlib.sha256(box.path(path).read_bytes()).hexdigest()
            for path in (IMAGE, "/etc/initramfs-tools/modules")}


def verdict(box):
    told = box.run("preflightctl check --in-process --only=boot.drivers --format=json", check=False)
    return json.loads(told.stdout)["checks"][0]


def drivers_in(box):
    return kernels.drivers_in(box.run(f"lsinitramfs {IMAGE}").stdout)


def lacks_its_drivers(box):
    make_kernel(box)
    assert drivers_in(box) == [] and verdict(box)["verdict"] == "fail", verdict(box)
    SHARED["before"] = digests(box)


def asks_for_consent(box):
    done = box.run("preflightctl fix boot.drivers --yes --no-pager", check=False)
    assert done.returncode == 1 and "consent" in done.stdout + done.stderr, done
    assert digests(box) == SHARED["before"]


def a_plan_changes_nothing(box):
    done = box.run("preflightctl plan boot.drivers --consent --no-pager", timeout=300)
    assert IMAGE in done.stdout and "+hv_storvsc" in done.stdout, done.stdout
    assert digests(box) == SHARED["before"]
    # What was built is kept with the plan, where nobody else looks.
    left = box.run("find /var/tmp -path '*preflight*' -printf '%m %y %f\\n'").stdout.splitlines()
    assert [line[:5] for line in left] == ["700 d", "600 f"], left


def builds_it_anew(box):
    box.run("preflightctl fix boot.drivers --consent --yes --no-pager", timeout=300)
    assert drivers_in(box) == DRIVERS and verdict(box)["verdict"] in ("pass", "warn"), verdict(box)
    assert "next start has its drivers" in verdict(box)["summary"], verdict(box)["summary"]


def gives_the_old_one_back(box):
    box.run("preflightctl undo --last", timeout=120)
    assert digests(box) == SHARED["before"]
    assert verdict(box)["verdict"] == "fail"


TESTS = [lacks_its_drivers, asks_for_consent, a_plan_changes_nothing, builds_it_anew,
         gives_the_old_one_back]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    return tap.main(TESTS, options.cache, options.build)


if __name__ == "__main__":
    sys.exit(main())
