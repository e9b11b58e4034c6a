"""The decision for events that applications ask for: when the calendar is written to, and with what. Pure.

1. A new event waits a moment for its meeting, so that one write, and one mail to its guests, carries both. It never
   waits for a meeting that is slow or refused (`Desired.hurry`).
2. What the calendar itself makes (Meet, Teams) is asked for with the same write.
3. An event that is there follows what the application says first, and its meeting follows the event.
4. A meeting that people took off comes back when the application asks for one again.
5. Everything else is what `plan` decides for any event, with what the application asks for in the place of a flag.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connectors.model import Conference, Draft, Event
from connectors.recurrence import last_end
from daemon.actions import Action, Forget, Provision, Put, Record, Remove, Withdraw
from daemon.plan import plan
from daemon.terms import Desired, Policy


def owe(event: Event | None, known: Conference | None, policy: Policy, fresh_key: str) -> Action | None:
    """Say what is owed next to any event; None when everything is as it should be."""
    desired = policy.desired
    if desired is None:
        return plan(event, known, policy, fresh_key)
    if desired.gone and event is not None:
        return Remove(event, known)
    if desired.gone and desired.asked:
        return Put(
            desired, None, known
        )  # its id is not known: a repeated insert tells it, and makes no second
    if desired.gone or not desired.owed:
        return plan(event, known, policy, fresh_key)
    if desired.again and known is not None and known.state == "declined":
        return Forget(known)
    first = _first(event, known, policy, desired, fresh_key)
    return first or Put(desired, event, known)


def _first(
    event: Event | None, known: Conference | None, policy: Policy, desired: Desired, fresh_key: str
) -> Action | None:
    """Say what comes before the write: making a meeting that is not there yet."""
    if desired.hurry or (known is not None and known.meeting is not None):
        return None
    if event is None and desired.asked and known is not None and is_native(known, policy):
        return None  # it may be on the event that an insert has left behind: that has to be found first
    action = plan(drawn(event, policy, desired), known, policy, fresh_key)
    match action:
        case Record() | Withdraw() | Forget():
            return action
        case Provision(conference) if not is_native(conference, policy):
            return action
    return None


def is_native(known: Conference, policy: Policy) -> bool:
    """Whether the calendar itself makes this conference."""
    service = policy.services.get(known.service)
    return service is not None and service.native


def drawn(event: Event | None, policy: Policy, desired: Desired) -> Event:
    """Return the event as it is to be."""
    draft = desired.draft
    recurrence = draft.recurrence or (event.recurrence if event else ())
    invited = {one.address for one in draft.attendees} | set(event.attendees if event else ())
    base = event or Event(
        ref=desired.at,
        etag="",
        uid="",
        title="",
        location="",
        description="",
        notes="",
        start=draft.start,
        end=draft.end,
        zone=draft.zone,
        organizer=policy.account,
    )
    return replace(
        base,
        title=draft.title,
        location=base.location if draft.location is None else draft.location,
        notes=base.notes if draft.description is None else draft.description,
        start=draft.start,
        end=draft.end,
        zone=draft.zone,
        all_day=draft.all_day,
        recurrence=recurrence,
        ends=_ends(draft, recurrence),
        attendees=tuple(sorted(invited - set(draft.removed) - {policy.account})),
    )


def _ends(draft: Draft, recurrence: tuple[str, ...]) -> datetime | None:
    return last_end(draft.start, draft.end, draft.zone, recurrence) if recurrence else draft.end
