# SPDX-License-Identifier: MIT
"""A Windows to test on: Wine in a prefix of its own, and the programs that were built for it."""

import json
import os
import pathlib
import subprocess
import time

TREE = pathlib.Path(__file__).resolve().parents[3]
PIPE = r"\\.\pipe\org.preflightd.Preflight"
SERVICE_KEY = r"HKLM\System\CurrentControlSet\Services\preflightd"
SOURCE_KEY = r"HKLM\System\CurrentControlSet\Services\EventLog\Application\preflightd"
PATIENCE = 60  # seconds for what takes one


class Windows:
    """Programs of a build, and the drive C: that they see."""

    def __init__(self, build):
        build = pathlib.Path(build).resolve()
        self.build = build
        self.daemon = build / "daemon" / "preflightd.exe"
        self.ctl = build / "daemon" / "ctl" / "preflightctl.exe"
        self.client = build / "tests" / "windows" / "service" / "pipe-client.exe"
        self.relay = build / "tests" / "windows" / "service" / "pipe-relay.exe"
        self.engine = build / "tests" / "windows" / "changes" / "test-changes-engine.exe"
        self.runner = TREE / "packaging" / "cross" / "wine-run"
        self.drive = pathlib.Path(self.output(self.runner, "--path"))
        self.data = self.drive / "ProgramData" / "preflightd"
        self.settings = self.data / "preflightd.conf"

    @staticmethod
    def output(*argv):
        return subprocess.run([str(word) for word in argv], check=True, capture_output=True,
                              text=True).stdout.strip()

    def run(self, *argv, stdin="", expect=0):
        """Runs a program; returns what it printed on both. @expect: its status, or None: any."""
        done = subprocess.run([str(self.runner), *(str(word) for word in argv)], input=stdin,
                              capture_output=True, text=True, errors="replace", check=False,
                              cwd="/tmp", timeout=2 * PATIENCE)
        said = done.stdout + done.stderr
        if expect is not None:
            assert done.returncode == expect, f"{argv}: status {done.returncode}\n{said}"
        return said

    def start_in_background(self, *argv, output=subprocess.PIPE):
        """In the foreground of Windows, that is."""
        return subprocess.Popen([str(self.runner), *(str(word) for word in argv)], cwd="/tmp",
                                env=dict(os.environ, WINE_RUN_TIMEOUT="0"), text=True,
                                stdin=subprocess.DEVNULL, stdout=output,
                                stderr=subprocess.STDOUT, errors="replace")

    def clean(self):
        """Of what a run before has left that was cut off."""
        if self.state() is not None:
            self.restart()
            self.run(self.daemon, "--remove", expect=None)
        self.settings.unlink(missing_ok=True)

    def restart(self):
        """Ends all that runs, and starts Windows."""
        self.output(self.runner, "--stop")
        self.output(self.runner, "--setup")

    def call(self, method, parameters=None, pipe=PIPE):
        """One call, as bytes on the pipe; returns the answer."""
        message = json.dumps({"method": method, "parameters": parameters or {}})
        return json.loads(self.run(self.client, pipe, "call", stdin=message))

    def state(self, service="preflightd"):
        """As sc.exe says it; None: there is no such service."""
        said = self.run("sc", "query", service, expect=None)
        lines = [line.split() for line in said.splitlines() if "STATE" in line]
        return lines[0][3] if lines else None

    def registry(self, key):
        """The values of a key, as reg.exe prints them; None: there is none."""
        said = self.run("reg", "query", key, expect=None)
        if "Unable to find" in said:
            return None
        rows = (line.split(maxsplit=2) for line in said.splitlines() if line.startswith("    "))
        return {row[0]: row[2] if len(row) > 2 else "" for row in rows}

    def log(self):
        path = self.data / "preflightd.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def set(self, text):
        self.settings.write_text(text, encoding="utf-8")


def until(condition, what):
    """Waits for it; nothing here is a matter of milliseconds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)


def main(tests, build):
    """Calls the functions with one Windows; prints TAP. One that returns a text is skipped."""
    machine = Windows(build)
    failed = 0
    machine.clean()
    print(f"1..{len(tests)}", flush=True)
    for number, test in enumerate(tests, 1):
        try:
            skipped = test(machine)
            print(f"ok {number} - {test.__name__}" + (f" # SKIP {skipped}" if skipped else ""),
                  flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {test.__name__}")
            text = f"{type(error).__name__}: {error}\n-- the log --\n{machine.log()[-3000:]}"
            print("".join(f"# {line}\n" for line in text.splitlines()), end="", flush=True)
    return 1 if failed else 0
