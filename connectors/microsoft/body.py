"""Our block and Teams' invitation in the body of one event, each kept out of the other's way. Pure.

Nothing here changes a byte of people's text, and only `cut` and `restore` touch the invitation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from connectors import block, markup
from connectors.microsoft.blob import Blob, find
from connectors.model import Block
from connectors.wording import ENGLISH, Texts

_BEFORE, _AFTER = "\r\n<br>\r\n", "\r\n"  # what sets an invitation off from people's text in HTML


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body says: the readable text of people, our block, and the link of Teams' invitation or ""."""

    notes: str
    block: Block | None
    join_url: str


def read(content: str, *, html: bool, texts: Texts = ENGLISH) -> Reading:
    """Tell apart what people, we and Teams wrote. `texts` are the words of our block, here and below."""
    blobs = find(content, html=html)
    if not blobs:
        return Reading(*block.split(content, html=html, texts=texts), "")
    notes, _ = block.split(_without(content, blobs, html=html), html=html, texts=texts)
    return Reading(notes, block.find(content, html=html, texts=texts), blobs[0].join_url)


def put(content: str, key: str, lines: Iterable[str], *, html: bool, texts: Texts = ENGLISH) -> str:
    """Add our block, or write it in the place of the one which is there unless that is in the invitation."""
    invitations = [content[blob.start : blob.end] for blob in find(content, html=html)]
    if invitations:
        without = block.take(content, html=html, texts=texts)
        if any(invitation not in without for invitation in invitations):
            content = take(content, html=html, texts=texts)
    return block.put(content, key, lines, html=html, texts=texts)


def take(content: str, *, html: bool, texts: Texts = ENGLISH) -> str:
    """Remove our block wherever it is, and keep an invitation that somebody has put between its lines."""
    taken = block.take(content, html=html, texts=texts)
    if taken == content:
        return content
    for blob in find(content, html=html):
        text = block.take(content[blob.start : blob.end], html=html, texts=texts)
        if text not in taken:
            at = _place(taken, content[: blob.start], content[blob.end :])
            taken = taken[:at] + text + taken[at:]
    return taken


def spots(content: str, *, html: bool, texts: Texts = ENGLISH) -> list[tuple[int, int]]:
    """Return where our blocks and Teams' invitations stand: all that is not people's own."""
    invitations = [(blob.start, blob.end) for blob in find(content, html=html)]
    return [*block.spots(content, texts=texts), *invitations]


def cut(content: str, join_url: str, *, html: bool) -> str:
    """Remove the invitation to this meeting, which is how Teams is told that there shall be none.

    The empty line that Teams puts before it goes with it. Tags that only open or only close inside of it stay.
    """
    blobs = [_set_off(content, blob) for blob in find(content, html=html) if blob.join_url == join_url]
    return _without(content, blobs, html=html)


def restore(content: str, former: str, *, html: bool) -> str:
    """Put the invitation of a former body back into the body, in the place of one to another meeting if any."""
    lost = next(iter(find(former, html=html)), None)
    here = find(content, html=html)
    if lost is None or lost.join_url in {blob.join_url for blob in here}:
        return content
    at = _place(content, former[: lost.start], former[lost.end :])
    start, end = (here[0].start, here[0].end) if here else (at, at)
    return content[:start] + former[lost.start : lost.end] + content[end:]


def _set_off(content: str, blob: Blob) -> Blob:
    """Take with an invitation what sets it off from people's text, where that stands just as Teams writes it."""
    if content.endswith(_BEFORE, 0, blob.start) and content.startswith(_AFTER, blob.end):
        return replace(blob, start=blob.start - len(_BEFORE), end=blob.end + len(_AFTER))
    return blob


def _without(content: str, blobs: Iterable[Blob], *, html: bool) -> str:
    pieces, position = [], 0
    for blob in blobs:
        pieces.append(content[position : blob.start])
        pieces.append(markup.unpaired(content[blob.start : blob.end]) if html else "")
        position = blob.end
    return "".join([*pieces, content[position:]])


def _place(content: str, before: str, after: str) -> int:
    """Return where it stood between these two, or the end of the visible text."""
    if content.startswith(before):
        return len(before)
    if content.endswith(after):
        return len(content) - len(after)
    return markup.foot(content)
