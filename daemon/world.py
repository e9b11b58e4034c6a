"""The outside as the running daemon has it: connectors by profile, policies by calendar, the real clock."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from hashlib import sha256

from connectors.base import Calendar as CalendarConnector
from connectors.base import Meetings
from connectors.errors import Rejected, Unauthorized
from connectors.overrides import known
from connectors.registry import Credentials, Registry
from daemon.config.model import Config
from daemon.terms import Linked, Policy, Service
from store.calendars import Calendar
from store.profiles import Profile

RANDOM_BYTES = 10  # sixteen characters of five bits each
CHANNEL_BYTES = 32  # of a channel's secret; with the channel's name it fits into Graph's clientState


def services(config: Config) -> Mapping[str, Service]:
    """Say what the decision must know of each configured service."""
    people = {"people"} if config.zoom and config.zoom.invitees else set()
    invited = {"people"} if config.webex and config.webex.invitees else set()
    # Without an app of the whole account, nobody has a meeting at Zoom who has not linked an account.
    linked_only = config.zoom is not None and not config.zoom.client_id
    subject = {"title"} if config.jitsi and config.jitsi.subject else set()
    every = {
        "meet": Service("meet", native=True),
        "teams": Service("teams", native=True),
        "zoom": Service("zoom", follows=frozenset({"title", "time"} | people), personal=linked_only),
        "goto": Service("goto", follows=frozenset({"title", "time"}), personal=True),
        "webex": Service(
            "webex", follows=frozenset({"title", "time", "recurrence"} | invited), personal=True
        ),
        "jitsi": Service("jitsi", follows=frozenset(subject)),
        "whereby": Service("whereby", follows=frozenset({"time"})),
        "daily": Service("daily", follows=frozenset({"time"})),
        "static": Service("static"),
    }
    found: dict[str, Service] = {
        name: replace(every[name], settings=known(name)) for name in config.services()
    }
    return {**found, "explicit": Service("explicit")} if config.applications else found


def base_policy(config: Config, now: datetime) -> Policy:
    """Return what the configuration says about every calendar."""
    window = timedelta(days=config.sync.window_days)
    return Policy(now=now, flags=config.policy_flags(), services=services(config), window=window)


def fingerprint(config: Config) -> str:
    """Name what the configuration says about events, so that a change of it can be noticed."""
    known = sorted(
        (one.name, one.native, one.personal, sorted(one.follows), sorted(map(repr, one.settings)))
        for one in services(config).values()
    )
    rules = [rule.model_dump_json() for rule in config.rules]
    microsoft = config.microsoft_settings()
    categories = sorted(microsoft.categories.items()) if microsoft else []
    said = repr((config.flags.model_dump_json(), rules, known, config.sync.window_days, categories))
    return sha256(said.encode()).hexdigest()


def policy_for(base: Policy, calendar: Calendar, account: str) -> Policy:
    """Add what is special about one calendar and the account that it belongs to."""
    return replace(
        base,
        calendar=calendar.id,
        calendar_name=calendar.info.name,
        native=calendar.info.native,
        account=account,
    )


def chosen(config: Config, provider: str, remote: str, name: str) -> bool:
    """Whether the operator wants a calendar kept in step."""
    section = {"google": config.google, "microsoft": config.microsoft}.get(provider)
    if section is None:
        return False
    return _fits(section.calendars, remote, name) and not _fits(section.exclude, remote, name)


def none_linked(linked: Linked) -> Meetings:
    """Stand where nobody has linked an account of their own."""
    raise Rejected(f"{linked.service} is not configured", reason="not_configured")


@dataclass(slots=True)
class World:
    """Implements `daemon.outside.Outside`."""

    config: Config
    registry: Registry
    clock: Callable[[], float]
    credentials: dict[str, Credentials] = field(default_factory=dict)  # by profile
    personal: Callable[[Linked], Meetings] = none_linked
    _policy: Policy = field(init=False)

    def __post_init__(self) -> None:
        """Work out once what does not change while we run."""
        self._policy = base_policy(self.config, datetime.fromtimestamp(self.now(), UTC))

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self.clock()

    def fresh_key(self) -> str:
        """Return a new name for a conference."""
        return "hd" + base64.b32hexencode(secrets.token_bytes(RANDOM_BYTES)).decode().lower()

    def fresh_channel(self) -> tuple[str, str]:
        """Return a new name for a channel, and the secret that proves its pushes."""
        return str(uuid.uuid4()), secrets.token_urlsafe(CHANNEL_BYTES)

    def calendar(self, profile: str) -> CalendarConnector:
        """Return the calendars of a profile."""
        return self.registry.calendar(self._who(profile))

    def meetings(self, service: str, profile: str, linked: Linked | None = None) -> Meetings:
        """Return a service for the events of a profile, made with a linked account where one is given."""
        if linked is not None:
            return self.personal(linked)
        return self.registry.meetings(service, self._who(profile))

    def policy(self, calendar: Calendar) -> Policy:
        """Return what bears on the events of a calendar."""
        who = self.credentials.get(calendar.profile)
        now = datetime.fromtimestamp(self.now(), UTC)
        return policy_for(replace(self._policy, now=now), calendar, who.address if who else "")

    def chosen(self, profile: Profile, remote: str, name: str) -> bool:
        """Whether the operator wants this calendar kept in step."""
        if profile.provider == "own":
            return True
        return chosen(self.config, profile.provider, remote, name)

    def _who(self, profile: str) -> Credentials:
        found = self.credentials.get(profile)
        if found is None:
            raise Unauthorized(f"{profile} is no longer in the configuration", reason="not_configured")
        if found.save is not None and not found.refresh_token:
            mend = f"run: huddled link {found.provider} --account {found.address}"
            raise Unauthorized(
                f"{found.address} has not agreed yet; {mend}", provider=found.provider, reason="not_connected"
            )
        return found


def _fits(globs: tuple[str, ...], remote: str, name: str) -> bool:
    return any(fnmatchcase(remote, glob) or fnmatchcase(name, glob) for glob in globs)
