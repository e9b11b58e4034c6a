"""Our join URL in the location of an event, or in one of its several locations. Pure.

`location` and `locations` mirror each other, and a PATCH of one replaces all of the other: what people, rooms and
maps have put there goes back as it was read, with another name.
https://learn.microsoft.com/en-us/graph/api/resources/location
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors import keywords, placeholders
from connectors.location import holds, swap, without
from connectors.microsoft.values import mapping, sequence, text

LONGEST = 255  # characters of a name that Outlook keeps

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of a location."""

    url: str = ""  # what people join by; "" to take it off
    former: Sequence[str] = ()  # URLs of ours that make room for it, the longest first
    keyword: bool = False  # a keyword in the location asked for it, and gives its place
    fill: bool = False  # an empty location is filled


@dataclass(frozen=True, slots=True)
class Places:
    """What to send: one location, or all of several; neither where nothing changes."""

    location: Json | None = None
    locations: tuple[Json, ...] | None = None


EMPTY = Places(location={"displayName": "", "locationUri": ""})


def write(name: str, wish: Wish, places: Json) -> Places:
    """Say what to send for an event whose location shows this name. `places` is the event as far as it was read."""
    several = [place for place in sequence(places.get("locations")) if isinstance(place, dict)]
    if len(several) > 1 and name.strip():
        return _several(several, wish)
    (new,) = renamed([name], wish)
    if new == name:
        return Places()
    return Places(location=_place(mapping(places.get("location")), new, wish))


def changes(name: str, wish: Wish) -> bool:
    """Tell whether a location changes that somebody has written."""
    return name.strip() != "" and renamed([name], wish) != [name]


def renamed(names: Sequence[str], wish: Wish) -> list[str]:
    """Return the names as they should be. A keyword that asked for nothing is text like any."""
    if wish.fill and not "".join(names).strip():
        return [wish.url if len(wish.url) <= LONGEST else name for name in names]
    found = [_swapped(name, wish) for name in names]
    placed = any(holds(name, wish.url) for name in found)
    for at, name in enumerate(found):
        if wish.keyword and keywords.find(name):
            fits = not placed and len(name) + len(wish.url) <= LONGEST
            found[at] = keywords.replace(name, wish.url) if fits else keywords.replace(name, "").strip()
            placed = placed or fits
    return found


def _swapped(name: str, wish: Wish) -> str:
    for url in wish.former:
        if url != wish.url:
            fits = wish.url and len(name) - len(url) + len(wish.url) <= LONGEST
            name = swap(name, url, wish.url) if fits else without(name, url)
    if not wish.url:
        return name
    filled = placeholders.fill(name, wish.url)
    return filled if len(filled) <= LONGEST else placeholders.fill(name, "")


def _several(places: Sequence[Json], wish: Wish) -> Places:
    names = [text(place.get("displayName")) for place in places]
    new = renamed(names, wish)
    if new == names:
        return Places()
    rows = zip(places, names, new, strict=True)
    kept = [(place, name) for place, former, name in rows if name.strip() or name == former]
    if not kept:
        return Places(location=_place({}, "", wish))
    return Places(
        locations=tuple(
            place if name == place.get("displayName") else _place(place, name, wish) for place, name in kept
        )
    )


def _place(place: Json, name: str, wish: Wish) -> Json:
    """Give a location another name, and our URL to follow where it has none of its own."""
    changed = {**place, "displayName": name}
    if place.get("uniqueId") and place.get("uniqueId") == place.get("displayName"):
        changed["uniqueId"] = name
    uri = text(place.get("locationUri"))
    if not uri or uri in wish.former:
        changed["locationUri"] = wish.url if holds(name, wish.url) else ""
    return changed
