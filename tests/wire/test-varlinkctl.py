#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The service in PF_DAEMON, asked by systemd's varlinkctl (257 or later).

VARLINKCTL names it; otherwise get-varlinkctl finds one, or unpacks one below
PF_CACHE. Without one these tests are skipped.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

import service_under_test
from service_under_test import Service, TREE

PREFLIGHT = "org.preflightd.Preflight"
METHODS = ["GetReport", "Check", "Monitor", "ListChecks", "Explain", "Inspect"]


def read_answer(line):
    """With --more each has a record separator before it: RFC 7464."""
    return json.loads(line.removeprefix("\x1e"))


class Failed(Exception):
    """varlinkctl has failed, with this on its standard error."""


class Tool:
    """varlinkctl, and the service that it asks."""

    def __init__(self, program, service):
        self.program = program
        self.service = service
        self.address = f"unix:{service.path}"

    def run(self, *arguments, seconds=60):
        done = subprocess.run([self.program, "--no-pager", *arguments], capture_output=True,
                              text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failed(done.stderr.strip())
        return done.stdout

    def call(self, method, parameters=None, *options):
        """The answers, each an object."""
        output = self.run(*options, "--json=short", "call", self.address, f"{PREFLIGHT}.{method}",
                          json.dumps(parameters or {}))
        return [read_answer(line) for line in output.split("\n") if line]

    def error_of(self, method, parameters=None):
        try:
            self.call(method, parameters)
        except Failed as failed:
            return str(failed)
        raise AssertionError(f"{method} has not failed")


def test_info(tool):
    output = tool.run("info", tool.address)
    for text in ("Product: preflightd", "Version:", "URL: https://", PREFLIGHT,
                 "org.varlink.service"):
        assert text in output, output


def test_list_interfaces(tool):
    assert PREFLIGHT in tool.run("list-interfaces", tool.address).split()


def test_list_methods(tool):
    listed = tool.run("list-methods", tool.address).split()
    assert {f"{PREFLIGHT}.{method}" for method in METHODS} <= set(listed), listed


def test_introspect(tool):
    for interface in tool.run("list-interfaces", tool.address).split():
        output = tool.run("introspect", tool.address, interface)
        assert output.lstrip("#").strip() and f"interface {interface}\n" in output
    for method in METHODS:
        assert f"method {method}(" in tool.run("introspect", tool.address, PREFLIGHT)


def test_validate_idl(tool):
    for path in sorted((TREE / "config").glob("*.varlink")):
        assert f"interface {path.stem}" in tool.run("validate-idl", str(path))


def test_validate_idl_refuses(tool):
    """The test above means nothing if it accepts everything."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "bad.varlink"
        path.write_text("interface a.b\nmethod M() -> (a: Missing)\n")
        try:
            tool.run("validate-idl", str(path))
        except Failed:
            return
    raise AssertionError("accepted a type that is not there")


def test_call(tool):
    [answer] = tool.call("GetReport")
    assert answer["report"]["schema"] == 1 and answer["report"]["checks"]
    [answer] = tool.call("GetReport", {"account": "root", "source": "192.0.2.7"})
    assert answer["report"]["source"] == "192.0.2.7"
    [answer] = tool.call("ListChecks")
    assert "ssh.password-authentication" in [entry["id"] for entry in answer["checks"]]
    [answer] = tool.call("Explain", {"errorId": "95108"})
    assert answer["entries"]
    [answer] = tool.call("Inspect", {"subject": "ssh"})
    assert isinstance(answer["facts"], dict)


def test_errors(tool):
    assert f"{PREFLIGHT}.NoSuchProfile" in tool.error_of("GetReport", {"profile": "none"})
    assert f"{PREFLIGHT}.NoSuchCheck" in tool.error_of("Check", {"checks": ["none"]})
    assert "ExpectedMore" in tool.error_of("Monitor")
    assert "MethodNotFound" in tool.error_of("Missing")
    assert tool.error_of("GetReport", {"profile": 1})


def test_graceful(tool):
    tool.call("Check", {"checks": ["none"]}, f"--graceful={PREFLIGHT}.NoSuchCheck")


def test_call_more(tool):
    answers = tool.call("Check", None, "--more")
    assert len(answers) > 2
    assert all(answer.get("finished") for answer in answers[:-1])
    assert answers[-1]["report"]["checks"]


def test_collect(tool):
    [answers] = tool.call("Check", None, "--collect")
    assert isinstance(answers, list) and answers[-1]["report"]


def test_oneway(tool):
    assert not tool.call("Check", None, "--oneway")


def test_monitor(tool):
    """Until it is told to end, and the first answer is there at once."""
    with subprocess.Popen([tool.program, "--more", "--json=short", "--timeout=infinity", "call",
                           tool.address, f"{PREFLIGHT}.Monitor", "{}"],
                          stdout=subprocess.PIPE, text=True) as process:
        late = threading.Timer(60, process.kill)
        late.start()
        line = process.stdout.readline()
        late.cancel()
        assert process.poll() is None, "it has ended"
        process.terminate()
    assert read_answer(line)["report"]["checks"]


def test_exec(tool):
    """The service as a child, with a socket that is connected already."""
    output = tool.run("info", f"exec:{service_under_test.DAEMON}")
    assert PREFLIGHT in output


def call_metrics(tool, method):
    """The answers as systemd-report(1) would get them."""
    output = tool.run("--more", "--json=short", "call", f"unix:{tool.service.metrics_path}",
                      f"io.systemd.Metrics.{method}", "{}")
    return [read_answer(line) for line in output.split("\n") if line]


def test_metrics(tool):
    families = {family["name"]: family["type"] for family in call_metrics(tool, "Describe")}
    metrics = call_metrics(tool, "List")
    assert {metric["name"] for metric in metrics} == set(families), families
    for metric in metrics:
        assert metric["name"].startswith(f"{PREFLIGHT}.")
        assert isinstance(metric["value"], str if families[metric["name"]] == "string" else int)
    assert [metric["value"] for metric in metrics
            if metric["name"] == f"{PREFLIGHT}.verdict"] == ["blocked"]
    [report] = tool.call("GetReport")
    assert {check["check"]: check["verdict"] for check in report["report"]["checks"]} == \
        {metric["object"]: metric["value"] for metric in metrics
         if metric["name"] == f"{PREFLIGHT}.check_verdict"}


def test_metrics_alone_are_served_beside(tool):
    """Each socket has its interface, and no other one."""
    address = f"unix:{tool.service.metrics_path}"
    assert set(tool.run("list-interfaces", address).split()) == \
        {"io.systemd.Metrics", "org.varlink.service"}
    assert "method List()" in tool.run("introspect", address, "io.systemd.Metrics")
    assert "io.systemd.Metrics" not in tool.run("list-interfaces", tool.address)
    try:
        tool.run("call", address, f"{PREFLIGHT}.GetReport", "{}")
    except Failed as failed:
        assert "InterfaceNotFound" in str(failed), failed
    else:
        raise AssertionError("the report is served among the metrics")


def test_many_at_once(tool):
    found = []
    threads = [threading.Thread(target=lambda: found.extend(tool.call("GetReport")))
               for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20


def main():
    if not service_under_test.DAEMON:
        service_under_test.skip_all("PF_DAEMON names no program")
    try:
        program = service_under_test.find_varlinkctl()
    except service_under_test.Skip as reason:
        service_under_test.skip_all(reason)
    with Service() as service:
        service.start()
        status = service_under_test.run(
            service_under_test.tests_of(sys.modules[__name__]), Tool(program, service), service)
        return status or service.stop()


if __name__ == "__main__":
    sys.exit(main())
