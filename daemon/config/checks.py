"""Settings that are good alone and wrong together. Each check judges what it can, whatever else is wrong."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from daemon.config.account_checks import account_contradictions
from daemon.config.conferencing_checks import conferencing_contradictions
from daemon.config.facts import Facts
from daemon.config.kinds import Address, loopback, read_address
from daemon.config.problems import Finding
from daemon.config.rule_checks import SECTIONS, rule_contradictions
from daemon.config.secret_files import has_directory, open_to_others, resolve, runs
from daemon.config.toml_lines import KeyPath


def contradictions(facts: Facts) -> Iterator[Finding]:
    """Find everything that does not go together, errors and warnings."""
    checks = (
        _deadline,
        _listening,
        account_contradictions,
        conferencing_contradictions,
        _budget,
        _flags,
        _categories,
        _rules,
        rule_contradictions,
        _alerts,
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
    for at, name in enumerate(facts.get("flags", "fallback") or ()):
        yield from _service(facts, ("flags", "fallback", at), name)


def _categories(facts: Facts) -> Iterator[Finding]:
    for path, choice in facts.inside("microsoft", "categories"):
        yield from _service(facts, path, choice)


def _rules(facts: Facts) -> Iterator[Finding]:
    for path, rule in facts.inside("rules"):
        if isinstance(rule, Mapping):
            yield from _service(facts, (*path, "service"), rule.get("service"))


def _alerts(facts: Facts) -> Iterator[Finding]:
    command = facts.get("alerts", "command")
    program = command[0] if isinstance(command, list | tuple) and command else None
    if isinstance(program, str) and not runs(program):
        fix = "Give the absolute path of a program, and let the user that huddled runs as execute it."
        yield Finding(("alerts", "command", 0), "cannot be run", fix, "warning")


def _service(facts: Facts, path: KeyPath, name: Any) -> Iterator[Finding]:
    section = SECTIONS.get(name) if isinstance(name, str) else None
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
        if isinstance(inner, str) and isinstance(key, str) and key.endswith("_file") and key != "logo_file":
            yield (*path, key), inner
        yield from _files((*path, key), inner)
