"""`python -m tests.simulation`: run the daemon through many random histories, each from one seed."""

# ruff: noqa: T201 - it prints tables; that is its job

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.plants import PLANTS, Found, hunt
from tests.simulation.run import Result, run


def main() -> int:
    """Do what the command line asks for. Returns 1 where an invariant does not hold, or a plant is not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many seeds (500)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (0)")
    parser.add_argument("--seed", type=int, help="run this one only")
    parser.add_argument("--outlook", action="store_true", help="let calendars list as Microsoft's do")
    parser.add_argument("--trace", action="store_true", help="print what happened")
    parser.add_argument("--plants", action="store_true", help="plant bugs, and print which seed finds each")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one a core)")
    options = parser.parse_args()
    if options.plants:
        return plants(options.first, options.jobs)
    if options.seed is not None:
        result = run(options.seed, outlook=options.outlook)
        show(result, trace=options.trace, outlook=options.outlook)
        return bool(result.problems)
    return simulate(
        range(options.first, options.first + options.seeds), options.jobs, outlook=options.outlook
    )


def simulate(seeds: range, jobs: int, *, outlook: bool) -> int:
    """Run all seeds; those that fail are shown as soon as they do."""
    began, failed, hours, lives = time.perf_counter(), [], 0.0, 0
    for result in results(seeds, jobs, outlook=outlook):
        hours, lives = hours + result.hours, lives + result.lives
        if result.problems:
            failed.append(result.seed)
            show(result, trace=False, outlook=outlook)
    seconds = time.perf_counter() - began
    print(
        f"{len(seeds)} seeds in {seconds:.0f} s ({len(seeds) / seconds:.1f} a second): "
        f"{hours:,.0f} hours, {lives:,} lives of the daemon, {len(failed) or 'none'} failed"
    )
    if failed:
        print("failed:", *failed[:50])
    return bool(failed)


def results(seeds: Iterable[int], jobs: int, *, outlook: bool) -> Iterator[Result]:
    """Run seeds in as many processes; their traces stay there."""
    if jobs < 2:
        yield from map(partial(brief, outlook=outlook), seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(partial(brief, outlook=outlook), seeds, chunksize=8)


def brief(seed: int, *, outlook: bool) -> Result:
    """Run a seed, and forget what happened but for its fingerprint."""
    result = run(seed, outlook=outlook)
    result.trace.shorten()
    return result


def show(result: Result, *, trace: bool, outlook: bool) -> None:
    """Print how a seed ended."""
    if trace:
        print(result.trace.text())
    print(
        f"seed {result.seed}: {'FAILED' if result.problems else 'ok'}, trace {result.trace.digest()}, "
        f"{result.hours:.1f} hours, {result.lives} lives, {result.deeds} deeds, {result.calls} calls"
    )
    for problem in result.problems:
        print(f"  {problem}")
    if result.problems and not trace:
        which = "--outlook " if outlook else ""
        print(f"  replay: python -m tests.simulation {which}--seed {result.seed} --trace")


def plants(first: int, jobs: int) -> int:
    """Print which seed finds each planted bug, and by what."""
    missed = 0
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(seek, range(len(PLANTS)), [first] * len(PLANTS)):
            missed += found.seed is None
            by = f"seed {found.seed}" if found.seed is not None else "not found"
            print(f"{found.name:<72} {by:>10} after {found.tried:>3}: {found.problem[:100]}")
    return bool(missed)


def seek(number: int, first: int) -> Found:
    """Hunt for one planted bug."""
    return hunt(PLANTS[number], first)


if __name__ == "__main__":
    sys.exit(main())
