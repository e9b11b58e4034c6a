"""`huddled demo`: the real daemon at work on simulated providers, told as it happens. Puts it together."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from daemon.demo import stage as stages
from daemon.demo.children import BrokenError
from daemon.demo.news import Reader
from daemon.demo.scene import Scene
from daemon.demo.seen import score, writes
from daemon.demo.stage import Stage
from daemon.demo.story import STORY
from daemon.demo.teller import ForPeople, ForPrograms, Teller

GLANCE = 0.25  # seconds between two looks at the news
BREATH = 0.7  # seconds between two steps, for people who watch
STOPPED = 130  # the status of what Ctrl-C has ended


def play(*, story: bool, port: int, as_json: bool) -> int:
    """Play the demo and return the exit status.

    It ends after the `story`, or goes on until Ctrl-C. `port` is where the web page is to be, 0 for the usual
    one or any that is free.
    """
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal without ✓ gets ?
    teller: Teller = ForPrograms() if as_json else ForPeople()
    if port and not stages.is_free(port):
        teller.fail("", f"Port {port} is taken by another program, or not ours to use: choose another.", None)
        return 1
    return asyncio.run(_Demo(teller, story=story, port=port).run())


@dataclass(slots=True)
class _Demo:
    teller: Teller
    story: bool
    port: int
    step: str = ""
    told: bool = False
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="huddled-demo-")))

    async def run(self) -> int:
        """Play, and tidy up whatever happens; only the logs of a failure are kept."""
        on_signals(asyncio.current_task())
        keep = False
        try:
            await self._play()
        except asyncio.CancelledError:
            self.teller.stop(told=self.told)
            return STOPPED if self.story else 0
        except BrokenError as error:
            keep = True
            self.teller.fail(self.step, str(error), self.folder)
            return 1
        finally:
            if not keep:
                shutil.rmtree(self.folder, ignore_errors=True)
        return 0

    async def _play(self) -> None:
        async with stages.built(self.folder, self.port) as stage:
            page = f"{stage.url}/"
            self.teller.open(page)
            await self._tell(Scene(stage))
            self.told = True
            if not self.story:
                self.teller.invite(page)
                await self._go_on(stage)

    async def _tell(self, scene: Scene) -> None:
        """Play the story, and check that its end is good."""
        for number, step in enumerate(STORY, 1):
            self.step = step.name
            self.teller.begin(number, step)
            self.teller.end(step, await step.play(scene))
            scene.stage.check()
            await asyncio.sleep(BREATH if sys.stdout.isatty() and not self.story else 0)
        self.step = "score"
        written = len(writes(await scene.calls(scene.start)))
        end = score(await scene.state(), await scene.mails(), scene.changes, written)
        self.teller.sum_up(end)
        if not end.good:
            raise BrokenError("The score is not what it should be.")
        self.step = ""

    async def _go_on(self, stage: Stage) -> None:
        """Report what happens until somebody ends it."""
        reader = Reader(stage.database)
        list(reader.read())  # the story has told it
        while True:
            stage.check()
            for at, title, words in reader.read():
                self.teller.report(at, title, words)
            await asyncio.sleep(GLANCE)


def on_signals(task: asyncio.Task[object] | None) -> None:
    """End the task at the first sign that it should; later ones do not disturb the tidying up."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _once(task))


def _once(task: asyncio.Task[object] | None) -> Callable[[], None]:
    def stop() -> None:
        if task is not None and not task.cancelling():
            task.cancel()

    return stop
