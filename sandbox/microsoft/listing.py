"""Lists of events: what they hold, in which order, and the way to their next page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.microsoft import query
from sandbox.microsoft.rows import overlaps

if TYPE_CHECKING:
    from datetime import datetime

    from aiohttp import web

    from sandbox.microsoft.rows import Calendar, Mailbox, Row

    Found = list[tuple[Calendar, Row]]


def events(mailbox: Mailbox, calendar: Calendar | None) -> Found:
    """Return single events and series of one calendar, or of all that are the mailbox's own; latest first."""
    calendars = mailbox.calendars.values() if calendar is None else (calendar,)
    found = [(one, row) for one in calendars for row in one.rows.values() if row.series is None]
    return sorted(found, key=lambda each: each[1].body["created"], reverse=True)


def view(calendar: Calendar, since: datetime, until: datetime) -> Found:
    """Return what takes place on a calendar between two moments, in order."""
    found: list[Row] = []
    for row in tuple(calendar.rows.values()):
        if row.series is not None:
            continue
        if row.body["recurrence"]:
            found += calendar.occurrences(row, since, until)
        elif overlaps(row.body, since, until):
            found.append(row)
    return [(calendar, row) for row in sorted(found, key=lambda row: calendar.whole(row)["start"])]


def chosen(found: Found, request: web.Request) -> Found:
    """Return what of a list a request wants, in the order it wants."""
    if wanted := request.query.get("$filter"):
        tests = query.tests(wanted)
        found = [
            (calendar, row)
            for calendar, row in found
            if all(test(row, calendar.whole(row)) for test in tests)
        ]
    if named := request.query.get("$orderby"):
        key, downwards = query.order(named)
        found = sorted(found, key=lambda each: key(each[0].whole(each[1])), reverse=downwards)
    return found


def next_link(url: str, request: web.Request, skip: int) -> str:
    """Return the address of the next page."""
    return url + str(request.rel_url.update_query({"$skip": str(skip)}))
