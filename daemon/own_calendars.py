"""The calendars that applications have with us: what stands in them is what the store last saw."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from connectors.base import Calendar
from connectors.model import Event
from connectors.own.calendar import PROVIDER, OwnCalendar
from connectors.wording import Wording
from store import calendars, events
from store.db import Store


def own_calendars(store: Store, now: Callable[[], datetime], wording: Wording) -> Callable[[str], Calendar]:
    """Return what makes the calendar of an address."""

    async def load(remote: str, event: str) -> Event | None:
        name = calendars.calendar_id(PROVIDER, remote)
        return await store.read(lambda conn: _load(conn, name, event))

    return lambda address: OwnCalendar(address, load, now, wording)


def _load(conn: sqlite3.Connection, calendar: str, event: str) -> Event | None:
    found = events.get(conn, calendar, event)
    return replace(found.event, shown=events.shown(conn, calendar, event)) if found else None
