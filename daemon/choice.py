"""Which service an event gets that asks for one by name: never another one than was asked for. Pure.

| asked for | gets |
|---|---|
| `default` | the person's own account: the chosen one, else the one linked last; without any, `flags.default` |
| `integrated` | what the calendar itself can make |
| `zoom`, `goto`, … | the person's own account there; without one, the operator's |
| `pro_…` | that account of the person |
| `none` | nothing |

Only `flags.fallback` puts another service in the place of one that cannot be had, and a meeting that stands keeps the
account that it was made with, whatever is linked or chosen later.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.model import Conference
from daemon.terms import Linked, Policy, Unwanted, Wanted

AUTO = ("zoom",)  # what `auto` prefers to the calendar's own service, if the operator has set it up


def choose(word: str, source: str, policy: Policy, known: Conference | None = None) -> Wanted | Unwanted:
    """Turn what was asked for into a service, and an account where it takes one of the person's own."""
    name = policy.flags.video if word == "video" else word
    found = _resolve(name, source, policy)
    if known is not None and known.meeting is not None:
        return _standing(found, name, known, policy)
    return _instead(found, source, policy) if _out_of_reach(found, policy) else found


def _resolve(name: str, source: str, policy: Policy) -> Wanted | Unwanted:
    if name == "default":
        own = next((one for one in policy.linked if one.service in policy.services), None)
        if own is not None:
            return _with(own, source, policy)
        name = policy.flags.default
        if name == "auto":
            ready = (one for one in AUTO if one in policy.services and not policy.services[one].personal)
            name = next(ready, "integrated")
    if name == "none":
        return Unwanted(f"{source} asks for no conference")
    if name == "integrated":
        if not policy.native:
            return Unwanted(
                f"{source} asks for what the calendar itself offers, which is nothing", lacks=name
            )
        name = policy.native[0]
    own = policy.profile(name) or next((one for one in policy.linked if one.service == name), None)
    return _with(own, source, policy) if own else _operators(name, source, policy)


def _with(own: Linked, source: str, policy: Policy) -> Wanted | Unwanted:
    service = policy.services.get(own.service)
    if service is None:
        return Unwanted(f"{source} asks for {own.service}, which is not configured", lacks=own.service)
    return Wanted(service, source, own.profile)


def _operators(name: str, source: str, policy: Policy) -> Wanted | Unwanted:
    service = policy.services.get(name)
    if name.startswith("pro_"):
        return Unwanted(f"{source} asks for {name}, which is no account of {policy.account}", lacks=name)
    if service is None:
        return Unwanted(f"{source} asks for {name}, which is not configured", lacks=name)
    if service.personal:
        mend = f"run: huddled link {name} --account {policy.account}"
        return Unwanted(
            f"{source} asks for {name}, where {policy.account} has linked no account; {mend}", lacks=name
        )
    if service.native and name not in policy.native:
        return Unwanted(f"{source} asks for {name}, which this calendar does not offer", lacks=name)
    return Wanted(service, source)


def _out_of_reach(found: Wanted | Unwanted, policy: Policy) -> bool:
    """Whether what was asked for cannot be had now, for want of an account that works."""
    if isinstance(found, Unwanted):
        return found.lacks != ""
    own = policy.profile(found.profile)
    return own is not None and own.trouble != ""


def _instead(found: Wanted | Unwanted, source: str, policy: Policy) -> Wanted | Unwanted:
    lacks = found.lacks if isinstance(found, Unwanted) else found.service.name
    for name in policy.flags.fallback:
        other = _resolve(name, source, policy)
        if isinstance(other, Wanted) and not _out_of_reach(other, policy):
            return replace(other, instead_of=lacks)
    return found


def _standing(found: Wanted | Unwanted, name: str, known: Conference, policy: Policy) -> Wanted | Unwanted:
    """Let a meeting that stands keep its account, and its place where it stands in for another service."""
    if isinstance(found, Unwanted) and not found.lacks:
        return found
    named = isinstance(found, Wanted) and found.service.name == known.service
    if isinstance(found, Wanted) and named:
        return found if name.startswith("pro_") else replace(found, profile=known.profile)
    service = policy.services.get(known.service)
    if isinstance(found, Wanted) and _asks_anew(found.source, known.source):
        return found
    if service is not None and name == "default" and isinstance(found, Wanted) and found.profile:
        return Wanted(service, found.source, known.profile)  # whose default it is now, is for new events
    same = isinstance(found, Unwanted) or found.source == known.source
    if service is not None and same and known.service in policy.flags.fallback:
        lacks = found.lacks if isinstance(found, Unwanted) else found.service.name
        return Wanted(service, known.source, known.profile, instead_of=lacks)
    return found


def _asks_anew(source: str, before: str) -> bool:
    """Whether an application names another profile than before, and does not just leave the choice as it was."""
    return source != before and source.startswith("api:") and before.startswith("api:")
