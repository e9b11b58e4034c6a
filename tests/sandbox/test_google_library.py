"""Google's own Python library against the sandbox: what it sends is understood, what it gets is to its taste."""

from __future__ import annotations

import asyncio
import warnings

import pytest
from google.auth.transport.requests import Request
from google.oauth2 import service_account

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from google_auth_httplib2 import AuthorizedHttp
    from googleapiclient.discovery import build
    from googleapiclient.errors import HttpError

SCOPES = ["https://www.googleapis.com/auth/calendar"]


@pytest.fixture
async def calendar(control, sandbox):
    key = await control("GET", "/google/service_account.json")
    credentials = service_account.Credentials.from_service_account_info(key, scopes=SCOPES)
    delegated = credentials.with_subject("ada@example.com")
    await asyncio.to_thread(delegated.refresh, Request())
    endpoint = {"api_endpoint": f"{sandbox.url}/google/calendar/v3/"}
    service = build(
        "calendar", "v3", http=AuthorizedHttp(delegated), client_options=endpoint, static_discovery=True
    )
    yield service
    service.close()


async def run(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return await asyncio.to_thread(request.execute)


async def test_the_library_can_do_all_that_a_client_does(calendar, control, door):
    events = calendar.events()
    where = {"calendarId": "primary"}
    [entry] = (await run(calendar.calendarList().list()))["items"]
    assert entry["id"] == "ada@example.com"
    body = {"summary": "x", "start": {"date": "2030-05-06"}, "end": {"date": "2030-05-07"}}
    made = await run(events.insert(**where, body=body, conferenceDataVersion=1, sendUpdates="none"))
    page = await run(events.list(**where, maxResults=250, eventTypes=["default", "focusTime"]))
    assert page["items"] == [made]
    patch = events.patch(**where, eventId=made["id"], body={"location": "y"})
    patch.headers["If-Match"] = made["etag"]
    assert (await run(patch))["location"] == "y"
    with pytest.raises(HttpError) as stale:
        await run(patch)
    assert stale.value.status_code == 412
    assert stale.value.error_details[0]["reason"] == "conditionNotMet"
    channel = {"id": "c1", "type": "web_hook", "address": door.url, "params": {"ttl": "600"}}
    watched = await run(events.watch(**where, body=channel))
    stop = {"id": watched["id"], "resourceId": watched["resourceId"]}
    assert await run(calendar.channels().stop(body=stop)) == ""
    assert await run(events.delete(**where, eventId=made["id"])) == ""
    longer = await run(
        events.list(**where, syncToken=page["nextSyncToken"], eventTypes=["default", "focusTime"])
    )
    assert [item["status"] for item in longer["items"]] == ["cancelled"]


async def test_the_library_sends_a_long_query_as_a_post(calendar, control):
    words = "w" * 2100
    assert (await run(calendar.events().list(calendarId="primary", q=words)))["items"] == []
    calls = (await control("GET", "/calls"))["calls"]
    assert [(c["method"], c["op"]) for c in calls if c["op"].startswith("events")] == [
        ("POST", "events.list")
    ]
