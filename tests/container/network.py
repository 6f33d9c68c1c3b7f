# SPDX-License-Identifier: MIT
"""Machines in network namespaces of their own, and one for who asks them, at a switch.

    with Network(["a", "b"]) as network:
        Container(root, build, network.namespace("a"))
        network.run(["ssh", network.address("a")])
"""

import contextlib
import os
import pathlib
import subprocess

PREFIX = "10.77.0"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def secluded():
    """The name of a namespace for one machine, in which nothing is told of devices: the kernel
    tells of those in namespaces of its first user namespace alone (lib/kobject_uevent.c)."""
    name = f"pf-{os.getpid()}-secluded"
    path = pathlib.Path("/run/netns", name)
    with subprocess.Popen(["unshare", "--user", "--net", "cat"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as child:
        child.stdin.write(b"\n")
        child.stdin.flush()
        child.stdout.readline()  # it has one by now
        path.parent.mkdir(exist_ok=True)
        path.touch()
        try:
            subprocess.run(["mount", "--bind", f"/proc/{child.pid}/ns/net", path], check=True)
            yield name
        finally:
            subprocess.run(["umount", "-l", path], check=False)
            path.unlink()
            child.stdin.close()


class Network:
    """@names are of machines; an address of anybody else answers nobody."""

    def __init__(self, names):
        self.names = list(names)
        self.switch = self.namespace("switch")

    def namespace(self, name):
        return f"pf-{os.getpid()}-{name}"

    def address(self, name):
        return f"{PREFIX}.{self.names.index(name) + 2}" if name in self.names else f"{PREFIX}.99"

    @property
    def own_address(self):
        return f"{PREFIX}.1"

    def __enter__(self):
        try:
            ip("netns", "add", self.switch)
            ip("-n", self.switch, "link", "set", "lo", "up")
            ip("-n", self.switch, "link", "add", "switch", "type", "bridge")
            ip("-n", self.switch, "addr", "add", f"{self.own_address}/24", "dev", "switch")
            ip("-n", self.switch, "link", "set", "switch", "up")
            for name in self.names:
                self.plug_in(name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def plug_in(self, name):
        space = self.namespace(name)
        port = f"port{self.names.index(name)}"
        ip("netns", "add", space)
        ip("-n", self.switch, "link", "add", port, "master", "switch", "type", "veth", "peer", "name",
           "host0", "netns", space)
        ip("-n", self.switch, "link", "set", port, "up")
        ip("-n", space, "addr", "add", f"{self.address(name)}/24", "dev", "host0")
        for link in ("lo", "host0"):
            ip("-n", space, "link", "set", link, "up")

    def __exit__(self, *_):
        for name in [*self.names, "switch"]:
            subprocess.run(["ip", "netns", "delete", self.namespace(name)], check=False,
                           capture_output=True)

    def run(self, argv, **options):
        """A program of this host, in the network of the machines."""
        return subprocess.run(["ip", "netns", "exec", self.switch, *argv], capture_output=True,
                              text=True, check=False, stdin=subprocess.DEVNULL, **options)
