"""What only Outlook and Teams have: bodies that nobody else may touch, links that come late, lives of subscriptions."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from tests.system import machine
from tests.system.checks import CLOSING, OPENING, link, of, readable, traces
from tests.system.doors import notify
from tests.system.homes import OUTLOOK, at_outlook
from tests.system.people import hours
from tests.system.providers import Refused
from tests.system.stage import person, same_link, set_up

pytestmark = [pytest.mark.system, at_outlook]

TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NDAxYjY4ZGYt%40thread.v2/0?context=%7b%7d"
LINE = "_" * 80
OTHERS = f"""<br>\r
<div style="width:100%"><span style="white-space:nowrap; color:#5F5F5F; opacity:.36">{LINE}</span>\r
</div>\r
<div class="me-email-text" lang="en-US"><a href="{TEAMS}" class="me-email-headline">Click here to join</a></div>\r
<div style="width:100%"><span style="white-space:nowrap; color:#5F5F5F; opacity:.36">{LINE}</span>\r
</div>"""
INSIDE = """\r
<!-- P {margin-top:0;margin-bottom:0;} -->\r
<div class="WordSection1"><p class="MsoNormal"><o:p>&nbsp;</o:p></p>\r
<table border="1"><tbody><tr><td>Grüße 🎉 &amp; “Kuchen”</td><td><table><tr><td>1&nbsp;<b>2</b></td></tr></table>\r
</td></tr></tbody></table>\r
<a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.com&amp;data=05" originalsrc="https://example.com">here</a>\r
</div>\r
<div id="divtagdefaultwrapper"\tdir=ltr>  two  blanks\t<br/>\r
<!--[if mso]><p>never seen</p><![endif]--></div>{}\r
"""
HEAD = (
    '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
    '<style type="text/css" style="display:none;"><!-- P {margin-top:0;} --></style>\r\n</head>\r\n<body dir="ltr">'
)
FOOT = "</body>\r\n</html>\r\n"


def page(more=""):
    return HEAD + INSIDE.replace("{}", more) + FOOT


@pytest.fixture(scope="module")
def stage(providers, tmp_path_factory, home):
    """Ada with a second calendar that has no Teams, and a rule that puts a Zoom meeting beside whatever there is."""
    rules = [{"service": "zoom", "name": "both", "title": "^Both", "even_if_linked": True}]
    made = set_up(tmp_path_factory.mktemp("huddled"), providers, home, rules=rules)
    try:
        made.ada.calendar("Plain", teams=False)
        made.huddled.start()
        made.watching(3)
        yield made
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


def outside(text):
    """Return a body without our block, read with nothing but the words of its first and last line."""
    return re.sub(
        r"(?:<br>){0,2}----? Online meeting \(hd\w+\).*?End of online meeting \(hd\w+\) ----?",
        "",
        text,
        flags=re.DOTALL,
    )


@pytest.mark.parametrize("service", ["zoom", "static"], indirect=True)
def test_every_byte_of_a_body_outside_our_block_stays_through_a_whole_life(stage, service):
    body = page()
    ada = stage.ada
    event = ada.add("Plan", text=body, guests=["bob@example.com"])
    assert event.text == body
    for _ in range(3):
        flagged = stage.gets(ada.change(event, title=f"Plan @{service}"), service)
        assert outside(flagged.text) == body
        ada.change(event, title=f"Another name @{service}", **hours(50))
        ada.change(event, guests=["bob@example.com", "carol@example.org"])
        stage.rest()
        after = stage.gets(event, service)
        assert same_link(flagged, after)
        assert after.text == flagged.text
        ada.change(event, title="Plan", guests=["bob@example.com"])
        stage.rest()
        assert stage.loses(event).text == body


def test_text_that_is_no_html_stays_text_and_every_byte_of_it_too(stage):
    body = 'Agenda\r\n\r\n1. <none> & "all"\r\n\t– 🎉 –\r\n'
    raw = {"body": {"contentType": "text", "content": body}}
    event = stage.ada.add("Plan", raw=raw)
    flagged = stage.gets(stage.ada.change(event, title="Plan @zoom"), "zoom")
    assert flagged.raw["body"]["contentType"] == "text"
    assert flagged.text.startswith(body)
    stage.ada.change(event, title="Plan")
    stage.rest()
    assert stage.loses(event).text == body


def test_an_invitation_of_somebody_elses_in_the_body_is_left_as_it_is(stage):
    event = stage.ada.add("Plan @zoom", text=page(OTHERS))
    stage.rest()
    assert stage.ada.see(event).version == event.version
    (why,) = stage.huddled.told("why", event.id)
    assert "it already carries a link of somebody else (teams)" in why["verdict"]


def test_a_teams_meeting_of_a_persons_own_never_changes_whatever_stands_beside_it(stage):
    own = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
    ada, body = stage.ada, page()
    event = ada.add("Plan", text=body, raw=own)
    url, plain = event.native, event.text
    assert url.startswith("https://teams.microsoft.com/")

    def zooms():
        return len(OPENING.findall(readable(ada.see(event).text)))

    for title in ("Both of them", "Both of them, renamed"):
        ada.change(event, title=title)
        stage.until(zooms, "a Zoom meeting beside it")
        stage.rest()
        now = ada.see(event)
        assert (now.native, now.online, outside(now.text)) == (url, True, plain)
        assert len(CLOSING.findall(readable(now.text))) == 1
    ada.change(event, title="Plan", guests=["carol@example.org"])
    stage.rest()
    stage.until(lambda: not zooms(), "the end of it")
    stage.rest()
    now = ada.see(event)
    assert (now.native, now.online, now.text) == (url, True, plain)


def test_a_calendar_without_teams_is_told_plainly_and_asked_for_nothing(stage):
    plain = stage.ada.calendar_id("Plain")
    event = stage.ada.add("Nowhere @teams", calendar=plain)
    stage.rest()
    (why,) = stage.huddled.told("why", event.id)
    assert "title:@teams asks for teams, which this calendar does not offer" in why["verdict"]
    assert "events.patch" not in stage.quiet(1.0)
    other = stage.ada.add("Somewhere @zoom", calendar=plain)
    stage.gets(other, "zoom")


def test_a_provider_that_comes_back_unknown_is_told_plainly_and_not_asked_again_and_again(stage):
    stage.providers.modes(teams="unknown")
    try:
        event = stage.ada.add("Unknown @teams")
        stage.until(lambda: any(event.id in work for work in stage.huddled.failing()), "work that is refused")
        (why,) = stage.huddled.told("why", event.id)
        assert "teams" in why["failing"]["why"].lower()
        assert "events.patch" not in stage.quiet(2.0)
    finally:
        stage.providers.modes(teams="success")
    stage.ada.change(event, title="Plan")
    stage.rest()
    assert traces(stage.ada.see(event)) == []


def test_a_join_link_that_comes_late_is_waited_for_and_asked_for_once(stage):
    stage.providers.modes(teams={"pending": 3.0})
    since = stage.providers.last()
    try:
        event = stage.ada.add("Late @teams")
        stage.until(lambda: of(stage.ada.see(event)) == "teams", "a link")
        stage.rest()
    finally:
        stage.providers.modes(teams="success")
    stage.gets(event, "teams")
    asked = [unquote(call["path"]) for call in stage.providers.calls(since) if call["op"] == "events.patch"]
    assert sum(event.id in path for path in asked) == 1


def test_a_link_that_somebodys_careless_write_has_killed_ends_in_peace(stage):
    event = stage.gets(stage.ada.add("Killed @teams"), "teams")
    stage.rest()
    since = stage.providers.last()
    stage.providers("POST", "/microsoft/kill_link", {"email": stage.ada.email, "event": event.id})
    stage.rest()
    stage.rest()
    assert stage.quiet(2.0) == {}
    assert stage.providers.counted(since)["events.patch"] <= 3


def test_a_copy_of_a_teams_event_shows_the_same_link_and_takes_it_from_nobody(stage):
    event = stage.gets(stage.ada.add("Plan @teams"), "teams")
    copy = stage.ada.copy(event)  # Outlook copies the invitation with everything else
    stage.rest()
    stage.ada.change(copy, title="Plan")
    stage.rest()
    assert link(stage.ada.see(copy)) == link(event)
    stage.ada.delete(copy)
    stage.rest()
    assert same_link(event, stage.gets(event, "teams"))


def _subscriptions(stage):
    return {one["id"]: one for one in stage.providers.state()["microsoft"]["subscriptions"]}


def test_reauthorization_is_answered_by_one_renewal_and_nothing_else(stage):
    stage.rest()
    before, since = _subscriptions(stage), stage.providers.last()
    stage.providers("POST", "/microsoft/lifecycle", {"event": "reauthorizationRequired"})
    stage.until(lambda: stage.providers.counted(since)["subscriptions.update"] >= len(before), "renewals")
    stage.rest()
    asked = stage.providers.counted(since)
    assert asked["subscriptions.update"] == len(before)
    assert not asked.keys() & {"subscriptions.create", "subscriptions.reauthorize", "subscriptions.delete"}
    assert _subscriptions(stage).keys() == before.keys()


def test_a_subscription_that_was_removed_is_made_anew_and_what_was_missed_is_found(stage):
    stage.rest()
    before = _subscriptions(stage)
    stage.providers.pushes(drop=1.0)
    event = stage.ada.add("Missed @static")
    stage.providers.pushes(drop=0.0)
    stage.providers("POST", "/microsoft/lifecycle", {"event": "subscriptionRemoved"})
    stage.gets(event, "static")
    stage.until(lambda: len(_subscriptions(stage)) == len(before), "new subscriptions")
    assert not _subscriptions(stage).keys() & before.keys()
    late = stage.ada.add("Announced @static")
    stage.gets(late, "static")


def test_notifications_that_were_missed_are_made_up_for(stage):
    stage.rest()
    stage.providers.pushes(drop=1.0)
    event = stage.ada.add("Missed @static")
    stage.providers.pushes(drop=0.0)
    stage.providers("POST", "/microsoft/lifecycle", {"event": "missed"})
    stage.gets(event, "static")


def test_a_calendar_that_gets_another_id_is_found_again(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    calendar = stage.ada.calendar_id("Calendar")
    stage.providers("POST", f"/outlook/{stage.ada.email}/calendars/{calendar}/renew", {})
    stage.ada.change(event, title="Another name @zoom")
    stage.rest()
    assert same_link(event, stage.gets(event, "zoom"))


@pytest.fixture
def apart(providers, tmp_path, home):
    """A stage of one's own, not yet started."""
    made = set_up(tmp_path, providers, home)
    try:
        yield made
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


