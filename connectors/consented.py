"""People's own accounts at a provider: allowed once in a browser, then kept by a refresh token.

One module for all providers; `OAuthApp` says how they differ. Knows no database: what is to be stored goes
through `save`, what is stored now comes through `load`.

https://www.rfc-editor.org/rfc/rfc6749
https://www.rfc-editor.org/rfc/rfc7636
https://www.rfc-editor.org/rfc/rfc7009
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

import structlog

from connectors.errors import ProviderError, Rejected, Transient, Unauthorized
from connectors.http import Http, retry_after
from connectors.oauth import (
    APP,
    DEADLINE,
    EARLY,
    Asked,
    Granted,
    Now,
    Tokens,
    ask,
    object_of,
    request_of,
)
from connectors.settings import OAuthApp

Save = Callable[[str], Awaitable[bool]]
"""Stores a new refresh token durably in the place of the one that was loaded or saved last; False where that is no
longer the one that is stored: somebody has linked the account again, or has given it up."""

Load = Callable[[], Awaitable[str]]
"""Reads the refresh token that is stored now; "" where there is none any more."""

Needs = Collection[tuple[str, ...]]
"""Scopes that have to be granted: of each entry one, and the first is the one to name."""

log = structlog.get_logger(__name__)

DEAD = frozenset({"invalid_grant", "invalid_token"})  # what was to be revoked is no more


def authorize_url(app: OAuthApp, redirect_uri: str, state: str, verifier: str) -> str:
    """Return the page where the person says yes.

    `state` and `verifier` are secrets of this one flow, 43 to 128 characters of A-Z a-z 0-9 - . _ ~ each; they
    are kept until the answer comes back, and the verifier never leaves us before.
    """
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        **app.extra,
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    if app.send_scopes and app.scopes:
        query["scope"] = " ".join(app.scopes)
    separator = "&" if "?" in app.authorize_url else "?"
    return f"{app.authorize_url}{separator}{urlencode(query, quote_via=quote)}"


async def exchange(
    http: Http, app: OAuthApp, code: str, verifier: str, redirect_uri: str, now: Now
) -> Granted:
    """Turn the code that the browser brought back into tokens; `refresh` is what to store.

    Raises Rejected where the code is too old, used or not ours, Unauthorized where the app is refused, and
    Transient where no answer came: the code may be used up, and only the person can get another one.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    mend = (
        f"{app.provider} does not accept the answer of its own page; open the link once more from the start"
    )
    try:
        granted = await ask(http, _asked(app, "code", form, mend), now)
    except Unauthorized as refused:
        if refused.reason in APP:
            raise
        told = str(refused)
        raise Rejected(told, provider=app.provider, status=refused.status, reason=refused.reason) from refused
    if not granted.refresh:
        message = f"{app.provider} gave no refresh token, without which the account cannot be kept"
        raise Unauthorized(message, provider=app.provider, reason="no_refresh_token")
    # An answer without scopes grants what was asked for: https://www.rfc-editor.org/rfc/rfc6749#section-5.1
    return granted if granted.scopes else replace(granted, scopes=frozenset(app.scopes))


def require(app: OAuthApp, granted: Collection[str], needs: Needs) -> None:
    """Raise Unauthorized, naming the scopes, where one that is needed was not granted."""
    if lacking := missing(granted, needs):
        message = (
            f"{app.provider} did not allow everything that is needed: {', '.join(lacking)}; add what is missing "
            "to the app's registration, link the account again, and leave nothing out on the provider's page"
        )
        raise Unauthorized(message, provider=app.provider, reason="missing_scope")


def missing(granted: Collection[str], needs: Needs) -> tuple[str, ...]:
    """Return of each need that no granted scope meets the name."""
    return tuple(names[0] for names in needs if not set(names) & set(granted))


def tokens(http: Http, app: OAuthApp, who: str, token: str, save: Save, load: Load, now: Now) -> Tokens:
    """Act for the person whose refresh token this is; `who` is the address of the account it is linked to.

    One refresh is under way at a time for each value returned, so that each credential needs one, shared by
    all who use it. A new refresh token is saved before the access token beside it is used, and never over one
    that came from a newer consent. A refusal as invalid is answered by looking once what is stored now: somebody
    else may have refreshed or linked again. Raises Unauthorized where the account is no longer linked.

    Where the answer to a refresh is lost, `token` raises Transient with reason "refresh_lost", and nothing is
    repeated before the caller asks again. Then too, what is stored is looked at first.
    """
    return Tokens(_Credential(http, app, who, token, save, load, now).grant, now)


