"""The demo's score would show what it says is not so."""

from __future__ import annotations

import pytest

from daemon.demo.entries import own_entries
from daemon.demo.seen import before_any, is_kept, score

ADA, BOB, GRACE = "ada@example.com", "bob@example.com", "grace@contoso.example"
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_a%40thread.v2/0"
URL = "https://us02web.zoom.us/j/95362364096?pwd=abc.1"


def event(number, organizer=ADA, **more):
    return {"id": f"e{number}", "status": "confirmed", "organizer": {"email": organizer}, **more}


def flagged(number, url=URL, **more):
    return event(number, summary="Review @zoom", description=f"Join Zoom: {url}\n" if url else "", **more)


def outlook(subject, body="", **more):
    """Return an event as Outlook shows it to its organizer."""
    return {
        "id": "o1",
        "subject": subject,
        "location": {"displayName": ""},
        "body": {"contentType": "html", "content": body},
        "categories": [],
        "start": {"dateTime": "2026-11-24T10:00:00.0000000", "timeZone": "UTC"},
        "isAllDay": False,
        "isOrganizer": True,
        "isCancelled": False,
        "onlineMeeting": None,
        **more,
    }


def world(*events, meetings=(URL,), copies=(), outlook=(), minted=()):
    calendars = {ADA: {"events": list(events)}, BOB: {"events": list(copies)}}
    return {
        "google": {"calendars": calendars},
        "microsoft": {
            "calendars": {"c1": {"events": list(outlook)}},
            "teams": {"o1": list(minted or [TEAMS])},
        },
        "zoom": {"meetings": [{"join_url": url, "topic": "Review"} for url in meetings]},
    }


def mail(to=BOB, provider="microsoft", event="o1"):
    return {"provider": provider, "to": to, "event": event}


def is_good(state, mails=(), changes=1, written=2):
    return score(state, mails, changes, written).good


def test_one_meeting_for_one_flagged_event_is_good():
    assert is_good(world(flagged(1), copies=[flagged(1)]))


@pytest.mark.parametrize(
    ("why", "state"),
    [
        ("a meeting too many", world(flagged(1), meetings=[URL, f"{URL}2"])),
        ("a meeting without an event", world(event(1))),
        ("no meeting at all", world(flagged(1, url=""), meetings=[])),
        ("a link that leads nowhere", world(flagged(1), meetings=[])),
        ("a link to another meeting", world(flagged(1, url=f"{URL}2"))),
        ("the event cancelled, the meeting not", world({**flagged(1), "status": "cancelled"})),
        ("the link on a guest's copy only", world(flagged(1, url=""), copies=[flagged(1)])),
    ],
)
def test_anything_else_is_not(why, state):
    assert not is_good(state), why


def test_a_mail_of_googles_or_a_third_write_is_not_good():
    assert not is_good(world(flagged(1)), mails=[mail(provider="google")])
    assert not is_good(world(flagged(1)), written=3)


def test_outlook_may_tell_each_guest_once_of_an_event_and_not_twice():
    assert is_good(world(flagged(1)), mails=[mail(BOB), mail(ADA), mail(BOB, event="o2")])
    assert not is_good(world(flagged(1)), mails=[mail(BOB), mail(BOB)])


@pytest.mark.parametrize(
    "event",
    [
        outlook("Board @zoom", f'<p>Join Zoom: <a href="{URL}">{URL}</a></p>'),
        outlook("Board", f"<p>{URL}</p>", categories=["ZOOM"]),
    ],
)
def test_an_outlook_event_with_its_zoom_link_is_good(event):
    assert is_good(world(outlook=[event]))


def test_an_outlook_event_counts_by_the_teams_meeting_that_it_has():
    teams = outlook("Review @teams", f"<a href='{TEAMS}'>Join</a>", onlineMeeting={"joinUrl": TEAMS})
    assert is_good(world(outlook=[teams], meetings=[]))
    assert not is_good(world(outlook=[teams | {"onlineMeeting": None}], meetings=[]))
    assert not is_good(world(outlook=[teams | {"isOrganizer": False}]))


def test_a_teams_link_that_made_way_for_another_is_not_good():
    teams = outlook("Review @teams", onlineMeeting={"joinUrl": TEAMS})
    assert not is_good(world(outlook=[teams], meetings=[], minted=[f"{TEAMS}?former", TEAMS]))


def test_a_keyword_in_an_outlook_location_that_made_way_for_the_link_still_counts():
    mark = {
        "id": "String {66F5A359-4659-4830-9070-00047EC6AC6E} Name huddled",
        "value": "hd0 o1 location:@zoom",
    }
    event = outlook("Board", f"<p>{URL}</p>", singleValueExtendedProperties=[mark])
    assert score(world(outlook=[event]), [], 1, 1).flagged == 1


def test_a_mail_is_peoples_own_only_where_no_write_of_ours_had_begun_before_it():
    mails = [{"n": 1, "at": "2026-11-22T10:00:00.5+00:00"}, {"n": 2, "at": "2026-11-22T10:00:01+00:00"}]
    call = {"at": "2026-11-22T10:00:00.75+00:00"}
    assert before_any([call, {"at": "2026-11-22T10:00:09+00:00"}], mails) == {1}
    assert before_any([], mails) == {1, 2}


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("<p>a</p>", "<p>a</p>b", True),
        ("<p>a</p>", "<p>a<b></b></p>", True),
        ("<p>a</p>", "<p>a</p>", True),
        ("aa", "aaa", True),
        ("", "a", True),
        ("<p>a</p>", "<p>b</p>c", False),
        ("<p>a</p>", "<p></p>", False),
        ("<p>a</p>", "x<p>a</p>y", False),
        ("aa", "a", False),
    ],
)
def test_a_text_is_kept_only_where_one_piece_came_in_and_nothing_else_changed(before, after, kept):
    assert is_kept(before, after) is kept


def test_an_event_that_carries_a_link_of_somebody_else_needs_no_meeting():
    foreign = event(1, summary="Call @zoom", description="https://teams.microsoft.com/l/meetup-join/19")
    assert is_good(world(foreign, meetings=[]))


def test_a_keyword_that_made_way_for_the_link_still_counts():
    mark = {"private": {"huddled": "hd0 e1 location:@meet"}}
    meet = event(1, hangoutLink="https://meet.google.com/abc-defg-hij", extendedProperties=mark)
    counted = score(world(meet, meetings=[]), [], 1, 1)
    assert (counted.flagged, counted.meetings, counted.good) == (1, 1, True)


def test_a_guests_copy_is_no_event_of_its_own():
    state = world(flagged(1), copies=[flagged(1)])
    assert [one.link for one in own_entries(state)] == [URL]
