"""What our note says of the links that were filled in: which one, and for each place how it is known again. Pure.

The digest of the URL and its length, and for each place nine letters: how the link was filled in and which spelling
stood there (1), how many of the same there are before it (2), the digests of what stands before it (3) and after it
(3). So the note says nothing that lets anybody into a meeting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from connectors.sites import Site

MOST = 40  # places that there is room for
TEXT, WORDS, LINK, BEHIND = range(4)  # among words, among the words of a link, as a link, behind a link

_SPELLINGS = 4
_LARGEST = 32 * 32 - 1
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_LINKS = re.compile(r"[0-9a-v]{6}(?P<length>[0-9a-v]{3})(?P<notes>(?:[0-9a-f][0-9a-v]{8})+)")
_WEB = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Note:
    """One place where a link was filled in."""

    kind: int
    spelling: int  # of placeholders.LINKS
    number: int  # how many of the same there are before it: links among words, or links to it
    before: str  # digests of what stands there
    after: str

    @classmethod
    def of(cls, site: Site, kind: int, spelling: int, number: int) -> Self:
        """Take note of a place."""
        return cls(kind, spelling, number, _digest(site.before, 3), _digest(site.after, 3))

    def alike(self, site: Site) -> int:
        """Return on how many sides a place is as it was. Where nothing stands, one side says nothing by itself."""
        before, after = self.before == _digest(site.before, 3), self.after == _digest(site.after, 3)
        if before and after:
            return 2
        return int(site.whole and ((before and site.before != "") or (after and site.after != "")))


def read(links: str) -> list[Note]:
    """Read what was written; nothing where it is not whole."""
    known = _LINKS.fullmatch(links)
    told = known["notes"] if known else ""
    rows = (told[at : at + 9] for at in range(0, len(told), 9))
    return [Note(*divmod(int(row[0], 32), _SPELLINGS), int(row[1:3], 32), row[3:6], row[6:]) for row in rows]


def write(url: str, notes: Iterable[Note]) -> str:
    """Write down where a URL stands, as far as there is room."""
    told = "".join(map(_written, [note for note in notes if note.number <= _LARGEST][:MOST]))
    return f"{_of(url)}{told}" if told else ""


def is_of(links: str, url: str) -> bool:
    """Tell whether this is the URL that was filled in."""
    return links.startswith(_of(url))


def url(links: str, text: str) -> str:
    """Find the URL in a text; "" where it is not there."""
    known = _LINKS.fullmatch(links)
    length = int(known["length"], 32) if known else 0
    found = (text[match.start() : match.start() + length] for match in _WEB.finditer(text))
    return next((one for one in found if is_of(links, one)), "")


def _of(url: str) -> str:
    return _digest(url, 6) + _digits(len(url), 3)


def _written(note: Note) -> str:
    first = _digits(note.kind * _SPELLINGS + note.spelling, 1)
    return f"{first}{_digits(note.number, 2)}{note.before}{note.after}"


def _digest(text: str, length: int) -> str:
    return _digits(int.from_bytes(sha256(text.encode(errors="surrogatepass")).digest()[:8]), length)


def _digits(number: int, length: int) -> str:
    """Write the last digits of a number to the base of 32."""
    return "".join(_DIGITS[number >> 5 * at & 31] for at in reversed(range(length)))
