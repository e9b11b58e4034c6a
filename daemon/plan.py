"""The decision: what is owed to one event next, as data. Pure and total: no client, no clock, no database.

Every intention is committed before a provider is touched, and every outcome after. Planning again is the recovery.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from connectors.model import Conference, Event, MeetingRequest
from connectors.overrides import differs
from daemon.actions import Action, Forget, Provision, Record, Update, Withdraw, Write
from daemon.policy import ask, is_over, judge, request
from daemon.terms import Leave, Policy, Unwanted, Verdict, Wanted
from daemon.traces import carries, is_pending, outdated, remains, shows, taken_off

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def plan(event: Event | None, known: Conference | None, policy: Policy, fresh_key: str) -> Action | None:
    """Say what is owed next; None when everything is as it should be."""
    verdict = judge(event, known, policy)
    if known is None:
        return _begin(event, verdict, policy, fresh_key)
    if known.state == "declined":
        return None if still_declined(event, known, verdict, policy) else Forget(known)
    if known.state == "leaving":
        if event is not None and event.own and carries(event, known):
            return Write(event, known, None)
        if known.meeting and known.meeting.native:
            return Forget(known)  # it lived on its event, and has gone from there or with it
        return Withdraw(known, replace(known.request, etag=event.etag if event else ""))
    if isinstance(verdict, Leave):
        return None
    if isinstance(verdict, Unwanted) or event is None:
        return Record(replace(known, state="leaving"), verdict.why if isinstance(verdict, Unwanted) else "")
    return _keep(event, known, verdict, request(event, verdict, policy, known))


def still_declined(event: Event | None, known: Conference, verdict: Verdict, policy: Policy) -> bool:
    """Whether the same thing goes on asking for what a person took off, whatever else speaks against it."""
    if event is None or not event.own:
        return False
    asked = ask(event, known, policy)
    return isinstance(verdict, Leave) or (isinstance(asked, Wanted) and asked.source == known.source)


def goes_on(event: Event | None, leaving: Conference, policy: Policy) -> bool:
    """Whether the event is to have a meeting that another service or account makes than that of the one before."""
    verdict = judge(event, None, policy)
    if leaving.by_hand or not isinstance(verdict, Wanted):
        return False
    return (verdict.service.name, verdict.profile) != (leaving.service, leaving.profile)


def _begin(event: Event | None, verdict: Verdict, policy: Policy, fresh_key: str) -> Action | None:
    """Reserve a key. Our mark on the event names a conference that was lost or cancelled: take its key up again."""
    if event is None:
        return None
    marked = event.mark.key if event.mark and event.mark.event == event.ref.event else ""
    if isinstance(verdict, Wanted):
        wanted = request(event, verdict, policy)
        former = event.native
        if marked and former and former.key == marked and former.service != verdict.service.name:
            return _clean(event, marked)  # another service is wanted than what it came back with
        tried = LONG_AGO if marked else None
        key, service, source = marked or fresh_key, verdict.service.name, verdict.source
        return Record(
            Conference(key, "reserved", service, source, wanted, tried=tried, profile=verdict.profile),
            f"{source} asks for {service}",
        )
    return _tidy(event, policy)


def _tidy(event: Event, policy: Policy) -> Write | None:
    """Put right what stands on an event that has no conference of its own."""
    if not event.own or event.draft or is_over(event, policy):
        return None
    series = policy.series
    if series and series.meeting and outdated(event, series, series.meeting):
        return Write(event, series, series.meeting)  # its own copy of the description, from before
    left = remains(event)
    if left and (policy.declined or not policy.covered):
        return _clean(event, left)  # it came back from being cancelled, with what it had then
    return None


def _clean(event: Event, key: str) -> Write:
    """Take off what a conference that is no more has left."""
    return Write(event, Conference(key, "leaving", "", "", MeetingRequest(event.ref)), None)


def _keep(event: Event, known: Conference, wanted: Wanted, request: MeetingRequest) -> Action | None:
    """Keep a wanted conference in step: the right service and host, then the meeting, then the event."""
    made_by = (known.service, known.profile, known.request.host)
    if (wanted.service.name, wanted.profile, request.host) != made_by:
        return Record(replace(known, state="leaving"), f"{wanted.source} asks for {wanted.service.name} now")
    if known.state == "reserved" or known.meeting is None:
        return Provision(known, request)
    if known.written and taken_off(event, known.meeting):
        return Record(
            replace(known, state="leaving", by_hand=True), "somebody took the details off the event"
        )
    unseen = not known.written and not shows(event, known, known.meeting, wanted.source)
    if known.state == "changing" and not unseen:  # a link that nobody has yet comes before keeping it in step
        return Update(known, known.meeting, request)
    if known.state == "live" and differs(known.request, request):
        return Record(replace(known, state="changing"), "the event changed")
    if is_pending(event, known.meeting):
        return None
    if not shows(event, known, known.meeting, wanted.source):
        return Write(event, replace(known, source=wanted.source), known.meeting)
    if not known.written or known.source != wanted.source:
        return Record(replace(known, written=True, source=wanted.source), "the details are on the event")
    return None


def settled(event: Event | None, known: Conference | None, policy: Policy) -> bool:
    """Whether the world is as it should be: said from the outside, without planning, to check the plan by."""
    verdict = judge(event, known, policy)
    if known is None:
        return not isinstance(verdict, Wanted) and (event is None or _tidy(event, policy) is None)
    if isinstance(verdict, Leave):
        return known.state != "leaving"
    if known.state == "declined":
        return still_declined(event, known, verdict, policy)
    return (
        isinstance(verdict, Wanted)
        and event is not None
        and known.state == "live"
        and known.meeting is not None
        and known.written
        and known.source == verdict.source
        and known.service == verdict.service.name
        and known.profile == verdict.profile
        and not differs(known.request, request(event, verdict, policy, known))
        and (is_pending(event, known.meeting) or shows(event, known, known.meeting, verdict.source))
    )
