"""Making, renewing and ending subscriptions."""

# https://learn.microsoft.com/graph/api/resources/subscription

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web

from sandbox.deliveries import Deliveries
from sandbox.microsoft import schema
from sandbox.microsoft.access import Access
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.handshake import validate
from sandbox.microsoft.lifecycle import Lifecycle
from sandbox.microsoft.push import Push
from sandbox.microsoft.state import Graph
from sandbox.microsoft.subscriptions import Subscription, Subscriptions, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.microsoft.rows import Mailbox
    from sandbox.microsoft.tokens import Grant
    from sandbox.state import World

Json = dict[str, Any]

MOST = 1_000
"""Subscriptions to one mailbox."""
APART = timedelta(minutes=10)
"""A subscription must not be renewed and reauthorized within so short a time."""
UNSUPPORTED = "REST API is not yet supported for this mailbox."
ELSEWHERE = "Target resource '{0}' is currently on backend 'Unknown'"


class Subscribing:
    """The handlers of /subscriptions in one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _subscriptions(self) -> Subscriptions:
        return self._world.room(Subscriptions)

    async def create(self, request: web.Request, grant: Grant) -> web.Response:
        """Make a subscription, once its URLs have proved themselves."""
        body = await schema.read(request, schema.WRITABLE)
        schema.check(body)
        one = self._wanted(request, grant, body)
        self._refuse_double(one)
        for url in self._urls(one):
            await validate(self._world, url)
        self._refuse_double(one)  # somebody may have been quicker meanwhile
        self._world.room(Lifecycle).watch(one)
        self._subscriptions.keep(one)
        self._world.changed("subscription", id=one.id)
        return self._answer(one, status=201)

    def _wanted(self, request: web.Request, grant: Grant, body: Json) -> Subscription:
        now, kinds = self._world.now(), schema.change_types(body["changeType"])
        user, calendar = schema.resource(body["resource"])
        mailbox = self._mailbox(grant, user and unquote(user))
        self._check_calendar(mailbox, unquote(calendar), body["resource"])
        return Subscription(
            id=str(uuid.UUID(int=self._world.random.getrandbits(128), version=4)),
            creator=grant.oid,
            person=grant.email,
            email=mailbox.email,
            calendar=unquote(calendar),
            resource=body["resource"],
            change_types=kinds,
            url=body["notificationUrl"],
            lifecycle_url=body.get("lifecycleNotificationUrl"),
            state=body.get("clientState"),
            expires=schema.expiry(
                body["expirationDateTime"], now, self._world.modes.max_subscription_minutes
            ),
            paid_until=grant.expires,
            immutable='idtype="immutableid"' in ",".join(request.headers.getall("Prefer", ())).lower(),
        )

    def _mailbox(self, grant: Grant, user: str | None) -> Mailbox:
        if user is None and grant.app_only:
            raise schema.invalid("The resource 'me' is only valid with delegated authentication flow.")
        mailbox = self._world.room(Graph).mailbox(grant.email if user is None else user)
        foreign = not grant.app_only and mailbox.email != grant.email
        if foreign or (grant.app_only and mailbox.email in self._world.room(Access).blocked):
            raise _extension(403, "Status Code: Forbidden; Reason: Forbidden")
        return mailbox

    def _check_calendar(self, mailbox: Mailbox, calendar: str, resource: str) -> None:
        found = mailbox.calendars.get(calendar) if calendar else mailbox.home
        if found is None:
            raise _extension(404, "Status Code: NotFound; Reason: 'Resource' is invalid")
        if not found.watchable:
            why = ELSEWHERE.format(resource) if calendar else UNSUPPORTED
            raise _extension(404, f"Status Code: NotFound; Reason: {why}")

    def _refuse_double(self, wanted: Subscription) -> None:
        same = (wanted.creator, wanted.email, wanted.calendar, sorted(wanted.change_types))
        count = 0
        for one in self._subscriptions.living():
            if (one.creator, one.email, one.calendar, sorted(one.change_types)) == same:
                message = f"Subscription Id {one.id} already exists for the requested combination"
                raise GraphError(409, "ObjectIdentifierInUse", message)
            count += one.email == wanted.email
        if count >= MOST:
            raise _extension(
                403, "Status Code: Forbidden; Reason: Number of subscriptions has reached its limit"
            )

    def _urls(self, one: Subscription) -> list[str]:
        urls = [one.url] if one.lifecycle_url is None else [one.url, one.lifecycle_url]
        return self._world.random.sample(urls, len(urls))

    async def list(self, _: web.Request, grant: Grant) -> web.Response:
        """Show what the app, or the person, has made."""
        mine = [shown(one) for one in self._mine(grant)]
        return web.json_response({"@odata.context": self._context(), "value": mine})

    def _mine(self, grant: Grant) -> Iterator[Subscription]:
        return (one for one in self._subscriptions.living() if one.creator == grant.oid)

    def _context(self) -> str:
        return f"{self._world.room(Graph).base}/$metadata#subscriptions"

    def _found(self, request: web.Request, grant: Grant) -> Subscription:
        one = self._subscriptions.find(request.match_info["subscription"])
        if one is None or one.creator != grant.oid:
            raise GraphError(404, "ResourceNotFound", "The object was not found.")
        return one

    async def get(self, request: web.Request, grant: Grant) -> web.Response:
        """Show one subscription."""
        return self._answer(self._found(request, grant))

    def _answer(self, one: Subscription, status: int = 200) -> web.Response:
        context = {"@odata.context": f"{self._context()}/$entity"}
        return web.json_response(context | shown(one), status=status)

    async def update(self, request: web.Request, grant: Grant) -> web.Response:
        """Renew a subscription; this reauthorizes it too."""
        one = self._found(request, grant)
        body = await schema.read(request, schema.RENEWABLE)
        now, longest = self._world.now(), self._world.modes.max_subscription_minutes
        expires = schema.expiry(body.get("expirationDateTime"), now, longest)
        if one.reauthorized and now - one.reauthorized < APART:
            raise _too_soon()
        if self._world.modes.validate_renewals:
            await validate(self._world, one.url)
        return self._answer(self._keep(replace(one, expires=expires, paid_until=grant.expires, renewed=now)))

    async def reauthorize(self, request: web.Request, grant: Grant) -> web.Response:
        """Let a subscription go on with a new token."""
        one, now = self._found(request, grant), self._world.now()
        if one.renewed and now - one.renewed < APART:
            raise _too_soon()
        self._keep(replace(one, paid_until=grant.expires, reauthorized=now))
        return web.Response(status=204)

    def _keep(self, one: Subscription) -> Subscription:
        self._subscriptions.keep(one)
        self._world.room(Lifecycle).watch(one)
        self._world.room(Push).release(one)
        return one

    async def delete(self, request: web.Request, grant: Grant) -> web.Response:
        """End a subscription."""
        late = self._world.room(Deliveries).modes.late_after_stop
        self._subscriptions.delete(self._found(request, grant), late=late)
        return web.Response(status=204)


def _extension(status: int, exception: str) -> GraphError:
    return GraphError(status, "ExtensionError", f"Operation: Create; Exception: [{exception}]")


def _too_soon() -> GraphError:
    message = "The subscription must not be renewed and reauthorized within 10 minutes of each other."
    return GraphError(409, "Conflict", message)
