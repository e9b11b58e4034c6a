"""The daemon inside the process of the test, on a clock that can be moved: everything else about it is real."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from daemon.app import assemble
from daemon.config.load import load
from daemon.notify import Systemd
from daemon.serving import serve
from tests.system.stage import Stage

START_SECONDS = 60.0


def travel(stage: Stage, seconds: float) -> None:
    """Move the clocks of the providers and of the daemon."""
    stage.providers("POST", "/clock", {"advance": seconds})
    stage.huddled.ahead += seconds


@contextmanager
def at_work(stage: Stage) -> Iterator[None]:
    """Run the daemon in a thread of its own until the block ends."""
    ending: list[BaseException] = []
    handles: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        stop = asyncio.Event()
        handles.append((asyncio.get_running_loop(), stop))
        config = load(stage.huddled.config, os.environ)
        async with assemble(config, lambda: time.time() + stage.huddled.ahead) as daemon:
            await serve(daemon, stop, Systemd())

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - the test that waits for us has to hear of it
            ending.append(error)

    thread = threading.Thread(target=work, name="huddled")
    thread.start()
    try:
        stage.until(lambda: ending or stage.huddled.is_ready(), "a daemon that is ready")
        yield
    finally:
        for loop, stop in handles:
            if not loop.is_closed():
                loop.call_soon_threadsafe(stop.set)
        thread.join(START_SECONDS)
    assert not ending, ending
    assert not thread.is_alive()
