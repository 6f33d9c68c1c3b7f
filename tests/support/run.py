# SPDX-License-Identifier: MIT
"""Runs all tests; called by tests/run, which has installed what they need.

Most of it is `meson test` in several builds; the rest (fuzzers, the comparison
with a real sshd, lint) are steps of their own. Every number of the last line is
counted from results: a point of TAP, or the exit status of what prints none.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
JOBS = min(os.cpu_count() or 1, 8)
STEP_SECONDS = 1200  # a step that takes longer hangs


class Tally:
    """What passed, what failed and with which output, what was skipped and why."""

    def __init__(self):
        self.passed = 0
        self.lock = threading.Lock()
        self.failures = []
        self.skips = []

    def ok(self):
        with self.lock:
            self.passed += 1

    def fail(self, name, output=""):
        self.failures.append(name)
        print(f"FAILED {name}")
        lines = output.rstrip().splitlines()
        if len(lines) > 80:
            lines = lines[:20] + [f"... {len(lines) - 80} lines left out ..."] + lines[-60:]
        for line in lines:
            print("    " + line)
        sys.stdout.flush()

    def skip(self, name, reason):
        self.skips.append((name, reason or "no reason given"))

    def summary(self):
        reasons = {}
        for name, reason in self.skips:
            reasons.setdefault(reason, []).append(name)
        for reason, names in reasons.items():
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            print(f"skipped {len(names)}: {reason} ({shown})")
        for name in self.failures:
            print(f"failed: {name}")
        print(f"{self.passed} passed, {len(self.failures)} failed, {len(self.skips)} skipped")


POINT = re.compile(r"(not )?ok\b\s*\d*\s*(?:-\s*)?([^#]*)(?:#\s*(\w+)\S*\s*(.*))?")
PLAN = re.compile(r"1\.\.(\d+)(?:\s*#\s*skip\S*\s*(.*))?", re.IGNORECASE)


def count_tap(tally, name, text, exit_bad, output):
    """Counts the points of one program; returns how many there were.

    @exit_bad: None, or what was wrong with its end. @output is shown for it.
    """
    points = planned = failed = 0  # each failure shows once what the program printed
    for line in text.splitlines():
        plan = PLAN.match(line)
        point = POINT.match(line)
        if plan:
            planned = int(plan[1])
            if planned == 0:
                tally.skip(name, plan[2])
                planned = points = 1
        elif point:
            points += 1
            title = f"{name}: {point[2].strip()}"
            directive = (point[3] or "").lower()
            if directive == "skip":
                tally.skip(title, point[4].strip())
            elif point[1] and directive != "todo":
                failed += 1
                tally.fail(title, output if failed == 1 else "")
            else:
                tally.ok()
        elif line.startswith("Bail out!"):
            exit_bad = line
    if not exit_bad and points != planned:
        exit_bad = f"{planned} tests planned, {points} run"
    if exit_bad and not failed:
        tally.fail(f"{name}: {exit_bad}", output)
    return points


class Run:
    """One run: the options, where it builds, the tally."""

    def __init__(self, options):
        self.options = options
        self.tally = Tally()
        self.one_build = threading.Lock()
        self.top = build_directory(options)
        self.logs = self.top / "logs"
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        self.environment = dict(
            os.environ,
            PYTHONDONTWRITEBYTECODE="1",
            PYTHONUNBUFFERED="1",
            PF_DIFFERENTIAL_COUNT=str(options.differential),
            PF_LOGIN_MACHINES=str(options.logins),
            LC_ALL="C.UTF-8",
            ASAN_OPTIONS="detect_stack_use_after_return=1",
            UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
            LLVM_PROFILE_FILE="/dev/null",  # of programs that a build with coverage runs
            WINE_RUN_PREFIX=str(self.top / "wine"),
            PF_SOURCES=os.environ.get("PF_SOURCES", str(self.top / "windows-sources")),
        )
        if options.full:
            self.environment.update(PF_FULL="1", PF_FAULTS="all")

    def say(self, step, what, seconds=None):
        took = f"  {seconds:.1f} s" if seconds is not None else ""
        print(f"{step:<13} {what}{took}", flush=True)

    def command(self, argv, log, timeout=STEP_SECONDS, on_line=None, environment=None):
        """Runs a program into a log; returns its status and output. Never raises for it."""
        path = self.logs / log
        lines = []
        with open(path, "w", encoding="utf-8", buffering=1) as file:
            child = subprocess.Popen(
                [str(word) for word in argv], cwd=TREE, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                env=environment or self.environment, start_new_session=True)
            with concurrent.futures.ThreadPoolExecutor(1) as watchdog:
                watchdog.submit(kill_late, child, timeout)
                for line in child.stdout:
                    file.write(line)
                    lines.append(line)
                    if on_line:
                        on_line(line)
                status = child.wait()
        return status, "".join(lines)

    def build(self, name, setup, compiler, targets=()):
        """Sets up and compiles a build directory; returns it, or None when that failed."""
        directory = self.top / name
        environment = dict(self.environment, CC=compiler)
        started = time.monotonic()
        argv = ["meson", "setup", directory, TREE, *setup]
        if self.options.shared:
            argv.append(f"-Dshared={self.options.shared}")
        configured = (directory / "meson-private" / "coredata.dat").exists()
        status, output = self.command(argv + ["--reconfigure"] * configured, f"{name}-setup.log",
                                      environment=environment)
        if status and configured:
            shutil.rmtree(directory)
            status, output = self.command(argv, f"{name}-setup.log", environment=environment)
        if status == 0:
            status, output = self.command(
                ["meson", "compile", "-C", directory, "-j", JOBS, "--ninja-args=-k0", *targets],
                f"{name}-compile.log", environment=environment)
        output = re.sub(r"^\[\d+/\d+\] (Compiling|Linking|Generating) .*\n", "", output,
                        flags=re.MULTILINE)
        if status:
            self.tally.fail(f"{name}: build", output)
            return None
        self.tally.ok()
        self.say(name, "built", time.monotonic() - started)
        warnings = re.findall(r"^.*\bwarning: .*$", output, re.MULTILINE)
        if warnings:
            self.tally.fail(f"{name}: no warnings", "\n".join(warnings))
        else:
            self.tally.ok()
        return directory

    def meson_test(self, step, directory, arguments=(), logbase="testlog", environment=None):
        """Runs `meson test`, one line a test as it goes, and counts the log it leaves."""
        setup = "-valgrind" if "valgrind" in arguments else ""
        log = directory / "meson-logs" / f"{logbase}{setup}.json"
        log.unlink(missing_ok=True)

        def on_line(line):
            match = re.match(r"\s*\d+/\d+ (?:(.*) / )?(\S+)\s+([A-Z]+)\s+([\d.]+)s(?:\s+(.*))?", line)
            if match:
                suite = (match[1] or "").split(":")[-1]
                self.say(step, f"{suite:<12} {match[2]:<28} {match[3]:<8} {match[5] or ''}",
                         float(match[4]))

        status, output = self.command(
            ["meson", "test", "-C", directory, "--no-rebuild", "--num-processes", JOBS,
             "--logbase", logbase, *arguments], f"{step}-{logbase}.log", on_line=on_line,
            environment=environment)
        if "No tests defined." in output:
            self.tally.skip(f"{step}: {logbase}", "this build has none")
            return
        if not log.exists():
            self.tally.fail(f"{step}: meson test", output)
            return
        results = [json.loads(line) for line in log.read_text(errors="replace").splitlines()]
        for result in results:
            self.count_meson(step, result)
            if "--benchmark" in arguments:
                print(textwrap.indent(result.get("stdout", "").rstrip(), "    "), flush=True)
        if not results:
            self.tally.fail(f"{step}: no test was run", output)
        elif status and all(r["result"] in GOOD for r in results):
            self.tally.fail(f"{step}: meson test ended with {status}", output)

    def count_meson(self, step, result):
        name = f"{step}: {result['name'].split(' / ')[-1]}"
        output = result.get("stdout", "") + result.get("stderr", "")
        bad = None if result["result"] in GOOD else result["result"].lower()
        if result["result"] == "SKIP" and not PLAN.search(result.get("stdout", "")):
            self.tally.skip(name, output.strip().splitlines()[-1] if output.strip() else "")
        elif re.search(r"^(1\.\.\d|(not )?ok\b)", result.get("stdout", ""), re.MULTILINE):
            count_tap(self.tally, name, result["stdout"], bad, output)
        elif bad:
            self.tally.fail(f"{name}: {bad}", output)
        else:
            self.tally.ok()


GOOD = ("OK", "SKIP", "EXPECTEDFAIL")


def kill_late(child, timeout):
    """Ends a program that hangs, and what one that has ended left running in its group."""
    try:
        child.wait(timeout)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def build_directory(options):
    if options.build_dir:
        return pathlib.Path(options.build_dir).resolve()
    if os.access(TREE, os.W_OK):
        return TREE / "build" / "tests"
    return pathlib.Path(f"/tmp/preflightd-tests-{os.getuid()}")


SANITIZE = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Ddebug=true",
            "-Doptimization=1"]


def once(run):
    """Leaves out what the build of gcc has tried on all fixtures already."""
    return [] if run.options.full else ["--no-suite", "every-fixture"]


def step_gcc(run):
    directory = run.build("gcc", SANITIZE, "gcc")
    if directory:
        run.meson_test("gcc", directory)


def clang_build(run):
    """Sanitized, and watched by libFuzzer: the fuzzers are of the same build. Not optimized where
    they run for a second, of which it would cost a hundred to compile."""
    optimization = int(run.options.full or run.options.fuzz_seconds > 1)
    return run.build("clang", ["-Dfuzz=true", "-Db_lundef=false", "-Dwerror=true",
                               "-Ddebug=true", f"-Doptimization={optimization}"], "clang")


def step_clang(run):
    if not shutil.which("clang"):
        run.tally.skip("clang", "clang is not installed")
        return
    directory = clang_build(run)
    if directory and run.options.full:  # the build of gcc has run them, as sanitized as this one
        run.meson_test("clang", directory, ["--suite", "unit"])


NOT_LONG = ("daemon", "login")  # benchmarks; that of initramfs images takes a minute

RELEASE = ["-Dbuildtype=release", "-Db_ndebug=true", "--prefix=/usr"]


def release_build(run):
    """That of the step before, or one made now; None where that failed."""
    directory = run.top / "release"
    with run.one_build:  # of two steps side by side one makes it
        if (directory / "daemon" / "preflightd").exists():
            return directory
        return run.build("release", RELEASE, "gcc")


def step_release(run):
    directory = run.build("release", RELEASE, "gcc")
    if not directory:
        return
    suites = ["unit", "many"] if run.options.full else ["many"]  # two builds had the first
    run.meson_test("release", directory,
                   [*(f"--suite={suite}" for suite in suites), *once(run)])
    if not run.options.quick:
        names = [] if run.options.full else NOT_LONG
        run.meson_test("release", directory, ["--benchmark", *names], "benchmarklog")


def step_fuzz(run):
    if not shutil.which("clang"):
        run.tally.skip("fuzz", "clang is not installed")
        return
    directory = clang_build(run)
    if not directory:
        return
    fuzzers = sorted(path for path in (directory / "tests" / "fuzz").glob("fuzz-*")
                     if path.is_file() and os.access(path, os.X_OK))
    if not fuzzers:
        run.tally.fail("fuzz: no fuzzer was built")
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for future in [pool.submit(fuzz, run, path) for path in fuzzers]:
            future.result()


# Late in the queue for a processor, in its own group of tasks too: sched(7), autogroup. Not the
# last: an input that waits for one is told from one that hangs by the time it takes alone.
LATE = ("sh", "-c", 'echo 5 2>/dev/null >/proc/self/autogroup; exec nice -n 5 "$@"', "sh")
INPUT_SECONDS = 60


def fuzz(run, fuzzer):
    """One fuzzer for some seconds, from its corpus and from what earlier runs found."""
    name = fuzzer.name.removeprefix("fuzz-")
    found = run.top / "fuzz-found" / name
    found.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    status, output = run.command(
        [*LATE, fuzzer, f"-max_total_time={run.options.fuzz_seconds}", f"-timeout={INPUT_SECONDS}",
         "-rss_limit_mb=2048",
         "-print_final_stats=1", f"-artifact_prefix={run.logs}/{name}-", found,
         TREE / "tests" / "corpus" / name], f"fuzz-{name}.log",
        timeout=run.options.fuzz_seconds + 120)
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", output)
    inputs = int(executed[1]) if executed else 0
    if status or inputs == 0:
        run.tally.fail(f"fuzz: {name}", output)
    else:
        run.tally.ok()
    run.say("fuzz", f"{name:<41} {'FAIL' if status else 'OK':<8} {inputs} inputs",
            time.monotonic() - started)


COVERAGE = "-fprofile-instr-generate"


def step_coverage(run):
    """What the fuzzers' corpora, and what they found here, reach of the parsers."""
    if not shutil.which("clang"):
        run.tally.skip("coverage", "clang is not installed")
        return
    directory = run.build(
        "coverage", ["-Dfuzz=true", "-Db_lundef=false", f"-Dc_link_args={COVERAGE}",
                     f"-Dc_args={COVERAGE} -fcoverage-mapping"], "clang", ["fuzzers"])
    if not directory:
        return
    started = time.monotonic()
    status, output = run.command(
        [sys.executable, TREE / "tests" / "fuzz" / "coverage.py", directory,
         f"--found={run.top / 'fuzz-found'}"], "coverage.log")
    points = count_tap(run.tally, "coverage", output, f"exit status {status}" if status else None,
                       output)
    run.say("coverage", f"{output.rstrip().splitlines()[-1].lstrip('# '):<41} "
            f"{'FAIL' if status else 'OK':<8} {points} files", time.monotonic() - started)


