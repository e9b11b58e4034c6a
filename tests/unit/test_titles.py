"""Titles as services take them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.titles import length, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Plan", "Plan"),
        (" Pl\n\tof \x07 a\x00b ", "Pl of a b"),
        ("Plan \ud83d", "Plan"),
        ("\x01\n", ""),
        ("1234567890 and more", "1234567890"),
        ("123456789 and more", "123456789"),
        ("\U0001f600" * 9, "\U0001f600" * 5),
        ("123\U0001f469\u200d\U0001f4bb and more", "123\U0001f469\u200d\U0001f4bb a"),
        ("1234567\U0001f469\u200d\U0001f4bb", "1234567\U0001f469"),
    ],
)
def test_a_title_is_one_line_that_fits(text, line):
    assert one_line(text, 10) == line


@given(st.text(), st.integers(1, 40))
def test_no_title_is_too_long_as_java_counts(text, longest):
    line = one_line(text, longest)
    assert length(line) == len(line.encode("utf-16-le")) // 2 <= longest
    assert one_line(line, longest) == line
