"""Settings that are good alone and wrong together. Each check judges what it can, whatever else is wrong."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import PydanticUndefined

from daemon.config.kinds import Address, loopback, read_address
from daemon.config.problems import Finding
from daemon.config.secret_files import Where, has_directory, open_to_others, resolve
from daemon.config.toml_lines import KeyPath
from daemon.config.words import fields_at

_SERVICES = {"meet": "google", "zoom": "zoom", "static": "static"}  # and the section that sets each up


@dataclass(frozen=True, slots=True)
class Facts:
    """The values of a file as they stand there, and the paths of those that are wrong by themselves."""

    values: Mapping[str, Any]
    wrong: frozenset[KeyPath]
    where: Where

    def has(self, section: str) -> bool:
        """Tell whether there is such a section, right or wrong."""
        return section in self.values

    def get(self, section: str, key: str) -> Any:
        """Return the value in the file, else the default; None where it is wrong or has no default."""
        path = (section, key)
        if any(bad[:2] == path or bad == path[:1] for bad in self.wrong):
            return None
        table = self.values.get(section)
        if isinstance(table, Mapping) and key in table:
            return table[key]
        field = fields_at((section,)).get(key)
        return None if field is None or field.default is PydanticUndefined else field.default

    def rules(self) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
        """Yield each rule without the keys that are wrong."""
        listed = self.values.get("rules")
        for at, rule in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(rule, Mapping):
                path: KeyPath = ("rules", at)
                yield path, {key: value for key, value in rule.items() if (*path, key) not in self.wrong}


def contradictions(facts: Facts) -> Iterator[Finding]:
    """Find everything that does not go together, errors and warnings."""
    checks = (
        _deadline,
        _listening,
        _reach,
        _google_credentials,
        _google_people,
        _channels,
        _budget,
        _flags,
        _rules,
        _directories,
        _open_files,
    )
    for check in checks:
        yield from check(facts)


def _deadline(facts: Facts) -> Iterator[Finding]:
    deadline, lease = facts.get("limits", "call_deadline_seconds"), facts.get("sync", "lease_seconds")
    if None not in {deadline, lease} and deadline >= lease:
        table = facts.values.get("limits")
        stated = isinstance(table, Mapping) and "call_deadline_seconds" in table
        yield Finding(
            ("limits", "call_deadline_seconds") if stated else ("sync", "lease_seconds"),
            f"a call may take {deadline} seconds, but after {lease} its work is given to another worker",
            "Make [limits] call_deadline_seconds less than [sync] lease_seconds.",
        )


def _listening(facts: Facts) -> Iterator[Finding]:
    addresses = [_address(facts.get("server", key)) for key in ("listen", "admin_listen")]
    public, admin = addresses
    if admin and public == admin and admin.port:
        yield Finding(("server", "admin_listen"), "is the same as listen", "Give it a port of its own.")
    if admin and not loopback(admin.host):
        yield Finding(
            ("server", "admin_listen"),
            "can be reached from other machines",
            "It asks for no password: use 127.0.0.1, unless something else keeps strangers out.",
            "warning",
        )


def _address(value: Any) -> Address | None:
    return read_address(value) if value else None


def _reach(facts: Facts) -> Iterator[Finding]:
    if not facts.has("google"):
        fix = "Add [google]; without it there is nothing to look after."
        yield Finding(("google",), "no calendars are configured", fix, "warning")
        return
    public, google = facts.get("server", "public_url"), facts.get("google", "api_base")
    if public and google and _here(public) and not _here(google):
        yield Finding(
            ("server", "public_url"),
            "is an address of this machine, which Google cannot reach",
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
    if not (subjects or users):
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


def _google_people(facts: Facts) -> Iterator[Finding]:
    subjects, users = facts.get("google", "subjects") or (), facts.get("google", "users") or ()
    places: list[tuple[KeyPath, str]] = [
        (("google", "subjects", at), email) for at, email in enumerate(subjects)
    ]
    places += [(("google", "users", at, "email"), user["email"]) for at, user in enumerate(users)]
    seen: Counter[str] = Counter()
    for path, email in places:
        seen[email.lower()] += 1
        if seen[email.lower()] > 1:
            yield Finding(
                path, "this person is listed before", "List everybody once, in subjects or in users."
            )


def _channels(facts: Facts) -> Iterator[Finding]:
    early, lasting = facts.get("sync", "channel_renew_before_seconds"), facts.get("google", "channel_seconds")
    if facts.has("google") and None not in {early, lasting} and early >= lasting:
        yield Finding(
            ("google", "channel_seconds"),
            f"subscriptions last {lasting} seconds, but are renewed {early} seconds before they end",
            "Make [sync] channel_renew_before_seconds less than [google] channel_seconds.",
        )


def _budget(facts: Facts) -> Iterator[Finding]:
    limit, reserve = facts.get("zoom", "daily_limit"), facts.get("zoom", "cancel_reserve")
    if facts.has("zoom") and None not in {limit, reserve} and reserve >= limit:
        yield Finding(
            ("zoom", "cancel_reserve"),
            f"keeps back {reserve} of {limit} calls, which leaves none for making meetings",
            "Make it less than daily_limit.",
        )


def _flags(facts: Facts) -> Iterator[Finding]:
    for key in ("video", "default"):
        yield from _service(facts, ("flags", key), facts.get("flags", key))


def _rules(facts: Facts) -> Iterator[Finding]:
    for path, rule in facts.rules():
        yield from _service(facts, (*path, "service"), rule.get("service"))
        low, high = rule.get("min_minutes"), rule.get("max_minutes")
        if low is not None and high is not None and low > high:
            message = f"no event lasts at least {low} and at most {high} minutes"
            yield Finding((*path, "min_minutes"), message, "Swap min_minutes and max_minutes.")


def _service(facts: Facts, path: KeyPath, name: Any) -> Iterator[Finding]:
    section = _SERVICES.get(name) if isinstance(name, str) else None
    if section and not facts.has(section):
        fix = f"Add a section [{section}], or choose another service."
        yield Finding(path, f"names {name}, which is not set up", fix)


def _directories(facts: Facts) -> Iterator[Finding]:
    for key in ("url", "key_file"):
        value = facts.get("store", key)
        if value is None:
            continue
        path = resolve(value.removeprefix("sqlite:///"), facts.where)
        if not has_directory(path):
            fix = "Create it; systemd's StateDirectory= does so before huddled starts."
            yield Finding(("store", key), "the directory of this file is missing", fix, "warning")


def _open_files(facts: Facts) -> Iterator[Finding]:
    for path, value in _files((), facts.values):
        if any(path[: len(bad)] == bad for bad in facts.wrong):
            continue
        file = resolve(value, facts.where)
        if open_to_others(file, facts.where):
            fix = f"Run: chmod 600 {shlex.quote(str(file))}"
            yield Finding(path, "others than its owner can get at the file", fix, "warning")


def _files(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, str]]:
    """Yield every key that names a secret file."""
    entries = (
        value.items() if isinstance(value, Mapping) else enumerate(value if isinstance(value, list) else ())
    )
    for key, inner in entries:
        if isinstance(inner, str) and isinstance(key, str) and key.endswith("_file"):
            yield (*path, key), inner
        yield from _files((*path, key), inner)
