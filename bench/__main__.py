"""Run the benchmarks: `python -m bench [NAME ...]`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

from bench import (
    calls,
    conferencing,
    costs,
    doorbell,
    graph_batches,
    graph_page,
    graph_requests,
    idle,
    links,
    reading,
    rows,
    upserts,
)
from bench.figures import Figure, Report, lines, table
from bench.processes import BenchError
from bench.size import FULL, TINY, Size

BENCHMARKS: dict[str, Callable[[Size], Awaitable[Report]]] = {
    "doorbell": doorbell.run,
    "conferencing": conferencing.run,
    "links": links.run,
    "calls": calls.run,
    "idle": idle.run,
    "costs": costs.run,
    "rows": rows.run,
    "graph_batches": graph_batches.run,
    "graph_page": graph_page.run,
    "graph_requests": graph_requests.run,
    "upserts": upserts.run,
    "reading": reading.run,
}


def main() -> None:
    """Run what was asked for; the exit status tells whether it could be measured, not whether it is fast."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*BENCHMARKS, []], help="which ones; all by default")
    parser.add_argument(
        "--tiny", action="store_true", help="measure next to nothing: only to see that it works"
    )
    args = parser.parse_args()
    try:
        asyncio.run(_all(args.name or list(BENCHMARKS), TINY if args.tiny else FULL))
    except BenchError as error:
        sys.exit(f"bench: {error}")
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.exit("bench: stopped")


async def _all(names: list[str], size: Size) -> None:
    main_task = asyncio.current_task()
    if main_task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, main_task.cancel)
    figures: list[Figure] = []
    for name in names:
        report = await BENCHMARKS[name](size)
        figures += report.figures
        print("\n".join([f"{name}:", *(f"  {note}" for note in report.notes), ""]), flush=True)
    print(table(figures), lines(figures), sep="\n\n")


if __name__ == "__main__":
    main()
