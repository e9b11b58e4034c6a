"""The pages on which people link an account: what is asked, the way to the provider, and the way back.

Looking at a link changes nothing, so that mail filters and browsers that look ahead use none up.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiolimiter import AsyncLimiter

from api import outcomes
from api.addresses import adding
from api.flow import LIFE, SECRET, Flow
from api.outcomes import Failed, Linked, Stop
from api.pages.render import HEADERS, LOGO, STYLE, Pages
from store.link_requests import LinkRequest

GUESSES_A_MINUTE = 30  # links that are not known, over all visitors
LARGEST_FORM = 4096  # bytes
MOST_FIELDS = 16
PATIENCE = 10.0  # seconds that a form may take


@dataclass(frozen=True, slots=True)
class Doorway:
    """The handlers of the link pages."""

    flow: Flow
    pages: Pages
    guesses: AsyncLimiter = field(default_factory=lambda: AsyncLimiter(GUESSES_A_MINUTE, 60))

    def join(self, app: web.Application) -> None:
        """Add the pages to what the public listener serves, and close all its answers, errors too, as theirs are."""
        app.add_routes(self.routes())
        app.on_response_prepare.append(_close)

    def routes(self) -> Sequence[web.RouteDef]:
        """Return what the public listener has to serve."""
        return [
            web.get(STYLE, self.pages.style),
            web.get(LOGO, self.pages.logo),
            web.get("/link/callback/{provider}", self.back, allow_head=False),
            web.get("/link/{secret}", self.look),
            web.post("/link/{secret}", self.go),
        ]

    async def look(self, request: web.Request) -> web.Response:
        """Say what is asked of the person, and show the button."""
        found = await self._find(request)
        if isinstance(found, Stop):
            return self.stopped(found)
        browser = self.browser(request) or self.flow.fresh()
        offered = [
            one
            for name, one in sorted(self.flow.providers.items())
            if found.provider == name or (not found.provider and not one.calendars)
        ]
        if not offered:
            return self.stopped(outcomes.NO_PROVIDER)
        answer = self.pages.page(
            "link",
            account=found.account,
            providers=offered,
            action=self.pages.base + f"/link/{request.match_info['secret']}",
            proof=_proof(found, browser),
            until=datetime.fromtimestamp(found.expires_at, UTC).strftime("%H:%M UTC"),
        )
        self.remember(answer, browser)
        return answer

    async def go(self, request: web.Request) -> web.Response:
        """Send the person on to the provider."""
        found = await self._find(request)
        if isinstance(found, Stop):
            return self.stopped(found)
        form, browser = await form_of(request), self.browser(request)
        # Another site can press our button in somebody's browser, but it cannot read our page, nor set our cookie.
        proven = hmac.compare_digest(form.get("proof", "").encode(), _proof(found, browser).encode())
        if not (browser and proven):
            return self.stopped(outcomes.FORGED)
        provider = form.get("provider", "")
        url = await self.flow.begin(found, provider, browser)
        if isinstance(url, Stop):
            return self.stopped(url)
        return self.leave(provider, url, browser)

    def leave(self, provider: str, url: str, browser: str) -> web.Response:
        """Send the person on to the provider's page."""
        # Not a redirect: browsers hold `form-action` against every redirect that follows a form, and providers
        # send people through hosts of theirs that nobody can list. https://www.w3.org/TR/CSP3/#directive-form-action
        answer = self.pages.page("leave", title=self.flow.providers[provider].title, url=url)
        self.remember(answer, browser)
        return answer

    async def back(self, request: web.Request) -> web.Response:
        """Take the provider's answer, and send the person where the caller wants them."""
        came = await self.flow.finish(request.match_info["provider"], request.query, self.browser(request))
        match came:
            case Stop():
                return self.stopped(came)
            case Failed(redirect_uri="", stop=stop):
                return self.stopped(stop)
            case Failed(redirect_uri=uri, error="access_denied"):
                return redirect(adding(uri, error="access_denied", **came.more))
            case Failed(redirect_uri=uri, error=error, stop=stop):
                told = f"{stop.title}: {' '.join(stop.scopes)}" if stop.scopes else stop.text
                return redirect(adding(uri, error=error, error_description=told, **came.more))
            case Linked(redirect_uri=""):
                return self.pages.page(
                    "done", title=came.title, name=came.name, account=came.account, calendars=came.calendars
                )
            case Linked(redirect_uri=uri, profile=profile, more=more):
                return redirect(adding(uri, **(more or {"last_linked_profile_id": profile})))

    async def _find(self, request: web.Request) -> LinkRequest | Stop:
        found = await self.flow.find(request.match_info["secret"])
        if found is outcomes.UNKNOWN:
            if not self.guesses.has_capacity():
                return outcomes.BUSY
            await self.guesses.acquire()
        return found

    def stopped(self, stop: Stop) -> web.Response:
        """Return the page that says why nothing was done."""
        return self.pages.page(
            "stopped", stop.status, title=stop.title, text=stop.text, advice=stop.advice, scopes=stop.scopes
        )

    @property
    def _cookie(self) -> str:
        return "__Host-huddled-link" if self._https else "huddled-link"

    @property
    def _https(self) -> bool:
        return urlsplit(self.flow.public_url).scheme == "https"

    def browser(self, request: web.Request) -> str:
        """Return the secret that this browser got from us, "" where it has none."""
        found = request.cookies.get(self._cookie, "")
        return found if SECRET.fullmatch(found) else ""

    def remember(self, answer: web.Response, browser: str) -> None:
        """Give the browser its secret."""
        # Lax, as the way back from the provider is a link from another site.
        answer.set_cookie(
            self._cookie,
            browser,
            max_age=int(LIFE),
            path="/",
            secure=self._https,
            httponly=True,
            samesite="Lax",
        )


def _proof(request: LinkRequest, browser: str) -> str:
    return sha256(f"{request.id} {browser}".encode()).hexdigest()


async def form_of(request: web.Request, largest: int = LARGEST_FORM) -> Mapping[str, str]:
    """Return what our page sends; nothing where it is something else, too much, or does not come."""
    body = b""
    try:
        async with asyncio.timeout(PATIENCE):
            while len(body) <= largest and (part := await request.content.readany()):
                body += part
        if len(body) > largest or request.content_type != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(body.decode(errors="replace"), max_num_fields=MOST_FIELDS))
    except (TimeoutError, ValueError, web.RequestPayloadError, HttpProcessingError):
        return {}


async def _close(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)  # which version of what is nobody's business
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def redirect(url: str) -> web.Response:
    """Send the browser on."""
    return web.Response(status=303, headers={**HEADERS, "Location": url})
