"""Providers, people and a daemon, put together for a test, and how to wait for what they do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.system.checks import link, wrong
from tests.system.homes import GOOGLE, Home
from tests.system.huddled import Huddled, install
from tests.system.people import GooglePerson, OutlookPerson, Person
from tests.system.providers import Json, Providers
from tests.system.seen import Seen

T = TypeVar("T")

# Seconds until a test gives up waiting; what is waited for mostly takes a tenth of one.
PATIENCE = float(os.environ.get("TEST_PATIENCE", "60"))
PAUSE = 0.04


@dataclass(slots=True)
class Stage:
    """Everything that a test acts with."""

    providers: Providers
    huddled: Huddled
    ada: Person
    bob: Person

    @property
    def home(self) -> Home:
        """Where Ada's calendars are."""
        return self.ada.home

    def until(self, condition: Callable[[], T], what: str) -> T:
        """Wait until something is there, and return it."""
        deadline = time.monotonic() + PATIENCE
        while not (found := condition()):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain: {what}\n{self.report()}")
            assert not self.huddled.has_died(), f"huddled died: {what}\n{self.report()}"
            time.sleep(PAUSE)
        return found

    def until_well(self, problems: Callable[[], list[str]]) -> None:
        """Wait until a list of problems is empty."""
        deadline = time.monotonic() + PATIENCE
        while found := problems():
            if time.monotonic() > deadline:
                raise AssertionError("\n".join(["it does not come right:", *found, self.report()]))
            assert not self.huddled.has_died(), f"huddled died\n{self.report()}"
            time.sleep(PAUSE)

    def in_step(self, wanted: Mapping[str, str]) -> None:
        """Wait until exactly these events have a meeting, of that service, and nothing is owed."""
        self.until_well(lambda: wrong(self.providers.state(), wanted) or self.huddled.owed())

    def gets(self, event: Seen, service: str, calendar: str = "") -> Seen:
        """Wait until an event of Ada's has its meeting, and return the event."""
        wanted = event.id

        def problems() -> list[str]:
            found = wrong(self.providers.state(), {wanted: service})
            return [one for one in found if wanted in one] or self._owed(wanted)

        self.until_well(problems)
        return self.ada.see(event, calendar=calendar)

    def loses(self, event: Seen) -> Seen:
        """Wait until nothing of ours is left on an event that is still there, and return the event."""

        def problems() -> list[str]:
            found = wrong(self.providers.state(), {})
            return [one for one in found if event.id in one] or self._owed(event.id)

        self.until_well(problems)
        return self.ada.see(event)

    def no_meeting(self, url: str) -> None:
        """Wait until no Zoom meeting has this link."""
        self.until_well(lambda: [one["join_url"] for one in self.providers.zoom() if one["join_url"] == url])

    def clear(self) -> None:
        """Lift all misfortune, take all events away, and wait until their meetings are gone."""
        self.providers.calm()
        if not self.huddled.is_ready():
            self.huddled.start()
        for person in (self.ada, self.bob):
            for event in person.events():
                person.delete(event)
        self.in_step({})

    def _owed(self, event: str) -> list[str]:
        return [one for one in self.huddled.owed() if event in one]

    def watching(self, calendars: int = 2) -> None:
        """Wait until so many calendars have been read and announce their changes."""
        self.until(lambda: len(self.providers.channels()) >= calendars, "channels on the calendars")
        self.rest()

    def rest(self) -> None:
        """Wait until all that people did so far has been announced, read and acted on."""
        self.providers.wait_for_pushes()
        self.until_well(lambda: self._readings() or self.huddled.owed())

    def _readings(self) -> list[str]:
        """List all work but that on events which is held or about to be due."""
        sql = "SELECT kind || ' ' || key FROM work WHERE kind <> 'reconcile' AND (owner IS NOT NULL OR due_at < ?)"
        return [row[0] for row in self.huddled.rows(sql, time.time() + self.huddled.ahead + 60)]

    def quiet(self, seconds: float = 2.0) -> Json:
        """Let everything come to rest, then listen for so long. Returns how often each operation was called."""
        self.rest()
        self.rest()  # our own writes have been announced too
        since = self.providers.last()
        time.sleep(seconds)
        return dict(self.providers.counted(since))

    def report(self) -> str:
        """Tell all that may help to understand a failure."""
        status = self.huddled.command("status", "--json") if self.huddled.database.exists() else None
        calls = [" ".join(str(call[part]) for part in ("n", "op", "path", "status", "fault"))
                 for call in self.providers.calls()[-60:]]  # fmt: skip
        parts = {
            "log": "\n".join(self.huddled.log().splitlines()[-120:]),
            "status": status.stdout + status.stderr if status else "no database",
            "calls": "\n".join(calls),
            "why": self._why(),
        }
        return "\n".join(f"--- {name}\n{text}" for name, text in parts.items())

    def _why(self) -> str:
        if not self.huddled.database.exists():
            return ""
        rows = self.huddled.rows(
            "SELECT calendar, event, what, detail FROM history ORDER BY id DESC LIMIT 60"
        )
        return "\n".join(" ".join(str(cell) for cell in row) for row in reversed(rows))


def set_up(
    folder: Path, providers: Providers, home: Home = GOOGLE, *, bobs: Home | None = None, **changes: Any
) -> Stage:
    """Make a fresh world with Ada and Bob, and a daemon that is not yet started."""
    providers("POST", "/reset", {})
    homes = {"ada@example.com": home, "bob@example.com": bobs or home}
    ada, bob = (person(providers, email, lives) for email, lives in homes.items())
    return Stage(providers, install(folder, providers, homes, **changes), ada, bob)


def person(providers: Providers, email: str, home: Home, **more: Any) -> Person:
    """Add a person to the organisation."""
    providers.user(email, home=home.provider, **more)
    return GooglePerson(providers, email) if home == GOOGLE else OutlookPerson(providers, email)


def same_link(before: Seen, after: Seen) -> bool:
    """Whether an event has kept its link."""
    return link(before) == link(after) != ""
