# SPDX-License-Identifier: MIT
"""Test functions run in their order, told as TAP. A skip is told with its reason."""

import sys
import traceback

import container


class Skip(Exception):
    """Why a test cannot run here."""


def main(tests, root_cache, build, more=(), machine=container.Container):
    """Each test gets a container that the ones before it used, with more packages."""
    print(f"1..{len(tests)}", flush=True)
    try:
        root = container.make_root(root_cache, more)
        box = machine(root, build).__enter__()
    except container.Unavailable as why:
        for number, test in enumerate(tests, 1):
            print(f"ok {number} - {test.__name__} # SKIP {why}")
        return 0
    failed = False
    try:
        for number, test in enumerate(tests, 1):
            failed = not run(number, test, box) or failed
    finally:
        box.__exit__()
    return 1 if failed else 0


def run(number, test, box):
    try:
        test(box)
        print(f"ok {number} - {test.__name__}", flush=True)
    except Skip as why:
        print(f"ok {number} - {test.__name__} # SKIP {why}", flush=True)
    except Exception:  # pylint: disable=broad-except
        print(f"not ok {number} - {test.__name__}")
        for line in traceback.format_exc().rstrip().splitlines():
            print(f"# {line}")
        sys.stdout.flush()
        return False
    return True
