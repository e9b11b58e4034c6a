"""What was asked of the providers, and which mails people would have received."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

USER = web.RequestKey("user", str)
"""Under this key a handler notes on the request whom it served."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a provider; `status` is None until the answer is out, 0 when the connection was cut."""

    n: int
    at: str
    provider: str
    op: str
    method: str
    path: str
    user: str | None = None
    status: int | None = None
    fault: str | None = None


class CallLog:
    """Every request to a provider since the last reset, in order of arrival."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._counts: Counter[str] = Counter()

    def begin(self, at: datetime, provider: str, op: str, method: str, path: str) -> int:
        """Note a request as it arrives and return its number."""
        n = len(self._calls) + 1
        self._calls.append(Call(n, at.isoformat(), provider, op, method, path))
        self._counts[op] += 1
        return n

    def end(self, n: int, *, user: str | None, status: int, fault: str | None) -> None:
        """Note how the request with that number was answered."""
        if n <= len(self._calls):
            self._calls[n - 1] = replace(self._calls[n - 1], user=user, status=status, fault=fault)

    def since(self, n: int) -> list[dict[str, Any]]:
        """Return the requests after number n."""
        return [asdict(call) for call in self._calls[n:]]

    @property
    def counts(self) -> dict[str, int]:
        """Say how many requests there were of each operation."""
        return dict(self._counts)

    @property
    def last(self) -> int:
        """Return the number of the latest request."""
        return len(self._calls)

    def clear(self) -> None:
        """Forget all requests."""
        self._calls.clear()
        self._counts.clear()


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that a provider would have sent; `kind` is invitation, update, cancellation or response."""

    n: int
    at: str
    provider: str
    to: str
    subject: str
    event: str
    kind: str


class Outbox:
    """The mails that people would have received since the last reset."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._mails: list[Mail] = []

    def add(self, *, provider: str, to: str, subject: str, event: str, kind: str) -> None:
        """Note a mail."""
        self._mails.append(
            Mail(len(self._mails) + 1, self._now().isoformat(), provider, to, subject, event, kind)
        )

    def listing(self) -> list[dict[str, Any]]:
        """Return the mails in order."""
        return [asdict(mail) for mail in self._mails]

    def clear(self) -> None:
        """Forget all mails."""
        self._mails.clear()
