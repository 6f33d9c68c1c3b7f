#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The manual pages say what the programs take, all of it and nothing else.

    test-manual.py PAGE...

Prints TAP. $PF_CTL, $PF_DAEMON, $PF_PUBLISH and $PF_REMEDYD are the programs,
$PF_SOURCE_ROOT the tree.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import traceback

CTL = os.environ["PF_CTL"]
DAEMON = os.environ["PF_DAEMON"]
REMEDYD = os.environ["PF_REMEDYD"]
PUBLISH = os.environ["PF_PUBLISH"]
TREE = os.environ["PF_SOURCE_ROOT"]
PAGES = {os.path.basename(path): path for path in sys.argv[1:]}

# Pages of others that ours send a reader to.
FOREIGN = {"gettext 3", "glob 7", "inotify 7", "os-release 5", "proc 5",
           "sd_listen_fds 3", "sd_notify 3",
           "ssh 1", "ssh_config 5", "sshd_config 5", "systemd 1", "systemd-report 1",
           "systemd-udevd 8", "time.conf 5", "varlinkctl 1"}

TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Skip(Exception):
    pass


def source(path):
    with open(os.path.join(TREE, path), encoding="utf-8") as file:
        return file.read()


def page(name):
    with open(PAGES[name], encoding="utf-8") as file:
        return file.read()


def section(name, heading):
    match = re.search(rf'^\.Sh "?{re.escape(heading)}"?\n(.*?)(?=^\.Sh |\Z)', page(name),
                      re.MULTILINE | re.DOTALL)
    assert match, f"{name} has no section {heading}"
    return match[1]


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120,
                          env=dict(os.environ, LC_ALL="C")).stdout


def same(got, expected, what):
    missing, extra = set(expected) - set(got), set(got) - set(expected)
    assert not missing, f"{what}: not in the page: {sorted(missing)}"
    assert not extra, f"{what}: only in the page: {sorted(extra)}"
    assert expected, f"{what}: nothing to compare with"
    assert len(got) == len(set(got)), f"{what}: twice in the page"


def options_of_help(text):
    """(name, letter or "", takes a value) of each option."""
    return [(name, letter or "", bool(value)) for letter, name, value in
            re.findall(r"^ +(?:-([a-zA-Z]), )?--([a-z-]+)(=?)", text, re.MULTILINE)]


def options_of_page(text):
    items = re.findall(r"^\.It Fl (.*)$", text, re.MULTILINE)
    found = []
    for item in items:
        match = re.fullmatch(r"(?:([a-zA-Z]) , Fl )?-([a-z-]+)( Ns = Ns Ar .*)?", item)
        assert match, f"cannot read the option in {item!r}"
        found.append((match[2], match[1] or "", bool(match[3])))
    return found


@test
def each_page_is_sound():
    if not shutil.which("mandoc"):
        raise Skip("mandoc is not installed")
    for path in PAGES.values():
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], check=False,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and not done.stdout, f"{path}: {done.stdout}"


@test
def each_reference_leads_somewhere():
    ours = {f"{name.rsplit('.', 1)[0]} {name.rsplit('.', 1)[1]}" for name in PAGES}
    for name in PAGES:
        for target in re.findall(r"^\.Xr (\S+ \d)", page(name), re.MULTILINE):
            assert target in ours | FOREIGN, f"{name}: there is no {target}"


@test
def each_page_names_itself():
    for name in PAGES:
        title, number = name.rsplit(".", 1)
        assert re.search(rf"^\.Dt {re.escape(title.upper())} {number}$", page(name), re.MULTILINE)


@test
def preflightctl_options():
    same(options_of_page(page("preflightctl.1")), options_of_help(output(CTL, "--help")), "options")


@test
def preflightctl_commands():
    names = re.findall(r"^  ([a-z-]+)", output(CTL, "--help").split("Commands:\n")[1]
                       .split("\n\n")[0], re.MULTILINE)
    described = re.findall(r"^\.It Cm ([a-z-]+)", section("preflightctl.1", "DESCRIPTION"),
                           re.MULTILINE)
    synopsis = re.findall(r"^\.Cm ([a-z-]+)", section("preflightctl.1", "SYNOPSIS").replace(
        ".Cm ssh | boot | storage", ""), re.MULTILINE)
    same(sorted(set(described)), names, "commands")
    same(sorted(set(synopsis)), names, "synopsis")


@test
def preflightctl_formats():
    item = re.search(r"^\.It Fl -format (.*?)(?=^\.It )", page("preflightctl.1"),
                     re.MULTILINE | re.DOTALL)
    named = re.findall(r"^\.Li ([a-z-]+)", item[1], re.MULTILINE)
    help_line = re.search(r"--format=FORMAT +(.*)", output(CTL, "check", "--help"))[1]
    same(named, [word for word in re.findall(r"[a-z-]+", help_line)
                 if word not in "for people or and of also check status".split()], "formats")
    for name in named:
        output(CTL, "check", f"--format={name}", "--help")


