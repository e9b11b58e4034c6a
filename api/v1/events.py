"""Events of applications: written and deleted. The answer says that the wish is kept, on disk; the rest is work."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any

from api.v1 import drafts, occurrences, reach, subscriptions, wishes
from api.v1.calls import TRUE, Answer, Call, Refused, Route, required, unprocessable
from api.v1.context import Context
from api.v1.drafts import LONGEST_ID, Problems
from api.v1.uids import EXTERNAL, event_of
from connectors.model import Draft, Event, Guest
from connectors.recurrence import last_end
from store import events, managed, work
from store.calendars import Calendar
from store.managed import Managed, Wish


def routes(context: Context) -> Sequence[Route]:
    """Return what can be done to events."""
    mine = _Events(context)
    path = "/v1/calendars/{calendar_id}/events"
    return [
        Route("POST", path, mine.upsert, scope="create_event"),
        Route("DELETE", path, mine.delete, scope="delete_event"),
        Route("DELETE", "/v1/events", mine.clear, scope="delete_event"),
    ]


@dataclass(frozen=True, slots=True)
class _Events:
    context: Context

    async def upsert(self, call: Call) -> Answer:
        """Make an event what the application says, and its conference."""
        now = self.context.clock()
        await self.context.store.tx(lambda conn: self._keep(conn, call, now))
        self.context.kick()
        return Answer()

    def _keep(self, conn: sqlite3.Connection, call: Call, now: float) -> None:
        calendar = _writable(conn, call)
        problems = Problems()
        name, event = _which(conn, call, calendar, problems)
        problems.check()
        known = managed.find(conn, call.application.client_id, calendar.id, name)
        alive = known.wish if known and not known.gone else None
        if event is not None and not (alive and known and known.owed):
            before: Draft | None = _draft_of(event)  # people may have changed it since
        else:
            before = _wished(conn, known) if known and alive else None
        draft = drafts.read(call.body if event is None else _filled(call.body, before), before, problems)
        conferencing = wishes.read(conn, call, calendar, alive, problems)
        told = _subscribed(call, alive, problems)
        problems.check()
        if draft is None:
            raise Refused(422)
        wish = Wish(
            draft,
            conferencing.profile_id,
            conferencing.link,
            conferencing.link_name,
            told,
            alive.told if alive else (),
            call.body.get("conferencing") is not None or bool(known and known.owed and known.wish.again),
        )
        _save(
            conn, replace(known, wish=wish) if known else _fresh(call, name, event, wish, now, calendar), now
        )

    async def delete(self, call: Call) -> Answer:
        """Delete an event; one that is not there is gone already."""
        now = self.context.clock()
        await self.context.store.tx(lambda conn: self._drop(conn, call, now))
        self.context.kick()
        return Answer()

    def _drop(self, conn: sqlite3.Connection, call: Call, now: float) -> None:
        calendar = _writable(conn, call)
        problems = Problems()
        name, event = _which(conn, call, calendar, problems)
        problems.check()
        found = managed.find(conn, call.application.client_id, calendar.id, name)
        if found is None and event is not None:
            _save(conn, _fresh(call, name, event, Wish(_draft_of(event)), now, calendar), now)
            found = managed.find(conn, call.application.client_id, calendar.id, name)
        if found is not None:
            _remove(conn, found, now)

    async def clear(self, call: Call) -> Answer:
        """Delete all events that the application manages, in all calendars of the account or in some."""
        now, listed = self.context.clock(), call.body.get("calendar_ids") or call.query.texts("calendar_ids")
        everything = call.query.flag("delete_all") or _true(call.body.get("delete_all"))
        if not everything and not listed:
            raise required("delete_all")
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise unprocessable("calendar_ids", "invalid_format", "calendar_ids must be a list of texts")

        def drop(conn: sqlite3.Connection) -> None:
            named = {reach.calendar(conn, call, one).id for one in dict.fromkeys(listed)}
            chosen = {one.id for one in reach.calendars(conn, call)} if everything else named
            for one in managed.of_account(conn, call.application.client_id, call.account):
                if one.calendar in chosen and not one.event_id.startswith(EXTERNAL):
                    _remove(conn, one, now)

        await self.context.store.tx(drop)
        self.context.kick()
        return Answer()


def _writable(conn: sqlite3.Connection, call: Call) -> Calendar:
    calendar = reach.calendar(conn, call, call.path["calendar_id"])
    if not calendar.info.writable:
        raise Refused(403, text="the calendar is read-only")
    return calendar


def _which(
    conn: sqlite3.Connection, call: Call, calendar: Calendar, problems: Problems
) -> tuple[str, Event | None]:
    """Return which event is meant: one of the application's own, else one that others have made. Raises Refused."""
    name, uid = call.body.get("event_id"), call.body.get("event_uid")
    if name in (None, "") and isinstance(uid, str) and uid:
        event = _external(conn, call, calendar, uid)
        known = managed.at(conn, calendar.id, event.ref.event)
        if known is not None and known.application != call.application.client_id:
            raise Refused(403, text="another application looks after this event")
        mine = known is not None and known.event_id != uid
        return (known.event_id, None) if known and mine else (uid, event)
    if name in (None, ""):
        problems.missing("event_id")
    elif not isinstance(name, str) or len(name) > LONGEST_ID:
        problems.odd("event_id", f"a text of at most {LONGEST_ID} characters")
    elif name.startswith(EXTERNAL):
        problems.odd("event_id", f"something that does not begin with {EXTERNAL}")
    return str(name), None


