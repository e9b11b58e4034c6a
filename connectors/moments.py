"""Times as services write them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def moment(text: Any) -> datetime | None:
    """Read a time in ISO 8601, as UTC where it names no zone; None for what is none."""
    try:
        found = datetime.fromisoformat(str(text))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
