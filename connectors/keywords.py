"""Finds the keyword by which a person asks for a conference in a title, a location or readable notes.

>>> find("Design review (@Zoom), room 4")
Keyword(word='zoom', start=15, end=20)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

KEYWORDS = ("video", "meet", "teams", "zoom", "goto", "webex", "jitsi", "whereby", "static", "none")

_AT = r"[@\uff20]"  # East Asian keyboards also have a wide one
# Scripts that are written without spaces end a word by themselves: "週次定例@zoomで" asks for Zoom.
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_URL = r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}://\S*|(?ai:www\.)\S*"
_KEYWORD = re.compile(  # A URL is swallowed whole, with what looks like a keyword in it.
    rf"{_URL}|(?<!{_LETTER})(?<![@\uff20/=&%+#~$]){_AT}(?P<word>(?ai:{'|'.join(KEYWORDS)}))"
    rf"(?!{_LETTER}|[-.]{_LETTER}|{_AT})"
)


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword as it stands in a text: `text[start:end]` is what was written."""

    word: str  # one of KEYWORDS
    start: int
    end: int


def find(text: str) -> Keyword | None:
    """Return the leftmost keyword that is a word of its own, not part of an address, a name or a URL."""
    return next(_all(text), None)


def replace(location: str, url: str) -> str:
    """Put the join URL where the leftmost keyword stands.

    Others lose their @, or they would ask for something else from then on. A location without a keyword stays,
    and so does one whose first is `@none`.
    """
    found = list(_all(location))
    if not found or found[0].word == "none":
        return location
    for keyword in reversed(found[1:]):
        location = location[: keyword.start] + location[keyword.start + 1 :]
    return location[: found[0].start] + url + location[found[0].end :]


def _all(text: str) -> Iterator[Keyword]:
    if "@" not in text and "\uff20" not in text:
        return  # nearly every text, at no cost
    for match in _KEYWORD.finditer(text):
        if match["word"]:
            yield Keyword(match["word"].lower(), match.start(), match.end())
