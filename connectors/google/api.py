"""One person's way to the Calendar API: token, lane, lock, one repetition after a 401, and errors by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from connectors.errors import ProviderError, Transient
from connectors.google.errors import PROVIDER, is_locked, is_stale_token, judge
from connectors.google.requests import Requests
from connectors.http import Answer, Http, Request
from connectors.oauth import Tokens


@dataclass(frozen=True, slots=True)
class Api:
    """Sends as one person. `user` is their address."""

    http: Http
    tokens: Tokens
    requests: Requests
    user: str
    now: Callable[[], datetime]
    chance: Callable[[], float]  # from 0 to 1, spreads the retries
    delegated: bool = False  # a service account acts for the person
    locks: dict[str, datetime] = field(default_factory=dict)  # until when a person's writes are refused

    @property
    def shared(self) -> Mapping[str, str]:
        """Return the query that goes with every call.

        Quota is counted per person; a delegated service account counts as one person for all unless told.
        https://developers.google.com/workspace/calendar/api/guides/quota#service-accounts
        """
        return (
            {"quotaUser": blake2b(self.user.encode(), digest_size=16).hexdigest()} if self.delegated else {}
        )

    async def call(self, request: Request) -> Mapping[str, Any]:
        """Return the JSON object of the answer, {} for an empty one.

        Raises what `errors.judge` makes of any other answer, and Transient with reason "not_sent" where a usage
        limit locks the person's writes: to ask keeps them locked. Reading goes on.
        """
        if not _reads(request):
            self._heed_lock()
        token = await self.tokens.token()
        answer = await self._send(request, token)
        if is_stale_token(answer):
            answer = await self._send(request, await self.tokens.refresh(token))
        if not 200 <= answer.status < 300:
            raise self._refused(request, answer)
        return _object(answer)

    async def _send(self, request: Request, token: str) -> Answer:
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        return await self.http.send(replace(request, headers=headers, lane=self.user))

    def _refused(self, request: Request, answer: Answer) -> ProviderError:
        conditional = "If-Match" in request.headers
        error = judge(answer, conditional=conditional, now=self.now(), jitter=self.chance())
        if is_locked(error) and error.retry_after:
            self.locks[self.user] = self.now() + timedelta(seconds=error.retry_after)
        return error

    def _heed_lock(self) -> None:
        until = self.locks.get(self.user)
        if until is None:
            return
        left = (until - self.now()).total_seconds()
        if left > 0:
            message = "Google's usage limit locks this person's calendars: nothing is sent till it is over"
            raise Transient(message, retry_after=left, provider=PROVIDER, reason="not_sent")
        self.locks.pop(self.user, None)


def _reads(request: Request) -> bool:
    """Tell whether it changes nothing. A query too long for a URL is sent as a POST that says it is a GET."""
    return request.method == "GET" or request.headers.get("x-http-method-override") == "GET"


def _object(answer: Answer) -> Mapping[str, Any]:
    if not answer.body.strip():
        return {}
    body = answer.json()
    if not isinstance(body, dict):
        raise Transient(
            "the answer is no JSON object", provider=PROVIDER, status=answer.status, reason="not_json"
        )
    return body