@test
def preflightctl_subjects():
    named = re.findall(r"^\.It Cm inspect ([a-z]+)", page("preflightctl.1"), re.MULTILINE)
    same(named, re.search(r"inspect ([a-z|]+)", output(CTL, "--help"))[1].split("|"), "subjects")


@test
def preflightctl_exit_statuses():
    expected = re.findall(r"^  (\d)  ", output(CTL, "--help").split("Exit status:\n")[1],
                          re.MULTILINE)
    same(re.findall(r"^\.It (\d)$", section("preflightctl.1", "EXIT STATUS"), re.MULTILINE),
         expected, "exit statuses")


@test
def preflightd_options():
    same(options_of_page(page("preflightd.8")), options_of_help(output(DAEMON, "--help")),
         "options")


def keys_of_page(name):
    """(section, key) of everything that is described."""
    found = []
    for heading in re.findall(r'^\.Sh "\[(.*?)\]"', page(name), re.MULTILINE):
        for key in re.findall(r"^\.It Va (\w+) Ns =", section(name, f"[{heading}]"), re.MULTILINE):
            found.append((heading.split(" ")[0], key))
    return found


def keys_of_table(path):
    return re.findall(r'X\("(\w+)",\s*"(\w+)"', source(path))


@test
def preflight_remedyd_options():
    same(options_of_page(page("preflight-remedyd.8")), options_of_help(output(REMEDYD, "--help")),
         "options")


@test
def preflight_publish_options():
    same(options_of_page(page("preflight-publish.8")), options_of_help(output(PUBLISH, "--help")),
         "options")


@test
def settings():
    same(keys_of_page("preflightd.conf.5"), keys_of_table("config/config-keys.h"), "keys")


@test
def defaults_of_settings():
    # config/preflightd.conf shows what is built in; a unit test sees to that.
    heading = None
    for line in source("config/preflightd.conf").splitlines():
        if line.startswith("["):
            heading = line
        elif match := re.fullmatch(r"#(\w+)=(.*)", line):
            item = re.search(rf"^\.It Va {match[1]} Ns =\n(.*?)(?=^\.It |^\.El)",
                             section("preflightd.conf.5", heading), re.MULTILINE | re.DOTALL)
            assert item, f"{heading} {match[1]}= is not described"
            text = re.sub(r"^\.Pa ", "", item[1], flags=re.MULTILINE).replace("\n", " ")
            default = re.search(r"Default: (.*?)[ .,]*$|Default: ([^ ,.]+)", text)
            assert default, f"{match[1]}= has no default"
            shown = default[1] or default[2]
            if match[2]:
                assert shown.startswith(match[2]), f"{match[1]}=: {shown} is not {match[2]}"


@test
def profiles():
    same(sorted(set(keys_of_page("preflightd.profile.5"))),
         sorted(set(keys_of_table("config/profile-keys.h"))), "keys")


@test
def waivers():
    keys = re.findall(r'X\("(\w+)", parse', source("config/waiver-keys.h"))
    same(keys_of_page("preflightd.waiver.5"), [("Waiver", key) for key in keys], "keys")


@test
def checks_and_errors():
    everything = json.loads(output(CTL, "list", "--all", "--format=json"))
    names = [entry["id"] for entry in everything["checks"] + everything.get("errors", [])]
    same(re.findall(r'^\.Ss "\\&(.*)"$', page("preflightd.checks.7"), re.MULTILINE), names,
         "checks and errors")


@test
def symbols_of_the_interface():
    text = source("config/org.preflightd.Preflight.varlink")
    declared = re.findall(r"^(?:method|type|error) (\w+)", text, re.MULTILINE)
    name = "org.preflightd.Preflight.5"
    same(re.findall(r'^\.Ss "\\&(.*)"$', page(name), re.MULTILINE), declared, "symbols")
    for field in re.findall(r"^\t(\w+): ", text, re.MULTILINE):
        assert re.search(rf"\b{field}: ", page(name)), f"{field} is not in the page"


def main():
    print(f"1..{len(TESTS)}")
    failed = False
    for i, function in enumerate(TESTS, 1):
        try:
            function()
            print(f"ok {i} - {function.__name__}")
        except Skip as reason:
            print(f"ok {i} - {function.__name__} # SKIP {reason}")
        except Exception:  # pylint: disable=broad-except
            failed = True
            print(f"not ok {i} - {function.__name__}")
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="")
    return failed


sys.exit(main())
