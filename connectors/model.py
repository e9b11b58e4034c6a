"""The vocabulary: frozen data that every room shares, with no provider's shapes in it and no I/O.

All times are aware datetimes in UTC; `zone` is the IANA name in which people see them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class CalendarInfo:
    """One calendar as its provider lists it."""

    remote: str  # the provider's calendar id
    name: str
    zone: str
    writable: bool
    primary: bool = False
    native: tuple[str, ...] = ()  # the services that this calendar can make by itself: "meet", "teams"


@dataclass(frozen=True, slots=True)
class EventRef:
    """Where an event lives: the provider's calendar id and the provider's event id."""

    calendar: str
    event: str


@dataclass(frozen=True, slots=True)
class Block:
    """Our details as they stand in an event's description."""

    key: str  # of the conference that wrote them; "" where the markers are damaged
    text: str  # what a person reads between the markers, without mark-up


@dataclass(frozen=True, slots=True)
class Mark:
    """Our private note on one copy of an event, invisible to people and to guests."""

    key: str  # of the conference
    event: str  # id of the event it was written on: a copied event carries somebody else's
    source: str  # what asked for the conference, so that a consumed keyword is not forgotten
    links: str = ""  # where its link took the place of placeholders in the description (`filled.py`)


@dataclass(frozen=True, slots=True)
class Native:
    """A conference in the calendar's own structured field (Google `conferenceData`, Graph `onlineMeeting`)."""

    service: str  # "meet", "teams", or "other" for a third party's
    state: Literal["pending", "ready", "failed"]
    join_url: str = ""
    id: str = ""
    key: str = ""  # of the conference that asked for it; "" where somebody else did


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody who is invited, and what they have answered."""

    address: str
    name: str = ""
    answer: Literal["accepted", "declined", "tentative", "needs_action", "unknown"] = "needs_action"


@dataclass(frozen=True, slots=True)
class Shown:
    """What readers are told of an event beyond what decides anything. Nothing about it makes an event new."""

    created: datetime | None = None
    updated: datetime | None = None
    organizer: str = ""  # name
    attendees: tuple[Answered, ...] = ()
    answer: Literal["accepted", "declined", "tentative", "needs_action", "unknown"] = "unknown"  # the owner's
    status: Literal["confirmed", "tentative"] = "confirmed"
    transparent: bool = False
    private: bool = False
    categories: tuple[str, ...] = ()
    join_url: str = ""  # of the calendar's own field, whosever it is
    original: datetime | None = None  # when a changed occurrence was to begin, where nothing else tells
    text: str = ""  # the description as plain text, as people read it


@dataclass(frozen=True, slots=True)
class Event:
    """One single event, series master or changed occurrence, as it stands in one calendar."""

    ref: EventRef
    etag: str
    uid: str  # the iCalendar UID, shared by all copies
    title: str
    location: str
    description: str  # byte for byte as the provider has it, our block included
    notes: str  # the readable text of the description, without our block
    start: datetime
    end: datetime
    zone: str
    all_day: bool = False
    recurrence: tuple[str, ...] = ()  # RRULE, RDATE, EXDATE lines of a series master
    ends: datetime | None = None  # when the last occurrence ends; None for an endless series
    series: str = ""  # event id of the master, on a changed occurrence
    organizer: str = ""  # address
    own: bool = True  # this is the organizer's copy, and we may write to it
    draft: bool = False  # the organizer has changed it, and guests do not know of that yet
    attendees: tuple[str, ...] = ()  # addresses of people, sorted, without the organizer and rooms
    ask: str = ""  # the service that a private property or a category asks for
    asked_by: str = "property"  # which of the two: "property" or "category"
    html: bool | None = None  # how the description is to be read, as in `markup.py`
    mark: Mark | None = None
    block: Block | None = None
    native: Native | None = None
    shown: Shown = field(default_factory=Shown, compare=False)  # for readers; not in the snapshot


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody whom an application invites."""

    address: str  # in lower case
    name: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an application wants an event of its own to be."""

    title: str
    start: datetime
    end: datetime  # of whole-day events the day after, like `start` at midnight UTC
    description: str | None = None  # plain text; None leaves what people write
    location: str | None = None  # the same
    zone: str = "UTC"
    all_day: bool = False
    recurrence: tuple[str, ...] = ()  # RRULE lines of a series
    attendees: tuple[Guest, ...] = ()  # whom the application has invited, and not removed since
    removed: tuple[str, ...] = ()  # addresses that it wants off the event
    reminders: tuple[int, ...] | None = None  # minutes before; None leaves them to the calendar
    transparent: bool = False  # its owner counts as free
    private: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """An event that is cancelled or deleted: nothing but its id is promised."""

    event: str
    series: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a calendar since a cursor, every page of it."""

    events: tuple[Event, ...]
    gone: tuple[Gone, ...]
    cursor: str
    complete: bool = (
        False  # a full listing: what ends after `since`, begins before `until` and is not shown, is gone
    )
    since: datetime | None = None
    until: datetime | None = None  # None where the listing has no end
    unread: tuple[
        str, ...
    ] = ()  # events that the provider tells of and could not show: each is to be read by itself
    # All changed occurrences that a series has, by its id, where the provider tells: others that were known are gone.
    occurrences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # The days of those that are off, such as 20261123, where occurrences have no ids that say when they would be.
    cancelled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A standing request to be told of changes in one calendar."""

    id: str
    resource: str  # the provider's name for what is watched; needed to stop it
    expires: datetime


@dataclass(frozen=True, slots=True)
class MeetingSettings:
    """Settings of a meeting that are laid down for it; None leaves one to the account that makes the meeting."""

    waiting_room: bool | None = None  # guests wait until the host lets them in
    join_before_host: bool | None = None
    mute_on_entry: bool | None = None
    host_video: bool | None = None  # whether the host's camera is on at the start
    guest_video: bool | None = None
    recording: Literal["none", "local", "cloud"] | None = (
        None  # what is recorded without anybody asking for it
    )


@dataclass(frozen=True, slots=True)
class MeetingRequest:
    """What a meeting should be. Fields that a service does not follow are left at their neutral value."""

    at: EventRef
    host: str = ""  # address of the person whose meeting it is
    title: str = ""
    start: datetime | None = None
    minutes: int = 0
    zone: str = "UTC"
    recurring: bool = False
    recurrence: tuple[str, ...] = ()  # RRULE and RDATE lines, where a series has times at all
    invitees: tuple[str, ...] = ()
    link: str = ""  # the caller's own, for services that make nothing
    link_name: str = ""  # what people read beside it
    settings: MeetingSettings = MeetingSettings()  # only those that the service knows
    etag: str = field(default="", compare=False)  # of the event, for services that live on it
    links: str = field(default="", compare=False)  # of our mark on the event, for the same


@dataclass(frozen=True, slots=True)
class Phone:
    """A number to dial in from."""

    number: str
    country: str = ""
    tap: str = ""  # what a telephone dials to be in the meeting at once, where a service has its own way


@dataclass(frozen=True, slots=True)
class Meeting:
    """What a conferencing provider made. Holds nothing that only the host may know."""

    service: str
    name: str  # as people know it: "Zoom", "Google Meet"
    id: str
    join_url: str
    host: str = ""
    code: str = ""  # meeting id in the form that people type
    passcode: str = ""
    phone_passcode: str = ""
    phones: tuple[Phone, ...] = ()
    native: bool = False  # lives in the calendar's own structured field, not in our block


@dataclass(frozen=True, slots=True)
class Identity:
    """Who has allowed us to act for them at a provider."""

    id: str  # the provider's own, which stays when the person is renamed
    name: str  # for people: an address where the provider tells it


@dataclass(frozen=True, slots=True)
class Made:
    """A meeting, and the event as it stands after making it where the service lives on the event."""

    meeting: Meeting
    event: Event | None = None
    followed: bool = True  # the meeting is as the request says; where not, it is good, and an update is owed
    unmet: tuple[str, ...] = ()  # settings of the request that the provider did not take


@dataclass(frozen=True, slots=True)
class Found:
    """A meeting that a provider's list shows with a key on it: ours, or that of another huddled."""

    key: str
    id: str
    host: str
    created: datetime | None = None  # None where the provider does not tell
    join_url: str = ""  # "" where the list does not tell


State = Literal["reserved", "live", "changing", "leaving", "declined"]


@dataclass(frozen=True, slots=True)
class Conference:
    """Our durable record that ties one event to one meeting.

    reserved: the key is committed, the provider may have made the meeting; live: the meeting is as `request`
    says; changing: the provider may hold `request` or something newer; leaving: it is being taken away;
    declined: a person removed it by hand, and it stays away while the same thing asks for it.
    """

    key: str
    state: State
    service: str
    source: str  # what asked for it, for example "title:@zoom"
    request: MeetingRequest
    meeting: Meeting | None = None
    written: bool = False  # our details have been seen on the event
    tried: datetime | None = None  # when the provider was last asked to make it, None while it never was
    by_hand: bool = False  # a person took our details off: decline once it is gone
    profile: str = ""  # the linked account that makes it; "" for the operator's or the calendar's own
    refused: str = ""  # a write that the calendar did not keep, told from others by what stood on the event
    unmet: tuple[str, ...] = ()  # settings of the request that the provider did not take

    @property
    def link(self) -> str:
        """The link that people can read on the event; "" while there is none."""
        shows = self.meeting is not None and self.written and self.state in {"live", "changing"}
        return self.meeting.join_url if self.meeting and shows else ""
