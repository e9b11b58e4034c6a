"""Which event an id means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.microsoft import ids
from sandbox.microsoft.errors import GraphError

if TYPE_CHECKING:
    from sandbox.microsoft.rows import Calendar, Mailbox, Row


def missing() -> GraphError:
    """Return the error for an event that is not there."""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def located(mailbox: Mailbox, calendar: Calendar | None, event_id: str) -> tuple[Calendar, Row]:
    """Return the event with that id, on that calendar if one is named; answer 404 when there is none."""
    key, folder = ids.read(event_id)
    holder = mailbox.holder(key)
    if holder is None or (calendar is not None and calendar is not holder):
        raise missing()
    row = holder.find(key) if ids.belongs(folder, holder.id) else None
    if row is None:
        raise missing()
    return holder, row
