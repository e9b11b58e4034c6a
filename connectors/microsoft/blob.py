"""Finds the text by which Teams invites to its meeting, in the body of an event. Pure.

The service writes it between two long lines of underscores, in HTML with classes of its own:

    <div style="width:100%; height:20px"><span …>________________________________</span></div>
    <div class="me-email-text" …> … <a class="me-email-headline" href="https://teams.microsoft.com/l/meetup-join/…">
    <div …><span …>________________________________</span></div>

or, since 2024, with the two lines inside the outer division. Wording and language differ; Outlook and mail filters
put `x_` before the classes, rewrite the links, or leave nothing of the mark-up. Whoever destroys this text switches
the meeting off: https://learn.microsoft.com/en-us/graph/api/event-update
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors import markup
from connectors.links import foreign_links

LONGEST = 30_000  # characters of an invitation with every link rewritten; what is longer is no invitation

_RULE = re.compile(r"_{30,}")
_OUTER = 60  # underscores of the lines around it; a shorter line may stand inside
_INNER = 2  # shorter lines that may
_HINT = re.compile(r"meetup-join|teams(?:\.[a-z]{2,20}){1,3}(?:/|%2f)meet(?:/|%2f)", re.IGNORECASE)
# What their last line leads to, so that a person's own text between two lines is none.
_FAMILIAR = re.compile(r"aka\.ms(?:/|%2F)JoinTeamsMeeting|meetingOptions|dialin\.teams\.")
_CLASS = re.compile(r"me-email-text(?![\w-])")
_BLANK = r"(?:\s|&nbsp;|&#160;)*+"
_NOTHING = re.compile(_BLANK)
_OPENING = re.compile(rf"<(?P<name>[a-zA-Z][\w:-]*)(?P<rest>(?:\s[^<>]*)?)>{_BLANK}")
_CLOSING = re.compile(rf"{_BLANK}(?:<o:p>{_BLANK}</o:p>{_BLANK})?</(?P<name>[a-zA-Z][\w:-]*)\s*>")
_WIDEST = 2_000  # characters of a tag with its style

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Blob:
    """An invitation of Teams as it stands in a body: `body[start:end]`."""

    start: int
    end: int
    join_url: str


def find(content: str, *, html: bool) -> tuple[Blob, ...]:
    """Return the invitations in a body in their order, mostly one or none."""
    hints = [hint.start() for hint in _HINT.finditer(content)]
    if not hints:
        return ()
    rules = [rule.span() for rule in _RULE.finditer(content)]
    found = list(_divided(content, rules, hints)) if html and _CLASS.search(content) else []
    found += _between(content, rules, [hint for hint in hints if not _covers(found, hint)], html=html)
    return tuple(sorted(found, key=lambda blob: blob.start))


def _divided(content: str, rules: list[Span], hints: list[int]) -> Iterator[Blob]:
    """Yield invitations in a division of Teams' own: with the two lines around it, or from line to line in it."""
    for start, end in _divisions(content):
        first = bisect.bisect(hints, start)
        if first == bisect.bisect(hints, end) or end - start > LONGEST:
            continue
        pair = _pair(rules, hints[first])
        inside = pair is not None and start < rules[pair[0]][0] and rules[pair[1]][1] < end
        if pair is not None and inside:  # people may have typed into the division, before the lines or after
            span = _wrapped(content, _from_to(content, rules, pair, html=True), only=_CLASS)
        else:
            span = _with_rules(content, rules, (start, end))
        if blob := _blob(content, span):
            yield blob


def _between(content: str, rules: list[Span], hints: list[int], *, html: bool) -> Iterator[Blob]:
    """Yield invitations that are known by nothing but what stands between two lines."""
    floor, last = 0, (-1, -1)
    for hint in hints:
        pair = _pair(rules, hint)
        if hint < floor or pair is None or pair == last:
            continue
        last = pair
        if _reads_so(content[rules[pair[0]][1] : rules[pair[1]][0]], html=html):
            span = _from_to(content, rules, pair, html=html)
            if floor <= span[0] and (blob := _blob(content, span)):
                floor = span[1]
                yield blob


def _reads_so(inner: str, *, html: bool) -> bool:
    """Tell whether a text begins and ends as invitations do, so that nothing of people's can be in it."""
    if len(inner) > LONGEST or not _FAMILIAR.search(inner):
        return False
    source = " ".join(inner.splitlines()) if html else inner
    lines = markup.readable(source, html=html).splitlines()
    return "teams" in lines[0].lower() and _FAMILIAR.search(lines[-1]) is not None


def _pair(rules: list[Span], hint: int) -> Span | None:
    """Return which line stands before the hint and which ends it: the first long one, else the very next."""
    after = bisect.bisect(rules, (hint, hint))
    if not 0 < after < len(rules):
        return None
    near = range(after, min(after + 1 + _INNER, len(rules)))
    long = (at for at in near if rules[at][1] - rules[at][0] >= _OUTER)
    return after - 1, next(long, after)


def _from_to(content: str, rules: list[Span], pair: Span, *, html: bool) -> Span:
    first, last = rules[pair[0]], rules[pair[1]]
    return (_wrapped(content, first)[0], _wrapped(content, last)[1]) if html else (first[0], last[1])


def _covers(found: list[Blob], hint: int) -> bool:
    near = bisect.bisect(found, hint, key=lambda blob: blob.start) - 1
    return near >= 0 and hint < found[near].end


def _divisions(content: str) -> list[Span]:
    """Return the outermost divisions of Teams' class that are closed."""
    found: list[Span] = []
    still: list[tuple[int, bool]] = []
    for tag in markup.TAG.finditer(content):
        if tag["name"].lower() != "div":
            continue
        if not tag["close"]:
            still.append((tag.start(), _CLASS.search(tag["rest"]) is not None))
        elif still:
            start, of_teams = still.pop()
            while of_teams and found and found[-1][0] > start:
                found.pop()
            found += [(start, tag.end())] if of_teams else []
    return found


def _with_rules(content: str, rules: list[Span], span: Span) -> Span:
    """Take the lines with it that stand right before and after."""
    start, end = span
    after = bisect.bisect(rules, (start, start))
    if after > 0:
        left, right = _wrapped(content, rules[after - 1])
        start = left if _NOTHING.fullmatch(content, right, start) else start
    after = bisect.bisect(rules, (end, end))
    if after < len(rules):
        left, right = _wrapped(content, rules[after])
        end = right if _NOTHING.fullmatch(content, end, left) else end
    return start, end


def _wrapped(content: str, span: Span, only: re.Pattern[str] | None = None) -> Span:
    """Return the outermost element that holds nothing but this; with `only`, of elements that say so."""
    start, end = span
    while True:
        at = content.rfind("<", max(0, start - _WIDEST), start)
        opening = _OPENING.fullmatch(content, at, start) if at >= 0 else None
        closing = _CLOSING.match(content, end)
        if not opening or not closing or opening["name"].lower() != closing["name"].lower():
            return start, end
        if opening["name"].lower() in {"body", "html"} or (only and not only.search(opening["rest"])):
            return start, end
        start, end = opening.start(), closing.end()


def _blob(content: str, span: Span) -> Blob | None:
    links = foreign_links(content[slice(*span)])
    url = next((link.url for link in links if link.service == "teams"), "")
    return Blob(*span, url) if url else None
