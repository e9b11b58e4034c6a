"""Graph's JSON as our vocabulary. Sans-I/O, and loads no SDK.

https://learn.microsoft.com/en-us/graph/api/resources/event
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors import markup
from connectors.microsoft import body, online, patterns
from connectors.microsoft.notes import Properties, properties
from connectors.microsoft.shown import shown
from connectors.microsoft.times import iana, instant, span
from connectors.microsoft.values import mapping, sequence, text
from connectors.model import CalendarInfo, Event, EventRef, Gone, Subscription
from connectors.recurrence import last_end
from connectors.wording import ENGLISH, Texts


@dataclass(frozen=True, slots=True)
class Skeleton:
    """An occurrence of a series that is as its master says: nothing but its time is told."""

    event: str
    series: str


@dataclass(frozen=True, slots=True)
class Removed:
    """An item that has left the listing: deleted, moved to another calendar, or only out of the window."""

    event: str


Item = Event | Gone | Skeleton | Removed


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one page by id; `unreadable` are the ids of those that we can make nothing of."""

    found: dict[str, Item]
    unreadable: tuple[str, ...]


def page(
    items: Iterable[Any],
    calendar: CalendarInfo,
    categories: Mapping[str, str] | None = None,
    texts: Texts = ENGLISH,
) -> Page:
    """Read a page. Of an event that stands on it twice, the later state counts."""
    found: dict[str, Item] = {}
    unreadable = []
    for item in items:
        try:
            identity = _identity(item)
            found[identity] = _item(identity, item, calendar, categories, texts)
        except ValueError:
            unreadable.append(text(mapping(item).get("id")))
    return Page(found, tuple(unreadable))


def event(
    item: Mapping[str, Any],
    calendar: CalendarInfo,
    categories: Mapping[str, str] | None = None,
    texts: Texts = ENGLISH,
) -> Event | Gone:
    """Read one event that is told in full. `categories` name a service for some of Outlook's categories.

    `texts` are the words of our block, in which what is left of a damaged one is known again.

    Raises ValueError where there is no id or no readable start.
    """
    identity = _identity(item)
    if item.get("isCancelled") is True or "@removed" in item:
        return Gone(identity, text(item.get("seriesMasterId")))
    return _event(identity, item, calendar, categories or {}, texts)


def change_key(item: Mapping[str, Any]) -> str:
    """Return which state of the event this is: the same for the answer to a write and for the next listing."""
    return text(item.get("changeKey")) or text(item.get("@odata.etag")).removeprefix("W/").strip('"')


def calendar_info(
    item: Mapping[str, Any], mailbox: str, zone: str = "UTC", aliases: Collection[str] = ()
) -> CalendarInfo:
    """Read a calendar of a mailbox. The default one goes by its owner's address, which outlives its id.

    A mailbox that is named by two of its addresses has one default calendar all the same.
    Calendars of others that are shared with this person are looked after where their owner is: `aliases` are
    further addresses of this one.
    https://learn.microsoft.com/en-us/graph/api/resources/calendar
    """
    owner = _address(item.get("owner"))
    owned = not owner or owner in {mailbox.lower(), *(alias.lower() for alias in aliases)}
    primary = owned and item.get("isDefaultCalendar") is True
    identity = text(item.get("id"))
    offered = sequence(item.get("allowedOnlineMeetingProviders"))
    return CalendarInfo(
        remote=(owner or mailbox.lower()) if primary else identity,
        name=text(item.get("name")) or identity,
        zone=iana(zone, "UTC"),
        writable=owned and item.get("canEdit") is True,
        primary=primary,
        native=(online.SERVICE,) if online.TEAMS_FOR_BUSINESS in offered else (),
    )


def subscription(item: Mapping[str, Any], channel: str, otherwise: datetime) -> Subscription:
    """Read a subscription. It goes by our channel; `otherwise` is its end where the answer has none."""
    try:
        expires = instant(text(item.get("expirationDateTime")))
    except ValueError:
        expires = otherwise
    return Subscription(id=channel, resource=text(item.get("id")), expires=expires)


def _identity(item: Any) -> str:
    identity = text(mapping(item).get("id"))
    if not identity:
        raise ValueError("an event without an id")
    return identity


def _item(
    identity: str,
    item: Mapping[str, Any],
    calendar: CalendarInfo,
    categories: Mapping[str, str] | None,
    texts: Texts,
) -> Item:
    if "@removed" in item:
        return Removed(identity)
    if item.get("type") == "occurrence":
        return Skeleton(identity, text(item.get("seriesMasterId")))
    return event(item, calendar, categories, texts)


def _event(
    identity: str,
    item: Mapping[str, Any],
    calendar: CalendarInfo,
    categories: Mapping[str, str],
    texts: Texts,
) -> Event:
    when = span(item, calendar.zone)
    content, html = _body(item)
    reading = body.read(content, html=html, texts=texts)
    recurrence = patterns.lines(item.get("recurrence"))
    organizer = _address(item.get("organizer"))
    told = properties(item)
    native = online.native(item, reading.join_url, _key(told, item))
    # Read once more only where there is something of ours or of Teams in it.
    plain = reading.block is None and not reading.join_url
    said = reading.notes if plain else markup.readable(content, html=html)
    return Event(
        ref=EventRef(calendar.remote, identity),
        etag=text(item.get("@odata.etag")) or f'W/"{change_key(item)}"',
        uid=text(item.get("iCalUId")) or identity,
        title=text(item.get("subject")),
        location=text(mapping(item.get("location")).get("displayName")),
        description=content,
        notes=reading.notes,
        start=when.start,
        end=when.end,
        zone=when.zone,
        all_day=when.all_day,
        recurrence=recurrence,
        ends=last_end(when.start, when.end, when.zone, recurrence) if recurrence else when.end,
        series=text(item.get("seriesMasterId")),
        organizer=organizer,
        own=item.get("isOrganizer") is True and calendar.writable,
        draft=item.get("isDraft") is True,
        attendees=_people(item, organizer),
        ask=_asked(item, categories),
        asked_by="category",
        html=html,
        mark=told.mark,
        block=reading.block,
        native=native,
        shown=shown(item, native, said),
    )


def _key(told: Properties, item: Mapping[str, Any]) -> str:
    return told.asked_for({text(item.get("id")), text(item.get("seriesMasterId"))})


def _body(item: Mapping[str, Any]) -> tuple[str, bool]:
    told = mapping(item.get("body"))
    return text(told.get("content")), text(told.get("contentType")).lower() == "html"


def _asked(item: Mapping[str, Any], categories: Mapping[str, str]) -> str:
    """Return the service of the first category that stands for one. People write them in any case."""
    services = {name.strip().casefold(): service for name, service in categories.items()}
    named = (text(name).strip().casefold() for name in sequence(item.get("categories")))
    found = next((services[name] for name in named if name in services), "")
    return found.strip().removeprefix("@").lower()


def _people(item: Mapping[str, Any], organizer: str) -> tuple[str, ...]:
    guests = (mapping(guest) for guest in sequence(item.get("attendees")))
    people = {_address(guest) for guest in guests if guest.get("type") != "resource"}
    return tuple(sorted(people - {organizer, ""}))


def _address(person: Any) -> str:
    """Return the address of a person, in lower case. Attendees and organizers wrap it, owners do not."""
    told = mapping(person)
    return text(mapping(told.get("emailAddress", told)).get("address")).strip().lower()
