"""Keeps the details of one meeting in an event's description, between two lines that people can see.

    --- Online meeting (hd7k2m0q9v4c1t8e5b) ---
    Join Zoom: https://us02web.zoom.us/j/92674392836?pwd=8pEk.1
    Meeting ID: 926 7439 2836
    Passcode: Xk7Q2p
    --- End of online meeting (hd7k2m0q9v4c1t8e5b) ---

Everything outside belongs to people and never changes by a byte; `take` undoes `put`. Four dashes instead of
three say that we also put an empty line before the block, which then goes with it. The lines are found again
after the editor of a web calendar has turned them into HTML. Copies of the block, and what is left of one
after somebody deleted one of its two lines, are tidied away by the next `put` or `take`.

`html` is as in `markup.py`. In text that may be HTML (None) the characters & < > are always encoded, because
Google Calendar decodes them in every description. There the lines end in a newline as long as the text
outside has no tags, because Google then shows newlines, and in <br> where it has, because it then does not.

The marker lines are in one of the languages that we ship, whatever words an operator prefers between them (`texts`):
whoever reads a block has to know them. More than four dashes tell of a placeholder, as `placeholders.py` says.
"""

from __future__ import annotations

import bisect
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from connectors import markup, placeholders
from connectors.details import is_detail
from connectors.model import Block
from connectors.wording import ENGLISH, Texts

