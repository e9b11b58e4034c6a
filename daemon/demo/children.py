"""The processes of the demo: how they are started, watched and ended."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # where the packages are, wherever the demo was started
STOP_SECONDS = 10.0
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html


class BrokenError(Exception):
    """Something in the demo is not as it should be; the message says what, for people."""


@dataclass(slots=True)
class Child:
    """One process. `name` is what people call it."""

    name: str
    process: Process
    log: Path

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.process.returncode is not None

    def check(self) -> None:
        """Raise BrokenError if the process has ended by itself."""
        code = self.process.returncode
        if code is not None:
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
            raise BrokenError(f"{self.name} {how}.{self._last_words()}")

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return f" Its last words: {lines[-1][:300]}" if lines else ""

    async def kill(self) -> None:
        """End the process at once, as a power cut would."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """Ask the process to end; where it does not, end it."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            await self.kill()


async def start(name: str, arguments: Sequence[str], log: Path, *, answers: bool = False) -> Child:
    """Start Python with these arguments. What it says goes to the file `log`; its answers, if any, to a pipe."""
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=ROOT,
            env=_surroundings(),
            stdin=DEVNULL,
            stdout=PIPE if answers else file,
            stderr=file,
            start_new_session=True,  # Ctrl-C is for us; we end the children in good order
            preexec_fn=_prepare,
        )
    return Child(name, process, log)


def _surroundings() -> dict[str, str]:
    """Return our environment without what is meant for another huddled, and without any proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy")
        and not name.startswith(("HUDDLED_", "NOTIFY_", "WATCHDOG_", "CREDENTIALS_"))
    }


def _prepare() -> None:
    """In the child: never outlive the demo, even if that is killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
