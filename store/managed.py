"""Managed events: those that applications have asked for, as they want them, and how far the calendar has followed.

Until the provider has given the event an id, everything that is known of it goes by `name`.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.model import Draft
from store.codec import dump, load

NAME_BYTES = 13  # of chance in a name
NAME_LENGTH = 29  # characters of one


@dataclass(frozen=True, slots=True)
class Wish:
    """What an application asks for: the event, its conference, and what it is to be told of."""

    draft: Draft
    profile_id: str = ""  # of the `conferencing` object; "" asks for nothing
    link: str = ""  # where it is "explicit"
    link_name: str = ""
    subscriptions: tuple[Mapping[str, Any], ...] = ()  # as they came
    told: tuple[str, ...] = ()  # what of the conference has been told
    again: bool = False  # what is not written yet asks for the conference anew, whatever people did to it


@dataclass(frozen=True, slots=True)
class Managed:
    """One managed event."""

    name: str
    application: str
    account: str
    calendar: str
    event_id: str
    event: str | None
    wish: Wish
    version: int
    written: int
    gone: bool
    life: int
    asked_at: float | None
    unmet: str | None  # why there is to be no conference as things stand
    created_at: float
    changed_at: float

    @classmethod
    def wanted(
        cls,
        name: str,
        application: str,
        account: str,
        calendar: str,
        event_id: str,
        event: str | None,
        wish: Wish,
        now: float,
    ) -> Managed:
        """Return one that was not there before; `event` is the id of an event that others have made."""
        return cls(
            name=name,
            application=application,
            account=account,
            calendar=calendar,
            event_id=event_id,
            event=event,
            wish=wish,
            version=1,
            written=0,
            gone=False,
            life=0,
            asked_at=None,
            unmet=None,
            created_at=now,
            changed_at=now,
        )

    @property
    def alias(self) -> str:
        """What a new event is called at the calendar: the same however often it is asked for."""
        return f"{self.name}{self.life or ''}"

    @property
    def where(self) -> str:
        """What its event goes by for now."""
        return self.event or self.alias

    @property
    def owed(self) -> bool:
        """Whether the calendar does not have what was asked for last."""
        return self.gone or self.written < self.version


COLUMNS = (
    "name, application, account, calendar, event_id, event, record, version, written, gone, life, asked_at, unmet,"
    " created_at, changed_at"
)


def fresh_name() -> str:
    """Return a new name, which Google takes as an event id."""
    return "hdm" + secrets.token_hex(NAME_BYTES)


def upsert(conn: sqlite3.Connection, managed: Managed, ends: float | None, now: float) -> None:
    """Keep what an application asks for; one that is being deleted comes back to life.

    `ends` is when its last occurrence does; None: never.
    """
    draft = managed.wish.draft
    conn.execute(
        "INSERT INTO managed (name, application, account, calendar, event_id, event, record, starts, ends, repeats,"
        " created_at, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)"
        " ON CONFLICT (application, calendar, event_id) DO UPDATE SET record = excluded.record,"
        " starts = excluded.starts, ends = excluded.ends, repeats = excluded.repeats, version = version + 1,"
        " unmet = NULL, gone = 0, changed_at = excluded.changed_at",
        (
            managed.name,
            managed.application,
            managed.account,
            managed.calendar,
            managed.event_id,
            managed.event,
            dump(managed.wish),
            draft.start.timestamp(),
            ends,
            bool(draft.recurrence),
            now,
        ),
    )


def delete(conn: sqlite3.Connection, name: str, now: float) -> None:
    """Note that the application has deleted its event; the row goes when the calendar has followed."""
    conn.execute("UPDATE managed SET gone = 1, changed_at = ? WHERE name = ?", (now, name))


def drop(conn: sqlite3.Connection, name: str) -> None:
    """Forget an event that is gone. One that was asked for again meanwhile stays."""
    conn.execute("DELETE FROM managed WHERE name = ? AND gone = 1", (name,))


def find(conn: sqlite3.Connection, application: str, calendar: str, event_id: str) -> Managed | None:
    """Find an event by the application's name for it."""
    row = conn.execute(
        f"SELECT {COLUMNS} FROM managed WHERE application = ? AND calendar = ? AND event_id = ?",
        (application, calendar, event_id),
    ).fetchone()
    return of_row(row) if row else None


def get(conn: sqlite3.Connection, name: str) -> Managed | None:
    """Find an event by our name for it."""
    row = conn.execute(f"SELECT {COLUMNS} FROM managed WHERE name = ?", (name,)).fetchone()
    return of_row(row) if row else None


