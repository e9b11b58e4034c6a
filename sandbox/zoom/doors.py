"""The handlers of Zoom's OAuth pages: authorize, token and revoke.

https://developers.zoom.us/docs/integrations/oauth/
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import urlencode

from aiohttp import web

from sandbox.consent import back, page
from sandbox.zoom import oauth
from sandbox.zoom.room import Account

Handler = Callable[[web.Request], Awaitable[web.Response]]


def oauth_routes(account: Callable[[], Account]) -> list[web.RouteDef]:
    """Return the routes below /zoom/oauth."""

    async def token(request: web.Request) -> web.Response:
        form = dict(request.query) | {key: str(value) for key, value in (await request.post()).items()}
        answer = oauth.token(account(), oauth.client(request.headers.get("Authorization", "")), form)
        return web.json_response(answer.body, status=answer.status)

    async def revoke(request: web.Request) -> web.Response:
        form = dict(request.query) | {key: str(value) for key, value in (await request.post()).items()}
        name = oauth.client(request.headers.get("Authorization", ""))
        answer = oauth.revoke(account(), name, form.get("token", ""))
        return web.json_response(answer.body, status=answer.status)

    async def authorize(request: web.Request) -> web.Response:
        return _authorize(account(), request)

    return [
        web.post("/zoom/oauth/token", token, name="zoom.token"),
        web.post("/zoom/oauth/revoke", revoke, name="zoom.revoke"),
        web.get("/zoom/oauth/authorize", authorize, name="zoom.authorize"),
    ]


def _authorize(account: Account, request: web.Request) -> web.Response:
    """Show who may say yes; with `as=<address>` that person has clicked, and is sent back with a code.

    With `decline` they have said no, and are sent back with that.
    """
    asked = request.query
    if "scope" in asked:
        # The scopes are fixed in the app's registration; sending any is refused.
        return page("Invalid scope (4700)", status=400)
    if asked.get("client_id") != oauth.USER_CLIENT[0]:
        return page("Invalid client id (4702)", status=400)
    if asked.get("response_type") != "code" or not asked.get("redirect_uri"):
        return page("Invalid request", status=400)
    if "decline" in asked:
        return back(asked, error="access_denied")
    person = account.person(asked.get("as", ""))
    if person is None:
        links = (
            f'<li><a href="?{escape(urlencode(dict(asked) | {"as": p}))}">{escape(p)}</a></li>'
            for p in account.people
        )
        no = f'<p><a href="?{escape(urlencode(dict(asked) | {"decline": "1"}))}">Decline</a></p>'
        return page("Who are you?", f"<ul>{''.join(links)}</ul>{no}")
    method = asked.get("code_challenge_method", "plain")
    code = oauth.new_code(
        account, person.email, asked["redirect_uri"], asked.get("code_challenge", ""), method
    )
    return back(asked, code=code)
