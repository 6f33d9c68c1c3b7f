# SPDX-License-Identifier: MIT
"""Which points are tried, by whom, and what is said of it."""
import collections
import os
import random
import sys
import threading

from crash_parts import Bad

SAMPLE = 2  # points of a part, in a run that is not full
FOLDED = 2  # of those that were folded, in one that is
ATTEMPTS = 20  # to see a run in which no two threads change something at the same time


def n_workers():
    """More than processors: a run waits now and then."""
    return 2 * (os.cpu_count() or 1)


class Report:
    def __init__(self):
        self.number, self.good = 0, True

    def point(self, title, wrong):
        self.number += 1
        self.good = self.good and not wrong
        print(f"{'not ok' if wrong else 'ok'} {self.number} - {title}")
        for line in wrong[:10]:
            print("# " + line.replace("\n", "\n# "))
        sys.stdout.flush()


class Bench:
    """Threads, each with a place of its own to try things at, and what was tried."""

    def __init__(self, pool, make_place):
        self.pool, self.make_place = pool, make_place
        self.local, self.lock, self.numbers = threading.local(), threading.Lock(), iter(range(1000))
        self.totals = collections.Counter()

    def here(self):
        if not hasattr(self.local, "place"):
            with self.lock:
                self.local.place = self.make_place(next(self.numbers))
        return self.local.place

    def run(self, job):
        return job(self.here())

    def all(self, jobs):
        """What each of them returns; they are functions of a place."""
        return [job.result() for job in [self.pool.submit(self.run, job) for job in jobs]]

    def one(self, job):
        return self.all([job])[0]


def chosen(part, n):
    """Some, the same in each run."""
    if n <= SAMPLE:
        return list(range(1, n + 1))
    return sorted(random.Random(f"{part.work.name}/{part.name}").sample(range(1, n + 1), SAMPLE))


def try_some(part, bench):
    """A sample of the entries of calls that may change something."""
    n = bench.one(lambda place: part.count(place, "--changes")).points
    points = chosen(part, n)
    return n, bench.all([lambda place, point=point: part.kill(place, point, "--changes")
                         for point in points]), f"{len(points)} of {n} kill points"


def count_every(part, bench):
    """A run that stops at every call, and in which no two change something at the same time."""
    for _ in range(ATTEMPTS):
        every = bench.one(lambda place: part.count(place, begin=None))
        if not every.overlaps:
            return every
    raise Bad(f"{every.overlaps} calls were made while another one changed something, as "
              f"{every.place}: what lies between them cannot be told")


def try_every(part, bench):
    """Entry and exit of each call that may change something, and a sample of the others."""
    every = count_every(part, bench)
    rng = random.Random(part.work.name)
    kills = [(point, "--both") for point in range(1, 2 * every.changes + 1)]
    kills += [(rng.randrange(1, every.points + 1),) for _ in range(FOLDED)]
    tried = bench.all([lambda place, where=where: part.kill(place, *where, begin=None)
                       for where in kills])
    folded = every.points - 2 * every.changes
    bench.totals["folded"] += folded
    return every.points, tried, (f"{every.points} points, {2 * every.changes} of {every.changes} "
                                 f"calls killed, {folded} folded, {FOLDED} of those killed")


def try_kills(part, bench, report, is_full):
    title = f"{part.work.name}: {part.name}"
    try:
        n, tried, text = (try_every if is_full else try_some)(part, bench)
    except Bad as bad:
        report.point(f"{title}: without a kill", [str(bad)])
        return
    bench.totals["points"] += n
    bench.totals["kills"] += len(tried)
    missed = sum(not is_reached for is_reached, _ in tried)
    wrong = [wrong for _, wrong in tried if wrong]
    if missed > 1 + len(tried) // 10:
        wrong.append(f"{missed} of {len(tried)} points were not come to")
    report.point(f"{title}: {text}" + (f", {missed} of them not come to" if missed else ""), wrong)
