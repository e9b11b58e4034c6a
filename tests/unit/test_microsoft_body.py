"""Our block and Teams' invitation in one body, neither harming the other, and never a byte of people's text."""

from __future__ import annotations

import re
from pathlib import Path

import outlook_bodies as bodies
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from connectors import block, markup
from connectors.microsoft import blob, body
from connectors.model import Block

INVITATIONS = (
    Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing" / "invitations"
)
KEY, OTHER = "hd7k2m0q9v4c1t8e5b", "hd0123456789abcdef"
LINES = ("Join Zoom: https://us02web.zoom.us/j/92674392836?pwd=8pEk.1&from=addon", "Passcode: w46!(i{74n<&")
TEXT = "\n".join(LINES)

WRITTEN = re.compile(
    rf"(?:(?:<br><br>|\n\n)(?=----)|(?=--- ))(?P<dashes>----?) Online meeting \((?P<key>{KEY}|{OTHER})\) (?P=dashes)"
    r".*?(?P=dashes) End of online meeting \((?P=key)\) (?P=dashes)",
    re.DOTALL,
)
PIECES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
HTML_FRAMES = st.sampled_from(sorted(bodies.HTML.values()))
TEXT_FRAMES = st.sampled_from(sorted(bodies.TEXT.values()))
FRAGMENTS = st.sampled_from(
    [
        "<br>",
        "\r\n",
        "\r",
        "</div>",
        "<div>",
        "<p>",
        "&nbsp;",
        "<!--",
        "-->",
        "</body>",
        "<b>",
        '"',
        "\n\n",
        "-",
        "----",
        "_",
        "_" * 30,
        "_" * 80,
        "<br><br>",
        "---- Online meeting",
        "meetup-join",
        bodies.URL,
    ]
)
MESS = st.lists(PIECES | FRAGMENTS, max_size=5).map("".join)


def filled(frame, inside):
    before, _, after = frame.replace("%%", "%").partition("%s")
    return before + inside + after


def html_bodies():
    """Every kind without an invitation, and with one of the kinds of invitations in turn."""
    for (name, frame), made in zip(bodies.HTML.items(), bodies.HTML_BLOBS * 3, strict=False):
        yield pytest.param(filled(frame, ""), id=name)
        yield pytest.param(filled(frame, made()), id=f"{name}, {made.__name__}")


def text_bodies():
    for name, frame in bodies.TEXT.items():
        yield pytest.param(filled(frame, ""), id=name)
        yield pytest.param(
            filled(frame, f"\r\n{bodies.blob_as_text()}\r\n"), id=f"{name}, with an invitation"
        )


def texts_of(content, *, html):
    return [content[one.start : one.end] for one in blob.find(content, html=html)]


def cycles(content, *, html, rounds=100):
    """Add, change and remove, and look after each step that nothing but the block has changed."""
    invitations = texts_of(content, html=html)
    link = body.read(content, html=html).join_url
    notes = body.read(content, html=html).notes
    now = content
    for turn in range(rounds):
        for key, lines in ((KEY, LINES), (OTHER, [f"Join Zoom: https://zoom.us/j/{turn}"])):
            now = body.put(now, key, lines, html=html)
            seen = body.read(now, html=html)
            assert seen.block == Block(key, "\n".join(lines))
            assert (now.count(f"({key}) --"), seen.join_url, seen.notes) == (2, link, notes)
            assert texts_of(now, html=html) == invitations
            assert WRITTEN.sub("", now) == content
            assert f"Online meeting ({key})" in markup.readable(now, html=html)
        now = body.take(now, html=html)
        assert now == content


@pytest.mark.parametrize("content", [*html_bodies()])
def test_a_hundred_rounds_in_an_html_body_change_nothing(content):
    cycles(content, html=True)


@pytest.mark.parametrize("content", [*text_bodies()])
def test_a_hundred_rounds_in_a_text_body_change_nothing(content):
    cycles(content, html=False)


