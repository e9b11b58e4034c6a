"""Google's own client library as a builder of requests: it gives method, URL and body, and sends nothing.

Its transport is blocking, and one `httplib2.Http` shared between threads has delivered the answers of others.
https://googleapis.github.io/google-api-python-client/docs/dyn/calendar_v3.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from googleapiclient.discovery import build

from connectors.errors import Transient
from connectors.http import Request

LONGEST_URL = 2048  # characters, the library's own limit; a long page token can exceed it
_OURS = frozenset({"accept-encoding", "user-agent", "content-length", "x-goog-api-client"})


class Requests:
    """Builds the calls of the Calendar API that we use. It takes milliseconds to make, so it is shared."""

    def __init__(self, api_base: str) -> None:
        service = build(
            "calendar",
            "v3",
            http=_Silent(),
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": api_base.rstrip("/") + "/"},
        )
        self._events = service.events()
        self._calendar_list = service.calendarList()
        self._channels = service.channels()

    def calendars(self, **query: Any) -> Request:
        """List the calendars."""
        return _request("calendarList.list", self._calendar_list.list(**query))

    def events(self, calendar: str, **query: Any) -> Request:
        """List events. Pages are asked for with `pageToken`: `list_next` fails on repeated parameters."""
        return _request("events.list", self._events.list(calendarId=calendar, **query))

    def event(self, calendar: str, event: str, **query: Any) -> Request:
        """Read one event."""
        return _request("events.get", self._events.get(calendarId=calendar, eventId=event, **query))

    def insert(self, calendar: str, body: Mapping[str, Any], **query: Any) -> Request:
        """Make an event, under the id in its body."""
        return _request("events.insert", self._events.insert(calendarId=calendar, body=dict(body), **query))

    def delete(self, calendar: str, event: str, **query: Any) -> Request:
        """Delete an event."""
        return _request("events.delete", self._events.delete(calendarId=calendar, eventId=event, **query))

    def patch(self, calendar: str, event: str, body: Mapping[str, Any], etag: str, **query: Any) -> Request:
        """Change some fields of an event, only if it still has that etag where one is given."""
        built = self._events.patch(calendarId=calendar, eventId=event, body=dict(body), **query)
        return _request("events.patch", built, {"If-Match": etag} if etag else {})

    def watch(self, calendar: str, body: Mapping[str, Any], **query: Any) -> Request:
        """Open a push channel."""
        return _request("events.watch", self._events.watch(calendarId=calendar, body=dict(body), **query))

    def stop(self, body: Mapping[str, Any], **query: Any) -> Request:
        """Close a push channel."""
        return _request("channels.stop", self._channels.stop(body=dict(body), **query))


class _Silent:
    """Stands where the library wants its transport. It is never used."""

    def request(self, *_: Any, **__: Any) -> Any:
        raise Transient("the Google library tried to send by itself")


def _request(op: str, built: Any, headers: Mapping[str, str] | None = None) -> Request:
    kept = {name: value for name, value in built.headers.items() if name.lower() not in _OURS}
    method, url, body = str(built.method), str(built.uri).rstrip("?"), built.body
    if method == "GET" and len(url) > LONGEST_URL:
        parts = urlsplit(url)
        method, url, body = "POST", urlunsplit(parts._replace(query="")), parts.query
        kept |= {"x-http-method-override": "GET", "content-type": "application/x-www-form-urlencoded"}
    return Request(
        method=method,
        url=url,
        provider="google",
        op=op,
        headers=kept | dict(headers or {}),
        body=body.encode() if body else None,
    )
