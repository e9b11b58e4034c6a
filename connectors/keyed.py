"""One call to a provider that knows us by an API key: judged, and turned into our errors. Knows no provider."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.calling import Call, Caller
from connectors.errors import NotFound, ProviderError, Rejected, Transient, Unauthorized
from connectors.http import Answer, Http, retry_after


@dataclass(frozen=True, slots=True)
class Keyed:
    """Makes calls with the operator's key. `base` is an address of the configuration, never one of an answer."""

    provider: str
    http: Http
    base: str
    key: str = field(repr=False)
    now: Callable[[], datetime]

    async def ask(self, call: Call) -> Any:
        """Return the JSON of the answer, None where it is empty.

        Raises the error that a refusal means: NotFound, Unauthorized for a key that is refused twice, Transient,
        Rejected with the provider's own words.
        """
        answer = await Caller(self.provider, self.http, lambda: self.base, _Key(self.key)).send(call)
        if 200 <= answer.status < 300:  # a page in place of JSON, which a proxy may have sent, is Transient
            return answer.json() if answer.body.strip() else None
        raise refusal(answer, self.now())


@dataclass(frozen=True, slots=True)
class _Key:
    """A key does not expire: one that was refused is sent once more as it is."""

    key: str = field(repr=False)

    async def token(self) -> str:
        return self.key

    async def refresh(self, stale: str) -> str:
        return stale


def refusal(answer: Answer, now: datetime) -> ProviderError:
    """Return the error that an answer means which is not what was asked for.

    What is not JSON comes from somebody in the provider's place, and passes.
    """
    provider, status = answer.provider, answer.status
    body = _json(answer)
    reason, said = _words(body, f"{provider} answered {status}")
    if status == 429:
        wait = retry_after(answer.headers, now)
        return Transient(said, retry_after=wait, provider=provider, status=status, reason="rate_limit")
    if status == 401:
        message = f"{provider} does not accept the API key: {said}"
        return Unauthorized(message, provider=provider, status=status, reason=reason)
    if not 400 <= status < 500 or status == 408 or (body is None and answer.body.strip()):
        wait = retry_after(answer.headers, now)
        return Transient(
            said, retry_after=wait, provider=provider, status=status, reason=reason or str(status)
        )
    kind = NotFound if status == 404 else Rejected
    return kind(said, provider=provider, status=status, reason=reason or str(status))


def _json(answer: Answer) -> Mapping[str, Any] | None:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _words(body: Mapping[str, Any] | None, fallback: str) -> tuple[str, str]:
    """Return the machine-readable word and the sentence: `error` beside `info`, or a sentence as `error` alone."""
    if body is None:
        return "", fallback
    error, info = str(body.get("error") or ""), str(body.get("info") or "")
    return (error, info) if info else ("", error or fallback)
