"""Who is invited to a meeting at Webex, kept in step without a single mail.

https://developer.webex.com/docs/api/v1/meeting-invitees
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from connectors.calling import Call, segment
from connectors.errors import NotFound, Rejected
from connectors.webex import wire
from connectors.webex.client import Client
from connectors.webex.refusals import Refusal

AT_ONCE = 100

log = structlog.get_logger("connectors.webex")


async def invite(client: Client, id_: str, wanted: Sequence[str]) -> None:
    """Add who is missing and remove who is not wanted any more.

    Raises NotFound when the meeting is gone. People whom Webex will not have cost no more than themselves: the
    meeting is as good without.
    """
    listing = Call("invitees", "GET", "meetingInvitees", {"meetingId": id_, "max": AT_ONCE})
    shown = [one async for one in client.items(listing)]
    there = {str(one.get("email")).lower() for one in shown}
    missing = [address for address in wanted if address not in there]
    for first in range(0, len(missing), AT_ONCE):
        await _add(client, id_, missing[first : first + AT_ONCE])
    for invitee in wire.leavers(shown, wanted):
        await _remove(client, invitee)


async def _add(client: Client, id_: str, missing: Sequence[str]) -> None:
    call = Call("invite", "POST", "meetingInvitees/bulkInsert", body=wire.newcomers(id_, missing))
    try:
        await client.ask(call)
    except Rejected as refused:
        log.warning(
            "webex does not take these invitees", meeting=id_, people=len(missing), reason=refused.reason
        )


async def _remove(client: Client, invitee: str) -> None:
    outcome = await client.call(Call("uninvite", "DELETE", f"meetingInvitees/{segment(invitee)}", wire.QUIET))
    if isinstance(outcome, Refusal) and not isinstance(error := client.error(outcome), NotFound | Rejected):
        raise error
