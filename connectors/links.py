"""Finds the links by which people join meetings, whoever made the meeting.

    >>> foreign_links("Zoom: https://us02web.zoom.us/j/92674392836?pwd=x.1.")
    (Link(service='zoom', url='https://us02web.zoom.us/j/92674392836?pwd=x.1', id='92674392836'),)

A link is judged by its host and by what follows, one URL at a time, so that the help pages and the lists of
telephone numbers of the same provider are no meetings. What mail filters do to links is undone first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote, urlsplit

from connectors.markup import TAG, target, unescape
from connectors.redirects import unwrap

LONGEST_TEXT = 200_000  # characters; what a description holds beyond these bounds is not looked at
LONGEST_URL = 4_000
MOST_URLS = 1_000

# Brackets end a URL: they are never part of a join link, and often around one. East Asian marks end it too.
_BRACKETS = r"()\[\]{}\u300c-\u3011\uff08\uff09"
_POINTS = r"\u3001\u3002\uff0c\uff1b\uff01\uff1f"
_URL = re.compile(
    rf"(?:https?|zoommtg)://[^\s<>\"'`\\^|\u200b{_BRACKETS}{_POINTS}]{{1,{LONGEST_URL}}}", re.IGNORECASE
)
_TRAILING = ".,;:!?*\u2026"  # a passcode in a URL may well end in "-" or "_"


@dataclass(frozen=True, slots=True)
class Link:
    """One join link. Two links with the same service and id lead to the same meeting."""

    service: str
    url: str
    id: str  # the provider's own number or code where the URL shows it, else host and path


_SUB = r"(?:[a-z0-9-]+\.)*"  # any subdomain or none
_ZOOM = _SUB + r"zoom(?:-x)?\.(?:us|com|com\.cn|de)"
_ZOOMGOV = _SUB + r"zoomgov\.com"
_NUMBER = r"(?P<id>\d{3,12})(?!\d)"
_TEAMS = r"(?:(?:gov|dod)\.)?teams\.(?:microsoft\.(?:com|us)|cloud\.microsoft|live\.com)"
_WEBEX = _SUB + r"webex\.com"
_GOTO = r"(?:\w+\.)?gotomeeting\.com"
_RING = r"(?:v|video|meetings)\.ringcentral\.(?:com|biz|co\.uk)"
_ZOHO = r"(?:meeting|meet|cliq)\.zoho(?:cloud)?\.(?:com|eu|in|com\.au|jp|ca|sa|com\.cn|uk)"
_WHEREBY_PAGES = r"(?:information|user|org|blog|product|support|api|sign|login)\b"
_DAILY = r"(?!(?:www|docs|dashboard|api|help|blog)\.)[a-z0-9-]+\.daily\.co"
_ANY = r"[a-z0-9.-]+"

# Service, host, and how the rest of the URL (path, query, fragment) begins. The first row that fits wins.
_TABLE = tuple(
    (service, re.compile(host, re.IGNORECASE), re.compile(rest, re.IGNORECASE))
    for service, host, rest in (
        ("zoom", _ZOOM, rf"/(?:[jsw]|wc/join|wc)/{_NUMBER}"),
        ("zoom", _ZOOM, r"/join\?(?:.*&)?confno=(?P<id>\d+)"),
        ("zoom", _ZOOM, r"/(?P<id>my/[\w.-]+)"),
        ("zoom", _ZOOM, r"/(?:meeting|webinar)/(?:register|attendee)/(?P<id>[\w-]+)"),
        ("zoom", r"events\.zoom\.us", r"/(?:ev|ejl)/."),
        ("zoomgov", _ZOOMGOV, rf"/(?:[jsw]|wc/join|wc)/{_NUMBER}"),
        ("zoomgov", _ZOOMGOV, r"/(?P<id>my/[\w.-]+)"),
        ("meet", r"meet\.google\.com", r"/(?:_meet/)?(?P<id>[a-z]{3}-[a-z]{4}-[a-z]{3})(?![\w-])"),
        ("meet", r"meet\.google\.com", r"/(?:_meet/)?(?P<id>lookup/[\w-]{3,})"),
        ("teams", _TEAMS, r"/.*?meetup-join(?:/|%2f).{2,12}?(?P<id>meeting_[\w-]+)"),
        ("teams", _TEAMS, r"/.*?meetup-join(?:/|%2f)(?P<id>[^?#]+)"),
        ("teams", _TEAMS, r"/(?:.*#/)?meet/(?P<id>\d+)"),
        ("teams", _TEAMS, r"/v2/\?(?:.*&)?meetingjoin=true"),
        ("webex", _WEBEX, r"/(?!.*globalcallin).*[?&]MTID=(?P<id>\w+)"),
        ("webex", _WEBEX, r"/(?:[^/?]+/)?(?P<id>(?:meet|join|m)/[^/?#]+)"),
        ("webex", _WEBEX, r"/(?:wbxmjs/joinservice|webappng/sites/[^/]+/meeting)/."),
        ("goto", r"meet\.goto\.com", r"/(?!install\b|system-check\b)(?P<id>[\w.-]+)"),
        ("goto", r"(?:www\.)?gotomeet\.(?:me|at)", r"/(?P<id>[\w.-]+)"),
        ("goto", _GOTO, r"/(?:join|meet|meeting)/(?:join-meeting/)?(?P<id>[\w.-]+)"),
        ("goto", _GOTO, r"/index\.html\?(?:.*&)?meetingid=(?P<id>\d+)"),
        ("goto", r"app\.goto\.com", r"/meet(?:ing)?/(?P<id>[\w.-]+)"),
        ("gotowebinar", r"(?:\w+\.)?gotowebinar\.com", r"/(?:register|join|rt|#registerWebinar)/(?P<id>\w+)"),
        ("ringcentral", _RING, r"/(?:join|j|conf/on|my)/(?P<id>[\w.-]+)"),
        ("jaas", _SUB + r"8x8\.vc", r"/(?P<id>[^/?#]+/[^?#]+)"),
        ("jitsi", r"(?:beta\.)?meet\.jit\.si", r"/(?!static/|images/|libs/)(?P<id>[^?#]+)"),
        ("whereby", r"(?:[a-z0-9-]+\.)?whereby\.com", rf"/(?!{_WHEREBY_PAGES})[\w-]"),
        ("daily", _DAILY, r"/[\w-]"),
        ("zoho", _ZOHO, r"/join\?(?:.*&)?key=(?P<id>\d+)"),
        ("zoho", _ZOHO, r"/(?:meetings?/\w|[a-z]{4}-[a-z]{3}-[a-z]{3})"),
        (
            "dialpad",
            r"meetings\.dialpad\.com|(?:www\.)?uberconference\.com",
            r"/(?!rooms/lobby)(?P<id>[\w.-]+)",
        ),
        ("dialpad", r"dialpad\.com", r"/meetings/(?!rooms/lobby)(?P<id>[\w.-]+)"),
        ("bluejeans", _SUB + r"bluejeans\.com", r"/(?P<id>\d+)"),
        ("chime", _SUB + r"chime\.aws", r"/(?P<id>\d+)"),
        ("proton", r"meet\.proton\.me", r"/join/(?P<id>[\w-]+)"),
        ("facetime", r"facetime\.apple\.com", r"/join\b(?:.*[#&]p=(?P<id>[\w-]+))?"),
        ("slack", r"app\.slack\.com", r"/huddle/(?P<id>\w+/\w+)"),
        ("feishu", r"vc\.(?:larksuite\.com|feishu\.cn)", r"/j/(?P<id>\d+)"),
        ("tencent", r"meeting\.tencent\.com|(?:[a-z0-9-]+\.)?voovmeeting\.com", r"/(?:dm|s|p)/(?P<id>\w+)"),
        ("calvideo", r"app\.cal\.com", r"/video/(?P<id>\w+)"),
        ("livekit", r"meet[a-z0-9.-]*\.livekit\.io", r"/rooms/(?P<id>[\w-]+)"),
        ("skype", r"meet\.lync\.com", r"/[^/?#]+/[^/?#]+/\w"),
        ("nextcloud_talk", _ANY, r"(?:/index\.php)?/call/(?P<id>[a-z0-9]{8,10})(?![\w-])"),
        ("bbb", _ANY, r"/(?:gl|b|rooms)/(?P<id>[a-z0-9]{3}(?:-[a-z0-9]{3}){2,3})(?![\w-])"),
    )
)


def foreign_links(
    text: str, own: Collection[str] = (), extra_hosts: Collection[str] = ()
) -> tuple[Link, ...]:
    """Return the join links in plain or HTML text in their order, each meeting once, without the `own` ones.

    `own` are join URLs of ours. They are compared by id where the service has one, because a passcode in the
    URL may change. `extra_hosts` are servers of which every page but the first one is a meeting, for example
    a Jitsi of one's own.
    """
    hosts = frozenset(host.lower() for host in extra_hosts)
    ours = {(link.service, link.id) for url in own if (link := _judge(url, hosts))}
    found: dict[tuple[str, str], Link] = {}
    for url in islice(_urls(text[:LONGEST_TEXT]), MOST_URLS):
        link = _judge(url, hosts)
        if link and (link.service, link.id) not in ours:
            found.setdefault((link.service, link.id), link)
    return tuple(found.values())


def _urls(text: str) -> Iterator[str]:
    """Yield all URLs, unwrapped and without the punctuation that follows them."""
    for match in _URL.finditer(unescape(TAG.sub(_original, text))):
        inner = _URL.match(unwrap(match[0]))
        yield (inner or match)[0].rstrip(_TRAILING)


def _original(tag: re.Match[str]) -> str:
    """Put the address that a link had before Outlook rewrote it in the place of the tag."""
    return f" {target(tag['rest'])} " if "originalsrc" in tag["rest"].lower() else tag[0]


def _judge(url: str, hosts: frozenset[str]) -> Link | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:  # a host that cannot be, such as "http://[x"
        return None
    rest = parts._replace(scheme="", netloc="").geturl()
    if host in hosts and len(rest) > 1:
        return Link("other", url, host + parts.path.rstrip("/").lower())
    for service, host_form, rest_form in _TABLE:
        if host_form.fullmatch(host) and (match := rest_form.match(rest)):
            return Link(service, url, _id(match, host, parts.path))
    return None


def _id(match: re.Match[str], host: str, path: str) -> str:
    """Return the id in one case: no service tells two meetings apart by the case of a letter alone."""
    return unquote(match.groupdict().get("id") or host + path).rstrip("/").lower()
