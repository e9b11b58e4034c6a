"""Zoom's two forms of a start time, and the zones it knows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones


def zone(name: str) -> ZoneInfo | None:
    """Look a time zone up; None where Zoom would not know it."""
    return ZoneInfo(name) if name in available_timezones() else None


def read(text: str, timezone: str) -> datetime:
    """Turn `…Z`, or local time in `timezone`, into a UTC instant; raise ValueError for no date."""
    moment = datetime.fromisoformat(text.removesuffix("Z"))
    local = moment.replace(tzinfo=UTC if text.endswith("Z") else ZoneInfo(timezone))
    return local.astimezone(UTC)


def show(moment: datetime) -> str:
    """Write an instant the way every answer does, in UTC without fractions."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def milliseconds(moment: datetime) -> str:
    """Write the start of an occurrence as its id."""
    return str(int(moment.timestamp()) * 1000)
