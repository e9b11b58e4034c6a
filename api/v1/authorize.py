"""The page to which applications send people so that they connect a calendar, and the code that they come back with.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1
https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

import hmac
import json
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from aiolimiter import AsyncLimiter

from api import outcomes
from api.addresses import adding
from api.asking import Asker, Grant, asker_of, packed
from api.flow import LIFE
from api.link import Doorway, form_of, redirect
from api.outcomes import Stop
from api.v1 import links, names
from api.v1.application import Application
from api.v1.context import Context
from connectors.linking import Way
from store import link_requests, tokens
from store.errors import StoreError
from store.link_requests import LinkRequest
from store.tokens import Code

PATH = "/oauth/authorize"
BEGUN_A_MINUTE = 120  # over all visitors
LARGEST_FORM = 16_384  # bytes
LONGEST_STATE = 2000  # characters
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
ONCE = ("client_id", "response_type", "redirect_uri", "scope", "state", "code_challenge")
ASKED = (*ONCE, "code_challenge_method", "provider_name")
PROVIDERS: Mapping[str, str] = {outside: ours for ours, (outside, _) in names.CALENDARS.items()}

WRONG = Stop(
    400,
    "This page was called in the wrong way",
    "The application that has sent you here is not known, or named an address that is not registered for it.",
    "Tell whoever runs the application. Nothing was changed.",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An application's good request."""

    application: Application
    redirect_uri: str
    asker: Asker
    providers: tuple[Way, ...]  # of which the person chooses one


@dataclass(frozen=True, slots=True)
class No:
    """An application's bad request, of which it is told."""

    redirect_uri: str
    state: str
    error: str

    def answer(self) -> web.Response:
        """Send the person back with it."""
        more = {"state": self.state} if self.state else {}
        return redirect(adding(self.redirect_uri, error=self.error, **more))