def step_lint(run):
    started = time.monotonic()
    status, output = run.command([sys.executable, TREE / "tests" / "lint"], "lint.log")
    points = count_tap(run.tally, "lint", output, f"exit status {status}" if status else None,
                       output)
    run.say("lint", f"{'':<41} {'FAIL' if status else 'OK':<8} {points} rules",
            time.monotonic() - started)


CROSS = TREE / "packaging" / "cross"
CROSS_COMPILER = "x86_64-w64-mingw32-gcc-win32"


def cross_files(run, prefix):
    """How to build for Windows here; with what was compiled before, where that is kept."""
    yield from (CROSS / "x86_64-w64-mingw32.ini", prefix / "here.ini")
    if shutil.which("ccache"):
        kept = run.top / "windows-ccache.ini"
        kept.write_text(f"[binaries]\nc = ['ccache', '{CROSS_COMPILER}']\n", encoding="ascii")
        yield kept


def step_windows(run):
    """The programs for Windows, built with mingw-w64 and tried in Wine, the service's life too."""
    missing = [tool for tool in (CROSS_COMPILER, "cmake", "wine", "wineserver", "wixl")
               if not shutil.which(tool)]
    if missing:
        run.tally.skip("windows", f"{missing[0]} is not installed: "
                       "packaging/install-dependencies windows")
        return
    started = time.monotonic()
    prefix = run.top / "windows-libraries"
    status, output = run.command([CROSS / "build-dependencies", "-j", JOBS, prefix],
                                 "windows-libraries.log")
    if status:
        run.tally.fail("windows: libraries", output)
        return
    run.say("windows", "libraries built", time.monotonic() - started)
    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        wine = beside.submit(run.command, [CROSS / "wine-run", "--setup"], "wine-setup.log")
        directory = run.build("windows", [f"--cross-file={file}" for file in
                                          cross_files(run, prefix)] + ["-Doptimization=1"], "gcc")
        status, output = wine.result()
    native = release_build(run)
    environment = dict(run.environment)
    if native:  # what it says of every Windows fixture is what is expected
        environment["PF_CTL_NATIVE"] = str(native / "daemon" / "ctl" / "preflightctl")
    if status:
        run.tally.fail("windows: Wine", output)
    elif directory:
        run.meson_test("windows", directory, once(run), environment=environment)
    run.command([CROSS / "wine-run", "--stop"], "wine-stop.log")


