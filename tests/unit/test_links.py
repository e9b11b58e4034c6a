"""Join links: what is one, what is not, whose it is, and what mail filters make of it."""

from __future__ import annotations

import doctest
import json
import re
import sys
from pathlib import Path
from re import (  # the only step bound that needs no clock is to look at the patterns themselves
    _compiler,
    _parser,
)
from re._constants import (
    ASSERT,
    ASSERT_NOT,
    BRANCH,
    LITERAL,
    MAX_REPEAT,
    MAXREPEAT,
    MIN_REPEAT,
    SUBPATTERN,
)
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import block, details, keywords, links, markup, redirects
from connectors.links import Link, foreign_links

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
ZOOM = "https://us02web.zoom.us/j/92674392836?pwd=8pEk.1"
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_Ab%40thread.v2/0?context=%7b%22Tid%22%3a%22x%22%7d"
THREAD = "meeting_ab"

JOIN_LINKS = [
    ("zoom", "92674392836", ZOOM),
    ("zoom", "92674392836", "https://zoom.us/w/92674392836?tk=x"),
    ("zoom", "92674392836", "https://us06web.zoom.us/s/92674392836"),
    ("zoom", "92674392836", "https://app.zoom.us/wc/92674392836/join?fromPWA=1"),
    ("zoom", "92674392836", "https://zoom.us/wc/join/92674392836"),
    ("zoom", "92674392836", "zoommtg://zoom.us/join?action=join&confno=92674392836&pwd=x"),
    ("zoom", "651", "https://acme.zoom-x.de/j/651"),
    ("zoom", "9123456789", "http://acme.zoom.com.cn/j/9123456789"),
    ("zoom", "my/jill.chill", "https://zoom.us/my/Jill.Chill?pwd=a"),
    ("zoom", "wn_ab-cd", "https://us02web.zoom.us/webinar/register/WN_Ab-cd"),
    ("zoom", "tzab-cd", "https://us02web.zoom.us/meeting/register/tZAb-cd#/registration"),
    ("zoom", "events.zoom.us/ev/abc", "https://events.zoom.us/ev/Abc"),
    ("zoomgov", "1612345678", "https://agency.zoomgov.com/j/1612345678?pwd=x"),
    ("meet", "abc-defg-hij", "https://meet.google.com/abc-defg-hij?authuser=1"),
    ("meet", "abc-defg-hij", "https://meet.google.com/_meet/abc-defg-hij"),
    ("meet", "lookup/abcdef1234", "https://meet.google.com/lookup/abcdef1234"),
    ("teams", THREAD, TEAMS),
    ("teams", THREAD, "https://teams.microsoft.com/_#/l/meetup-join/19:meeting_Ab@thread.v2/0"),
    ("teams", THREAD, "https://gov.teams.microsoft.us/l/meetup-join/19%3ameeting_Ab%40thread.v2/0"),
    (
        "teams",
        THREAD,
        "https://teams.microsoft.com/dl/launcher/launcher.html?url=%2F_%23%2Fl%2Fmeetup-join%2F19%3Ameeting_Ab%40th",
    ),
    (
        "teams",
        "19:cd@thread.tacv2/16",
        "https://teams.microsoft.com/l/meetup-join/19%3acd%40thread.tacv2/16?x=1",
    ),
    ("teams", "31245678901", "https://teams.microsoft.com/meet/31245678901?p=Ab3"),
    ("teams", "9312345678", "https://teams.live.com/meet/9312345678?p=xyz"),
    ("teams", "312", "https://teams.cloud.microsoft/meet/312?p=q"),
    ("teams", "312", "https://teams.live.com/v2/?meetingjoin=true#/meet/312?p=q"),
    ("webex", "md418", "https://example.webex.com/example/j.php?MTID=md418"),
    ("webex", "mee41", "https://example.webex.com/example/onstage/g.php?MTID=mee41"),
    ("webex", "meet/jchill", "https://yoursite.webex.com/meet/jchill"),
    ("webex", "m/2b1c", "https://site.webex.com/m/2b1c"),
    (
        "webex",
        "example.webex.com/wbxmjs/joinservice/sites/example/meeting/download/ab",
        "https://example.webex.com/wbxmjs/joinservice/sites/example/meeting/download/ab",
    ),
    ("goto", "162399285", "https://meet.goto.com/162399285"),
    ("goto", "162399285", "https://global.gotomeeting.com/join/162399285"),
    ("goto", "162399285", "https://app.gotomeeting.com/index.html?meetingid=162399285"),
    ("goto", "162399285", "https://app.goto.com/meeting/162399285"),
    ("goto", "jillchill", "https://www.gotomeet.me/JillChill"),
    ("gotowebinar", "1234567890123456789", "https://attendee.gotowebinar.com/register/1234567890123456789"),
    ("ringcentral", "018209241352", "https://v.ringcentral.com/join/018209241352?pw=a1"),
    ("ringcentral", "148", "https://meetings.ringcentral.com/j/148"),
    ("jaas", "vpaas-magic-cookie-0123/room1", "https://8x8.vc/vpaas-magic-cookie-0123/Room1?jwt=x"),
    ("jitsi", "csyncroom", "https://meet.jit.si/CsyncRoom#config.subject=%22x%22"),
    ("whereby", "whereby.com/jill", "https://whereby.com/jill"),
    ("whereby", "example.whereby.com/room-4f0c", "https://example.whereby.com/room-4f0c?roomKey=x"),
    ("daily", "example.daily.co/room-4f0c", "https://example.daily.co/room-4f0c?t=eyJ"),
    ("zoho", "1066944216", "https://meeting.zoho.eu/join?key=1066944216&t=x"),
    ("zoho", "meet.zoho.com/abcd-efg-hij", "https://meet.zoho.com/abcd-efg-hij"),
    ("dialpad", "jchill", "https://meetings.dialpad.com/jchill"),
    ("bluejeans", "123456789", "https://bluejeans.com/123456789/4321"),
    ("chime", "1234567890", "https://chime.aws/1234567890"),
    ("proton", "id-frmq717zmw", "https://meet.proton.me/join/id-FRMQ717ZMW#pwd-Gosl"),
    ("facetime", "aev_-1", "https://facetime.apple.com/join#v=1&p=AeV_-1&k=Fr"),
    ("slack", "t01/c02", "https://app.slack.com/huddle/T01/C02"),
    ("feishu", "123456789", "https://vc.feishu.cn/j/123456789"),
    ("tencent", "abc", "https://meeting.tencent.com/dm/AbC"),
    ("calvideo", "1de4bmd", "https://app.cal.com/video/1de4Bmd"),
    ("livekit", "et5r-y80t", "https://meet.livekit.io/rooms/et5r-y80t"),
    ("skype", "meet.lync.com/acme/jill/4f0c", "https://meet.lync.com/acme/jill/4F0C"),
    ("nextcloud_talk", "a1b2c3d4", "https://cloud.example.org/index.php/call/a1b2c3d4"),
    ("bbb", "abc-def-ghi-jkl", "https://bbb.example.org/rooms/abc-def-ghi-jkl/join"),
]

