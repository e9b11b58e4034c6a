"""Find the line on which each key of a TOML text stands: tomllib reads the values and forgets the places.

Meant for text that tomllib accepts; any other text gets some answer. Lines count from 1.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

KeyPath = tuple[str | int, ...]  # keys and list positions from the top: ("rules", 0, "service")

_TOKEN = re.compile(
    r'''
    (?P<blank>   [ \t\r]+ | \#[^\n]* )
  | (?P<string>  """(?:\\.|[^\\])*?"{3,5} | \'\'\'.*?\'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
  | (?P<word>    [^\s\[\]{}=,.\#"']+ )
  | (?P<mark>    . )
    ''',
    re.VERBOSE | re.DOTALL,
)


def locate(text: str) -> Mapping[KeyPath, int]:
    """Map the path of each table, key and list entry to its line; a table takes that of its first mention."""
    walk = _Walk(list(_tokens(text)))
    table: KeyPath = ()
    while walk.now:
        if walk.now == "\n":
            walk.take()
        elif walk.now == "[":
            table = _header(walk)
        else:
            _pair(walk, table)
    return walk.lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Return the line of `path`, or of the nearest thing around it that has one."""
    around = (lines.get(path[:depth]) for depth in range(len(path), 0, -1))
    return next((line for line in around if line is not None), None)


class _Token(NamedTuple):
    text: str
    line: int


@dataclass(slots=True)
class _Walk:
    """A reading position in the tokens, and what was found on the way."""

    tokens: list[_Token]
    at: int = 0
    lines: dict[KeyPath, int] = field(default_factory=dict)
    sizes: dict[KeyPath, int] = field(default_factory=dict)  # of the arrays of tables, so far

    @property
    def now(self) -> str:
        """The text of the token to be read next, empty at the end."""
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def take(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self, *texts: str) -> None:
        while self.now in texts:
            self.at += 1

    def leave(self, *ends: str) -> None:
        """Go on to one of `ends`, without reading it."""
        while self.now and self.now not in ends:
            self.at += 1


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "blank":
            yield _Token(match.group(), line)
        line += match.group().count("\n")


def _header(walk: _Walk) -> KeyPath:
    """Read `[table]` or `[[table]]` and return the path of the table that it opens."""
    line = walk.take().line
    many = walk.now == "["
    if many:
        walk.take()
    path: KeyPath = ()
    for name in _key(walk):
        path = (*_last(walk, path), name)
        walk.lines.setdefault(path, line)
    if many:
        walk.sizes[path] = walk.sizes.get(path, 0) + 1
        path = _last(walk, path)
    walk.lines[path] = line
    walk.leave("\n")
    return path


def _last(walk: _Walk, path: KeyPath) -> KeyPath:
    """Step into the last table of `path` where it is an array of tables."""
    return (*path, walk.sizes[path] - 1) if path in walk.sizes else path


def _pair(walk: _Walk, table: KeyPath) -> None:
    line = walk.tokens[walk.at].line
    for name in _key(walk):
        table = (*table, name)
        walk.lines.setdefault(table, line)
    walk.skip("=")
    _value(walk, table)


def _key(walk: _Walk) -> list[str]:
    names = [_plain(walk.take().text)] if walk.now else []
    while walk.now == ".":
        walk.take()
        if walk.now:
            names.append(_plain(walk.take().text))
    return names


def _plain(name: str) -> str:
    """Return a key as tomllib has it, without quotation marks and escapes."""
    if not name.startswith(('"', "'")):
        return name
    try:
        read: dict[str, Any] = tomllib.loads(f"key = {name}")
    except tomllib.TOMLDecodeError:
        return name
    return str(read["key"])


def _value(walk: _Walk, path: KeyPath) -> None:
    if walk.now == "[":
        _array(walk, path)
    elif walk.now == "{":
        _inline_table(walk, path)
    else:
        walk.leave("\n", ",", "]", "}")


def _array(walk: _Walk, path: KeyPath) -> None:
    walk.take()
    count = 0
    while True:
        walk.skip("\n", ",", "}")
        if walk.now in {"", "]"}:
            break
        walk.lines[*path, count] = walk.tokens[walk.at].line
        _value(walk, (*path, count))
        count += 1
    if walk.now:
        walk.take()


def _inline_table(walk: _Walk, path: KeyPath) -> None:
    walk.take()
    while True:
        walk.skip("\n", ",")
        if walk.now in {"", "}"}:
            break
        _pair(walk, path)
    if walk.now:
        walk.take()
