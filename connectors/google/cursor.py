"""Where a listing of changes goes on: Google's sync token, and the query that it was given for. Pure.

A token is only good with the parameters of the first call, so they travel with it.
https://developers.google.com/workspace/calendar/api/guides/sync
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import CursorExpired

# Events on a page, Google's own choice. It gives up to 2500, but large ones make pages that nobody can hold.
PAGE = 250


def standard() -> dict[str, Any]:
    """Return what every listing asks for: masters instead of occurrences, no birthdays, no working hours."""
    return {"singleEvents": False, "eventTypes": ["default"], "maxResults": PAGE}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A sync token and its query."""

    token: str
    query: Mapping[str, Any] = field(default_factory=standard)

    @property
    def outdated(self) -> bool:
        """Tell whether it goes on with larger pages than we ask for today: a token keeps its query for life."""
        return bool(self.query.get("maxResults", PAGE) != PAGE)

    def text(self) -> str:
        """Return the cursor in the form in which it is kept."""
        return json.dumps({"token": self.token, "query": self.query}, separators=(",", ":"), sort_keys=True)


def parse(text: str) -> Cursor:
    """Read a kept cursor. Raises CursorExpired where it is not one of ours."""
    try:
        found = json.loads(text)
        return Cursor(str(found["token"]), dict(found["query"]))
    except (ValueError, TypeError, KeyError) as error:
        raise CursorExpired("the cursor is unreadable", provider="google") from error
