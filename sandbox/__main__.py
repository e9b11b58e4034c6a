"""Run the sandbox as a process: `python -m sandbox`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
from dataclasses import replace

from sandbox.app import serve
from sandbox.demo import seed
from sandbox.state import World


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8490, help="0 takes any free port")
    parser.add_argument("--demo", action="store_true", help="begin with four users and their events")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds every provider answer takes")
    parser.add_argument("--seed", type=int, default=0, help="seed of all chance in the sandbox")
    return parser.parse_args()


async def run(args: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    world = World(seed=args.seed)
    world.modes = world.base_modes = replace(world.base_modes, latency=args.latency)
    async with serve(world, host=args.host, port=args.port) as sandbox:
        if args.demo:
            seed(world)
        sys.stdout.write(json.dumps({"sandbox": sandbox.url}) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Run the sandbox."""
    args = arguments()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    asyncio.run(run(args))


if __name__ == "__main__":
    main()
