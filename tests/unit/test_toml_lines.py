from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config.toml_lines import line_of, locate

TEXT = (
    r'''a = 1 # [no]
b.c = "x # y ] \" = "
[s."q\u0041.b"]
k = [1, 2,
  {x = 1, y.z = [3]}, # c ]
  "]"]
m = """
 [no]
 no = 1 \"""" # still one text
l = '''.replace("l = ", "l = '''\n[no]\n'''\n")
    + r"""d = 1979-05-27 07:32:00
[[r]]
x = -1.5e3
[r.sub]
y = {}
[[r]]
x = 'C:\'
[[r.in]]
"p" = 1.5
[[r.in]]
[late.child]
[late]
q = ['''x'''', ']', 1]
"""
)

EXPECTED = {
    ("a",): 1,
    ("b", "c"): 2,
    ("s", "qA.b"): 3,
    ("s", "qA.b", "k"): 4,
    ("s", "qA.b", "k", 1): 4,
    ("s", "qA.b", "k", 2): 5,
    ("s", "qA.b", "k", 2, "y", "z", 0): 5,
    ("s", "qA.b", "k", 3): 6,
    ("s", "qA.b", "m"): 7,
    ("s", "qA.b", "l"): 10,
    ("s", "qA.b", "d"): 13,
    ("r", 0): 14,
    ("r", 0, "x"): 15,
    ("r", 0, "sub", "y"): 17,
    ("r", 1, "x"): 19,
    ("r", 1, "in", 0, "p"): 21,
    ("r", 1, "in", 1): 22,
    ("late", "child"): 23,
    ("late",): 24,
    ("late", "q", 2): 25,
}


def paths(value, path=()):
    """Yield the path of every key and list entry of what tomllib has read."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    )
    for key, inner in entries:
        yield (*path, key)
        yield from paths(inner, (*path, key))


@pytest.mark.parametrize("path", EXPECTED)
def test_a_key_is_found_on_its_line(path):
    assert locate(TEXT)[path] == EXPECTED[path]


def test_exactly_the_keys_that_are_there_are_found():
    assert set(locate(TEXT)) == set(paths(tomllib.loads(TEXT)))


def test_what_has_no_line_takes_that_of_what_is_around_it():
    lines = locate("[a]\nb = {c = 1}\n")
    assert line_of(lines, ("a", "b", "missing")) == 2
    assert line_of(lines, ("a", "missing")) == 1
    assert line_of(lines, ("missing",)) is None


@given(st.text(alphabet="ab1.=[]{},\"'#\\ \n\t\r", max_size=60) | st.text(max_size=30))
def test_any_text_is_survived_and_good_text_is_understood(text):
    lines = locate(text)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(lines) == set(paths(values))


# Random documents that know where they put each key

NAMES = st.sampled_from(["a", "b-2", "c_3", "1", "x y", "d.e", 'q"', "ü"])
LEAVES = st.sampled_from(
    [
        "1",
        "-1.5",
        "true",
        "07:32:00",
        "1979-05-27 07:32:00Z",
        '"= [x] # "',
        "'\\'",
        '"""a\n[b]\nc = 1"""',
        "'''\n'\n'''",
    ]
)


@dataclass
class Document:
    """A text that grows by chance, and the line of each key that it got on the way."""

    draw: Callable
    text: str = ""
    lines: dict = field(default_factory=dict)

    def put(self, path, piece):
        self.lines.setdefault(path, self.text.count("\n") + 1)
        self.text += piece

    def value(self, path, depth):
        kinds = [self.leaf, self.array, self.inline_table][: 3 if depth else 1]
        self.draw(st.sampled_from(kinds))(path, depth - 1)

    def leaf(self, path, depth):
        self.text += self.draw(LEAVES)

    def array(self, path, depth):
        self.text += "["
        for at in range(self.draw(st.integers(0, 3))):
            self.text += self.draw(st.sampled_from(["", " ", "\n", " # ]\n\n"]))
            self.put((*path, at), "")
            self.value((*path, at), depth)
            self.text += ","
        self.text += "]"

    def inline_table(self, path, depth):
        self.text += "{"
        for at, name in enumerate(self.names()):
            self.put((*path, name), f"{', ' if at else ''}{json.dumps(name)} = ")
            self.value((*path, name), depth)
        self.text += "}"

    def pairs(self, path):
        for name in self.names():
            self.text += self.draw(st.sampled_from(["", "\n", "# a = [\n"]))
            self.put((*path, name), f"{json.dumps(name)} = ")
            self.value((*path, name), 2)
            self.text += self.draw(st.sampled_from(["\n", " # ]\n"]))

    def tables(self, name):
        for at in range(self.draw(st.integers(1, 3))):
            self.put((name,), "")
            self.put((name, at), f"[[ {json.dumps(name)} ]]\n")
            self.pairs((name, at))
            if self.draw(st.booleans()):
                self.put((name, at, "sub"), f"[{json.dumps(name)}.sub]\n")
                self.pairs((name, at, "sub"))

    def names(self):
        return self.draw(st.lists(NAMES, max_size=3, unique=True))


@st.composite
def documents(draw):
    document = Document(draw)
    document.pairs(())
    for name in document.names():
        if (name,) in document.lines:
            continue
        if draw(st.booleans()):
            document.put((name,), f"[{json.dumps(name)}]\n")
            document.pairs((name,))
        else:
            document.tables(name)
    return document


@given(documents())
def test_each_key_of_a_random_document_is_found_on_its_line(document):
    assert set(paths(tomllib.loads(document.text))) == set(document.lines)
    assert locate(document.text) == document.lines


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_long_text_may_end_with_quotation_marks_of_its_own(quote, more):
    text = f"a = [{quote * 3}x{quote * (3 + more)}, {quote}]{quote}, 1]"
    assert set(locate(text)) == set(paths(tomllib.loads(text)))
