"""One call to a provider that knows us by an API key: sent, judged, and turned into our errors. Knows no provider."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from connectors.errors import NotFound, ProviderError, Rejected, Transient, Unauthorized
from connectors.http import Answer, Http, Request, retry_after


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked; `path` counts from the base address and is percent-encoded already."""

    op: str
    method: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


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
        answer = await self._send(call)
        if answer.status == 401:
            # Refused before it did anything, so that even a create may be repeated; keys do not expire.
            answer = await self._send(call)
        if 200 <= answer.status < 300:  # a page in place of JSON, which a proxy may have sent, is Transient
            return answer.json() if answer.body.strip() else None
        raise refusal(answer, self.now())

    async def _send(self, call: Call) -> Answer:
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        query = f"?{urlencode(call.query)}" if call.query else ""
        return await self.http.send(
            Request(
                method=call.method,
                url=f"{self.base.rstrip('/')}/{call.path}{query}",
                provider=self.provider,
                op=call.op,
                headers=headers,
                body=None if call.body is None else json.dumps(call.body).encode(),
            )
        )


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