NO_JOIN_LINKS = [
    "https://zoom.us/download",
    "https://us02web.zoom.us/u/kdFAKE",
    "https://us02web.zoom.us/meeting/tZFAKE/ics?icsToken=x",
    "https://support.zoom.us/hc/en-us",
    "https://notzoom.us/j/92674392836",
    "https://zoom.us.example.com/j/92674392836",
    "https://zoom.us@example.com/j/92674392836",
    "https://example.com/zoom.us/j/92674392836",
    "https://zoom.us/j/",
    "https://zoom.us/jobs/92674392836",
    "https://www.zoomgov.com/support",
    "https://teams.microsoft.com/meetingOptions/?organizerId=1",
    "https://teams.microsoft.com/l/meeting/new",
    "https://teams.microsoft.com/l/channel/19%3ax",
    "https://www.microsoft.com/microsoft-teams/join-a-meeting",
    "https://dialin.teams.microsoft.com/1?id=2",
    "https://aka.ms/JoinTeamsMeeting",
    "https://meet.google.com/",
    "https://meet.google.com/landing",
    "https://meetXgoogle.com/abc-defg-hij",
    "https://tel.meet/abc-defg-hij?pin=1",
    "https://support.google.com/a/users/answer/9282720",
    "https://help.webex.com",
    "https://example.webex.com/example/globalcallin.php?MTID=x",
    "https://www.webex.com/pricing",
    "https://meet.goto.com/install",
    "https://link.gotomeeting.com/system-check",
    "https://support.goto.com/meeting",
    "https://support.gotowebinar.com/",
    "https://v.ringcentral.com/teleconference/",
    "https://www.ringcentral.com/pricing",
    "https://8x8.vc/",
    "https://jitsi.org/meet",
    "https://meet.jit.si/",
    "https://whereby.com/information/pricing",
    "https://docs.whereby.dev/x",
    "https://docs.daily.co/reference",
    "https://www.daily.co/blog/x",
    "https://www.zoho.com/meeting/",
    "https://www.bluejeans.com/downloads",
    "https://bbb.example.org/rooms/pricing",
    "https://example.org/call/me",
    "https://[::1/j/92674392836",
    "https://",
    "zoom.us/j/92674392836",
]

