#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The service in PF_DAEMON under load: every honest client is served or told.

A thousand connections at once: honest ones, slow readers, slow writers, halves of messages,
and garbage; then without descriptors; then so many requests that what is not given back
would show. Prints TAP, and how long honest clients waited. PF_FULL=1: an hour of soak
compressed to a million requests, ten times the crowd's rounds.
"""
import fcntl
import json
import os
import pathlib
import resource
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import termios
import threading
import time

import service_under_test
from service_under_test import DAEMON, Service
from varlink import Client, message

FULL = bool(os.environ.get("PF_FULL"))
REPORT = "org.preflightd.Preflight.GetReport"
CACHED = message(REPORT, {"maximumAgeUSec": 10**13})
USERS = [0, 60001, 60002, 60003, 60004, 60005]  # a user has 256 connections, root some more
N_SLOW, N_HALF, N_GARBAGE = 100, 100, 100_000
N_CROWD = 1000
ROUNDS = 30 if FULL else 3
SOAK = 1_000_000 if FULL else 6_000
FEW = 128  # descriptors
WINDOW = 200  # requests that one connection of the soak has on their way
WAIT = 120  # seconds that nothing takes on the slowest machine


def connect(path, uid=0):
    """A connection of that user: its peer sees who called connect(2)."""
    os.seteuid(uid)
    try:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(WAIT)
        connection.connect(str(path))
    finally:
        os.seteuid(0)
    return connection


class Honest:
    """Asks, reads the answer, and asks again, as often as it is to."""

    def __init__(self, connection, rounds):
        self.connection, self.left = connection, rounds
        self.buffer, self.outcome = bytearray(), None
        connection.setblocking(False)
        self.ask()

    def ask(self):
        self.connection.sendall(CACHED)
        self.left -= 1

    def read(self):
        """Is it done? Then its outcome is "served", "told", or "cut off"."""
        try:
            data = self.connection.recv(1 << 18)
        except ConnectionError:
            data = b""
        self.buffer += data
        if not data:
            self.outcome = "cut off"
        elif self.buffer.endswith(b"\0"):
            answer = json.loads(bytes(self.buffer[:-1]))
            self.buffer.clear()
            if "error" in answer:
                self.outcome = "told"
            elif self.left == 0:
                self.outcome = "served"
            else:
                self.ask()
        return self.outcome is not None


def serve_all(clients, done=lambda client: None):
    """Runs all of them side by side; how many had which outcome."""
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.connection, selectors.EVENT_READ, client)
        late = time.monotonic() + WAIT
        while selector.get_map():
            assert time.monotonic() < late, f"{len(selector.get_map())} wait for ever"
            for key, _ in selector.select(1):
                if key.data.read():
                    selector.unregister(key.fileobj)
                    done(key.data)
    outcomes = [client.outcome for client in clients]
    return {outcome: outcomes.count(outcome) for outcome in set(outcomes)}


def serve_in_turn(clients):
    """As serve_all(), of clients that make room for the next when they are done."""
    return serve_all(clients, lambda client: client.connection.close())


class Nuisance(threading.Thread):
    """What is no honest client, for as long as honest ones ask."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.over, self.n_garbage = path, threading.Event(), 0
        self.unread = [connect(path, USERS[1 + i % 2]) for i in range(N_SLOW)]
        self.slow = [connect(path, USERS[3 + i % 2]) for i in range(N_SLOW)]
        self.halves = [connect(path, USERS[5]) for _ in range(N_HALF)]
        for connection in self.halves:
            connection.sendall(CACHED[:len(CACHED) // 2])
        for connection in self.unread:
            connection.setblocking(False)

    def run(self):
        at = 0
        while not self.over.is_set():
            for connection in self.unread:  # which ask on, and read a byte at a time
                try:
                    connection.send(CACHED)
                    connection.recv(1)
                except OSError:
                    pass
            for connection in self.slow:
                try:
                    connection.send(CACHED[at:at + 1])
                except OSError:
                    pass
            at = (at + 1) % len(CACHED)
            self.throw_garbage(min(1000, N_GARBAGE - self.n_garbage))

    def throw_garbage(self, n):
        """As many messages in one piece; the connection ends with the first."""
        pieces = (b"{}\0", b"\xff\xfe\0", b'{"method":1}\0', b"[[[[\0", b"\0", b'{"method":"a.B"\0')
        try:
            # Not as another user: the thread that counts honest clients is one.
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(WAIT)
                connection.connect(str(self.path))
                connection.sendall(b"".join(pieces[(self.n_garbage + i) % len(pieces)]
                                            for i in range(n)))
        except OSError:
            pass  # closed meanwhile, as it may be
        self.n_garbage += n

    def stop(self):
        self.over.set()
        self.join(WAIT)
        for connection in self.unread + self.slow + self.halves:
            connection.close()


def latency(path, over, ret):
    """How long each request of one more client takes, in milliseconds."""
    with Client(path, WAIT) as client:
        while not over.is_set():
            started = time.monotonic()
            client.send(CACHED)
            assert "parameters" in client.receive()
            ret.append((time.monotonic() - started) * 1000)


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def resident(service):
    with open(f"/proc/{service.pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))


def n_watches(service):
    """Of inotify, over all descriptors."""
    total = 0
    for entry in pathlib.Path(f"/proc/{service.pid}/fdinfo").iterdir():
        try:
            total += entry.read_text().count("\ninotify ")
        except OSError:
            pass
    return total


def test_a_thousand_at_once(service):
    nuisance = Nuisance(service.path)
    n_honest = N_CROWD - 2 * N_SLOW - N_HALF
    crowd = [connect(service.path, USERS[i % len(USERS)]) for i in range(n_honest)]
    print(f"# {len(crowd) + 2 * N_SLOW + N_HALF} connections, {service.n_descriptors()} descriptors")
    times, over = [], threading.Event()
    nuisance.start()
    prober = threading.Thread(target=latency, args=(service.path, over, times), daemon=True)
    prober.start()
    started = time.monotonic()
    outcomes = serve_all([Honest(connection, ROUNDS) for connection in crowd])
    seconds = time.monotonic() - started
    while nuisance.n_garbage < N_GARBAGE and nuisance.is_alive():
        time.sleep(0.01)
    over.set()
    prober.join(WAIT)
    nuisance.stop()
    for connection in crowd:
        connection.close()
    print(f"# {n_honest} honest clients, {ROUNDS} requests each: {outcomes}, {seconds:.1f} s; "
          f"{nuisance.n_garbage} garbage messages")
    print(f"# GetReport of one more meanwhile: {len(times)} requests, median "
          f"{statistics.median(times):.2f} ms, p99 {percentile(times, 0.99):.2f} ms, "
          f"longest {max(times):.1f} ms")
    assert outcomes == {"served": n_honest}, outcomes
    assert nuisance.n_garbage == N_GARBAGE
    assert service.is_running()


def test_all_of_it_is_given_back(service):
    late = time.monotonic() + WAIT
    while service.n_descriptors() > 64 and time.monotonic() < late:
        time.sleep(0.05)
    assert service.n_descriptors() <= 64, service.n_descriptors()


def ask_many(path, n):
    """With as many on their way as one connection may have answers unread."""
    with Client(path, WAIT) as client:
        for _ in range(0, n, WINDOW):
            client.send(CACHED * WINDOW)
            for _ in range(WINDOW):
                assert "parameters" in client.receive()


def test_nothing_grows(service):
    ask_many(service.path, SOAK // 4)
    samples = []
    for _ in range(3):
        ask_many(service.path, SOAK // 4)
        for _ in range(SOAK // 2000):  # and as many that come and go
            with Client(service.path, WAIT) as client:
                client.call(REPORT, {"maximumAgeUSec": 0} if len(samples) == 0 else None)
        samples.append((resident(service), service.n_descriptors(), n_watches(service)))
    print(f"# {SOAK} requests: resident kB, descriptors, watches: {samples}")
    first, last = samples[0], samples[-1]
    assert last[1] <= first[1] + 2 and last[2] <= first[2], samples
    # A sanitizer keeps what was freed.
    assert service.is_sanitized() or last[0] <= first[0] + 512, samples


class ServiceWithFew(Service):
    """Which may have 128 descriptors: prlimit(1) becomes the program."""

    def spawn(self, path=None):
        return subprocess.Popen(
            ["prlimit", f"--nofile={FEW}:{FEW}", DAEMON, f"--socket={self.path}", f"--root={self.root}"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)


def unread(connection):
    """Bytes that the kernel keeps for it, by FIONREAD."""
    return struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, b"\0" * 4))[0]


def test_what_is_not_read_is_little(service):
    """Which the kernel charges to the service: beside it, no more than a message is kept."""
    with connect(service.path) as connection:
        connection.setblocking(False)
        late = time.monotonic() + WAIT
        kept = -1
        while kept != unread(connection) and time.monotonic() < late:
            kept = unread(connection)
            try:
                while connection.send(CACHED):
                    pass
            except BlockingIOError:  # it does not listen to it any more
                pass
            Client(service.path, WAIT).call(REPORT, {"maximumAgeUSec": 10**13})
    print(f"# {kept} bytes for one that reads nothing")
    assert len(CACHED) < kept <= 64 << 10, kept


def test_without_descriptors(_):
    """Who was there is served on; who comes then waits, or is told by the end of it."""
    with ServiceWithFew() as service:
        service.start()
        with Client(service.path, WAIT) as early:
            assert "parameters" in early.call(REPORT)
            many = [connect(service.path, USERS[i % len(USERS)]) for i in range(4 * FEW)]
            crowd = []
            for connection in many:
                try:
                    crowd.append(Honest(connection, 1))
                except OSError:
                    pass  # told: it is closed
            assert "parameters" in early.call(REPORT, {"maximumAgeUSec": 0})
            assert service.n_descriptors() <= FEW
            told = len(many) - len(crowd)
            outcomes = serve_in_turn(crowd)
            print(f"# {len(many)} connections to a service with {FEW} descriptors: {outcomes}, "
                  f"{told} refused at once")
            assert sum(outcomes.values()) == len(crowd) and outcomes.get("served", 0) > FEW // 4
        with Client(service.path, WAIT) as late:
            assert "parameters" in late.call(REPORT)
        assert service.stop() == 0


def main():
    if not DAEMON:
        service_under_test.skip_all("PF_DAEMON names no program")
    if os.getuid() != 0:
        service_under_test.skip_all("a user has no thousand connections, and only root is several")
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))  # for two ends of each
    with Service() as service:
        service.start()
        return service_under_test.run(
            service_under_test.tests_of(sys.modules[__name__]), service, service)


if __name__ == "__main__":
    sys.exit(main())
