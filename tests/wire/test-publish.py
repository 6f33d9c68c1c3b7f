#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflight-publish beside a real preflightd: what is published, and that it is withdrawn.

PF_PUBLISH is the program, PF_DAEMON the service. Prints TAP. Where promtool is installed
it looks at the metrics too.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import service_under_test
from service_under_test import Service, Skip
from varlink import Client

try:
    from prometheus_client import parser as prometheus
except ImportError:
    prometheus = None

SYSTEM_PYTHON = "/usr/bin/python3"
if not prometheus and os.path.exists(SYSTEM_PYTHON) and "PF_PUBLISH_AGAIN" not in os.environ:
    # The packages of the system are for its own interpreter.
    os.execve(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv], {**os.environ, "PF_PUBLISH_AGAIN": "1"})

PUBLISH = os.environ.get("PF_PUBLISH", "/nonexistent")
POOL = "var/lib/hyperv/.kvp_pool_1"
KEY_SIZE, RECORD_SIZE = 512, 512 + 2048
SECONDS = 60
IDLE_SECONDS = 3
SETTINGS = "[Publish]\nTextFile=/metrics/preflightd.prom\nKvpPool=yes\n"
OTHERS = b"CLOUD_INIT|1".ljust(KEY_SIZE, b"\0") + b"{}".ljust(2048, b"\0")


class Publisher:
    """It, on the machine of a service."""

    def __init__(self, service, settings=SETTINGS, path=None):
        self.service = service
        self.path = path or service.path
        self.file = service.root / "metrics/preflightd.prom"
        self.pool = service.root / POOL
        for directory in (self.file.parent, self.pool.parent, service.root / "etc/preflightd"):
            directory.mkdir(parents=True, exist_ok=True)
        self.pool.write_bytes(OTHERS)
        self.file.unlink(missing_ok=True)
        (service.root / "etc/preflightd/preflightd.conf").write_text(settings)
        self.process = None

    def argv(self, *options):
        return [PUBLISH, f"--root={self.service.root}", f"--socket={self.path}", *options]

    def run(self, *options):
        return subprocess.run(self.argv(*options), capture_output=True, text=True, check=False,
                              timeout=SECONDS)

    def __enter__(self):
        self.process = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL,
                                        stdout=self.service.log, stderr=self.service.log)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def wait(self, what):
        late = time.monotonic() + SECONDS
        while not what():
            assert time.monotonic() < late, f"not within {SECONDS} s\n{self.metrics()[:400]}"
            time.sleep(0.02)

    def metrics(self):
        return self.file.read_text() if self.file.exists() else ""

    def says(self, verdict):
        return f'\npreflight_verdict{{preflight_verdict="{verdict}"}} 1\n' in self.metrics()

    def of_check(self, check):
        return [line for line in self.metrics().splitlines()
                if line.startswith(f'preflight_check_verdict{{check="{check}"') and
                line.endswith("} 1")]

    def told(self):
        """Our record, where it is there by now; the one before it is not ours."""
        pool = self.pool.read_bytes()
        if pool == OTHERS:
            return {}
        assert len(pool) == 2 * RECORD_SIZE and pool.startswith(OTHERS), len(pool)
        key, value = pool[RECORD_SIZE:][:KEY_SIZE], pool[RECORD_SIZE + KEY_SIZE:]
        assert key.rstrip(b"\0") == b"preflightd", key
        return json.loads(value.rstrip(b"\0"))

    def n_wakeups(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def look_again(service):
    """The service forms the verdict anew, as it does by itself when something changes."""
    with Client(service.path) as client:
        answer = client.call("org.preflightd.Preflight.GetReport", {"maximumAgeUSec": 0})
        assert "error" not in answer, answer


def test_nothing_is_published_by_default(service):
    publisher = Publisher(service, "[Check]\n")
    done = publisher.run()
    assert done.returncode == 0 and "Nothing is published" in done.stderr, done
    assert not publisher.file.exists() and publisher.pool.read_bytes() == OTHERS


def test_wrong_settings_are_told_with_file_and_line(service):
    done = Publisher(service, "[Publish]\n\nConsole=/dev/tty1\n").run()
    assert done.returncode == 2, done
    assert "/etc/preflightd/preflightd.conf:3: Console=/dev/tty1: expected" in done.stderr, done


def test_a_change_reaches_all_places(service):
    with Publisher(service) as publisher:
        publisher.wait(lambda: publisher.says("blocked"))
        assert "fail" in publisher.of_check("ssh.password-authentication")[0]
        publisher.wait(lambda: "counts" in publisher.told())
        told = publisher.told()
        assert told["verdict"] == "blocked" and told["counts"]["fail"] > 0, told
        assert "ssh.password-authentication" in [check["check"] for check in told["checks"]]

        config = service.root / "etc/ssh/sshd_config"
        before = config.read_text()
        config.write_text("PasswordAuthentication yes\n")
        look_again(service)
        publisher.wait(lambda: "pass" in publisher.of_check("ssh.password-authentication")[0])
        publisher.wait(lambda: "ssh.password-authentication" not in
                       [check["check"] for check in publisher.told().get("checks", [])])
        config.write_text(before)
        look_again(service)
        publisher.wait(lambda: "fail" in publisher.of_check("ssh.password-authentication")[0])
        publisher.process.send_signal(signal.SIGTERM)
        assert publisher.process.wait(SECONDS) == 0


def test_the_metrics_are_what_node_exporter_reads(service):
    with Publisher(service) as publisher:
        publisher.wait(lambda: publisher.says("blocked"))
        text = publisher.metrics()
    assert os.stat(publisher.file).st_mode & 0o777 == 0o644
    assert os.listdir(publisher.file.parent) == ["preflightd.prom"]
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                              text=True, check=False, timeout=SECONDS)
        assert "error" not in done.stdout + done.stderr, done
    if not prometheus:
        raise Skip("python3-prometheus-client is not installed")
    families = list(prometheus.text_string_to_metric_families(text))
    assert {"preflight_verdict", "preflight_checks"} <= {family.name for family in families}
    assert all(family.type == "gauge" for family in families), families