WRAPPED = {
    "safelinks": "https://eur01.safelinks.protection.outlook.com/?url={}&data=05%7C02%7Cx&sdata=y%3D&reserved=0",
    "safelinks, encoded for HTML": "https://eur01.safelinks.protection.outlook.com/?url={}&amp;data=05%7C02",
    "safelinks of the government": "https://gcc02.safelinks.protection.office365.us/?url={}&data=05",
    "google": "https://www.google.com/url?q={}&sa=D&source=calendar&usd=2",
    "google elsewhere": "https://www.google.co.uk/url?sa=t&url={}",
    "proofpoint v1": "https://urldefense.proofpoint.com/v1/url?u={}&k=x",
    "barracuda": "https://linkprotect.cudasvc.com/url?a={}&c=E,1",
    "slack": "https://slack-redir.net/link?url={}",
}


@pytest.mark.parametrize(("service", "id_", "url"), JOIN_LINKS, ids=[url for _, _, url in JOIN_LINKS])
def test_a_join_link_is_found_with_its_service_and_id(service: str, id_: str, url: str) -> None:
    assert foreign_links(f"Join here: {url} (all of us)") == (Link(service, url, id_),)


@pytest.mark.parametrize("url", NO_JOIN_LINKS)
def test_a_page_that_is_no_meeting_is_left_out(url: str) -> None:
    assert foreign_links(f"See {url} for more") == ()


def test_the_published_examples_are_judged_alike() -> None:
    path = SHARED / "contracts" / "meeting_link_patterns.json"
    if not path.exists():
        pytest.skip("the shared contracts are not beside this repository")
    rows = json.loads(path.read_text())
    missed = [url for row in rows for url in row["positive"] if [x.url for x in foreign_links(url)] != [url]]
    invented = [url for row in rows for url in row["negative"] if foreign_links(url)]
    assert (missed, invented) == ([], [])


def test_each_invitation_of_a_provider_holds_exactly_one_meeting() -> None:
    folder = SHARED / "fixtures" / "conferencing" / "invitations"
    if not folder.exists():
        pytest.skip("the shared fixtures are not beside this repository")
    found = {path.name: len(foreign_links(path.read_text())) for path in folder.iterdir()}
    assert len(found) >= 9
    assert set(found.values()) == {1}


@pytest.mark.parametrize("wrapper", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("url", [ZOOM, TEAMS])
def test_a_rewritten_link_is_undone(wrapper: str, url: str) -> None:
    assert [link.url for link in foreign_links(wrapper.format(quote(url, safe="")))] == [url]


@pytest.mark.parametrize(
    ("wrapped", "url"),
    [
        (
            "https://urldefense.com/v3/__https://zoom.us/j/926?pwd=x.1__;!!Ab!Cd$",
            "https://zoom.us/j/926?pwd=x.1",
        ),
        (
            "https://urldefense.com/v3/__https://teams.microsoft.com/l/meetup-join/19*3ameeting_X*40thread.v2/0__;JSU!!A!B$",
            "https://teams.microsoft.com/l/meetup-join/19%3ameeting_X%40thread.v2/0",
        ),
        ("https://urldefense.us/v3/__https://meet.jit.si/a**Bb__;JSUl!!A!B$", "https://meet.jit.si/a%%%b"),
        (
            "https://urldefense.com/v3/__https://meet.jit.si/a*b__;5!!A!B$",  # what was kept aside is damaged
            "https://meet.jit.si/a*b",
        ),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__zoom.us_j_926-3Fpwd-3Dx&d=DwM&c=e",
            "https://zoom.us/j/926?pwd=x",
        ),
    ],
)
def test_a_link_rewritten_by_proofpoint_is_undone(wrapped: str, url: str) -> None:
    assert [link.url for link in foreign_links(wrapped)] == [url]


def test_wrappers_around_wrappers_are_undone_up_to_a_depth() -> None:
    def wrap(url: str, times: int) -> str:
        for _ in range(times):
            url = WRAPPED["safelinks"].format(quote(url, safe=""))
        return url

    assert [link.url for link in foreign_links(wrap(ZOOM, redirects.DEPTH))] == [ZOOM]
    assert foreign_links(wrap(ZOOM, redirects.DEPTH + 1)) == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/url?q=%zz%",
        "https://www.google.com/url?q=javascript:alert(1)",
        "https://www.google.com/url?sa=t",
        "https://www.google.com/search?q=https%3A%2F%2Fzoom.us%2Fj%2F926",
        "https://urldefense.com/v3/x",
        "https://urldefense.com/v4/__https://zoom.us/j/926__;!!x",
        "https://evil.example/?url=https%3A%2F%2Fzoom.us%2Fj%2F926",
    ],
)
def test_what_cannot_be_undone_stays_as_it_is(url: str) -> None:
    assert redirects.unwrap(url) == url


