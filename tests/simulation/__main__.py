"""`python -m tests.simulation`: run the daemon through many random histories, each from one seed."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.run import Result, run


def main() -> int:
    """Run what the command line asks for; 1 where an invariant does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="run this one only")
    parser.add_argument("--trace", action="store_true", help="print what happened")
    options = parser.parse_args()
    if options.seed is not None:
        result = run(options.seed)
        show(result, whole=options.trace)
        return bool(result.problems)
    began, failed = time.perf_counter(), []
    for seed in range(options.first, options.first + options.seeds):
        result = run(seed)
        if result.problems:
            failed.append(seed)
            show(result, whole=options.trace)
    seconds = time.perf_counter() - began
    print(f"{options.seeds} seeds in {seconds:.1f} s, {options.seeds / seconds:.1f} a second; failed: {failed or 'none'}")
    return bool(failed)


def show(result: Result, *, whole: bool) -> None:
    """Print how a seed ended."""
    if whole:
        print(result.trace.text())
    print(
        f"seed {result.seed}: {'FAILED' if result.problems else 'ok'}, trace {result.trace.digest()}, "
        f"{result.hours:.1f} h, {result.lives} lives, {result.deeds} deeds, {result.calls} calls"
    )
    for problem in result.problems:
        print(f"  {problem}")
    if result.problems and not whole:
        print(f"  replay: python -m tests.simulation --seed {result.seed} --trace")


sys.exit(main())
