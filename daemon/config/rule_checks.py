"""What does not go together in rules: conditions that nothing meets, settings that a service does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from connectors.overrides import known
from daemon.config.facts import Facts
from daemon.config.problems import Finding
from daemon.config.toml_lines import KeyPath
from daemon.rules import Service

# The services, and the section that sets each up.
SECTIONS = {name: name for name in get_args(Service)} | {"meet": "google", "teams": "microsoft"}


def rule_contradictions(facts: Facts) -> Iterator[Finding]:
    """Find what is wrong with rules, errors and warnings."""
    for path, rule in facts.inside("rules"):
        if isinstance(rule, Mapping):
            yield from _purpose(facts, path, rule)
            yield from _lengths(path, rule)
            yield from _settings(facts, path, rule)


def _purpose(facts: Facts, path: KeyPath, rule: Mapping[str, Any]) -> Iterator[Finding]:
    stated = {"service", "settings"} & rule.keys()
    if not stated and (*path, "service") not in facts.wrong and (*path, "settings") not in facts.wrong:
        fix = 'Add: service = "default", or settings = { … } for a rule that only gives those.'
        yield Finding((*path, "service"), "is missing", fix)


def _lengths(path: KeyPath, rule: Mapping[str, Any]) -> Iterator[Finding]:
    low, high = rule.get("min_minutes"), rule.get("max_minutes")
    if low is not None and high is not None and low > high:
        message = f"no event lasts at least {low} and at most {high} minutes"
        yield Finding((*path, "min_minutes"), message, "Swap min_minutes and max_minutes.")


def _settings(facts: Facts, path: KeyPath, rule: Mapping[str, Any]) -> Iterator[Finding]:
    given = rule.get("settings")
    if not isinstance(given, Mapping):
        return
    at = (*path, "settings")
    right = {name: value for name, value in given.items() if (*at, name) not in facts.wrong}
    service = rule.get("service")
    if service == "none":
        yield Finding(at, "are for no meeting, since the rule asks for none", "Take them or the service out.")
    elif service in SECTIONS:
        yield from _unknown(at, right, str(service))
    elif service == "integrated":
        yield Finding(at, "are known neither to Meet nor to Teams", "Take them out, or name another service.")
    else:
        yield from _known_to_none(facts, at, right)
    if right.get("waiting_room") is True and right.get("join_before_host") is True:
        message = "has no effect beside waiting_room at Zoom: nobody is let in before the host is there"
        yield Finding((*at, "join_before_host"), message, "Take one of the two out.", "warning")


def _unknown(at: KeyPath, given: Mapping[str, Any], service: str) -> Iterator[Finding]:
    pairs = known(service)
    if given and not pairs:
        yield Finding(at, f"are not known to {service}, which takes no settings", "Take them out.")
        return
    for name, value in given.items():
        if (name, value) not in pairs:
            yield Finding((*at, name), f"is nothing that {service} can be told", _choices(service))


def _known_to_none(facts: Facts, at: KeyPath, given: Mapping[str, Any]) -> Iterator[Finding]:
    ready = [name for name, section in SECTIONS.items() if facts.has(section)]
    for name, value in given.items():
        if not any((name, value) in known(service) for service in ready):
            message = "is nothing that any of the configured services can be told"
            fixes = " ".join(_choices(service) for service in ready if known(service))
            yield Finding((*at, name), message, fixes or "Zoom and Webex know settings.", "warning")


def _choices(service: str) -> str:
    """Say what a service knows, with the values where not all are."""
    found: dict[str, list[bool | str]] = {}
    for name, value in sorted(known(service), key=str):
        found.setdefault(name, []).append(value)
    words = (
        f"{name} ({', '.join(map(str, values))})" if name == "recording" else name
        for name, values in found.items()
    )
    return f"{service} knows {', '.join(words)}."
