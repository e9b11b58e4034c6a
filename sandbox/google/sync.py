"""Lists, full and incremental, in pages; a token belongs to one user, one source and one query."""

# https://developers.google.com/workspace/calendar/api/guides/sync

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.google.errors import GoogleError
from sandbox.google.tokens import Page, SyncPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sandbox.google.state import Google

Json = dict[str, Any]

PAGING = (
    "pageToken",
    "syncToken",
    "maxResults",
    "alt",
    "prettyPrint",
    "fields",
    "quotaUser",
    "key",
    "userIp",
)
"""Parameters that may differ between the pages of a list, and from one list to the next."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: where it comes from and how each item is found and shown."""

    email: str
    source: str
    """The calendar, or "" for the calendar list."""
    seq: int
    """Place of the latest change."""
    everything: Callable[[], Iterable[str]]
    """Keys of a full list."""
    since: Callable[[int], Iterable[str]]
    """Keys of what changed after a place."""
    show: Callable[[str], Json | None]
    """The item with that key, None when it is gone or left out."""
    forbidden: Sequence[str]
    """Parameters that cannot go with a sync token."""
    tokenless: Sequence[str]
    """Parameters with which a full list ends without a sync token."""
    size: int
    """Items on a page unless something else is asked for."""
    most: int


def page(google: Google, listing: Listing, query: Mapping[str, Any]) -> Json:
    """Return the items of one page, and nextPageToken or nextSyncToken."""
    identity = frozenset(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in query.items()
        if name not in PAGING
    )
    left, seq = _wanted(google, listing, query, identity)
    size = min(query.get("maxResults", listing.size), listing.most)
    items: list[Json] = []
    taken = _page_length(google, size, len(left))
    items = [item for key in left[:taken] if (item := listing.show(key)) is not None]
    answer: Json = {"items": items}
    if left[taken:]:
        rest = Page(listing.email, listing.source, identity, query.get("syncToken"), left[taken:], seq)
        answer["nextPageToken"] = google.tokens.page_token(rest)
    elif not any(query.get(name) for name in listing.tokenless):
        point = SyncPoint(listing.email, listing.source, _of_sync(identity), seq, google.moment())
        answer["nextSyncToken"] = google.tokens.sync_token(point)
    return answer


def _of_sync(identity: frozenset[tuple[str, Any]]) -> frozenset[tuple[str, Any]]:
    # The window and the wish for deleted items are of the initial list only.
    return frozenset(
        pair for pair in identity if pair[0] not in ("timeMin", "timeMax", "showDeleted", "updatedMin")
    )


def _wanted(
    google: Google, listing: Listing, query: Mapping[str, Any], identity: frozenset[tuple[str, Any]]
) -> tuple[tuple[str, ...], int]:
    since = _since(google, listing, query, identity)
    if token := query.get("pageToken"):
        held = google.tokens.pages.get(token)
        if held is None or (held.email, held.source) != (listing.email, listing.source):
            raise GoogleError("invalid", "Invalid page token value.")
        if held.query != identity or held.sync_token != query.get("syncToken"):
            raise GoogleError("invalid", "The page token belongs to another query.")
        return held.left, held.seq
    keys = listing.everything() if since is None else listing.since(since)
    return tuple(keys), listing.seq


def _since(
    google: Google, listing: Listing, query: Mapping[str, Any], identity: frozenset[tuple[str, Any]]
) -> int | None:
    token = query.get("syncToken")
    if token is None:
        return None
    if query.get("orderBy"):
        raise GoogleError("badRequest", "Sync token cannot be used with non-default ordering")
    if any(query.get(name) for name in listing.forbidden) or False in (
        query.get("showDeleted"),
        query.get("showHidden"),
    ):
        raise GoogleError("badRequest", "Sync token cannot be used with other request restrictions")
    point = google.tokens.sync_point(token)
    if point is None or (point.email, point.source) != (listing.email, listing.source):
        raise GoogleError("fullSyncRequired")
    if point.query != _of_sync(identity):
        # Google calls this undefined behaviour; a test wants to know.
        raise GoogleError("badRequest", "The parameters differ from those of the initial request")
    return point.seq


def _page_length(google: Google, size: int, left: int) -> int:
    """Return how many items this page has: Google may send fewer than asked, or none."""
    mode = google.world.modes.short_pages
    if left > 1 and (mode == "always" or (mode == "random" and left > size)):
        return google.world.random.randint(0 if size > 1 else 1, min(size, left - 1))
    return size
