"""Join links in the location of an event."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.location import holds, swap, without

URL = "https://zoom.example.com/j/1"


@pytest.mark.parametrize(
    ("location", "there", "left"),
    [
        (URL, True, ""),
        (f"Room 4, {URL}", True, "Room 4"),
        (f"{URL} | Room 4", True, "Room 4"),
        (f"Room 4 {URL} third floor", True, "Room 4 third floor"),
        (f"Room 4 ({URL})", True, "Room 4 ()"),
        (f"{URL}, {URL}", True, ""),
        (f"See {URL}.", True, "See ."),
        (f"{URL}2", False, f"{URL}2"),
        (f"{URL}?pwd=x", False, f"{URL}?pwd=x"),
        (f"{URL}/", False, f"{URL}/"),
        (f"{URL}2 {URL}", True, f"{URL}2"),
        ("", False, ""),
    ],
)
def test_a_link_is_found_and_taken_out_as_a_whole(location, there, left):
    assert holds(location, URL) is there
    assert without(location, URL) == left


def test_no_link_is_nowhere():
    assert not holds("Room 4", "")
    assert without("Room 4", "") == swap("Room 4", "", "x") == "Room 4"


def test_a_link_makes_room_for_another_and_what_looks_like_a_pattern_is_none():
    assert swap(f"{URL}, {URL}9", URL, r"https://x.example/\1") == rf"https://x.example/\1, {URL}9"


@given(st.text("x ,;|./1?", max_size=12), st.text("x ,;|./1?", max_size=12))
def test_what_is_taken_out_is_gone_and_words_stay(before, after):
    location = before + URL + after
    left = without(location, URL)
    assert not holds(left, URL)
    blanks = str.maketrans("", "", " ,;|")
    kept = before + after if holds(location, URL) else location
    assert left.translate(blanks) == kept.translate(blanks)