# In valgrind everything takes 20 to 50 times as long, and one thread runs at a time.
NOT_IN_VALGRIND = {
    "schedule": "holds probes to deadlines",
    "service": "holds probes to deadlines",
    "service-settings": "holds probes to deadlines",
    "target-hostile": "needs threads that race",
}


def step_container(run):
    """The services in a systemd of their own, installed as a package would."""
    directory = release_build(run)
    if not directory:
        return
    tests = sorted((TREE / "tests" / "container").glob("test-*.py"))
    container(run, directory, tests[0])  # makes the machine that all of them start from
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for future in [pool.submit(container, run, directory, test) for test in tests[1:]]:
            future.result()


def container(run, directory, test):
    name = f"container: {test.stem.removeprefix('test-')}"
    started = time.monotonic()
    status, output = run.command(
        [sys.executable, test, "--build", directory, "--cache", run.top / "containers"],
        f"{test.stem}.log")
    points = count_tap(run.tally, name, output, f"exit status {status}" if status else None,
                       output)
    run.say("container", f"{test.stem:<41} {'FAIL' if status else 'OK':<8} {points} points",
            time.monotonic() - started)


def step_valgrind(run):
    if not shutil.which("valgrind"):
        run.tally.skip("valgrind", "valgrind is not installed")
        return
    directory = run.build("valgrind", ["-Dbuildtype=debugoptimized"], "gcc")
    if not directory:
        return
    listed = subprocess.run(["meson", "introspect", "--tests", directory], check=True,
                            capture_output=True, text=True).stdout
    names = [test["name"] for test in json.loads(listed)
             if any(suite.endswith("unit") for suite in test["suite"])
             and not test["cmd"][0].endswith("python3")]
    for name in sorted(set(names) & set(NOT_IN_VALGRIND)):
        run.tally.skip(f"valgrind: {name}", f"not in valgrind: {NOT_IN_VALGRIND[name]}")
    run.meson_test("valgrind", directory,
                   ["--setup", "valgrind", *sorted(set(names) - set(NOT_IN_VALGRIND))])