def test_a_malformed_escape_inside_a_wrapper_is_left_alone() -> None:
    wrapped = (
        "https://x.safelinks.protection.outlook.com/?url=https%3A%2F%2Fzoom.us%2Fj%2F926%3Fpwd%3D%zz&data=1"
    )
    assert [link.url for link in foreign_links(wrapped)] == ["https://zoom.us/j/926?pwd=%zz"]


def test_the_address_before_rewriting_is_preferred() -> None:
    wrapped = WRAPPED["safelinks"].format("https%3A%2F%2Fzoom.us%2Fj%2F1111")
    html = f'<a href="{wrapped}" originalsrc="https://zoom.us/j/926?pwd=x&amp;y=1" shash="z">Join</a>'
    assert [link.url for link in foreign_links(html)] == ["https://zoom.us/j/926?pwd=x&y=1"]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("Join at https://zoom.us/j/926.", "https://zoom.us/j/926"),
        ("Join at https://zoom.us/j/926?pwd=8pEk.1, please", "https://zoom.us/j/926?pwd=8pEk.1"),
        ("Is it https://zoom.us/j/926?!", "https://zoom.us/j/926"),
        ("(https://zoom.us/j/926)", "https://zoom.us/j/926"),
        ("[join](https://zoom.us/j/926)", "https://zoom.us/j/926"),
        ("<https://zoom.us/j/926>", "https://zoom.us/j/926"),
        ("&lt;https://zoom.us/j/926?a=1&amp;b=2&gt;", "https://zoom.us/j/926?a=1&b=2"),
        ('<a href="https://zoom.us/j/926?a=1&amp;b=2">x</a>', "https://zoom.us/j/926?a=1&b=2"),
        ("<a href='https://zoom.us/j/926'>x</a>", "https://zoom.us/j/926"),
        ("**https://zoom.us/j/926**", "https://zoom.us/j/926"),
        ("会議:https://zoom.us/j/926。", "https://zoom.us/j/926"),
        ("\uff08https://zoom.us/j/926\uff09", "https://zoom.us/j/926"),
        ("https://zoom.us/j/926?pwd=ab_-", "https://zoom.us/j/926?pwd=ab_-"),
        ("HTTPS://ZOOM.US/J/926", "HTTPS://ZOOM.US/J/926"),
        ("https://zoom.us/j/926&nbsp;<br>", "https://zoom.us/j/926"),
        ("https://zoom.us/j/926?a=1&copy=2", "https://zoom.us/j/926?a=1&copy=2"),
        ("https://zoom.us:443/j/926", "https://zoom.us:443/j/926"),
    ],
)
def test_a_link_ends_where_the_sentence_goes_on(text: str, url: str) -> None:
    assert [link.url for link in foreign_links(text)] == [url]


def test_links_come_in_their_order_and_each_meeting_once() -> None:
    text = f"{TEAMS} or {ZOOM} or https://zoom.us/j/92674392836 or https://zoom.us/j/11111111111"
    assert [link.id for link in foreign_links(text)] == [THREAD, "92674392836", "11111111111"]


def test_our_own_meeting_is_not_foreign_even_when_its_passcode_changed() -> None:
    text = f"{ZOOM} and https://zoom.us/j/11111111111"
    own = ["https://us02web.zoom.us/j/92674392836?pwd=other", "https://example.com/unknown", "not a url"]
    assert [link.id for link in foreign_links(text, own)] == ["11111111111"]


def test_servers_of_ones_own_are_known_from_the_configuration() -> None:
    text = (
        "https://Meet.Example.org/Team-Room?x and https://meet.example.org/ and https://meet.example.com/Room"
    )
    url = "https://Meet.Example.org/Team-Room?x"
    hosts = ["meet.example.ORG"]
    assert foreign_links(text, extra_hosts=hosts) == (Link("other", url, "meet.example.org/team-room"),)
    assert foreign_links(text, own=["https://meet.example.org/team-room"], extra_hosts=hosts) == ()
    assert foreign_links(text) == ()


@given(st.text())
@example("https://[x")
@example("https://\u2100.zoom.us/j/926")
@example("https://x.safelinks.protection.outlook.com:x/?url=1")
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert all(link.url in markup.unescape(text) for link in foreign_links(text))


