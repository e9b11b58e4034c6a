"""Short ways to make the data of the decision core."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.block import put, split
from connectors.details import details
from connectors.model import Conference, Event, EventRef, Mark, Meeting, MeetingRequest, Native
from daemon.rules import Flags
from daemon.terms import Policy, Service

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SERVICES = {
    "zoom": Service("zoom", follows=frozenset({"title", "time", "people"})),
    "meet": Service("meet", native=True),
    "static": Service("static"),
}
POLICY = Policy(
    now=NOW,
    flags=Flags(services=("meet", "zoom", "static")),
    services=SERVICES,
    calendar="cal_1",
    calendar_name="Ada",
    native=("meet",),
    account="ada@example.com",
)


def event(**changes):
    """An event of tomorrow, an hour long, that asks for nothing."""
    start = changes.pop("start", NOW + timedelta(days=1))
    end = changes.pop("end", start + timedelta(hours=1))
    description = changes.get("description", "Bring cake.")
    notes, block = split(description)
    plain = Event(
        ref=EventRef("ada@example.com", "e1"),
        etag='"1"',
        uid="e1@example.com",
        title="Review",
        location="",
        description=description,
        notes=notes,
        start=start,
        end=end,
        zone="Europe/Berlin",
        ends=end,
        organizer="ada@example.com",
        block=block,
    )
    return replace(plain, **changes)


def meeting(service="zoom", number=1, **changes):
    """A meeting as a provider would have made it."""
    url = {
        "zoom": f"https://zoom.us/j/9{number:09}?pwd=p{number}",
        "meet": f"https://meet.google.com/abc-defg-{number:03}",
    }
    made = Meeting(
        service=service,
        name=service.title(),
        id=str(number),
        join_url=url.get(service, f"https://video.example.com/{number}"),
        native=service == "meet",
    )
    return replace(made, **changes)


def request(**changes):
    """What the meeting of `event(title="@zoom Review")` should be."""
    asked = MeetingRequest(
        at=EventRef("ada@example.com", "e1"),
        host="ada@example.com",
        title="Review",
        start=NOW + timedelta(days=1),
        minutes=60,
        zone="Europe/Berlin",
    )
    return replace(asked, **changes)


def live(**changes):
    """A conference that is as it should be for `event(title="@zoom Review")`."""
    known = Conference(
        key="hd0000000000000001",
        state="live",
        service="zoom",
        source="title:@zoom",
        request=request(),
        meeting=meeting(),
        written=True,
        tried=NOW,
    )
    return replace(known, **changes)


def shown(seen, known):
    """The event with the details of its conference on it, as the connectors put them there."""
    made = known.meeting
    mark = Mark(known.key, seen.ref.event, known.source)
    if made.native:
        native = Native("meet", "ready", made.join_url, made.id, known.key)
        return replace(seen, native=native, mark=mark)
    description = put(seen.description, known.key, details(made))
    notes, block = split(description)
    location = seen.location or made.join_url
    return replace(seen, description=description, notes=notes, block=block, location=location, mark=mark)
