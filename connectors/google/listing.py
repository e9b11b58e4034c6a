"""Google's paged lists, whole. A list ends with the page that has no further token, never with an empty one.

https://developers.google.com/workspace/calendar/api/guides/pagination
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from connectors.errors import Transient

SLICE = 25  # items that are read in one go: some milliseconds

Ask = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Gets one page; its argument is what to add to the query."""


async def pages(ask: Ask) -> AsyncIterator[Mapping[str, Any]]:
    """Yield page after page. Raises Transient when Google sends us in circles."""
    token, seen = "", {""}
    while True:
        page = await ask({"pageToken": token} if token else {})
        yield page
        token = str(page.get("nextPageToken") or "")
        if not token:
            return
        if token in seen:
            raise Transient("the same page token came twice", provider="google", reason="page_loop")
        seen.add(token)


def items(page: Mapping[str, Any]) -> list[Any]:
    """Return the items of a page."""
    found = page.get("items")
    return found if isinstance(found, list) else []


async def slices(page: Mapping[str, Any]) -> AsyncIterator[list[Any]]:
    """Yield the items of a page bit by bit, so that everybody else gets a turn between two of them."""
    found = items(page)
    for at in range(0, len(found), SLICE):
        yield found[at : at + SLICE]
        await asyncio.sleep(0)
