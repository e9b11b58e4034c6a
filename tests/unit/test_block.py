"""Our block in a description: found again, replaced, removed, and never a byte of anybody else's touched."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from connectors import block as block_module
from connectors import markup
from connectors.block import put, split, take
from connectors.model import Block

INVITATIONS = (
    Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing" / "invitations"
)
KEY, OTHER = "hd7k2m0q9v4c1t8e5b", "hd0123456789abcdef"
URL = "https://us02web.zoom.us/j/92674392836?pwd=8pEk.1&from=addon"
PASSCODE = "w46!(i{74n<&"
LINES = (f"Join Zoom: {URL}", "Meeting ID: 926 7439 2836", f"Passcode: {PASSCODE}")
TEXT = "\n".join(LINES)
OPENING, CLOSING = f"--- Online meeting ({KEY}) ---", f"--- End of online meeting ({KEY}) ---"

DESCRIPTIONS = {
    "nothing": "",
    "one line": "Agenda",
    "a line break at the end": "Agenda\n",
    "half a line break at the end": "Agenda\r",
    "lines of Windows": "Agenda\r\n\r\n1. Budget\r\n",
    "blanks": " \n\t ",
    "emoji": "Party \U0001f389\U0001f468\u200d\U0001f469\u200d\U0001f467 \u202eesrever",
    "HTML of Google": "<html-blob><b>Agenda</b><br><ul><li>Budget &amp; plan</li></ul></html-blob>",
    "HTML of Outlook": "<html><head><style>p{a:b}</style></head>\r\n<body><p>Hi</p>\r\n</body></html>",
    "HTML with a break at the end": "<p>Agenda</p><br><br>",
    "broken HTML": '<b>Agenda <a href="https://example.com',
    "angle brackets": "if a < b and c > d then <ada@example.com>",
    "entities": "R&amp;D &lt;b&gt; &nbsp; &copy=1",
    "dashes": "--- Agenda ---\n----",
    "the words alone": "Online meeting (tomorrow)\n--- Online meeting ---\nEnd of online meeting (hd)",
    "a stranger's key": "---- Online meeting (hd7k2m) ----\nx\n---- End of online meeting (hd7k2m) ----",
    "our key alone": f"See {KEY}, or (hd0123456789abcdef).",
    "half of the words": "\n\n--- End of",
    "an unclosed comment": "<!-- <b>x</b>",
}
EDITORS: dict[str, Callable[[str], str]] = {
    "newlines of Windows": lambda text: text.replace("\n", "\r\n"),
    "newlines as <br>": lambda text: text.replace("\n", "<br>"),
    "newlines as <br /> and newline": lambda text: text.replace("\n", "<br />\n"),
    "lines as paragraphs": lambda text: "".join(f"<p>{line}</p>\n" for line in text.split("\n")),
    "lines as divisions": lambda text: "".join(
        f'<div dir="ltr">{line or "<br>"}</div>' for line in text.split("\n")
    ),
    "hard spaces": lambda text: text.replace(" ", "&nbsp;"),
    "one hard space of two": lambda text: re.sub(r"(-|\() | (-|\()", r"\1&nbsp;\2", text),
    "real hard spaces": lambda text: text.replace(" ", "\xa0"),
    "links": lambda text: re.sub(r"https?://[^\s<]+", r'<a href="\g<0>" target="_blank">\g<0></a>', text),
    "all bold": lambda text: f"<b>{text}</b>",
    "spans": lambda text: re.sub(r"[A-Za-z]+(?= )", r'<span style="x">\g<0></span>', text),
    "source wrapped": lambda text: "<div>" + text.replace(" meeting", "\r\nmeeting") + "</div>",
    "long dashes": lambda text: text.replace("---- ", "\u2014\u2014 ").replace(" ----", " \u2014\u2014"),
    "no dashes": lambda text: re.sub("-{3,4} ?", "", text),
    "upper case": lambda text: text.replace("Online meeting", "ONLINE MEETING"),
}
FRAGMENTS = [
    *DESCRIPTIONS.values(),
    *(f"{OPENING}\n", f"\n{CLOSING}", f"\n----{OPENING}\n", f"{CLOSING.replace('---', '----')}\n", LINES[2]),
    *("\n", "\n\n", "<br>", "\r\n", "-", " ", "</body>", "<b>", "</b>", "(", "Online ", "End of "),
]
FOREIGN = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.lists(
    st.sampled_from(sorted(DESCRIPTIONS.values())), max_size=4
).map("".join)
ANY = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=5), max_size=8).map("".join)
VALUES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


def invitations() -> list[str]:
    return [path.read_text() for path in sorted(INVITATIONS.glob("*.txt"))]


@pytest.mark.parametrize("description", [*DESCRIPTIONS.values(), *invitations()])
@pytest.mark.parametrize("html", [None, True, False])
def test_what_is_put_is_read_back_and_taken_off_without_a_trace(description: str, html: bool | None) -> None:
    written = put(description, KEY, LINES, html=html)
    notes, block = split(written, html=html)
    assert block == Block(KEY, TEXT)
    assert notes == split(description, html=html)[0]
    assert take(written, html=html) == description


def test_the_block_looks_as_the_documentation_shows() -> None:
    shown = textwrap.dedent((block_module.__doc__ or "").split("\n\n")[1])
    assert put("", KEY, shown.splitlines()[1:-1]) == shown


@given(FOREIGN, st.sampled_from([None, True, False]))
@example("0\n\n--- ", None)
@example("<b>x</b><br><br", None)
def test_taking_undoes_putting_on_any_text(description: str, html: bool | None) -> None:
    written = put(description, KEY, LINES, html=html)
    assert split(written, html=html)[1] == Block(KEY, TEXT)
    assert take(written, html=html) == description


@given(ANY)
def test_a_text_that_imitates_our_lines_holds_one_block_afterwards(description: str) -> None:
    written = put(description, KEY, LINES)
    assert split(written)[1] == Block(KEY, TEXT)
    assert written.count(f"({KEY}) --") == 2
    assert take(written) == take(description)


@given(ANY, ANY)
def test_what_people_type_before_and_after_stays(before: str, after: str) -> None:
    assume(KEY not in before + after)
    written = f"{before}\n{put('Agenda', KEY, LINES)}\n{after}"
    assert take(written) == f"{before}\nAgenda\n{after}"
    assert put(written, OTHER, ["Join Zoom: https://zoom.us/j/1"]).endswith(f"\n{after}")


@given(FOREIGN, VALUES, st.sampled_from([None, True, False]))
def test_every_value_reads_as_it_was_given(description: str, value: str, html: bool | None) -> None:
    _, block = split(put(description, KEY, [f"Passcode: {value}"], html=html), html=html)
    assert block == Block(KEY, f"Passcode: {value}")


@pytest.mark.parametrize("description", [*DESCRIPTIONS.values(), *invitations()])
def test_a_hundred_rounds_of_adding_changing_and_removing_change_nothing(description: str) -> None:
    text = description
    for turn in range(100):
        text = put(text, KEY, LINES)
        text = put(text, OTHER, [f"Join Zoom: https://zoom.us/j/{turn}"])
        assert split(text)[1] == Block(OTHER, f"Join Zoom: https://zoom.us/j/{turn}")
        text = take(text)
        assert text == description


@given(FOREIGN)
def test_putting_twice_is_putting_once(description: str) -> None:
    once = put(description, KEY, LINES)
    assert put(once, KEY, LINES) == once
    assert put(put(description, OTHER, ["x"]), KEY, LINES) == once


@pytest.mark.parametrize("edit", EDITORS.values(), ids=EDITORS)
@pytest.mark.parametrize("description", ["", "Agenda"])
def test_the_block_survives_an_editor(edit: Callable[[str], str], description: str) -> None:
    edited = edit(put(description, KEY, LINES))
    notes, block = split(edited)
    assert block is not None
    assert block.key == KEY
    assert URL in block.text
    assert PASSCODE in block.text
    assert notes == description
    assert KEY not in take(edited)
    again = put(edited, OTHER, LINES)
    assert split(again)[0] == description
    assert again.count(OTHER) == 2
    assert KEY not in again


@pytest.mark.parametrize("edit", EDITORS.values(), ids=EDITORS)
def test_what_an_editor_made_stays_well_formed(edit: Callable[[str], str]) -> None:
    edited = edit("First\n" + put("Agenda", KEY, LINES) + "\nLast")
    for text in (take(edited), put(edited, OTHER, LINES)):
        assert _unclosed(text) == []
        assert split(text)[0].split() == ["First", "Agenda", "Last"]


def _unclosed(text: str) -> list[str]:
    """Return the names of the tags that lack a partner."""
    stack: list[str] = []
    for tag in markup.TAG.finditer(text):
        if tag["name"].lower() == "br":
            continue
        if tag["close"] and stack and stack[-1] == tag["name"]:
            stack.pop()
        else:
            stack.append(tag["close"] + tag["name"])
    return stack


def test_the_block_stands_before_the_end_of_an_html_document() -> None:
    written = put("<html><body><p>Hi</p></body></html>", KEY, LINES)
    assert written.startswith("<html><body><p>Hi</p><br><br>---- Online")
    assert written.endswith(" ----</body></html>")


def test_a_link_in_html_can_be_clicked() -> None:
    assert '<a href="https://zoom.us/j/1?a&amp;b">https://zoom.us/j/1?a&amp;b</a>' in put(
        "<b>x</b>", KEY, ["Join Zoom: https://zoom.us/j/1?a&b"]
    )


def test_plain_text_that_nobody_decodes_is_not_encoded() -> None:
    assert f"Passcode: {PASSCODE}" in put("x", KEY, LINES, html=False)


def test_a_block_that_was_moved_is_changed_where_it_is_now() -> None:
    block = put("x", KEY, LINES).removeprefix("x\n\n")
    moved = f"Before\n\n{block}\n\nAfter"
    changed = put(moved, OTHER, ["Join Zoom: https://zoom.us/j/1"])
    assert changed.startswith("Before\n\n---- Online meeting (hd0")
    assert changed.endswith("\n\nAfter")
    assert take(moved) == "Before\n\nAfter"
    assert take(f"{block}\n\nAfter") == "\n\nAfter"


def test_of_two_copies_the_first_stays() -> None:
    block = put("x", KEY, LINES).removeprefix("x\n\n")
    twice = f"A\n\n{block}\nB\n\n{block}\nC"
    changed = put(twice, KEY, ["Join Zoom: https://zoom.us/j/1"])
    assert changed == "\n".join(
        [
            f"A\n\n---- Online meeting ({KEY}) ----",
            "Join Zoom: https://zoom.us/j/1",
            f"---- End of online meeting ({KEY}) ----",
            "B\nC",
        ]
    )
    assert take(twice) == "A\nB\nC"


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("lost", ["opening", "closing", "half of the opening", "half of the closing"])
def test_a_block_with_a_damaged_line_is_known_and_mended(lost: str, html: bool) -> None:
    text = (
        "Agenda\n\n" + "\n".join([OPENING, *map(markup.escape, LINES), CLOSING]) + "\nPasscode: ask Ada first"
    )
    line = OPENING if "opening" in lost else CLOSING
    text = text.replace(line, line[: len(line) // 2] + line[len(line) // 2 + 4 :] if "half" in lost else "")
    text = text.replace("\n", "<br>") if html else text
    notes, block = split(text)
    assert block is not None
    assert block.key == ""
    assert URL in block.text
    assert PASSCODE in block.text
    mended = put(text, KEY, LINES)
    assert split(mended)[1] == Block(KEY, TEXT)
    assert mended.count("Meeting ID") == 1
    assert "Meeting ID" not in take(text)
    assert notes.startswith("Agenda")
    assert notes.endswith("Passcode: ask Ada first")


def test_lines_of_people_next_to_a_damaged_block_stay() -> None:
    text = f"{OPENING}\n{LINES[1]}\nBring the numbers\n{LINES[1]}"
    assert take(text) == f"\nBring the numbers\n{LINES[1]}"
    assert take(f"{LINES[1]}\nBring cake\n{LINES[1]}\n{CLOSING}\nend") == f"{LINES[1]}\nBring cake\n\nend"


def test_two_keys_never_make_one_block() -> None:
    _, block = split(f"{OPENING}\n{LINES[1]}\n{CLOSING.replace(KEY, OTHER)}")
    assert block is not None
    assert block.key == ""


def test_remains_of_two_blocks_are_taken_off_once() -> None:
    assert take(f"A\n{OPENING}\n{LINES[1]}\n{CLOSING.replace(KEY, OTHER)}\nB") == "A\n\n\nB"


def test_a_whole_block_counts_more_than_remains_before_it() -> None:
    text = f"{CLOSING}\nAgenda\n{put('', OTHER, LINES)}"
    assert split(text)[1] == Block(OTHER, TEXT)
    assert put(text, KEY, LINES) == f"\nAgenda\n{put('', KEY, LINES)}"


def test_dashes_typed_right_behind_the_block_stay() -> None:
    for description in ("", "Agenda"):
        assert take(put(description, KEY, LINES) + "----") == description + "----"


@pytest.mark.parametrize(
    ("html", "rest"),
    [
        (f"<p>{OPENING}</p><p>x</p><p>{CLOSING}</p>", "<p></p>"),
        (f"<b>Agenda<br>{OPENING}</b><br>x<br>{CLOSING}", "<b>Agenda<br></b>"),
        (f"{OPENING}<br>x<br><i class='y'>{CLOSING}<br>After</i>", "<i class='y'><br>After</i>"),
        (
            f"<ul><li>A {OPENING}</li></ul><br>x<ol><li>{CLOSING} B</li></ol>",
            "<ul><li>A </li></ul><ol><li> B</li></ol>",
        ),
        (f"{OPENING}<b><i></b></i>{CLOSING}<p>x</p>", "<p>x</p>"),
        (f"<u>{OPENING}<br><b>x<hr><i/></b></u><br>{CLOSING}", "<u></u>"),
    ],
)
def test_a_tag_that_reaches_into_the_block_keeps_its_partner(html: str, rest: str) -> None:
    assert take(html) == rest


def test_the_address_behind_a_link_is_part_of_the_text() -> None:
    html = f'{OPENING}<br><a href="https://zoom.us/j/1?a=1&amp;b=2">Join</a><br>{CLOSING}<br>See <a href="https://x.org">x</a>'
    notes, block = split(html)
    assert block == Block(KEY, "Join <https://zoom.us/j/1?a=1&b=2>")
    assert notes == "See x <https://x.org>"


@pytest.mark.parametrize(
    "key", ["", "hd", "zoom", "hd7k2m0q9v4c1t8e5", "hd7k2m0q9v4c1t8e5z", KEY + "\n", KEY.upper()]
)
def test_a_key_that_could_not_be_found_again_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        put("", key, LINES)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\n\nb\n\nc"),
        ("<b>a</b>&nbsp;b &amp; c &lt;d&gt;", "a b & c <d>"),
        ("a<!-- <b>hidden</b> -->b", "ab"),
        ("<head><title>t</title></head><style>p>a</style>a<script>1<2</script>", "a"),
        ("a --> b", "a --> b"),
        (
            "a < b, <ada@example.com>, Join<https://zoom.us/j/1>",
            "a < b, <ada@example.com>, Join<https://zoom.us/j/1>",
        ),
        ('<a href="https://x.org">https://x.org</a>', "https://x.org"),
        ("<a href='https://x.org'><b>Here</b></a>", "Here <https://x.org>"),
        ("<a href=https://x.org>Here", "Here <https://x.org>"),
        ('<a data-href="https://y.org" href="mailto:a@x.org">Ada</a>', "Ada"),
        ('<a href="https://wrapped" originalsrc="https://x.org">Here</a>', "Here <https://x.org>"),
        ("<td>a</td><td>b</td>", "a  b"),
        ("x &copy=1 &bogus; &#x1F389; &#0; &", "x &copy=1 &bogus; \U0001f389 \ufffd &"),
    ],
)
def test_html_reads_as_people_see_it(html: str, text: str) -> None:
    assert markup.readable(html) == text


@given(st.text(), st.sampled_from([None, True, False]))
def test_any_text_can_be_read(text: str, html: bool | None) -> None:
    assert markup.readable(text, html=html).strip() == markup.readable(text, html=html)


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_what_is_escaped_reads_as_it_was(text: str) -> None:
    assert markup.readable(markup.escape(text)) == text
