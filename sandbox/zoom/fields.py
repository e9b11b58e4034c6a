"""A few words for describing what a JSON body may hold, and the check that names every field at fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.texts import is_line, units

if TYPE_CHECKING:
    from collections.abc import Mapping

Check: TypeAlias = Callable[[Any, str], Iterator["Problem"]]

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One field at fault, as Zoom lists it under `errors`."""

    field: str
    message: str = "Invalid field."


def _when(good: Callable[[Any], bool]) -> Check:
    def check(value: Any, path: str) -> Iterator[Problem]:
        if not good(value):
            yield Problem(path)

    return check


def flag() -> Check:
    """Accept true and false."""
    return _when(lambda value: isinstance(value, bool))


def text(longest: int | None = None, pattern: str | None = None) -> Check:
    """Accept a string of at most `longest` characters which matches `pattern` as a whole."""
    return _when(
        lambda value: (
            isinstance(value, str)
            and (longest is None or units(value) <= longest)
            and (pattern is None or re.fullmatch(pattern, value) is not None)
        )
    )


def line(longest: int) -> Check:
    """Accept a string of one line, or an empty one."""
    return _when(lambda value: value == "" or is_line(value, longest))


def email() -> Check:
    """Accept an address."""
    return _when(lambda value: isinstance(value, str) and EMAIL.fullmatch(value) is not None)


def whole(low: int | None = None, high: int | None = None) -> Check:
    """Accept an integer between `low` and `high`, both included; `true` is none."""
    return _when(
        lambda value: (
            isinstance(value, int)
            and not isinstance(value, bool)
            and (low is None or value >= low)
            and (high is None or value <= high)
        )
    )


def one_of(*choices: str | int) -> Check:
    """Accept one of the choices, of the same type."""
    return _when(lambda value: any(value == choice and type(value) is type(choice) for choice in choices))


def many(item: Check, longest: int | None = None) -> Check:
    """Accept a list of at most `longest` items; a wrong item puts the whole list at fault, as with Zoom."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        right = isinstance(value, list) and (longest is None or len(value) <= longest)
        if not right or any(True for element in value for _ in item(element, path)):
            yield Problem(path)

    return check


def record(fields: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """Accept an object with these keys and no others."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(path)
            return
        prefix = f"{path}." if path else ""
        for key in required:
            if key not in value:
                yield Problem(prefix + key, "Missing field.")
        for key, element in value.items():
            if key in fields:
                yield from fields[key](element, prefix + key)
            else:
                yield Problem(prefix + key, "Unknown field.")

    return check
