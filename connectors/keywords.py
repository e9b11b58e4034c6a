"""Finds the keyword by which a person asks for a conference in a title, a location or readable notes.

>>> find("Design review (@Zoom), room 4")
Keyword(word='zoom', start=15, end=20)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KEYWORDS = ("video", "meet", "teams", "zoom", "goto", "webex", "jitsi", "static", "none")

_AT = r"[@\uff20]"  # East Asian keyboards also have a wide one
# Scripts that are written without spaces end a word by themselves: "週次定例@zoomで" asks for Zoom.
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_KEYWORD = re.compile(
    rf"(?<!{_LETTER})(?<![@\uff20/=&%+#~$]){_AT}(?P<word>(?ai:{'|'.join(KEYWORDS)}))(?!{_LETTER}|[-.]{_LETTER}|{_AT})"
)
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}://\S*|www\.\S*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword as it stands in a text: `text[start:end]` is what was written."""

    word: str  # one of KEYWORDS
    start: int
    end: int


def find(text: str) -> Keyword | None:
    """Return the leftmost keyword that is a word of its own, not part of an address, a name or a URL."""
    if "@" not in text and "\uff20" not in text:
        return None  # nearly every text, at no cost
    urls = None
    for match in _KEYWORD.finditer(text):
        urls = [url.span() for url in _URL.finditer(text)] if urls is None else urls
        if not any(start <= match.start() < end for start, end in urls):
            return Keyword(match["word"].lower(), match.start(), match.end())
    return None


def replace(location: str, url: str) -> str:
    """Put the join URL where the keyword stands. A location without a keyword, or with `@none`, stays."""
    keyword = find(location)
    if keyword is None or keyword.word == "none":
        return location
    return location[: keyword.start] + url + location[keyword.end :]
