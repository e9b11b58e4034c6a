"""One call to Webex: with the person's token, renewed once where it was refused, and judged."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.calling import Call, Caller, done
from connectors.errors import ProviderError, Transient
from connectors.http import Answer, Http
from connectors.oauth import Tokens
from connectors.settings import WebexSettings
from connectors.webex import refusals
from connectors.webex.refusals import Refusal

PAGES = 1000  # of one list: more are a circle

_UTC = {"timezone": "UTC"}
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')


@dataclass(frozen=True, slots=True)
class Client:
    """Makes calls for one account. Time is the caller's; `lane` is the turn that they wait for."""

    settings: WebexSettings
    http: Http
    tokens: Tokens
    now: Callable[[], datetime]
    lane: str = ""

    async def call(self, call: Call) -> Answer | Refusal:
        """Return Webex's answer, or its refusal as data.

        Raises Transient where no answer came, Unauthorized where no token is to be had.
        """
        caller = Caller("webex", self.http, lambda: self.settings.api_base, self.tokens, headers=_UTC)
        answer = await caller.send(replace(call, lane=self.lane))
        return answer if done(answer) else refusals.read(answer)

    async def ask(self, call: Call) -> Answer:
        """Return the answer. Raises the error that a refusal means."""
        outcome = await self.call(call)
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
