#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A local user against the replacement of files (race-replace.c).

Once as root, in a sticky directory that anybody may write to, where what is root's may be replaced
and all else has to be refused; once as the attacker himself, to whom everything belongs, also what
lies outside: then nothing is refused, and the descriptors alone keep it beneath the root.
Outside, not a byte, name, mode or time of a change may be another afterwards.

PF_FULL=1: for a minute each instead of a second.
"""
import os
import re
import subprocess
import sys
import tempfile

USER = 65534
SPEEDY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # nobody waits for a disk there
SECONDS = "60" if os.environ.get("PF_FULL") else "1.5"
PATHS = ["/shared/way/file", "/shared/link/file", "/shared/real/file", "/shared/plain",
         "/shared/../shared/way/../way/file", "/guarded/file"]


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def make(top, owner):
    """top/machine is the root of the machine; top/outside is what must not be touched."""
    for name in "", "/machine", "/machine/shared", "/machine/guarded", "/outside", "/outside/directory":
        os.makedirs(top + name, exist_ok=True)
        os.chmod(top + name, 0o755)
    for name in "way", "real":
        os.mkdir(f"{top}/machine/shared/{name}")
        put(f"{top}/machine/shared/{name}/file", "old\n")
    put(f"{top}/machine/shared/plain", "old\n")
    put(f"{top}/machine/guarded/file", "old\n")
    os.symlink("real", f"{top}/machine/shared/link")
    for name in "canary", "file", "directory/file":
        put(f"{top}/outside/{name}", "canary\n")
    if owner == USER:
        for folder, _, files in os.walk(top):
            for name in [folder] + [f"{folder}/{file}" for file in files]:
                os.chown(name, USER, USER, follow_symlinks=False)
    else:
        os.chmod(f"{top}/machine/shared", 0o1777)
        os.chmod(f"{top}/outside", 0o755)
        # What the attacker owns from the beginning lies beside what is root's.
        os.chown(f"{top}/machine/shared/way", USER, USER)
        os.chown(f"{top}/machine/shared/link", USER, USER, follow_symlinks=False)


def picture(top):
    """All of what is outside; links are counted by hard links of the attacker, so not here."""
    lines = []
    for folder, folders, files in os.walk(f"{top}/outside"):
        folders.sort()
        for path in [folder] + sorted(f"{folder}/{name}" for name in files):
            st = os.lstat(path)
            text = open(path, encoding="ascii").read() if os.path.isfile(path) else ""
            lines.append((path, st.st_ino, st.st_mode, st.st_uid, st.st_gid, st.st_mtime_ns, text))
    return lines


def race(number, what, owner):
    with tempfile.TemporaryDirectory(prefix="pf-race-", dir=SPEEDY) as top:
        make(top, owner)
        before = picture(top)
        command = [os.environ["PF_RACE_REPLACE"], f"{top}/machine", str(USER), SECONDS, *PATHS]
        if owner == USER:
            command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *command]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        after = picture(top)
        contents = {open(f"{top}/machine/{name}", encoding="ascii").read()
                    for name in ("shared/real/file", "shared/plain", "guarded/file")
                    if os.path.isfile(f"{top}/machine/{name}")}
    text = done.stdout.decode().strip()
    print(f"# {what}: {text}{done.stderr.decode()}")
    counts = dict(re.findall(r"(\w+) (\d+)", text))
    good = (done.returncode == 0 and before == after and contents <= {"old\n", "new\n"}
            and int(counts["replaced"]) > 0 and int(counts["attacks"]) > 0)
    if before != after:
        print("# outside was touched:", *(set(before) ^ set(after)), sep="\n#   ")
    if not contents <= {"old\n", "new\n"}:
        print("# neither old nor new:", contents)
    print(f"{'ok' if good else 'not ok'} {number} - {what}")
    return good


def main():
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root, to be attacked")
        return 0
    print("1..2")
    return 0 if all([race(1, "as root", 0), race(2, "as the attacker", USER)]) else 1


if __name__ == "__main__":
    sys.exit(main())
