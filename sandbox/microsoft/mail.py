"""The mails that Exchange sends when an organizer writes; there is no switch to suppress them."""

# https://github.com/microsoftgraph/microsoft-graph-docs/issues/16366

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.microsoft import ids
from sandbox.microsoft.guests import organizer, people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.microsoft.state import Graph

VISIBLE: Final = (
    "subject",
    "body",
    "start",
    "end",
    "isAllDay",
    "location",
    "locations",
    "recurrence",
    "isOnlineMeeting",
    "importance",
    "cancelled",
)
"""What guests see; a change of anything else is worth no mail."""
SUBJECTS: Final = {"invitation": "", "update": "", "cancellation": "Canceled: "}
ANSWERS: Final = {
    "accepted": "Accepted",
    "tentativelyAccepted": "Tentative",
    "declined": "Declined",
}


def announce(
    graph: Graph, key: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    """Write the mails of a change: to all guests when they can see it, else only to those who come or go.

    `before` is None for what is told for the first time, `after` for what is called off.
    """
    was, now, whole = people(before), people(after), after or before or {}
    seen = any((before or {}).get(name) != (after or {}).get(name) for name in VISIBLE)
    for email in was | now:
        kind = "invitation" if email not in was else "cancellation" if email not in now else "update"
        if email != organizer(whole) and (kind != "update" or seen):
            _mail(graph, email, SUBJECTS[kind] + whole["subject"], key, kind)


def announce_answer(graph: Graph, key: str, whole: Mapping[str, Any], response: str) -> None:
    """Write the mail that tells the organizer what a guest has answered."""
    _mail(graph, organizer(whole), f"{ANSWERS[response]}: {whole['subject']}", key, "response")


def _mail(graph: Graph, to: str, subject: str, key: str, kind: str) -> None:
    event = ids.immutable(key)
    graph.world.outbox.add(provider="microsoft", to=to, subject=subject, event=event, kind=kind)
    graph.world.changed("mail", to=to, subject=subject)