WORDS = st.sampled_from(
    ["https://", "zoom.us", "/j/", "926", "?pwd=", "%", "&amp;", " ", ".", "<a href=", '"', ">", "\u00fc"]
)


@given(before=st.lists(WORDS).map("".join), after=st.lists(WORDS).map("".join))
def test_a_link_on_its_own_is_found_whatever_stands_around_it(before: str, after: str) -> None:
    ids = [link.id for link in foreign_links(f"{before}\n<br>{ZOOM} {after}")]
    assert "92674392836" in ids


ADVERSARIAL = [
    "https://" * 40_000,
    "https://a." + "a." * 150_000 + "zoom.us/j/926",
    "https://zoom.us/" + "my/" * 100_000,
    "https://teams.microsoft.com/" + "meetup-join" * 30_000,
    "https://x.webex.com/" + "?MTID=" * 50_000,
    "<a " * 100_000,
    "<!--" * 80_000,
    "<style>" * 50_000,
    '<a href="' * 40_000,
    "&" * 300_000,
    "&#" * 150_000,
    "@" * 300_000,
    "@zoom." * 50_000,
    "https://a,@zoom " * 20_000,
    "a" * 300_000 + "@zoom",
    "www." * 80_000,
    "- " * 150_000,
    "-" * 300_000,
    "end of " * 50_000,
    "online" + " " * 300_000,
    "online <b>" * 30_000,
    "online meeting (hd" * 20_000,
    "---- Online meeting (hd7k2m0q9v4c1t8e5b) ----\n" * 6_000,
    "Join a: https://" * 20_000,
    "\n" * 300_000,
    "<p>" * 100_000,
]


@pytest.mark.parametrize("text", ADVERSARIAL, ids=[text[:24] for text in ADVERSARIAL])
def test_the_work_grows_no_faster_than_the_text(text: str) -> None:
    assert _calls(text) <= 2.6 * _calls(text[: len(text) // 2]) + 2_000


def _calls(text: str) -> int:
    """Count the calls, of Python and of C, that it takes to read the text in every way there is."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        foreign_links(text)
        keywords.find(text)
        block.split(text)
    finally:
        sys.setprofile(before)
    return count


def _patterns(thing: object) -> list[re.Pattern[str]]:
    if isinstance(thing, re.Pattern):
        return [thing]
    return [found for part in thing for found in _patterns(part)] if isinstance(thing, tuple) else []


PATTERNS = [
    pattern
    for module in (links, redirects, markup, keywords, details, block)
    for value in vars(module).values()
    for pattern in _patterns(value)
]


@pytest.mark.parametrize("pattern", PATTERNS, ids=[pattern.pattern[:40] for pattern in PATTERNS])
def test_no_pattern_can_backtrack_without_bound(pattern: re.Pattern[str]) -> None:
    assert _ambiguous(_parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)) == []


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"(?:a|b+)*c", r"(?:[\w.]+\.)*d", r"(?:\s*\S*)*"])
def test_a_pattern_that_backtracks_without_bound_would_be_noticed(pattern: str) -> None:
    assert _ambiguous(_parser.parse(pattern)) != []


def _ambiguous(tree: Any) -> list[Any]:
    """Return the endless repeats whose rounds hold another one and no letter of their own that parts them."""
    found = []
    for kind, value in tree:
        if kind in {MAX_REPEAT, MIN_REPEAT} and value[1] == MAXREPEAT:
            inner = _repeats(value[2])
            fences = [chr(code) for what, code in value[2] if what is LITERAL]
            if inner and not any(all(not _takes(body, fence) for body in inner) for fence in fences):
                found.append(value)
        found += [bad for part in _parts(kind, value) for bad in _ambiguous(part)]
    return found


def _repeats(tree: Any) -> list[Any]:
    endless = [value for kind, value in tree if kind in {MAX_REPEAT, MIN_REPEAT} and value[1] == MAXREPEAT]
    deeper = [found for kind, value in tree for part in _parts(kind, value) for found in _repeats(part)]
    return [value[2] for value in endless] + deeper


def _takes(body: Any, letter: str) -> bool:
    """Tell whether this part of a pattern could swallow the letter."""
    return _compiler.compile(body, re.IGNORECASE).search(letter) is not None


def _parts(kind: Any, value: Any) -> list[Any]:
    if kind in {MAX_REPEAT, MIN_REPEAT}:
        return [value[2]]
    if kind is BRANCH:
        return list(value[1])
    if kind is SUBPATTERN:
        return [value[3]]
    if kind in {ASSERT, ASSERT_NOT}:
        return [value[1]]
    return []


def test_the_examples_in_the_documentation_are_true() -> None:
    assert doctest.testmod(links) == (0, 1)
