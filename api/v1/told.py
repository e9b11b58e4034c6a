"""What applications are told of accounts, profiles and calendars."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.v1 import names, reach
from api.v1.calls import Call
from api.v1.context import Context
from api.v1.links import relink
from store import linked, profiles, tokens
from store.calendars import Calendar
from store.linked import Linked
from store.profiles import Profile

UTC = "Etc/UTC"
CONSENTED = frozenset({"app", "user"})  # profiles that a person can connect again in a browser


@dataclass(frozen=True, slots=True)
class Connected:
    """One calendar profile that the application may use, with its calendars."""

    profile: Profile
    calendars: Sequence[Calendar]


@dataclass(frozen=True, slots=True)
class Account:
    """What there is to an account, for one application."""

    address: str
    profiles: Sequence[Connected]
    accounts: Sequence[Linked]  # that make meetings

    @property
    def own(self) -> bool:
        """Whether it is nobody's: its calendar is kept in our store."""
        return any(one.profile.provider == "own" for one in self.profiles)

    @property
    def zone(self) -> str:
        """The time zone of its first primary calendar."""
        every = [one.info for held in self.profiles for one in held.calendars]
        return next((info.zone for info in every if info.primary and info.zone), UTC)


def look(conn: sqlite3.Connection, call: Call) -> Account:
    """Find all of it at one moment."""
    granted = tokens.granted(conn, call.application.client_id, call.account)
    found = [profile for name in granted if (profile := profiles.get(conn, name)) is not None]
    connected = [Connected(one, reach.of_profile(conn, one)) for one in found]
    return Account(call.account, connected, linked.of_account(conn, call.account))


def account(found: Account) -> Mapping[str, Any]:
    """Say whose account it is."""
    return {
        "account": {
            "account_id": tokens.account_id(found.address),
            "email": found.address,
            "name": found.address,
            "default_tzid": found.zone,
        }
    }


def userinfo(found: Account, call: Call, context: Context) -> Mapping[str, Any]:
    """Tell all of it."""
    data = {
        "authorization": {"scope": " ".join(sorted(call.scopes)), "status": "active"},
        "profiles": [
            {
                **profile(one, context),
                "profile_calendars": [calendar(each, call) for each in one.calendars],
            }
            for one in found.profiles
        ],
        "conferencing_profiles": [conferencing(one, context) for one in found.accounts],
    }
    whose = {} if found.own else {"email": found.address, "name": found.address}
    return {
        "sub": tokens.account_id(found.address),
        **whose,
        "zoneinfo": found.zone,
        "cronofy.type": "account",
        "cronofy.data": data,
    }


def calendars(found: Account, call: Call) -> Mapping[str, Any]:
    """List the calendars of all profiles, each with its profile."""
    listed = [
        {
            "provider_name": names.CALENDARS[one.profile.provider][0],
            "profile_id": one.profile.id,
            "profile_name": one.profile.address,
            **calendar(each, call),
        }
        for one in found.profiles
        for each in one.calendars
    ]
    return {"sub": tokens.account_id(found.address), "calendars": listed}


def profile(found: Connected, context: Context) -> dict[str, Any]:
    """Tell of one calendar profile."""
    mine = found.profile
    name, service = names.CALENDARS[mine.provider]
    first = not found.calendars or any(one.synced_at is None for one in found.calendars)
    told: dict[str, Any] = {
        "provider_name": name,
        "provider_service": service,
        "profile_id": mine.id,
        "profile_name": mine.address,
        "profile_connected": mine.trouble is None,
        "profile_initial_sync_required": first and mine.provider != "own",
    }
    if mine.provider == "microsoft":
        told["provider_protocol"] = "graph_api"
    if mine.trouble is not None and mine.mode in CONSENTED and mine.provider in context.ways:
        told["profile_relink_url"] = relink(context, mine.address, mine.provider)
    return told


def calendar(found: Calendar, call: Call) -> dict[str, Any]:
    """Tell of one calendar."""
    info = found.info
    return {
        "calendar_id": found.id,
        "calendar_name": info.name,
        "calendar_readonly": not info.writable,
        "calendar_deleted": False,
        "calendar_primary": info.primary,
        "calendar_integrated_conferencing_available": bool(info.native),
        "calendar_attachments_available": False,
        "permission_level": "unrestricted" if call.application.elevated else "sandbox",
    }


def conferencing(found: Linked, context: Context) -> dict[str, Any]:
    """Tell of one account that makes meetings."""
    told: dict[str, Any] = {
        "provider_name": names.account_name(found.provider),
        "profile_id": found.id,
        "profile_name": found.name,
        "profile_connected": found.trouble is None,
    }
    if found.trouble is not None:
        told["profile_relink_url"] = relink(context, found.account, found.provider)
    return told
