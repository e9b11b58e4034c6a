"""The bare script: the same calls to the providers as the daemon makes, plain aiohttp, nothing kept or checked.

`python -m bench.bare URL CONCURRENT`
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench import asks

Json = dict[str, Any]
BLOCK = (
    "<br><br>─── Zoom ───<br>Join: <a href='{0}'>{0}</a><br>Meeting ID: {1}<br>Passcode: {2}<br>Dial in: {3}"
)


@dataclass(slots=True)
class Script:
    """Lists, creates and patches."""

    session: aiohttp.ClientSession
    url: str
    turns: asyncio.Semaphore
    cursors: dict[str, str] = field(default_factory=dict)

    async def conference(self, question: Json) -> Json:
        """Give every new event in the calendars a meeting. Answers when it began and ended."""
        began = time.monotonic()
        counts = await asyncio.gather(*(self._calendar(name) for name in question["calendars"]))
        return {"began": began, "ended": time.monotonic(), "events": sum(counts)}

    async def _calendar(self, name: str) -> int:
        async with self.turns:
            events = await self._list(name)
        await asyncio.gather(*(self._event(name, event) for event in events))
        return len(events)

    async def _list(self, name: str) -> list[Json]:
        query = {"maxResults": "1000", "singleEvents": "false", "eventTypes": "default"}
        if name in self.cursors:
            query["syncToken"] = self.cursors[name]
        page = await self._call("GET", f"google/calendar/v3/calendars/{name}/events", params=query)
        self.cursors[name] = page["nextSyncToken"]
        marked = [event for event in page["items"] if "extendedProperties" not in event]
        return [event for event in marked if "@zoom" in event["summary"]]

    async def _event(self, calendar: str, event: Json) -> None:
        async with self.turns:
            meeting = await self._create(event)
            await self._patch(calendar, event, meeting)

    async def _create(self, event: Json) -> Json:
        host, guests = event["organizer"]["email"], event["attendees"][1:]
        body = {
            "topic": event["summary"].replace(" @zoom", ""),
            "type": 2,
            "start_time": event["start"]["dateTime"],
            "timezone": event["start"]["timeZone"],
            "duration": 30,
            "agenda": f"bare:{event['id']}",
            "settings": {"meeting_invitees": [{"email": guest["email"]} for guest in guests]},
        }
        return await self._call("POST", f"zoom/v2/users/{host}/meetings", json=body)

    async def _patch(self, calendar: str, event: Json, meeting: Json) -> None:
        numbers = " · ".join(one["number"] for one in meeting["settings"]["global_dial_in_numbers"])
        block = BLOCK.format(meeting["join_url"], meeting["id"], meeting["password"], numbers)
        body = {
            "description": event["description"] + block,
            "location": meeting["join_url"],
            "extendedProperties": {"private": {"huddled": event["id"]}},
        }
        path = f"google/calendar/v3/calendars/{calendar}/events/{event['id']}"
        query, headers = {"sendUpdates": "none"}, {"If-Match": event["etag"]}
        await self._call("PATCH", path, params=query, headers=headers, json=body)

    async def _call(self, method: str, path: str, **options: Any) -> Json:
        async with self.session.request(method, f"{self.url}/{path}", **options) as answer:
            answer.raise_for_status()
            found: Json = await answer.json()
            return found


async def main(url: str, concurrent: int) -> None:
    """Serve until the parent hangs up."""
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer bare"}) as session:
        await asks.serve({}, Script(session, url, asyncio.Semaphore(concurrent)).conference)


if __name__ == "__main__":
    asks.run(main(sys.argv[1], int(sys.argv[2])))
