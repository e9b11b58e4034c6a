"""One call to Zoom: with a token, renewed once where it was refused, and judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from connectors.errors import ProviderError
from connectors.http import Answer, Http, Request
from connectors.oauth import Tokens
from connectors.settings import ZoomSettings
from connectors.zoom import refusals
from connectors.zoom.refusals import Refusal

PUBLIC = "https://api.zoom.us/v2"


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of Zoom, on behalf of which host."""

    op: str
    method: str
    path: str
    host: str
    query: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Client:
    """Makes calls. Time and chance are the caller's."""

    settings: ZoomSettings
    http: Http
    tokens: Tokens
    now: Callable[[], datetime]
    random: Random

    async def call(self, call: Call, body: Mapping[str, Any] | None = None) -> Answer | Refusal:
        """Return Zoom's answer, or its refusal as data.

        Raises Transient where no answer came, Unauthorized where no token is to be had.
        """
        token = await self.tokens.token()
        answer = await self._send(call, body, token)
        if answer.status == 401:
            # Refused before it did anything, so that even a create may be repeated.
            answer = await self._send(call, body, await self.tokens.refresh(token))
        return answer if _done(answer) else refusals.read(answer)

    async def ask(self, call: Call) -> Any:
        """Return the JSON of the answer. Raises the error that the refusal means."""
        outcome = await self.call(call)
        if isinstance(outcome, Refusal):
            raise self.error(outcome)
        return outcome.json()

    def error(self, refusal: Refusal) -> ProviderError:
        """Return the error that the refusal means."""
        return refusals.error(refusal, self.now(), self.random.random())

    async def _send(self, call: Call, body: Mapping[str, Any] | None, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        query = f"?{urlencode(call.query)}" if call.query else ""
        return await self.http.send(
            Request(
                method=call.method,
                url=f"{self._base()}/{call.path}{query}",
                provider="zoom",
                op=call.op,
                headers=headers,
                body=None if body is None else json.dumps(body).encode(),
                lane=call.host,
            )
        )

    def _base(self) -> str:
        # Zoom names the cluster to call beside the token; an address in the configuration goes before that.
        granted = self.tokens.granted
        if self.settings.api_base == PUBLIC and granted is not None and granted.api_url:
            return f"{granted.api_url.rstrip('/')}/v2"
        return self.settings.api_base.rstrip("/")


def segment(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="@")


def _done(answer: Answer) -> bool:
    # A 200 with a page in it comes from a proxy: an update that it swallowed must not count as done.
    return 200 <= answer.status < 300 and answer.body.lstrip()[:1] in (b"", b"{")
