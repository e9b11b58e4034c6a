"""The description of the API: as a file for programs, and as a page for people that loads nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from api.pages.render import HEADERS, Pages

PAGE, SOURCE = "/api", "/api/openapi.yaml"
FILE = Path(__file__).parents[1] / "openapi.yaml"
METHODS = ("get", "post", "delete")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A field or a parameter."""

    name: str  # its path, such as attendees.invite[].email
    kind: str
    text: str
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent or answered: its fields, and an example as JSON."""

    text: str
    rows: Sequence[Row]
    example: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for, or is sent to applications."""

    name: str
    method: str
    path: str
    title: str
    text: str
    proof: str
    parameters: Sequence[Row]
    body: Message | None
    answers: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Reference:
    """The handlers."""

    pages: Pages

    def routes(self) -> Sequence[web.RouteDef]:
        """Return what the public listener has to serve."""
        return [web.get(PAGE, self.page), web.get(SOURCE, self.source)]

    async def page(self, _: web.Request) -> web.Response:
        """Answer with the page."""
        about = described()["info"]["description"]
        return self.pages.page("reference", text=about, groups=_groups(), source=self.pages.base + SOURCE)

    async def source(self, _: web.Request) -> web.Response:
        """Answer with the file."""
        return web.Response(body=FILE.read_bytes(), content_type="application/yaml", headers=HEADERS)


@cache
def described() -> Json:
    """Read the description. It does not change while we run."""
    found: Json = yaml.safe_load(FILE.read_text())
    return found


@cache
def _groups() -> Sequence[tuple[str, str, Sequence[Operation]]]:
    """Return the name and text of each group, with what belongs to it."""
    spec = described()
    every = [*_operations(spec, spec["paths"], sent=False), *_operations(spec, spec["webhooks"], sent=True)]
    return [
        (tag["name"], tag["description"], [one for group, one in every if group == tag["name"]])
        for tag in spec["tags"]
    ]


def _operations(spec: Json, paths: Json, *, sent: bool) -> Iterator[tuple[str, Operation]]:
    for path, item in paths.items():
        for method in METHODS:
            if method not in item:
                continue
            found = item[method]
            parameters = [*item.get("parameters", ()), *found.get("parameters", ())]
            yield (
                found["tags"][0],
                Operation(
                    found.get("operationId", path),
                    method.upper(),
                    "to you" if sent else path,
                    found["summary"],
                    found.get("description", ""),
                    "" if sent else ("access token" if "security" not in found else "client id and secret"),
                    [_parameter(spec, one) for one in parameters],
                    _message(spec, found["requestBody"]) if "requestBody" in found else None,
                    [_message(spec, one, status) for status, one in found["responses"].items()],
                ),
            )


def _parameter(spec: Json, parameter: Json) -> Row:
    found = _resolved(spec, parameter)
    schema = _resolved(spec, found["schema"])
    kind = f"{_kind(spec, schema)}, in the {found['in']}"
    default = str(schema.get("default", ""))
    return Row(found["name"], kind, found.get("description", ""), bool(found.get("required")), default)


def _message(spec: Json, message: Json, status: str = "") -> Message:
    found = _resolved(spec, message)
    content: Json = next(iter(found.get("content", {}).values()), {})
    examples = [one["value"] for one in content.get("examples", {}).values()]
    examples += [content["example"]] if "example" in content else []
    # What is wrong looks the same everywhere: it is enough to say it at the end of the page.
    rows = list(_rows(spec, content.get("schema", {}))) if not status or status == "200" else []
    shown = "\n\n".join(json.dumps(one, indent=2, ensure_ascii=False) for one in examples) if rows else ""
    return Message(found.get("description", ""), rows, shown, status)


def _rows(spec: Json, schema: Json, path: str = "") -> Iterator[Row]:
    """Yield all fields of an object, each before what it holds."""
    found = _resolved(spec, schema)
    for part in (*found.get("allOf", ()), *found.get("anyOf", ()), *found.get("oneOf", ())):
        yield from _rows(spec, part, path)
    for name, inner in found.get("properties", {}).items():
        here, field = f"{path}.{name}" if path else name, _resolved(spec, inner)
        required = name in found.get("required", ())
        yield Row(
            here, _kind(spec, field), field.get("description", ""), required, str(field.get("default", ""))
        )
        yield from _rows(spec, field, here)
    if "items" in found:
        yield from _rows(spec, found["items"], f"{path}[]")


def _kind(spec: Json, schema: Json) -> str:
    """Say in a few words what a value has to be."""
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"] if one is not None)
    several = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if several:
        kinds = [_kind(spec, _resolved(spec, one)) for one in several]
        return " or ".join(dict.fromkeys(kind for kind in kinds if kind != "null"))
    kind = schema.get("type", "object" if "properties" in schema or "allOf" in schema else "anything")
    names = [kind] if isinstance(kind, str) else [one for one in kind if one != "null"]
    if "items" in schema:
        names = [f"array of {_kind(spec, _resolved(spec, schema['items']))}"]
    limits = [f"at most {schema[word]}" for word in ("maxLength", "maximum", "maxItems") if word in schema]
    return ", ".join([" or ".join(names), *limits])


def _resolved(spec: Json, schema: Json) -> Json:
    """Follow a reference; what stands beside it goes before what stands behind it."""
    if "$ref" not in schema:
        return schema
    found: Any = spec
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**_resolved(spec, found), **{key: value for key, value in schema.items() if key != "$ref"}}
