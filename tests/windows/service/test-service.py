#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The life of the Windows service, under Wine: made, started, asked, told, killed, removed.

    test-service.py BUILD

WINE_RUN_PREFIX names the Windows; nothing of us is installed there before, nor is afterwards.
Each test goes on where the one before it ended. Prints TAP.
"""

import json
import os
import re
import signal
import subprocess
import sys

import windows
from windows import PIPE, SERVICE_KEY, SOURCE_KEY, until

POLICIES = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"


def options(machine):
    assert machine.run(machine.daemon, "--version").startswith("preflightd ")
    assert "--install" in machine.run(machine.daemon, "--help")
    machine.run(machine.daemon, "--nonsense", expect=2)
    machine.run(machine.daemon, "argument", expect=2)
    assert "too many" in machine.run(machine.daemon, "--start", "--stop", expect=2)
    for option in "--start", "--stop", "--remove", "--reload":
        assert "1060" in machine.run(machine.daemon, option, expect=1), option
    # Nobody but the service manager runs it so.
    assert "--start starts the service" in machine.run(machine.daemon, "--service", expect=1)


def foreground(machine):
    """In a console: it answers at the pipe that it is told, and Ctrl+C ends it."""
    pipe = PIPE + ".Console"
    child = machine.start_in_background(machine.daemon, f"--socket={pipe}")
    said = []
    try:
        for line in child.stdout:
            said.append(line)
            if "has started" in line:
                break
        assert any(f"Listening on {pipe}" in line for line in said), said
        info = machine.call("org.varlink.service.GetInfo", pipe=pipe)["parameters"]
        assert info["product"] == "preflightd"
        child.send_signal(signal.SIGINT)  # to wine: to the program it is Ctrl+C
        said.append(child.communicate(timeout=windows.PATIENCE)[0])
    finally:
        child.kill()
    assert "has stopped" in said[-1] and child.returncode == 0, (child.returncode, said)


def settings_are_checked(machine):
    machine.run(machine.daemon, "--check-settings")
    machine.data.mkdir(exist_ok=True)
    machine.set("[Check]\nProfil=x\n")
    said = machine.run(machine.daemon, "--check-settings", expect=2)
    assert "/ProgramData/preflightd/preflightd.conf:2: unknown key Profil=" in said, said
    drop_ins = machine.data / "preflightd.conf.d"
    drop_ins.mkdir()
    machine.set("[Check]\nAccount=one\n")
    (drop_ins / "a.conf").write_text("[Check]\nAccount=\n", encoding="utf-8")
    said = machine.run(machine.daemon, "--check-settings", expect=2)
    assert "preflightd.conf.d/a.conf:2: Account=" in said, said
    (drop_ins / "a.conf").unlink()
    drop_ins.rmdir()
    machine.settings.unlink()
    machine.run(machine.daemon, "--check-settings")


def settings_of_others_do_not_count(machine):
    """Any user may make the folder before us."""
    if os.getuid() != 0:
        return "only root can give a file to somebody else"
    machine.set("")
    os.chown(machine.settings, 12345, 12345)
    said = machine.run(machine.daemon, "--check-settings", expect=2)
    assert "belongs to somebody who is no administrator" in said, said
    machine.run(machine.daemon, "--install", expect=1)
    assert machine.state() is None
    machine.settings.unlink()
    os.chown(machine.data, 12345, 12345)
    assert "no administrator" in machine.run(machine.daemon, "--check-settings", expect=2)
    os.chown(machine.data, 0, 0)
    machine.run(machine.daemon, "--check-settings")
    return None


def installed(machine):
    machine.run(machine.daemon, "--install")
    assert machine.state() == "STOPPED"
    values = machine.registry(SERVICE_KEY)
    # In quotes: the path may have a blank in it.
    assert re.fullmatch(r'"[A-Z]:\\.*\\preflightd\.exe" --service', values["ImagePath"]), values
    assert values["Start"] == "0x2" and values["ObjectName"] == "LocalSystem", values
    assert values["Description"].startswith("Answers whether"), values
    source = machine.registry(SOURCE_KEY)
    assert source["EventMessageFile"].endswith("preflightd.exe"), source
    machine.run(machine.daemon, "--install")  # once more: what has changed of it


def lend(machine):
    """A lease of an hour, of a value of the registry, which a run that was cut off may have left."""
    machine.run("reg", "delete", POLICIES, "/v", "LocalAccountTokenFilterPolicy", "/f", expect=None)
    machine.run(machine.engine, "lend", "/", 0)
    assert is_lent(machine)


def is_lent(machine):
    return "LocalAccountTokenFilterPolicy" in machine.registry(POLICIES)


def does_not_start_with_wrong_settings(machine):
    """Nor does it leave a lease that was given before, which nobody else would end."""
    lend(machine)
    machine.set("[Daemon]\nMaximumClients=none\n")
    said = machine.run(machine.daemon, "--start", expect=1)
    assert not is_lent(machine), machine.log()
    assert "(2)" in said and "preflightd.log" in said, said
    assert machine.state() == "STOPPED"
    assert "error: /ProgramData/preflightd/preflightd.conf:2: MaximumClients=none" in machine.log()
    machine.settings.unlink()


def started(machine):
    machine.run(machine.daemon, "--start")
    assert machine.state() == "RUNNING"
    assert "has started" in machine.log()
    assert machine.log().count("Changes are noticed only") == 1, machine.log()
    assert "info: Changes are noticed only" in machine.log()  # that is Windows, and no trouble
    machine.run(machine.daemon, "--start")  # it runs already, and all is well


def raw_messages(machine):
    info = machine.call("org.varlink.service.GetInfo")["parameters"]
    assert "org.preflightd.Preflight" in info["interfaces"], info
    report = machine.call("org.preflightd.Preflight.GetReport")["parameters"]["report"]
    assert report["schema"] == 1 and report["verdict"] in ("ready", "blocked", "unknown")
    assert report["account"] == "Administrator", report["account"]
    wrong = machine.call("org.preflightd.Preflight.NoSuchMethod")
    assert wrong["error"] == "org.varlink.service.MethodNotFound", wrong


def client(machine):
    """It asks the service, and does not look by itself."""
    said = machine.run(machine.ctl, "status", expect=None)
    assert "in this process" not in said and said, said
    said = machine.run(machine.ctl, "check", "--format=json", expect=None)
    report = json.loads(said[said.index("{"):])
    asked = machine.call("org.preflightd.Preflight.GetReport")["parameters"]["report"]
    verdicts = [{one["check"]: one["verdict"] for one in each["checks"]}
                for each in (report, asked)]
    assert verdicts[0] == verdicts[1] and len(verdicts[0]) > 10


def many_clients(machine):
    """Far more than instances of the pipe that wait for one."""
    assert machine.run(machine.client, PIPE, "many", 100, 3) == "100 of 100\n"


def clients_that_mean_no_good(machine):
    assert machine.run(machine.client, PIPE, "garbage", 50) == "50 of 50\n"
    assert machine.run(machine.client, PIPE, "half", 50) == "50 of 50\n"
    assert machine.run(machine.client, PIPE, "deaf", 50) == "50 of 50\n"
    assert machine.run(machine.client, PIPE, "many", 10, 1) == "10 of 10\n"
    assert machine.state() == "RUNNING"


def reloads(machine):
    """Settings are read anew; what is wrong changes nothing, and is said."""
    machine.set("[Check]\nAccount=somebody\n")
    machine.run(machine.daemon, "--reload")
    ask = "org.preflightd.Preflight.GetReport"
    until(lambda: machine.call(ask)["parameters"]["report"]["account"] == "somebody",
          "the settings to be read")
    machine.set("[Check]\nAccount=a:b\n")
    machine.run(machine.daemon, "--reload")
    until(lambda: "The old settings stay in force" in machine.log(), "the complaint")
    assert "preflightd.conf:2: Account=a:b" in machine.log()
    assert machine.call(ask)["parameters"]["report"]["account"] == "somebody"
    machine.settings.unlink()


def stopped(machine):
    machine.run(machine.daemon, "--stop")
    assert machine.state() == "STOPPED" and "has stopped" in machine.log()
    machine.run(machine.daemon, "--stop")  # and once more
    said = machine.run(machine.ctl, "status", expect=None)
    assert "no daemon at" in said and "probing in this process" in said, said
    machine.run(machine.client, PIPE, "call", stdin="{}", expect=2)


def ends_leases_before_it_stops(machine):
    """And where it did not run, who has it stopped does."""
    machine.run(machine.daemon, "--start")
    lend(machine)
    machine.run("sc", "stop", "preflightd")
    until(lambda: machine.state() == "STOPPED", "the service to stop")
    assert not is_lent(machine), machine.log()
    lend(machine)
    machine.run(machine.daemon, "--stop")
    assert not is_lent(machine)


def started_and_stopped_by_others(machine):
    """As the system does it, and `sc`: not by ourselves."""
    machine.run("net", "start", "preflightd")
    until(lambda: machine.state() == "RUNNING", "the service to run")
    machine.call("org.varlink.service.GetInfo")
    machine.run("sc", "stop", "preflightd")
    machine.run(machine.daemon, "--start")  # at once: what is about to stop does not run
    machine.call("org.varlink.service.GetInfo")
    machine.run("sc", "stop", "preflightd")
    machine.run(machine.daemon, "--stop")
    assert machine.state() == "STOPPED", machine.state()


def killed(machine):
    """Nothing is left that would be in the way. Windows' service manager starts it anew; Wine's
    does not even see that it has gone, until Windows starts anew: then it runs by itself."""
    machine.run(machine.daemon, "--start")
    machine.call("org.varlink.service.GetInfo")
    machine.run("taskkill", "/f", "/im", "preflightd.exe")
    until(lambda: "no daemon at" in machine.run(machine.ctl, "status", expect=None), "its end")
    machine.restart()
    until(lambda: machine.state() == "RUNNING", "the service to be started with the machine")
    machine.call("org.varlink.service.GetInfo")


def removed_without_having_run(machine):
    machine.run(machine.daemon, "--stop")
    lend(machine)
    machine.run(machine.daemon, "--remove")
    assert machine.state() is None and not is_lent(machine)
    machine.run(machine.daemon, "--install")
    machine.run(machine.daemon, "--start")


def removed(machine):
    machine.set("# kept\n")
    machine.run(machine.daemon, "--remove")  # it runs: it is stopped first
    assert machine.state() is None and machine.registry(SERVICE_KEY) is None
    assert machine.registry(SOURCE_KEY) is None
    assert machine.settings.read_text(encoding="utf-8") == "# kept\n"
    machine.settings.unlink()
    assert "1060" in machine.run(machine.daemon, "--remove", expect=1)


TESTS = [options, foreground, settings_are_checked,
         settings_of_others_do_not_count, installed, does_not_start_with_wrong_settings, started,
         raw_messages, client, many_clients, clients_that_mean_no_good, reloads, stopped,
         ends_leases_before_it_stops, started_and_stopped_by_others, killed,
         removed_without_having_run, removed]

if __name__ == "__main__":
    try:
        sys.exit(windows.main(TESTS, sys.argv[1]))
    except subprocess.SubprocessError as error:
        sys.exit(f"test-service: {error}")
