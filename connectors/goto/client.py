"""One call to GoTo: with the person's token, renewed once where it was refused, and judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from connectors.errors import ProviderError
from connectors.goto import refusals
from connectors.goto.refusals import Refusal
from connectors.http import Answer, Http, Request
from connectors.oauth import Tokens
from connectors.settings import GoToSettings


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of GoTo Meeting, on behalf of whom."""

    op: str
    method: str
    path: str
    host: str


@dataclass(frozen=True, slots=True)
class Client:
    """Makes calls for one person. Time and chance are the caller's."""

    settings: GoToSettings
    http: Http
    tokens: Tokens
    now: Callable[[], datetime]
    random: Random

    async def call(self, call: Call, body: Mapping[str, Any] | None = None) -> Answer:
        """Return GoTo's answer.

        Raises the error that a refusal means, Transient where no answer came, Unauthorized where no token is
        to be had.
        """
        token = await self.tokens.token()
        outcome = await self._send(call, body, token)
        if isinstance(outcome, Refusal) and outcome.stale:
            # Refused before it did anything, so that even a create may be repeated.
            outcome = await self._send(call, body, await self.tokens.refresh(token))
        if isinstance(outcome, Refusal):
            raise self._error(outcome)
        return outcome

    def _error(self, refusal: Refusal) -> ProviderError:
        return refusals.error(refusal, self.now(), self.random.random())

    async def _send(self, call: Call, body: Mapping[str, Any] | None, token: str) -> Answer | Refusal:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = await self.http.send(
            Request(
                method=call.method,
                url=f"{self.settings.api_base.rstrip('/')}/G2M/rest/{call.path}",
                provider="goto",
                op=call.op,
                headers=headers,
                body=None if body is None else json.dumps(body).encode(),
                lane=call.host,
            )
        )
        return answer if _done(answer) else refusals.read(answer)


def _done(answer: Answer) -> bool:
    # A 200 with a page in it comes from a proxy: an update that it swallowed must not count as done.
    return 200 <= answer.status < 300 and answer.body.lstrip()[:1] in (b"", b"[", b"{")
