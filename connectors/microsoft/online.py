"""The online meeting of an event, as its own fields tell or as its body does. Sans-I/O.

https://learn.microsoft.com/en-us/graph/outlook-calendar-online-meetings
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.links import foreign_links
from connectors.microsoft.values import mapping, sequence, text
from connectors.model import Meeting, Native, Phone

SERVICE = "teams"
NAME = "Microsoft Teams"
STAMP = "Microsoft Teams Meeting"  # what Outlook puts into a location that is empty when Teams comes
TEAMS_FOR_BUSINESS = "teamsForBusiness"  # the only provider that Graph makes meetings with today

_LONGEST = 4_000  # characters of a link that is looked at


def native(item: Mapping[str, Any], in_body: str = "", key: str = "") -> Native | None:
    """Read the online meeting of an event; None where it has none.

    `in_body` is the link of Teams' text in the body: it counts where the fields tell of nothing, as on copies
    of an event that came from elsewhere, and leaves the id empty. `key` is ours where we asked for it.
    """
    url = _url(item)
    provider = text(item.get("onlineMeetingProvider"))
    if not url and item.get("isOnlineMeeting") is not True:
        return Native(SERVICE, "ready", in_body) if in_body else None
    identity = _teams_id(url)
    if identity or (provider == TEAMS_FOR_BUSINESS and not url):
        return Native(SERVICE, "ready" if url else "pending", url, identity, key)
    return Native("other", "ready" if url else "failed", url, url)


def is_refused(item: Mapping[str, Any]) -> bool:
    """Tell whether an answer to our asking for Teams shows that this mailbox cannot have it.

    Personal accounts, and calendars without Teams, say yes and answer with another provider.
    """
    return not _url(item) and text(item.get("onlineMeetingProvider")) != TEAMS_FOR_BUSINESS


def teams(item: Mapping[str, Any], host: str) -> Meeting:
    """Read the Teams meeting of an event as a meeting."""
    details = mapping(item.get("onlineMeeting"))
    url = _url(item)
    return Meeting(
        service=SERVICE,
        name=NAME,
        id=_teams_id(url),
        join_url=url,
        host=host,
        phone_passcode=text(details.get("conferenceId")),
        phones=tuple(Phone(number) for number in _numbers(details)),
        native=True,
    )


def _numbers(details: Mapping[str, Any]) -> list[str]:
    found = [details.get("tollNumber"), *sequence(details.get("tollFreeNumbers"))]
    return [text(number) for number in found if text(number)]


def _url(item: Mapping[str, Any]) -> str:
    return text(mapping(item.get("onlineMeeting")).get("joinUrl")) or text(item.get("onlineMeetingUrl"))


def _teams_id(url: str) -> str:
    """Return what stays of a Teams link whatever its query says; "" for another service's."""
    links = foreign_links(url[:_LONGEST])
    return links[0].id if links and links[0].service == SERVICE else ""
