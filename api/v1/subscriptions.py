"""What an application wants to be told of an event: checked, and nothing but what we know of it kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from api.v1.calls import Problem, Refused
from connectors.networks import is_numeric, is_public

INTERACTIONS = ("conferencing_assigned", "conferencing_failing")
MOMENTS = ("event_start", "event_end")
SIDES = ("before", "after")
MOST = 16  # subscriptions of one event, and wishes in each list of one
LONGEST_URL = 2000  # characters
LONGEST_OFFSET = 366 * 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class _Found:
    """Gathers what is wrong, by field."""

    allow_private: bool
    problems: dict[str, list[Problem]] = field(default_factory=dict)

    def note(self, name: str, key: str, description: str) -> None:
        self.problems.setdefault(name, []).append(Problem(f"errors.{key}", description))

    def missing(self, name: str) -> None:
        self.note(name, "required", f"{name} must be specified")

    def odd(self, name: str, allowed: Sequence[str]) -> None:
        self.note(name, "not_recognized", f"{name} must be one of: {', '.join(allowed)}")

    def malformed(self, name: str, what: str) -> None:
        self.note(name, "invalid_format", f"{name} must be {what}")


def read(
    value: Any, name: str = "subscriptions", *, allow_private: bool = True
) -> tuple[Mapping[str, Any], ...]:
    """Return the subscriptions of an event as they are kept; an empty list takes all away.

    Without `allow_private`, addresses that are seen to be private are refused here; names are looked up when they are
    called. Raises Refused with everything that is wrong, each under the path of its field.
    """
    found = _Found(allow_private=allow_private)
    kept = tuple(_subscription(one, path, found) for path, one in _each(value, name, found))
    if found.problems:
        raise Refused(422, found.problems)
    return kept


def url_problem(value: Any, *, allow_private: bool = True) -> str:
    """Say what a URL that we are to call must be, where this is none; "" where it is one."""
    if not isinstance(value, str):
        return "text"
    if len(value) > LONGEST_URL:
        return f"no longer than {LONGEST_URL} characters"
    host = _host(value)
    if not host or not value.isprintable() or any(one.isspace() or one == "\\" for one in value):
        return "an absolute http or https URL"
    return "" if allow_private or not is_numeric(host) or is_public(host) else "on the public internet"


def _host(url: str) -> str:
    """Return whom an absolute URL leads to, "" where it is none."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in {"http", "https"} and parts.port != 0 else ""
    except ValueError:
        return ""


def _each(value: Any, name: str, found: _Found) -> Sequence[tuple[str, Any]]:
    if not isinstance(value, list):
        found.malformed(name, "a list")
        return ()
    if len(value) > MOST:
        found.malformed(name, f"a list of at most {MOST}")
        return ()
    return [(f"{name}[{number}]", one) for number, one in enumerate(value)]


def _subscription(value: Any, name: str, found: _Found) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        found.malformed(name, "an object")
        return {}
    if "type" not in value:
        found.missing(f"{name}.type")
    elif value["type"] != "webhook":
        found.odd(f"{name}.type", ("webhook",))
    if value.get("uri") in (None, ""):
        found.missing(f"{name}.uri")
    elif problem := url_problem(value["uri"], allow_private=found.allow_private):
        found.malformed(f"{name}.uri", problem)
    kept = {"type": "webhook", "uri": value.get("uri")}
    for part, reader in (("interactions", _interaction), ("transitions", _transition)):
        if value.get(part) is not None:
            kept[part] = [
                reader(one, path, found) for path, one in _each(value[part], f"{name}.{part}", found)
            ]
    if "interactions" not in kept and "transitions" not in kept:
        found.missing(f"{name}.interactions")
    return kept


def _interaction(value: Any, name: str, found: _Found) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        found.malformed(name, "an object")
    elif "type" not in value:
        found.missing(f"{name}.type")
    elif value["type"] not in INTERACTIONS:
        found.odd(f"{name}.type", INTERACTIONS)
    else:
        return {"type": value["type"]}
    return {}


def _transition(value: Any, name: str, found: _Found) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        found.malformed(name, "an object")
        return {}
    sides = [side for side in SIDES if side in value]
    if len(sides) != 1:
        found.note(f"{name}.before", "required", f"{name} must have either before or after")
        return {}
    [side] = sides
    if value[side] not in MOMENTS:
        found.odd(f"{name}.{side}", MOMENTS)
    return {side: value[side], "offset": {"minutes": _minutes(value.get("offset"), f"{name}.offset", found)}}


def _minutes(offset: Any, name: str, found: _Found) -> int:
    if offset is None:
        found.missing(name)
        return 0
    if not isinstance(offset, dict):
        found.malformed(name, "an object")
        return 0
    minutes = offset.get("minutes")
    if minutes is None:
        found.missing(f"{name}.minutes")
    elif isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= LONGEST_OFFSET:
        found.malformed(f"{name}.minutes", f"a whole number from 0 to {LONGEST_OFFSET}")
    else:
        return minutes
    return 0