def _external(conn: sqlite3.Connection, call: Call, calendar: Calendar, uid: str) -> Event:
    """Find an event that others have made, and that the application may change. Raises Refused."""
    found = events.get(conn, calendar.id, event_of(uid))
    if found is None:
        raise Refused(404)
    if not call.application.elevated or not found.event.own:
        raise Refused(403, text="this event may not be changed by the application")
    if found.event.recurrence or found.event.series:
        raise unprocessable("event_uid", "recurring", "recurring events of others cannot be changed")
    return found.event


def _draft_of(event: Event) -> Draft:
    """Return an event that others have made, as if an application had asked for it."""
    start, end = (_at(moment, event) for moment in (event.start, event.end))
    return Draft(
        event.title,
        start,
        end,
        zone=event.zone,
        all_day=event.all_day,
        attendees=tuple(Guest(address) for address in event.attendees),
        transparent=event.shown.transparent,
        private=event.shown.private,
    )


def _at(moment: datetime, event: Event) -> datetime:
    """Return a start or end as drafts have it: whole days are counted in UTC."""
    if not event.all_day:
        return moment
    return datetime.combine(occurrences.day(moment, event.zone), time(), UTC)


def _wished(conn: sqlite3.Connection, known: Managed) -> Draft:
    """Return what was asked for until now, without guests whom people have taken off since: they stay off."""
    draft = known.wish.draft
    found = None if known.owed or not draft.attendees else events.get(conn, known.calendar, known.where)
    if found is None:
        return draft
    there = set(found.event.attendees)
    return replace(draft, attendees=tuple(one for one in draft.attendees if one.address in there))


def _filled(body: Any, before: Draft | None) -> Any:
    """Add what has to be there: of an event that others have made, a part may be changed."""
    if before is None:
        return body
    times = {
        name: moment.date().isoformat() if before.all_day else moment.isoformat()
        for name, moment in (("start", before.start), ("end", before.end))
    }
    return {**times, **body}


def _subscribed(call: Call, alive: Wish | None, problems: Problems) -> tuple[Any, ...]:
    value = call.body.get("subscriptions")
    if value is None:
        return alive.subscriptions if alive else ()
    try:
        return subscriptions.read(value, allow_private=call.application.allow_private)
    except Refused as refused:
        for name, found in refused.errors.items():
            problems.found.setdefault(name, []).extend(found)
        return ()


def _fresh(call: Call, name: str, event: Event | None, wish: Wish, now: float, calendar: Calendar) -> Managed:
    ours, client = managed.fresh_name(), call.application.client_id
    where = event.ref.event if event else None
    return Managed.wanted(ours, client, call.account, calendar.id, name, where, wish, now)


def _save(conn: sqlite3.Connection, wanted: Managed, now: float) -> None:
    """Keep the wish and ring for its event, in one transaction."""
    draft = wanted.wish.draft
    last = last_end(draft.start, draft.end, draft.zone, draft.recurrence) if draft.recurrence else draft.end
    managed.upsert(conn, wanted, last.timestamp() if last else None, now)
    work.ring(conn, "reconcile", [f"{wanted.calendar}/{wanted.where}"], now)


def _remove(conn: sqlite3.Connection, found: Managed, now: float) -> None:
    managed.delete(conn, found.name, now)
    work.ring(conn, "reconcile", [f"{found.calendar}/{found.where}"], now)


def _true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in TRUE)