@settings(max_examples=8, deadline=None)
@given(frame=HTML_FRAMES, made=st.sampled_from(bodies.HTML_BLOBS), before=MESS, after=MESS)
def test_a_hundred_rounds_in_any_html_body_change_nothing(frame, made, before, after):
    cycles(filled(frame, before + made() + after), html=True)


@settings(max_examples=200, deadline=None)
@given(frame=HTML_FRAMES, made=st.sampled_from(bodies.HTML_BLOBS), before=MESS, after=MESS)
def test_no_round_in_any_html_body_changes_anything(frame, made, before, after):
    cycles(filled(frame, before + made() + after), html=True, rounds=1)


@settings(max_examples=200, deadline=None)
@given(frame=TEXT_FRAMES, before=MESS, after=MESS, invited=st.booleans())
def test_no_round_in_any_text_body_changes_anything(frame, before, after, invited):
    invitation = bodies.blob_as_text() if invited else ""
    cycles(filled(frame, before + invitation + after), html=False, rounds=1)


@settings(max_examples=200, deadline=None)
@given(frame=HTML_FRAMES, made=st.sampled_from(bodies.HTML_BLOBS), before=MESS, after=MESS)
@example("%s", bodies.blob_2024, "", "</div>")
def test_an_invitation_that_was_cut_out_is_put_back_where_it_was(frame, made, before, after):
    content = filled(frame, before + made() + after)
    assume(len(blob.find(content, html=True)) == 1)
    url = body.read(content, html=True).join_url
    without = body.cut(content, url, html=True)
    (found,) = blob.find(content, html=True)
    tags = markup.unpaired(content[found.start : found.end])
    assert without == content[: found.start] + tags + content[found.end :]
    again = body.restore(without, content, html=True)
    assert body.read(again, html=True).join_url == url
    if not tags:
        assert again == content


@pytest.mark.parametrize("made", bodies.HTML_BLOBS)
@pytest.mark.parametrize("frame", bodies.HTML.values(), ids=bodies.HTML)
@pytest.mark.parametrize("url", [bodies.URL, bodies.SHORT])
def test_an_invitation_of_any_year_is_known_in_html(made, frame, url):
    content = filled(frame, made(url))
    assert texts_of(content, html=True) == [made(url)]
    seen, plain = body.read(content, html=True), body.read(filled(frame, ""), html=True)
    assert seen.join_url == url
    assert seen.notes.split() == plain.notes.split()
    assert body.cut(content, url, html=True) == filled(frame, "")


@pytest.mark.parametrize("frame", bodies.TEXT.values(), ids=bodies.TEXT)
def test_an_invitation_is_known_in_a_text(frame):
    content = filled(frame, f"\n{bodies.blob_as_text()}\n")
    assert texts_of(content, html=False) == [bodies.blob_as_text()]
    assert body.read(content, html=False).join_url == bodies.URL
    assert body.cut(content, bodies.URL, html=False) == filled(frame, "\n\n")


@pytest.mark.parametrize("name", ["teams.txt", "teams_2024.txt"])
def test_recorded_invitations_are_known(name):
    path = INVITATIONS / name
    if not path.exists():
        pytest.skip(f"the sample texts are not here: {name}")
    text = path.read_text().strip()
    assert texts_of(f"Agenda\n\n{text}\n\nBring cake", html=False) == [text]
    as_html = markup.escape(text).replace("\n", "<br>\r\n")
    assert texts_of(f"<p>Agenda</p>{as_html}<p>Bring cake</p>", html=True) == [as_html]
    assert body.read(f"Agenda @zoom\n\n{text}", html=False).notes == "Agenda @zoom"


