"""Partial responses: the `fields` parameter."""

# https://developers.google.com/workspace/calendar/api/guides/performance#partial-response

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sandbox.google.errors import GoogleError

Selection = dict[str, "Selection"]


def selected(resource: Any, fields: str) -> Any:
    """Return only the named fields of a resource; answer 400 when the selector cannot be read."""
    return _pick(resource, parsed(fields))


@lru_cache(maxsize=200)
def parsed(fields: str) -> Selection:
    """Return a selector such as `items(id,start/date),nextPageToken` as a tree; {} selects everything."""
    tree, rest = _parse(fields.replace(" ", ""))
    if rest or not tree:
        raise GoogleError("badRequest", f"Invalid field selection {fields}")
    return tree


def _parse(text: str) -> tuple[Selection, str]:
    tree: Selection = {}
    while text and not text.startswith(")"):
        end = min((text.find(mark) for mark in ",(/)" if mark in text), default=len(text))
        name, text = text[:end], text[end:]
        child: Selection = tree.setdefault(name, {})
        while text.startswith("/"):
            text = text[1:]
            end = min((text.find(mark) for mark in ",(/)" if mark in text), default=len(text))
            child, text = child.setdefault(text[:end], {}), text[end:]
        if text.startswith("("):
            inner, text = _parse(text[1:])
            if not text.startswith(")"):
                raise GoogleError("badRequest", "Invalid field selection")
            child.update(inner)
            text = text[1:]
        text = text.removeprefix(",")
    return tree, text


def _pick(value: Any, tree: Selection) -> Any:
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [_pick(item, tree) for item in value]
    if isinstance(value, dict):
        return {name: _pick(value[name], part) for name, part in tree.items() if name in value}
    return value
