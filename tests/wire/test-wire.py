#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The service in PF_DAEMON from outside: bytes into its socket, bytes out.

It is started with --socket=PATH and --root=DIR. What it answers is held against
the interface description that it serves; then come clients that one would not
wish for. It must have ended properly at the end, which a sanitizer tells too.
"""
import json
import os
import random
import resource
import signal
import socket
import stat
import sys
import time

import service_under_test
from service_under_test import Service, Skip, TREE
from varlink import Client, Closed, Description, message

PREFLIGHT = "org.preflightd.Preflight"
GET_INFO = message("org.varlink.service.GetInfo")


def describe(service, interface=PREFLIGHT):
    with Client(service.path) as client:
        answer = client.call("org.varlink.service.GetInterfaceDescription",
                             {"interface": interface})
    return Description(answer["parameters"]["description"])


def assert_alive(service):
    with Client(service.path) as client:
        answer = client.call("org.varlink.service.GetInfo")
    assert PREFLIGHT in answer["parameters"]["interfaces"]
    assert service.is_running()


def assert_described(description, method, answer):
    """@answer is what the description says of @method, or of an error."""
    assert set(answer) <= {"parameters", "error", "continues"}, answer
    parameters = answer.get("parameters", {})
    if "error" not in answer:
        misfits = description.misfits(description.methods[method][1], parameters)
    else:
        interface, _, name = answer["error"].rpartition(".")
        assert interface in (description.name, "org.varlink.service"), answer
        misfits = (description.misfits(description.errors[name], parameters)
                   if interface == description.name else [])
    assert not misfits, misfits[:5]


def test_leaves_no_core_dump(service):
    with open(f"/proc/{service.pid}/limits", encoding="ascii") as file:
        limits = [line.split() for line in file if line.startswith("Max core file size")]
    assert [words[4:6] for words in limits] == [["0", "0"]], limits


def test_describes_itself(service):
    with Client(service.path) as client:
        info = client.call("org.varlink.service.GetInfo")["parameters"]
        assert set(info) == {"vendor", "product", "version", "url", "interfaces"}
        for interface in info["interfaces"]:
            answer = client.call("org.varlink.service.GetInterfaceDescription",
                                 {"interface": interface})
            text = answer["parameters"]["description"]
            assert Description(text).name == interface
            if interface.startswith("org."):
                assert text == (TREE / "config" / f"{interface}.varlink").read_text()


def test_answers_are_as_described(service):
    description = describe(service)
    with Client(service.path) as client:
        answer = client.call(f"{PREFLIGHT}.GetReport", {})
        assert "error" not in answer
        assert_described(description, "GetReport", answer)
        report = answer["parameters"]["report"]
        assert report["schema"] == 1
        assert sum(report["counts"].values()) == len(report["checks"])

        answer = client.call(f"{PREFLIGHT}.ListChecks")
        assert_described(description, "ListChecks", answer)
        entries = answer["parameters"]["checks"]
        assert len(entries) > 20
        for entry in entries:
            answer = client.call(f"{PREFLIGHT}.Explain", {"check": entry["id"]})
            assert_described(description, "Explain", answer)
            assert answer["parameters"]["entries"] == [entry]
        for subject in ("ssh", "boot", "storage"):
            answer = client.call(f"{PREFLIGHT}.Inspect", {"subject": subject})
            assert_described(description, "Inspect", answer)


def test_errors_are_as_described(service):
    description = describe(service)
    cases = [
        ("GetReport", {"profile": "no-such-profile"}, "NoSuchProfile"),
        ("Check", {"checks": ["no.such-check"]}, "NoSuchCheck"),
        ("Explain", {"check": "no.such-check"}, "NoSuchCheck"),
    ]
    with Client(service.path) as client:
        for method, parameters, error in cases:
            answer = client.call(f"{PREFLIGHT}.{method}", parameters)
            assert answer.get("error") == f"{PREFLIGHT}.{error}", answer
            assert_described(description, method, answer)


def test_check_answers_as_it_goes(service):
    description = describe(service)
    with Client(service.path) as client:
        answers = list(client.call_more(f"{PREFLIGHT}.Check", {}))
        for answer in answers:
            assert_described(description, "Check", answer)
        finished = [answer["parameters"]["finished"] for answer in answers[:-1]]
        report = answers[-1]["parameters"]["report"]
        assert sorted(result["check"] for result in finished) == \
            sorted(result["check"] for result in report["checks"])
        once = client.call(f"{PREFLIGHT}.Check", {})
        assert_described(description, "Check", once)
        assert "continues" not in once and once["parameters"]["report"]["checks"]


def test_monitor_begins_with_the_report(service):
    with Client(service.path) as client:
        client.send(message(f"{PREFLIGHT}.Monitor", {}, more=True))
        answer = client.receive()
        assert answer["continues"] is True
        assert_described(describe(service), "Monitor", answer)
        assert answer["parameters"]["report"]["checks"]


def test_monitor_needs_more(service):
    with Client(service.path) as client:
        answer = client.call(f"{PREFLIGHT}.Monitor", {})
        assert answer["error"] == "org.varlink.service.ExpectedMore"


def wrong_values(kind):
    """JSON values that are not of the type."""
    if kind[0] == "nullable":
        kind = kind[1]
    good = {"[]": list, "enum": None}.get(kind[0]) if kind[0] != "name" else \
        {"string": str, "int": int, "bool": bool}[kind[1]]
    values = ["no such value", 1, 1.5, True, [1], {"a": 1}]
    # [1] is no list of strings, so it is wrong everywhere.
    return [value for value in values if type(value) is not good or value == [1]]


def test_parameters_are_checked(service):
    description = describe(service)
    with Client(service.path) as client:
        for method, (parameters, _) in description.methods.items():
            def assert_refused(arguments, name, method=method):
                answer = client.call(f"{PREFLIGHT}.{method}", arguments)
                assert answer == {"error": "org.varlink.service.InvalidParameter",
                                  "parameters": {"parameter": name}}, (method, arguments, answer)

            required = {name for name, kind in parameters[1].items() if kind[0] != "nullable"}
            good = {"subject": "ssh"} if required else {}
            assert set(good) == required
            assert_refused({**good, "unknown": 1}, "unknown")
            for name in required:
                assert_refused({}, name)
                assert_refused({name: None}, name)
            for name, kind in parameters[1].items():
                for value in wrong_values(kind):
                    assert_refused({**good, name: value}, name)


def test_what_is_not_there(service):
    with Client(service.path) as client:
        for method, error in (
                (f"{PREFLIGHT}.Missing", "MethodNotFound"),
                (f"{PREFLIGHT}.getreport", "MethodNotFound"),
                ("GetReport", "MethodNotFound"),
                ("", "MethodNotFound"),
                ("org.preflightd.Remediation.Apply", "InterfaceNotFound"),
                (".", "InterfaceNotFound")):
            answer = client.call(method)
            assert answer["error"] == f"org.varlink.service.{error}", (method, answer)


def nest(depth, opening, closing):
    return (b'{"method":"org.varlink.service.GetInfo","parameters":{"x":' + opening * depth +
            b"1" + closing * depth + b"}}")


NO_CALLS = {
    "empty": b"",
    "a space": b" ",
    "text": b"GET / HTTP/1.1\r\n\r\n",
    "cut": GET_INFO[:-2],
    "two values": GET_INFO[:-1] * 2,
    "array": b"[]",
    "null": b"null",
    "no method": b'{"parameters":{}}',
    "method is a number": b'{"method":1}',
    "parameters are an array": b'{"method":"org.varlink.service.GetInfo","parameters":[]}',
    "more is a number": b'{"method":"org.varlink.service.GetInfo","more":1}',
    "more and oneway": b'{"method":"org.varlink.service.GetInfo","more":true,"oneway":true}',
    "Latin-1": b'{"method":"org.varlink.service.\xe4"}',
    "surrogate": b'{"method":"org.varlink.service.\xed\xa0\x80"}',
    "overlong": b'{"method":"org.varlink.service.\xc0\xae"}',
    "byte order mark": b"\xef\xbb\xbf" + GET_INFO[:-1],
    "UTF-16": GET_INFO[:-1].decode().encode("utf-16"),
    "single quotes": b"{'method':'org.varlink.service.GetInfo'}",
    "trailing comma": b'{"method":"org.varlink.service.GetInfo",}',
    "comment": b'/**/{"method":"org.varlink.service.GetInfo"}',
    "NaN": b'{"method":"org.varlink.service.GetInfo","x":NaN}',
    "escaped NUL": b'{"method":"org.varlink.service.GetInfo\\u0000"}',
    "100 deep": nest(100, b"[", b"]"),
    "arrays 100000 deep": nest(100000, b"[", b"]"),
    "objects 100000 deep": nest(100000, b'{"a":', b"}"),
    "never closed": b"[" * 1000000,
    "values": b'{"method":"org.varlink.service.GetInfo","x":[' + b"{}," * 340000 + b"{}]}",
    "too long": b" " * (2 << 20),
}


def test_what_is_no_call(service):
    before = service.resident_kib()
    for name, data in NO_CALLS.items():
        with Client(service.path) as client:
            try:
                client.send(data + b"\0" + GET_INFO)
            except ConnectionError:
                pass
            assert client.is_closed(), name
    assert_alive(service)
    if not service.is_sanitized():
        grown = service.resident_kib() - before
        assert grown < 16384, f"{grown} KiB more than before"


def test_byte_by_byte(service):
    with Client(service.path) as client:
        for byte in GET_INFO * 2:
            client.send(bytes([byte]))
        first, second = client.receive(), client.receive()
        assert first == second


def test_calls_in_one_piece(service):
    names = [f"x{i}" for i in range(2000)]
    with Client(service.path) as client:
        client.send(b"".join(message(f"a.b.{name}") for name in names[:100]))
        for name in names[:100]:
            assert client.receive()["parameters"] == {"interface": "a.b"}, name
        client.send(b"".join(message(f"{PREFLIGHT}.{name}") for name in names))
        for name in names:
            assert client.receive()["parameters"] == {"method": f"{PREFLIGHT}.{name}"}


def test_answers_come_in_order(service):
    with Client(service.path) as client:
        client.send(message(f"{PREFLIGHT}.Check", {}) + GET_INFO +
                    message(f"{PREFLIGHT}.Check", {}, more=True) + GET_INFO)
        assert "report" in client.receive()["parameters"]
        assert "vendor" in client.receive()["parameters"]
        while client.receive().get("continues"):
            pass
        assert "vendor" in client.receive()["parameters"]


def test_oneway_is_not_answered(service):
    with Client(service.path) as client:
        client.send(message(f"{PREFLIGHT}.GetReport", {}, oneway=True))
        client.send(message(f"{PREFLIGHT}.Missing", {}, oneway=True))
        client.send(message(f"{PREFLIGHT}.Check", {}, oneway=True))
        assert "vendor" in client.call("org.varlink.service.GetInfo")["parameters"]
        assert client.is_silent()


def test_answered_after_the_end_of_calls(service):
    with Client(service.path) as client:
        client.send(message(f"{PREFLIGHT}.Check", {}) + GET_INFO)
        client.socket.shutdown(socket.SHUT_WR)
        assert "report" in client.receive()["parameters"]
        assert "vendor" in client.receive()["parameters"]
        assert client.is_closed()


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        kind = rng.randrange(5)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at:at + rng.randint(1, 8)]
        elif kind == 2:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 8)))
        elif kind == 3:
            data[at:at] = data[at:at + 20]
        else:
            data[at:at] = rng.choice([b"\0", b'"', b"{", b"[", b"\\u0000", b"null", b"1e999"])
        if not data:
            break
    return bytes(data)


def test_garbage(service):
    seed = int(os.environ.get("PF_WIRE_SEED", "1"))
    rng = random.Random(seed)
    calls = [message(f"{PREFLIGHT}.Explain", {"check": "ssh.*"}),
             message(f"{PREFLIGHT}.Inspect", {"subject": "ssh", "localPort": 22}, more=True),
             message(f"{PREFLIGHT}.ListChecks"), GET_INFO,
             message("org.varlink.service.GetInterfaceDescription", {"interface": PREFLIGHT})]
    for i in range(1500):
        with Client(service.path) as client:
            try:
                client.send(mutate(rng, rng.choice(calls)) + b"\0" + GET_INFO)
                client.socket.shutdown(socket.SHUT_WR)
                while True:
                    client.receive()
            except (Closed, ConnectionError):
                pass
            except TimeoutError as error:
                raise AssertionError(f"neither answered nor closed: seed {seed}, {i}") from error
    assert_alive(service)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_clients_that_are_killed(service):
    before = service.n_descriptors()
    calls = [message(f"{PREFLIGHT}.GetReport", {}), message(f"{PREFLIGHT}.ListChecks"),
             message(f"{PREFLIGHT}.Check", {}, more=True),
             message(f"{PREFLIGHT}.Monitor", {}, more=True), GET_INFO[:-5]]
    for i in range(200):
        client = Client(service.path)
        client.send(calls[i % len(calls)])
        if i % 2:
            client.socket.settimeout(0.05)
            try:
                client.socket.recv(1)
            except TimeoutError:
                pass
        client.close()
    assert_alive(service)
    wait_for(lambda: service.n_descriptors() <= before)


def test_slow_reader_stops_nobody(service):
    with Client(service.path) as slow, Client(service.path) as other:
        slow.socket.setblocking(False)
        call = message(f"{PREFLIGHT}.ListChecks")
        sent = 0
        try:
            while sent < 64 << 20:
                sent += slow.socket.send(call * 100)
        except BlockingIOError:
            pass
        assert sent < 16 << 20, "it reads calls without sending answers"
        for _ in range(100):
            assert "parameters" in other.call("org.varlink.service.GetInfo")
        if not service.is_sanitized():
            assert service.resident_kib() < 64 << 10


def test_a_thousand_clients(service):
    if os.geteuid() != 0:
        raise Skip("only root may have so many connections")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1200:
        raise Skip("the limit of descriptors is too low")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    before = service.n_descriptors()
    clients = [Client(service.path) for _ in range(1000)]
    for client in clients:
        client.send(message(f"{PREFLIGHT}.GetReport", {}))
    for client in clients:
        assert "report" in client.receive()["parameters"]
    for client in clients:
        client.close()
    wait_for(lambda: service.n_descriptors() <= before)


def connect_as(uid, path):
    """A connection of another user, who the service sees is not root."""
    os.seteuid(uid)
    try:
        return Client(path)
    finally:
        os.seteuid(0)


def test_one_user_cannot_take_all(service):
    if os.geteuid() != 0:
        raise Skip("only root can be other users")
    clients = [connect_as(3000, service.path) for _ in range(400)]
    n_served = 0
    for client in clients:
        try:
            client.send(GET_INFO)
            client.receive()
            n_served += 1
        except (Closed, ConnectionError):
            pass
    assert n_served == 256, n_served
    for uid in (3001, 0):
        with connect_as(uid, service.path) as client:
            assert "parameters" in client.call("org.varlink.service.GetInfo")
    for client in clients:
        client.close()


def test_what_others_may_not_read_is_withheld(service):
    if os.geteuid() != 0:
        raise Skip("only root can be other users")
    path = service.root / "etc/ssh/sshd_config"
    path.write_text("PasswordAuthentication no # secret\n")
    path.chmod(0o600)
    texts = {}
    for uid in (0, 3000):
        with connect_as(uid, service.path) as client:
            texts[uid] = json.dumps(client.call(f"{PREFLIGHT}.Check", {}))
    assert "# secret" in texts[0]
    assert "# secret" not in texts[3000], "evidence from a file with mode 0600"
    verdicts = {uid: [(check["check"], check["verdict"]) for check in
                      json.loads(text)["parameters"]["report"]["checks"]]
                for uid, text in texts.items()}
    assert verdicts[0] == verdicts[3000]


def test_nothing_wakes_it(service):
    with Client(service.path) as client:
        client.call(f"{PREFLIGHT}.GetReport", {})
        counts = []
        # A machine under load takes its time to come to rest.
        while len(counts) < 10 and 0 not in counts:
            before = service.n_wakeups()
            time.sleep(2)
            counts.append(service.n_wakeups() - before)
    assert counts[-1] == 0, f"{counts} times, each in two seconds"


def test_socket(service):
    mode = service.path.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o666
    second = service.spawn()
    assert second.wait(30) != 0
    assert_alive(service)


def test_socket_of_one_that_was_killed(service):
    path = service.directory / "other"
    first = service.start(path)
    first.kill()
    first.wait()
    assert path.exists()
    second = service.start(path)
    second.terminate()
    assert second.wait(30) == 0
    assert not path.exists()


def test_ends_as_it_should(service):
    with Client(service.path) as client:
        client.send(message(f"{PREFLIGHT}.Monitor", {}, more=True))
        client.receive()
        assert service.stop(signal.SIGTERM) == 0
        assert client.is_closed()
    assert not service.path.exists()


def main():
    if not service_under_test.DAEMON:
        service_under_test.skip_all("PF_DAEMON names no program")
    with Service() as service:
        service.start()
        return service_under_test.run(
            service_under_test.tests_of(sys.modules[__name__]), service, service)


if __name__ == "__main__":
    sys.exit(main())