_KEY = re.compile(r"hd[0-9a-v]{16}")  # so odd that a marker line is ours even if half of it is missing
_IN_BRACKETS = re.compile(rf"(?<=\(){_KEY.pattern}(?=\))")
_SPACED, _BARE = "----", "---"
# What an editor may put between two words: blanks, and tags such as <span>. Possessive, so read only once.
# Exchange breaks long lines of HTML where a blank is, and lets the blank begin the next line.
_GAP = r"(?:\s|&nbsp;|&#160;|</?[a-zA-Z][^<>]{0,200}>)*+"
_BLANK = (
    r"(?:[ \t\xa0]|\r?\n(?=[ \t])|&nbsp;|&#160;|</?(?:a|b|em|font|i|span|strong|u|wbr)(?:\s[^<>]{0,200})?>)*+"
)
_DASHES = r"(?:-{5,8}|[-\u2013\u2014]{1,4})"
_MARK = re.compile(
    rf"(?:(?P<dashes>{_DASHES}){_BLANK})?(?P<end>(?:end{_GAP}of|ende{_GAP}der){_GAP})?"
    rf"online(?:{_GAP}meeting|[-\u2010\u2011]besprechung){_GAP}"
    rf"\((?P<key>(?-i:{_KEY.pattern}))\)(?:{_BLANK}(?:(?P=dashes)|{_DASHES}))?",
    re.IGNORECASE,
)
_WIDEST = 800  # characters of a marker line before and after its key, with an editor's tags
_BREAK = re.compile(
    r"</(?P<name>p|div|li)\s*>\s*<(?P=name)(?:\s[^<>]*)?>|<br\s*/?>(?:\r?\n)?"
    r"|</?(?:p|div|li|ul|ol|body)(?:\s[^<>]*)?>|\r?\n",
    re.IGNORECASE,
)
_TWO_BREAKS = re.compile(r"(?:(?:<br\s*/?>\r?\n){2}|(?:\r\n|\n|<br\s*/?>){2})\Z", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class _Span:
    """A block, or what is left of one, as it stands in a text."""

    start: int
    end: int
    body: tuple[int, int]  # between the marker lines
    key: str  # "" where a marker line is missing
    dashes: str  # of the first marker line

    @property
    def spaced(self) -> bool:
        """Whether we put an empty line before it."""
        return self.dashes == _SPACED


def is_key(text: str) -> bool:
    """Whether this can be the key of a conference."""
    return _KEY.fullmatch(text) is not None


def split(description: str, *, html: bool | None = None, texts: Texts = ENGLISH) -> tuple[str, Block | None]:
    """Return the readable text outside our block, and our block."""
    spans = _spans(description, texts)
    notes = markup.readable(_edit(description, dict.fromkeys(spans, ""), html=html), html=html)
    return notes, _block(description, spans, html=html)


def find(description: str, *, html: bool | None = None, texts: Texts = ENGLISH) -> Block | None:
    """Return our block."""
    return _block(description, _spans(description, texts), html=html)


def put(
    description: str, key: str, lines: Iterable[str], *, html: bool | None = None, texts: Texts = ENGLISH
) -> str:
    """Add a block, or write it in the place of the one which is there, else in that of a placeholder.

    Raises ValueError for an odd key.
    """
    if not is_key(key):
        raise ValueError(f"{key!r} cannot stand in a description as the key of a conference")
    spans = _spans(description, texts)
    tags = html if html is not None else markup.is_html(take(description, html=html, texts=texts))
    render = partial(_render, key, list(lines), texts, tags=tags, html=html)
    if spans:
        main = _main(spans)
        new = render(main.dashes if main.dashes in {_SPACED, *placeholders.BLOCKS} else _BARE)
        return _edit(description, {span: new if span is main else "" for span in spans}, html=html)
    asked = placeholders.first(description, tags=tags)
    if asked is not None:
        at, spelling, dashes = asked
        return description[:at] + render(dashes) + description[at + len(spelling) :]
    at = markup.foot(description) if tags else len(description)
    gap = "<br>" * 2 if tags else "\n" * 2
    return description[:at] + (gap + render(_SPACED) if at else render(_BARE)) + description[at:]


def take(description: str, *, html: bool | None = None, texts: Texts = ENGLISH) -> str:
    """Remove every block of ours, with the empty line that `put` added before it, and put its placeholder back."""
    return _edit(description, _off(_spans(description, texts)), html=html)


def spots(description: str, *, texts: Texts = ENGLISH) -> list[tuple[int, int]]:
    """Return where our blocks stand, and what is left of one."""
    return [(span.start, span.end) for span in _spans(description, texts)]


def _block(text: str, spans: list[_Span], *, html: bool | None) -> Block | None:
    if not spans:
        return None
    main = _main(spans)
    return Block(main.key, markup.readable(text[slice(*main.body)], html=html))


def _off(spans: list[_Span]) -> dict[_Span, str]:
    """Say what is to stand where our blocks are: the placeholder of the one that was filled in, once."""
    main = _main(spans) if spans else None
    return {span: placeholders.BLOCKS.get(span.dashes, "") if span is main else "" for span in spans}


def _edit(text: str, edits: dict[_Span, str], *, html: bool | None) -> str:
    """Replace each span; one that is replaced by nothing takes its empty line with it."""
    pieces, position = [], 0
    for span, new in edits.items():
        before = text[position : span.start]
        pieces.append(_unspaced(before) if span.spaced and not new else before)
        pieces.append(new)
        pieces.append("" if html is False else markup.unpaired(text[span.start : span.end]))
        position = span.end
    return "".join([*pieces, text[position:]])


def _unspaced(before: str) -> str:
    """Drop the empty line at the end. What `put` wrote is tried first: text may end in half a line break."""
    for written in ("\n\n", "<br><br>"):
        if before.endswith(written):
            return before.removesuffix(written)
    return _TWO_BREAKS.sub("", before)


def _render(
    key: str, lines: Iterable[str], texts: Texts, dashes: str, *, tags: bool, html: bool | None
) -> str:
    shown = [" ".join(line.split()) for line in lines]
    if html is not False:
        shown = [markup.escape(line) for line in shown]
    if tags:
        shown = [_URL.sub(r'<a href="\g<0>">\g<0></a>', line) for line in shown]
    opening, closing = f"{dashes} {texts.opening}", f"{dashes} {texts.closing}"
    rows = [f"{opening} ({key}) {dashes}", *filter(None, shown), f"{closing} ({key}) {dashes}"]
    return ("<br>" if tags else "\n").join(rows)


def _main(spans: list[_Span]) -> _Span:
    """Return the first whole block, or the first remains where none is whole."""
    return next((span for span in spans if span.key), spans[0])


def _spans(text: str, texts: Texts) -> list[_Span]:
    """Find our blocks and their remains. A closing line belongs to the last opening line before it."""
    marks = deque(_marks(text))
    lines = _lines(text) if marks else []
    spans: list[_Span] = []
    while marks:
        mark = marks.popleft()
        if marks and _pair(mark, marks[0]):
            spans.append(_whole(mark, marks.popleft()))
        else:
            spans.append(_remains(text, lines, mark, spans[-1].end if spans else 0, texts))
    return spans


def _marks(text: str) -> Iterator[re.Match[str]]:
    """Yield the marker lines. Looks only around our keys, which are quick to find."""
    floor = 0
    for key in _IN_BRACKETS.finditer(text):
        mark = _MARK.search(text, max(floor, key.start() - _WIDEST), key.end() + _WIDEST)
        if mark and mark.span("key") == key.span():
            yield mark
            floor = mark.end()
        else:
            floor = key.end()


def _pair(mark: re.Match[str], other: re.Match[str]) -> bool:
    return not mark["end"] and other["end"] is not None and mark["key"] == other["key"]


def _whole(first: re.Match[str], last: re.Match[str]) -> _Span:
    body, key = (first.end(), last.start()), first["key"]
    return _Span(first.start(), last.end(), body, key, first["dashes"] or "")


def _remains(text: str, lines: list[tuple[int, int]], mark: re.Match[str], floor: int, texts: Texts) -> _Span:
    """Take a marker line without its partner, and the lines next to it that can only be ours, as one span."""
    start, end = mark.span()
    if mark["end"]:
        above = bisect.bisect(lines, (start, len(text))) - 2
        while above >= 0 and lines[above][0] >= floor and _is_ours(text, lines[above], texts):
            start, above = lines[above][0], above - 1
        body = (start, mark.start())
    else:
        below = bisect.bisect(lines, (end, len(text)))
        while below < len(lines) and _is_ours(text, lines[below], texts):
            end, below = lines[below][1], below + 1
        body = (mark.end(), end)
    return _Span(start, end, body, "", mark["dashes"] or "")


def _is_ours(text: str, line: tuple[int, int], texts: Texts) -> bool:
    return is_detail(markup.readable(text[slice(*line)]), texts)


def _lines(text: str) -> list[tuple[int, int]]:
    """Return where each line of plain text or HTML starts and ends."""
    edges = [0, *(edge for found in _BREAK.finditer(text) for edge in found.span()), len(text)]
    return list(zip(edges[::2], edges[1::2], strict=True))
