"""Which occurrences of a series are changed and which are cancelled, as a master tells that is asked for it. Pure.

A listing of changes may keep silent about both.
https://learn.microsoft.com/en-us/graph/api/event-get
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.microsoft.times import iana, instant
from connectors.microsoft.values import sequence, text

_OCCURRENCE = re.compile(r".*\.(\d{4}-\d{2}-\d{2})", re.ASCII | re.DOTALL)  # OID.<master>.2026-11-23


def cancelled_days(master: Mapping[str, Any]) -> frozenset[str]:
    """Return the days of the occurrences that were cancelled, such as `2026-11-23`."""
    days = (_day(text(one)) for one in sequence(master.get("cancelledOccurrences")))
    return frozenset(day for day in days if day)


def exceptions(master: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the changed occurrences, each an event that is told in full."""
    return [one for one in sequence(master.get("exceptionOccurrences")) if isinstance(one, dict)]


def original_day(exception: Mapping[str, Any], zone: str) -> str:
    """Return the day on which a changed occurrence would be, in the zone of its series; "" where nothing tells."""
    if day := _day(text(exception.get("occurrenceId"))):
        return day
    try:
        return _seen(instant(text(exception.get("originalStart"))), zone)
    except ValueError:
        return ""


def _day(occurrence: str) -> str:
    found = _OCCURRENCE.fullmatch(occurrence)
    return found[1] if found else ""


def _seen(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(iana(zone, "UTC"))).date().isoformat()
