#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""preflightctl check, net.*: on networks that are made for it.

Each test has a network of its own (unshare --net --mount): adapters, routes,
servers that take connections, refuse them or never answer, and a name server
that answers, answers late or never does. Needs root, unshare and ip; skipped
without. Prints TAP. $PF_CTL is the program.
"""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from points import equal, run_tests, test

CTL = os.environ["PF_CTL"]
WAIT = 60  # seconds that even a slow machine needs less than


class Network:
    """A network and a view of the file system of their own, while a process lives."""

    def __init__(self, *commands):
        self.top = tempfile.mkdtemp(prefix="pf-network.")
        self.helpers = []
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--", sys.executable, "-c",
                                        "import sys; print('ready', flush=True); sys.stdin.read()"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        equal(self.holder.stdout.readline(), "ready\n", "unshare")
        self.run("mount -t tmpfs tmpfs /run && ip link set lo up")
        self.file("/etc/nsswitch.conf", "hosts: files dns\n")
        self.file("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:30\n")
        self.run(*commands)
        if commands and commands[0] == ADAPTER[0]:
            self.wait("wan0", "UP")

    def run(self, *commands):
        for command in commands:
            subprocess.run([*self.inside(), "sh", "-ec", command], check=True, timeout=WAIT,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def wait(self, name, state):
        """The kernel takes its time to notice what became of a carrier."""
        self.run(f"until ip -o link show dev {name} | grep -q 'state {state} '; do sleep 0.01; done")

    def inside(self):
        return ["nsenter", f"--target={self.holder.pid}", "--net", "--mount", "--"]

    def file(self, path, text):
        """In the place of one that is there."""
        name = os.path.join(self.top, path.replace("/", "_"))
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
        self.run(f"mount --bind {name} {path}")

    def settings(self, text):
        self.run("mkdir -p /run/preflightd")
        self.run(f"printf '{text}' >/run/preflightd/preflightd.conf")

    def endpoints(self, *endpoints, timeout="20s"):
        self.settings(f"[Network]\\nEndpoints={' '.join(endpoints)}\\nTimeoutSec={timeout}\\n")

    def helper(self, *arguments):
        """This program, as a server inside; it says when it listens."""
        process = subprocess.Popen([*self.inside(), sys.executable, __file__, *arguments],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.helpers.append(process)
        equal(process.stdout.readline(), "ready\n", arguments)
        return process

    def call(self, *arguments):
        return subprocess.run([*self.inside(), CTL, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT,
                              check=False)

    def check(self, only, *arguments):
        done = self.call("check", "--in-process", "--format=json", f"--only={only}", *arguments)
        assert done.stdout, done.stderr
        assert b"Sanitizer" not in done.stderr, done.stderr
        return json.loads(done.stdout)["checks"]

    def expect(self, only, verdict, summary, *arguments):
        (got,) = self.check(only, *arguments)
        equal((got["verdict"], got["summary"]), (verdict, summary))
        return got

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.helpers, self.holder]:
            process.stdin.close()
            process.wait(WAIT)
            process.stdout.close()
        shutil.rmtree(self.top)


ADAPTER = ("ip link add wan0 type veth peer name far0", "ip link set wan0 up", "ip link set far0 up")
ADDRESS = ("ip address add 10.9.0.1/24 dev wan0",)
GATEWAY = ("ip route add default via 10.9.0.254",)
GOOD = ADAPTER + ADDRESS + GATEWAY


# --- interfaces ---

@test
def addresses_come_and_go():
    with Network() as net:
        net.expect("net.interface", "fail", "no interface has an IPv4 address")
        net.run(*ADAPTER, "ip address add 169.254.9.1/16 dev wan0")
        net.wait("wan0", "UP")
        net.expect("net.interface", "fail",
                   "wan0 has no IPv4 address but a link-local one, which reaches nobody")
        net.run(*ADDRESS)
        net.expect("net.interface", "warn",
                   "no default route: only machines of the same networks are reached")
        net.run(*GATEWAY)
        net.expect("net.interface", "pass", "wan0 is up, with an IPv4 address")
        net.run("ip link set far0 down")
        net.wait("wan0", "LOWERLAYERDOWN")
        net.expect("net.interface", "fail", "wan0 has an IPv4 address, but is of no use: no carrier")
        net.run("ip link set wan0 down")
        net.wait("wan0", "DOWN")
        net.expect("net.interface", "fail", "wan0 has an IPv4 address, but is of no use: down")


@test
def only_ipv6():
    with Network(*ADAPTER) as net:
        net.run("echo 0 >/proc/sys/net/ipv6/conf/wan0/disable_ipv6",
                "ip address add 2001:db8::5/64 dev wan0")
        net.expect("net.interface", "fail",
                   "wan0 has IPv6 addresses only, which are not supported")


@test
def a_bridge_of_containers():
    with Network(*ADAPTER, "ip link add cni0 type bridge", "ip address add 172.17.0.1/16 dev cni0",
                 "ip link set wan0 master cni0", "ip link set cni0 up") as net:
        net.wait("cni0", "UP")
        net.expect("net.interface", "fail",
                   "cni0 has an IPv4 address, but is of no use: up, but leads to nobody else")


@test
def the_route_back():
    with Network(*ADAPTER, *ADDRESS, "ip route add blackhole 10.66.0.0/16") as net:
        net.expect("net.interface", "pass", "wan0 is up, with an IPv4 address", "--source=10.9.0.7")
        for source in ("10.66.0.7", "192.0.2.7"):
            net.expect("net.interface", "fail",
                       f"no route leads back to the installer at {source}", f"--source={source}")


# --- names of its own ---

@test
def every_address_is_named():
    with Network(*GOOD) as net:
        name = socket.gethostname()
        net.file("/etc/hosts", f"127.0.0.1 localhost\n10.9.0.1 {name}\n")
        net.expect("net.resolver", "pass",
                   f"/etc/hosts gives {name} to every IPv4 address of this machine")
        net.run("ip address add 10.9.1.1/24 dev wan0")
        net.expect("net.resolver", "warn", f"/etc/hosts gives {name} to 1 of 2 IPv4 addresses")


# --- servers ---

def active_opens(net):
    done = subprocess.run([*net.inside(), "cat", "/proc/net/snmp"], stdout=subprocess.PIPE,
                          check=True, text=True, timeout=WAIT)
    keys, values = [line.split() for line in done.stdout.splitlines() if line.startswith("Tcp:")]
    return int(values[keys.index("ActiveOpens")])


@test
def nothing_is_contacted_that_is_not_configured():
    with Network(*GOOD) as net:
        net.helper("listen", "10.9.0.1", "443")
        before = active_opens(net)
        net.expect("net.endpoints", "skip", "no server is configured to be tried: Endpoints= in "
                                            "preflightd.conf")
        net.check("net.*")
        equal(active_opens(net), before)
        net.endpoints("10.9.0.1:443")
        net.expect("net.endpoints", "pass", "10.9.0.1, port 443, takes connections")
        equal(active_opens(net), before + 1)


@test
def what_becomes_of_connections():
    with Network(*GOOD, "ip route add blackhole 10.66.0.0/16",
                 "ip route add unreachable 10.67.0.0/16", "ip route add prohibit 10.68.0.0/16",
                 "ip neighbour add 10.9.0.77 lladdr 02:00:00:00:00:01 dev wan0") as net:
        net.helper("listen", "10.9.0.1", "443")
        for server, text in (("10.9.0.1:444", "it refuses connections"),
                             ("10.66.0.1:443", "no route leads to it"),
                             ("10.67.0.1:443", "it cannot be reached"),
                             ("10.68.0.1:443", "a rule of this machine forbids the connection")):
            net.endpoints("10.9.0.1:443", server)
            host, port = server.split(":")
            net.expect("net.endpoints", "fail", f"{host}, port {port}: {text}")
        net.endpoints("10.9.0.77:443", "10.9.0.1:443", "10.9.0.1:444", timeout="300ms")
        got = net.expect("net.endpoints", "fail", "2 of 3 servers are not reached; 10.9.0.77, port "
                                                  "443: it does not answer")
        equal([e["found"] for e in got["evidence"]],
              ["10.9.0.77, port 443: it does not answer",
               "10.9.0.1, port 444: it refuses connections"])


@test
def names_are_looked_up():
    with Network(*GOOD) as net:
        net.helper("listen", "10.9.0.1", "443")
        net.helper("names")
        net.endpoints("fast.example:443")
        net.expect("net.endpoints", "pass", "fast.example, port 443, takes connections")
        net.endpoints("nobody.example:443")
        net.expect("net.endpoints", "fail", "nobody.example, port 443: its name has no address")
        net.endpoints("late.example:443")
        (got,) = net.check("net.endpoints")
        equal(got["verdict"], "warn")
        assert got["summary"].startswith("all servers are reached, but it takes "), got


@test
def names_that_nobody_answers():
    """The C library would wait for 30 s; what has an address is tried meanwhile."""
    with Network(*GOOD) as net:
        net.helper("listen", "10.9.0.1", "443")
        net.helper("names")
        net.endpoints("10.9.0.1:443", "never.example:443", "fast.example:443", timeout="1s")
        got = net.expect("net.endpoints", "fail",
                         "never.example, port 443: its name was not resolved in time")
        equal([e["found"] for e in got["evidence"]],
              ["never.example, port 443: its name was not resolved in time",
               "fast.example, port 443: its name was not looked up: another one still is"])
        assert got["durationUSec"] < 25000000, got
        net.file("/etc/resolv.conf", "nameserver 10.9.0.1\noptions timeout:1 attempts:1\n")
        net.endpoints("fast.example:443")
        net.expect("net.endpoints", "fail",
                   "fast.example, port 443: no name server answers for its name")


@test
def an_image_reaches_nobody():
    with Network(*GOOD) as net:
        net.endpoints("10.9.0.1:443")
        root = os.path.join(net.top, "image")
        os.mkdir(root)
        before = active_opens(net)
        net.expect("net.endpoints", "unknown", "whom the machine reaches is seen when it runs",
                   f"--root={root}")
        equal(active_opens(net), before)


@test
def a_capture_is_judged_as_the_machine():
    with Network(*GOOD, "ip route add blackhole 10.66.0.0/16") as net:
        net.helper("listen", "10.9.0.1", "443")
        net.helper("names")
        net.endpoints("10.9.0.1:443", "nobody.example:443", "10.66.0.1:443")
        for options in ([], ["--source=10.66.0.7"]):
            copy = os.path.join(net.top, f"copy{len(options)}")
            done = net.call("capture", *options, copy)
            equal(done.returncode, 0, done.stderr)
            here, there = (net.check("net.*", *options, *root) for root in ([], [f"--root={copy}"]))
            for one, other in zip(here, there, strict=True):
                for key in ("check", "verdict", "summary", "evidence"):
                    equal(other[key], one[key], f"{options} {one['check']} {key}")


# --- local ports ---

RANGE = "echo 40000 40009 >/proc/sys/net/ipv4/ip_local_port_range"


@test
def ports_are_used_up():
    with Network(*GOOD, RANGE) as net:
        net.helper("listen", "10.9.0.1", "443")
        net.expect("net.ports", "pass", "local ports are left for connections")
        holder = net.helper("hold", "10.9.0.1", "443", "bound")
        got = net.expect("net.ports", "fail", "no local port is left for a connection")
        equal(got["evidence"][0]["found"], "40000-40009")
        net.endpoints("10.9.0.1:443")
        net.expect("net.endpoints", "fail",
                   "10.9.0.1, port 443: no local port is left for the connection")
        holder.communicate("\n", timeout=WAIT)
        net.helpers.remove(holder)


@test
def ports_are_shared_between_servers():
    """All have a connection to one server; one to another may have the same port."""
    with Network(*GOOD, RANGE) as net:
        net.helper("listen", "10.9.0.1", "443")
        net.helper("hold", "10.9.0.1", "443", "free")
        net.expect("net.ports", "warn", "10 of 10 local ports for connections are in use")


@test
def ports_that_are_reserved():
    with Network(*GOOD, RANGE,
                 "echo 40000-40009 >/proc/sys/net/ipv4/ip_local_reserved_ports") as net:
        net.expect("net.ports", "fail", "every port of the range for connections is reserved")


# --- what runs inside ---

def ready():
    print("ready", flush=True)
    sys.stdin.read()


def listen(address, port):
    server = socket.create_server((address, int(port)), backlog=64)
    taken = []

    def take():
        while True:
            taken.append(server.accept())

    threading.Thread(target=take, daemon=True).start()
    ready()


def hold(address, port, how):
    """A connection from every port of the range; bound to it first, or not."""
    held = []
    for local in range(40000, 40010):
        one = socket.socket()
        if how == "bound":
            one.bind((address, local))
        one.connect((address, int(port)))
        held.append(one)
    ready()


def answer_name(query):
    """One A record for what ends in .example, but for nobody; None: no answer."""
    name = query[12:query.index(b"\0", 12) + 1]
    label = name[1:1 + name[0]]
    kind = struct.unpack(">H", query[12 + len(name):14 + len(name)])[0]
    if label == b"never":
        return None
    if label == b"late":
        time.sleep(1.2)
    code, count = (3, 0) if label == b"nobody" else (0, int(kind == 1))
    answer = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, count, 0, 0)
    answer += query[12:16 + len(name)]
    if count:
        answer += b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton("10.9.0.1")
    return answer


def names():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def take(query, peer):
        answer = answer_name(query)
        if answer:
            server.sendto(answer, peer)

    def serve():
        while True:
            threading.Thread(target=take, args=server.recvfrom(4096), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    ready()


def why_not():
    if os.geteuid() != 0:
        return "needs root"
    missing = [tool for tool in ("unshare", "nsenter", "ip") if not shutil.which(tool)]
    if missing:
        return f"needs {missing[0]}"
    done = subprocess.run(["unshare", "--net", "--mount", "--", "sh", "-c",
                           "mount -t tmpfs tmpfs /run && ip link add wan0 type veth peer name far0"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    return f"no network of its own: {done.stderr.decode().strip()}" if done.returncode else None


def main():
    reason = why_not()
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    return run_tests()


if len(sys.argv) > 1:
    {"listen": listen, "hold": hold, "names": names}[sys.argv[1]](*sys.argv[2:])
else:
    sys.exit(main())
