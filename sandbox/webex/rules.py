"""What Webex makes of a create or an update: pure rules from a checked body to a meeting.

https://developer.webex.com/docs/api/v1/meetings/patch-a-meeting
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from sandbox.webex import reading, settings
from sandbox.webex.errors import invalid
from sandbox.webex.model import Invitee, Meeting, Person

MINUTE: Final = timedelta(minutes=1)
SHORTEST: Final = timedelta(minutes=10)
LONGEST: Final = timedelta(hours=23, minutes=59)
FURTHEST: Final = timedelta(days=3652)
SERIES: Final = timedelta(days=1827)
MOST: Final = {"YEARLY": 5, "MONTHLY": 60, "WEEKLY": 261, "DAILY": 1826}
SITE: Final = "sandbox.webex.com"
TITLE: Final = 128


def new(body: Mapping[str, Any], host: Person, client: str, now: datetime, random: Random) -> Meeting:
    """Make the meeting that a create body asks for; raise Refused where Webex would."""
    zone = reading.timezone(body, "UTC")
    start, end = _times(body, zone, now)
    site = body.get("siteUrl") or SITE
    made = Meeting(
        id=f"{random.getrandbits(128):032x}",
        number=str(random.randint(25_000_000_000, 25_999_999_999)),
        host=host,
        title=reading.text(body, "title", TITLE),
        start=start,
        end=end,
        timezone=zone,
        password=str(body.get("password") or "".join(random.choices("abcdefghABCDEFGH23456789@$", k=8))),
        phone_password=f"{random.randrange(10**8):08}",
        host_key=f"{random.randrange(10**6):06}",
        site=site,
        link=f"https://{site}/{site.partition('.')[0]}/j.php?MTID=m{random.getrandbits(128):032x}",
        agenda=body.get("agenda"),
        recurrence=_understood(body),
        tags={client: found} if (found := reading.tags(body)) else {},
        created=now,
        settings=settings.read(body),
    )
    _countable(made)
    return replace(made, invitees=_invitees(body, made))


def changed(meeting: Meeting, body: Mapping[str, Any], client: str, now: datetime) -> Meeting:
    """Apply an update body; what it does not name stays. Invitees are not taken here, without a word."""
    zone = reading.timezone(body, meeting.timezone)
    tags = dict(meeting.tags)
    if "integrationTags" in body:
        # An empty list deletes them all, silently.
        tags = {**tags, client: reading.tags(body)}
    after = replace(
        meeting,
        title=reading.text(body, "title", TITLE) if "title" in body else meeting.title,
        agenda=body.get("agenda", meeting.agenda),
        timezone=zone,
        recurrence=_understood(body) if "recurrence" in body else meeting.recurrence,
        tags={name: found for name, found in tags.items() if found},
        settings=settings.merged(meeting.settings, settings.read(body)),
    )
    if "start" in body or "end" in body:
        shown = {"start": meeting.start.isoformat(), "end": meeting.end.isoformat()}
        start, end = _times({**shown, **body}, zone, now)
        after = replace(after, start=start, end=end)
    _countable(after)
    when = (meeting.start, meeting.end, meeting.recurrence)
    return after if (after.start, after.end, after.recurrence) == when else replace(after, exceptions=())


def invited(meeting: Meeting, given: Any) -> Invitee:
    """Return the invitee that a body describes, not yet on the meeting's list."""
    email, name, co_host = reading.invitee(given)
    taken = {one.id for one in meeting.invitees}
    number = next(n for n in range(382_887, 10_000_000) if f"{meeting.id}_{n}" not in taken)
    return Invitee(f"{meeting.id}_{number}", email, name, co_host)


def last(meeting: Meeting) -> datetime | None:
    """Return when the last meeting of a series ends, None where it never does."""
    if meeting.recurrence is None:
        return meeting.end
    if not {"COUNT", "UNTIL"} & {part.partition("=")[0] for part in meeting.recurrence.split(";")}:
        return None
    *_, final = islice(_dates(meeting), MOST["DAILY"])
    return final.astimezone(UTC) + (meeting.end - meeting.start)


def _times(body: Mapping[str, Any], zone: str, now: datetime) -> tuple[datetime, datetime]:
    start, end = reading.moment(body, "start", zone), reading.moment(body, "end", zone)
    this_minute = now.replace(second=0, microsecond=0)
    if start == this_minute:
        start += MINUTE
    if start < this_minute or end <= now:
        raise invalid("'start' and 'end' should not be before the current time")
    if not SHORTEST <= end - start <= LONGEST:
        raise invalid("the duration should be between 10 minutes and 23 hours 59 minutes")
    if start > now + FURTHEST:
        raise invalid("'start' should be within 10 years")
    return start, end


def _understood(body: Mapping[str, Any]) -> str | None:
    """Return the rule as Webex takes it: of several days in a month or year only the first, without a word."""
    rule = reading.recurrence(body)
    if rule is None or rule.startswith(("FREQ=DAILY", "FREQ=WEEKLY")):
        return rule
    return ";".join(part.partition(",")[0] for part in rule.split(";"))


def _countable(meeting: Meeting) -> None:
    """Refuse a series with an end that has too many meetings or lasts too long."""
    if meeting.recurrence is None:
        return
    parts = dict(part.split("=", 1) for part in meeting.recurrence.split(";"))
    if "COUNT" not in parts and "UNTIL" not in parts:
        return
    try:
        dates = list(islice(_dates(meeting), MOST[parts["FREQ"]] + 1))
    except ValueError:
        raise invalid("'recurrence' should be a recurrence rule of RFC 2445") from None
    if not dates or len(dates) > MOST[parts["FREQ"]] or dates[-1] > meeting.start + SERIES:
        raise invalid(
            f"a {parts['FREQ'].lower()} recurrence has at most {MOST[parts['FREQ']]} meetings in 5 years"
        )


def _dates(meeting: Meeting) -> Iterable[datetime]:
    zone = ZoneInfo(meeting.timezone)
    dates: Iterable[datetime] = rrulestr(str(meeting.recurrence), dtstart=meeting.start.astimezone(zone))
    return dates


def _invitees(body: Mapping[str, Any], meeting: Meeting) -> tuple[Invitee, ...]:
    given = body.get("invitees") or []
    if not isinstance(given, list) or len(given) > reading.MOST_INVITEES:
        raise invalid("'invitees' should be a list of at most 1000")
    for one in given:
        found = invited(meeting, one)
        if found.email not in {each.email for each in meeting.invitees}:
            meeting = replace(meeting, invitees=(*meeting.invitees, found))
    return meeting.invitees
