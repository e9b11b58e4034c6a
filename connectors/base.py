"""What the rest of huddled needs of a provider, and nothing more.

Words. CALENDAR: one list of events of one person or group. CURSOR: an opaque string that stands for "everything
up to here". ETAG: an opaque version of one event; a write that names an old one is refused. KEY: our name for
one conference; a service that is asked twice with the same key makes one meeting. MEETING: what people join.

Every method may raise `Transient`, `Unauthorized` or `Rejected` (see `errors.py`); others are named.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, runtime_checkable

from connectors.drafts import Placement
from connectors.model import (
    CalendarInfo,
    Changes,
    Event,
    EventRef,
    Found,
    Made,
    Meeting,
    MeetingRequest,
    Subscription,
)


class Calendar(Protocol):
    """The calendars of one profile."""

    async def calendars(self) -> Iterable[CalendarInfo]:
        """List the calendars that this profile can see."""

    async def changes(self, calendar: CalendarInfo, cursor: str | None) -> Changes:
        """Return all changes since `cursor`, or everything that is not over when it is None.

        Raises CursorExpired when the cursor is too old, NotFound when the calendar is gone.
        """

    async def get(self, calendar: CalendarInfo, event: str) -> Event:
        """Read one event. Raises NotFound when it is cancelled, deleted or never was."""

    async def write(
        self, event: Event, meeting: Meeting | None, key: str, source: str = "", *, earlier: str = ""
    ) -> Event:
        """Put the details of `meeting` on the event, or take ours off, and return the event as it then stands.

        Touches our block, placeholders in the description and what took their place, the location (if it is
        empty, holds a keyword, a placeholder or an earlier URL of ours) and our private mark; nothing else.
        `key` names the conference, `source` what asked for it, and `earlier` a join URL of ours that may still
        stand in the location after somebody removed our block.

        Raises Conflict when `event.etag` is old, NotFound when the event is gone, Rejected when the provider
        accepted the write without doing it.
        """

    async def put(self, calendar: CalendarInfo, name: str, before: Event | None, wanted: Placement) -> Event:
        """Make the event what `wanted` says, with the details of its meeting as `write` puts them, in one call.

        It is inserted where `before` is None. `name` is ours, and the same each time: however often an insert is
        repeated after an answer was lost, there is one event; what stands there under that name is taken over and
        brought up to date, also out of the bin where the provider can. Without a meeting details that are there
        stay. Its `native` ("meet", "teams") asks for the calendar's own meeting in the same call, under its key; where
        the calendar refuses it the event is written all the same, and the answer shows no native meeting of that
        key. `Meetings.create(key)` adopts what was made so; it may be pending. Needs `calendar.zone`.

        With `before` only what differs is sent, and nothing where nothing does. Guests whom the draft names neither
        among its attendees nor as removed stay, with their answers. They are mailed where something that they
        see changes, and nowhere else.

        Raises Conflict when `before` is old, NotFound when the calendar or the event of `before` is gone, Rejected
        where the provider cannot have such an event or accepted the write without doing it.
        """

    async def remove(self, calendar: CalendarInfo, event: str) -> None:
        """Delete the event, which tells its guests. Gone already, with its calendar or without, is success."""

    async def subscribe(self, calendar: CalendarInfo, channel: str, token: str, address: str) -> Subscription:
        """Ask for pushes to `address`, each carrying `token`. `channel` is a fresh id of ours.

        Raises Unwatchable when this calendar has no pushes, NotFound when the calendar is gone.
        """

    async def renew(
        self, calendar: CalendarInfo, old: Subscription, channel: str, token: str, address: str
    ) -> Subscription:
        """Make the subscription last longer. The answer may be a new one: then the caller ends the old one."""

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End the pushes. An unknown or ended subscription is not an error."""


class Meetings(Protocol):
    """The meetings of one conferencing profile. Idempotent by contract; how is the connector's business."""

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Make the meeting of `key`, or find the one that an earlier call made.

        `tried` is None when this key has never been handed to the provider; else when it last was, so that a
        connector without idempotent creation can look for what an answer that was lost has left behind.
        """

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Bring the meeting in line with `request`; its link stays. Raises NotFound when the meeting is gone."""

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Take away whatever `key` has made. Gone already is success. Returns the event if it was written to."""

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read the meeting. Raises NotFound when it is gone."""


@runtime_checkable
class Listing(Protocol):
    """What `Meetings` can do besides where the provider has a list in which a key can be seen."""

    async def ours(self, host: str) -> Iterable[Found]:
        """List the meetings that carry a key, whosever, of one host; "" where an account has but one list.

        What carries no key is left out. A host whom the provider does not know has no meetings.
        """
