"""Lists that are late: what was just made may not be in them yet."""

from __future__ import annotations

from datetime import datetime

from connectors.errors import Transient


def trust_the_list(service: str, seconds: float, tried: datetime, now: datetime) -> None:
    """Raise Transient (reason "list_lag") until what was tried then would be listed, `seconds` after."""
    rest = seconds - (now - tried).total_seconds()
    if rest > 0:
        raise Transient(
            f"an earlier create may have made a meeting that {service} does not list yet",
            retry_after=rest,
            provider=service.lower(),
            reason="list_lag",
        )
