"""Access tokens: three grants, cached, refreshed once for all who wait. Secrets never leave this module.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest
https://developers.zoom.us/docs/internal-apps/s2s-oauth/
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.errors import Transient, Unauthorized
from connectors.http import Answer, Http, Request, retry_after
from connectors.service_key import ServiceKey
from connectors.settings import GoogleSettings, ZoomSettings

EARLY = timedelta(seconds=60)  # a token is renewed so long before it expires
LONGEST = 30 * 86_400.0  # seconds that an access token is believed to live
SHORTEST = 120.0  # seconds; one that said it lived no longer would be renewed for each call
USUAL = 3600.0  # seconds, where nothing sensible is said
DEADLINE = (
    30.0  # a refresh that rotates the token cannot be repeated when its answer was lost, so give it time
)
# Google's own library signs for this audience wherever the token endpoint may be.
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
APP = frozenset({"invalid_client", "unauthorized_client"})  # it is the app that is refused, not the person
PASSING = frozenset({"temporarily_unavailable", "server_error", "internal_failure", "slow_down"})
# https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12
TOKEN = re.compile("[!-~]+")
SECRETS = ("assertion", "client_secret", "code", "code_verifier", "refresh_token", "token")  # of what we send
SHORT = 8  # characters; fewer are no secret, and would be found in words
LONGEST_TOLD = 300  # characters of a provider's own words

Now = Callable[[], datetime]
Save = Callable[[str], Awaitable[None]]
"""Stores a new refresh token durably, before the access token that came with it is used."""


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token and what came with it."""

    access: str = field(repr=False)
    expires: datetime
    scopes: frozenset[str] = frozenset()
    api_url: str = ""  # where Zoom wants to be called, in some regions
    refresh: str = field(default="", repr=False)  # a new refresh token, where the grant rotated it


