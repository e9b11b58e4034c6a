"""Placeholders: where people, or the programs that write their events, want our details to stand.

`{{ conferencing.invite_block }}` in a description stands for our block, and `{{ conferencing.join_url }}` for the
link. `cronofy.conferencing` says the same, and the two blanks may be missing. No other spelling counts: only what is
known letter for letter can be put back letter for letter. They say where, and ask for nothing.

The block in a description:
1. The first placeholder that people see makes room for the block. One in a tag, a comment or a style sheet does not
   count, nor one right behind a hyphen, which would pass for one of the marker line's own.
2. The marker lines say by the number of their dashes, five to eight, which spelling stood there: taking the block
   off puts it back. With these dashes come no empty line and no line break: not a byte around it changes.
3. A block that is there already stays where it is. Further placeholders are text like any.
4. After an editor has changed the dashes into something else, taking the block off leaves nothing in its place.

The link in a description: `filled.py`.

In a location every placeholder of either name makes room for the link, as a keyword does, since a block has many
lines: taking the link off leaves nothing.
"""

from __future__ import annotations

import re

from connectors import markup

_SPELLINGS = (
    "{{ conferencing.%s }}",
    "{{conferencing.%s}}",
    "{{ cronofy.conferencing.%s }}",
    "{{cronofy.conferencing.%s}}",
)
BLOCKS = {
    "-" * length: spelling % "invite_block" for length, spelling in enumerate(_SPELLINGS, 5)
}  # by dashes
_DASHES = {spelling: dashes for dashes, spelling in BLOCKS.items()}
_BLOCK = re.compile(rf"(?<!-)(?:{'|'.join(map(re.escape, _DASHES))})")
LINKS = tuple(spelling % "join_url" for spelling in _SPELLINGS)
_PLACE = re.compile("|".join(map(re.escape, (*LINKS, *_DASHES))))


def first(description: str, *, tags: bool) -> tuple[int, str, str] | None:
    """Return where the block is to stand, the spelling that says so, and the dashes that stand for it.

    `tags` tells whether the description is HTML.
    """
    if "{{" not in description:
        return None  # nearly every text, at no cost
    stretches = markup.visible(description) if tags else [(0, len(description))]
    found = (_BLOCK.search(description, *stretch) for stretch in stretches)
    return next(((match.start(), match[0], _DASHES[match[0]]) for match in found if match), None)


def wants_block(description: str, *, html: bool | None) -> bool:
    """Tell whether a description says where the block is to stand. `html` is as in `markup.py`."""
    return first(description, tags=markup.is_html(description) if html is None else html) is not None


def wants_link(location: str) -> bool:
    """Tell whether a location says where the link is to stand."""
    return _PLACE.search(location) is not None


def fill(location: str, url: str) -> str:
    """Put the link in the place of each placeholder."""
    return _PLACE.sub(lambda _: url, location)
