#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Unattended remedies: what policy allows, once for the same evidence. TAP on stdout."""

import argparse
import json
import sys

sys.dont_write_bytecode = True

import tap

CONFIG = "/etc/ssh/sshd_config"
SUBSYSTEM = "Subsystem\tsftp\t/usr/lib/openssh/sftp-server"
SETTINGS = "/etc/preflightd/preflightd.conf"


def settings(box, text):
    box.path(SETTINGS).parent.mkdir(exist_ok=True)
    box.path(SETTINGS).write_text(text)
    box.run("systemctl restart preflightd")


def break_it(box):
    box.path(CONFIG).write_text(box.path(CONFIG).read_text().replace(SUBSYSTEM, "#" + SUBSYSTEM))


def is_whole(box):
    return SUBSYSTEM in box.path(CONFIG).read_text().splitlines()


def look(box):
    box.run("preflightctl check --quiet", check=False)


def history(box):
    return json.loads(box.run("preflightctl history --format=json").stdout)["transactions"]


def off_unless_it_is_asked_for(box):
    break_it(box)
    box.run("systemctl restart preflightd")
    for _ in range(3):
        look(box)
    assert not is_whole(box) and history(box) == []


def makes_what_is_safe(box):
    settings(box, "[Remedy]\nAuto=safe\n")
    look(box)
    box.wait(f"grep -q '^{SUBSYSTEM}' {CONFIG}")
    box.wait("preflightctl history --format=json | grep -q '\"state\": \"applied\"'")
    entry = history(box)[-1]
    assert "preflightd" in entry["who"] and "ssh.sftp-subsystem" in entry["why"], entry


def leaves_what_needs_consent(box):
    """The image's root may not log in with a password: nobody opened that."""
    report = json.loads(box.run("preflightctl check --format=json", check=False).stdout)
    verdicts = {check["check"]: check["verdict"] for check in report["checks"]}
    assert verdicts["ssh.root-login"] == "fail" and verdicts["ssh.sftp-subsystem"] == "pass"
    assert len(history(box)) == 1


def does_not_fight_who_puts_it_back(box):
    box.path(CONFIG).write_text(box.path(CONFIG).read_text().replace(SUBSYSTEM, "#" + SUBSYSTEM))
    for restart in (False, True):
        if restart:
            box.run("systemctl restart preflightd")
        for _ in range(3):
            look(box)
        box.run("sleep 1")
        assert not is_whole(box), "it was made again for the same evidence"
    assert len(history(box)) == 1
    box.wait("journalctl -u preflightd -u preflight-remedyd | grep -qi 'put back\\|again'")


def is_undone_by_a_person(box):
    box.run("preflightctl fix ssh.sftp-subsystem --yes --no-pager")
    assert is_whole(box)
    box.run("preflightctl undo --last")
    assert not is_whole(box)


TESTS = [off_unless_it_is_asked_for, makes_what_is_safe, leaves_what_needs_consent,
         does_not_fight_who_puts_it_back, is_undone_by_a_person]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    return tap.main(TESTS, options.cache, options.build)


if __name__ == "__main__":
    sys.exit(main())
