"""One call with a bearer token: sent, and once more where the token was refused. Knows no provider.

What an answer means is for each provider to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from connectors.http import Answer, Http, Request


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked; `path` counts from the base address and is percent-encoded already."""

    op: str
    method: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    lane: str = ""  # the host or account whose turn it takes


class Bearer(Protocol):
    """What calls are made with: access tokens, or a key that stands for them."""

    async def token(self) -> str:
        """Return what to send. Raises Unauthorized or Transient where there is none to be had."""

    async def refresh(self, stale: str) -> str:
        """Return what to send in the place of `stale`, which was refused. Raises as `token`."""


def unauthorized(answer: Answer) -> bool:
    """Tell whether it is the token that was refused."""
    return answer.status == 401


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes calls. `base` gives an address of the configuration or of a grant, never one of an answer."""

    provider: str
    http: Http
    base: Callable[[], str]  # asked once there is a token
    bearer: Bearer
    stale: Callable[[Answer], bool] = unauthorized
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, call: Call) -> Answer:
        """Return the answer, whatever its status.

        Raises Transient where none came, Unauthorized where no token is to be had.
        """
        token = await self.bearer.token()
        answer = await self._send(call, token)
        if self.stale(answer):
            # Refused before it did anything, so that even a create may be repeated.
            answer = await self._send(call, await self.bearer.refresh(token))
        return answer

    async def _send(self, call: Call, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", **self.headers}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        query = f"?{urlencode(call.query)}" if call.query else ""
        return await self.http.send(
            Request(
                method=call.method,
                url=f"{self.base().rstrip('/')}/{call.path}{query}",
                provider=self.provider,
                op=call.op,
                headers=headers,
                body=None if call.body is None else json.dumps(call.body).encode(),
                lane=call.lane,
            )
        )


def done(answer: Answer, opening: bytes = b"{") -> bool:
    """Tell whether this is success: empty, or JSON that begins with one of these characters.

    A 200 with a page in it comes from a proxy: an update that it swallowed must not count as done.
    """
    return 200 <= answer.status < 300 and answer.body.lstrip()[:1] in opening


def segment(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="@")
