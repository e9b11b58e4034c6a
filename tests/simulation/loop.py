"""An event loop without a clock, without threads and without I/O: time jumps to the next timer.

Whatever belongs to a process (everything that was started by it) can be held still or ended for good, as an
operating system does it: between two steps, without asking.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from asyncio import base_events
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Process:
    """All tasks of one life of the daemon."""

    name: str
    alive: bool = True
    frozen: bool = False
    tasks: dict[asyncio.Task[Any], None] = field(default_factory=dict)
    last_words: list[Callable[[], None]] = field(default_factory=list)

    def end(self) -> None:
        """Die here and now: nothing of it will ever do anything again that others can see."""
        if self.alive:
            self.alive, self.frozen = False, False
            for task in list(self.tasks):
                task.cancel()
            for word in self.last_words:
                word()

    def check(self) -> None:
        """Stop a task that goes on although its process is dead."""
        if not self.alive:
            raise asyncio.CancelledError


OWNER: ContextVar[Process | None] = ContextVar("OWNER", default=None)


class StandsStill(Exception):
    """Nothing is left that could ever happen."""


class VirtualLoop(base_events.BaseEventLoop):
    """`dice` shuffles what is ready at the same moment; None runs it in the usual order."""

    def __init__(self, dice: random.Random | None = None) -> None:
        super().__init__()
        self._clock_resolution = 1e-6
        self._dice = dice
        self._moment = 0.0
        self._held: list[asyncio.Handle] = []
        self.steps = 0
        self.surprises: list[str] = []
        self.set_task_factory(_adopt)
        self.set_exception_handler(self._surprise)

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._moment

    def freeze(self, process: Process, seconds: float) -> None:
        """Let nothing of a process run for a while, although the world goes on."""
        process.frozen = True
        self.call_later(seconds, self._thaw, process)

    def _thaw(self, process: Process) -> None:
        process.frozen = False
        self._ready.extend(self._held)
        self._held.clear()

    def _run_once(self) -> None:
        """Run all that is ready, in the order of the dice; where nothing is, go to the next timer."""
        self.steps += 1
        self._drop_cancelled()
        if not self._ready and not self._stopping:
            if not self._scheduled:
                raise StandsStill
            self._moment = max(self._moment, self._scheduled[0]._when)
        while self._scheduled and self._scheduled[0]._when <= self._moment + self._clock_resolution:
            handle = heapq.heappop(self._scheduled)
            handle._scheduled = False
            self._ready.append(handle)
        batch = list(self._ready)
        self._ready.clear()
        if self._dice is not None and len(batch) > 1:
            self._dice.shuffle(batch)
        for handle in batch:
            self._run(handle)

    def _run(self, handle: asyncio.Handle) -> None:
        if handle._cancelled:
            return
        owner = handle._context.get(OWNER)
        if owner is not None and owner.frozen:
            self._held.append(handle)
        else:
            handle._run()

    def _drop_cancelled(self) -> None:
        while self._scheduled and self._scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(self._scheduled)._scheduled = False

    def _surprise(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.surprises.append(f"{context.get('message')}: {context.get('exception')!r}")

    def _process_events(self, event_list: object) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""


def _adopt(loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], **more: Any) -> asyncio.Task[Any]:
    """Make a task that dies with the process that started it."""
    task = asyncio.Task(coro, loop=loop, **more)
    owner = OWNER.get()
    if owner is not None:
        owner.tasks[task] = None
        task.add_done_callback(lambda done: owner.tasks.pop(done, None))
        if not owner.alive:
            task.cancel()
    return task


def join(process: Process) -> None:
    """Make the running task, and all that it starts, part of a process."""
    OWNER.set(process)
    task = asyncio.current_task()
    if task is not None:
        process.tasks[task] = None
        task.add_done_callback(lambda done: process.tasks.pop(done, None))
