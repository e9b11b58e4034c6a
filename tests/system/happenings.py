"""What people do to an event, and how what huddled then did is put into the words of the README's table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from connectors.keywords import KEYWORDS
from tests.system.checks import link, of, traces
from tests.system.homes import GOOGLE, HOMES
from tests.system.people import GooglePerson, hours, times
from tests.system.providers import Refused
from tests.system.seen import Json, Seen
from tests.system.services import SERVICES, meetings
from tests.system.stage import Stage

NOTHING = "nothing"  # is written anywhere
IMPOSSIBLE = "cannot be done"
WORDS = (
    "meeting made",
    "new meeting made",
    "meeting updated",
    "meeting deleted",
    "link written",
    "new link written",
    "same link",
    "details removed",
    "gone with the event",
    IMPOSSIBLE,
    NOTHING,
)
CALENDARS = {"google", "microsoft"}
WRITES = {
    "events.insert",
    "events.patch",
    "events.update",
    "events.delete",
    "events.cancel",
}
IN_OWN_ACCOUNTS = ("linked zoom", "goto", "webex")
PLAYED = ("integrated", "static", "jitsi", "zoom", "whereby", "daily", *IN_OWN_ACCOUNTS)
"""What people ask for; "linked zoom" is Zoom in an account of their own."""
COLUMNS = {
    "Google Meet": {"google": ("integrated",)},
    "Microsoft Teams": {"outlook": ("integrated",)},
    "Jitsi, static link": dict.fromkeys(HOMES, ("jitsi", "static")),
    "Zoom": dict.fromkeys(HOMES, ("zoom", "linked zoom")),
    "GoTo": dict.fromkeys(HOMES, ("goto",)),
    "Webex": dict.fromkeys(HOMES, ("webex",)),
    "Whereby": dict.fromkeys(HOMES, ("whereby",)),
    "Daily": dict.fromkeys(HOMES, ("daily",)),
}
"""What each column of the tables speaks of, by the home of the calendar."""
HEADINGS = {
    "Links that need no service": ["Google Meet", "Microsoft Teams", "Jitsi, static link"],
    "Meetings at a service": ["Zoom", "GoTo", "Webex", "Whereby", "Daily"],
}
FAR = datetime.max.replace(tzinfo=UTC)
CAROL, BOB = "carol@example.org", "bob@example.com"


@dataclass(slots=True)
class Case:
    """One event, as it goes through one row of the table."""

    stage: Stage
    service: str
    account: str  # whose it is, where people have accounts at the service
    event: Seen = field(init=False)
    was: str = ""  # its link before
    others: frozenset[str] = frozenset()  # the meetings of the service before
    since: int = 0  # number of the last call before
    occurrence: str = ""  # of a series, the third one
    third: datetime = FAR  # when that one begins

    def flagged(self, **fields: object) -> None:
        """Begin with an event that has its meeting."""
        event = self.stage.ada.add(**({"text": "Agenda"} | self.asking("Plan @") | fields))
        self.stage.rest()
        self.event = self.stage.ada.see(event)
        assert of(self.event) == self.service, self.event

    def plain(self, **fields: object) -> None:
        """Begin with an event that has none."""
        self.event = self.stage.ada.add("Plan", **({"text": "Agenda"} | fields))

    def daily(self) -> None:
        """Begin with a series in the first days of a month, so that days can be counted."""
        begin = (datetime.now(UTC) + timedelta(days=40)).replace(
            day=2, hour=10, minute=0, second=0, microsecond=0
        )
        self.flagged(repeats=("daily", 8), **times(begin, 30))
        self.third = begin + timedelta(days=2)
        self.occurrence = self.stage.ada.occurrence(self.event, 2)

    def change(self, **fields: object) -> None:
        """Have the person change the event."""
        self.event = self.stage.ada.change(self.event, **fields)

    def asking(self, title: str) -> Json:
        """Return the fields of a title with an @ for the keyword, or of one that asks for nothing."""
        if self.service in KEYWORDS:
            return {"title": title.replace("@", f"@{self.service}")}
        asked = self.service if "@" in title else ""
        return {"title": title.replace(" @", ""), **self.stage.ada.tagged(asked)}

    def title(self, text: str) -> None:
        """Have the person name the event."""
        self.change(**self.asking(text))

    def unflagged(self) -> None:
        """Begin with an event whose keyword has been taken away."""
        self.flagged()
        self.was = link(self.event)
        self.title("Plan")
        self.stage.rest()
        self.event = self.stage.ada.see(self.event)
        assert not traces(self.event)

    def cancelled(self) -> None:
        """Begin with an event that had a meeting and has been cancelled."""
        self.flagged()
        self.was = link(self.event)
        self.stage.ada.delete(self.event)
        self.stage.rest()

    def cancel(self) -> None:
        """Have the person cancel the event."""
        self.stage.ada.delete(self.event)

    def restore(self) -> None:
        """Have the person take the cancelled event back."""
        assert isinstance(self.stage.ada, GooglePerson)
        self.event = self.stage.ada.restore(self.event)

    def rezone(self) -> None:
        """Have the person show the same moment in another zone."""
        self.change(start=self.event.start, end=self.event.end, zone="Asia/Kathmandu")

    def take_out(self) -> None:
        """Have the person take the details out."""
        if self.service == self.stage.home.integrated:
            self.event = self.stage.ada.take_out(self.event)
        else:
            self.change(text="Agenda", location="")

    def move_occurrence(self) -> None:
        """Have the person move one occurrence of the series."""
        self.stage.ada.change(self.occurrence, **times(self.third + timedelta(hours=5), 30))

    def links(self) -> set[str]:
        """Return the links that are on the event, and on the occurrence of the series that was changed."""
        names = [self.event.id, *([self.occurrence] if self.occurrence else [])]
        seen = [_look(self.stage, name) for name in names]
        return {link(event) for event in seen if event and not event.cancelled}

    def answer(self) -> None:
        """Have a guest of the same organisation accept the invitation."""
        self.stage.bob.answer(self.event, "accepted")


Step = Callable[[Case], object]

ACTIONS: dict[str, tuple[Step, Step]] = {
    "flag it": (Case.plain, lambda case: case.title("Plan @")),
    "change its title": (Case.flagged, lambda case: case.title("Another name @")),
    "move it": (Case.flagged, lambda case: case.change(**hours(48))),
    "change its time zone": (Case.flagged, Case.rezone),
    "add a guest": (Case.flagged, lambda case: case.change(guests=[CAROL])),
    "remove a guest": (lambda case: case.flagged(guests=[CAROL]), lambda case: case.change(guests=[])),
    "a guest answers": (lambda case: case.flagged(guests=[BOB]), Case.answer),
    "make it a series": (Case.flagged, lambda case: case.change(repeats=("weekly", 6))),
    "move one occurrence": (Case.daily, Case.move_occurrence),
    "cancel one occurrence": (Case.daily, lambda case: case.stage.ada.delete(case.occurrence)),
    "take the keyword away": (Case.flagged, lambda case: case.title("Plan")),
    "flag it again": (Case.unflagged, lambda case: case.title("Plan @")),
    "write @none instead": (Case.flagged, lambda case: case.change(title="Plan @none")),
    "take the details out by hand": (Case.flagged, Case.take_out),
    "cancel or delete it": (Case.flagged, Case.cancel),
    "restore it": (Case.cancelled, Case.restore),
    "move it into the past": (Case.flagged, lambda case: case.change(**hours(-3))),
    "flag it when it is over": (lambda case: case.plain(**hours(-3)), lambda case: case.title("Plan @")),
}


def can_be_done(action: str, home: str) -> bool:
    """Whether people at a home have a way to do it: Outlook takes no cancelled event back."""
    return ACTIONS[action][1] != Case.restore or home == GOOGLE.name


def happening(stage: Stage, action: str, service: str, account: str) -> str:
    """Play one row of a table with one service, and say in its words what huddled did."""
    begin, act = ACTIONS[action]
    case = Case(stage, service, account)
    begin(case)
    stage.rest()
    case.was = case.was or link(case.event)
    case.others = _meetings(case, case.event)
    case.since = stage.providers.last()
    act(case)
    acted = case.event
    stage.rest()
    stage.rest()  # what we wrote has been announced, too
    assert len(case.links()) < 2
    return _phrase(case, acted, _look(stage, acted.id) or replace(acted, cancelled=True))


def _look(stage: Stage, event: str) -> Seen | None:
    """Look at an event; None where it is not there any more."""
    try:
        return stage.ada.see(event)
    except Refused as refused:
        if refused.status != 404:
            raise
        return None


def _meetings(case: Case, event: Seen) -> frozenset[str]:
    """List the meetings that there are: a static link is none, and an integrated one lives and dies with its event."""
    if case.service == case.stage.home.integrated:
        return frozenset({event.native} - {""}) if not event.cancelled else frozenset()
    return frozenset(meetings(case.stage.providers.state(), case.service, case.account))


def _phrase(case: Case, acted: Seen, after: Seen) -> str:
    wrote = _wrote(case)
    if after.cancelled and case.was and not wrote:
        return "gone with the event"
    now = "" if after.cancelled else link(after)
    if not wrote and now == link(acted):
        return f"{NOTHING}, same link" if now and now == case.was else NOTHING
    before, there = case.others, _meetings(case, after)
    said = {
        "new meeting made" if case.was else "meeting made": there - before,
        "meeting updated": f"{case.service}.update" in wrote and not there - before and _in_step(case, after),
        "meeting deleted": before - there,
        "new link written" if case.was else "link written": now and now != case.was,
        "details removed": traces(acted) and not now and not traces(after) and not after.cancelled,
        "same link": now and now == case.was,
    }
    return ", ".join(words for words, so in said.items() if so) or f"unexplained: {sorted(wrote)}"


def _in_step(case: Case, event: Seen) -> bool:
    """Whether the meeting says what the event says."""
    meeting = meetings(case.stage.providers.state(), case.service, case.account)[link(event)]
    title = event.title.replace(f"@{case.service}", "").strip()
    return SERVICES[case.service].agrees(meeting, event, title)


def _wrote(case: Case) -> set[str]:
    """Return the writes of ours that succeeded and were about this event, or were calls to a service."""
    return {
        call["op"]
        for call in case.stage.providers.calls(case.since)
        if 200 <= (call["status"] or 0) < 300 and _is_write(call, case.event.id)
    }


def _is_write(call: Json, event: str) -> bool:
    if call["provider"] in CALENDARS:
        return call["op"] in WRITES and event in unquote(call["path"])
    return call["method"] != "GET" and not call["op"].endswith("token")