def step_machines(run):
    """Real machines, captured afresh, and what the normal run asks of those that were kept."""
    directory = run.build("machines", ["-Dbuildtype=release", "-Dtests=false"], "gcc")
    if not directory:
        return
    ctl = directory / "daemon" / "ctl" / "preflightctl"
    captured = run.top / "captured"
    shutil.rmtree(captured, ignore_errors=True)
    environment = dict(run.environment, PF_CTL=str(ctl), PF_CAPTURED=str(captured),
                       PF_CAPTURED_AFRESH="1")
    if run.options.shared:
        environment["PF_SHARED"] = run.options.shared
    started = time.monotonic()
    status, output = run.command(
        [TREE / "tests" / "vm" / "make-captures", f"--ctl={ctl}", f"--output={captured}",
         *filter(None, run.options.machines.split(","))], "machines.log", timeout=3 * STEP_SECONDS, environment=environment)
    if status == 77:
        run.tally.skip("machines", output.partition("skipped: ")[2].strip())
        return
    if status:
        run.tally.fail("machines: make-captures", output)
    status, output = run.command([sys.executable, TREE / "tests" / "ctl" / "test-captured.py"],
                                 "machines-compared.log", environment=environment)
    points = count_tap(run.tally, "machines", output, f"exit status {status}" if status else None,
                       output)
    run.say("machines", f"{'':<41} {'FAIL' if status else 'OK':<8} {points} points",
            time.monotonic() - started)


