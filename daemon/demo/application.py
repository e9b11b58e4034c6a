"""The scene of the story in which an application asks for an event, over the HTTP API, as Cronofy's SDKs do."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

from daemon.demo import seen
from daemon.demo.entries import Json
from daemon.demo.scene import Scene, Step, Told, in_writes, require
from daemon.demo.stage import OUTLOOK

GRACE = OUTLOOK[0]
EVENT = "kick-off-1"


async def upsert(scene: Scene) -> Told:
    """Have an application make an event with a conference in somebody's calendar, move it, and delete it."""
    stage = scene.stage
    token = (await stage.run("token", "issue", "--account", GRACE))["access_token"]
    listed = (await stage.call("GET", "/v1/calendars", token))["calendars"]
    calendar = next(one for one in listed if one["calendar_primary"])
    path = f"/v1/calendars/{calendar['calendar_id']}/events"
    start = (scene.days[2] + timedelta(hours=16)).astimezone(UTC)
    since, clock = await scene.last_call(), time.monotonic()
    await stage.call("POST", path, token, {**_event(start), "conferencing": {"profile_id": "default"}})
    scene.changes += 1
    accepted = round((time.monotonic() - clock) * 1000)

    async def details() -> Json:
        return await _conference(scene, token)

    link = str((await stage.until("The application reads the link", details))["join_url"])
    ms = round((time.monotonic() - clock) * 1000)
    writes = [call["op"] for call in await scene.rest(since)]
    require(it=sorted(writes) == ["events.insert", "zoom.create"], failed=f"The writes were {writes}.")
    await stage.call("POST", path, token, _event(start + timedelta(hours=1)))
    scene.changes += 1
    await scene.known_to_zoom("Kick-off", start + timedelta(hours=1))
    await scene.rest(since)
    require(
        it=(await _conference(scene, token))["join_url"] == link, failed="The link is not the same any more."
    )
    await stage.call("DELETE", path, token, {"event_id": EVENT})
    scene.changes += 1

    async def gone() -> bool:
        return not seen.zoom_meetings(await scene.state(), "Kick-off")

    await stage.until("Zoom deletes the meeting", gone)
    await scene.rest(since)
    text = (
        f"Accepted after {accepted} ms, inserted once, with its link, after {ms} ms. {in_writes(len(writes))}."
        " Moved: same link. Deleted: both gone."
    )
    return Told(
        text, {"accepted_ms": accepted, "ms": ms, "writes": len(writes), "same_link": True}, seen.shown(link)
    )


def _event(start: datetime) -> Json:
    times = {"start": start, "end": start + timedelta(minutes=45)}
    return {
        "event_id": EVENT,
        "summary": "Kick-off",
        "description": "Made by an application.",
        **{name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in times.items()},
    }


async def _conference(scene: Scene, token: str) -> Json:
    """Read the conference of the event; empty while it is on its way."""
    answer = await scene.stage.call("GET", "/v1/events?tzid=Etc/UTC&only_managed=true", token)
    [event] = answer["events"]
    found: Json = event.get("conferencing") or {}
    return found if "join_url" in found else {}


SCENE = Step(
    "application",
    f"An application calls the API: {json.dumps({'conferencing': {'profile_id': 'default'}})} on an event of Grace's.",
    upsert,
)
