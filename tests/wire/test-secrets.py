#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What passes through the daemon's hands and must not stay there, or leave it.

Hashes of passwords and private host keys are read by probes. None of them may be
in an answer, in the log, in what preflightctl prints in any format, or in the
memory of the daemon once it has answered, from which a core dump would be made.
"""
import json
import os
import re
import subprocess
import sys

import service_under_test
from service_under_test import Service
from varlink import Client

PREFLIGHT = "org.preflightd.Preflight"

# In every place where a line may be quoted: a good hash, a locked one, one of an
# unknown scheme, one that no password matches, a line that the C library skips,
# and one that stands in /etc/passwd.
SECRETS = {
    "root": "$6$pfSaltOfRoot$" + "pfHashOfRoot".ljust(85, "O") + ".",
    "locked": "!$y$j9T$pfSaltOfLocked$pfHashOfLockedLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL",
    "strange": "$99$pfSaltOfStrange$pfHashOfStrangeSSSSSSSSSSSSSSSSSSSS",
    "cut": "$5$pfSaltOfCut$pfHashOfCut",
    "skipped": "$6$pfSaltOfSkipped$pfHashOfSkippedXXXXXXXXXXXXXXXXXXX",
    "open": "$1$pfSaltOf$pfHashOfOpenPPPPPPPP",
}
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\npfKeyOfTheHostKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK\n" \
      "-----END OPENSSH PRIVATE KEY-----\n"
TELLTALE = re.compile(rb"pf(?:Salt|Hash|Key)Of(?:The)?[A-Za-z]+")

ACCOUNTS = [*SECRETS, "nobody-here"]


def fill(root):
    def write(path, text, mode=0o644):
        where = root / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text)
        where.chmod(mode)

    def ageing(name):
        return "19500:0:99999:7::soon:" if name == "skipped" else "19500:0:99999:7:::"

    write("etc/passwd", "".join(
        f"{name}:{SECRETS[name] if name == 'open' else 'x'}:{number}:0::/root:/bin/sh\n"
        for number, name in enumerate(SECRETS)))
    write("etc/shadow", "".join(f"{name}:{secret}:{ageing(name)}\n"
                                for name, secret in SECRETS.items() if name != "open"), 0o640)
    write("etc/group", "root:x:0:\n")
    write("etc/ssh/ssh_host_ed25519_key", KEY, 0o600)
    write("etc/ssh/sshd_config", "PermitRootLogin yes\nUsePAM yes\n"
                                 "Subsystem sftp internal-sftp\n")
    write("etc/pam.d/sshd", "auth required pam_unix.so nullok\n"
                            "account required pam_unix.so\nsession required pam_unix.so\n")
    write("etc/shells", "/bin/sh\n")
    write("bin/sh", "\x7fELF", 0o755)
    write("lib/x86_64-linux-gnu/security/pam_unix.so", "\x7fELF")


def assert_silent(text, where):
    found = TELLTALE.search(text)
    assert not found, f"{where}: {found[0].decode()} at {found.start()}"


def answers(service, account):
    asked = {"account": account, "source": "192.0.2.7"}
    with Client(service.path) as client:
        yield client.call(f"{PREFLIGHT}.GetReport", asked)
        yield from client.call_more(f"{PREFLIGHT}.Check", asked)
        yield client.call(f"{PREFLIGHT}.Inspect", {"subject": "ssh"} | asked)


def test_tells_nobody(service):
    n_verdicts = 0
    for account in ACCOUNTS:
        for answer in answers(service, account):
            assert "error" not in answer, answer
            text = json.dumps(answer)
            n_verdicts += text.count('"account.usable"')
            assert_silent(text.encode(), f"{account}, over the wire")
    assert n_verdicts >= 2 * len(ACCOUNTS), n_verdicts


def test_shows_that_it_has_looked(service):
    """Or nothing of the above would have been tried."""
    seen = {}
    for account in ACCOUNTS:
        with Client(service.path) as client:
            answer = client.call(f"{PREFLIGHT}.Check",
                                 {"account": account, "checks": ["account.usable"]})
        seen[account] = answer["parameters"]["report"]["checks"][0]["verdict"]
    assert seen["root"] == "pass", seen
    assert {seen[name] for name in ("locked", "strange", "cut", "skipped")} == {"fail"}, seen


def test_logs_nothing(service):
    service.log.flush()
    assert_silent((service.directory / "log").read_bytes(), "the log")


def writable_memory(pid):
    """What of a process a core dump would hold."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, \
         open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            words = line.split()
            begin, end = (int(word, 16) for word in words[0].split("-"))
            if not words[1].startswith("rw") or end - begin > 1 << 30:
                continue  # more than that is a sanitizer's shadow
            try:
                memory.seek(begin)
                yield words[-1], memory.read(end - begin)
            except OSError:
                continue


def test_keeps_nothing(service):
    n_bytes = 0
    for name, contents in writable_memory(service.pid):
        n_bytes += len(contents)
        assert_silent(contents, f"memory of the daemon, {name}")
    assert n_bytes > 1 << 18, n_bytes


def test_prints_nothing(service):
    for account in ACCOUNTS:
        for command in (["check"], ["inspect", "ssh"]):
            for form in ("table", "json"):
                done = subprocess.run(
                    [os.environ["PF_CTL"], *command, f"--root={service.root}", f"--account={account}",
                     "--source=192.0.2.7", f"--format={form}"], check=False,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                assert done.returncode in (0, 1, 3), done
                assert len(done.stdout) > 200, done
                assert_silent(done.stdout, f"{command} --account={account} --format={form}")


def main():
    if not service_under_test.DAEMON:
        service_under_test.skip_all("PF_DAEMON names no program")
    with Service() as service:
        fill(service.root)
        service.start()
        return service_under_test.run(
            service_under_test.tests_of(sys.modules[__name__]), service, service)


if __name__ == "__main__":
    sys.exit(main())
