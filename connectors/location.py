"""Join links in the location of an event: found as a whole, replaced, and taken out with their separators. Pure."""

from __future__ import annotations

import re

_AFTER = r"(?![\w/?=&%#+~-]|[.:,;!]\w)"  # where a URL ends: "…/j/1" is not in "…/j/12" nor in "…/j/1?pwd=x"
_BLANKS = " \t,;|"


def holds(location: str, url: str) -> bool:
    """Tell whether the location holds this URL, and not just a longer one that begins with it."""
    return url != "" and _find(location, url) is not None


def swap(location: str, url: str, new: str) -> str:
    """Put `new` wherever the URL stands."""
    return re.sub(re.escape(url) + _AFTER, lambda _: new, location) if url else location


def without(location: str, url: str) -> str:
    """Take the URL out, everywhere, with what separated it from the rest."""
    while found := _find(location, url) if url else None:
        location = _joined(location[: found.start()], location[found.end() :])
    return location


def _find(location: str, url: str) -> re.Match[str] | None:
    return re.search(re.escape(url) + _AFTER, location)


def _joined(before: str, after: str) -> str:
    if not before.strip(_BLANKS):
        return after.lstrip(_BLANKS)
    if not after.strip(_BLANKS):
        return before.rstrip(_BLANKS)
    return before.rstrip(" ") + " " + after.lstrip(" ") if before.endswith(" ") else before + after
