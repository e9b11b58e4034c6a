"""Audits: which accounts are compared with the provider's list, how far each comparison is, and what it found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.model import Conference
from store.codec import dump, load

BY_HOST = "zoom"  # of the operator's accounts the one that has a list for each host
WHOLE = ("whereby", "daily")  # those that have one list for all
OWN = ("zoom", "goto", "webex")  # those that people link

# Who has had a meeting lately: the host is found in the keys, and where a key came from elsewhere in the record.
HOSTS = """
SELECT host FROM minted WHERE service = :service AND profile = '' AND host <> ''
UNION
SELECT json_extract(record, '$.meeting.host') FROM conferences
WHERE service = :service AND coalesce(json_extract(record, '$.profile'), '') = ''
    AND json_extract(record, '$.meeting.host') <> ''
"""
USED = """
SELECT 1 FROM minted WHERE service = ?1 AND profile = '' UNION ALL SELECT 1 FROM conferences WHERE service = ?1 LIMIT 1
"""
CHECKED = """
SELECT c.calendar || '/' || c.event AS name, json_extract(c.record, '$.meeting.id') AS id,
    json_extract(c.record, '$.meeting.join_url') AS url
FROM conferences c JOIN calendars k ON k.id = c.calendar AND k.watched = 1
JOIN events e ON e.calendar = c.calendar AND e.event = c.event
WHERE c.service = :service AND c.state = 'live' AND (e.ends IS NULL OR e.ends > :now)
    AND CASE WHEN :credential <> '' THEN json_extract(c.record, '$.profile') IN
            (SELECT id FROM linked WHERE credential = :credential)
        ELSE coalesce(json_extract(c.record, '$.profile'), '') = ''
            AND (:host = '' OR json_extract(c.record, '$.meeting.host') = :host) END
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """One comparison: what it found so far, and what is left to be looked at. Names are `calendar/event`."""

    begun: float
    repair: bool = False
    ended: float | None = None
    listed: int = 0  # meetings with a key on them, in the provider's list
    strange: int = 0  # of these, with a key that is not, or not surely, ours to remove
    orphans: tuple[str, ...] = ()  # ids at the provider of meetings that we had taken away, or made twice
    removed: int = 0  # of these
    sound: int = 0  # links that the list or a look has shown to be as they should be
    dead: tuple[str, ...] = ()  # events whose meeting is gone
    changed: tuple[str, ...] = ()  # events whose meeting has another link or passcode
    mended: int = 0  # of these two, handed over to be put right
    todo: tuple[str, ...] = ()  # events whose meeting is still to be looked at
    last: str = ""  # the event that was looked at last: the next comparison goes on behind it


@dataclass(frozen=True, slots=True)
class Audit:
    """One account or host."""

    key: str
    repair: bool
    tally: Tally | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A live conference, as far as an audit needs it."""

    name: str
    id: str
    url: str


def name(service: str, whose: str) -> str:
    """Return the key of an audit."""
    return f"{service}/{whose}"


def subjects(conn: sqlite3.Connection, services: Iterable[str]) -> Sequence[str]:
    """List the keys of all audits that these services call for."""
    asked = set(services)
    found = [
        name(row["provider"], row["id"])
        for row in conn.execute("SELECT id, provider FROM credentials WHERE trouble IS NULL")
        if row["provider"] in asked and row["provider"] in OWN
    ]
    if BY_HOST in asked:
        found += [name(BY_HOST, row["host"]) for row in conn.execute(HOSTS, {"service": BY_HOST})]
    found += [name(one, "") for one in WHOLE if one in asked and conn.execute(USED, (one,)).fetchone()]
    return sorted(found)


def due(conn: sqlite3.Connection, keys: Iterable[str], since: float, now: float, most: int) -> Sequence[str]:
    """Take note of `keys`, and of those not rung for since then return the first `most`, as rung for now.

    One that is new waits for its first night. Those that are no longer called for are forgotten.
    """
    known = set(keys)
    for row in conn.execute("SELECT key FROM audits").fetchall():
        if row["key"] not in known:
            conn.execute("DELETE FROM audits WHERE key = ?", (row["key"],))
    conn.executemany(
        "INSERT OR IGNORE INTO audits (key, rung_at) VALUES (?, ?)", [(key, now) for key in sorted(known)]
    )
    rows = conn.execute(
        "UPDATE audits SET rung_at = ?1 WHERE key IN"
        " (SELECT key FROM audits WHERE rung_at < ?2 ORDER BY rung_at, key LIMIT ?3) RETURNING key",
        (now, since, most),
    ).fetchall()
    return sorted(row["key"] for row in rows)


def begin_all(conn: sqlite3.Connection, keys: Iterable[str], now: float, *, repair: bool) -> None:
    """Have each of `keys` begin anew, with or without repairs, whatever the configuration says."""
    conn.executemany(
        "INSERT INTO audits (key, rung_at, repair) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (key) DO UPDATE SET rung_at = ?2, repair = max(repair, ?3),"
        " tally = json_set(tally, '$.ended', ?2)",
        [(key, now, int(repair)) for key in keys],
    )


def get(conn: sqlite3.Connection, key: str) -> Audit | None:
    """Find an audit."""
    row = conn.execute("SELECT key, repair, tally FROM audits WHERE key = ?", (key,)).fetchone()
    return _audit(row) if row else None


def everyone(conn: sqlite3.Connection) -> Sequence[Audit]:
    """List all audits."""
    return [_audit(row) for row in conn.execute("SELECT key, repair, tally FROM audits ORDER BY key")]


def save(conn: sqlite3.Connection, key: str, tally: Tally) -> None:
    """Keep what was found so far; the operator's word on repairs is used up with the end of one that had it."""
    conn.execute(
        "UPDATE audits SET tally = ?1, repair = CASE WHEN ?2 THEN 0 ELSE repair END WHERE key = ?3",
        (dump(tally), tally.ended is not None and tally.repair, key),
    )


def standing(
    conn: sqlite3.Connection, service: str, credential: str, host: str, now: float
) -> Sequence[Standing]:
    """List the live conferences of an account, or of a host of the operator's, whose events are not over."""
    names = {"service": service, "credential": credential, "host": host, "now": now}
    return [Standing(*row) for row in conn.execute(CHECKED, names)]


def holder(conn: sqlite3.Connection, key: str) -> Conference | None:
    """Find the conference that has a key, whichever event it belongs to."""
    row = conn.execute("SELECT record FROM conferences WHERE key = ?", (key,)).fetchone()
    return load(Conference, row["record"], f"conferences with key {key}") if row else None


def _audit(row: sqlite3.Row) -> Audit:
    tally = load(Tally, row["tally"], f"audits/{row['key']}") if row["tally"] else None
    return Audit(row["key"], bool(row["repair"]), tally)