def virtual(run, step, *argv):
    """A test that boots virtual machines, or says why it cannot."""
    environment = dict(run.environment)
    if run.options.shared:
        environment["PF_SHARED"] = run.options.shared
    started = time.monotonic()
    status, output = run.command([sys.executable, *argv], f"{step}.log", timeout=4 * STEP_SECONDS,
                                 environment=environment)
    if status == 77:
        run.tally.skip(step, output.partition("SKIP ")[2].strip())
        return
    points = count_tap(run.tally, step, output, f"exit status {status}" if status else None,
                       output)
    run.say(step, f"{'':<41} {'FAIL' if status else 'OK':<8} {points} points",
            time.monotonic() - started)


def step_boots(run):
    """Machines that name a device, and boot under another name of it once they are fixed."""
    directory = run.build("machines", ["-Dbuildtype=release", "-Dtests=false"], "gcc")
    if directory:
        virtual(run, "boots", TREE / "tests" / "vm" / "test-remedy-boot.py",
                f"--ctl={directory / 'daemon' / 'ctl' / 'preflightctl'}",
                *filter(None, run.options.machines.split(",")))


def step_leases(run):
    """A machine whose clock is set, whose power is cut, and no lease outlives its end."""
    directory = release_build(run)
    if directory:
        virtual(run, "leases", TREE / "tests" / "vm" / "test-lease-boot.py",
                f"--build={directory}")


