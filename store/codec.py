"""Frozen data to JSON text and back. What cannot be read back is reported, never guessed at."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from store.errors import StateCorrupt

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(value: object, *, without: str = "") -> str:
    """Write a frozen dataclass as JSON, without the field of that name where one is given."""
    adapter = _adapter(cast("Any", type(value)))
    exclude = {without} if without else None
    try:
        return adapter.dump_json(value, exclude=exclude, exclude_defaults=True).decode()
    except PydanticSerializationError:
        # Half a character: JSON from outside can spell it, UTF-8 cannot. One such event must not block its calendar.
        plain = adapter.dump_python(value, mode="json", exclude=exclude, exclude_defaults=True)
        return json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace").decode()


def load(kind: type[T], text: str, where: str) -> T:
    """Read it back. Raises StateCorrupt naming `where` it was stored and what is wrong with it."""
    try:
        value: T = _adapter(cast("Any", kind)).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(step) for step in first["loc"])
        raise StateCorrupt(
            f"{where}: the stored {kind.__name__} is damaged at {path or 'its root'}: {first['msg']}"
        ) from None
    return value
