"""The methods of Calendar v3 that a conferencing client uses."""

# https://developers.google.com/workspace/calendar/api/v3/reference

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.google import events, listing, resources, watching
from sandbox.google.api import either, endpoint
from sandbox.google.sync import page
from sandbox.google.times import known_zone, stamp_text

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from sandbox.google.api import Asked
    from sandbox.google.rows import Calendar, Row
    from sandbox.state import World

Json = dict[str, Any]

BASE = "/google/calendar/v3"
EVENTS = BASE + "/calendars/{calendarId}/events"
EVENT = EVENTS + "/{eventId}"
LIST = BASE + "/users/me/calendarList"


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes of the Calendar API; their names are the operations."""

    def one(method_id: str) -> Handler:
        return endpoint(world, method_id, ACTIONS[method_id])

    listed, calendars = one("events.list"), one("calendarList.list")
    return [
        web.get(LIST, calendars, name="calendarList.list", allow_head=False),
        web.post(LIST, either(_not_simulated, calendars), name="calendarList.insert"),
        web.post(LIST + "/watch", one("calendarList.watch"), name="calendarList.watch"),
        web.get(LIST + "/{calendarId}", one("calendarList.get"), name="calendarList.get", allow_head=False),
        web.get(EVENTS, listed, name="events.list", allow_head=False),
        web.post(EVENTS, either(one("events.insert"), listed), name="events.insert"),
        web.post(EVENTS + "/watch", one("events.watch"), name="events.watch"),
        web.get(EVENT, one("events.get"), name="events.get", allow_head=False),
        web.patch(EVENT, one("events.patch"), name="events.patch"),
        web.put(EVENT, one("events.update"), name="events.update"),
        web.delete(EVENT, one("events.delete"), name="events.delete"),
        web.post(EVENT + "/move", one("events.move"), name="events.move"),
        web.get(EVENT + "/instances", one("events.instances"), name="events.instances", allow_head=False),
        web.post(BASE + "/channels/stop", one("channels.stop"), name="channels.stop"),
    ]


async def _not_simulated(_: web.Request) -> web.StreamResponse:
    raise web.HTTPNotImplemented(text="The sandbox does not simulate this method.")


async def _list_calendars(asked: Asked) -> Json:
    found = page(asked.google, listing.calendars(asked.google, asked.email, asked.query), asked.query)
    return {"kind": "calendar#calendarList", "etag": f'"{asked.google.world.token("p", 15)}"', **found}


async def _get_calendar(asked: Asked) -> Json:
    return resources.entry(*asked.google.calendar(asked.email, asked.path["calendarId"]))


async def _list_events(asked: Asked) -> Json:
    calendar, line = asked.google.calendar(asked.email, asked.path["calendarId"])
    found = page(asked.google, listing.events(asked.google, asked.email, calendar, asked.query), asked.query)
    return _events(asked, calendar, line.role, found)


def _events(asked: Asked, calendar: Calendar, role: str, found: Json) -> Json:
    found["items"] = [resources.seen(item, role) for item in found["items"]]
    return {
        "kind": "calendar#events",
        "etag": f'"{asked.google.world.token("p", 15)}"',
        "summary": calendar.summary,
        "updated": stamp_text(asked.google.tick()),
        "timeZone": asked.query.get("timeZone", calendar.time_zone),
        "accessRole": role,
        "defaultReminders": [{"method": "popup", "minutes": 10}],
        **found,
    }


async def _instances(asked: Asked) -> Json:
    calendar, line = asked.google.calendar(asked.email, asked.path["calendarId"])
    series = events.found(calendar, asked.path["eventId"])
    lister = listing.instance_listing(asked.google, asked.email, calendar, series, asked.query)
    return _events(asked, calendar, line.role, page(asked.google, lister, asked.query))


def _shown(asked: Asked, calendar: Calendar, row: Row) -> Json:
    name = asked.query.get("timeZone")
    resource = resources.event(calendar, row, known_zone(name, "start") if name else None)
    most = asked.query.get("maxAttendees")
    if most is not None and len(resource.get("attendees", ())) > most:
        own = [guest for guest in resource["attendees"] if guest.get("self")]
        resource |= {"attendees": own, "attendeesOmitted": True}
    return resource


async def _get(asked: Asked) -> Json:
    calendar, line = asked.google.calendar(asked.email, asked.path["calendarId"])
    return resources.seen(_shown(asked, calendar, events.found(calendar, asked.path["eventId"])), line.role)


async def _insert(asked: Asked) -> Json:
    calendar = asked.google.writable(asked.email, asked.path["calendarId"])
    return _shown(asked, calendar, events.insert(asked.google, asked.writer, calendar, asked.body))


async def _patch(asked: Asked) -> Json:
    calendar = asked.google.writable(asked.email, asked.path["calendarId"])
    row = events.change(asked.google, asked.writer, calendar, asked.path["eventId"], asked.body)
    return _shown(asked, calendar, row)


async def _update(asked: Asked) -> Json:
    calendar = asked.google.writable(asked.email, asked.path["calendarId"])
    row = events.change(asked.google, asked.writer, calendar, asked.path["eventId"], asked.body, put=True)
    return _shown(asked, calendar, row)


async def _delete(asked: Asked) -> None:
    calendar = asked.google.writable(asked.email, asked.path["calendarId"])
    events.delete(asked.google, asked.writer, calendar, asked.path["eventId"])


async def _move(asked: Asked) -> Json:
    calendar = asked.google.writable(asked.email, asked.path["calendarId"])
    target = asked.google.writable(asked.email, asked.query["destination"])
    return _shown(
        asked, target, events.move(asked.google, asked.writer, calendar, asked.path["eventId"], target)
    )


ACTIONS = {
    "calendarList.list": _list_calendars,
    "calendarList.get": _get_calendar,
    "calendarList.watch": watching.watch_list,
    "events.list": _list_events,
    "events.instances": _instances,
    "events.get": _get,
    "events.insert": _insert,
    "events.patch": _patch,
    "events.update": _update,
    "events.delete": _delete,
    "events.move": _move,
    "events.watch": watching.watch_events,
    "channels.stop": watching.stop,
}
