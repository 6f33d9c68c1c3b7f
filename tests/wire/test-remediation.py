#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflight-remedyd from outside: who may do what, one change at a time, and leases.

PF_REMEDYD is the program, PF_REMEDYD_FAKE the same with effects that a test decides about
(tests/support/fake-effects.c). Machines are copies of fixtures. Needs root; what needs a
mount is left out where none can be made. Prints TAP.
"""
import concurrent.futures
import fcntl
import os
import pathlib
import socket
import subprocess
import sys
import time
import traceback

import service_under_test
from remediation_box import (AUTOMATIC, Box, DROP_IN, INTERFACE, LEASE_DROP_IN, REMEDYD,
                             STRANGER, bad, good, patience)
from service_under_test import Skip, TREE
from varlink import Closed, Description

PASSWORD = "ssh.password-authentication"
# Seconds that a lease may stay open beyond its time: 2, and more beside other tests.
LATE = 2 if os.environ.get("PF_FULL") else 20
AT_ONCE = 1 if os.environ.get("PF_FULL") else 6
NAMESPACE = "PF_MOUNT_NAMESPACE"


# --- plans and changes ---

def test_answers_are_as_described(_):
    text = (TREE / "config/org.preflightd.Remediation.varlink").read_text()
    description = Description(text)
    with Box().start() as box, box.client() as client:
        served = client.call("org.varlink.service.GetInterfaceDescription",
                             {"interface": INTERFACE.rstrip(".")})
        assert served["parameters"]["description"] == text
        plan = box.plan(PASSWORD, lease=60)
        applied = box.apply(plan)["parameters"]
        listed = good(box.call("ListTransactions"))
        for method, answer in (("Plan", {"plan": plan}), ("Apply", applied),
                               ("ListTransactions", listed)):
            kind = description.methods[method][1]
            assert not description.misfits(kind, answer), description.misfits(kind, answer)
        undone = good(box.call("Undo", {"transaction": applied["transaction"]["id"]}))
        assert not description.misfits(description.methods["Undo"][1], undone)


def test_a_change_and_the_way_back(_):
    with Box().start() as box:
        before = box.files()
        plan = box.plan(PASSWORD)
        assert box.files() == before
        assert [step["outcome"] for step in plan["steps"]] == ["remedied"]
        transaction = good(box.apply(plan))["transaction"]
        assert transaction["state"] == "applied" and transaction["why"] == PASSWORD
        assert transaction["who"].startswith("root (uid 0, pid ")
        assert "PasswordAuthentication yes" in (box.root / DROP_IN).read_text()
        assert box.acts() == ["reload ssh.service"]
        undone = good(box.call("Undo", {"transaction": transaction["id"]}))["transaction"]
        assert undone["state"] == "undone"
        assert box.files() == before
        assert [one["id"] for one in box.transactions()] == [transaction["id"]]


def test_the_program_itself_does_the_same(_):
    with Box().start(fake=False) as box:
        before = box.files()
        transaction = box.password()
        assert transaction["state"] == "applied" and box.has(DROP_IN)
        good(box.call("Undo", {"transaction": transaction["id"]}))
        assert box.files() == before


def test_what_needs_a_yes_is_only_named(_):
    with Box().start() as box:
        plan = box.plan(PASSWORD, consent=False)
        assert plan["empty"] and plan["steps"][0]["outcome"] == "consent", plan["steps"]
        answer = bad(box.apply(plan), "ConsentRequired")
        assert answer["check"] == PASSWORD and answer["reason"]


def test_what_cannot_be_remedied_says_why(_):
    with Box("os/fedora-40").start() as box:
        plan = box.plan("os.distribution")
        assert plan["empty"] and plan["steps"][0]["outcome"] == "notremediable", plan["steps"]
        answer = bad(box.apply(plan), "NotRemediable")
        assert answer["check"] == "os.distribution" and answer["reason"]


def test_wrong_questions(_):
    lease = {"account": "root", "source": "192.0.2.7", "durationUSec": 60000000}
    with Box().start() as box:
        assert bad(box.call("Plan", {"checks": ["ssh.nonsense"]}),
                   "NoSuchCheck")["check"] == "ssh.nonsense"
        wrong = {
            "durationUSec": ({"durationUSec": 0}, {"durationUSec": -1}, {"durationUSec": 999999},
                             {"durationUSec": 24 * 3600 * 1000000 + 1}),
            "source": ({"source": ""}, {"source": "192.0.2"}, {"source": "192.0.2.7/33"},
                       {"source": "192.0.2.7/"}, {"source": "192.0.2.7/+1"}, {"source": "*"},
                       {"source": "fe80::1%eth0"}, {"source": "::ffff:192.0.2.7"},
                       {"source": "::ffff:0:0/96"},
                       {"source": "192.0.2.7\nMatch all"}),
            "account": ({"account": ""}, {"account": "root\nMatch all"}),
        }
        for field, values in wrong.items():
            for value in values:
                answer = box.call("Plan", {"checks": [PASSWORD], "lease": {**lease, **value}})
                assert answer["error"] == "org.varlink.service.InvalidParameter", (value, answer)
                assert answer["parameters"]["parameter"] == field, (value, answer)
        answer = box.call("Plan", {"checks": [PASSWORD], "lease": lease, "account": "other"})
        assert answer["parameters"]["parameter"] == "account", answer
        bad(box.call("Apply", {"digest": "sha256:" + 64 * "0"}), "PlanStale")
        for name in ("20260101T000000Z-0000", "", "../../etc", 300 * "x"):
            assert bad(box.call("Undo", {"transaction": name}),
                       "NoSuchTransaction")["transaction"] == name
        assert box.transactions() == []


def test_a_lease_is_for_one_address(_):
    with Box().start() as box:
        for source in ("0.0.0.0/0", "::/0", "192.0.2.0/24", "192.0.2.7/32", "2001:db8::/64"):
            lease = {"account": "root", "source": source, "durationUSec": 60000000}
            plan = good(box.call("Plan", {"checks": [PASSWORD, "ssh.access"], "consent": True,
                                          "lease": lease}))["plan"]
            assert plan["empty"], (source, plan["files"])
            step = next(step for step in plan["steps"] if step["check"] == PASSWORD)
            assert step["outcome"] == "notremediable", (source, step)
            assert f"one address, and {source} is a network" in step["summary"], step
            bad(box.apply(plan), "NotRemediable")
        assert box.transactions() == []


def test_a_plan_that_is_not_true_any_more(_):
    with Box().start() as box:
        plan = box.plan(PASSWORD)
        (box.root / DROP_IN).write_text("# of somebody else\n")
        bad(box.apply(plan), "PlanStale")
        bad(box.apply(plan), "PlanStale")  # and it is not kept
        assert (box.root / DROP_IN).read_text() == "# of somebody else\n"


def test_a_plan_is_applied_once(_):
    with Box().start() as box:
        plan = box.plan(PASSWORD)
        good(box.apply(plan))
        bad(box.apply(plan), "PlanStale")


def test_the_newest_plans_are_kept(_):
    with Box().start() as box, box.client() as client:
        plans = []
        for i in range(17):
            lease = {"account": "root", "source": f"192.0.2.{i + 1}", "durationUSec": 60000000}
            plans.append(good(client.call(INTERFACE + "Plan", {
                "checks": [PASSWORD], "consent": True, "lease": lease}))["plan"])
        assert len({plan["digest"] for plan in plans}) == 17
        bad(box.apply(plans[0]), "PlanStale")
        good(box.apply(plans[1]))


def test_what_the_owner_refuses(_):
    with Box().start() as box:
        before = box.files()
        box.tell("invalid", "sshd: line 1: Bad configuration option")
        plan = box.plan(PASSWORD)
        assert "Bad configuration option" in bad(box.apply(plan), "ValidationFailed")["output"]
        assert box.files() == before and box.acts() == []
        box.untell("invalid")


def test_what_does_not_help_is_taken_back(_):
    with Box().start() as box:
        before = box.files()
        box.tell("unproven", "root is still refused")
        assert "still refused" in bad(box.apply(box.plan(PASSWORD)), "ValidationFailed")["output"]
        assert box.files() == before
        assert [one["state"] for one in box.transactions()] == ["rolledback"]


def test_undo_refuses_where_somebody_edited(_):
    with Box().start() as box:
        transaction = box.password()
        with open(box.root / DROP_IN, "a", encoding="utf-8") as file:
            file.write("X11Forwarding no\n")
        answer = bad(box.call("Undo", {"transaction": transaction["id"]}), "EditedSince")
        assert DROP_IN in answer["reason"], answer
        assert "X11Forwarding no" in (box.root / DROP_IN).read_text()


# --- who may ---

def test_strangers_may_nothing(_):
    with Box().start() as box:
        plan = box.plan(PASSWORD)
        answers = box.as_user(STRANGER, ("Plan", {"checks": [PASSWORD]}),
                              ("Apply", {"digest": plan["digest"]}), ("ListTransactions", None),
                              ("Undo", {"transaction": "x"}))
        for answer in answers:
            assert "root" in bad(answer, "NotPermitted")["reason"]
        assert not box.has(DROP_IN)


def allow(box, text):
    (box.root / "etc/preflightd").mkdir()
    (box.root / "etc/preflightd/preflightd.conf").write_text(f"[Remedy]\n{text}\n")


SFTP = {"checks": ["ssh.sftp-subsystem"]}


def digest(answers):
    return {"digest": answers[-1]["parameters"]["plan"]["digest"]}


def test_what_works_unattended_may_little(_):
    lease = {"account": "root", "source": "192.0.2.7", "durationUSec": 60000000}
    with Box().start() as box:
        allow(box, "Auto=safe")
        plan = box.plan(PASSWORD)
        answers = box.as_user(
            AUTOMATIC, ("Plan", {"checks": [PASSWORD], "consent": True}),
            ("Plan", {"checks": [PASSWORD], "lease": lease}), ("ListTransactions", None),
            ("Undo", {"transaction": "x"}), ("Apply", {"digest": plan["digest"]}))
        for answer in answers:
            bad(answer, "NotPermitted")
        assert not box.has(DROP_IN)
        good(box.apply(plan))  # which is kept for root


def test_unattended_only_where_policy_allows(_):
    with Box("sshd/no-subsystem").start() as box:
        before = box.files()
        planned, answer = box.as_user(AUTOMATIC, ("Plan", SFTP), ("Apply", digest))
        assert not planned["parameters"]["plan"]["empty"]
        assert "Auto=" in bad(answer, "NotPermitted")["reason"]
        assert box.files() == before
        allow(box, "Auto=safe\nAutoSkip=ssh.*")
        _, answer = box.as_user(AUTOMATIC, ("Plan", SFTP), ("Apply", digest))
        assert "AutoSkip" in bad(answer, "NotPermitted")["reason"]


def test_unattended_once_for_the_same_evidence(_):
    with Box("sshd/no-subsystem").start() as box:
        allow(box, "Auto=safe")
        config = box.root / "etc/ssh/sshd_config"
        before = config.read_text()
        _, answer = box.as_user(AUTOMATIC, ("Plan", SFTP), ("Apply", digest))
        transaction = good(answer)["transaction"]
        assert transaction["who"] == "preflightd: automatic"
        for path in transaction["paths"]:  # somebody puts it back
            (box.root / path.lstrip("/")).unlink()
        config.write_text(before)
        _, answer = box.as_user(AUTOMATIC, ("Plan", SFTP), ("Apply", digest))
        assert transaction["id"] in bad(answer, "NotPermitted")["reason"]
        assert config.read_text() == before


def test_the_history_is_as_long_as_the_settings_say(_):
    with Box().start() as box:
        allow(box, "HistoryMax=1")
        for _ in range(2):
            good(box.call("Undo", {"transaction": box.password()["id"]}))
        kept = box.password()["id"]
        assert len(box.transactions()) == 3
        box.kill()
        box.start()  # it looks when it opens them
        assert [one["id"] for one in box.transactions()] == [kept]
        (box.root / "etc/preflightd/preflightd.conf").write_text("[Remedy]\nHistoryMax=no\n")
        good(box.call("Undo", {"transaction": kept}))
        box.kill()
        box.start()  # nothing goes by settings that cannot be read
        assert [one["state"] for one in box.transactions()] == ["undone"]
        assert "HistoryMax=no" in box.read_log()


# --- one at a time ---

def test_a_second_change_is_told_who_makes_the_first(_):
    with Box().start() as box:
        plan = box.plan(PASSWORD)
        other = box.plan(PASSWORD, lease=60)
        box.tell("hold")
        with box.begin("Apply", {"digest": plan["digest"]}) as first:
            assert patience(box.acts)
            assert f"pid {os.getpid()}" in bad(box.apply(other), "Busy")["reason"]
            bad(box.call("Undo", {"transaction": "x"}), "Busy")
            assert box.plan(PASSWORD)["digest"]  # planning goes on
            with box.begin("ListTransactions", None) as waiting:
                assert waiting.is_silent() and first.is_silent()
                box.untell("hold")
                assert good(first.receive())["transaction"]["state"] == "applied"
                assert [one["state"] for one in good(waiting.receive())["transactions"]] == \
                    ["applied"]



def test_a_client_that_goes_away_stops_no_change(_):
    with Box().start() as box:
        plan = box.plan(PASSWORD)
        box.tell("hold")
        box.begin("Apply", {"digest": plan["digest"]}).close()
        assert patience(box.acts)
        box.untell("hold")
        assert [one["state"] for one in box.transactions()] == ["applied"]
        assert box.has(DROP_IN)


def test_a_client_that_goes_away_before_its_turn(_):
    with Box().start() as box:
        transaction = box.password()
        box.tell("hold")
        undo = box.begin("Undo", {"transaction": transaction["id"]})
        assert patience(lambda: len(box.acts()) == 2)
        for _ in range(8):
            box.begin("ListTransactions", None).close()
        box.untell("hold")
        assert good(undo.receive())["transaction"]["state"] == "undone"
        undo.close()
        assert len(box.transactions()) == 1


# --- leases ---

def test_a_lease_ends_by_itself(_):
    with Box().start() as box:
        before = box.files()
        transaction = box.password(lease=4)
        [record] = box.records()
        assert (record["id"], record["account"], record["source"], record["why"]) == \
            (transaction["id"], "root", "192.0.2.7", PASSWORD)
        assert abs(record["endsUSec"] - transaction["leaseEndsUSec"]) < 1000000
        assert patience(lambda: not box.has(LEASE_DROP_IN))
        late = time.time() - transaction["leaseEndsUSec"] / 1e6
        assert -0.1 < late < LATE, f"it was closed {late:.2f} s late"
        print(f"# closed {late:.3f} s after its time")
        assert box.files() == before
        [after] = box.transactions()
        assert after["state"] == "undone" and after["leaseEndsUSec"] is None
        assert box.records() == []
        assert box.acts() == ["reload ssh.service", "undo reload ssh.service"]
        log = box.read_log()
        assert "is open: root may log in from 192.0.2.7" in log and "has ended" in log


def test_a_lease_that_is_ended_early(_):
    with Box().start() as box:
        before = box.files()
        transaction = box.password(lease=600)
        with open(box.root / LEASE_DROP_IN, "a", encoding="utf-8") as file:
            file.write("X11Forwarding no\n")
        undone = good(box.call("Undo", {"transaction": transaction["id"]}))["transaction"]
        assert undone["state"] == "undone"
        assert (box.root / LEASE_DROP_IN).read_text() == "X11Forwarding no\n"
        (box.root / LEASE_DROP_IN).unlink()
        assert box.files() == before and box.records() == []


def test_one_lease_at_a_time(_):
    """The block of a second one would close with that of the first."""
    with Box().start() as box:
        config = box.root / "etc/ssh/sshd_config"
        config.write_text("PermitRootLogin no\n" + config.read_text())
        before = box.files()
        first = box.password(lease=600)
        plan = box.plan("ssh.root-login", lease=600)
        assert plan["empty"], plan
        [step] = plan["steps"]
        assert step["outcome"] == "notremediable", step
        assert f"a lease is open in /{LEASE_DROP_IN} (Match User root Address" in step["summary"], step
        assert len(box.records()) == 1
        good(box.call("Undo", {"transaction": first["id"]}))
        second = box.fix("ssh.root-login", PASSWORD, lease=600)
        assert (box.root / LEASE_DROP_IN).read_text().count("Match User root") == 1
        good(box.call("Undo", {"transaction": second["id"]}))
        assert box.files() == before and box.records() == []


def test_copies_of_the_block_go_with_it(_):
    with Box().start() as box:
        transaction = box.password(lease=600)
        path = box.root / LEASE_DROP_IN
        block = path.read_text()
        path.write_text(f"{block}# of an administrator\n{block}X11Forwarding no\n{block}")
        good(box.call("Undo", {"transaction": transaction["id"]}))
        assert path.read_text() == "# of an administrator\nX11Forwarding no\n"


def test_an_edited_file_loses_the_block_alone(_):
    with Box().start() as box:
        transaction = box.password(lease=600)
        path = box.root / LEASE_DROP_IN
        path.write_text("# of an administrator\n" + path.read_text() + "X11Forwarding no\n")
        box.make_overdue(transaction)
        box.start()
        assert patience(lambda: "Match" not in path.read_text())
        assert path.read_text() == "# of an administrator\nX11Forwarding no\n"
        assert patience(lambda: box.records() == [])


def test_a_killed_service_goes_on(_):
    with Box().start() as box:
        before = box.files()
        long = box.password(lease=600)
        box.kill()
        box.start()
        assert patience(box.records) and box.has(LEASE_DROP_IN)
        assert [one["state"] for one in box.transactions()] == ["applied"]
        good(box.call("Undo", {"transaction": long["id"]}))
        box.make_overdue(box.password(lease=600))
        assert box.has(LEASE_DROP_IN)
        box.start()
        assert patience(lambda: not box.has(LEASE_DROP_IN)), "it is overdue"
        assert patience(lambda: box.records() == []) and box.files() == before


def test_in_another_boot_it_is_over(_):
    with Box().start() as box:
        before = box.files()
        transaction = box.password(lease=600)
        box.kill()
        boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        manifest = box.manifest(transaction)
        text = manifest.read_text()
        assert boot_id in text
        manifest.write_text(text.replace(boot_id, "11111111-2222-4333-8444-555555555555"))
        box.start()
        assert patience(lambda: not box.has(LEASE_DROP_IN))
        assert box.files() == before


def test_a_service_that_is_stopped_leaves_none_open(_):
    with Box().start() as box:
        before = box.files()
        box.password(lease=600)
        assert box.stop() == 0
        assert box.files() == before and box.records() == []


def test_by_hand_and_at_boot(_):
    for option, fake, is_over in (("--expire", True, False), ("--expire-all", True, True),
                                  ("--at-boot", False, True)):
        with Box().start() as box:
            before = box.files()
            box.password(lease=600)
            box.kill()
            done = box.run(option, fake=fake)
            assert done.returncode == 0, done.stderr
            assert (box.files() == before) == is_over, option
            assert (box.records() == []) == is_over
            reloads = ["undo reload ssh.service"] if option == "--expire-all" else []
            assert box.acts() == ["reload ssh.service"] + reloads


def test_a_service_that_cannot_be_reloaded_is_tried_again(_):
    with Box().start() as box:
        before = box.files()
        box.make_overdue(box.password(lease=600))
        box.tell("broken", "ssh.service: cannot be reloaded")
        box.start()
        assert patience(lambda: "trying again" in box.read_log())
        assert "cannot be reloaded" in box.read_log()
        assert box.files() == before  # the file is closed all the same
        assert len(box.records()) == 1, "sshd may not know yet"
        n = len(box.acts())
        assert patience(lambda: len(box.acts()) > n)
        box.untell("broken")
        assert patience(lambda: box.records() == [])
        assert [one["state"] for one in box.transactions()] == ["undone"]
        assert box.read_log().count("trying again") == 1


def mount(*arguments):
    if not os.environ.get(NAMESPACE):
        raise Skip("no mount can be made here")
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Skip(done.stderr.strip())


class Mounted(Box):
    """A machine whose /etc is a file system of its own."""

    def __init__(self, size="1m"):
        super().__init__()
        etc = self.root / "etc"
        etc.rename(self.root / "etc.old")
        etc.mkdir()
        self.is_mounted = False
        try:
            mount("-t", "tmpfs", "-o", f"size={size},mode=0755", "none", etc)
            self.is_mounted = True
        finally:
            if not self.is_mounted:
                super().__exit__(None)
        subprocess.run(["cp", "-a", f"{self.root}/etc.old/.", str(etc)], check=True)

    def __exit__(self, *arguments):
        if self.process and self.process.poll() is None:
            self.kill()
        subprocess.run(["umount", "-l", str(self.root / "etc")], check=False)
        return super().__exit__(*arguments)


def test_read_only_at_the_deadline(_):
    with Mounted() as box:
        box.start()
        before = box.files()
        box.make_overdue(box.password(lease=600))
        mount("-o", "remount,ro", box.root / "etc")
        box.start()
        assert patience(lambda: "trying again" in box.read_log())
        assert box.has(LEASE_DROP_IN) and len(box.records()) == 1
        mount("-o", "remount,rw", box.root / "etc")
        assert patience(lambda: not box.has(LEASE_DROP_IN))
        assert patience(lambda: box.records() == []) and box.files() == before


def fill(directory):
    with open(directory / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def test_a_full_disk_at_the_deadline(_):
    with Mounted() as box:
        # Without Include the lease is put into the file itself, which is to be restored.
        config = box.root / "etc/ssh/sshd_config"
        config.write_text("PasswordAuthentication no\nSubsystem sftp internal-sftp\n")
        for path in (box.root / "etc/ssh/sshd_config.d").iterdir():
            path.unlink()
        box.start()
        before = box.files()
        transaction = box.password(lease=600)
        assert "Match" in config.read_text()
        fill(box.root / "etc")
        box.make_overdue(transaction)
        box.start()
        assert patience(lambda: "Match" not in config.read_text())
        (box.root / "etc/filler").unlink()
        assert box.files() == before
        assert patience(lambda: box.records() == [])


# --- coming and going ---

def test_it_ends_when_idle(_):
    with Box().start("--idle=3s") as box:
        with box.client():
            time.sleep(4)  # longer than it may be idle
            assert not box.has_ended(), "a client is there"
        assert patience(box.has_ended)
        assert box.process.returncode == 0 and not box.path.exists()


def test_it_stays_while_a_lease_is_open(_):
    with Box().start("--idle=5s") as box:
        transaction = box.password(lease=600)
        box.kill()
        box.start("--idle=100ms")
        time.sleep(1)  # longer than it may be idle
        assert not box.has_ended()
        box.make_overdue(transaction)
        box.start("--idle=5s")
        assert patience(box.has_ended)
        assert box.process.returncode == 0 and not box.has(LEASE_DROP_IN)


def test_it_takes_the_socket_of_the_manager(_):
    with Box() as box:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(box.path))
        listener.listen(16)
        box.process = subprocess.Popen(
            ["sh", "-c", 'exec 3<&0 </dev/null; LISTEN_PID=$$ exec "$@"', "sh", REMEDYD,
             f"--root={box.root}", "--idle=200ms"],
            stdin=listener.fileno(), stdout=box.log, stderr=box.log,
            env={**os.environ, "LISTEN_FDS": "1"})
        assert box.transactions() == []
        assert patience(box.has_ended) and box.path.exists()


def test_another_process_has_the_transactions(_):
    with Box().start() as box:
        box.password()
        box.kill()
        with open(box.root / "var/lib/preflightd/transactions/.lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            box.start("--idle=300ms")
            bad(box.call("ListTransactions"), "Busy")
            time.sleep(0.6)  # longer than it may be idle
            assert not box.has_ended(), "there may be leases"
        assert patience(lambda: "transactions" in box.call("ListTransactions")["parameters"])


def test_nonsense_is_no_end(_):
    with Box().start() as box:
        for text in (b"\0", b"{}\0", b"[" * 100000 + b"\0", b"x" * 70000):
            with box.client() as client:
                client.send(text)
                client.socket.shutdown(socket.SHUT_WR)
                try:
                    client.receive()
                    assert False, text[:20]
                except Closed:
                    pass
        assert box.transactions() == []


def test_options(_):
    with Box() as box:
        for options in (["--nonsense"], ["x"], ["--idle=soon"], ["--lease-minimum"]):
            assert box.run(*options).returncode == 2, options
        done = subprocess.run([REMEDYD, "--lease-minimum=1s"], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 2 and "--root" in done.stderr
        assert box.run("--help").returncode == 0
        assert not box.has("var")


def enter_namespace():
    """Mounts of the tests are nobody else's."""
    if os.environ.get(NAMESPACE):
        return
    command = ["unshare", "--mount", "--propagation", "private", "--"]
    try:
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
            return
    except FileNotFoundError:
        return
    os.environ[NAMESPACE] = "1"
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def run_one(test):
    """The line of TAP, and what went wrong."""
    title = test.__name__.removeprefix("test_")
    try:
        test(None)
        return True, title, ""
    except Skip as reason:
        return True, f"{title} # SKIP {reason}", ""
    except Exception:  # pylint: disable=broad-except
        return False, title, traceback.format_exc()


def run(tests):
    """Side by side, since most of them wait for a clock."""
    print(f"1..{len(tests)}")
    good_all = True
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for number, (is_good, title, text) in enumerate(pool.map(run_one, tests), 1):
            good_all = good_all and is_good
            print(f"{'ok' if is_good else 'not ok'} {number} - {title}")
            for line in text.splitlines():
                print("#   " + line)
            sys.stdout.flush()
    return 0 if good_all else 1


def main():
    if not REMEDYD:
        service_under_test.skip_all("PF_REMEDYD names no program")
    if os.geteuid() != 0:
        service_under_test.skip_all("only root changes a machine")
    enter_namespace()
    return run(service_under_test.tests_of(sys.modules[__name__]))


if __name__ == "__main__":
    sys.exit(main())
