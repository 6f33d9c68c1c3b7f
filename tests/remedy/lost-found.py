#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a boot loader reads on ext4 is made in lost+found, so that its directory does not grow.

On ext4, on a loop device, as root; the directory of grub.cfg has no room for one more name. With
one it would be split in two, and never joined again: that it was not, its size tells afterwards.
Where lost+found is missing, or is not what mkfs makes, the new file stands beside the old one.

Then `preflightctl fix` and `undo` of an image with such a boot partition are killed at the calls
that change something: after the next command grub.cfg is the old or the new one with all that
it had, and neither directory has anything else in it. PF_FULL=1: at all of them.
"""
import contextlib
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.environ["PF_SOURCE_ROOT"] + "/tests/crash")
from crash_machines import MACHINES, describe, lay  # noqa: E402

REPLACE, CTL, RUN = (os.environ[name] for name in ("PF_REPLACE_FILE", "PF_CTL", "PF_CRASH_RUN"))
FULL = bool(os.environ.get("PF_FULL"))
EVERY = 1 if FULL else 14  # one of so many kill points
MACHINE = next(one for one in MACHINES if one.name == "boot.root-identity")
BLOCK = 1024
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def run(*command):
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=ENVIRONMENT,
                          stdin=subprocess.DEVNULL, timeout=120)
    return done.returncode, done.stdout + done.stderr


def must(*command):
    code, said = run(*command)
    if code != 0:
        raise RuntimeError(f"{command}: {said}")
    return said


class Image:
    """A machine with a boot partition of its own."""

    def __init__(self, top):
        self.root = pathlib.Path(top) / "machine"
        self.boot, self.grub = self.root / "boot", self.root / "boot/grub"
        self.cfg, self.lost = self.grub / "grub.cfg", self.boot / "lost+found"
        self.kept = self.boot / "kept"  # where a test has put it away
        self.boot.mkdir(parents=True)
        with open(f"{top}/disk", "wb") as file:
            file.truncate(16 << 20)
        must("mkfs.ext4", "-q", "-F", "-b", str(BLOCK), f"{top}/disk")
        must("mount", "-o", "loop", f"{top}/disk", str(self.boot))

    def close(self):
        must("umount", str(self.boot))

    def make_grub(self):
        """As after the installation: full to the last byte that a name could have."""
        for path in {*self.root.iterdir(), *self.boot.iterdir()} - {self.boot, self.lost, self.kept}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        lay(MACHINE, self.root)
        for number in range(100):
            name = self.grub / f"another-module-of-grub-{number:04d}.mod"
            name.touch()
            if self.grub.stat().st_size > BLOCK:
                break
        # What was split is not joined again: a new directory, with one file less.
        names = sorted(path.name for path in self.grub.glob("*.mod"))[:-1]
        full = self.boot / "full"
        full.mkdir()
        os.rename(self.cfg, full / "grub.cfg")
        for name in names:
            (full / name).touch()
        shutil.rmtree(self.grub)
        os.rename(full, self.grub)
        assert self.grub.stat().st_size == BLOCK, "the directory is not as it was made"

    def picture(self):
        return describe(self.cfg, {}, False)[:6]

    def names(self):
        return sorted(os.listdir(self.grub)), sorted(os.listdir(self.lost)) if self.lost.is_dir() else []


def replaced(image, as_it_is, grows):
    """Replaces grub.cfg: does the directory grow, and is anything left over?"""
    image.make_grub()
    with as_it_is(image):
        names, before = image.names(), image.picture()
        with tempfile.NamedTemporaryFile() as new:
            new.write(b"new\n")
            new.flush()
            must(REPLACE, str(image.root), "/boot/grub/grub.cfg", new.name)
        assert image.cfg.read_bytes() == b"new\n" and image.picture()[:5] == before[:5], image.picture()
        assert image.names() == names, image.names()
        size = image.grub.stat().st_size
        assert (size > BLOCK) == grows, f"{size} bytes of directory"


@contextlib.contextmanager
def as_mkfs_makes_it(_):
    yield


@contextlib.contextmanager
def full_itself(image):
    """It may grow: no loader reads it."""
    fillers = [image.lost / f"{number:04d}-{'x' * 200}" for number in range(300)]
    for path in fillers:
        path.touch()
    yield
    for path in fillers:
        path.unlink()


@contextlib.contextmanager
def missing(image):
    image.lost.rename(image.kept)
    yield
    image.kept.rename(image.lost)


@contextlib.contextmanager
def open_to_others(image):
    image.lost.chmod(0o750)
    yield
    image.lost.chmod(0o700)


@contextlib.contextmanager
def of_another_user(image):
    os.chown(image.lost, 1234, 0)
    yield
    os.chown(image.lost, 0, 0)


@contextlib.contextmanager
def a_link(image):
    image.lost.rename(image.kept)
    image.lost.symlink_to("kept")
    yield
    image.lost.unlink()
    image.kept.rename(image.lost)


@contextlib.contextmanager
def mounted_by_itself(image):
    must("mount", "--bind", str(image.lost), str(image.lost))
    try:
        yield
    finally:
        must("umount", str(image.lost))


@contextlib.contextmanager
def immutable(image):
    must("chattr", "+i", str(image.lost))
    try:
        yield
    finally:
        must("chattr", "-i", str(image.lost))


# --- killed ---

WHO = ("--account=root", "--source=192.0.2.7")
BEGIN = {"fix": "[0-9]*T[0-9]*Z-*", "undo": "flock"}


def history(image):
    done = subprocess.run([CTL, "history", "--format=json", f"--root={image.root}"], check=False,
                          capture_output=True, env=ENVIRONMENT, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["transactions"]


def fix(image):
    return [CTL, "fix", f"--root={image.root}", MACHINE.name, "--yes", *WHO]


def undo(image):
    return [CTL, "undo", f"--root={image.root}", history(image)[-1]["id"]]


def killed(image, what, make, argv):
    """Kills @argv at its calls until it comes to its end; how often, and where."""
    points, n_old = 0, 0
    for point in range(1, 10000):
        if point % EVERY and point != 1:
            continue
        make()
        old, names = image.picture(), image.names()
        code, said = run(RUN, "--changes", f"--kill-at={point}", f"--from={BEGIN[what]}", "--",
                         *argv(image))
        assert code in (0, 3) or "crash-run" not in said, said
        states = [one["state"] for one in history(image)]
        assert image.names() == names, f"point {point}: left over: {image.names()}"
        assert image.grub.stat().st_size == BLOCK, f"point {point}: the directory was split"
        now = image.picture()
        assert now[:5] == old[:5], f"point {point}: {now} was {old}"
        if now != old:
            assert b"root=UUID=" in (now if what == "fix" else old)[5], now[5]
        else:
            n_old += 1
        if code == 3:
            assert now != old, f"not done: {states}"
            return f"{points} kill points of {what}, {n_old} old"
        points += 1
    raise AssertionError("it has no end")


def fix_is_killed(image):
    return killed(image, "fix", image.make_grub, fix)


def undo_is_killed(image):
    def make():
        image.make_grub()
        must(*fix(image))
    return killed(image, "undo", make, undo)


TESTS = [(how.__name__, functools.partial(replaced, as_it_is=how, grows=grows)) for how, grows in (
    (as_mkfs_makes_it, False), (full_itself, False), (missing, True), (open_to_others, True),
    (of_another_user, True), (a_link, True), (mounted_by_itself, True), (immutable, True))]
TESTS += [("fix_is_killed", fix_is_killed), ("undo_is_killed", undo_is_killed)]


def main():
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control") or not shutil.which("mkfs.ext4"):
        print("1..0 # SKIP needs root, loop devices and mkfs.ext4")
        return 0
    if os.environ.get("PF_INSIDE") != "1":
        os.environ["PF_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, "-B", *sys.argv])
    failed = 0
    print(f"1..{len(TESTS)}")
    with tempfile.TemporaryDirectory(prefix="pf-lost-", dir="/dev/shm") as top:
        image = Image(top)
        try:
            for number, (name, test) in enumerate(TESTS, 1):
                try:
                    said = test(image)
                    print(f"ok {number} - {name}" + (f"\n# {said}" if said else ""))
                except (AssertionError, RuntimeError) as error:
                    failed += 1
                    print(f"not ok {number} - {name}\n# " + str(error).replace("\n", "\n# "))
                sys.stdout.flush()
        finally:
            image.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
