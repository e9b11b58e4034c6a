"""The body of a call, from bytes to an object, with the name of the field for everything that is wrong. Pure."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from api.v1.calls import Problem, Refused, unprocessable

LARGEST = 1_048_576  # bytes
LARGEST_UNPROVEN = 16_384  # of somebody who has yet to prove who they are
DEEPEST = 32  # objects and lists in one another
MOST_FIELDS = 1000  # of a form
FORM = "application/x-www-form-urlencoded"


def too_large(largest: int = LARGEST) -> Refused:
    """Say that the body is longer than we read."""
    return Refused(413, {"body": (Problem("errors.too_large", f"the body is over {largest} bytes"),)})


def read(raw: bytes, content_type: str) -> Mapping[str, Any]:
    """Read a body, JSON unless it says that it is a form. Raises Refused."""
    if len(raw) > LARGEST:
        raise too_large()
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        raise Refused(
            415, {"body": (Problem("errors.not_recognized", "the body must be JSON or an urlencoded form"),)}
        )
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _wrong("body", f"the body is not UTF-8 at byte {error.start}") from None
    if not text.strip():
        return {}
    return _form(text) if kind == FORM else _json(text)


def _wrong(name: str, description: str) -> Refused:
    return unprocessable(name, "invalid_format", description)


class _Doubled(dict[str, Any]):
    """An object that names one of its keys twice: which of the two was meant, nobody can tell."""

    key = ""


def _json(text: str) -> Mapping[str, Any]:
    odd: list[Any] = []  # what has to be looked for, so that its place can be named
    try:
        found = _parse(text, odd)
    except json.JSONDecodeError as error:
        raise _wrong("body", f"the body is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise _too_deep("body") from None
    except ValueError:
        raise _wrong("body", "the body holds a number that JSON has not, or one that is too long") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _wrong("body", "the body must be a JSON object")
    # What is no character can be spelt with an escape alone. Most bodies have nothing to be looked for.
    if odd or "\\u" in text or text.count("{") + text.count("[") > DEEPEST:
        _check("", found, 1)
    return found


def _parse(text: str, odd: list[Any]) -> Any:
    """Read JSON, and collect in `odd` the objects that name a key twice and the numbers that are too large."""

    def made(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        one = _object(pairs)
        if isinstance(one, _Doubled):
            odd.append(one)
        return one

    def number(digits: str) -> float:
        one = float(digits)
        if not math.isfinite(one):
            odd.append(one)
        return one

    return json.loads(text, object_pairs_hook=made, parse_constant=_constant, parse_float=number)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    doubled, counts = _Doubled(made), Counter(key for key, _ in pairs)
    doubled.key = next(key for key, count in counts.items() if count > 1)
    return doubled


def _constant(name: str) -> Any:
    raise ValueError(name)


def _check(path: str, value: Any, depth: int) -> None:
    """Walk through all that was read. Raises Refused with the path of what cannot be kept or understood."""
    if depth > DEEPEST:
        raise _too_deep(path)
    if isinstance(value, str):
        _text(path, value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise _wrong(path, f"{path} is too large a number")
    elif isinstance(value, dict):
        if isinstance(value, _Doubled):
            name = _below(path, value.key)
            raise unprocessable(name, "duplicate_key", f"{name} is given twice")
        for key, inner in value.items():
            _text(path or "body", key)
            _check(_below(path, key), inner, depth + 1)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            _check(f"{path}[{at}]", inner, depth + 1)


def _below(path: str, key: str) -> str:
    shown = key[:60].encode("utf-8", "replace").decode().replace("\0", "?")
    return f"{path}.{shown}" if path else shown


def _text(path: str, value: str) -> None:
    """Refuse half a character, which JSON can spell and UTF-8 cannot, and the zero byte, which ends text elsewhere."""
    if "\0" in value or re.search("[\ud800-\udfff]", value):
        raise _wrong(path, f"{path} holds something that is no character")


def _too_deep(path: str) -> Refused:
    cut = path if len(path) <= 60 else f"{path[:60]}…"
    return _wrong(cut, f"{cut} is nested more than {DEEPEST} deep")


def _form(text: str) -> Mapping[str, Any]:
    try:
        pairs = parse_qsl(text.strip(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise _wrong("body", "the body is not UTF-8") from None
    except ValueError:
        raise _wrong("body", f"the body has more than {MOST_FIELDS} fields") from None
    made: dict[str, Any] = {}
    for name, value in pairs:
        _text("body", name)
        _text(name[:60], value)
        head, *rest = re.findall(r"[^\[\]]+|\[\]", name.replace("][", "]\0[")) or [name]
        _put(made, head, [part for part in rest if part != "\0"], value, name[:60])
    return made


def _put(into: MutableMapping[str, Any], head: str, rest: Sequence[str], value: str, name: str) -> None:
    """Place the value of `a[b][]`, as forms write objects and lists."""
    if len(rest) > DEEPEST:
        raise _too_deep(name)
    if not rest:
        if head in into:
            raise unprocessable(name, "duplicate_key", f"{name} is given twice")
        into[head] = value
        return
    first, *more = rest
    if first == "[]":
        items = into.setdefault(head, [])
        if not isinstance(items, list):
            raise _wrong(name, f"{name} is both a list and something else")
        if not more:
            items.append(value)
            return
        if not items or not isinstance(items[-1], dict) or (len(more) == 1 and more[0] in items[-1]):
            items.append({})
        _put(items[-1], more[0], more[1:], value, name)
        return
    inner = into.setdefault(head, {})
    if not isinstance(inner, dict):
        raise _wrong(name, f"{name} is both an object and something else")
    _put(inner, first, more, value, name)
