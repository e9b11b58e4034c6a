"""Our private note on one copy of an event, as text: `<key> <event id> {<links>} <source>`. Pure.

The links are what `filled.py` has to know of those that stand in the description; most events have none.
"""

from __future__ import annotations

import re

from connectors.block import is_key
from connectors.model import Mark

LONGEST = 1024  # characters; Google cuts longer values off without a word, and Exchange keeps far more

_NOTE = re.compile(
    r"(?P<key>[^ ]+) (?P<event>[^ ]+)(?: \{(?P<links>[0-9a-v]*)\})?(?: (?P<source>.*))?", re.DOTALL
)


def read(text: str) -> Mark | None:
    """Read a note. What nobody of us can have written is overlooked."""
    found = _NOTE.fullmatch(text)
    if found is None or not is_key(found["key"]):
        return None
    return Mark(found["key"], found["event"], found["source"] or "", found["links"] or "")


def write(mark: Mark) -> str:
    """Write a note, cut to what is kept."""
    links = f"{{{mark.links}}} " if mark.links else ""
    return f"{mark.key} {mark.event} {links}{mark.source}".rstrip()[:LONGEST]
