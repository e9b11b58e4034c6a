"""What pydantic found, in words for an operator: what is wrong with which key, and how to mend it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

from daemon.config.model import Config
from daemon.config.problems import Finding
from daemon.config.toml_lines import KeyPath

Fields = Mapping[str, FieldInfo]
_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a table",
}
_NAMES = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a decimal number",
    list: "a list",
    dict: "a table",
}


def findings(error: ValidationError) -> Iterator[Finding]:
    """Say what each error means. No text repeats what stands in the file, except numbers."""
    for details in error.errors(include_url=False):
        path: KeyPath = tuple(details["loc"])
        yield Finding(path, *_words(path, details))


def fields_at(path: KeyPath) -> Fields:
    """Return the keys that the table at `path` may have; none where no table is foreseen."""
    fields: Fields = Config.model_fields
    for name in path:
        if isinstance(name, str):
            model = _model(fields[name].annotation) if name in fields else None
            fields = model.model_fields if model else {}
    return fields


def sections() -> tuple[str, ...]:
    """Return the names of all sections."""
    return tuple(Config.model_fields)


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model(part))), None)


def _words(path: KeyPath, details: ErrorDetails) -> tuple[str, str]:
    """Return the message and the fix."""
    kind, context = details["type"], details.get("ctx", {})
    match kind:
        case "wrong":
            return context["message"], context["fix"]
        case "extra_forbidden":
            return _unknown(path, table=isinstance(details["input"], dict))
        case "missing":
            return "is missing", _add(path)
        case "literal_error":
            return _choose(path, details["input"])
        case "greater_than_equal" | "less_than_equal":
            limit = context.get("ge", context.get("le"))
            word = "less" if kind.startswith("greater") else "more"
            return f"is {details['input']}, {word} than {_number(limit)}", _between(path)
        case "string_too_short":
            return "is empty", _example(path)
        case "tuple_type" if isinstance(details["input"], dict):
            name = ".".join(str(part) for part in path)
            return "is a single table, but there can be several", f"Write [[{name}]] in place of [{name}]."
        case "model_type" | "model_attributes_type":
            return "must be a table", _table(path)
        case _ if kind in _KINDS:
            return f"must be {_KINDS[kind]}, but is {_name(details['input'])}", _example(path)
        case _:
            return details["msg"], _example(path)


def _unknown(path: KeyPath, *, table: bool) -> tuple[str, str]:
    *parents, last = path
    known, name = fields_at(tuple(parents)), str(last)
    if not parents:
        return _unknown_at_the_top(name, table=table)
    if f"{name}_file" in known:
        return "unknown key", f"Secrets do not stand here: put it in a file and name that with {name}_file."
    if close := _close(name, known):
        return "unknown key", f'Did you mean "{close}"?'
    if homes := _homes(name):
        return "unknown key", f"It belongs in {homes}."
    return "unknown key", f"Known here: {', '.join(known)}." if known else "Take it out."


def _unknown_at_the_top(name: str, *, table: bool) -> tuple[str, str]:
    what = "unknown section" if table else "unknown key outside all sections"
    if table and (close := _close(name, sections())):
        return what, f'Did you mean "{close}"?'
    if not table and (homes := _homes(name)):
        return what, f"It belongs in {homes}."
    return what, f"The sections are: {', '.join(sections())}."


def _close(name: str, known: Sequence[str] | Fields) -> str | None:
    return next(iter(difflib.get_close_matches(name.lower().replace("-", "_"), list(known), 1, 0.7)), None)


def _homes(name: str) -> str:
    return " or ".join(f"[{section}]" for section in sections() if name in fields_at((section,)))


def _choose(path: KeyPath, value: object) -> tuple[str, str]:
    choices = _choices(_field(path))
    listed = ", ".join(json.dumps(choice) for choice in choices)
    close = _close(value, choices) if isinstance(value, str) else None
    return f"must be one of {listed}", f'Did you mean "{close}"?' if close else _example(path)


def _choices(field: FieldInfo | None) -> list[str]:
    def leaves(annotation: Any) -> Iterator[str]:
        for part in get_args(annotation):
            if isinstance(part, str):
                yield part
            yield from leaves(part)

    return list(leaves(field.annotation)) if field else []


def _add(path: KeyPath) -> str:
    if fields_at(path):
        return _table(path)
    return f"Add: {_line(path)}" if _line(path) else "Add it."


def _table(path: KeyPath) -> str:
    needed = [name for name, field in fields_at(path).items() if field.is_required()]
    keys = f" with {' and '.join(needed)} below it" if needed else " and its keys below it"
    return f"Write [{path[-1]}] on a line of its own{keys}."


def _example(path: KeyPath) -> str:
    return f"For example: {_line(path)}" if _line(path) else ""


def _line(path: KeyPath) -> str:
    """Return a line as it could stand in the file; empty where none is known."""
    field = _field(path)
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    value = None
    if field is not None:
        value = field.examples[0] if field.examples else field.default
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel):
        return ""
    if value in ("", ()):
        value = ["..."] if value == () else "..."
    if isinstance(value, Mapping):
        pairs = [f"{json.dumps(key)} = {json.dumps(one)}" for key, one in value.items()]
        return f"{name} = {{{', '.join(pairs)}}}" if name in fields_at(path[:-1]) else pairs[0]
    return f"{name} = {json.dumps(value, default=str)}"


def _field(path: KeyPath) -> FieldInfo | None:
    """Return the field of a key; within a table whose keys are free, that of the table."""
    names = tuple(part for part in path if isinstance(part, str))
    if not names:
        return None
    around = _field(names[:-1])
    if around and get_origin(around.annotation) is dict:
        return around
    return fields_at(names[:-1]).get(names[-1])


def _between(path: KeyPath) -> str:
    field = _field(path)
    limits = {type(limit): limit for limit in _limits(field)} if field else {}
    low, high = limits.get(Ge), limits.get(Le)
    if not isinstance(low, Ge) or not isinstance(high, Le):
        return ""
    return f"Give a number from {_number(low.ge)} to {_number(high.le)}."


def _limits(field: FieldInfo) -> Iterator[object]:
    yield from field.metadata
    for part in get_args(field.annotation):
        for inner in getattr(part, "__metadata__", ()):
            yield from inner.metadata if isinstance(inner, FieldInfo) else (inner,)


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _name(value: object) -> str:
    return _NAMES.get(type(value), "a date or time")
