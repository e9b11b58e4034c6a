"""A calendar and a conferencing service, as small as can be, to which the events of an application go."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from stored import NOW, at

from connectors import block
from connectors.errors import Conflict, NotFound, Transient
from connectors.explicit.meetings import ExplicitMeetings
from connectors.model import Event, EventRef, Made, Mark, Meeting, Native
from daemon.rules import Flags
from daemon.terms import Policy, Service

ADA = "ada@example.com"


class Died(Exception):
    """The process ends here."""


def nothing():
    """Let a call go through."""


class Mailbox:
    """A calendar that gives events ids of its own, or takes ours, and counts what its guests are mailed.

    `fate` is asked when a call has been carried out, and may end the process or lose the answer.
    """

    def __init__(self, *, own_ids=False, fate=nothing):
        self.own_ids, self.events, self.names, self.versions = own_ids, {}, {}, 0
        self.inserts = self.mails = self.removals = 0
        self.fate = fate

    def keep(self, event):
        self.versions += 1
        self.mails += bool(event.attendees)
        self.events[event.ref.event] = replace(event, etag=f'"{self.versions}"')
        return self.events[event.ref.event]

    async def get(self, calendar, name):
        if name not in self.events:
            raise NotFound(status=410)
        return self.events[name]

    async def put(self, calendar, name, before, wanted):
        draft, meeting, key = wanted.draft, wanted.meeting, wanted.key
        if before is not None and before.ref.event not in self.events:
            raise NotFound(status=410)
        if before is not None and before.etag != self.events[before.ref.event].etag:
            raise Conflict("it has changed")
        id_ = before.ref.event if before else self.names.get(name, f"id-{name}" if self.own_ids else name)
        stands = self.events.get(id_)
        if stands is None:
            self.inserts += 1
            self.names[name] = id_
        event = stands or Event(
            EventRef(calendar.remote, id_),
            "",
            id_,
            "",
            "",
            "",
            "",
            draft.start,
            draft.end,
            "UTC",
            organizer=ADA,
        )
        event = replace(
            event,
            title=draft.title,
            start=draft.start,
            end=draft.end,
            ends=draft.end,
            attendees=tuple(one.address for one in draft.attendees),
        )
        if meeting is not None and not meeting.native:
            event = detailed(event, meeting, key, wanted.source)
        if wanted.native and event.native is None:
            event = made(event, key)
        event = self.keep(event) if stands is None or event != stands else stands
        self.fate()
        return event

    async def write(self, event, meeting, key, source="", *, earlier=""):
        if event.ref.event not in self.events:
            raise NotFound(status=410)
        if event.etag != self.events[event.ref.event].etag:
            raise Conflict("it has changed")
        if meeting is not None:
            event = self.keep(detailed(event, meeting, key, source))
        else:
            event = self.keep(
                replace(event, description="", notes="", block=None, mark=None, location="", native=None)
            )
        self.fate()
        return event

    async def remove(self, calendar, event):
        self.removals += event in self.events
        self.events.pop(event, None)
        self.fate()


def detailed(event, meeting, key, source):
    text = block.put(event.description, key, [meeting.join_url], html=False)
    notes, found = block.split(text, html=False)
    mark = Mark(key, event.ref.event, source)
    return replace(event, description=text, notes=notes, block=found, mark=mark, location=meeting.join_url)


def made(event, key):
    return replace(event, native=Native("meet", "ready", f"https://meet.example/{key}", key, key))


class Rooms:
    """A service that makes one meeting for each key, when it feels like it."""

    def __init__(self, fate=nothing):
        self.meetings, self.trouble, self.slow, self.fate = {}, None, False, fate

    async def create(self, key, request, tried):
        if self.slow:
            await asyncio.sleep(0.05)
            raise Transient("no answer")
        if self.trouble:
            raise self.trouble
        self.meetings.setdefault(key, request)
        self.fate()
        followed = self.meetings[key] == request
        return Made(Meeting("zoom", "Zoom", key, f"https://zoom.example/{key}"), followed=followed)

    async def update(self, key, meeting, request):
        if key not in self.meetings:
            raise NotFound(status=404)
        self.meetings[key] = request
        self.fate()
        return Made(meeting)

    async def cancel(self, key, meeting, request, tried):
        self.meetings.pop(key, None)
        self.fate()


class Meet:
    """Meetings that live on their event."""

    def __init__(self, mailbox):
        self.mailbox = mailbox

    async def create(self, key, request, tried):
        event = self.mailbox.events.get(request.at.event)
        if event is None:
            raise NotFound(status=410)
        if event.native is None:
            event = self.mailbox.keep(made(event, key))
            self.mailbox.fate()
        url = event.native.join_url
        return Made(Meeting("meet", "Google Meet", event.native.id, url, native=True), event)

    async def cancel(self, key, meeting, request, tried):
        event = self.mailbox.events.get(request.at.event)
        if event is None or event.native is None or event.native.key != key:
            return event
        event = self.mailbox.keep(replace(event, native=None))
        self.mailbox.fate()
        return event


class World:
    """One calendar and its services; time stands still unless it is moved."""

    def __init__(self, mailbox):
        self.mailbox, self.rooms, self.keys = mailbox, Rooms(mailbox.fate), 0
        self.time = NOW - 20 * 86_400

    def now(self):
        return self.time

    def fresh_key(self):
        self.keys += 1
        return f"hd{self.keys:016d}"

    def calendar(self, profile):
        return self.mailbox

    def meetings(self, service, profile, linked=None):
        return {"explicit": ExplicitMeetings(), "meet": Meet(self.mailbox)}.get(service, self.rooms)

    def policy(self, calendar):
        services = {
            "meet": Service("meet", native=True),
            "zoom": Service("zoom", follows=frozenset({"title", "time"})),
            "explicit": Service("explicit"),
        }
        flags = Flags(services=("meet", "zoom"))
        return Policy(at(self.now()), flags, services, native=("meet",), account=ADA)


class Mortal:
    """A store at which the process dies at one of its transactions, just before it or just after."""

    def __init__(self, store, at, *, after):
        self.store, self.at, self.after, self.count = store, at, after, 0

    def __getattr__(self, name):
        return getattr(self.store, name)

    async def tx(self, fn):
        self.count += 1
        if self.count == self.at and not self.after:
            raise Died
        answer = await self.store.tx(fn)
        if self.count == self.at:
            raise Died
        return answer
