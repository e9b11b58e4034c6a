"""The scene of the demo: how the story acts on the simulated world, and looks at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from daemon.demo import seen
from daemon.demo.children import BrokenError
from daemon.demo.entries import Entry, Json, from_google, from_outlook
from daemon.demo.stage import OUTLOOK, Stage


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a step: a sentence for people, facts for programs, and perhaps a link to show."""

    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    link: str = ""


@dataclass(slots=True)
class Scene:
    """What the story remembers from step to step."""

    stage: Stage
    seeded: Json = field(default_factory=dict)  # as it was before huddled came
    days: list[datetime] = field(default_factory=list)  # midnights of days on which there are events
    ids: dict[str, str] = field(default_factory=dict)
    link: str = ""
    changes: int = 0  # what people did
    start: int = 0  # number of the last call before them
    theirs: set[int] = field(default_factory=set)  # numbers of the mails that people's own doings led to

    async def act(self, method: str, who: str, path: str = "", body: object = None) -> Json:
        """Let a person do something in their calendar, without mails where their client can do it without."""
        self.changes += 1
        since, before = await self.last_call(), {mail["n"] for mail in await self.outbox()}
        answer: Json = await self.stage.ask(method, f"{_events(who)}{path}?sendUpdates=none", body)
        fresh = [mail for mail in await self.outbox() if mail["n"] not in before]
        self.theirs |= seen.before_any(seen.writes(await self.calls(since)), fresh)
        return answer

    async def event(self, who: str, name: str) -> Entry:
        """Read an event as it stands in its organizer's calendar."""
        found = await self.stage.ask("GET", f"{_events(who)}/{self.ids[name]}")
        return from_outlook(found) if who in OUTLOOK else from_google(found)

    async def state(self) -> Json:
        """Read all that there is."""
        answer: Json = await self.stage.ask("GET", "/_sandbox/state")
        return answer

    async def last_call(self) -> int:
        """Return the number of the latest call to a provider."""
        return int((await self.stage.ask("GET", "/_sandbox/calls?since=1000000000"))["last"])

    async def calls(self, since: int) -> list[Json]:
        """Return the calls to providers after a number."""
        calls: list[Json] = (await self.stage.ask("GET", f"/_sandbox/calls?since={since}"))["calls"]
        return calls

    async def rest(self, since: int) -> list[Json]:
        """Wait until huddled has nothing left to do; return its writes after a call number."""
        await self.stage.until("huddled comes to rest", self.stage.is_quiet)
        return seen.writes(await self.calls(since))

    async def outbox(self) -> list[Json]:
        """Return the mails that people would have received."""
        mails: list[Json] = (await self.stage.ask("GET", "/_sandbox/outbox"))["mails"]
        return mails

    async def mails(self) -> list[Json]:
        """Return those of these mails that huddled's writes led to."""
        return [mail for mail in await self.outbox() if mail["n"] not in self.theirs]

    async def linked(self, who: str, name: str) -> str:
        """Wait for the link on an event."""

        async def look() -> str:
            return (await self.event(who, name)).link

        return await self.stage.until(f"A link comes on “{name}”", look)

    async def known_to_zoom(self, topic: str, start: datetime) -> Json:
        """Wait until Zoom has one meeting of this topic, at this time."""

        async def look() -> Json | None:
            found = seen.zoom_meetings(await self.state(), topic)
            return next((one for one in found if seen.meeting_begins(one) == start), None)

        return await self.stage.until(f"Zoom learns of “{topic}” at its time", look)


def _events(who: str) -> str:
    if who in OUTLOOK:
        return f"/_sandbox/outlook/{who}/events"
    return f"/_sandbox/people/{who}/calendars/{who}/events"


Play = Callable[[Scene], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name for programs, what happens, and how."""

    name: str
    act: str
    play: Play


def in_writes(count: int) -> str:
    """Say how many writes there were."""
    return f"{count} write" if count == 1 else f"{count or 'No'} writes"


def require(*, it: bool, failed: str) -> None:
    """Raise BrokenError with the sentence `failed` unless `it` is so."""
    if not it:
        raise BrokenError(failed)