def test_nothing_of_the_evidence_is_published(service):
    secret = "Banner /etc/a-very-secret-name\nPasswordAuthentication no # told-to-nobody\n"
    config = service.root / "etc/ssh/sshd_config"
    before = config.read_text()
    config.write_text(secret)
    look_again(service)
    with Publisher(service) as publisher:
        publisher.wait(lambda: publisher.says("blocked"))
        publisher.wait(lambda: "counts" in publisher.told())
        everything = publisher.metrics() + json.dumps(publisher.told())
    config.write_text(before)
    look_again(service)
    for word in ("secret", "told-to-nobody", "sshd_config", "/etc/"):
        assert word not in everything, word


def test_nothing_wakes_up_while_nothing_changes(service):
    with Publisher(service) as publisher:
        publisher.wait(lambda: publisher.says("blocked"))
        publisher.wait(lambda: "counts" in publisher.told())
        late = time.monotonic() + SECONDS
        while True:
            before = publisher.n_wakeups()
            time.sleep(IDLE_SECONDS)
            n_times = publisher.n_wakeups() - before
            if n_times <= 1:  # it may have been on its way to sleep
                break
            # The service may be looking at the machine still, for a change of the test before.
            assert time.monotonic() < late, f"{n_times} times in {IDLE_SECONDS} s, again and again"


def test_what_is_withdrawn_is_unknown(service):
    with Publisher(service) as publisher:
        publisher.wait(lambda: publisher.says("blocked"))
        publisher.process.kill()
        publisher.process.wait()
    done = publisher.run("--withdraw")
    assert done.returncode == 0, done
    assert publisher.says("unknown") and not publisher.of_check("ssh.password-authentication")
    assert publisher.told()["reason"] == "not-watched", publisher.told()