def test_a_mailbox_that_cannot_be_watched_is_polled(apart):
    person(
        apart.providers,
        "carol@example.com",
        OUTLOOK,
        calendars=[{"name": "Calendar", "default": True, "watchable": False}],
    )
    carol = person(apart.providers, "carol@example.com", OUTLOOK)
    apart.huddled.configure(
        microsoft={"users": ["ada@example.com", "carol@example.com"]}, sync={"sweep_seconds": 1}
    )
    apart.huddled.start()
    apart.watching(1)
    event = carol.add("Plan @teams")
    apart.in_step({event.id: "teams"})
    assert len(apart.providers.channels()) == 1


def test_a_mailbox_that_a_policy_forbids_is_marked_and_holds_nobody_up(apart):
    apart.providers("POST", "/microsoft/policy", {"email": "ada@example.com", "allowed": False})
    apart.huddled.configure(sync={"discover_seconds": 1})
    waiting = apart.ada.add("Plan @teams")
    apart.huddled.start()
    event = apart.bob.add("Plan @zoom")
    apart.until(lambda: of(apart.bob.see(event)) == "zoom", "Bob's meeting")

    def told():
        accounts = {one["address"]: one for one in apart.huddled.told("status")["accounts"]}
        return None if accounts["ada@example.com"]["connected"] else accounts

    accounts = apart.until(told, "an account that is marked")
    assert accounts["ada@example.com"]["trouble"]
    assert accounts["bob@example.com"]["connected"]
    apart.providers("POST", "/microsoft/policy", {"email": "ada@example.com", "allowed": True})
    apart.huddled.stop()
    apart.huddled.start()
    apart.in_step({waiting.id: "teams", event.id: "zoom"})


def test_a_mailbox_is_asked_for_three_things_at_a_time_at_most(apart):
    apart.providers.modes(latency=0.05)
    events = {apart.ada.add(f"Plan {n} @{word}").id: word for n in range(8) for word in ("teams", "static")}
    apart.huddled.start()
    apart.in_step(events)
    assert max(apart.providers("GET", "/microsoft/busiest").values()) <= 3
    assert 429 not in {call["status"] for call in apart.providers.calls()}


def test_forged_notifications_are_answered_like_all_others_and_cause_no_work(stage):
    stage.rest()
    states = [one["clientState"] for one in _subscriptions(stage).values()]
    forged = [f"{state.partition(' ')[0]} wrong" for state in states] + ["", "é", "x" * 500, "nobody nothing"]
    since = stage.providers.last()
    assert notify(stage.huddled.public, *forged) == 202
    assert stage.quiet(0.5) == {}
    assert not stage.providers.counted(since)
    with pytest.raises(Refused, match="404"):
        stage.ada.see("AAMkNothing")
