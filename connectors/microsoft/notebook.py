"""What our properties said on each state of an event: listings do not show them, and we wrote most ourselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.microsoft.edits import Patch
from connectors.microsoft.notes import MARK, TEAMS, Properties, properties
from connectors.model import Event

ROOM = 2_000  # events of one mailbox; the oldest are forgotten, and read again when they change


@dataclass(slots=True)
class Notebook:
    """The properties of the events of one mailbox, each with the state of the event that it holds for."""

    _known: dict[str, tuple[str, Properties]] = field(default_factory=dict)

    def learn(self, event: str, change_key: str, told: Properties) -> None:
        """Take note of what was read or written."""
        self._known.pop(event, None)
        self._known[event] = (change_key, told)
        while len(self._known) > ROOM:
            del self._known[next(iter(self._known))]

    def recall(self, event: str, change_key: str) -> Properties | None:
        """Return what is known of this very state of the event."""
        known, told = self._known.get(event, ("", None))
        return told if change_key and known == change_key else None

    def speaks_of(self, event: str) -> bool:
        """Tell whether something of ours stood in the properties when they were last seen."""
        _, told = self._known.get(event, ("", Properties()))
        return told != Properties()

    def after(self, event: Event, patch: Patch) -> Properties:
        """Return what the properties say once the patch is in: what it does not name stays."""
        _, told = self._known.get(event.ref.event, ("", None))
        native = event.native
        key = native.key if native is not None else ""
        before = told or Properties(event.mark, key, event.ref.event if key else "")
        new = properties({"singleValueExtendedProperties": _written(patch)})
        return Properties(
            mark=before.mark if patch.mark is None else new.mark,
            key=before.key if patch.teams is None else new.key,
            event=before.event if patch.teams is None else new.event,
        )


def _written(patch: Patch) -> list[Mapping[str, Any]]:
    return [{"id": MARK, "value": patch.mark}, {"id": TEAMS, "value": patch.teams}]