def test_what_is_unpublished_is_gone(service):
    with Publisher(service) as publisher:
        publisher.wait(lambda: publisher.says("blocked") and publisher.told())
        publisher.process.send_signal(signal.SIGTERM)
        assert publisher.process.wait(SECONDS) == 0
    for said in ("removed", "nothing is published"):
        done = publisher.run("--unpublish")
        assert done.returncode == 0 and done.stderr.count(said) == 2, done
        assert not list(publisher.file.parent.iterdir()) and publisher.pool.read_bytes() == OTHERS
    publisher.file.write_text("node_load1 0.1\n")
    done = publisher.run("--unpublish")
    assert done.returncode == 1 and "is not what we write" in done.stderr, done
    assert publisher.metrics() == "node_load1 0.1\n"


def test_wrong_settings_elsewhere_leave_nothing_published(service):
    """As when the package goes: there is no later time at which they could be mended."""
    with Publisher(service) as publisher:
        publisher.wait(lambda: publisher.says("blocked") and publisher.told())
        publisher.process.send_signal(signal.SIGTERM)
        assert publisher.process.wait(SECONDS) == 0
    settings = service.root / "etc/preflightd/preflightd.conf"
    settings.write_text(f"[Check]\nSauce=1\n{SETTINGS}")
    done = publisher.run("--unpublish")
    assert done.returncode == 2 and done.stderr.count("removed") == 2, done
    assert done.stderr.count("preflightd.conf:2: unknown key Sauce=") == 1, done
    assert not list(publisher.file.parent.iterdir()) and publisher.pool.read_bytes() == OTHERS
    settings.write_text(SETTINGS)


def test_who_is_lost_is_told_and_left(service):
    with Service() as other:
        other.start()
        with Publisher(other) as publisher:
            publisher.wait(lambda: publisher.says("blocked"))
            other.stop()
            assert publisher.process.wait(SECONDS) == 1
        other.log.flush()
        assert "preflightd is lost" in (other.directory / "log").read_text()


def test_an_old_verdict_does_not_stand_where_nobody_answers(service):
    publisher = Publisher(service, path="/nonexistent/socket")
    publisher.file.write_text('\npreflight_verdict{preflight_verdict="ready"} 1\n')
    done = publisher.run()
    assert done.returncode == 1 and "/nonexistent/socket" in done.stderr, done
    assert publisher.says("unknown"), publisher.metrics()
    assert publisher.told()["reason"] == "starting"


def answer_with(path, data):
    """A service that answers anything with that; returns its process."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(5)
    child = os.fork()
    if child == 0:
        while True:
            with contextlib.suppress(OSError):
                connection = listener.accept()[0]
                connection.recv(4096)
                connection.sendall(data)
                connection.recv(4096)
                connection.close()
    listener.close()
    return child


def test_answers_that_are_none(service):
    """A stranger in its place neither ends in a crash nor in a verdict."""
    hostile = [b"\xff" * 100 + b"\0", b"[]\0", b'{"continues":true}\0' * 3, b'{"error":"x.Y"}\0',
               b'{"parameters":{"report":{"verdict":"ready"}}}\0',
               b'{"parameters":{"report":[]},"continues":true}\0', b"x" * (1 << 20)]
    for number, data in enumerate(hostile):
        path = service.directory / f"stranger{number}"
        child = answer_with(path, data)
        publisher = Publisher(service, path=path)
        try:
            with publisher:
                if data.endswith(b"x"):  # more may come
                    publisher.wait(lambda: publisher.says("unknown"))
                    publisher.process.send_signal(signal.SIGTERM)
                    assert publisher.process.wait(SECONDS) == 0
                else:
                    assert publisher.process.wait(SECONDS) == 1, data
                assert publisher.says("unknown"), data
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def main():
    if not os.path.exists(PUBLISH) or not service_under_test.DAEMON:
        service_under_test.skip_all("PF_PUBLISH and PF_DAEMON name no programs")
    with Service() as service:
        service.start()
        return service_under_test.run(service_under_test.tests_of(sys.modules[__name__]), service,
                                      service)


if __name__ == "__main__":
    sys.exit(main())
