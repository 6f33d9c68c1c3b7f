#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a service manager sees of the service in PF_DAEMON.

Hands it a socket as sd_listen_fds(3) describes and listens to what it says to
$NOTIFY_SOCKET, sd_notify(3): ready, its status line, reloading, stopping.
"""
import os
import signal
import socket
import subprocess
import sys

import service_under_test
from service_under_test import DAEMON, Service
from varlink import Client

PREFLIGHT = "org.preflightd.Preflight"


class Manager:
    """As much of systemd as one service needs."""

    def __init__(self, service):
        self.service = service
        self.notify_path = str(service.directory / "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.notify_path)
        self.notify.settimeout(20)
        self.listener = self.listen(service.path)
        self.metrics = self.listen(service.metrics_path)

    @staticmethod
    def listen(path):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        listener.listen(16)
        return listener

    def start(self):
        # The process that is executed must find its own number in LISTEN_PID.
        # Metrics come first, so that it is not the order that tells them apart.
        command = 'exec 3<&1 4<&0 </dev/null >&2; LISTEN_PID=$$ exec "$@"'
        environment = {**os.environ, "LISTEN_FDS": "2", "NOTIFY_SOCKET": self.notify_path,
                       "LISTEN_FDNAMES": "metrics:preflightd.socket"}
        self.service.process = subprocess.Popen(
            ["sh", "-c", command, "sh", DAEMON, "--socket=/nonexistent/never",
             f"--root={self.service.root}"],
            stdin=self.listener.fileno(), stdout=self.metrics.fileno(), stderr=self.service.log,
            env=environment)

    def next(self, wanted):
        """The next message that begins with @wanted; others are passed over."""
        while True:
            text = self.notify.recv(65536).decode()
            for line in text.splitlines():
                if line.startswith(wanted):
                    return line


def test_it_is_ready_and_says_how_things_stand(manager):
    manager.start()
    assert manager.next("READY=") == "READY=1"
    assert manager.next("STATUS=").startswith("STATUS=blocked: ")


def test_it_answers_on_the_socket_it_was_given(manager):
    with Client(manager.service.path) as client:
        answer = client.call(f"{PREFLIGHT}.GetReport")
    assert answer["parameters"]["report"]["verdict"] == "blocked"
    assert not os.path.exists("/nonexistent/never")


def test_metrics_are_served_at_the_socket_of_that_name(manager):
    with Client(manager.service.metrics_path) as client:
        metrics = list(client.call_more("io.systemd.Metrics.List"))
        assert metrics[0]["parameters"]["value"] == "blocked", metrics[0]
        refused = client.call(f"{PREFLIGHT}.GetReport")
    assert refused["error"] == "org.varlink.service.InterfaceNotFound"
    with Client(manager.service.path) as client:
        refused = list(client.call_more("io.systemd.Metrics.List"))
    assert refused[0]["error"] == "org.varlink.service.InterfaceNotFound"


def test_its_sockets_are_marked(manager):
    """As sd-varlink(3) does, where the kernel keeps attributes of sockets: Linux 7.0."""
    path = str(manager.service.directory / "mark")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as own:
        own.bind(path)
        try:
            os.setxattr(path, "user.varlink", b"entrypoint", follow_symlinks=False)
        except OSError as error:
            raise service_under_test.Skip(f"not kept here: {error.strerror}") from error
    for marked in (manager.service.path, manager.service.metrics_path):
        assert os.getxattr(marked, "user.varlink", follow_symlinks=False) == b"entrypoint"


def test_its_status_follows_the_machine(manager):
    (manager.service.root / "usr/sbin/sshd").unlink()
    with Client(manager.service.path) as client:
        client.call(f"{PREFLIGHT}.GetReport", {"maximumAgeUSec": 0})
    while "no SSH server is installed (97118)" not in manager.next("STATUS="):
        pass


def test_it_reloads(manager):
    manager.service.process.send_signal(signal.SIGHUP)
    assert manager.next("RELOADING=") == "RELOADING=1"
    assert manager.next("READY=") == "READY=1"


def test_it_stops_and_leaves_the_socket_to_the_manager(manager):
    assert manager.service.stop() == 0
    assert manager.next("STOPPING=") == "STOPPING=1"
    assert manager.service.path.exists()


def main():
    if not DAEMON:
        service_under_test.skip_all("PF_DAEMON names no program")
    with Service() as service:
        manager = Manager(service)
        return service_under_test.run(
            service_under_test.tests_of(sys.modules[__name__]), manager, service)


if __name__ == "__main__":
    sys.exit(main())
