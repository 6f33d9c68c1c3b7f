#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl plan, fix, undo and history of an image: with the real probes, remedies and
transactions. Prints TAP. $PF_CTL is the program, $PF_FIXTURES the folder of fixtures.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from points import contains, equal, run_tests, test

CTL = os.environ["PF_CTL"]
FIXTURES = pathlib.Path(os.environ["PF_FIXTURES"])
READY, BLOCKED, USAGE, UNKNOWN, UNREACHABLE = range(5)
MAIN = "etc/ssh/sshd_config"
CHECK = "ssh.account-allowed"
WHO = ("--account=root", "--source=192.0.2.7")
FIX = ("fix", CHECK, "--consent", *WHO)


@contextlib.contextmanager
def image(name="sshd/allow-users"):
    with tempfile.TemporaryDirectory(prefix="preflightctl-image.") as directory:
        root = pathlib.Path(directory) / "root"
        shutil.copytree(FIXTURES / name / "root", root, symlinks=True)
        yield root


def run(root, *arguments, command=()):
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([*command, CTL, *arguments, f"--root={root}"], env=env, timeout=120,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode in range(5), done
    return done


def picture(root):
    """All that an image holds, but for what is kept of changes."""
    found = {}
    for path in sorted(root.rglob("*")):
        name, status = str(path.relative_to(root)), path.lstat()
        if name.startswith("var/lib/preflightd") or path.is_dir():
            continue
        data = os.readlink(path) if path.is_symlink() else path.read_bytes()
        found[name] = (data, status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns)
    return found


def history(root):
    return json.loads(run(root, "history", "--format=json").stdout)["transactions"]


def only_id(root):
    [transaction] = history(root)
    return transaction["id"]


@test
def a_plan_changes_nothing():
    with image() as root:
        before, names = picture(root), sorted(root.rglob("*"))
        done = run(root, "plan", CHECK, "--consent", *WHO)
        equal(done.returncode, READY, done.stderr)
        for line in ("will pass ", "--- a/etc/ssh/sshd_config\n+++ b/etc/ssh/sshd_config\n",
                     "\n-AllowUsers deploy admin\n+AllowUsers deploy admin root@192.0.2.7\n"):
            contains(done.stdout, line)
        equal(run(root, "fix", "--dry-run", *FIX[1:]).stdout, done.stdout)
        equal(run(root, "history").stdout, "Nothing was changed here.\n")
        equal((picture(root), sorted(root.rglob("*"))), (before, names))


@test
def fixed_and_undone():
    with image() as root:
        before = picture(root)
        done = run(root, *FIX)
        equal((done.returncode, done.stderr), (READY, ""))
        mine = only_id(root)
        contains(done.stdout, f"Done, and kept as {mine}; to undo it: "
                              f"preflightctl undo --root={root} {mine}\n")
        contains(done.stdout.splitlines()[-1], "what was asked for passes; the machine: blocked: ")
        after = picture(root)
        equal({name for name in after if after[name] != before.get(name)}, {MAIN})
        contains(after[MAIN][0], b"AllowUsers deploy admin root@192.0.2.7\n")
        equal(after[MAIN][1:4], before[MAIN][1:4])
        [kept] = history(root)
        equal((kept["state"], kept["why"], kept["paths"]), ("applied", CHECK, ["/" + MAIN]))
        assert re.fullmatch(r".* \(uid \d+, pid \d+\), offline", kept["who"]), kept

        done = run(root, "undo", mine)
        equal((done.returncode, done.stdout), (READY, f"Undone: {mine}\n"))
        equal(picture(root), before)
        equal(history(root)[0]["state"], "undone")
        contains(run(root, "history").stdout, f"undone      {CHECK}, by ")


@test
def what_passes_is_left_alone():
    with image() as root:
        equal(run(root, *FIX).returncode, READY)
        before = picture(root)
        done = run(root, *FIX)
        equal(done.returncode, READY)
        contains(done.stdout, "passes ")
        assert "Done" not in done.stdout
        equal((picture(root), len(history(root))), (before, 1))


@test
def what_does_not_apply_is_not_told_to_pass():
    """Nothing was asked of it; a pattern of which some apply is judged by those."""
    sftp, why = "ssh.sftp-subsystem", "no OpenSSH server is installed"
    with image() as root:
        (root / "usr/sbin/sshd").unlink()
        before = picture(root)
        for format_ in ("table", "json"):
            done = run(root, "fix", sftp, "--yes", *WHO, f"--format={format_}")
            equal(done.returncode, BLOCKED, done.stderr)
            if format_ == "json":
                answer = json.loads(done.stdout)
                equal((answer["passes"], answer["notPassing"], answer["notApplicable"]),
                      (False, [], [sftp]))
                equal([step["after"] for step in answer["plan"]["steps"]], ["skip"])
            else:
                contains(done.stdout, f"  skip           {sftp}  {why}\n")
                contains(done.stdout, f"{sftp} does not apply here, and nothing was remedied: {why}\n"
                                      "what was asked for does not apply here; the machine: ")
                assert "passes" not in done.stdout, done.stdout
        equal(run(root, "plan", sftp, *WHO).returncode, BLOCKED)
        equal(run(root, "plan", "ssh.password-*", *WHO).returncode, BLOCKED)
        equal(run(root, "fix", "account.privileged", "ssh.lease", *WHO).returncode, BLOCKED)
        done = run(root, "fix", "account.privileged", "os.*", "*.lease", "--format=json", *WHO)
        equal(json.loads(done.stdout)["notApplicable"], ["ssh.lease"])
        equal((picture(root), history(root)), (before, []))
    with image() as root:
        done = run(root, "plan", "ssh.*l*", "--consent", *WHO)  # of these ssh.lease is skipped
        equal(done.returncode, READY, done.stdout)


@test
def success_is_that_the_installer_gets_in():
    """One line is put right; a login fails all the same, and so does the fix of all."""
    with image() as root:
        done = run(root, *FIX[:2], "ssh.access", *FIX[2:], "--format=json")
        answer = json.loads(done.stdout)
        equal((done.returncode, answer["passes"]), (BLOCKED, False))
        contains(answer["notPassing"], "ssh.access")
        done = run(root, "fix", *FIX[2:])
        assert done.returncode in (BLOCKED, UNKNOWN) and "ready" not in done.stdout, done


@test
def nothing_is_weakened_without_a_yes():
    with image() as root:
        before = picture(root)
        for more in ((), ("--yes",)):
            done = run(root, "fix", CHECK, *WHO, *more)
            equal(done.returncode, BLOCKED)
            contains(done.stderr, f"your consent is needed, and was not given: {CHECK}; ")
            contains(done.stdout, "needs consent ")
        equal((picture(root), history(root)), (before, []))


@test
def what_is_edited_since_stays():
    with image() as root:
        run(root, *FIX)
        with open(root / MAIN, "a", encoding="utf-8") as file:
            file.write("# a remark of mine\n")
        before = picture(root)
        done = run(root, "undo", "--last")
        equal((done.returncode, done.stdout), (UNKNOWN, ""))
        contains(done.stderr, "nothing was undone, for a file was edited since: ")
        contains(done.stderr, MAIN)
        equal(picture(root), before)


@test
def undo_of_what_is_not_there():
    with image() as root:
        contains(run(root, "undo", "--last").stderr, "--last: nothing is there to be undone")
        run(root, *FIX)
        for name in ("20200101T000000Z-0000", "../../etc", ""):
            done = run(root, "undo", name)
            equal(done.returncode, USAGE, name)
            contains(done.stderr, f'no transaction "{name}"; "preflightctl history" lists them')
        equal(run(root, "undo", only_id(root)).returncode, READY)
        done = run(root, "undo", only_id(root))
        equal(done.returncode, USAGE)
        contains(done.stderr, "is not in place: it was undone already, or taken back")
        equal(run(root, "undo", "--last").returncode, USAGE)


@test
def an_image_that_cannot_be_written():
    if os.geteuid() != 0:
        return "only root can mount"
    read_only = ["unshare", "--mount", "sh", "-c",
                 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"']
    with image() as root:
        before = picture(root)
        done = run(root, *FIX, command=[*read_only, root])
        if "permission denied" in done.stderr:
            return done.stderr
        equal(done.returncode, UNKNOWN, done.stdout)
        contains(done.stderr, "nothing was changed, for it cannot be written: ")
        assert "Done" not in done.stdout
        equal(run(root, "plan", *FIX[1:], command=[*read_only, root]).returncode, READY)
        equal(picture(root), before)


@test
def an_old_history_goes():
    """As the service does it, by HistoryAgeSec= and HistoryMax= of this machine."""
    with image() as root:
        for ended in (None, 1):
            equal(run(root, *FIX).returncode, READY)
            manifest = root / "var/lib/preflightd/transactions" / history(root)[-1]["id"] / "manifest.json"
            kept = json.loads(manifest.read_text())
            if ended:
                holder = kept if "endedUSec" in kept else kept["transaction"]
                holder["endedUSec"] = ended
                manifest.write_text(json.dumps(kept))
                break
            equal(run(root, "undo", only_id(root)).returncode, READY)
        equal([one["state"] for one in history(root)], ["undone"])
        assert not manifest.parent.exists()


@test
def one_at_a_time():
    with image() as root:
        run(root, *FIX)
        before = picture(root)
        with open(root / "var/lib/preflightd/transactions/.lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for arguments in (FIX, ("undo", "--last"), ("history",)):
                done = run(root, *arguments)
                equal(done.returncode, UNKNOWN, str(arguments))
                contains(done.stderr, "another change is being made: ")
        equal(picture(root), before)


@test
def a_lease_needs_who_ends_it():
    with image() as root:
        arguments = ("fix", "ssh.password-authentication", "--consent", "--lease=30min", *WHO)
        text = (root / MAIN).read_text(encoding="utf-8").replace("AllowUsers deploy admin\n", "")
        (root / MAIN).write_text("PasswordAuthentication no\n" + text, encoding="utf-8")
        before = picture(root)
        done = run(root, *arguments)
        equal(done.returncode, BLOCKED, done.stdout)
        contains(done.stderr, "nobody would end it in ")
        equal(picture(root), before)
        contains(run(root, "plan", *arguments[1:]).stdout, "then it reverts itself")


@test
def open_leases_are_part_of_the_status():
    with image("lease/two") as root:
        done = run(root, "status", *WHO)
        _, *lines = done.stdout.splitlines()
        found = [line.removeprefix("lease: ") for line in lines if line.startswith("lease: ")]
        equal(len(found), 2, done.stdout)
        for line in found:
            assert re.match(r"\S+ from \S+ until \S+: ", line), line
        contains(lines[-1], "; or now: preflightctl undo 2")
        equal(json.loads(run(root, "status", "--format=json").stdout)["leases"], found)
    with image("lease/none") as root:
        equal(len(run(root, "status").stdout.splitlines()), 1)
        assert "leases" not in json.loads(run(root, "status", "--format=json").stdout)


@test
def a_captured_machine_is_for_looking():
    captured = sorted(path.parent for path in (FIXTURES / "captured").rglob(".preflight"))
    assert captured
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory) / "root"
        shutil.copytree(captured[0], root, symlinks=True)
        before = picture(root)
        for arguments in (("fix", "ssh.*"), ("undo", "--last")):
            done = run(root, *arguments)
            equal((done.returncode, done.stdout), (USAGE, ""))
            contains(done.stderr, "is a captured machine: ")
        run(root, "plan", "ssh.*", "--consent")
        equal(picture(root), before)


if __name__ == "__main__":
    sys.exit(run_tests(sys.argv[1:]))
