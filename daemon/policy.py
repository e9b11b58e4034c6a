"""What an event wants: flags, rules and the reasons against. Pure: sees data, never a client, clock or database."""

from __future__ import annotations

from datetime import timedelta

from connectors import filled
from connectors.keywords import find
from connectors.links import foreign_links
from connectors.model import Conference, Event, MeetingRequest
from connectors.overrides import NONE, within
from daemon.choice import choose
from daemon.fitting import deciding_rule, name_of, settings_rule
from daemon.terms import Leave, Policy, Unwanted, Verdict, Wanted

PLACES = ("title", "description", "location")
GROUP_CALENDAR = "@group.calendar.google.com"


def judge(event: Event | None, known: Conference | None, policy: Policy) -> Verdict:
    """Say what an event wants; None is an event that is cancelled, deleted or out of reach."""
    if event is None:
        return Unwanted("the event is cancelled, deleted or moved away")
    if not event.own:
        return Unwanted("only the organizer's copy of an event is given a meeting")
    if event.draft:
        # What its guests were sent still stands: a meeting that they know of must not go.
        never = known is None or known.meeting is None
        return (Unwanted if never else Leave)("the organizer has changed it and not sent the update yet")
    if policy.covered:
        return Unwanted("an occurrence shares the meeting of its series")
    if is_over(event, policy):
        never = known is None or known.state in {"reserved", "leaving"}
        return Unwanted("the event is over") if never else Leave("the event is over")
    started = known if known is not None and known.state in {"live", "changing"} else None
    if started and started.service not in policy.services:
        return Leave(f"{started.service} is no longer configured")
    asked = ask(event, known, policy)
    if started and started.profile and policy.profile(started.profile) is None and _stays(started, asked):
        return Leave("the account that it was made with is no longer linked")
    if isinstance(asked, Unwanted):
        return asked
    return asked if started else _first_time(event, known, asked, policy)


def _stays(unlinked: Conference, asked: Wanted | Unwanted) -> bool:
    """Whether the meeting of an account that was given up is kept: unless something else than before is asked for."""
    if isinstance(asked, Unwanted):
        return asked.lacks != ""
    same = (asked.service.name, asked.profile) == (unlinked.service, unlinked.profile)
    return same or asked.source == unlinked.source


def is_over(event: Event, policy: Policy) -> bool:
    """Whether the event, or the last occurrence of the series, has ended."""
    return event.ends is not None and event.ends <= policy.now


def _first_time(event: Event, known: Conference | None, asked: Wanted, policy: Policy) -> Verdict:
    """Say what speaks against a first meeting; none of it takes an existing one away."""
    if event.start > policy.now + policy.window and not event.recurrence:
        return Unwanted(f"it is more than {policy.window.days} days ahead", again=event.start - policy.window)
    rule = deciding_rule(event, policy) if asked.source.startswith("rule:") else None
    if asked.source.startswith("api:") and event.start <= policy.now and not event.recurrence:
        return Unwanted("it has begun, and applications get no meeting for what lies in the past")
    link = foreign_link(event, known, policy.flags.hosts)
    # A service of the calendar itself would take the place of what is in the calendar's own field, not join it.
    sure = asked.source.startswith("api:") or (rule is not None and rule.even_if_linked)
    beside = sure and not (asked.service.native and event.native)
    if link and not beside and not _typed_beside_own(event, link, asked, policy):
        return Unwanted(f"it already carries a link of somebody else ({link})")
    return asked


def _typed_beside_own(event: Event, link: str, asked: Wanted, policy: Policy) -> bool:
    """Whether people ask by name for another service than the one that their calendar puts on events by itself."""
    own = event.native is not None and link == event.native.service and link in policy.native
    typed = not asked.source.startswith("rule:") and not asked.service.native
    return policy.flags.beside_integrated and own and typed


