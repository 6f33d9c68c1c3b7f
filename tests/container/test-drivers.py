#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""boot.drivers on a machine that runs: the real mkinitramfs, lsinitramfs, and the way back.

The kernel is made up, and so are its modules, which nobody loads: what counts is which of
them are in the initramfs. TAP on stdout.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import tap

KERNEL = "6.1.0-99-amd64"
IMAGE = f"/boot/initrd.img-{KERNEL}"
MODULES = f"/usr/lib/modules/{KERNEL}"
ROOT = "0b3c1d7e-1111-4222-8333-444455556666"
DRIVERS = ["hv_vmbus", "hv_storvsc", "hv_netvsc"]
GRUB_CFG = f"""menuentry 'Debian' {{
 linux /boot/vmlinuz-{KERNEL} root=UUID={ROOT} ro
 initrd {IMAGE}
}}
"""
SHARED = {}


def make_module(box, name):
    """An object file with what depmod(8) looks at."""
    words = "".join(f'static const char {chr(97 + i)}[] __attribute__((section(".modinfo"), used)) = '
                    f'"{text}";\n' for i, text in enumerate((f"name={name}", "license=GPL",
                                                             "vermagic=" + KERNEL)))
    with tempfile.TemporaryDirectory(prefix="pf-module-") as top:
        source = pathlib.Path(top) / "module.c"
        source.write_text(words)
        subprocess.run(["gcc", "-c", "-o", f"{top}/module.ko", source], check=True)
        place = box.path(f"{MODULES}/kernel/drivers/hv/{name}.ko")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((pathlib.Path(top) / "module.ko").read_bytes())


def make_kernel(box):
    for name in DRIVERS:
        make_module(box, name)
    for path, text in {f"/boot/vmlinuz-{KERNEL}": "kernel", "/boot/grub/grub.cfg": GRUB_CFG,
                       f"/boot/config-{KERNEL}": "CONFIG_RD_GZIP=y\n",
                       f"{MODULES}/modules.builtin": "kernel/drivers/scsi/sd_mod.ko\nkernel/fs/ext4/ext4.ko\n",
                       "/etc/fstab": f"UUID={ROOT} / ext4 defaults 0 1\n",
                       f"{MODULES}/modules.order": ""}.items():
        box.path(path).parent.mkdir(parents=True, exist_ok=True)
        box.path(path).write_text(text)
    conf = box.path("/etc/initramfs-tools/initramfs.conf")
    conf.write_text(conf.read_text().replace("MODULES=most", "MODULES=list").replace(
        "COMPRESS=zstd", "COMPRESS=gzip"))
    box.run(f"depmod {KERNEL} && mkinitramfs -o {IMAGE} {KERNEL}", timeout=120)


def digests(box):
    return {path: hashlib.sha256(box.path(path).read_bytes()).hexdigest()
            for path in (IMAGE, "/etc/initramfs-tools/modules")}


def verdict(box):
    told = box.run("preflightctl check --in-process --only=boot.drivers --format=json", check=False)
    return json.loads(told.stdout)["checks"][0]


def drivers_in(box):
    listed = box.run(f"lsinitramfs {IMAGE}").stdout
    return [name for name in DRIVERS if f"/{name}.ko" in listed]


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
