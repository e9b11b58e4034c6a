"""Opening and closing push channels."""

# https://developers.google.com/workspace/calendar/api/guides/push

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from yarl import URL

from sandbox.deliveries import is_loopback
from sandbox.google.errors import GoogleError
from sandbox.google.push import Channel
from sandbox.google.times import EPOCH, micros

if TYPE_CHECKING:
    from sandbox.google.api import Asked

Json = dict[str, Any]

USUAL_TTL = 604_800
"""Seconds a channel lives when nothing is asked for."""
CHANNEL_ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
LONGEST_TOKEN = 256
HEAD_START = 0.25
"""Seconds for which the answer to watch waits at most, so that the `sync` message comes first."""


async def watch_events(asked: Asked) -> Json:
    """Watch the events of a calendar."""
    wanted = asked.path["calendarId"]
    calendar, _ = asked.google.calendar(asked.email, wanted)
    if not calendar.watchable:
        raise GoogleError("pushNotSupportedForRequestedResource")
    return await _watch(asked, calendar.id, f"/calendars/{quote(wanted, safe='@')}/events")


async def watch_list(asked: Asked) -> Json:
    """Watch a person's calendar list."""
    return await _watch(asked, f"list of {asked.email}", "/users/me/calendarList")


async def _watch(asked: Asked, source: str, path: str) -> Json:
    google, body = asked.google, asked.body
    _check(asked)
    expires = _expires(asked)
    channel = Channel(
        id=body["id"],
        source=source,
        email=asked.email,
        client=asked.grant.client,
        address=body["address"],
        token=body.get("token"),
        expires=expires,
        resource_id=hashlib.blake2b(f"{asked.email} {source}".encode(), digest_size=14).hexdigest(),
        resource_uri=f"{google.base}{path}?alt=json",
    )
    google.push.open(channel)
    deliveries = google.push.send(channel, "sync")
    first = google.world.modes.sync_first
    if deliveries and (first == "always" or (first == "random" and google.world.random.random() < 0.5)):
        await asyncio.wait(deliveries, timeout=HEAD_START)
    answer = {
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource_id,
        "resourceUri": channel.resource_uri,
        "expiration": str(micros(expires) // 1000),
    }
    return answer | ({"token": channel.token} if channel.token else {})


def _check(asked: Asked) -> None:
    body = asked.body
    if not CHANNEL_ID.fullmatch(body.get("id") or ""):
        raise GoogleError("invalid" if body.get("id") else "required", "Invalid channel id.")
    if body.get("type") not in ("web_hook", "webhook"):
        raise GoogleError("invalid", "Unsupported channel type.")
    if len(body.get("token") or "") > LONGEST_TOKEN:
        raise GoogleError("invalid", "Channel token is too long.")
    address = URL(body.get("address") or "")
    if address.scheme != "https" and not (address.scheme == "http" and is_loopback(str(address))):
        raise GoogleError("push.webhookUrlNotHttps", f"WebHook callback must be HTTPS: {address}")
    if body["id"] in asked.google.push.used:
        raise GoogleError("channelIdNotUnique", f"Channel id {body['id']} not unique")


def _expires(asked: Asked) -> datetime:
    now = asked.google.moment()
    seconds = [float(asked.google.world.modes.max_channel_seconds)]
    ttl = (asked.body.get("params") or {}).get("ttl")
    expiration = asked.body.get("expiration")
    try:
        if ttl is not None:
            seconds.append(float(int(ttl)))
        if expiration is not None:
            seconds.append((EPOCH + timedelta(milliseconds=int(expiration)) - now).total_seconds())
    except (ValueError, OverflowError):
        raise GoogleError("invalid", "Invalid channel expiration.") from None
    if min(seconds) <= 0:
        raise GoogleError("invalid", "The channel would have expired already.")
    if len(seconds) == 1:
        seconds.append(USUAL_TTL)
    # The header shows whole seconds; so does the answer.
    return (now + timedelta(seconds=min(seconds))).replace(microsecond=0)


async def stop(asked: Asked) -> None:
    """End a channel; answer 404 when it is unknown, over or somebody else's."""
    channel = asked.google.push.channels.get(asked.body.get("id") or "")
    mine = channel is not None and (channel.email, channel.client) == (asked.email, asked.grant.client)
    if channel is None or not mine or channel.resource_id != asked.body.get("resourceId"):
        raise GoogleError("notFound", f"Channel '{asked.body.get('id')}' not found for project 'sandbox'")
    asked.google.push.stop(channel)
