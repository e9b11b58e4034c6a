"""An application that may call us. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Application:
    """One of them, as the operator has configured it."""

    client_id: str
    name: str
    secrets: tuple[str, ...] = field(repr=False)  # more than one while they are being changed
    redirect_uris: tuple[str, ...] = ()
    allow_private: bool = False  # webhooks of its may go to addresses of private networks
    elevated: bool = False  # it may change events that it has not made
    per_second: int = 50
    per_minute: int = 500
