# SPDX-License-Identifier: MIT
"""Who calls Monitor(), and what was pushed so far."""
import json
import select
import socket
import time


def essence(result):
    """A result without when it was looked at."""
    return json.dumps({key: value for key, value in result.items()
                       if key not in ("probedUSec", "durationUSec")}, sort_keys=True)


def essences(report):
    return {result["check"]: essence(result) for result in report["checks"]}


class Listener:
    """Who calls Monitor(): what was pushed so far."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(3000):
            try:
                self.socket.connect(str(path))
                break
            except OSError:
                time.sleep(0.01)
        self.socket.sendall(json.dumps({"method": "org.preflightd.Preflight.Monitor",
                                        "more": True}).encode() + b"\0")
        self.buffer = b""
        self.state = {}

    def take(self, seconds):
        """What comes within so long; False: nothing has."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return False
        data = self.socket.recv(1 << 20)
        if not data:
            raise RuntimeError("the service has gone")
        self.buffer += data
        *messages, self.buffer = self.buffer.split(b"\0")
        for message in messages:
            parameters = json.loads(message)["parameters"]
            if "report" in parameters:
                self.state = essences(parameters["report"])
            else:
                result = parameters["changed"]
                self.state[result["check"]] = essence(result)
        return True

    def wait_for(self, state, seconds):
        end = time.monotonic() + seconds
        while self.take(0):
            pass
        while self.state != state:
            left = end - time.monotonic()
            if left <= 0 or not self.take(left):
                return False
        return True