@dataclass(frozen=True, slots=True)
class Entrance:
    """The handlers of the page."""

    context: Context
    doorway: Doorway
    begun: AsyncLimiter = field(default_factory=lambda: AsyncLimiter(BEGUN_A_MINUTE, 60))

    def routes(self) -> Sequence[web.RouteDef]:
        """Return what the public listener has to serve."""
        return [
            web.get(PATH, self.look),
            web.post(PATH, self.go),
            web.get(links.RELINK, self.relink, allow_head=False),
        ]

    async def look(self, request: web.Request) -> web.Response:
        """Say which application asks, and let the person choose where their calendar is. Changes nothing."""
        asked = _asked(request.rel_url.raw_query_string)
        wanted = self._judged(asked)
        if isinstance(wanted, Stop):
            return self.doorway.stopped(wanted)
        if isinstance(wanted, No):
            return wanted.answer()
        browser = self.doorway.browser(request) or self.context.fresh()
        given = {name: asked[name] for name in ASKED if name in asked}
        pages = self.doorway.pages
        answer = pages.page(
            "authorize",
            application=wanted.application.name,
            providers=wanted.providers,
            host=urlsplit(wanted.redirect_uri).hostname,
            action=pages.base + PATH,
            given=given,
            proof=_proof(given, browser),
        )
        self.doorway.remember(answer, browser)
        return answer

    async def go(self, request: web.Request) -> web.Response:
        """Send the person on to the provider."""
        form, browser = await form_of(request, LARGEST_FORM), self.doorway.browser(request)
        given = {name: form[name] for name in ASKED if name in form}
        if not browser or not hmac.compare_digest(
            form.get("proof", "").encode(), _proof(given, browser).encode()
        ):
            return self.doorway.stopped(outcomes.FORGED)
        wanted = self._judged(given)
        if isinstance(wanted, Stop):
            return self.doorway.stopped(wanted)
        if isinstance(wanted, No):
            return wanted.answer()
        provider = form.get("provider", "")
        if provider not in {one.provider for one in wanted.providers}:
            return self.doorway.stopped(outcomes.NO_PROVIDER)
        if not self.begun.has_capacity():
            return self.doorway.stopped(outcomes.BUSY)
        await self.begun.acquire()
        return await self._begun(wanted, provider, browser)

    async def _begun(self, wanted: Wanted, provider: str, browser: str) -> web.Response:
        now = self.context.clock()
        link = LinkRequest(
            link_requests.request_id(self.context.fresh()),
            "",
            provider,
            wanted.redirect_uri,
            now,
            now + LIFE,
            asker=packed(wanted.asker),
        )
        try:
            await self.context.store.tx(lambda conn: link_requests.add(conn, link))
        except (StoreError, TimeoutError):
            return self.doorway.stopped(outcomes.DISK)
        url = await self.doorway.flow.begin(link, provider, browser)
        if isinstance(url, Stop):
            return self.doorway.stopped(url)
        return self.doorway.leave(provider, url, browser)

    async def relink(self, request: web.Request) -> web.Response:
        """Make a link for an account that does not work any more, and go there."""
        found = links.relinked(self.context, request.query.get("request", ""))
        if found is None:
            return self.doorway.stopped(outcomes.EXPIRED)
        if not self.begun.has_capacity():
            return self.doorway.stopped(outcomes.BUSY)
        await self.begun.acquire()
        try:
            url = await self.context.store.tx(lambda conn: links.invite(conn, self.context, *found, ""))
        except (StoreError, TimeoutError):
            return self.doorway.stopped(outcomes.DISK)
        return redirect(url)

    def _judged(self, asked: Mapping[str, str]) -> Wanted | No | Stop:
        """Find out who asks for what."""
        application = self.context.applications.get(asked.get("client_id", ""))
        uri = asked.get("redirect_uri", "")
        if application is None or uri not in application.redirect_uris or TWICE in asked:
            return WRONG
        state, challenge = asked.get("state", ""), asked.get("code_challenge", "")
        scope = names.scopes(asked.get("scope", ""))
        wanted = PROVIDERS.get(asked.get("provider_name", ""), "")
        ways = tuple(
            way for name, way in sorted(self.context.ways.items()) if way.calendars and wanted in ("", name)
        )
        if len(state) > LONGEST_STATE or not state.isprintable():
            return No(uri, "", "invalid_request")
        if asked.get("response_type", "") != "code":
            return No(uri, state, "unsupported_response_type")
        if challenge and (asked.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(challenge)):
            return No(uri, state, "invalid_request")
        if not scope:
            return No(uri, state, "invalid_scope")
        if not ways:
            return No(uri, state, "server_error")
        return Wanted(application, uri, Asker(application.client_id, scope, state, challenge), ways)


TWICE = "twice"  # not a name that a form of ours could hold, as it is not among ASKED


def _asked(query: str) -> Mapping[str, str]:
    """Read the parameters. What is empty is absent, as SDKs write it so."""
    try:
        pairs = parse_qsl(query, errors="strict", max_num_fields=64)
    except ValueError:
        return {}
    found = dict(pairs)
    twice = any(sum(key == name for key, _ in pairs) > 1 for name in ONCE)
    return {**{name: found[name] for name in ASKED if name in found}, **({TWICE: "1"} if twice else {})}


def _proof(given: Mapping[str, str], browser: str) -> str:
    """Return what shows that this browser has read our own page with these words on it."""
    return sha256(json.dumps([browser, sorted(given.items())]).encode()).hexdigest()


def granting(fresh: Callable[[], str]) -> Grant:
    """Return what gives an application its code, once somebody has said yes: see `api.asking.Grant`."""

    def grant(
        conn: sqlite3.Connection, request: LinkRequest, account: str, profile: str, now: float
    ) -> Mapping[str, str]:
        asker, code = asker_of(request), fresh()
        tokens.grant(conn, asker.application, account, profile, now)
        kept = Code(
            asker.application,
            account,
            profile,
            asker.scope,
            request.redirect_uri,
            asker.challenge,
            now + tokens.CODE_LIFE,
        )
        tokens.keep_code(conn, code, kept)
        return {"code": code}

    return grant
