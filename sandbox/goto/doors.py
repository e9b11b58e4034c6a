"""The handlers of GoTo's OAuth pages: authorize, token and revoke."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from urllib.parse import urlencode

from aiohttp import web

from sandbox.consent import back, page
from sandbox.goto import oauth
from sandbox.goto.room import GoTo

Work = Callable[[GoTo, Mapping[str, str]], oauth.Answer]


def oauth_routes(goto: Callable[[], GoTo]) -> list[web.RouteDef]:
    """Return the routes below /goto/oauth."""

    async def authorize(request: web.Request) -> web.Response:
        return _authorize(goto(), request)

    return [
        web.post("/goto/oauth/token", _posted(goto, oauth.token), name="goto.token"),
        web.post("/goto/oauth/revoke", _posted(goto, _revoke), name="goto.revoke"),
        web.get("/goto/oauth/authorize", authorize, name="goto.authorize"),
    ]


def _posted(goto: Callable[[], GoTo], work: Work) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        if oauth.proved(request.headers.get("Authorization", ""), form):
            answer = work(goto(), form)
        else:
            answer = oauth.refused("invalid_client", "Client authentication failed", 401)
        return web.json_response(dict(answer.body), status=answer.status)

    return handler


def _revoke(goto: GoTo, form: Mapping[str, str]) -> oauth.Answer:
    return oauth.revoke(goto, form.get("token", ""))


def _authorize(goto: GoTo, request: web.Request) -> web.Response:
    """Show who may say yes; `as=<address>` is a click on a name, and `as=nobody` one on Decline."""
    asked = request.query
    if asked.get("client_id") != oauth.CLIENT[0]:
        return page("unknown client", status=400)
    if asked.get("response_type") != "code" or not asked.get("redirect_uri"):
        return page("invalid request", status=400)
    if unknown := set(asked.get("scope", "").split()) - set(goto.switches.scopes):
        return back(
            asked, error="invalid_scope", error_description=f"not allowed: {' '.join(sorted(unknown))}"
        )
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return back(asked, error="invalid_request", error_description="code_challenge_method is S256")
    if asked.get("as") == "nobody":
        return back(asked, error="access_denied", error_description="The resource owner denied the request")
    person = goto.people.get(asked.get("as", "").lower())
    if person is None:
        return _choice(goto, asked)
    challenge, scope = asked.get("code_challenge", ""), asked.get("scope", "")
    return back(asked, code=oauth.new_code(goto, person.email, asked["redirect_uri"], challenge, scope))


def _choice(goto: GoTo, asked: Mapping[str, str]) -> web.Response:
    names = [*((person.email, person.email) for person in goto.people.values()), ("nobody", "Decline")]
    links = (
        f'<li><a href="?{escape(urlencode(dict(asked) | {"as": who}))}">{escape(name)}</a></li>'
        for who, name in names
    )
    return page("Who are you?", f"<ul>{''.join(links)}</ul>")
