"""Make texts from outside safe to show on a terminal: no control characters, and no markup of our own. Pure."""

from __future__ import annotations

from typing import Any

from rich.markup import escape


def plain(fact: Any) -> Any:
    """Return a text, or facts made of texts, so that a terminal shows them as they are, in one line each."""
    match fact:
        case str():
            return escape("".join(one if one.isprintable() else " " for one in fact))
        case dict():
            return {plain(name): plain(value) for name, value in fact.items()}
        case list() | tuple():
            return [plain(one) for one in fact]
    return fact
