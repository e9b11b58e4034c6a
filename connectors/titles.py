"""Titles as services take them: one line, no longer than so much. Pure."""

from __future__ import annotations

from unicodedata import category

_UNSEEN = frozenset({"Cc", "Cs"})  # control characters, and halves of characters
_JOINER = "\u200d"  # between the parts of one picture; at an end it joins nothing


def one_line(text: str, longest: int) -> str:
    """Return the text without line breaks and control characters, "" where nothing is left.

    It is cut to `longest`, counted as by `length`.
    """
    seen = " ".join("".join(" " if category(one) in _UNSEEN else one for one in text).split())
    seen = seen[:longest]
    while length(seen) > longest:
        seen = seen[:-1]
    return seen.strip(f" {_JOINER}")


def length(text: str) -> int:
    """Return the length as services count, most of which are written in Java: a picture (😀) counts as two."""
    return len(text) + sum(one > "\uffff" for one in text)
