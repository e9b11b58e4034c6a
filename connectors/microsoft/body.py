"""Our block and Teams' invitation in the body of one event, each kept out of the other's way. Pure.

Nothing here changes a byte of people's text, and only `cut` and `restore` touch the invitation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors import block, markup
from connectors.microsoft.blob import Blob, find
from connectors.model import Block


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body says: the readable text of people, our block, and the link of Teams' invitation or ""."""

    notes: str
    block: Block | None
    join_url: str


def read(content: str, *, html: bool) -> Reading:
    """Tell apart what people, we and Teams wrote."""
    blobs = find(content, html=html)
    if not blobs:
        return Reading(*block.split(content, html=html), "")
    notes, _ = block.split(_without(content, blobs, html=html), html=html)
    return Reading(notes, block.find(content, html=html), blobs[0].join_url)


def put(content: str, key: str, lines: Iterable[str], *, html: bool) -> str:
    """Add our block, or write it in the place of the one which is there unless that is in the invitation."""
    texts = [content[blob.start : blob.end] for blob in find(content, html=html)]
    if texts:
        without = block.take(content, html=html)
        if any(text not in without for text in texts):
            content = take(content, html=html)
    return block.put(content, key, lines, html=html)


def take(content: str, *, html: bool) -> str:
    """Remove our block wherever it is, and keep an invitation that somebody has put between its lines."""
    taken = block.take(content, html=html)
    if taken == content:
        return content
    for blob in find(content, html=html):
        text = block.take(content[blob.start : blob.end], html=html)
        if text not in taken:
            at = _place(taken, content[: blob.start], content[blob.end :])
            taken = taken[:at] + text + taken[at:]
    return taken


def cut(content: str, join_url: str, *, html: bool) -> str:
    """Remove the invitation to this meeting, which is how Teams is told that there shall be none.

    Tags that only open or only close inside of it stay.
    """
    blobs = [blob for blob in find(content, html=html) if blob.join_url == join_url]
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
    return block.foot(content)
