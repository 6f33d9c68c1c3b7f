# SPDX-License-Identifier: MIT
"""preflightctl serve-stdio as a child: a client at its pipes, for tests."""
import json
import os
import select
import subprocess
import time

from varlink import message

CTL = os.environ.get("PF_CTL")
SECONDS = 60


class Stdio:
    """One process. What it says on standard error is in .errors once it has ended."""

    def __init__(self, *arguments, program=None):
        self.process = subprocess.Popen([*(program or [CTL, "serve-stdio"]), *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.buffer = b""
        self.errors = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        self.process.wait()

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def receive(self):
        late = time.monotonic() + SECONDS
        while b"\0" not in self.buffer:
            if not select.select([self.process.stdout], [], [], late - time.monotonic())[0]:
                raise TimeoutError("no answer")
            data = os.read(self.process.stdout.fileno(), 1 << 20)
            if not data:
                raise EOFError(f"it has ended after {self.buffer!r}")
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, parameters=None, **flags):
        self.send(message(method, parameters, **flags))
        return self.receive()

    def end(self, data=b""):
        """The end of its input, behind @data: (exit status, all that it has still said)."""
        try:
            self.send(data)
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        # communicate() flushes standard input, and may not where that is closed.
        self.process.stdin = open(os.devnull, "wb")
        said, errors = self.process.communicate(timeout=SECONDS)
        self.errors = errors.decode()
        return self.process.returncode, self.buffer + said
