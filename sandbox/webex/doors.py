"""The handlers of Webex's OAuth pages: authorize, where a person says yes or no, and the token endpoint.

https://developer.webex.com/docs/integrations#requesting-permission
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlencode

from aiohttp import web

from sandbox.consent import back, page
from sandbox.webex import oauth
from sandbox.webex.room import ALL_SCOPES, CLIENTS, Code, Site


def oauth_routes(site: Callable[[], Site]) -> list[web.RouteDef]:
    """Return the routes of OAuth, which are among those of the API."""

    async def token(request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        answer = oauth.token(site(), form)
        return web.json_response(answer.body, status=answer.status)

    async def authorize(request: web.Request) -> web.Response:
        return _authorize(site(), request.query)

    return [
        web.post("/webex/v1/access_token", token, name="webex.token"),
        web.get("/webex/v1/authorize", authorize, name="webex.authorize"),
    ]


def _authorize(site: Site, asked: Mapping[str, str]) -> web.Response:
    """Ask who it is and whether they agree; with `as=<address>` they have, with `decline=1` they have not."""
    if asked.get("client_id") not in CLIENTS or not asked.get("redirect_uri"):
        # To nobody knows where, nobody is sent back.
        return page("The request is not valid", status=400)
    scopes = frozenset(asked.get("scope", "").split())
    if asked.get("response_type") != "code":
        return back(asked, error="unsupported_response_type")
    if not scopes or not scopes <= {*ALL_SCOPES, oauth.ALWAYS}:
        return back(asked, error="invalid_scope", error_description="The requested scope is invalid.")
    if asked.get("decline"):
        return back(asked, error="access_denied", error_description="The user denied the request.")
    person = site.people.get(asked.get("as", "").lower())
    if person is None:
        return _question(site, asked, scopes)
    challenge, method = asked.get("code_challenge", ""), asked.get("code_challenge_method", "plain")
    code = Code(
        person.email,
        asked["client_id"],
        oauth.granted(site, scopes),
        asked["redirect_uri"],
        challenge,
        method,
        site.world.now(),
    )
    return back(asked, code=oauth.new_code(site, code))


def _question(site: Site, asked: Mapping[str, str], scopes: frozenset[str]) -> web.Response:
    def link(text: str, **more: str) -> str:
        return f'<li><a href="?{escape(urlencode({**asked, **more}))}">{escape(text)}</a></li>'

    people = "".join(link(f"Accept as {email}", **{"as": email}) for email in site.people)
    wanted = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in sorted(scopes))
    body = f"<p>It wants to:</p><ul>{wanted}</ul><ul>{people}{link('Decline', decline='1')}</ul>"
    return page(f"{asked['client_id']} asks for access to Webex", body)