def ask(event: Event, known: Conference | None, policy: Policy) -> Wanted | Unwanted:
    """Find what asks for a conference: a keyword, then the property or category, then a consumed keyword, then a rule.

    What an application says of its own event goes before them all.
    The location comes last of the three places: our link takes the place of the keyword there, and that must not
    change who wins.
    """
    if policy.desired and policy.desired.profile_id:
        return choose(policy.desired.profile_id, f"api:{policy.desired.profile_id}", policy, known)
    for place in (place for place in PLACES if place in policy.flags.look_in):
        keyword = find(text_of(event, place))
        if keyword:
            return choose(keyword.word, f"{place}:@{keyword.word}", policy, known)
    if event.ask:
        return choose(event.ask, f"{event.asked_by}:{event.ask}", policy, known)
    source = consumed_keyword(event, known)
    if source:
        return choose(source.partition("@")[2], source, policy, known)
    rule = deciding_rule(event, policy)
    if rule and rule.service:
        return choose(rule.service, name_of(rule, policy), policy, known)
    return Unwanted("nothing asks for a conference")


def text_of(event: Event, place: str) -> str:
    """Return the text in which people may type a keyword, without anything that we wrote."""
    return {"location": event.location, "title": event.title, "description": event.notes}[place]


def consumed_keyword(event: Event, known: Conference | None) -> str:
    """Recall the keyword that our join URL has taken the place of, from our record or the mark on the event."""
    if known is not None:
        return known.source if known.source.startswith("location:") and known.state != "declined" else ""
    mark = event.mark
    if mark is None or not mark.source.startswith("location:"):
        return ""
    # "This and all following" makes a new series out of an old one, with an id that says so.
    ours = event.ref.event == mark.event or event.ref.event.startswith(f"{mark.event}_R")
    return mark.source if ours else ""


def foreign_link(event: Event, known: Conference | None, hosts: tuple[str, ...] = ()) -> str:
    """Name the service of a join link that is not ours; empty where there is none."""
    mark = event.mark.key if event.mark and event.mark.event == event.ref.event else ""
    key = known.key if known else mark
    native = event.native
    ours = native is not None and key != "" and key in {native.key, mark}
    if native and native.state != "failed" and not ours:
        return native.service
    own = [link.url for link in foreign_links(event.block.text, (), hosts)] if event.block else []
    own += [native.join_url] if native and ours else []
    own += [known.meeting.join_url] if known and known.meeting else []
    own += [filled.link(event.description, event.mark.links, html=event.html)] if event.mark else []
    links = foreign_links(f"{event.location}\n{event.notes}", own, hosts)
    return links[0].service if links else ""


def topic(title: str) -> str:
    """Return the title without the keyword, which is meant for us and not for those who join."""
    keyword = find(title)
    if keyword is None:
        return title
    return " ".join(f"{title[: keyword.start]} {title[keyword.end :]}".split())


def request(event: Event, wanted: Wanted, policy: Policy, known: Conference | None = None) -> MeetingRequest:
    """Say what the meeting should be, with only what the service follows: nothing else can make it change.

    A meeting on a shared calendar stays with the host that it has, whoever looks after the calendar now.
    """
    service = wanted.service
    follows = service.follows
    timed = "time" in follows and (not event.recurrence or "recurrence" in follows)
    minutes = -((event.start - event.end) // timedelta(minutes=1))
    standing = known is not None and known.meeting is not None and known.service == service.name
    keeper = known.request.host if known and standing else policy.account
    person = event.organizer and not event.organizer.endswith(GROUP_CALENDAR)
    rule = settings_rule(event, wanted, policy, known) if service.settings else None
    desired = policy.desired
    return MeetingRequest(
        at=event.ref,
        host="" if service.native or wanted.profile else event.organizer if person else keeper,
        title=topic(event.title) if "title" in follows else "",
        start=event.start if timed else None,
        minutes=max(1, minutes) if timed else 0,
        zone=event.zone if timed else "UTC",
        recurring=bool(event.recurrence) and "time" in follows,
        recurrence=_rules(event) if "recurrence" in follows else (),
        invitees=event.attendees if "people" in follows else (),
        settings=within(rule.settings, service.settings) if rule and rule.settings else NONE,
        link=desired.link if desired and service.name == "explicit" else "",
        link_name=desired.link_name if desired and service.name == "explicit" else "",
        etag=event.etag,
        links=event.mark.links if service.native and event.mark else "",
    )


def _rules(event: Event) -> tuple[str, ...]:
    """Leave out the dates on which a series does not take place: nobody comes then, and its meeting stays."""
    return tuple(line for line in event.recurrence if not line.upper().startswith("EXDATE"))
