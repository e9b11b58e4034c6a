"""Finds the links by which people join meetings, whoever made the meeting.

    >>> foreign_links("Zoom: https://us02web.zoom.us/j/92674392836?pwd=x.1.")
    (Link(service='zoom', url='https://us02web.zoom.us/j/92674392836?pwd=x.1', id='92674392836'),)

A link is judged by its host and by what follows, one URL at a time, so that help pages and local-number pages of
the same provider are no meetings. Rewritten links of mail filters are undone first (`redirects.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from connectors.markup import TAG, target, unescape
from connectors.redirects import unwrap

LONGEST_TEXT = 400_000  # characters; what a description holds beyond them is not looked at
LONGEST_URL = 4_000

# Brackets end a URL: they are never part of a join link, and often around one.
_URL = re.compile(
    rf"(?:https?|zoommtg)://[^\s<>()\[\]{{}}\"'`\\^|\u200b。，、；！？」』）】》]{{1,{LONGEST_URL}}}", re.I
)
_TRAILING = ".,;:!?*"
_SUB = r"(?:[a-z0-9-]+\.)*"  # any subdomain or none
_ZOOM = _SUB + r"zoom(?:-x)?\.(?:us|com|com\.cn|de)"
_ZOOM_ID = r"(?P<id>\d{3,12})(?!\d)"
_TEAMS = r"(?:(?:gov|dod)\.)?teams\.(?:microsoft\.(?:com|us)|cloud\.microsoft|live\.com)"
_WEBEX = _SUB + r"webex\.com"
_RING = r"(?:v|video|meetings)\.ringcentral\.(?:com|biz|co\.uk)"
_ZOHO = r"(?:meeting|meet|cliq)\.zoho(?:cloud)?\.(?:com|eu|in|com\.au|jp|ca|sa|com\.cn|uk)"
_WHEREBY_PAGES = r"/(?:information|user|org|blog|product|support|api|sign|login)\b"
_ANY = r"[a-z0-9.-]+"
_CODE = r"[a-z0-9]{3}(?:-[a-z0-9]{3}){2,3}"


@dataclass(frozen=True, slots=True)
class Link:
    """One join link. Two links with the same service and id lead to the same meeting."""

    service: str
    url: str
    id: str  # the provider's own number or code where the URL shows it, else host and path


# Service, host, how the rest (path, query, fragment) begins, how it does not. The first row that fits wins.
_TABLE = tuple(
    (service, *(re.compile(form, re.I) for form in (host, rest, *(never or [r"(?!)"]))))
    for service, host, rest, *never in (
        ("zoom", _ZOOM, rf"/(?:[jsw]|wc/join|wc)/{_ZOOM_ID}"),
        ("zoom", _ZOOM, r"/join\?(?:.*&)?confno=(?P<id>\d+)"),
        ("zoom", _ZOOM, r"/(?P<id>my/[\w.-]+)"),
        ("zoom", _ZOOM, r"/(?:meeting|webinar)/(?:register|attendee)/(?P<id>[\w-]+)"),
        ("zoom", r"events\.zoom\.us", r"/(?:ev|ejl)/."),
        ("zoomgov", _SUB + r"zoomgov\.com", rf"/[jsw]/{_ZOOM_ID}"),
        ("zoomgov", _SUB + r"zoomgov\.com", r"/(?P<id>my/[\w.-]+)"),
        ("meet", r"meet\.google\.com", r"/(?:_meet/)?(?P<id>[a-z]{3}-[a-z]{4}-[a-z]{3})(?![\w-])"),
        ("meet", r"meet\.google\.com", r"/(?:_meet/)?(?P<id>lookup/[\w-]{3,})"),
        ("teams", _TEAMS, r"/(?:.*/)?meetup-join/(?P<id>[^/?]+)"),
        ("teams", _TEAMS, r"/meet/(?P<id>\d+)"),
        ("teams", _TEAMS, r"/v2/\?(?:.*&)?meetingjoin=true"),
        ("webex", _WEBEX, r"/.*[?&]MTID=(?P<id>\w+)", r"/.*globalcallin"),
        ("webex", _WEBEX, r"/(?:[^/?]+/)?(?P<id>(?:meet|join|m)/[^/?]+)"),
        ("webex", _WEBEX, r"/wbxmjs/joinservice/."),
        ("webex", _WEBEX, r"/webappng/sites/[^/]+/meeting/."),
        ("goto", r"meet\.goto\.com", r"/(?P<id>[\w.-]+)", r"/(?:install|system-check)\b"),
        ("goto", r"(?:www\.)?gotomeet\.(?:me|at)", r"/(?P<id>[\w.-]+)"),
        ("goto", r"(?:\w+\.)?gotomeeting\.com", r"/(?:join|meet|meeting)/(?:join-meeting/)?(?P<id>[\w.-]+)"),
        ("goto", r"(?:\w+\.)?gotomeeting\.com", r"/index\.html\?(?:.*&)?meetingid=(?P<id>\d+)"),
        ("goto", r"app\.goto\.com", r"/meet(?:ing)?/(?P<id>[\w.-]+)"),
        (
            "gotowebinar",
            r"(?:(?!support\.)\w+\.)?gotowebinar\.com",
            r"/(?:register|join|rt|#registerWebinar)/(?P<id>\w+)",
        ),
        ("ringcentral", _RING, r"/(?:join|j|conf/on|my)/(?P<id>[\w.-]+)"),
        ("jaas", r"(?:[a-z0-9-]+\.)?8x8\.vc", r"/(?P<id>[^?#]+)"),
        ("jitsi", r"(?:beta\.)?meet\.jit\.si", r"/(?P<id>[^?#]+)", r"/(?:static|images|libs)/"),
        ("whereby", r"(?:[a-z0-9-]+\.)?whereby\.com", r"/.", _WHEREBY_PAGES),
        ("daily", r"(?!(?:www|docs|dashboard|api|help|blog)\.)[a-z0-9-]+\.daily\.co", r"/[\w-]"),
        ("zoho", _ZOHO, r"/join\?(?:.*&)?key=(?P<id>\d+)"),
        ("zoho", _ZOHO, r"/(?:meetings?/.|[a-z]{4}-[a-z]{3}-[a-z]{3})"),
        (
            "dialpad",
            r"meetings\.dialpad\.com|(?:www\.)?uberconference\.com",
            r"/(?P<id>[\w.-]+)",
            r"/rooms/lobby",
        ),
        ("dialpad", r"dialpad\.com", r"/meetings/(?P<id>[\w.-]+)", r"/meetings/rooms/lobby"),
        ("bluejeans", _SUB + r"bluejeans\.com", r"/(?P<id>\d+)"),
        ("chime", _SUB + r"chime\.aws", r"/(?P<id>\d+)"),
        ("proton", r"meet\.proton\.me", r"/join/(?P<id>[\w-]+)"),
        ("facetime", r"facetime\.apple\.com", r"/join\b.*[#&]p=(?P<id>[\w-]+)"),
        ("facetime", r"facetime\.apple\.com", r"/join\b"),
        ("slack", r"app\.slack\.com", r"/huddle/(?P<id>\w+/\w+)"),
        ("feishu", r"vc\.(?:larksuite\.com|feishu\.cn)", r"/j/(?P<id>\d+)"),
        ("tencent", r"meeting\.tencent\.com", r"/(?:dm|s|p)/(?P<id>\w+)"),
        ("tencent", _SUB + r"voovmeeting\.com", r"/(?:dm|s|p)/(?P<id>\w+)"),
        ("calvideo", r"app\.cal\.com", r"/video/(?P<id>\w+)"),
        ("livekit", r"meet[a-z0-9.-]*\.livekit\.io", r"/rooms/(?P<id>[\w-]+)"),
        ("skype", r"meet\.lync\.com", r"/[^/]+/[^/]+/\w"),
        ("nextcloud_talk", _ANY, r"(?:/index\.php)?/call/(?P<id>[a-z0-9]{8,10})(?!\w)"),
        ("bbb", _ANY, rf"/(?:gl|b|rooms)/(?P<id>{_CODE})(?![\w-])"),
    )
)


def foreign_links(
    text: str, own: Collection[str] = (), extra_hosts: Collection[str] = ()
) -> tuple[Link, ...]:
    """Return the join links in plain or HTML text in their order, each meeting once, without the `own` ones.

    `own` are join URLs of ours: where a service has ids they are compared by them, because a passcode in the URL
    may change. `extra_hosts` are servers of which every page but the first one is a meeting, for example a Jitsi
    of one's own.
    """
    hosts = frozenset(host.lower() for host in extra_hosts)
    ours = {(link.service, link.id) for url in own if (link := _judge(url, hosts))}
    found: dict[tuple[str, str], Link] = {}
    for url in _urls(text[:LONGEST_TEXT]):
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
    """Leave the address that a tag leads to where there was one before Outlook rewrote it, else the tag itself."""
    return f" {target(tag['rest'])} " if "originalsrc" in tag["rest"].lower() else tag[0]


def _judge(url: str, hosts: frozenset[str]) -> Link | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:  # a host that cannot be, such as "http://[x"
        return None
    rest = parts._replace(scheme="", netloc="").geturl()
    if host in hosts and len(rest) > 1:
        return Link("other", url, host + parts.path.lower())
    for service, host_form, rest_form, not_form in _TABLE:
        match = host_form.fullmatch(host) and rest_form.match(rest)
        if match and not not_form.match(rest):
            return Link(service, url, _id(match, host, parts.path))
    return None


def _id(match: re.Match[str], host: str, path: str) -> str:
    """Return the id in one case: no service tells two meetings apart by the case of a letter alone."""
    return unquote(match.groupdict().get("id") or host + path.rstrip("/")).lower()
