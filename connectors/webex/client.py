"""One call to Webex: with the person's token, renewed once where it was refused, and judged."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from connectors.errors import ProviderError, Transient
from connectors.http import Answer, Http, Request
from connectors.oauth import Tokens
from connectors.settings import WebexSettings
from connectors.webex import refusals
from connectors.webex.refusals import Refusal

PAGES = 1000  # of one list: more are a circle

_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of Webex."""

    op: str
    method: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Client:
    """Makes calls for one account. Time is the caller's; `lane` is the turn that they wait for."""

    settings: WebexSettings
    http: Http
    tokens: Tokens
    now: Callable[[], datetime]
    lane: str = ""

    async def call(self, call: Call, body: Mapping[str, Any] | None = None) -> Answer | Refusal:
        """Return Webex's answer, or its refusal as data.

        Raises Transient where no answer came, Unauthorized where no token is to be had.
        """
        token = await self.tokens.token()
        answer = await self._send(call, body, token)
        if answer.status == 401:
            # Refused before it did anything, so that even a create may be repeated.
            answer = await self._send(call, body, await self.tokens.refresh(token))
        return answer if _done(answer) else refusals.read(answer)

    async def ask(self, call: Call, body: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer. Raises the error that a refusal means."""
        outcome = await self.call(call, body)
        if isinstance(outcome, Refusal):
            raise self.error(outcome)
        return outcome

    async def items(self, call: Call) -> AsyncIterator[Mapping[str, Any]]:
        """Yield what is on every page of a list. Raises Transient for an answer that must not pass for one."""
        for _ in range(PAGES):
            answer = await self.ask(call)
            body = answer.json()
            found = body.get("items") if isinstance(body, dict) else None
            if not isinstance(found, list):
                break
            for item in found:
                if isinstance(item, dict):
                    yield item
            following = _NEXT.search(answer.headers.get("Link", ""))
            if following is None:
                return
            # Of the address only what it asks for: the token goes nowhere else than before.
            call = replace(call, query=dict(parse_qsl(urlsplit(following[1]).query)))
        raise Transient(
            "Webex answered with something that is not a list", provider="webex", reason="bad_answer"
        )

    def error(self, refusal: Refusal) -> ProviderError:
        """Return the error that the refusal means."""
        return refusals.error(refusal, self.now())

    async def _send(self, call: Call, body: Mapping[str, Any] | None, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "timezone": "UTC"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        query = f"?{urlencode(call.query)}" if call.query else ""
        return await self.http.send(
            Request(
                method=call.method,
                url=f"{self.settings.api_base.rstrip('/')}/{call.path}{query}",
                provider="webex",
                op=call.op,
                headers=headers,
                body=None if body is None else json.dumps(body).encode(),
                lane=self.lane,
            )
        )


def segment(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="")


def _done(answer: Answer) -> bool:
    # A 200 with a page in it comes from a proxy: an update that it swallowed must not count as done.
    return 200 <= answer.status < 300 and answer.body.lstrip()[:1] in (b"", b"{")
