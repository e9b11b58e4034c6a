"""Whose calendars are looked after, and how they are reached: what does not go together there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from daemon.config.facts import Facts
from daemon.config.kinds import loopback
from daemon.config.problems import Finding
from daemon.config.toml_lines import KeyPath

# Where people are listed, by the section of their provider, and the word for it.
_LISTS = {"google": ("subjects", "users"), "microsoft": ("users", "people")}


def account_contradictions(facts: Facts) -> Iterator[Finding]:
    """Find what is wrong with providers and people, errors and warnings."""
    checks = (
        _calendars,
        _reach,
        _google_credentials,
        _microsoft_people,
        _listed_twice,
        _listed_with_both,
        _applications,
        _google_renewal,
        _microsoft_renewal,
        _categories,
    )
    for check in checks:
        yield from check(facts)


def _calendars(facts: Facts) -> Iterator[Finding]:
    if not (facts.has("google") or facts.has("microsoft")):
        fix = "Add [google] or [microsoft]; without either there is nothing to look after."
        yield Finding(("google",), "no calendars are configured", fix, "warning")


def _reach(facts: Facts) -> Iterator[Finding]:
    public = facts.get("server", "public_url")
    if not public or not _here(public):
        return
    bases = {"Google": ("google", "api_base"), "Microsoft": ("microsoft", "graph_base")}
    used = {name: facts.get(*key) for name, key in bases.items() if facts.has(key[0])}
    outside = [name for name, base in used.items() if base and not _here(base)]
    if outside:
        yield Finding(
            ("server", "public_url"),
            f"is an address of this machine, which {' and '.join(outside)} cannot reach",
            "Give the one that the internet knows, or calendars are only looked at every sync.sweep_seconds.",
            "warning",
        )


def _here(url: str) -> bool:
    return loopback(urlsplit(url).hostname or "")


def _google_credentials(facts: Facts) -> Iterator[Finding]:
    if not facts.has("google") or ("google",) in facts.wrong:
        return
    stated = facts.values["google"]
    account, client = "service_account_file" in stated, bool(stated.get("client_id"))
    secret, users, subjects = ("client_secret_file" in stated, stated.get("users"), stated.get("subjects"))
    path = ("google",)
    if not (subjects or users or (client and facts.has("applications"))):
        fix = "List people in subjects (service account) or in [[google.users]] (refresh tokens)."
        yield Finding(path, "nobody's calendars are looked after", fix)
    if subjects and not account:
        fix = "Give service_account_file, or move these people to [[google.users]]."
        yield Finding((*path, "subjects"), "needs a service account", fix)
    if account and users and not subjects:
        yield Finding((*path, "service_account_file"), "is for nobody", "List its people in subjects.")
    if client != secret:
        have, lack = ("client_id", "client_secret_file") if client else ("client_secret_file", "client_id")
        yield Finding((*path, have), f"needs {lack}", f"Add {lack}, or take {have} out.")
    if users and not client and not secret:
        fix = "Add client_id and client_secret_file of the client that the refresh tokens were made for."
        yield Finding((*path, "users"), "need an OAuth client", fix)


def _microsoft_people(facts: Facts) -> Iterator[Finding]:
    if not facts.has("microsoft") or ("microsoft",) in facts.wrong:
        return
    stated = facts.values["microsoft"]
    if not (stated.get("users") or stated.get("people") or facts.has("applications")):
        fix = "List people in users (the app's own permissions) or in people (their consent)."
        yield Finding(("microsoft",), "nobody's calendars are looked after", fix)
    tenant = facts.get("microsoft", "tenant")
    if stated.get("users") and tenant and tenant.lower() in {"common", "organizations"}:
        yield Finding(
            ("microsoft", "tenant"),
            "stands for every tenant, but the app's own permissions are those of one",
            "Give the directory (tenant) id, or move the people in users to people.",
        )


def _listed_twice(facts: Facts) -> Iterator[Finding]:
    for section, (first, second) in _LISTS.items():
        seen = set()
        for path, email in _people(facts, section):
            if email in seen:
                fix = f"List everybody once, in {first} or in {second}."
                yield Finding(path, "this person is listed before", fix)
            seen.add(email)


def _applications(facts: Facts) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, application in facts.inside("applications"):
        name = application.get("client_id") if isinstance(application, Mapping) else None
        if isinstance(name, str) and name in seen:
            yield Finding((*path, "client_id"), "another application has this id", "Give each its own.")
        seen.add(name if isinstance(name, str) else "")


def _listed_with_both(facts: Facts) -> Iterator[Finding]:
    elsewhere = {email for _, email in _people(facts, "google")}
    for path, email in _people(facts, "microsoft"):
        if email in elsewhere:
            fix = "Keep both only if this person has two mailboxes of that address, with different calendars."
            yield Finding(path, "this person is listed in [google] too", fix, "warning")


def _people(facts: Facts, section: str) -> Iterator[tuple[KeyPath, str]]:
    """Yield the address of each person in lower case, and where it stands."""
    for key in _LISTS[section]:
        for path, entry in facts.inside(section, key):
            at, email = (
                ((*path, "email"), entry.get("email")) if isinstance(entry, Mapping) else (path, entry)
            )
            if isinstance(email, str):
                yield at, email.lower()


def _google_renewal(facts: Facts) -> Iterator[Finding]:
    yield from _renewal(facts, "google", "channel_seconds", 1)


def _microsoft_renewal(facts: Facts) -> Iterator[Finding]:
    yield from _renewal(facts, "microsoft", "subscription_minutes", 60)


def _renewal(facts: Facts, section: str, key: str, seconds: int) -> Iterator[Finding]:
    early, lasting = facts.get("sync", "channel_renew_before_seconds"), facts.get(section, key)
    if facts.has(section) and None not in {early, lasting} and early >= lasting * seconds:
        yield Finding(
            (section, key),
            f"subscriptions last {lasting * seconds} seconds, but are renewed {early} seconds before they end",
            f"Make [sync] channel_renew_before_seconds less than [{section}] {key}"
            f"{f' times {seconds}' if seconds > 1 else ''}.",
        )


def _categories(facts: Facts) -> Iterator[Finding]:
    seen = set()
    for path, _ in facts.inside("microsoft", "categories"):
        name = str(path[-1]).strip().casefold()
        if not name:
            yield Finding(path, "is no name of a category", "Write it as Outlook shows it.")
        elif name in seen:
            fix = "Upper and lower case count alike here: keep one of the two."
            yield Finding(path, "this category is listed before", fix)
        seen.add(name)
