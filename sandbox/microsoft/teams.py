"""Teams meetings on events: how they come about, how a body write costs them, and how the next brings another."""

# https://learn.microsoft.com/graph/outlook-calendar-online-meetings
# The loss by body writes: https://github.com/microsoftgraph/microsoft-graph-docs/issues/16336

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.microsoft import blob, guests
from sandbox.microsoft.finding import located
from sandbox.microsoft.ids import TENANT, guid
from sandbox.microsoft.merging import place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from random import Random

    from sandbox.microsoft.rows import Calendar, Mailbox, Row
    from sandbox.microsoft.state import Graph

Json = dict[str, Any]

PROVIDER = "teamsForBusiness"
STAMP = "Microsoft Teams Meeting"


def settled(
    graph: Graph,
    oid: str,
    calendar: Calendar,
    after: Json,
    wanted: Mapping[str, Any],
    *,
    person: bool,
) -> Json:
    """Return an event with what a write does to its Teams meeting; `after` is settled in all else."""
    if after["meeting"] is not None:
        return _kept(graph, after, wanted, person=person)
    if "body" in wanted and (url := _former(after)) and after["lost"]:
        return _on(after, next(one for one in after["former"] if one["url"] == url))
    if after["lost"] and not person:
        return _minted(graph, oid, after)
    if wanted.get("isOnlineMeeting"):
        allowed = calendar.teams and wanted.get("onlineMeetingProvider", PROVIDER) == PROVIDER
        if not allowed or graph.world.modes.teams == "unknown":
            return after | {"isOnlineMeeting": False, "onlineMeetingProvider": "unknown"}
        return _minted(graph, oid, after)
    return after


def _kept(graph: Graph, after: Json, wanted: Mapping[str, Any], *, person: bool) -> Json:
    meeting = after["meeting"]
    if person and wanted.get("isOnlineMeeting") is False:
        return _off(after | {"body": blob.without(after["body"], meeting)}, lost=False)
    shown = meeting["ready"] <= graph.moment()
    if "body" not in wanted or not shown or blob.carries(after["body"], meeting["url"]):
        return after
    if person:
        # Outlook's own editor leaves the invitation where it is.
        return after | {"body": blob.added(after["body"], meeting)}
    return _off(after, lost=True) if graph.world.modes.teams_body == "strict" else after


def _former(after: Mapping[str, Any]) -> str | None:
    return next((one["url"] for one in after["former"] if blob.carries(after["body"], one["url"])), None)


def _off(after: Json, *, lost: bool) -> Json:
    return after | {
        "isOnlineMeeting": False,
        "onlineMeetingProvider": "unknown",
        "meeting": None,
        "lost": lost,
        "former": after["former"] if lost else (),
    }


def _on(after: Json, meeting: Json) -> Json:
    return after | {
        "isOnlineMeeting": True,
        "onlineMeetingProvider": PROVIDER,
        "meeting": meeting,
        "lost": False,
    }


def _minted(graph: Graph, oid: str, after: Json) -> Json:
    mode = graph.world.modes.teams
    wait = mode["pending"] if isinstance(mode, dict) else 0.0
    meeting = made(graph.world.random, oid, graph.moment() + timedelta(seconds=wait))
    after = _on(after, meeting) | {"former": (*after["former"], meeting)}
    if not after["location"]["displayName"]:
        stamp = place({"displayName": STAMP})
        after |= {"location": stamp, "locations": [stamp]}
    return after if wait else after | {"body": blob.added(after["body"], meeting)}


def made(random: Random, oid: str, ready: datetime) -> Json:
    """Return a new meeting; its link is shown from `ready` on."""
    thread = "meeting_" + base64.urlsafe_b64encode(guid(random).encode()).decode().rstrip("=")
    context = f"%7b%22Tid%22%3a%22{TENANT}%22%2c%22Oid%22%3a%22{oid}%22%7d"
    return {
        "url": f"https://teams.microsoft.com/l/meetup-join/19%3a{thread}%40thread.v2/0?context={context}",
        "id": " ".join(f"{random.randrange(1000):03d}" for _ in range(4)),
        "passcode": "".join(random.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789", k=6)),
        "options": f"https://teams.microsoft.com/meetingOptions/?organizerId={oid}&tenantId={TENANT}"
        f"&threadId=19_{thread}@thread.v2&messageId=0&language=en-US",
        "ready": ready,
    }


def expected(graph: Graph, mailbox: Mailbox, row: Row, before: Mapping[str, Any] | None, after: Json) -> None:
    """Note a new link; one that comes late is shown, and invited to in the body, when its time is there."""
    meeting, known = after["meeting"], (before or {}).get("former", ())
    if meeting is None or meeting in known:
        return
    graph.minted.setdefault(row.key, []).append(meeting["url"])
    wait = (meeting["ready"] - graph.moment()).total_seconds()
    if wait > 0:
        graph.world.clock.after(wait, lambda: _ready(graph, mailbox, row.key, meeting["url"]))


def _ready(graph: Graph, mailbox: Mailbox, key: str, url: str) -> None:
    calendar = mailbox.holder(key)
    row = calendar.find(key) if calendar else None
    if calendar is None or row is None:
        return
    whole = calendar.whole(row)
    if whole["meeting"] and whole["meeting"]["url"] == url:
        _store(graph, mailbox, calendar, row, whole | {"body": blob.added(whole["body"], whole["meeting"])})


def kill(graph: Graph, mailbox: Mailbox, event_id: str) -> None:
    """Switch an event's meeting off as somebody's careless body write does; the next write makes another."""
    calendar, row = located(mailbox, None, event_id)
    whole = calendar.whole(row)
    if whole["meeting"] is not None:
        bare = blob.without(whole["body"], whole["meeting"])
        _store(graph, mailbox, calendar, row, _off(whole | {"body": bare}, lost=True))


def _store(graph: Graph, mailbox: Mailbox, calendar: Calendar, row: Row, whole: Json) -> None:
    before = calendar.whole(row)
    stored = graph.put(mailbox, calendar, replace(row, body=calendar.differing(row, whole)))
    guests.share(graph, mailbox, calendar, stored, before)


def online(whole: Mapping[str, Any], now: datetime) -> Json | None:
    """Return onlineMeeting as Graph shows it."""
    meeting = whole["meeting"]
    if meeting is None:
        return None
    return {"joinUrl": meeting["url"] if meeting["ready"] <= now else None}
