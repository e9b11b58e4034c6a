"""One mailbox's way to Graph: token, lane, one repetition after a 401, and errors by name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from connectors.errors import NotFound, Transient
from connectors.http import Answer, Http, Request
from connectors.microsoft.auth import Account
from connectors.microsoft.errors import PROVIDER, claims, judge
from connectors.microsoft.requests import Requests

Item = Mapping[str, Any]

_WHOLE = frozenset(
    {"calendars.list", "calendar.get"}
)  # calls whose refusal is about the mailbox, not one thing in it


@dataclass(frozen=True, slots=True)
class Api:
    """Sends for one mailbox. `mailbox` is its address, in lower case."""

    http: Http
    account: Account
    requests: Requests
    mailbox: str
    now: Callable[[], datetime]
    _default: dict[str, str] = field(default_factory=dict)  # the id of the default calendar, once it is known

    async def call(self, request: Request) -> Item:
        """Return the JSON object of the answer, {} for an empty one. Raises what `errors.judge` makes of others."""
        token = await self.account.token()
        answer = await self._send(request, token)
        if answer.status == 401:
            answer = await self._send(request, await self.account.refresh(token, claims(answer)))
        if not 200 <= answer.status < 300:
            whole = request.op in _WHOLE
            raise judge(answer, conditional=_is_conditional(request), now=self.now(), whole=whole)
        return _object(answer)

    async def pages(self, first: Item, op: str) -> AsyncIterator[Item]:
        """Yield page after page, by the provider's own links. Raises Transient when they go in a circle.

        https://learn.microsoft.com/graph/paging
        """
        page, seen = first, set[str]()
        while True:
            yield page
            link = str(page.get("@odata.nextLink") or "")
            if not link:
                return
            if link in seen:
                raise Transient("the same page came twice", provider=PROVIDER, reason="page_loop")
            seen.add(link)
            page = await self.call(self.requests.link(link, op))

    async def calendar_id(self, remote: str) -> str:
        """Return Graph's id of a calendar. We know the default one by its owner, since ids of calendars change.

        https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2423
        """
        if not is_default(remote):
            return remote
        if "id" not in self._default:
            self.learn(await self.call(self.requests.calendar(self.mailbox)))
        if remote.lower() not in {self.mailbox, self._default["owner"]}:
            raise NotFound(f"{remote} is no address of this mailbox", provider=PROVIDER)
        return self._default["id"]

    def learn(self, item: Item) -> None:
        """Take note of the default calendar."""
        if not item.get("id"):
            raise NotFound("the mailbox has no default calendar", provider=PROVIDER)
        owner = item.get("owner")
        address = owner.get("address") if isinstance(owner, dict) else ""
        self._default["owner"] = str(address or self.mailbox).lower()
        self._default["id"] = str(item["id"])

    async def on_calendar(self, remote: str, build: Callable[[str], Request]) -> Item:
        """Call with the calendar's id; one that is not found any more is looked up again, once."""
        known = self._default.get("id")
        found = await self.calendar_id(remote)
        try:
            return await self.call(build(found))
        except NotFound:
            if not is_default(remote) or known is None:
                raise
            self._default.clear()
            again = await self.calendar_id(remote)
            if again == found:
                raise
            return await self.call(build(again))

    async def _send(self, request: Request, token: str) -> Answer:
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        return await self.http.send(replace(request, headers=headers, lane=self.mailbox))


def is_default(remote: str) -> bool:
    """Tell whether a calendar goes by an address, as the default one of a mailbox does: no id of Graph's has an @."""
    return "@" in remote


def _is_conditional(request: Request) -> bool:
    return any(name.lower() == "if-match" for name in request.headers)


def _object(answer: Answer) -> Item:
    if not answer.body.strip():
        return {}
    body = answer.json()
    if not isinstance(body, dict):
        raise Transient(
            "the answer is no JSON object", provider=PROVIDER, status=answer.status, reason="not_json"
        )
    return body
