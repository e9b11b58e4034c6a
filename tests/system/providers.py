"""The simulated providers as a process of their own, and the people who use them."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from tests.system import machine

Json = dict[str, Any]

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(AssertionError):
    """The other side answered with a status that is no success."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:500]}")
        self.status = status


def fetch(method: str, url: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
    """Ask for JSON over HTTP, and wait for the answer. Raises Refused."""
    data = None if body is None else json.dumps(body).encode()
    heads = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, method=method, data=data, headers=heads)
    try:
        with _DIRECT.open(request, timeout=60) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            raise Refused(error.code, error.read().decode(errors="replace")) from None
    return json.loads(text) if text else None


@dataclass(frozen=True, slots=True)
class Providers:
    """The sandbox at `url`, steered through its control API."""

    url: str

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        """Call the control API."""
        return fetch(method, f"{self.url}/_sandbox{path}", body)

    def fault(self, op: str, *, times: int = 1, **how: Any) -> None:
        """Have the next `times` calls of an operation go wrong; -1 for all."""
        self("POST", "/faults", {"op": op, "times": times, **how})

    def hits(self) -> int:
        """Count the calls that misfortune has struck."""
        return sum(fault["hits"] for fault in self("GET", "/faults")["faults"])

    def calm(self) -> None:
        """Lift all misfortune."""
        self("DELETE", "/faults")

    def modes(self, **wanted: Any) -> None:
        """Set how the providers behave."""
        self("POST", "/modes", wanted)

    def pushes(self, **wanted: Any) -> None:
        """Set how pushes are delivered."""
        self("POST", "/push", wanted)

    def state(self) -> Json:
        """Return everything that the providers hold."""
        return self("GET", "/state")

    def zoom(self) -> list[Json]:
        """Return the living Zoom meetings."""
        return self.state()["zoom"]["meetings"]

    def channels(self) -> list[Json]:
        """Return the push channels that are alive."""
        return [one for one in self.state()["google"]["channels"] if one["live"]]

    def last(self) -> int:
        """Return the number of the latest call."""
        return self("GET", f"/calls?since={1 << 30}")["last"]

    def calls(self, since: int = 0) -> list[Json]:
        """Return the calls after number `since`."""
        return self("GET", f"/calls?since={since}")["calls"]

    def counted(self, since: int = 0) -> Counter[str]:
        """Count the calls after number `since` by operation, without fetching tokens."""
        return Counter(call["op"] for call in self.calls(since) if not call["op"].endswith("token"))

    def mails(self) -> list[Json]:
        """Return the mails that people would have received."""
        return self("GET", "/outbox")["mails"]

    def person(self, email: str, **more: Any) -> Person:
        """Add a person to the organisation."""
        self("POST", "/users", {"email": email, "name": email.partition("@")[0].title(), **more})
        return Person(self, email)

    def wait_for_pushes(self) -> None:
        """Return when no push is under way."""
        self("GET", "/push/idle")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at their calendar's own page."""

    providers: Providers
    email: str

    def _path(self, calendar: str, *more: str) -> str:
        steps = ("people", self.email, "calendars", calendar or self.email, "events", *more)
        return "".join(f"/{quote(step, safe='@')}" for step in steps)

    def add(self, title: str = "", *, calendar: str = "", **fields: Any) -> Json:
        """Make an event tomorrow, for three quarters of an hour."""
        body = {"summary": title, **hours(24), **fields}
        return self.providers("POST", f"{self._path(calendar)}?{urlencode({'sendUpdates': 'none'})}", body)

    def change(self, event: Json | str, *, calendar: str = "", **fields: Any) -> Json:
        """Change an event, or one occurrence of a series."""
        path = f"{self._path(calendar, name(event))}?{urlencode({'sendUpdates': 'none'})}"
        return self.providers("PATCH", path, fields)

    def delete(self, event: Json | str, *, calendar: str = "") -> None:
        """Cancel an event, or one occurrence of a series."""
        path = f"{self._path(calendar, name(event))}?{urlencode({'sendUpdates': 'none'})}"
        self.providers("DELETE", path)

    def restore(self, event: Json | str) -> Json:
        """Take a cancelled event back."""
        return self.providers("POST", self._path("", name(event), "restore"))

    def move(self, event: Json | str, to: str) -> Json:
        """Move an event to another calendar."""
        return self.providers("POST", self._path("", name(event), "move"), {"to": to})

    def answer(self, event: Json | str, response: str) -> Json:
        """Answer an invitation."""
        return self.providers("POST", self._path("", name(event), "rsvp"), {"responseStatus": response})

    def see(self, event: Json | str, *, calendar: str = "") -> Json:
        """Look at one event."""
        return self.providers("GET", self._path(calendar, name(event)))

    def events(self, *, calendar: str = "") -> list[Json]:
        """Return the events that are not cancelled, and no occurrences."""
        found = self.providers("GET", self._path(calendar))["items"]
        return [event for event in found if "recurringEventId" not in event]

    def calendar(self, **spec: Any) -> str:
        """Make a calendar of one's own and return its id."""
        return self.providers("POST", f"/people/{quote(self.email, safe='@')}/calendars", spec)["id"]


def name(event: Json | str) -> str:
    """Return the id of an event."""
    return event if isinstance(event, str) else event["id"]


def hours(start: float, minutes: float = 45) -> Json:
    """Return the times of an event that starts so many hours from now, in UTC."""
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=start)
    return {
        "start": {"dateTime": begins.isoformat(), "timeZone": "UTC"},
        "end": {"dateTime": (begins + timedelta(minutes=minutes)).isoformat(), "timeZone": "UTC"},
    }


@contextmanager
def simulated() -> Iterator[Providers]:
    """Run the sandbox as a process on any free port."""
    command = ["-m", "sandbox", "--port", "0"]
    with machine.running(machine.start(command, out=subprocess.PIPE, err=subprocess.DEVNULL)) as process:
        assert process.stdout is not None
        yield Providers(json.loads(process.stdout.readline())["sandbox"])
