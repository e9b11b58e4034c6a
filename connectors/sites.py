"""Finds where an address, or a placeholder for one, stands in a description: among words, or behind a link. Pure."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from connectors import markup
from connectors.redirects import unwrap

Span = tuple[int, int]

NEAR = 4  # characters on either side by which a place is known again, blanks and mark-up not counted

_ENTITIES = {
    "&": "&(?:amp;|#38;|#x26;)?",
    "<": "(?:<|&lt;)",
    ">": "(?:>|&gt;)",
    '"': '(?:"|&quot;|&#34;|&#x22;)',
    "'": "(?:'|&apos;|&#39;|&#x27;)",
}
_TAG = re.compile(r"<[^<>]*>")
_BEFORE = re.compile(r"(?<![\w/=&%#?+~-])")
_AFTER = re.compile(r"(?=&(?:lt|gt|quot|nbsp|#\d+);)|(?![\w/?=&%#+~-]|[.:,;!]\w)")


@dataclass(frozen=True, slots=True)
class Form:
    """What to look for. With a `url`, links that mail filters have rewritten are found as well."""

    pattern: re.Pattern[str]
    url: str = ""

    def fits(self, value: str) -> bool:
        """Tell whether this value of an attribute of a link is it."""
        return self.pattern.fullmatch(value) is not None or (
            self.url != "" and self.ends(markup.unescape(value).strip())
        )

    def ends(self, address: str) -> bool:
        """Tell whether an address leads to the URL. Browsers give a bare host a slash."""
        return self.url.rstrip("/") in {address.rstrip("/"), unwrap(address).rstrip("/")}


@dataclass(frozen=True, slots=True)
class Site:
    """One place: `text[start:end]`, which is what was found, or for one behind a link the attributes of the link."""

    start: int
    end: int
    behind: bool  # it is what a link leads to, and people do not see it
    linked: bool  # it is among the words of a link
    link: Span | None  # the whole link around it, where that shows nothing else and leads there
    whole: bool  # nothing before it or after it could be a part of the address
    before: str  # what people read before it and after it
    after: str


@dataclass(frozen=True, slots=True)
class _Link:
    """A link of HTML: `text[start:end]`, and between `first` and `last` its words."""

    start: int
    first: int
    last: int
    end: int
    attributes: Span


def form(url: str, *, html: bool | None) -> Form:
    """Return how a URL may stand in a text. `html` is as in `markup.py`, here and below."""
    if html is False:
        return Form(re.compile(re.escape(url)), url)
    return Form(re.compile("".join(_ENTITIES.get(letter) or re.escape(letter) for letter in url)), url)


def outside(length: int, spans: Iterable[Span]) -> list[Span]:
    """Return what lies between these spans of a text, which may overlap."""
    left, position = [], 0
    for start, end in sorted(spans):
        left.append((position, max(position, start)))
        position = max(position, end)
    return [*left, (position, max(position, length))]


def scan(text: str, wanted: Form, skip: Iterable[Span], *, html: bool | None, tags: bool) -> list[Site]:
    """Return the places outside of the spans to skip, in their order. `tags` tells whether there are any."""
    free = outside(len(text), skip)
    seen = [*markup.visible(text)] if tags else [(0, len(text))]
    areas = list(_shared(seen, free))
    links = _links(text, {end for _, end in seen}, free) if tags else []
    spots = [(*found.span(), False) for area in areas for found in wanted.pattern.finditer(text, *area)]
    spots += [
        (*link.attributes, True) for link in links if any(_values(text[slice(*link.attributes)], wanted))
    ]
    spots.sort()
    begins = [link.start for link in links]
    around = [links[: bisect.bisect(begins, start)][-1:] for start, _, _ in spots]
    sides = _sides(text, areas, spots, html=html)
    return [_site(text, *row, wanted) for row in zip(spots, around, sides, strict=True)]


def behind(attributes: str, wanted: Form) -> str:
    """Return what was found behind the link with these attributes."""
    return next(_values(attributes, wanted))


def led(attributes: str, wanted: Form, value: str) -> str:
    """Return the attributes of a link that leads to `value` instead, which is encoded already."""
    return markup.TARGET.sub(
        lambda found: (
            found[0].replace(old, value) if (old := _value(found)) and wanted.fits(old) else found[0]
        ),
        attributes,
    )


def _values(attributes: str, wanted: Form) -> Iterator[str]:
    values = (_value(found) for found in markup.TARGET.finditer(attributes))
    return (value for value in values if value and wanted.fits(value))


def _value(found: re.Match[str]) -> str:
    """Return what stands between quotes: without them no blank could."""
    return found["d"] or found["s"] or ""


def _shared(left: Sequence[Span], right: Sequence[Span]) -> Iterator[Span]:
    """Yield what is in one of `left` and in one of `right`; both are in order."""
    at = 0
    for start, end in left:
        while at < len(right) and right[at][1] <= start:
            at += 1
        for low, high in right[at : bisect.bisect(right, (end, 0))]:
            if max(start, low) < min(end, high):
                yield max(start, low), min(end, high)


def _links(text: str, ends: set[int], free: Sequence[Span]) -> list[_Link]:
    """Return the links that people see; `ends` is where their text ends and a tag begins."""
    found: list[_Link] = []
    opening: re.Match[str] | None = None
    for tag in markup.TAG.finditer(text):
        at = tag.start()
        if tag["name"].lower() != "a" or at not in ends:
            continue
        if free[bisect.bisect(free, (at, len(text))) - 1][1] <= at:
            continue
        if opening is not None:
            found.append(_link(opening, at, tag.end() if tag["close"] else at))
        opening = None if tag["close"] else tag
    return [*found, *([] if opening is None else [_link(opening, len(text), len(text))])]


def _link(opening: re.Match[str], last: int, end: int) -> _Link:
    return _Link(opening.start(), opening.end(), last, end, opening.span("rest"))


def _site(
    text: str, spot: tuple[int, int, bool], around: list[_Link], sides: tuple[str, str], wanted: Form
) -> Site:
    start, end, behind = spot
    link = next((one for one in around if one.first <= start and end <= one.last), None)
    whole = behind or (_BEFORE.match(text, start) is not None and _AFTER.match(text, end) is not None)
    alone = link is not None and wanted.url != "" and _shows_only(text, link, start, end, wanted)
    span = (link.start, link.end) if link is not None and alone else None
    return Site(start, end, behind, link is not None, span, whole, *sides)


def _shows_only(text: str, link: _Link, start: int, end: int, wanted: Form) -> bool:
    around = f"{text[link.first : start]} {text[end : link.last]}"
    bare = markup.unescape(_TAG.sub("", around)).strip() == ""
    return link.last < link.end and bare and wanted.ends(markup.target(text[slice(*link.attributes)]))


def _sides(
    text: str, areas: Iterable[Span], spots: Sequence[tuple[int, int, bool]], *, html: bool | None
) -> list[tuple[str, str]]:
    """Return what people read on either side of each place, where one among words counts as a character."""
    pieces: list[str] = []
    at: list[int] = []
    length = 0

    def read(piece: str) -> None:
        nonlocal length
        pieces.append("".join((piece if html is False else markup.unescape(piece)).split()))
        length += len(pieces[-1])

    for start, stop in areas:
        position = start
        while len(at) < len(spots) and spots[len(at)][0] < stop:
            left, right, behind = spots[len(at)]
            if not behind:
                read(text[position:left])
                position = right
            at.append(length)
            if not behind:
                read("\0")
        read(text[position:stop])
    at += [length] * (len(spots) - len(at))
    skeleton = "".join(pieces)
    return [
        (skeleton[max(0, here - NEAR) : here], skeleton[here + (not behind) :][:NEAR])
        for here, (_, _, behind) in zip(at, spots, strict=True)
    ]
