"""Microsoft's own SDK as a builder of requests: it gives method, URL, headers and body, and sends nothing.

Its parser is never used: it costs some milliseconds of CPU for each event, and seconds for the first.
https://learn.microsoft.com/graph/sdks/create-requests
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from kiota_abstractions.request_information import RequestInformation
from kiota_serialization_json.json_serialization_writer_factory import JsonSerializationWriterFactory
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.subscriptions.subscriptions_request_builder import SubscriptionsRequestBuilder
from msgraph.generated.users.item.calendars.calendars_request_builder import CalendarsRequestBuilder
from msgraph.generated.users.item.calendars.item.calendar_item_request_builder import (
    CalendarItemRequestBuilder,
)
from msgraph.generated.users.item.calendars.item.calendar_view.delta.delta_request_builder import (
    DeltaRequestBuilder,
)
from msgraph.generated.users.item.calendars.item.events.events_request_builder import EventsRequestBuilder
from msgraph.generated.users.item.calendars.item.events.item.event_item_request_builder import (
    EventItemRequestBuilder,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

from connectors.errors import Rejected
from connectors.http import Request
from connectors.microsoft.edits import Patch
from connectors.microsoft.notes import NAME
from connectors.microsoft.typed import event_model

PAGE = 50  # events on a page of a listing; Graph takes it as a wish
CALENDARS = 100  # on a page

# Immutable ids survive a move within the mailbox; times come in UTC. Both hold for one call only, links included.
# https://learn.microsoft.com/graph/outlook-immutable-id
_IDS = 'IdType="ImmutableId"'
_UTC = 'outlook.timezone="UTC"'
_EVENTS = (_IDS, _UTC)
_LISTING = (_IDS, _UTC, f"odata.maxpagesize={PAGE}")


class Requests:
    """Builds the calls of Graph that we use. `graph_base` ends in the version."""

    def __init__(self, graph_base: str) -> None:
        self._base = graph_base.rstrip("/")
        adapter: Any = _Silent(self._base)
        at = {"baseurl": self._base}
        self._users = UsersRequestBuilder(adapter, at)
        self._subscriptions = SubscriptionsRequestBuilder(adapter, at)

    def rehearse(self, now: datetime) -> None:
        """Build what is built most, for nobody: the SDK loads its parts when they are first used."""
        self.delta("", "", now, now)
        self.event("", "", "")
        self.patch("", "", "", Patch(content="", mark="", location={}), "")
        self.subscribe("", "", "", now)

    def calendars(self, mailbox: str) -> Request:
        """List the calendars of a mailbox."""
        query = CalendarsRequestBuilder.CalendarsRequestBuilderGetQueryParameters(top=CALENDARS)
        built = self._user(mailbox).calendars.to_get_request_information(_with(query))
        return _request("calendars.list", built)

    def calendar(self, mailbox: str) -> Request:
        """Read the default calendar of a mailbox."""
        return _request("calendar.get", self._user(mailbox).calendar.to_get_request_information(_with()))

    def delta(self, mailbox: str, calendar: str, start: datetime, end: datetime) -> Request:
        """Begin a listing of what lies in a window. How it goes on, the answer's links say.

        No $select, $expand or $filter is taken here.
        https://learn.microsoft.com/graph/api/event-delta
        """
        query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
            start_date_time=_moment(start), end_date_time=_moment(end)
        )
        view = self._calendar(mailbox, calendar).calendar_view
        return _request("events.delta", view.delta.to_get_request_information(_with(query, prefer=_LISTING)))

    def link(self, link: str, op: str = "events.delta") -> Request:
        """Go on with a listing where the provider's link says. Raises Rejected where it leads elsewhere.

        The headers of the first call do not go with it by themselves, and a token is only sent to Graph.
        """
        if not self.is_ours(link):
            raise Rejected("a link leads away from Graph", provider="microsoft", reason="foreign_link")
        prefer = _LISTING if op == "events.delta" else _EVENTS
        return Request(
            "GET", link, "microsoft", op, {"Accept": "application/json", "Prefer": ", ".join(prefer)}
        )

    def is_ours(self, link: str) -> bool:
        """Tell whether the link stays below the address of Graph."""
        base, there = urlsplit(self._base), urlsplit(link)
        same = (there.scheme, there.netloc.lower()) == (base.scheme, base.netloc.lower())
        return same and there.path.startswith(base.path + "/")

    def event(
        self,
        mailbox: str,
        calendar: str,
        event: str,
        *,
        select: tuple[str, ...] = (),
        expand: tuple[str, ...] = (),
    ) -> Request:
        """Read one event."""
        query = EventItemRequestBuilder.EventItemRequestBuilderGetQueryParameters(
            select=list(select) or None, expand=list(expand) or None
        )
        built = self._event(mailbox, calendar, event).to_get_request_information(_with(query, prefer=_EVENTS))
        return _request("events.get", built)

    def same(self, mailbox: str, calendar: str, uid: str) -> Request:
        """Find the events of a calendar with an iCalendar UID: a copy of theirs in another calendar has it too.

        https://learn.microsoft.com/graph/api/calendar-list-events
        """
        quoted = uid.replace("'", "''")
        query = EventsRequestBuilder.EventsRequestBuilderGetQueryParameters(
            filter=f"iCalUId eq '{quoted}'", select=["id"]
        )
        built = self._calendar(mailbox, calendar).events.to_get_request_information(_with(query))
        return _request("events.list", built)

    def patch(self, mailbox: str, calendar: str, event: str, patch: Patch, etag: str) -> Request:
        """Change some fields of an event, only if it still has that etag where one is given."""
        headers = {"If-Match": etag} if etag else {}
        built = self._event(mailbox, calendar, event).to_patch_request_information(
            event_model(patch), _with(prefer=_EVENTS, headers=headers)
        )
        return _request("events.patch", built)

    def insert(self, mailbox: str, calendar: str, patch: Patch) -> Request:
        """Make an event. One with a `transactionId` that Graph has seen is not made again."""
        events = self._calendar(mailbox, calendar).events
        built = events.to_post_request_information(event_model(patch), _with(prefer=_EVENTS))
        return _request("events.insert", built)

    def named(self, mailbox: str, calendar: str, name: str) -> Request:
        """Find the events of a calendar that were made under a name of ours.

        https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get
        """
        query = EventsRequestBuilder.EventsRequestBuilderGetQueryParameters(
            filter=f"singleValueExtendedProperties/Any(ep: ep/id eq '{NAME}' and ep/value eq '{name}')",
            select=["id", "transactionId"],
        )
        built = self._calendar(mailbox, calendar).events.to_get_request_information(_with(query))
        return _request("events.list", built)

    def delete(self, mailbox: str, calendar: str, event: str) -> Request:
        """Delete an event."""
        built = self._event(mailbox, calendar, event).to_delete_request_information(_with())
        return _request("events.delete", built)

    def subscribe(self, resource: str, address: str, secret: str, expires: datetime) -> Request:
        """Ask for notifications, and for news about the subscription, at one address.

        https://learn.microsoft.com/graph/api/subscription-post-subscriptions
        """
        body = Subscription(
            change_type="created,updated,deleted",
            notification_url=address,
            lifecycle_notification_url=address,
            resource=resource,
            expiration_date_time=expires,
            client_state=secret,
        )
        built = self._subscriptions.to_post_request_information(body, _with())
        return _request("subscriptions.create", built)

    def subscriptions(self) -> Request:
        """List our subscriptions."""
        return _request("subscriptions.list", self._subscriptions.to_get_request_information(_with()))

    def subscription(self, identity: str) -> Request:
        """Read one subscription."""
        built = self._subscriptions.by_subscription_id(identity).to_get_request_information(_with())
        return _request("subscriptions.get", built)

    def renew(self, identity: str, expires: datetime) -> Request:
        """Make a subscription last longer, which also reauthorizes it.

        https://learn.microsoft.com/graph/change-notifications-lifecycle-events
        """
        one = self._subscriptions.by_subscription_id(identity)
        built = one.to_patch_request_information(Subscription(expiration_date_time=expires), _with())
        return _request("subscriptions.update", built)

    def unsubscribe(self, identity: str) -> Request:
        """End a subscription."""
        built = self._subscriptions.by_subscription_id(identity).to_delete_request_information(_with())
        return _request("subscriptions.delete", built)

    def _user(self, mailbox: str) -> UserItemRequestBuilder:
        return self._users.by_user_id(mailbox)

    def _calendar(self, mailbox: str, calendar: str) -> CalendarItemRequestBuilder:
        return self._user(mailbox).calendars.by_calendar_id(calendar)

    def _event(self, mailbox: str, calendar: str, event: str) -> EventItemRequestBuilder:
        return self._calendar(mailbox, calendar).events.by_event_id(event)


class _Silent:
    """Stands where the SDK wants its transport, and only lends it a writer of JSON."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def get_serialization_writer_factory(self) -> JsonSerializationWriterFactory:
        """Return what makes JSON of the typed models."""
        return JsonSerializationWriterFactory()


def _with(
    query: Any = None, *, prefer: tuple[str, ...] = (_IDS,), headers: Mapping[str, str] | None = None
) -> RequestConfiguration[Any]:
    collected = HeadersCollection()
    for name, value in {"Prefer": ", ".join(prefer), **(headers or {})}.items():
        collected.add(name, value)
    return RequestConfiguration(query_parameters=query, headers=collected)


def _request(op: str, built: RequestInformation) -> Request:
    return Request(
        method=str(built.http_method.value) if built.http_method else "GET",
        url=built.url,
        provider="microsoft",
        op=op,
        headers=built.request_headers or {},
        body=built.content,
    )


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
