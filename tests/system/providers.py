"""The simulated providers as a process of their own, and how they are steered."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

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
class Channel:
    """Something that announces the changes of one calendar."""

    id: str
    source: str  # the provider's name of what is watched


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

    def channels(self) -> list[Channel]:
        """Return the push channels and subscriptions that are alive."""
        state = self.state()
        google = [Channel(one["id"], one["source"]) for one in state["google"]["channels"] if one["live"]]
        graph = state.get("microsoft", {}).get("subscriptions", ())
        return google + [Channel(one["id"], one["resource"]) for one in graph]

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

    def user(self, email: str, **more: Any) -> None:
        """Add a person to the organisation."""
        self("POST", "/users", {"email": email, "name": email.partition("@")[0].title(), **more})

    def wait_for_pushes(self) -> None:
        """Return when no push is under way."""
        self("GET", "/push/idle")


@contextmanager
def simulated() -> Iterator[Providers]:
    """Run the sandbox as a process on any free port."""
    command = ["-m", "sandbox", "--port", "0"]
    with machine.running(machine.start(command, out=subprocess.PIPE, err=subprocess.DEVNULL)) as process:
        assert process.stdout is not None
        yield Providers(json.loads(process.stdout.readline())["sandbox"])
