"""Links in a description that took the place of `{{ conferencing.join_url }}`: put there, found again, taken out. Pure.

Nothing in the text tells such a link from one that people have pasted. So our note on the event (`marks.py`) says
which link was filled in and, for each place, which spelling stood there, the how manieth of these links it was, and
which characters came before it and after it, as digests. A link of ours is then one with the same address and the
same characters on both sides, or on one. What is neither is people's own and stays as it is: a pasted copy, or a
link of ours around which everything was written anew.

1. Every placeholder that people see is filled; where there is mark-up, with a link to click on, except among the words
   of a link. So is one that is all that a link leads to: `<a href="{{ conferencing.join_url }}">Join</a>`. In other
   tags, in comments and style sheets it is text like any.
2. Another link takes the place of ours; taking them out puts each placeholder back, in its own spelling.
3. The details come as a block all the same, where `placeholders.py` says.
4. The note has room for so many places; those beyond it, or of an address that is not of the web, do not come back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from connectors import fillings, markup, placeholders, sites
from connectors.fillings import BEHIND, LINK, TEXT, WORDS, Note
from connectors.sites import Form, Site, Span

_ADDRESS = re.compile(r"https?://\S{1,4000}", re.IGNORECASE)
_PLACEHOLDER = Form(re.compile("|".join(map(re.escape, placeholders.LINKS))))

Write = Callable[[str], str]
Skip = Callable[[str], Iterable[Span]]


@dataclass(frozen=True, slots=True)
class _Edit:
    """What takes the place of `text[start:end]`, and where in it the link begins."""

    start: int
    end: int
    new: str
    link: int
    kind: int
    spelling: int


@dataclass(frozen=True, slots=True)
class _Text:
    """A description as it is read."""

    text: str
    skip: tuple[Span, ...]
    html: bool | None
    tags: bool

    def scan(self, wanted: Form) -> list[Site]:
        return sites.scan(self.text, wanted, self.skip, html=self.html, tags=self.tags)


def owed(description: str, notes: str, links: str, url: str, *, html: bool | None) -> bool:
    """Tell whether a description has placeholders for the link, or shows another one in the place of them.

    `notes` is the text of other people in it, `links` what our note says; `html` is as in `markup.py`, here and below.
    """
    if links and not fillings.is_of(links, url):
        return True
    if "{{" not in description or not _ADDRESS.fullmatch(url):
        return False  # nearly every text, at no cost
    found = _read(description, (), html=html).scan(_PLACEHOLDER)
    return any(site.behind or description[site.start : site.end] in notes for site in found)


def link(description: str, links: str, *, html: bool | None) -> str:
    """Return the link that was filled in, as the description still shows it; "" where it does not."""
    return fillings.url(links, description if html is False else markup.unescape(description))


def put(
    description: str, links: str, url: str, write: Write, skip: Skip, *, html: bool | None
) -> tuple[str, str]:
    """Do what `write` does with a description, fill the placeholders in it, and return what our note has to say.

    `skip` names what is not other people's in a description.
    """
    if links and not fillings.is_of(links, url):
        description, links = take(description, links, skip, html=html), ""
    content = write(description)
    if not links and "{{" not in content:
        return content, ""
    read = _read(content, skip(content), html=html)
    edits = [_kept(content, site, note) for site, note in _ours(read, links, url)]
    if _ADDRESS.fullmatch(url):
        edits += [_filling(read, site, url) for site in read.scan(_PLACEHOLDER)]
    edits.sort(key=lambda edit: edit.start)
    new = _edited(content, edits)
    return new, _noted(_read(new, skip(new), html=html), edits, url)


def take(description: str, links: str, skip: Skip, *, html: bool | None) -> str:
    """Put the placeholders back where our links stand."""
    url = link(description, links, html=html)
    if not url:
        return description
    read = _read(description, skip(description), html=html)
    ours = _ours(read, links, url)
    behind = [site.start for site, note in ours if site.behind]
    edits = [_emptying(read, site, note, behind, url) for site, note in ours]
    return _edited(description, sorted(edits, key=lambda edit: edit.start))


def _read(text: str, skip: Iterable[Span], *, html: bool | None) -> _Text:
    spans = tuple(skip)
    tags = html
    if tags is None:
        tags = any(markup.is_html(text[start:end]) for start, end in sites.outside(len(text), spans))
    return _Text(text, spans, html, tags)


def _ours(read: _Text, links: str, url: str) -> list[tuple[Site, Note]]:
    """Find the places that our note tells of: those with the same on both sides first, then on one."""
    notes = fillings.read(links)
    left = dict(_numbered(read.scan(sites.form(url, html=read.html)))) if notes else {}
    ours: list[tuple[Site, Note]] = []
    for sides in (2, 1):
        for note in [note for note in notes if note not in [note for _, note in ours]]:
            alike = [
                (abs(number - note.number), (behind, number))
                for (behind, number), site in left.items()
                if _fits(note, site) and note.alike(site) >= sides
            ]
            if alike:
                ours.append((left.pop(min(alike)[1]), note))
    return ours


def _fits(note: Note, site: Site) -> bool:
    """Tell whether it stands there as it was filled in. Around what was no link, people make links of their own."""
    own = site.link is not None or not site.linked or note.kind == WORDS
    return site.behind if note.kind == BEHIND else own and not site.behind


def _numbered(found: Iterable[Site]) -> Iterator[tuple[tuple[bool, int], Site]]:
    """Yield each place with how many of its kind there are before it."""
    count = {False: 0, True: 0}
    for site in found:
        yield (site.behind, count[site.behind]), site
        count[site.behind] += 1


def _kept(text: str, site: Site, note: Note) -> _Edit:
    return _Edit(site.start, site.end, text[site.start : site.end], 0, note.kind, note.spelling)


def _filling(read: _Text, site: Site, url: str) -> _Edit:
    """Fill a placeholder."""
    there = read.text[site.start : site.end]
    plain = url if read.html is False else markup.escape(url)
    quoted = plain.replace('"', "&quot;").replace("'", "&#39;")
    if site.behind:
        spelling = placeholders.LINKS.index(sites.behind(there, _PLACEHOLDER))
        return _Edit(site.start, site.end, sites.led(there, _PLACEHOLDER, quoted), 0, BEHIND, spelling)
    spelling = placeholders.LINKS.index(there)
    if read.tags and not site.linked:
        opening = f'<a href="{quoted}">'
        return _Edit(site.start, site.end, f"{opening}{plain}</a>", len(opening), LINK, spelling)
    return _Edit(site.start, site.end, plain, 0, WORDS if site.linked else TEXT, spelling)


def _emptying(read: _Text, site: Site, note: Note, behind: list[int], url: str) -> _Edit:
    """Put a placeholder back, in the place of the whole link where we or an editor made one of it."""
    there, spelling = read.text[site.start : site.end], placeholders.LINKS[note.spelling]
    if site.behind:
        new = sites.led(there, sites.form(url, html=read.html), spelling)
        return _Edit(site.start, site.end, new, 0, note.kind, note.spelling)
    start, end = site.start, site.end
    if site.link and note.kind != WORDS and not any(site.link[0] < at < site.link[1] for at in behind):
        start, end = site.link
        spelling += markup.unpaired(read.text[start:end])
    return _Edit(start, end, spelling, 0, note.kind, note.spelling)


def _edited(text: str, edits: Iterable[_Edit]) -> str:
    pieces, position = [], 0
    for edit in edits:
        pieces += [text[position : edit.start], edit.new]
        position = edit.end
    return "".join([*pieces, text[position:]])


def _noted(read: _Text, edits: list[_Edit], url: str) -> str:
    """Say where the links stand now that the edits are made."""
    moved, made = 0, {}
    for edit in edits:
        made[edit.kind == BEHIND, edit.start + moved + edit.link] = edit.kind, edit.spelling
        moved += len(edit.new) - (edit.end - edit.start)
    found = _numbered(read.scan(sites.form(url, html=read.html)))
    notes = [
        Note.of(site, *made[behind, site.start], number)
        for (behind, number), site in found
        if (behind, site.start) in made
    ]
    return fillings.write(url, notes)
