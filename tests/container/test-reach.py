#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How preflightd is reached, in a container that boots: the registry, the collector's socket,
and another machine's ssh. TAP on stdout."""

import argparse
import json
import sys

sys.dont_write_bytecode = True

import tap

PREFLIGHT = "org.preflightd.Preflight"
SOCKET = f"/run/preflightd/{PREFLIGHT}"
REGISTRY = f"/run/varlink/registry/{PREFLIGHT}"
REPORT = f"/run/systemd/report/{PREFLIGHT}"


def call(box, path, method, user=None, **flags):
    """The answers of the service at a socket, until it closes the connection."""
    text = json.dumps({"method": method, **flags}).replace('"', '\\"')
    done = box.run(f"printf '%s\\0' \"{text}\" | socat -t 30 - UNIX-CONNECT:{path}", user=user)
    return [json.loads(answer) for answer in done.stdout.split("\0") if answer]


def is_found_in_the_registry(box):
    box.wait("systemctl is-active preflightd.socket")
    assert box.run(f"readlink {REGISTRY}").stdout.strip() == SOCKET
    [answer] = call(box, REGISTRY, "org.varlink.service.GetInfo", user=65534)
    assert PREFLIGHT in answer["parameters"]["interfaces"], answer


def tells_the_collector(box):
    box.wait("systemctl is-active preflightd-metrics.socket")
    assert box.run(f"stat -c %a {REPORT}").stdout.strip() == "666"
    answers = call(box, REPORT, "io.systemd.Metrics.List", user=65534, more=True)
    metrics = [answer["parameters"] for answer in answers]
    assert metrics[0]["name"] == f"{PREFLIGHT}.verdict" and metrics[0]["value"] == "blocked"
    assert len([metric for metric in metrics if metric.get("object")]) > 30
    [refused] = call(box, REPORT, f"{PREFLIGHT}.GetReport")
    assert refused["error"] == "org.varlink.service.InterfaceNotFound", refused


def one_service_answers_at_both(box):
    box.run("systemctl stop preflightd.service")
    assert call(box, REPORT, "io.systemd.Metrics.Describe", more=True)
    box.wait("systemctl is-active preflightd.service")
    before = box.run("systemctl show -P MainPID preflightd").stdout
    assert call(box, SOCKET, "org.varlink.service.GetInfo")
    assert box.run("systemctl show -P MainPID preflightd").stdout == before


def lends_itself_to_ssh(box):
    """With a key that is for that alone, and the service as it is installed."""
    box.wait("systemctl is-active ssh.service")
    box.run("mkdir -p /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519 && "
            "{ printf 'command=\"preflightctl serve-stdio\",restrict '; "
            "cat /root/.ssh/id_ed25519.pub; } >/root/.ssh/authorized_keys && "
            "ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null >/root/.ssh/known_hosts")
    done = box.run("preflightctl check -H root@127.0.0.1 --format=json", check=False)
    assert done.returncode == 1 and done.stderr == "", done
    there, here = json.loads(done.stdout), json.loads(
        box.run("preflightctl check --format=json", check=False).stdout)
    assert there["host"] == here["host"] and there["counts"] == here["counts"]
    done = box.run("preflightctl history -H root@127.0.0.1", check=False)
    assert done.returncode == 4 and "makes no changes" in done.stderr, done


def changes_are_reached_by_root(box):
    box.run("cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys")
    done = box.run("preflightctl history -H root@127.0.0.1", check=False)
    assert done.returncode == 0 and "Nothing was changed here." in done.stdout, done


def goes_with_its_socket(box):
    box.run("systemctl stop preflightd.socket preflightd.service")
    for path in (SOCKET, REGISTRY, REPORT):
        box.run(f"! test -e {path} && ! test -L {path}")
    box.run("systemctl start preflightd.socket")
    box.wait("systemctl is-active preflightd-metrics.socket")
    assert call(box, REPORT, "io.systemd.Metrics.List", more=True)
    assert call(box, REGISTRY, "org.varlink.service.GetInfo")


def can_be_told_to_tell_no_metrics(box):
    box.run("systemctl stop preflightd.socket preflightd.service && "
            "systemctl mask preflightd-metrics.socket && systemctl start preflightd.service")
    box.wait("systemctl is-active preflightd.service")
    box.run(f"! test -e {REPORT}")
    assert call(box, SOCKET, "org.varlink.service.GetInfo")
    box.run("systemctl unmask preflightd-metrics.socket")


TESTS = [is_found_in_the_registry, tells_the_collector, one_service_answers_at_both,
         lends_itself_to_ssh, changes_are_reached_by_root, goes_with_its_socket,
         can_be_told_to_tell_no_metrics]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="of meson, with --prefix=/usr")
    parser.add_argument("--cache", required=True, help="where the container's root is kept")
    options = parser.parse_args()
    return tap.main(TESTS, options.cache, options.build)


if __name__ == "__main__":
    sys.exit(main())
