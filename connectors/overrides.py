"""Settings that a meeting is given besides those of its account, and how services spell them. No I/O.

A service that knows any has a module `options` beside its connector, whose TABLE says where in the service's JSON
each value of a setting stands. What is not laid down is never sent: the account's own setting holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from importlib import import_module
from typing import Any, Final, TypeAlias

from connectors.model import MeetingRequest, MeetingSettings

Value: TypeAlias = bool | str
Pair: TypeAlias = tuple[str, Value]  # a setting's name, and one of its values
Table: TypeAlias = Mapping[
    Pair, tuple[tuple[str, ...], Value]
]  # to a path in the service's JSON, and what is there

NONE: Final = MeetingSettings()
WITH_OPTIONS: Final = ("webex", "zoom")

_NAMES: Final = tuple(field.name for field in fields(MeetingSettings))


def known(service: str) -> frozenset[Pair]:
    """Return the settings that a service knows, each with its values. Loads no more than their table."""
    if service not in WITH_OPTIONS:
        return frozenset()
    return frozenset(import_module(f"connectors.{service}.options").TABLE)


def stated(settings: MeetingSettings) -> dict[str, Value]:
    """Return the settings that are laid down, in the order in which they are declared."""
    if settings == NONE:
        return {}
    found = ((name, getattr(settings, name)) for name in _NAMES)
    return {name: value for name, value in found if value is not None}


def within(settings: MeetingSettings, pairs: Collection[Pair]) -> MeetingSettings:
    """Return what of the settings a service knows."""
    told = stated(settings)
    return MeetingSettings(**{name: told[name] for name in told if (name, told[name]) in pairs})  # type: ignore[arg-type]


def differs(standing: MeetingRequest, wanted: MeetingRequest) -> bool:
    """Tell whether a meeting that is as one request says is to be changed for another.

    A setting that is laid down no longer is no reason: there is no word for "as the account has it" to be sent.
    """
    more = stated(wanted.settings).items() - stated(standing.settings).items()
    return bool(more) or replace(wanted, settings=standing.settings) != standing


def spelled(settings: MeetingSettings, table: Table, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the part of a body that says the settings, but for the names in `without`."""
    body: dict[str, Any] = {}
    for pair in stated(settings).items():
        if pair in table and pair[0] not in without:
            path, value = table[pair]
            inner = body
            for step in path[:-1]:
                inner = inner.setdefault(step, {})
            inner[path[-1]] = value
    return body


def untaken(settings: MeetingSettings, table: Table, shown: Any) -> tuple[str, ...]:
    """Name the settings that a service shows otherwise. What it does not show at all, nobody knows to be otherwise."""
    there = _there(settings, table, shown)
    return tuple(name for name, (value, wanted) in there.items() if value not in (None, wanted))


def unseen(settings: MeetingSettings, table: Table, shown: Any) -> tuple[str, ...]:
    """Name the settings that a service shows otherwise or not at all."""
    there = _there(settings, table, shown)
    return tuple(name for name, (value, wanted) in there.items() if value != wanted)


def unmet(settings: MeetingSettings, table: Table, without: Collection[str], shown: Any) -> tuple[str, ...]:
    """Name the settings that a service shows otherwise, or was not sent and is silent on: an account can force some."""
    lost = {*untaken(settings, table, shown), *set(without).intersection(unseen(settings, table, shown))}
    return tuple(name for name in stated(settings) if name in lost)


def objected(settings: MeetingSettings, table: Table, words: str) -> frozenset[str]:
    """Name the settings whose spelling stands in the words of a refusal."""
    pairs = (pair for pair in stated(settings).items() if pair in table)
    return frozenset(pair[0] for pair in pairs if table[pair][0][-1].lower() in words.lower())


def _there(settings: MeetingSettings, table: Table, shown: Any) -> dict[str, tuple[Any, Value]]:
    """Return, by setting, what a service shows (None where it shows nothing) and what it should show."""
    pairs = (pair for pair in stated(settings).items() if pair in table)
    return {pair[0]: (_at(shown, table[pair][0]), table[pair][1]) for pair in pairs}


def _at(shown: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        shown = shown.get(step) if isinstance(shown, Mapping) else None
    return shown