async def revoke(http: Http, app: OAuthApp, token: str, now: Now) -> bool:
    """Tell the provider that the refresh token is not to be used any more; False where it cannot be told.

    A token that is dead already is a success. Raises Unauthorized where the app is refused, Transient where
    the provider is out of order.
    """
    if not app.revoke_url:
        return False
    asked = _asked(app, "revoke", {"token": token, "token_type_hint": "refresh_token"}, "")
    answer = await http.send(request_of(asked, "revoke"))
    reason = str(object_of(answer).get("error") or "")
    if 200 <= answer.status < 300 or (answer.status == 400 and reason in DEAD):
        return True
    if reason in APP:
        raise Unauthorized(asked.mend_app, provider=app.provider, status=answer.status, reason=reason)
    raise Transient(
        f"the page for revoking answered {answer.status} {reason}".rstrip(),
        retry_after=retry_after(answer.headers, now()),
        provider=app.provider,
        status=answer.status,
        reason=reason,
    )


@dataclass(slots=True)
class _Credential:
    """One refresh token on its way through time."""

    http: Http
    app: OAuthApp
    who: str
    token: str = field(repr=False)
    save: Save
    load: Load
    now: Now
    unsaved: Granted | None = field(default=None, repr=False)  # came with a token that is not stored yet
    lost: bool = False  # the answer to the last refresh

    async def grant(self) -> Granted:
        if self.unsaved is not None:
            held = await self._saved(self.unsaved)
            if self.now() < held.expires - EARLY:
                return held
        if self.lost:
            await self._reloaded()
        try:
            granted = await self._refreshed()
        except Unauthorized as refused:
            if refused.reason != "invalid_grant" or not await self._reloaded():
                raise
            granted = await self._refreshed()
        self.lost = False
        return await self._saved(granted)

    async def _reloaded(self) -> bool:
        """Take over what is stored; tell whether it is another token than the one at hand."""
        stored = await self.load()
        other = bool(stored) and stored != self.token
        if other:
            self.token, self.lost = stored, False
        return other

    async def _saved(self, granted: Granted) -> Granted:
        # Most answers have no refresh token, or the same: then the old one stays good.
        if granted.refresh and granted.refresh != self.token:
            self.token, self.unsaved = granted.refresh, granted
        if self.unsaved is None:
            return granted
        kept = await self.save(self.token)
        self.unsaved = None
        return granted if kept else await self._overtaken()

    async def _overtaken(self) -> Granted:
        """Go on with what somebody has stored meanwhile, and with nothing where the account was given up."""
        if not await self.load():
            await self._give_back()
            message = f"the {self.app.provider} account of {self.who} is no longer linked"
            raise Unauthorized(message, provider=self.app.provider, reason="unlinked")
        await self._reloaded()
        return await self._saved(await self._refreshed())

    async def _give_back(self) -> None:
        """Revoke the token that nobody will ever use: what was revoked with the account was the one before it."""
        try:
            await revoke(self.http, self.app, self.token, self.now)
        except ProviderError as error:
            log.warning("token not revoked", provider=self.app.provider, account=self.who, error=str(error))

    async def _refreshed(self) -> Granted:
        form = {"grant_type": "refresh_token", "refresh_token": self.token}
        try:
            return await ask(self.http, _asked(self.app, self.who, form, self._mend()), self.now)
        except Transient as silence:
            if _undone(silence):
                raise
            self.lost = True
            raise self._doubt(silence) from silence

    def _mend(self) -> str:
        provider = self.app.provider
        lost = ", whose new token was lost with the answer to an earlier refresh" if self.lost else ""
        return (
            f"{provider} no longer accepts the consent of {self.who}{lost}: link the account again "
            f"(huddled link {provider} --account {self.who})"
        )

    def _doubt(self, silence: Transient) -> Transient:
        told = f"the answer to a refresh was lost: {silence}"
        if self.app.rotates:
            told += f"; if {self.app.provider} did it, {self.who} has to link the account again"
        return Transient(
            told,
            retry_after=silence.retry_after,
            provider=self.app.provider,
            status=silence.status,
            reason="refresh_lost",
        )


def _undone(silence: Transient) -> bool:
    """Tell whether the provider surely has not refreshed: it was not reached, or it said so."""
    status = silence.status or 0
    return silence.reason == "not_sent" or (400 <= status < 500 and status != 408)


def _asked(app: OAuthApp, name: str, form: Mapping[str, str], mend: str) -> Asked:
    headers = {}
    if app.basic:
        pair = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    else:
        form = {**form, "client_id": app.client_id, "client_secret": app.client_secret}
    url = app.revoke_url if name == "revoke" else app.token_url
    mend_app = f"{app.provider} refuses the app: check client_id and the client secret under [{app.provider}]"
    return Asked(app.provider, name, url, form, mend, headers, DEADLINE, mend_app)
