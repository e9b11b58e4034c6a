"""How the demo is told: to people in a terminal, or to programs as one JSON object a line."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

from daemon.demo.scene import Step, Told
from daemon.demo.seen import Score

TO_TRY = (
    "click into the week, add an event with @zoom, @meet (at Google) or @teams (at Outlook), and watch the link come",
    "drag it to another day: the link stays, and Zoom learns the new time",
    "cancel it, or remove the link by hand: the meeting goes",
)


class Teller(Protocol):
    """Says what happens."""

    def open(self, url: str) -> None:
        """Say what this is, and where the page is."""

    def begin(self, number: int, step: Step) -> None:
        """Say what is happening now."""

    def end(self, step: Step, told: Told) -> None:
        """Say what came of it."""

    def sum_up(self, score: Score) -> None:
        """Show the score."""

    def invite(self, url: str) -> None:
        """Say what can be tried."""

    def report(self, at: datetime, title: str, words: str) -> None:
        """Say what has just happened to an event."""

    def stop(self, *, told: bool) -> None:
        """Say that it is over because somebody wished so; `told` says whether the story was."""

    def fail(self, step: str, why: str, logs: Path | None) -> None:
        """Say what went wrong, in which step, and where to read on."""


class ForPeople:
    """Tells people, in a terminal or anywhere else; NO_COLOR is honoured."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    def _say(self, *parts: str | Text | tuple[str, str]) -> None:
        """Print a line; where nobody's terminal sets the width, it is not broken."""
        self._console.print(Text.assemble(*parts), soft_wrap=not self._console.is_terminal)

    def _hang(self, mark: tuple[str, str], text: Text) -> None:
        """Print a text beside a mark, and where a terminal is too narrow, below its own beginning."""
        if self._console.is_terminal:
            row = Table.grid()
            row.add_row(Text(*mark), text)
            self._console.print(row)
        else:
            self._say(mark, text)

    def open(self, url: str) -> None:
        """Say what this is, and where the page is."""
        self._say()
        self._say(("huddled", "bold"), " at work. Google Calendar, Outlook and Zoom are simulated here;")
        self._say("huddled, its database and every call over HTTP are the real thing.")
        self._say("Watch it in a browser: ", (url, "cyan underline"))

    def begin(self, number: int, step: Step) -> None:
        """Say what is happening now."""
        self._say()
        self._hang((f"{number:2}  ", "dim"), Text(step.act, "bold"))

    def end(self, step: Step, told: Told) -> None:
        """Say what came of it."""
        self._hang(("    ✓ ", "green"), Text(told.text))
        if told.link:
            self._say("      ", (told.link, "cyan"))

    def sum_up(self, score: Score) -> None:
        """Show the score."""
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="bold")
        table.add_column()
        each = f"{score.writes / max(1, score.changes):.1f}"
        table.add_row(str(score.flagged), "events ask for a meeting now")
        table.add_row(str(score.meetings), "meetings live, each on its event")
        table.add_row(str(score.orphans), "orphans: meetings that no event leads to")
        told = "mails by huddled's writes: Outlook tells each guest of a new link"
        table.add_row(str(score.replaced), "Teams links that made way for others")
        table.add_row(str(score.mails - score.needless), told)
        table.add_row(str(score.needless), "mails beyond these")
        table.add_row(each, f"writes per change: {score.writes} for the {score.changes} things people did")
        self._say()
        self._console.print(table)
        self._say()

    def invite(self, url: str) -> None:
        """Say what can be tried."""
        self._say("Now you: ", (url, "bold cyan underline"))
        for idea in TO_TRY:
            self._hang(("  · ", "dim"), Text(idea))
        self._say(("huddled goes on until Ctrl-C. What it does:", "dim"))

    def report(self, at: datetime, title: str, words: str) -> None:
        """Say what has just happened to an event."""
        line = Text.assemble((f"“{title}”", "bold"), f"  {words}")
        self._hang((f"{at.astimezone():%H:%M:%S}  ", "dim"), line)

    def stop(self, *, told: bool) -> None:
        """Say that it is over because somebody wished so."""
        self._say()
        self._say("Stopped; nothing is left behind." if told else "Stopped before the story was over.")

    def fail(self, step: str, why: str, logs: Path | None) -> None:
        """Say what went wrong, in which step, and where to read on."""
        self._hang(("    ✗ " if step else "✗ ", "bold red"), Text(why))
        if logs is not None:
            self._say(f"The demo has failed. Logs, configuration and database are kept in {logs}")


class ForPrograms:
    """Tells programs."""

    def _say(self, **facts: object) -> None:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def open(self, url: str) -> None:
        """Say where the page is."""
        self._say(step="open", ok=True, page=url)

    def begin(self, number: int, step: Step) -> None:
        """Say nothing yet."""

    def end(self, step: Step, told: Told) -> None:
        """Say what came of it."""
        link = {"link": told.link} if told.link else {}
        self._say(step=step.name, ok=True, act=step.act, text=told.text, **link, **told.facts)

    def sum_up(self, score: Score) -> None:
        """Show the score."""
        self._say(step="score", ok=True, **asdict(score))

    def invite(self, url: str) -> None:
        """Say that the story is over and the demo goes on."""
        self._say(step="running", ok=True, page=url)

    def report(self, at: datetime, title: str, words: str) -> None:
        """Say what has just happened to an event."""
        self._say(at=at.isoformat(timespec="milliseconds"), event=title, happened=words)

    def stop(self, *, told: bool) -> None:
        """Say that it is over because somebody wished so."""
        self._say(step="stop", ok=told)

    def fail(self, step: str, why: str, logs: Path | None) -> None:
        """Say what went wrong, in which step, and where to read on."""
        self._say(step=step or "open", ok=False, why=why, logs=str(logs) if logs else None)