@dataclass(slots=True)
class Tokens:
    """The access tokens of one credential."""

    grant: Callable[[], Awaitable[Granted]] = field(repr=False)
    now: Now
    granted: Granted | None = None  # the last one
    _flight: asyncio.Task[Granted] | None = field(default=None, repr=False)

    async def token(self) -> str:
        """Return an access token that is good for a minute or more.

        Raises Unauthorized when the credential is refused, Transient when the token endpoint is out of order.
        """
        held = self.granted
        if held is None or self.now() >= held.expires - EARLY:
            held = await self._renewed()
        return held.access

    async def refresh(self, stale: str) -> str:
        """Return another token than `stale`, which the provider has refused. Raises as `token`."""
        if self.granted is not None and self.granted.access == stale:
            self.granted = None
        return await self.token()

    async def _renewed(self) -> Granted:
        if self._flight is None:
            self._flight = asyncio.get_running_loop().create_task(self._fly())
            self._flight.add_done_callback(self._landed)
        # One who stops waiting must not stop the others, nor lose a refresh token that has just been rotated.
        return await asyncio.shield(self._flight)

    async def _fly(self) -> Granted:
        self.granted = await self.grant()
        return self.granted

    def _landed(self, flight: asyncio.Task[Granted]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # Seen, even where everybody has stopped waiting.


def service_account(
    http: Http, settings: GoogleSettings, key: ServiceKey, subject: str, scopes: Iterable[str], now: Now
) -> Tokens:
    """Act as `subject` by the service account's right of domain-wide delegation."""
    wanted = " ".join(scopes)
    mend = (
        f"cannot act as {subject}: in the Workspace admin console, allow client id {key.client_id} "
        f"domain-wide delegation of exactly these scopes: {wanted}; check that the user exists, that the key "
        "has not been deleted, and this machine's clock"
    )

    async def grant() -> Granted:
        issued = int(now().timestamp())
        claims: dict[str, Any] = {"iss": key.email, "sub": subject, "scope": wanted, "aud": GOOGLE_AUDIENCE}
        claims |= {"iat": issued, "exp": issued + 3600}
        form = {"grant_type": JWT_BEARER, "assertion": key.signed(claims)}
        return await ask(http, Asked("google", subject, settings.token_url, form, mend), now)

    return Tokens(grant, now)


def refresh_token(
    http: Http, settings: GoogleSettings, person: str, token: str, save: Save, now: Now
) -> Tokens:
    """Act for the person who consented. A rotated refresh token is handed to `save` first."""
    mend = f"Google no longer accepts the consent of {person}, who must connect the account again"
    current = saved = token

    async def grant() -> Granted:
        nonlocal current, saved
        form = {"grant_type": "refresh_token", "refresh_token": current}
        form |= {"client_id": settings.client_id, "client_secret": settings.client_secret}
        asked = Asked("google", person, settings.token_url, form, mend, deadline=DEADLINE)
        granted = await ask(http, asked, now)
        current = granted.refresh or current
        if current != saved:
            await save(current)
            saved = current
        return granted

    return Tokens(grant, now)


def account_credentials(http: Http, settings: ZoomSettings, now: Now) -> Tokens:
    """Act for the whole Zoom account, as its server-to-server app."""
    mend = (
        "Zoom refuses the server-to-server app: check account_id, client_id and the client secret, and that "
        "the app is activated in the Zoom App Marketplace"
    )
    basic = base64.b64encode(f"{settings.client_id}:{settings.client_secret}".encode()).decode()
    form = {"grant_type": "account_credentials", "account_id": settings.account_id}
    url = f"{settings.oauth_base.rstrip('/')}/token"

    async def grant() -> Granted:
        asked = Asked("zoom", settings.account_id, url, form, mend, {"Authorization": f"Basic {basic}"})
        return await ask(http, asked, now)

    return Tokens(grant, now)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a token endpoint."""

    provider: str
    name: str  # of the credential
    url: str
    form: Mapping[str, str] = field(repr=False)
    mend: str  # what a person can do about a refusal
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    deadline: float | None = None  # seconds; None for that of every other call
    mend_app: str = ""  # what the operator can do where the app itself is refused; "" for the same


async def ask(http: Http, asked: Asked, now: Now) -> Granted:
    """Return the token. Raises Unauthorized where it is refused for good, Transient for anything else."""
    answer = await http.send(request_of(asked, "token"))
    return _read(answer, asked, now())


def request_of(asked: Asked, op: str) -> Request:
    """Return the call: a form, in the lane of its credential."""
    return Request(
        method="POST",
        url=asked.url,
        provider=asked.provider,
        op=op,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            **asked.headers,
        },
        body=urlencode(asked.form).encode(),
        lane=f"token {asked.name}",
        deadline=asked.deadline,
    )


def _read(answer: Answer, asked: Asked, now: datetime) -> Granted:
    body = object_of(answer)
    if answer.status == 200 and (access := _token(body.get("access_token"))):
        return Granted(
            access=access,
            expires=now + timedelta(seconds=_lifetime(body.get("expires_in"))),
            scopes=_scopes(body.get("scope")),
            api_url=_token(body.get("api_url")),
            refresh=_token(body.get("refresh_token")),
        )
    # A refusal names its reason; an object is what an API or a proxy says.
    # https://www.rfc-editor.org/rfc/rfc6749#section-5.2
    reason = _unquoted(body["error"], asked) if isinstance(body.get("error"), str) else ""
    told = _unquoted(str(body.get("error_description") or body.get("reason") or ""), asked)
    if 400 <= answer.status < 500 and answer.status not in (408, 429) and reason and reason not in PASSING:
        mend = asked.mend_app if asked.mend_app and reason in APP else asked.mend
        message = f"{mend} ({reason}: {told})" if told else f"{mend} ({reason})"
        raise Unauthorized(message, provider=asked.provider, status=answer.status, reason=reason)
    raise Transient(
        f"the token endpoint answered {answer.status} {reason}".rstrip(),
        retry_after=retry_after(answer.headers, now),
        provider=asked.provider,
        status=answer.status,
        reason=reason,
    )


def _token(value: Any) -> str:
    """Return a text that can be sent in a header, "" for anything else."""
    return value if isinstance(value, str) and TOKEN.fullmatch(value) else ""


def _scopes(value: Any) -> frozenset[str]:
    """Return what was granted: a text with spaces, or what some make of it, a list."""
    parts = value if isinstance(value, list) else [value]
    return frozenset(name for part in parts if isinstance(part, str) for name in part.split())


def _lifetime(value: Any) -> float:
    """Return how many seconds an access token lives."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return USUAL
    return max(SHORTEST, min(seconds, LONGEST)) if seconds > 0 else USUAL  # NaN, which JSON may hold, is not


def _unquoted(text: str, asked: Asked) -> str:
    """Return a provider's words without what we told it: they are logged, and shown to people."""
    sent = [asked.form.get(name, "") for name in SECRETS]
    sent += [value.rpartition(" ")[2] for value in asked.headers.values()]
    for secret in sent:
        if len(secret) >= SHORT:
            text = text.replace(secret, "…")
    return text[:LONGEST_TOLD]


def object_of(answer: Answer) -> Mapping[str, Any]:
    """Return the JSON object of an answer, an empty one where it is anything else."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