def at(conn: sqlite3.Connection, calendar: str, event: str) -> Managed | None:
    """Find what an event of a calendar is managed as, by its id or the alias that stands for it."""
    row = conn.execute(
        f"SELECT {COLUMNS} FROM managed WHERE calendar = ?1 AND event = ?2", (calendar, event)
    ).fetchone()
    found = of_row(row) if row else get(conn, event[:NAME_LENGTH])
    return found if found and (found.calendar, found.where) == (calendar, event) else None


def of_account(conn: sqlite3.Connection, application: str, account: str) -> Sequence[Managed]:
    """List what an application manages in an account's calendars."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM managed WHERE application = ? AND account = ? ORDER BY calendar, event_id",
        (application, account),
    )
    return [of_row(row) for row in rows]


def among(conn: sqlite3.Connection, calendar: str, events: Collection[str]) -> Sequence[Managed]:
    """List those of a calendar's events that are managed."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM managed WHERE calendar = ? AND event IN (SELECT value FROM json_each(?))",
        (calendar, json.dumps(list(events))),
    )
    return [of_row(row) for row in rows]


def owed(conn: sqlite3.Connection, calendar: str) -> Sequence[str]:
    """List what the events of a calendar go by that do not stand in it as they were asked for last."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM managed WHERE calendar = ? AND (gone = 1 OR written < version) ORDER BY name",
        (calendar,),
    )
    return [of_row(row).where for row in rows]


def tally(conn: sqlite3.Connection) -> Sequence[dict[str, Any]]:
    """Count, for each application: accounts, events, those not yet written, and those that cannot have a conference."""
    rows = conn.execute(
        "SELECT application, count(DISTINCT account) AS accounts, count(*) AS events,"
        " sum(gone = 1 OR written < version) AS owed,"
        " sum(gone = 0 AND unmet IS NOT NULL AND coalesce(json_extract(record, '$.profile_id'), 'none') <> 'none')"
        " AS without_conference FROM managed GROUP BY application ORDER BY application"
    )
    return [dict(row) for row in rows]


def search(conn: sqlite3.Connection, needle: str) -> Sequence[tuple[str, str]]:
    """Find events by the application's name for them or a part of the title, for people who ask why."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM managed WHERE event_id = ?1 OR name = ?1"
        " OR instr(lower(json_extract(record, '$.draft.title')), lower(?1)) > 0 ORDER BY calendar, name LIMIT 50",
        (needle,),
    )
    return [(one.calendar, one.where) for one in map(of_row, rows)]


def asked(conn: sqlite3.Connection, name: str, now: float) -> None:
    """Note that the calendar is about to be asked to insert it."""
    conn.execute("UPDATE managed SET asked_at = coalesce(asked_at, ?) WHERE name = ?", (now, name))


def judged(conn: sqlite3.Connection, name: str, unmet: str | None) -> None:
    """Note why there is to be no conference as things stand; None where there is to be one, or may be later."""
    conn.execute("UPDATE managed SET unmet = ?1 WHERE name = ?2 AND unmet IS NOT ?1", (unmet, name))


def lost(conn: sqlite3.Connection, name: str, event: str) -> None:
    """Note that people have deleted its event: what is asked for from now on is another one."""
    conn.execute(
        "UPDATE managed SET event = NULL, asked_at = NULL, life = life + 1 WHERE name = ? AND event = ?",
        (name, event),
    )


def wrote(conn: sqlite3.Connection, name: str, event: str, version: int) -> None:
    """Note that the calendar has this version, under this id."""
    conn.execute(
        "UPDATE managed SET event = ?, written = max(written, ?) WHERE name = ?", (event, version, name)
    )


def keep_told(conn: sqlite3.Connection, managed: Managed, told: Sequence[str]) -> None:
    """Note what the application has been told of the conference, whatever it has asked for meanwhile."""
    row = conn.execute("SELECT record FROM managed WHERE name = ?", (managed.name,)).fetchone()
    if row is not None:
        wish = replace(load(Wish, row["record"], f"managed/{managed.name}"), told=tuple(told))
        conn.execute("UPDATE managed SET record = ? WHERE name = ?", (dump(wish), managed.name))


def of_row(row: sqlite3.Row) -> Managed:
    """Read a row of all columns."""
    wish = load(Wish, row["record"], f"managed/{row['name']}")
    return Managed(
        row["name"],
        row["application"],
        row["account"],
        row["calendar"],
        row["event_id"],
        row["event"],
        wish,
        row["version"],
        row["written"],
        bool(row["gone"]),
        row["life"],
        row["asked_at"],
        row["unmet"],
        row["created_at"],
        row["changed_at"],
    )
