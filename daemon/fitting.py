"""Which rules of the operator's fit an event, and what they give it. Pure."""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase

from connectors.model import Conference, Event
from daemon.choice import choose
from daemon.rules import Rule
from daemon.terms import Policy, Wanted

ROUNDABOUT = ("default", "integrated")  # words of a rule that stand for a service


def deciding_rule(event: Event, policy: Policy) -> Rule | None:
    """Find the first rule that fits and says which service the event gets."""
    return next((rule for rule in policy.flags.rules if rule.service and fits(rule, event, policy)), None)


def settings_rule(event: Event, wanted: Wanted, policy: Policy, known: Conference | None) -> Rule | None:
    """Find the rule whose settings the meeting gets, whatever has asked for the meeting.

    That is the first that fits, has settings, and names no service or the one that the event gets.
    """
    rules = (rule for rule in policy.flags.rules if rule.settings is not None and fits(rule, event, policy))
    return next((rule for rule in rules if _is_for(rule, wanted, policy, known)), None)


def name_of(rule: Rule, policy: Policy) -> str:
    """Name a rule in explanations: by its own name, its service, or its place among the rules."""
    return f"rule:{rule.name or rule.service or f'#{policy.flags.rules.index(rule) + 1}'}"


def _is_for(rule: Rule, wanted: Wanted, policy: Policy, known: Conference | None) -> bool:
    if rule.service is None or rule.service == wanted.service.name:
        return True
    if rule.service not in ROUNDABOUT:
        return False
    found = choose(rule.service, wanted.source, policy, known)
    return isinstance(found, Wanted) and found.service == wanted.service


def fits(rule: Rule, event: Event, policy: Policy) -> bool:
    """Say whether every condition of the rule holds."""
    minutes = (event.end - event.start) / timedelta(minutes=1)
    home = domain(event.organizer)
    domains = {domain(address) for address in event.attendees}
    conditions = (
        not rule.calendars
        or _matches(rule.calendars, policy.calendar, policy.calendar_name, event.ref.calendar),
        not rule.organizers or _matches(rule.organizers, event.organizer.lower()),
        not rule.attendee_domains or bool(domains & set(rule.attendee_domains)),
        rule.external_guests is None or rule.external_guests == bool(domains - {home}),
        rule.title is None or rule.title.search(event.title) is not None,
        rule.min_minutes is None or minutes >= rule.min_minutes,
        rule.max_minutes is None or minutes <= rule.max_minutes,
    )
    return all(conditions)


def _matches(globs: tuple[str, ...], *names: str) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs for name in names)


def domain(address: str) -> str:
    """Return what stands behind the @, in lower case."""
    return address.rpartition("@")[2].lower()
