"""What other providers' calendars send to people whose calendars are here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.microsoft import guests, translating

if TYPE_CHECKING:
    from sandbox.invitations import Answer, Invitation
    from sandbox.microsoft.state import Graph


class Post:
    """Takes in invitations and answers for one Graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def invite(self, invitation: Invitation) -> None:
        """Make or change the guest's copy; call it off when the invitation is cancelled."""
        theirs = self._graph.mailboxes.get(invitation.to)
        if theirs is not None:
            told = translating.told(invitation)
            guests.receive(self._graph, theirs, told, invitation.original, cancelled=invitation.cancelled)

    def answer(self, answer: Answer) -> None:
        """Note a guest's answer on the organizer's event."""
        home = self._graph.mailboxes.get(answer.organizer)
        if home is not None:
            response = translating.FROM_RESPONSES[answer.response]
            guests.answered(self._graph, home, answer.uid, answer.original, answer.email, response)
