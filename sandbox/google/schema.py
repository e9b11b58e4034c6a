"""Google's published contract: the discovery document, as validators for requests and answers."""

# https://developers.google.com/discovery/v1/reference/apis

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker

from sandbox.google.errors import GoogleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

    Json = dict[str, Any]


def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and bool(datetime.fromisoformat(value)))


@cache
def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    checker.checks("date", raises=ValueError)(_is_date)
    checker.checks("date-time", raises=ValueError)(_is_date_time)
    return checker


@dataclass(frozen=True, slots=True)
class Method:
    """What the contract says of one method."""

    id: str
    scopes: frozenset[str]
    parameters: Mapping[str, Json]
    """Query parameters by name, the general ones included."""
    required: tuple[str, ...]
    """Keys a request body must have."""
    validator: Draft202012Validator | None
    """What a request body must be; None for methods without one."""

    def query(self, pairs: Iterable[tuple[str, str]]) -> Json:
        """Return the query parameters in their types; answer 400 to what the contract does not know."""
        read: Json = {}
        for name, text in pairs:
            spec = self.parameters.get(name)
            if spec is None:
                raise GoogleError("badRequest", f"Unknown query parameter for {self.id}: {name}")
            value = _typed(name, text, spec)
            if spec.get("repeated"):
                read.setdefault(name, []).append(value)
            elif name in read:
                raise GoogleError("badRequest", f"Query parameter given twice: {name}")
            else:
                read[name] = value
        for name, spec in self.parameters.items():
            if spec.get("required") and name not in read:
                raise GoogleError("required", f"Required parameter: {name}")
        return read

    def check_body(self, body: Any) -> None:
        """Answer 400 to a body that the contract does not allow."""
        if self.validator is None:
            return
        if not isinstance(body, dict):
            raise GoogleError("required", "A JSON object is required as body.")
        for error in self.validator.iter_errors(body):
            raise GoogleError("badRequest", _told(error))
        for name in self.required:
            if body.get(name) is None:
                raise GoogleError("required", f"Missing {name}.")


def _typed(name: str, text: str, spec: Json) -> Any:
    kind = spec["type"]
    if kind == "boolean":
        if text not in ("true", "false"):
            raise GoogleError("badRequest", f"{name} is neither true nor false: {text}")
        return text == "true"
    if kind == "integer":
        if not text.lstrip("-").isdigit():
            raise GoogleError("badRequest", f"{name} is no whole number: {text}")
        value = int(text)
        if value < int(spec.get("minimum", value)) or value > int(spec.get("maximum", value)):
            raise GoogleError("badRequest", f"{name} is out of range: {text}")
        return value
    if "enum" in spec and text not in spec["enum"]:
        raise GoogleError("badRequest", f"{name} is none of {', '.join(spec['enum'])}: {text}")
    return text


def _told(error: ValidationError) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    if error.validator == "additionalProperties":
        return f"Invalid JSON payload received at '{path.lstrip('.')}'. Unknown name: {error.message}"
    return f"Invalid value at '{path.lstrip('.')}': {error.message[:300]}"


@dataclass(frozen=True, slots=True)
class Contract:
    """The whole contract, ready for use."""

    methods: Mapping[str, Method]
    answers: Mapping[str, Draft202012Validator]
    """Strict validators of what Google answers, by schema name; the tests hold the sandbox to them."""


@cache
def contract() -> Contract:
    """Return the contract that ships inside google-api-python-client; read once a process."""
    text = files("googleapiclient").joinpath("discovery_cache/documents/calendar.v3.json").read_text("utf-8")
    document = json.loads(text)
    asked = {name: _json_schema(schema, asked=True) for name, schema in document["schemas"].items()}
    answered = {name: _json_schema(schema, asked=False) for name, schema in document["schemas"].items()}
    return Contract(
        {
            m["id"].removeprefix("calendar."): _method(m, document, asked)
            for m in _methods(document["resources"])
        },
        {name: _validator(name, answered) for name in answered},
    )


def _methods(resources: Json) -> Iterator[Json]:
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from _methods(resource.get("resources", {}))


def _method(method: Json, document: Json, asked: Json) -> Method:
    own = {name: p for name, p in method.get("parameters", {}).items() if p["location"] == "query"}
    name = method.get("request", {}).get("$ref")
    properties = document["schemas"][name].get("properties", {}) if name else {}
    required = [
        k for k, p in properties.items() if method["id"] in p.get("annotations", {}).get("required", ())
    ]
    return Method(
        id=method["id"].removeprefix("calendar."),
        scopes=frozenset(method["scopes"]),
        parameters={**document["parameters"], **own},
        required=tuple(required),
        validator=_validator(name, asked) if name else None,
    )


def _validator(name: str, definitions: Json) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": definitions}, format_checker=_formats())


def _json_schema(schema: Json, *, asked: bool) -> Json:
    """Turn a discovery schema into JSON Schema; what is asked may be null (so PATCH removes)."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kind = schema["type"]
    types = [kind, "null"] if asked and kind != "any" else [kind]
    turned: Json = {} if kind == "any" else {"type": types}
    if schema.get("format") == "int64":
        turned["pattern"] = r"^-?\d+$"
        turned["type"] = [*types, "integer"] if asked else types
    elif schema.get("format") in ("date", "date-time"):
        turned["format"] = schema["format"]
    if kind == "array":
        turned["items"] = _json_schema(schema["items"], asked=asked)
    if kind == "object":
        properties = schema.get("properties", {})
        turned["properties"] = {name: _json_schema(s, asked=asked) for name, s in properties.items()}
        extra = schema.get("additionalProperties")
        turned["additionalProperties"] = _json_schema(extra, asked=asked) if extra else False
    return turned
