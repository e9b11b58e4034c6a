"""Links that took the place of placeholders: put, followed, taken out again, and no byte of anybody else's touched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import outlook_bodies as bodies
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connectors import block, filled, fillings, marks, placeholders
from connectors.links import foreign_links
from connectors.microsoft import body
from connectors.model import Mark
from tests.unit.test_block import FOREIGN, KEY, LINES

HERE = "{{ conferencing.join_url }}"
BLOCK = "{{ conferencing.invite_block }}"
URL = "https://us02web.zoom.us/j/92674392836?pwd=8pEk.1&from=addon"
NEXT = "https://us02web.zoom.us/j/926743928361"
QUOTES = "https://zoom.us/j/1?a='b'&c=\"<d>\"&amp;e"
URLS = [URL, NEXT, QUOTES, "https://meet.example.org"]
SHOWN = URL.replace("&", "&amp;")
WRAPPED = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fus02web.zoom.us%2Fj%2F92674392836%3Fpwd%3D8pEk.1%26from%3Daddon&data=05"
HTML = st.sampled_from([None, True, False])

MIXED = [
    *placeholders.LINKS,
    *placeholders.LINKS,
    BLOCK,
    URL,
    SHOWN,
    f'<a href="{SHOWN}">{SHOWN}</a>',
    f'<a href="{SHOWN}">Join</a>',
    f'<a href="{HERE}">Join</a>',
    f"<a class=x href='{{{{conferencing.join_url}}}}'>{HERE}</a>",
    f'<a href="https://x.example">{HERE}</a>',
    f'<a title="{HERE}">',
    f"<!-- {HERE} -->",
    f"<style>{URL}{HERE}</style>",
    f"<{HERE}>",
    f"&lt;{HERE}&gt;",
    *(
        "<a>",
        "</a>",
        "<b>",
        "</b>",
        "<p>",
        "</p>",
        "<br>",
        "<!--",
        "-->",
        "<a href='",
        "<b ",
        ">",
        "&",
        "&amp;",
        '"',
    ),
    *(" ", "\n", "\r\n\r\n", "\xa0", "2", ".", "Join:", "/", "-", "\U0001f389", "&nbsp;", "\0"),
    block.put("", KEY, LINES, html=False),
]
TEXTS = st.lists(st.sampled_from(MIXED) | FOREIGN, max_size=12).map("".join)


@dataclass
class Description:
    """A description and our note, as a calendar keeps them, and what is done to them."""

    text: str
    html: bool | None = None
    links: str = ""
    native: bool = False

    def put(self, url: str = URL) -> None:
        lines = [f"Join: {url}"]
        off = partial(body.take, html=True) if self.html else partial(block.take, html=self.html)
        on = partial(body.put, html=True) if self.html else partial(block.put, html=self.html)
        write = off if self.native else partial(on, key=KEY, lines=lines)
        self.text, self.links = filled.put(self.text, self.links, url, write, self.skip, html=self.html)
        note = marks.write(Mark(KEY, "e1", "title:@zoom", self.links))
        assert marks.read(note) == Mark(KEY, "e1", "title:@zoom", self.links)

    def take(self) -> None:
        off = partial(body.take, html=True) if self.html else partial(block.take, html=self.html)
        self.text = off(filled.take(self.text, self.links, self.skip, html=self.html))
        self.links = ""

    def skip(self, text: str) -> list[tuple[int, int]]:
        return body.spots(text, html=True) if self.html else block.spots(text)

    @property
    def owed(self) -> bool:
        return self.owes(URL)

    def owes(self, url: str) -> bool:
        notes = (
            body.read(self.text, html=True).notes if self.html else block.split(self.text, html=self.html)[0]
        )
        return filled.owed(self.text, notes, self.links, url, html=self.html)


def put(text: str, url: str = URL, **more: bool | None) -> Description:
    seen = Description(text, native=True, **more)
    seen.put(url)
    return seen


# Any text


@settings(deadline=None, max_examples=200)
@given(TEXTS, HTML, st.booleans(), st.lists(st.sampled_from(URLS), min_size=1, max_size=5))
def test_no_round_of_filling_following_and_taking_out_changes_a_byte(text, html, native, urls):
    assume(not body.find(text, html=True) if html else True)
    seen = Description(text, html, native=native)
    plain = block.take(text, html=html)
    for _ in range(3):
        for url in urls:
            seen.put(url)
            before = (seen.text, seen.links)
            assert not seen.owes(url)
            seen.put(url)
            assert (seen.text, seen.links) == before
        seen.take()
        assert seen.text == plain


@settings(deadline=None, max_examples=100)
@given(TEXTS, TEXTS, TEXTS, HTML)
def test_what_people_write_elsewhere_stays_theirs(before, added, after, html):
    seen = put(f"{before}\n1234{HERE}5678\n{after}", html=html)
    assume(seen.text.count("1234") == seen.text.count("5678") == 1 and block.spots(added) == [])
    assume(not body.find(seen.text + added, html=True) if html else True)
    theirs = added.replace(HERE, "").replace("{{", "")
    seen.text = f"{seen.text}\nEnd of it.\n{theirs}"
    seen.put(NEXT)
    assert seen.text.endswith(f"End of it.\n{theirs}")
    seen.take()
    assert seen.text.endswith(f"End of it.\n{theirs}")


# Where it stands


@pytest.mark.parametrize("spelling", placeholders.LINKS)
@pytest.mark.parametrize(
    ("text", "html", "filled_in"),
    [
        ("Join: %s.", False, f"Join: {URL}."),
        ("Join: %s.", None, f"Join: {SHOWN}."),
        ("<b>Join:</b> %s", None, f'<b>Join:</b> <a href="{SHOWN}">{SHOWN}</a>'),
        ("Join: %s", True, f'Join: <a href="{SHOWN}">{SHOWN}</a>'),
        ('<a href="%s">Join</a>', True, f'<a href="{SHOWN}">Join</a>'),
        ("<A title='x' HREF = '%s' >Join</A>", None, f"<A title='x' HREF = '{SHOWN}' >Join</A>"),
        ('<a href="%s">%s</a>', True, f'<a href="{SHOWN}">{SHOWN}</a>'),
        ('<a href="https://x.example">or %s', True, f'<a href="https://x.example">or {SHOWN}'),
        ("%s %s", None, f"{SHOWN} {SHOWN}"),
    ],
)
def test_a_placeholder_becomes_a_link_and_comes_back(spelling, text, html, filled_in):
    seen = Description(text.replace("%s", spelling), html, native=True)
    assert seen.owed
    seen.put()
    assert (seen.text, seen.owed) == (filled_in, False)
    seen.put(NEXT)
    assert seen.text == filled_in.replace(SHOWN, NEXT).replace(URL, NEXT)
    seen.take()
    assert seen.text == text.replace("%s", spelling)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("{{  conferencing.join_url }}", None),
        ("{{ Conferencing.join_url }}", None),
        ("{{ join_url }}", False),
        (f"<!-- {HERE} -->", True),
        (f"<style>{HERE}</style><b>x</b>", None),
        (f'<b title="{HERE}">x</b>', None),
        (f'<a title="{HERE}" href=x>x</a>', True),
        (f"<a href={HERE}>x</a>", True),
        (f'<a href="https://x.example/{HERE}">x</a>', True),
        ("Nothing.", None),
        ("", None),
    ],
)
def test_what_is_no_place_for_a_link_is_text_like_any(text, html):
    seen = Description(text, html, native=True)
    assert not seen.owed
    seen.put()
    assert (seen.text, seen.links) == (text, "")


def test_nothing_is_filled_in_that_is_no_address():
    for url in ("", "sip:ada@example.com", "https://x.example/a b"):
        seen = put(HERE, url)
        assert (seen.text, seen.links, seen.owes(url)) == (HERE, "", False)


def test_a_placeholder_in_our_block_or_in_an_invitation_is_left_alone():
    lines = block.put("", KEY, [f"Join {HERE}: {URL}"])
    assert filled.put(lines, "", URL, str, block.spots, html=None) == (lines, "")
    invitation = bodies.blob_2024().replace("Microsoft Teams", HERE)
    seen = Description(f"<p>{HERE}</p>{invitation}", html=True, native=True)
    assert seen.text.count(HERE) > 1
    seen.put()
    assert seen.text == f'<p><a href="{SHOWN}">{SHOWN}</a></p>{invitation}'
    assert not seen.owed
    seen.take()
    assert seen.text == f"<p>{HERE}</p>{invitation}"


def test_the_details_come_all_the_same_where_their_own_placeholder_says():
    seen = Description(f"Join: {HERE}\n{BLOCK}\nBring cake")
    seen.put()
    assert seen.text.startswith(f"Join: {SHOWN}\n-----")
    assert seen.text.endswith("-----\nBring cake")


# People, programs and editors


def linked(text: str) -> str:
    """Make links of addresses, as the editors of web calendars do."""
    return text.replace(SHOWN, f'<a href="{SHOWN}" target="_blank" class="x">{SHOWN}</a>')


EDITORS = {
    "lines": lambda text: text.replace("\n", "<br>"),
    "paragraphs": lambda text: "".join(f"<p>{line}</p>\r\n" for line in text.split("\n")),
    "links": lambda text: linked(text).replace("\n", "<br>"),
    "spans": lambda text: (
        linked(text).replace(f">{SHOWN}<", f"><span><u>{SHOWN}</u></span><").replace("\n", "<br>")
    ),
    "quotes": lambda text: linked(text).replace(f'"{SHOWN}"', f"'{SHOWN}'"),
    "hard spaces": lambda text: text.replace(" ", "&nbsp;"),
    "text": lambda text: text.replace("Agenda", "Agenda and budget"),
    "next to it": lambda text: text.replace("Join: ", "Teilnehmen mit "),
    "behind it": lambda text: text.replace("\nBring", ", and\nbring"),
    "a copy before it": lambda text: f"Copy: {URL}\n{text}",
    "a copy right behind it": lambda text: text.replace("\nBring", f" {SHOWN}\nBring"),
    "the end": lambda text: text.removesuffix("\nBring cake"),
    "the beginning": lambda text: text.removeprefix("Agenda\n"),
}


@pytest.mark.parametrize("name", EDITORS)
def test_after_an_editor_it_is_followed_and_taken_out_all_the_same(name):
    seen = put(f"Agenda\nJoin: {HERE}\nBring cake")
    seen.text = EDITORS[name](seen.text)
    assert not seen.owed
    seen.put(NEXT)
    assert NEXT in seen.text
    seen.take()
    assert seen.text.count(HERE) == 1
    assert NEXT not in seen.text
    assert seen.text.count("from=addon") == ("copy" in name)


@pytest.mark.parametrize(
    ("text", "emptied"),
    [
        (
            f'<p>Join: <a href="{WRAPPED}" originalsrc="{SHOWN}" shash="x">{SHOWN}</a></p>',
            f"<p>Join: {HERE}</p>",
        ),
        (f'<p>Join: <a href="{WRAPPED}">{SHOWN}</a></p>', f"<p>Join: {HERE}</p>"),
        (f"<p>Join: {SHOWN}</p>", f"<p>Join: {HERE}</p>"),
        (f'<p>Join: <a href="{SHOWN}">Here: {SHOWN}</a></p>', None),
        (f'<p>Join: <a href="{SHOWN}">Here</a></p>', None),
        (f"<p>Join: {SHOWN}23</p>", None),
        (f'<p>Join: <b><a href="{SHOWN}"><i>{SHOWN}</b></a></i></p>', f"<p>Join: <b>{HERE}</b><i></i></p>"),
    ],
)
def test_a_link_of_ours_that_was_rewritten(text, emptied):
    seen = put(f"<p>Join: {HERE}</p><p>Bye</p>", html=True)
    seen.text = f"{text}<p>Bye</p>"
    seen.take()
    assert seen.text == f"{emptied or text}<p>Bye</p>"


def test_what_a_link_leads_to_is_followed_also_after_a_mail_filter():
    seen = put(f'<p>x</p><a href="{HERE}">Join</a> <a href="{HERE}">us</a>', html=True)
    wrapped = f'href="{WRAPPED}" originalsrc="{SHOWN}"'
    seen.text = seen.text.replace(f'href="{SHOWN}"', wrapped, 1)
    seen.put(NEXT)
    assert seen.text == f'<p>x</p><a href="{NEXT}" originalsrc="{NEXT}">Join</a> <a href="{NEXT}">us</a>'
    seen.take()
    assert seen.text == f'<p>x</p><a href="{HERE}" originalsrc="{HERE}">Join</a> <a href="{HERE}">us</a>'


def test_a_copy_that_is_left_when_ours_is_gone_is_nobodys_but_theirs():
    seen = put(f"Agenda\nJoin: {HERE}\nBring cake")
    for text in (f"Other words {URL} altogether", f"{URL}", f"Join: {URL}9\nx", f"xJoin{URL}2"):
        seen.text = text
        seen.put(NEXT)
        assert (seen.text, seen.links) == (text, "")
        seen = put(f"Agenda\nJoin: {HERE}\nBring cake")


def test_a_program_that_writes_its_text_anew_has_it_filled_again():
    text = f"Agenda\nJoin: {HERE}\nBring cake"
    seen = put(text)
    before = (seen.text, seen.links)
    seen.text = text
    assert seen.owed
    seen.put()
    assert (seen.text, seen.links) == before
    seen.text = f"{text}\nOr: {{{{cronofy.conferencing.join_url}}}}"
    seen.put()
    seen.take()
    assert seen.text == f"{text}\nOr: {{{{cronofy.conferencing.join_url}}}}"


def test_a_placeholder_beside_a_link_of_ours_is_filled_too():
    seen = put(f"Join: {HERE}")
    assert seen.owes(NEXT)
    seen.text = f"Or: {HERE}\n{seen.text}"
    assert seen.owed
    seen.put()
    assert seen.text == f"Or: {SHOWN}\nJoin: {SHOWN}"
    seen.take()
    assert seen.text == f"Or: {HERE}\nJoin: {HERE}"


def test_beyond_the_room_that_the_note_has_nothing_comes_back():
    seen = put(f"{HERE}\n" * (fillings.MOST + 2))
    assert len(seen.links) == 9 + 9 * fillings.MOST
    seen.take()
    assert seen.text == f"{HERE}\n" * fillings.MOST + f"{SHOWN}\n" * 2
    far = put(f"{URL}\n" * 1024 + HERE)
    assert far.links == ""


def test_without_the_note_a_link_stays_as_it_is():
    seen = put(f"Join: {HERE}")
    for links in ("", "x", seen.links[:-1]):
        lost = Description(seen.text, links=links, native=True)
        assert filled.link(lost.text, links, html=None) == ""
        lost.take()
        assert lost.text == f"Join: {SHOWN}"
        lost.links = links
        lost.put()
        assert (lost.text, lost.links) == (f"Join: {SHOWN}", "")


@pytest.mark.parametrize("html", [None, True, False])
@pytest.mark.parametrize("url", URLS)
def test_the_note_finds_the_link_and_does_not_tell_it(html, url):
    seen = put(f"See https://x.example or https://y. {HERE}!", url, html=html)
    assert filled.link(seen.text, seen.links, html=html) == url
    assert (
        foreign_links(seen.text, [filled.link(seen.text, seen.links, html=html)], ["meet.example.org"]) == ()
    )
    assert "zoom" not in seen.links
    assert filled.link("gone", seen.links, html=html) == ""


@pytest.mark.parametrize(
    "hostile",
    [
        f"{HERE} " * 1_000,
        f"{SHOWN} " * 3_000 + HERE,
        f'<a href="{HERE}">' * 1_000,
        f'<a href="{SHOWN}">{SHOWN}</a>' * 1_000 + HERE,
        "<a href=" * 20_000 + HERE,
        "<!--" * 30_000 + HERE,
        "{{" * 200_000,
        "&nbsp;" * 25_000 + HERE,
    ],
    ids=range(8),
)
def test_a_hostile_description_is_handled(hostile):
    for html in (None, True):
        seen = put(hostile, html=html)
        assert not seen.owed
        seen.put(NEXT)
        seen.take()


def test_of_two_links_the_one_with_the_same_on_both_sides_is_ours():
    seen = put(f"Join: {HERE} now", html=False)
    seen.text = f"Join: {URL} later\n{seen.text}"
    seen.take()
    assert seen.text == f"Join: {URL} later\nJoin: {HERE} now"
