"""The API over HTTP: who calls, whether they may, what they send, and one line in the log for each call."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from aiohttp import web

from api.v1 import bodies, names
from api.v1.application import Application
from api.v1.calls import Answer, Call, Query, Refused
from api.v1.context import Context
from api.v1.limits import Limits
from api.v1.routes import Table
from store import tokens
from store.errors import StoreError

log = structlog.get_logger(__name__)

PATHS = ("/v1/{rest:.*}", "/oauth/token", "/oauth/token/revoke")
BODY_SECONDS = 30.0  # within which a body has to be here
READING = frozenset({"GET", "HEAD"})  # whose body, which some SDKs send, means nothing
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="huddled"'}
JSON = "application/json; charset=utf-8"
AGAIN = {"Retry-After": "5"}


@dataclass(slots=True)
class Note:
    """What the log is told of a call: names, and nothing that opens anything."""

    route: str = ""
    application: str = ""
    account: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True)
class Front:
    """The side of the API that applications see."""

    context: Context
    table: Table
    ticks: Callable[[], float] = time.monotonic
    limits: Limits = field(default_factory=Limits)

    def routes(self) -> Sequence[web.RouteDef]:
        """Return what the public listener has to serve."""
        return [web.route("*", path, self.handle) for path in PATHS]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call, whatever it is."""
        note, began = Note(), self.ticks()
        try:
            answer = await self._answer(request, note)
        except Refused as refused:
            answer = refused.answer()
        except (StoreError, TimeoutError) as error:
            log.error("api call not kept", route=note.route, error=str(error))
            answer = Answer(503, headers=AGAIN)
        except Exception:
            log.exception("api call failed", route=note.route)
            answer = Answer(500)
        log.info(
            "api",
            method=request.method[:16],
            route=note.route,
            application=note.application,
            account=note.account,
            event_id=note.event,
            status=answer.status,
            ms=round((self.ticks() - began) * 1000, 1),
        )
        return respond(answer)

    async def _answer(self, request: web.Request, note: Note) -> Answer:
        method = "GET" if request.method == "HEAD" else request.method
        try:
            route, parts = self.table.find(method, request.path)
        except Refused as refused:
            if refused.status == 405 and method == "OPTIONS":
                return Answer(204, headers=refused.headers)
            raise
        note.route = route.pattern
        if route.access == "token":
            call = await self._caller(request, note)
            if route.scope and route.scope not in call.scopes:
                raise Refused(403)
            body = await _body(request)
        else:
            body = await _form(request, v1=route.pattern.startswith("/v1/"))
            application, body = self._client(request, body)
            note.application = application.client_id
            self._limited(application)
            call = Call(application, "")
        call = replace(
            call,
            path=parts,
            query=Query.of(request.rel_url.raw_query_string),
            body=body,
            base=self.context.public_url,
        )
        note.event = str(body.get("event_id") or body.get("event_uid") or "")[:80]
        return await route.handler(call)

    async def _caller(self, request: web.Request, note: Note) -> Call:
        """Find out whose access token came. Raises Refused."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Refused(401, headers=CHALLENGE)
        known = self.context.sessions
        token = await known.find(self.context.store, secret.strip(), self.context.clock)
        application = self.context.applications.get(token.application) if token else None
        if token is None or application is None:
            raise Refused(
                401, headers={"WWW-Authenticate": f'{CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'}
            )
        note.application, note.account = application.client_id, tokens.account_id(token.account)
        self._limited(application)
        return Call(application, token.account, names.held(token.scope))

    def _client(self, request: web.Request, body: Mapping[str, Any]) -> tuple[Application, Mapping[str, Any]]:
        """Find out which application calls in its own name, and take its secret out of the body. Raises Refused."""
        stated = _basic(request.headers.get("Authorization", ""))
        name, secret = stated or (body.get("client_id"), body.get("client_secret"))
        application = self.context.applications.get(name) if isinstance(name, str) else None
        if application is None or not isinstance(secret, str) or not known(application, secret):
            raise _wrong_client(401, "invalid_client", **{"WWW-Authenticate": 'Basic realm="huddled"'})
        return application, {key: value for key, value in body.items() if key != "client_secret"}

    def _limited(self, application: Application) -> None:
        if wait := self.limits.take(application, self.ticks()):
            raise Refused(429, headers={"Retry-After": str(wait)})


def _wrong_client(status: int, error: str, **headers: str) -> Refused:
    """Refuse in the words of https://www.rfc-editor.org/rfc/rfc6749#section-5.2."""
    told = json.dumps({"error": error}, separators=(",", ":"))
    return Refused(status, text=told, headers={**NO_STORE, "Content-Type": JSON, **headers})


async def _form(request: web.Request, *, v1: bool) -> Mapping[str, Any]:
    """Read the body of somebody who has yet to prove who they are. Raises Refused."""
    try:
        return await _body(request, bodies.LARGEST_UNPROVEN)
    except Refused as refused:
        if v1 or refused.status != 422:
            raise
        raise _wrong_client(400, "invalid_request") from None


def known(application: Application, secret: str) -> bool:
    """Tell whether this is a secret of the application; how long that takes tells nothing."""
    given = secret.encode("utf-8", "surrogatepass")
    same = [hmac.compare_digest(one.encode(), given) for one in application.secrets]
    return True in same


def _basic(header: str) -> tuple[Any, Any] | None:
    """Return the id and secret of a Basic header, None where there is none."""
    scheme, _, packed = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(packed.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return name, secret


async def _body(request: web.Request, largest: int = bodies.LARGEST) -> Mapping[str, Any]:
    """Read the body, where it means anything. Raises Refused."""
    if request.method in READING:
        return {}
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(415, text="the body must not be compressed")
    if (request.content_length or 0) > largest:
        raise bodies.too_large(largest)
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.content.iter_any():
                raw += part
                if len(raw) > largest:
                    raise bodies.too_large(largest)
    except TimeoutError:
        raise Refused(408) from None
    except web.RequestPayloadError:
        raise Refused(400, text="the body did not come as announced") from None
    return bodies.read(bytes(raw), request.headers.get("Content-Type", ""))


def respond(answer: Answer) -> web.Response:
    """Turn an answer into HTTP."""
    headers = dict(answer.headers)
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    if isinstance(answer.body, str):
        headers.setdefault("Content-Type", "text/plain; charset=utf-8")
        return web.Response(status=answer.status, body=answer.body.encode(), headers=headers)
    text = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    headers.setdefault("Content-Type", JSON)
    return web.Response(status=answer.status, body=text.encode("utf-8", "replace"), headers=headers)
