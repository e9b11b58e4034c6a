"""Keywords: which words ask for a conference, where they may stand, and what takes their place."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import keywords
from connectors.keywords import KEYWORDS, Keyword, find, replace

URL = "https://us02web.zoom.us/j/92674392836?pwd=8pEk.1"

ASKS = [
    ("@zoom", "zoom"),
    ("Design review @Zoom", "zoom"),
    ("Design review (@zoom)", "zoom"),
    ("Ends here, @zoom.", "zoom"),
    ("@zoom, room 4", "zoom"),
    ("@zoom: weekly", "zoom"),
    ("@zoom's call", "zoom"),
    ("@zoom/@teams", "zoom"),
    ("room 4;@MEET", "meet"),
    ("-@meet", "meet"),
    ("**@teams**", "teams"),
    ('"@goto"', "goto"),
    ("line\n@webex\nline", "webex"),
    ("@zoomer or @jitsi", "jitsi"),
    ("ada@zoom.us or @static", "static"),
    ("@zoom.us @none", "none"),
    ("https://example.com/@zoom @video", "video"),
    ("https://example.com/@zoom,@meet @video", "video"),
    ("www.example.com/a?@zoom @video", "video"),
    ("medium.com/@zoom @video", "video"),
    ("@video then @zoom", "video"),
    ("\u9031\u6b21\u5b9a\u4f8b@zoom\u3067", "zoom"),  # Japanese has no spaces
    ("\u9031\u6b21\u5b9a\u4f8b\uff20zoom", "zoom"),
]
ASKS_NOT = [
    "",
    "@",
    "zoom",
    "@ zoom",
    "@zoomer",
    "@zoom_room",
    "@zoom2",
    "@zoom-team",
    "@zoom.us",
    "@zoom@example.com",
    "ada@zoom.us",
    "ada@zoom",
    "ada.b@meet",
    "a+b+@zoom",
    "@@zoom",
    "x=@zoom",
    "&@zoom",
    "https://example.com/@zoom",
    "HTTPS://example.com/a@zoom",
    "https://user:@zoom.us/j/1",
    "see www.example.com/(@zoom)",
    "mailto:ada@zoom",
    "@v\u0131deo",  # a dotless i
    "@team\u017f",  # a long s
    "@zoom\u00e9",
    "caf\u00e9@zoom",
]


@pytest.mark.parametrize(("text", "word"), ASKS)
def test_a_keyword_that_is_a_word_of_its_own_counts(text: str, word: str) -> None:
    keyword = find(text)
    assert keyword is not None
    assert keyword.word == word
    assert text[keyword.start + 1 : keyword.end].lower() == word


@pytest.mark.parametrize("text", ASKS_NOT)
def test_a_word_that_only_looks_like_a_keyword_does_not_count(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize("word", KEYWORDS)
def test_every_keyword_is_known_in_any_case(word: str) -> None:
    assert find(f"a @{word.upper()} b") == Keyword(word, 2, 3 + len(word))


@pytest.mark.parametrize(
    ("location", "becomes"),
    [
        ("@zoom", URL),
        ("Room 4, @Zoom", f"Room 4, {URL}"),
        ("Room 4 (@zoom) or @meet", f"Room 4 ({URL}) or meet"),
        ("@zoom @none, ada@zoom.us", f"{URL} none, ada@zoom.us"),
        ("@none @zoom", "@none @zoom"),
        ("Room 4", "Room 4"),
        ("", ""),
        ("@none", "@none"),
        ("ada@zoom.us", "ada@zoom.us"),
    ],
)
def test_the_join_link_takes_the_place_of_the_keyword(location: str, becomes: str) -> None:
    assert replace(location, URL) == becomes


PIECES = st.lists(
    st.sampled_from(["@zoom", "@none", "@", "a", ".", " ", "/", "-", "https://", "\n", "(", "\u9031"])
)


@given(st.text() | PIECES.map("".join))
def test_what_is_found_is_a_keyword_with_nothing_of_a_word_at_its_sides(text: str) -> None:
    keyword = find(text)
    if keyword is None:
        return
    written, before, after = (
        text[keyword.start : keyword.end],
        text[: keyword.start][-1:],
        text[keyword.end :][:1],
    )
    assert written[0] in "@\uff20"
    assert written[1:].lower() == keyword.word
    assert keyword.word in KEYWORDS
    assert not (before + after).isascii() or not any(c.isalnum() or c in "_@" for c in before + after)


@given(before=PIECES.map("".join), after=PIECES.map("".join))
def test_a_keyword_between_spaces_is_never_missed(before: str, after: str) -> None:
    text = f"{before} @Webex {after}"
    keyword = find(text)
    assert keyword is not None
    assert keyword.start <= text.index("@Webex")


@given(PIECES.map("".join))
def test_after_the_replacement_nothing_asks_any_more(location: str) -> None:
    keyword, replaced = find(location), replace(location, URL)
    if keyword is None or keyword.word == "none":
        assert replaced == location
    else:
        assert replaced.startswith(location[: keyword.start] + URL)
        assert replaced.replace(URL, "").replace("@", "") == (
            location[: keyword.start] + location[keyword.end :]
        ).replace("@", "")
        assert find(replaced) is None


def test_the_examples_in_the_documentation_are_true() -> None:
    assert doctest.testmod(keywords) == (0, 1)
