"""The `conferencing` of an event, as an application asks for it: https://docs.cronofy.com/developers/api/conferencing-services/create/."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.v1.calls import Call
from api.v1.drafts import Problems
from connectors.explicit.meetings import LONGEST, is_link
from store import linked
from store.calendars import Calendar
from store.managed import Wish

FIELD = "conferencing.profile_id"
LONGEST_NAME = 255  # characters of what a link of the application's own is called


@dataclass(frozen=True, slots=True)
class Conferencing:
    """What is asked for; "" where nothing ever was."""

    profile_id: str = ""
    link: str = ""
    link_name: str = ""


def read(
    conn: sqlite3.Connection,
    call: Call,
    calendar: Calendar,
    before: Wish | None,
    problems: Problems,
) -> Conferencing:
    """Read it, and whether this account can have it. What is left out is left as it is."""
    kept = Conferencing(before.profile_id, before.link, before.link_name) if before else Conferencing()
    value = call.body.get("conferencing")
    if value is None:
        return kept
    if not isinstance(value, dict):
        problems.odd("conferencing", "an object with a profile_id")
        return kept
    name = value.get("profile_id")
    if name in (None, ""):
        problems.missing(FIELD)
    elif name == "explicit":
        return _explicit(value, problems)
    elif name == "integrated" and not calendar.info.native:
        what = "this calendar makes no conferences by itself"
        problems.add(FIELD, "integrated_conferencing_not_available", what)
    elif name in ("default", "integrated", "none") or _own(conn, call.account, name):
        return Conferencing(name)
    else:
        what = (
            f"{FIELD} must be default, integrated, explicit, none, or a conferencing profile of this account"
        )
        problems.add(FIELD, "not_recognized", what)
    return kept


def _own(conn: sqlite3.Connection, account: str, name: Any) -> bool:
    found = linked.get(conn, name) if isinstance(name, str) else None
    return found is not None and found.account == account


def _explicit(value: Mapping[str, Any], problems: Problems) -> Conferencing:
    found = {}
    for part in ("provider_description", "join_url"):
        text = value.get(part)
        if text in (None, ""):
            problems.missing(f"conferencing.{part}")
        elif not isinstance(text, str):
            problems.odd(f"conferencing.{part}", "text")
        else:
            found[part] = text
    link, name = found.get("join_url", ""), found.get("provider_description", "")
    if link and not is_link(link):
        problems.odd("conferencing.join_url", f"a web address of at most {LONGEST} characters")
    if len(name) > LONGEST_NAME:
        what = f"conferencing.provider_description must be no longer than {LONGEST_NAME} characters"
        problems.add("conferencing.provider_description", "too_long", what)
    return Conferencing("explicit", link, " ".join(name.split()))