@pytest.mark.parametrize(
    ("html", "content"),
    [
        (False, f"{bodies.RULE}\nPlease join {bodies.URL}\nand bring cake @zoom\n{bodies.RULE}"),
        (False, f"{bodies.blob_as_text()[:-80]}and no second line"),
        (False, bodies.blob_as_text()[80:]),
        (False, f"{bodies.RULE}\nhttps://aka.ms/JoinTeamsMeeting meetup-join\n{bodies.RULE}"),
        (False, bodies.blob_as_text().replace("Meeting ID", "very long" * 4000)),
        (True, f"<div>{bodies.RULE}</div><a href='{bodies.URL}'>Join</a> @zoom<div>{bodies.RULE}</div>"),
        (True, f"<p class='me-email-text'><a href='{bodies.URL}'>Join</a></p>"),
        (True, f"<div class='me-email-text-secondary'><a href='{bodies.URL}'>Join</a></div>"),
        (True, f"<div class='me-email-text'><a href='{bodies.URL}'>Join</a>"),
        (True, f"<a href='{bodies.URL}'>Join</a><div class='me-email-text'>x</div></div>"),
        (True, f"<div class='me-email-text'>meetup-join</div><a href='{bodies.URL}'>Join</a>"),
        (True, f"<div class='me-email-text'>{'x' * 30_000}<a href='{bodies.URL}'>Join</a></div>"),
    ],
)
def test_what_is_no_invitation_is_peoples_own(html, content):
    assert blob.find(content, html=html) == ()
    seen = body.read(content, html=html)
    assert seen.notes == markup.readable(content, html=html)
    assert seen.join_url == ""


def test_what_people_type_into_the_frame_of_an_invitation_stays_theirs():
    made = bodies.blob_2024()
    content = made.removesuffix("</div>") + "<p>Ask for @zoom</p></div>"
    assert body.read(content, html=True).notes == "Ask for @zoom"
    assert "<p>Ask for @zoom</p></div>" in body.cut(content, bodies.URL, html=True)


def test_tags_that_reach_into_an_invitation_keep_their_partners():
    line, inner = bodies.RULE, f'<a href="{bodies.URL}">Join</a> <a href="{bodies.OPTIONS}">x</a>'
    content = f"<p>Agenda<br>{line}<br>Teams<br>{inner}</p><div>{line}<br>Bring cake</div>"
    assert body.cut(content, bodies.URL, html=True) == "<p>Agenda<br></p><div><br>Bring cake</div>"


def test_only_the_invitation_to_this_meeting_is_cut_out():
    other = bodies.blob_2020(bodies.SHORT)
    content = f"<p>x</p>{bodies.blob_2024()}<p>y</p>{other}"
    assert body.cut(content, bodies.URL, html=True) == f"<p>x</p><p>y</p>{other}"
    assert body.cut(content, "https://teams.microsoft.com/meet/1", html=True) == content
    assert body.read(content, html=True).notes == "x\n\ny"


def test_an_invitation_to_a_new_meeting_gives_way_to_the_former_one():
    frame = "<html><body><p>x</p>%s<p>y</p></body></html>"
    before, after = filled(frame, bodies.blob_2024()), filled(frame, bodies.blob_2020(bodies.SHORT))
    assert body.restore(after, before, html=True) == before
    assert body.restore(before, before, html=True) == before
    assert body.restore(after, "<p>none</p>", html=True) == after


@pytest.mark.parametrize(
    ("after", "restored"),
    [
        ("<body><p>x</p></body>", "<body><p>x</p>%s</body>"),
        ("<body><p>x</p>new</body>", "<body><p>x</p>%snew</body>"),
        ("<body><p>z</p><p>y</p></body>", "<body><p>z</p>%s<p>y</p></body>"),
        ("<body><p>z</p>new</body>", "<body><p>z</p>new%s</body>"),
    ],
)
def test_an_invitation_comes_back_as_near_as_can_be(after, restored):
    before = f"<body><p>x</p>{bodies.blob_2024()}<p>y</p></body>"
    assert body.restore(after, before, html=True) == filled(restored, bodies.blob_2024())


