"""The process around the daemon: event loop, signals, systemd."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Callable

import structlog

from daemon.app import assemble
from daemon.config.model import Config
from daemon.notify import Systemd
from daemon.serving import serve

log = structlog.get_logger(__name__)

STOPPING = (signal.SIGTERM, signal.SIGINT)


def run_process(config: Config) -> None:
    """Run until SIGTERM or SIGINT; a second one does not wait for what is under way.

    A core file would hold tokens and keys, and systemd's watchdog ends us in a way that makes one: there is none.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(config))


async def _run(config: Config) -> None:
    stop = asyncio.Event()
    loop, main = asyncio.get_running_loop(), asyncio.current_task()

    def on_signal() -> None:
        if stop.is_set() and main is not None:
            main.cancel()
        stop.set()

    for name in STOPPING:
        loop.add_signal_handler(name, on_signal)
    systemd = Systemd.from_environ(os.environ, os.getpid())
    for warning in config.warnings:
        log.warning("configuration", line=warning.line, problem=warning.message)
    try:
        async with assemble(config) as daemon:
            await serve(daemon, stop, systemd)
    except asyncio.CancelledError:
        log.warning("stopped without waiting")
    log.info("stopped")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Use uvloop where it is installed: it is a little faster, and never needed."""
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
