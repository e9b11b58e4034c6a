"""The way every Calendar API request takes: who asks, is it valid, do it, answer in Google's form."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.calls import USER
from sandbox.google.access import authenticate, charge
from sandbox.google.errors import GoogleError
from sandbox.google.events import Writer
from sandbox.google.partial import selected
from sandbox.google.schema import contract
from sandbox.google.state import Google

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.typedefs import Handler

    from sandbox.google.tokens import Grant
    from sandbox.state import World


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is known to be valid and allowed."""

    google: Google
    grant: Grant
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def email(self) -> str:
        """Return whose calendars are meant."""
        return self.grant.email

    @property
    def writer(self) -> Writer:
        """Return who writes, and how."""
        updates = self.query.get("sendUpdates") or ("all" if self.query.get("sendNotifications") else "none")
        return Writer(
            email=self.grant.email,
            updates=updates,
            conference=self.query.get("conferenceDataVersion") == 1,
            if_match=self.headers.get("If-Match"),
            delegated=self.grant.delegated,
        )


Action = Callable[[Asked], Awaitable[Any]]


def endpoint(world: World, method_id: str, action: Action) -> Handler:
    """Return the handler of one method: the action returns a resource, or None for an empty answer."""
    method = contract().methods[method_id]

    async def handler(request: web.Request) -> web.StreamResponse:
        google = world.room(Google)
        try:
            grant = authenticate(google, request.headers.get("Authorization"), method)
            request[USER] = grant.email
            overridden = _overridden(request)
            pairs = parse_qsl(await request.text(), keep_blank_values=True) if overridden else []
            query = method.query([*request.query.items(), *pairs])
            body = None if overridden or method.validator is None else await _body(request)
            method.check_body(body)
            charge(google, grant, method, query)
            asked = Asked(google, grant, request.match_info, query, body or {}, request.headers)
            return _answer(asked, await action(asked))
        except GoogleError as error:
            return error.response()

    return handler


def either(post: Handler, get: Handler) -> Handler:
    """Return a handler for POST that serves x-http-method-override: GET with the other one."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return await (get if _overridden(request) else post)(request)

    return handler


def _overridden(request: web.Request) -> bool:
    return request.headers.get("X-HTTP-Method-Override", "").upper() == "GET"


async def _body(request: web.Request) -> Any:
    text = await request.text()
    if not text:
        return None
    if request.content_type != "application/json":
        raise GoogleError("badRequest", f"Media type is not supported: {request.content_type}")
    try:
        return json.loads(text)
    except ValueError:
        raise GoogleError("badRequest", "Parse Error") from None


def _answer(asked: Asked, resource: Any) -> web.Response:
    if resource is None:
        return web.Response(status=204)
    tag = resource.get("etag")
    if tag is not None and asked.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    if fields := asked.query.get("fields"):
        resource = selected(resource, fields)
    headers = {"ETag": tag} if tag else None
    return web.Response(text=json.dumps(resource), content_type="application/json", headers=headers)
