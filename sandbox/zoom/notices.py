"""What Zoom's events say: of a meeting before and after, and of a consent that was taken back.

https://developers.zoom.us/docs/api/meetings/events/
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from random import Random
from typing import Any, TypeAlias

from sandbox.zoom.answers import join_url
from sandbox.zoom.model import Meeting, Person
from sandbox.zoom.times import show

Json: TypeAlias = dict[str, Any]


def of_change(before: Meeting | None, after: Meeting | None, chance: Random) -> Iterator[tuple[str, Json]]:
    """Say what became of a meeting: events by name, each with its payload but for what all payloads have."""
    if after is None and before is not None:
        yield "meeting.deleted", {"object": _number(_head(before), chance)}
    elif before is None and after is not None:
        more = {
            "join_url": join_url(after),
            "password": after.password,
            "settings": dict(after.settings),
        }
        yield "meeting.created", {"object": _number(_head(after) | more, chance)}
    elif before is not None and after is not None:
        yield from _updated(before, after, chance)


def whole(meeting: Meeting, chance: Random) -> Json:
    """Name a meeting that was recovered, or is gone for good."""
    return {"object": _number(_head(meeting), chance)}


def deauthorized(person: Person, client: str, account: str, now: datetime, secret: str) -> Json:
    """Say that a person has removed an app."""
    text = f"{person.id}{client}{now.timestamp()}"
    return {
        "account_id": account,
        "user_id": person.id,
        "signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
        "deauthorization_time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "client_id": client,
    }


def _updated(before: Meeting, after: Meeting, chance: Random) -> Iterator[tuple[str, Json]]:
    """Name the id and what has changed, and nothing else; dates of a series by themselves."""
    was, now = _shown(before), _shown(after)
    changed = [name for name in now.keys() | was.keys() if now.get(name) != was.get(name)]
    if changed:
        id_ = _number({"id": after.id}, chance)
        old = id_ | {name: was[name] for name in sorted(changed) if name in was}
        new = id_ | {name: now[name] for name in sorted(changed) if name in now}
        if "settings" in changed:
            old, new = (one | {"settings": _unlike(one, other)} for one, other in ((old, new), (new, old)))
        yield "meeting.updated", {"object": new, "old_object": old, "scope": "all"}
    formerly = {one.id: one for one in before.occurrences}
    for one in after.occurrences:
        if not changed and formerly.get(one.id) not in (None, one):
            dates = {
                "occurrences": [
                    {"occurrence_id": one.id, "start_time": show(one.start), "duration": one.duration}
                ]
            }
            if one.status == "deleted":
                yield "meeting.deleted", {"operation": "single", "object": _head(after) | dates}
            else:
                id_ = _number({"id": after.id}, chance)
                yield "meeting.updated", {"scope": "single", "object": id_ | dates, "old_object": id_}


def _unlike(one: Json, other: Json) -> Json:
    """Return the settings of the one that are not those of the other."""
    others = other.get("settings", {})
    return {name: value for name, value in one.get("settings", {}).items() if others.get(name) != value}


def _head(meeting: Meeting) -> Json:
    body = {
        "uuid": meeting.uuid,
        "id": meeting.id,
        "host_id": meeting.host.id,
        "topic": meeting.topic,
        "type": meeting.type,
        "timezone": meeting.timezone,
    }
    return body | _times(meeting)


def _times(meeting: Meeting) -> Json:
    if meeting.start is None:
        return {}
    return {"start_time": show(meeting.start), "duration": meeting.duration}


def _shown(meeting: Meeting) -> Mapping[str, Any]:
    settings = {"settings": dict(meeting.settings)} if meeting.settings else {}
    return {
        "topic": meeting.topic,
        "type": meeting.type,
        "timezone": meeting.timezone,
        "agenda": meeting.agenda,
        "password": meeting.password,
        "join_url": join_url(meeting),
        **_times(meeting),
        **settings,
    }


def _number(body: Json, chance: Random) -> Json:
    """Write the id as a number or as text, as Zoom does."""
    return body | {"id": str(body["id"])} if chance.random() < 0.5 else body