def step_published(run):
    """A machine whose host reads the verdict when it has no sshd any more."""
    directory = release_build(run)
    if directory:
        virtual(run, "published", TREE / "tests" / "vm" / "test-publish.py",
                f"--build={directory}")


def step_packaged(run):
    """The packages on machines of their own, and the day of a push installer."""
    for suite in ("bullseye", "bookworm", "trixie"):
        # The oldest libraries of all that we build with are those of the first.
        virtual(run, f"packaged-{suite}", TREE / "tests" / "vm" / "test-package.py",
                f"--suite={suite}", *["--unit"] * (suite == "bullseye"))


STEPS = {
    "lint": step_lint,
    "gcc": step_gcc,
    "clang": step_clang,
    "release": step_release,
    "container": step_container,
    "windows": step_windows,
    "fuzz": step_fuzz,
    "coverage": step_coverage,
    "valgrind": step_valgrind,
    "machines": step_machines,
    "boots": step_boots,
    "leases": step_leases,
    "published": step_published,
    "packaged": step_packaged,
}

ONLY_IN_FULL = ("coverage", "valgrind", "machines", "boots", "leases", "published",
                "packaged")
# Beside each other and the steps that come after them: much of their time is spent on leases that
# run out, and on a Windows of which one program runs at a time.
BESIDE = ("container", "windows")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/run", description="Run all tests.")
    parser.add_argument("--full", action="store_true",
                        help="also run the unit tests in valgrind, let every path of every "
                             "fixture go wrong in every way, print what the fuzzers reach of "
                             "the parsers, and capture virtual machines afresh (needs ../shared/vm)")
    parser.add_argument("--quick", action="store_true",
                        help="100 configurations, 20 logins, no benchmarks")
    parser.add_argument("--no-install", action="store_true",
                        help="install nothing; what cannot run is skipped")
    parser.add_argument("--only", action="append", choices=STEPS, metavar="STEP",
                        help=f"this step alone; may be repeated: {', '.join(STEPS)}")
    parser.add_argument("--fuzz-seconds", type=int, default=1, metavar="N",
                        help="for each fuzzer (1)")
    parser.add_argument("--differential", type=int, metavar="N",
                        help="configurations compared with a real sshd (2000)")
    parser.add_argument("--logins", type=int, metavar="N",
                        help="machines on which a real login is tried (60)")
    parser.add_argument("--machines", default="", metavar="NAMES",
                        help="with --full or --only=machines: these alone, with commas between")
    parser.add_argument("--build-dir", metavar="DIR", help="instead of build/tests in the tree")
    parser.add_argument("--shared", metavar="DIR", default="",
                        help="folder of further test material (../shared)")
    options = parser.parse_args()
    if options.differential is None:
        options.differential = 100 if options.quick else 2000
    if options.logins is None:
        options.logins = 20 if options.quick else 60
    return options


def main():
    options = parse_arguments()
    run = Run(options)
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(BESIDE)) as beside:
        waiting = []
        for name, step in STEPS.items():
            if options.only and name not in options.only:
                continue
            if name in ONLY_IN_FULL and not (options.full or options.only):
                continue
            if name in BESIDE:
                waiting.append(beside.submit(step, run))
            else:
                step(run)
        for future in waiting:
            future.result()
    print(f"\nlogs in {run.logs}; {time.monotonic() - started:.0f} s")
    run.tally.summary()
    return 1 if run.tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