@pytest.mark.parametrize(
    ("html", "invitation"),
    [(False, bodies.blob_as_text()), (True, bodies.blob_2020()), (True, bodies.blob_2024())],
)
def test_a_block_that_was_moved_into_an_invitation_comes_out_again(html, invitation):
    ours = block.put("", KEY, LINES, html=html)
    middle = invitation.index("Me") if html is False else invitation.index("<a ")
    moved = invitation[:middle] + ours + invitation[middle:]
    assert body.read(moved, html=html).block == Block(KEY, TEXT)
    assert body.take(moved, html=html) == invitation
    changed = body.put(moved, OTHER, LINES, html=html)
    assert changed.startswith(invitation)
    assert texts_of(changed, html=html) == [invitation]


@pytest.mark.parametrize(("html", "made"), [(False, bodies.blob_as_text), (True, bodies.blob_2024)])
def test_an_invitation_that_was_moved_into_our_block_stays(html, made):
    opening, *_, closing = block.put("", KEY, LINES, html=False).splitlines()
    content = f"Agenda {opening} {made()} {closing} Bring cake"
    assert texts_of(body.take(content, html=html), html=html) == [made()]
    written = body.put(content, OTHER, LINES, html=html)
    assert texts_of(written, html=html) == [made()]
    assert body.read(written, html=html).block == Block(OTHER, TEXT)
    assert KEY not in written


@pytest.mark.parametrize(
    "at", ["---- Online", "Online meeting", "meeting (hd", ") ----", "Join Zoom", "End of"]
)
def test_the_block_is_known_after_exchange_has_wrapped_its_lines(at):
    written = body.put("<div>Agenda</div>", KEY, LINES, html=True)
    wrapped = written.replace(at, at.replace(" ", "\r\n ", 1)).replace("<br>", "<br>\r\n")
    assert wrapped != written
    seen = body.read(f"<html><body>\r\n{wrapped}\r\n</body></html>", html=True)
    assert seen.notes == "Agenda"
    assert seen.block is not None
    assert seen.block.key == KEY
    assert "-" not in markup.readable(body.take(wrapped, html=True))


def test_lines_that_exchange_adds_do_not_grow_from_round_to_round():
    content = "<html><body>\r\n<div>Agenda</div>\r\n</body></html>"
    now = content
    for _ in range(3):
        now = body.put(now, KEY, LINES, html=True).replace("<br>", "<br>\r\n")
        now = body.take(now, html=True)
    assert now == content


@pytest.mark.parametrize(
    "hostile",
    [
        "_" * 1_000_000,
        ("_" * 30 + "\n") * 32_000,
        ("_" * 60 + " meetup-join aka.ms/JoinTeamsMeeting ") * 10_000,
        ("_" * 30 + " meetup-join meetingOptions ") * 17_000,
        "meetup-join " * 80_000,
        "<div class=me-email-text>meetup-join" * 27_000,
        "<div class=me-email-text>meetup-join</div>" * 23_000,
        ("<div class=me-email-text>" * 20_000) + "meetup-join" + ("</div>" * 80_000),
        f"<b>{'<i>' * 160_000}{'_' * 60}{'</i>' * 100_000}meetup-join",
        f"meetup-join{'_' * 60}{'&nbsp;' * 160_000}",
        f"{KEY} meetup-join " * 30_000,
        f"---- Online meeting ({KEY}) ----<br>" * 20_000,
        "<a href=" * 120_000 + "meetup-join",
        "<!--" * 250_000,
        "teams.a.b/meet/" * 60_000,
        "&nbsp;\r\n" * 120_000,
    ],
    ids=range(16),
)
def test_a_hostile_body_of_a_megabyte_is_handled(hostile):
    for html in (True, False):
        written = body.put(hostile, OTHER, LINES, html=html)
        assert OTHER in written
        assert body.read(written, html=html).block is not None
        assert OTHER not in body.take(written, html=html)
