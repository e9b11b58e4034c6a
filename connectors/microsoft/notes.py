"""Our private notes on one copy of an event, as single-value extended properties. Sans-I/O.

Neither people nor guests see them, no listing of changes shows them, and once written they stay: what takes one
off is to write that it says nothing.
https://learn.microsoft.com/en-us/graph/api/resources/singlevaluelegacyextendedproperty
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors import marks
from connectors.block import is_key
from connectors.microsoft.values import mapping, sequence, text
from connectors.model import Event, Mark

GUID = "66f5a359-4659-4830-9070-00047ec6ac6e"  # the name space of our properties, drawn once
MARK = f"String {{{GUID}}} Name huddled"
TEAMS = f"String {{{GUID}}} Name huddledTeams"
NAME = f"String {{{GUID}}} Name huddledName"  # how an application's event is found again
NOTHING = "none"
EXPAND = f"singleValueExtendedProperties($filter=id eq '{MARK}' or id eq '{TEAMS}')"


@dataclass(frozen=True, slots=True)
class Properties:
    """What our properties say: our mark, and for which conference and event Teams was asked for."""

    mark: Mark | None = None
    key: str = ""
    event: str = ""

    def asked_for(self, events: Collection[str]) -> str:
        """Return the key of the conference for which Teams was asked for on one of these events, or ""."""
        return self.key if self.event in events else ""


def properties(item: Mapping[str, Any]) -> Properties:
    """Read our properties. What nobody of us can have written is overlooked.

    What was written with a new event names it by its transaction id: nobody knew then what Graph would call it.
    """
    told = map(mapping, sequence(item.get("singleValueExtendedProperties")))
    values = {_folded(one): text(one.get("value")) for one in told}
    alias = text(item.get("transactionId"))
    identity = text(item.get("seriesMasterId")) or text(item.get("id"))
    key, _, on = values.get(TEAMS.lower(), "").partition(" ")
    on = identity if alias and on == alias else on
    mark = marks.read(values.get(MARK.lower(), ""))
    if mark is not None and alias and mark.event == alias:
        mark = replace(mark, event=identity)
    return Properties(mark, *((key, on) if is_key(key) and on else ("", "")))


def noted(event: Event, told: Properties) -> Event:
    """Return the event with what its properties say, for listings that do not show them."""
    native = event.native
    if native is not None and native.service == "teams" and (native.id or native.state == "pending"):
        native = replace(native, key=told.asked_for({event.ref.event, event.series} - {""}))
    return replace(event, mark=told.mark, native=native)


def wants_properties(event: Event) -> bool:
    """Tell whether it matters what the properties say: on events that may carry something of ours."""
    return event.own and (event.block is not None or event.native is not None)


def write_teams(key: str, event: str) -> str:
    """Write for which conference Teams is asked for: `<key> <event id>`."""
    return f"{key} {event}"


def _folded(one: Mapping[str, Any]) -> str:
    """Return the id in one case: Graph gives a GUID back in the case that it likes."""
    return text(one.get("id")).lower()
