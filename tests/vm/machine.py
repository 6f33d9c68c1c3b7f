# SPDX-License-Identifier: MIT
"""What the tests on virtual machines share: where those are, what they need, what they say.

The machines are those of make-image and vm.py in ../shared/vm, or $PF_SHARED/vm, kept
below $VM_CACHE.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PF_SHARED") or TREE.parent / "shared")
CACHE = pathlib.Path(os.environ.get("VM_CACHE") or pathlib.Path.home() / ".cache/preflightd-vm")
SKIPPED = 77
BOOT_SECONDS = 1500


def run(*argv, **how):
    how.setdefault("check", True)
    return subprocess.run([str(one) for one in argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)


def missing(programs):
    """Why no machine can be booted here, or None."""
    if os.geteuid() != 0:
        return "not root"
    if not (SHARED / "vm" / "vm.py").exists():
        return "no ../shared/vm"
    if not os.path.exists("/dev/loop-control"):
        return "no loop devices"
    for program in programs:
        if not shutil.which(program):
            return f"there is no {program}"
    return None


def use_harness():
    """From then on vm.py can be imported."""
    sys.path.insert(0, str(SHARED / "vm"))
    os.environ["VM_CACHE"] = str(CACHE)
    CACHE.mkdir(parents=True, exist_ok=True)


def make_image(layout, suite="bookworm", packages=""):
    """The folder with its disks, which nobody writes to. @packages: more of them, with commas."""
    made = run(SHARED / "vm" / "make-image", "-s", suite, layout, timeout=1800,
               env={**os.environ, "VM_CACHE": str(CACHE), "VM_PACKAGES": packages})
    return pathlib.Path(made.stdout.split()[-1])


def put_libraries(vm, programs):
    """Those that the programs are linked with, where the machine has not got them."""
    for program in programs:
        for library in re.findall(r"=> (/\S+)", run("ldd", program).stdout):
            if vm.run(f"test -e {library}", check=False).returncode != 0:
                vm.put(os.path.realpath(library), "/usr/local/lib/" + os.path.basename(library))
    vm.run("ldconfig")


class Points:
    """What was shown, as TAP on stdout."""

    def __init__(self):
        self.n = 0
        self.bad = 0

    def say(self, good, what, details=""):
        self.n += 1
        self.bad += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {what}")
        for line in details.splitlines()[-12:] if not good else []:
            print("# " + line)
        sys.stdout.flush()

    def skip(self, what, why):
        self.n += 1
        print(f"ok {self.n} - {what} # SKIP {why}", flush=True)

    def end(self):
        print(f"1..{self.n}")
        return 1 if self.bad else 0
