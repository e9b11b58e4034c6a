"""One exception for each thing that a caller can do about a provider's refusal. The docstring is the message."""

from __future__ import annotations

from connectors.model import Event

# The reasons of a Transient that promise: the provider was not asked to make anything.
UNTOUCHED = frozenset({"list_lag", "not_sent", "rate_limit", "daily_budget", "daily_limit", "refresh_lost"})


# The reasons of a NotFound for a meeting that is there and no longer good: it is found by its key, and goes.
SPENT = frozenset({"too_short"})


class ProviderError(Exception):
    """The provider did not do what was asked."""

    def __init__(
        self, message: str = "", *, provider: str = "", status: int | None = None, reason: str = ""
    ) -> None:
        """`reason` is the provider's own machine-readable word (`quotaExceeded`, `3001`), for logs and tables."""
        super().__init__(message or self.__doc__)
        self.provider = provider
        self.status = status
        self.reason = reason


class Transient(ProviderError):
    """It may work later: try the same again, not before `retry_after` seconds where the provider said so."""

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        provider: str = "",
        status: int | None = None,
        reason: str = "",
    ) -> None:
        """`retry_after` counts seconds from now; `None` leaves the pace to the caller's own back-off."""
        super().__init__(message, provider=provider, status=status, reason=reason)
        self.retry_after = retry_after


class Conflict(ProviderError):
    """The event changed since we read it: read it again and decide again."""


class CursorExpired(ProviderError):
    """The cursor is no longer valid: list everything and compare with what is known."""


class Unauthorized(ProviderError):
    """The credentials were refused for good: stop, and tell the operator how to reconnect."""


class NotFound(ProviderError):
    """The thing is not there, or no longer there."""


class Unwatchable(ProviderError):
    """This calendar cannot announce changes: poll it, and do not ask again."""


class Rejected(ProviderError):
    """The provider will never accept this request as it stands: do not repeat it, show the reason."""


class Ignored(Rejected):
    """The provider said yes and did not do it, or not all of it. `shown` is how the event stands after that."""

    shown: Event | None = None
