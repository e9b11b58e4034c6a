"""What the database tells: how things are, and why an event has or does not have a meeting."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from typing import Any

from connectors.model import Conference
from daemon.given import not_taken, settings_of
from daemon.look import PROBE, Look, Policies, look
from daemon.managing import drawn, owe
from daemon.policy import judge
from daemon.terms import Leave, Policy, Unwanted, Verdict, Wanted
from daemon.world import policy_for
from store import (
    api_channels,
    audits,
    budgets,
    calendars,
    channels,
    conferences,
    deliveries,
    events,
    linked,
    managed,
    profiles,
    work,
)
from store.calendars import Calendar
from store.managed import Managed

Facts = dict[str, Any]


def status_of(conn: sqlite3.Connection, now: float | None = None) -> Facts:
    """Gather how everything is, from the database alone: it works whether or not the daemon runs."""
    now = time.time() if now is None else now
    return {
        "at": _iso(now),
        "accounts": [_account(profile) for profile in profiles.everyone(conn)],
        "conferencing": _own_accounts(conn),
        "calendars": [_calendar(conn, calendar) for calendar in calendars.watched(conn)],
        "conferences": conferences.states(conn),
        "settings_not_taken": not_taken(conn),
        "audits": [_audit(one.key, one.tally) for one in audits.everyone(conn) if one.tally],
        "work": work.counts(conn, now),
        "failing": [
            {
                "work": f"{one.kind} {one.key}",
                "attempts": one.attempts,
                "again": _iso(one.due_at),
                "why": one.error,
            }
            for one in work.stuck(conn)
        ],
        "applications": managed.tally(conn),
        "notifications": {
            "channels": api_channels.count(conn),
            "waiting": deliveries.count(conn),
            "given_up": [{**one, "at": _iso(one["at"])} for one in deliveries.given_up(conn)],
        },
        "spent_today": budgets.used(conn, datetime.fromtimestamp(now, UTC).date().isoformat()),
    }


def _account(profile: profiles.Profile) -> Facts:
    return {
        "id": profile.id,
        "provider": profile.provider,
        "address": profile.address,
        "connected": profile.trouble is None,
        "trouble": profile.trouble,
        "since": _iso(profile.since),
    }


def _own_accounts(conn: sqlite3.Connection) -> list[Facts]:
    """Tell of each account that somebody has linked whether it works, and which events have their meeting there."""
    everyone = linked.everyone(conn)
    defaults = {linked.of_account(conn, account)[0].id for account in {one.account for one in everyone}}
    return [
        {
            "id": one.id,
            "account": one.account,
            "provider": one.provider,
            "name": one.name,
            "connected": one.trouble is None,
            "trouble": one.trouble,
            "since": _iso(one.since),
            "default": one.id in defaults,
            "events": len(linked.affected(conn, one.id)),
            "waiting": linked.waiting(conn, one.id),
            "relink": relink(one.provider, one.account) if one.trouble else None,
        }
        for one in everyone
    ]


def relink(provider: str, account: str) -> str:
    """Return the command that prints a link by which a person can link their account again."""
    return f"huddled link {provider} --account {account}"


def _audit(key: str, tally: audits.Tally) -> Facts:
    return {
        "audit": key,
        "begun": _iso(tally.begun),
        "ended": _iso(tally.ended),
        "mode": "repair" if tally.repair else "report",
        "listed": tally.listed,
        "strange": tally.strange,
        "orphans": list(tally.orphans),
        "removed": tally.removed,
        "sound": tally.sound,
        "dead": [name.partition("/")[2] for name in tally.dead],
        "changed": [name.partition("/")[2] for name in tally.changed],
        "mended": tally.mended,
    }


def _calendar(conn: sqlite3.Connection, calendar: Calendar) -> Facts:
    live = [channel for channel in channels.of_calendar(conn, calendar.id) if channel.renew_at is not None]
    return {
        "id": calendar.id,
        "calendar": calendar.info.remote,
        "name": calendar.info.name,
        "pushes": "polled instead" if not calendar.pushes else "yes" if live else "not yet",
        "channel_expires": _iso(live[-1].expires) if live else None,
        "synced": _iso(calendar.synced_at),
    }


def policies_of(conn: sqlite3.Connection, base: Policy) -> Policies:
    """Return how to tell what bears on the events of a calendar, from the configuration and the database."""
    addresses = {profile.id: profile.address for profile in profiles.everyone(conn)}
    return lambda calendar: policy_for(base, calendar, addresses.get(calendar.profile, ""))


def reasons(conn: sqlite3.Connection, base: Policy, needle: str) -> list[Facts]:
    """Explain each event that `needle` (id, UID, part of the title) finds."""
    policies = policies_of(conn, base)
    names = dict.fromkeys([*events.find(conn, needle), *managed.search(conn, needle)])
    found = [look(conn, calendar, name, policies) for calendar, name in names]
    return [_reason(conn, seen) for seen in found if seen]


def _reason(conn: sqlite3.Connection, seen: Look) -> Facts:
    desired = seen.policy.desired
    event = (
        drawn(None, seen.policy, desired) if seen.event is None and desired and desired.owed else seen.event
    )
    verdict = judge(None if desired and desired.gone else event, seen.known, seen.policy)
    action = owe(seen.event, seen.known, seen.policy, PROBE)
    failed = work.trouble(conn, "reconcile", f"{seen.calendar.id}/{seen.name}")
    return {
        "event": seen.name,
        "calendar": seen.calendar.info.remote,
        "title": event.title if event else None,
        "starts": event.start.isoformat() if event else None,
        "application": _application(seen.managed) if seen.managed else None,
        "verdict": describe(verdict, seen.policy),
        "instead_of": (verdict.instead_of or None) if isinstance(verdict, Wanted) else None,
        "account": _account_of(seen, verdict),
        "settings": settings_of(seen, verdict),
        "conference": _conference(seen.known),
        "owed": type(action).__name__.lower() if action else None,
        "failing": {"why": failed.error, "attempts": failed.attempts, "again": _iso(failed.due_at)}
        if failed
        else None,
        "history": [
            {"at": _iso(fact.at), "what": fact.what, "detail": fact.detail}
            for fact in conferences.history(conn, seen.calendar.id, seen.name)
        ],
    }


def _application(row: Managed) -> Facts:
    """Tell what an application asks of its event, and whether the calendar has followed."""
    return {
        "application": row.application,
        "event_id": row.event_id,
        "asks": "that it be deleted" if row.gone else row.wish.profile_id or "no conferencing",
        "followed": not row.owed,
        "changed": _iso(row.changed_at),
    }


def _account_of(seen: Look, verdict: Verdict) -> Facts | None:
    """Tell of the person's own account in which the meeting is, or is to be made."""
    profile = verdict.profile if isinstance(verdict, Wanted) else seen.known.profile if seen.known else ""
    own = seen.policy.profile(profile)
    if own is None:
        return {"id": profile, "connected": False, "trouble": "it is no longer linked"} if profile else None
    return {
        "id": own.profile,
        "provider": own.service,
        "name": own.name,
        "connected": not own.trouble,
        "trouble": own.trouble or None,
        "relink": relink(own.service, seen.policy.account) if own.trouble else None,
    }


def describe(verdict: Verdict, policy: Policy) -> str:
    """Say in one sentence what an event wants, and why."""
    match verdict:
        case Wanted(service, source):
            own = policy.profile(verdict.profile)
            where = f" in the account {own.name} ({own.profile})" if own else ""
            place = (
                f" in the place of {verdict.instead_of}, which cannot be had now"
                if verdict.instead_of
                else ""
            )
            return f"It should have a {service.name} meeting{where}{place}: {source}."
        case Unwanted(why):
            return f"It should have no meeting: {why}."
        case Leave(why):
            return f"It is left as it is: {why}."


def _conference(known: Conference | None) -> Facts | None:
    if known is None:
        return None
    url = known.meeting.join_url.partition("?")[0] if known.meeting else None  # what follows opens the door
    return {
        "key": known.key,
        "state": known.state,
        "service": known.service,
        "profile": known.profile or None,
        "asked_by": known.source,
        "meeting": known.meeting.id if known.meeting else None,
        "join_url": url,
        "on_event": known.written,
    }


def _iso(at: float | None) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if at else None
