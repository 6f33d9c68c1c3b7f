# SPDX-License-Identifier: MIT
"""Tests of the client: naming them, what they compare with, and printing them as TAP.

A test is a function that raises where something is wrong. One that returns a text
is skipped, for that reason.
"""

import importlib.util
import pathlib
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def load(name):
    """A file of this folder whose name has a dash in it, as a module; its tests join TESTS."""
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def equal(got, expected, what=""):
    assert got == expected, f"{what}: got {got!r}, expected {expected!r}"


def contains(text, part):
    assert part in text, f"{part!r} is not in {text!r}"


def run(points):
    """Calls the function of each (title, function); prints TAP; returns the exit status."""
    failed = 0
    print(f"1..{len(points)}")
    for number, (title, function) in enumerate(points, 1):
        try:
            skipped = function()
            print(f"ok {number} - {title}" + (f" # SKIP {skipped}" if skipped else ""))
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {title}")
            # what is wrong comes first: of a long output only the beginning may be kept
            for line in str(error).splitlines() + traceback.format_exc().splitlines():
                print(f"# {line}")
        sys.stdout.flush()
    return 1 if failed else 0


def run_tests(names=()):
    """Runs all tests, or those of these names."""
    return run([(function.__name__, function) for function in TESTS
                if not names or function.__name__ in names])
