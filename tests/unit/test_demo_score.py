"""The demo's score would show what it says is not so."""

from __future__ import annotations

import pytest

from daemon.demo.seen import link, own_events, score

ADA, BOB = "ada@example.com", "bob@example.com"
URL = "https://us02web.zoom.us/j/95362364096?pwd=abc.1"


def event(number, organizer=ADA, **more):
    return {"id": f"e{number}", "status": "confirmed", "organizer": {"email": organizer}, **more}


def flagged(number, url=URL, **more):
    return event(number, summary="Review @zoom", description=f"Join Zoom: {url}\n" if url else "", **more)


def world(*events, meetings=(URL,), copies=()):
    calendars = {ADA: {"events": list(events)}, BOB: {"events": list(copies)}}
    return {
        "google": {"calendars": calendars},
        "zoom": {"meetings": [{"join_url": url, "topic": "Review"} for url in meetings]},
    }


def is_good(state, mails=0, changes=1, written=2):
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


def test_a_mail_or_a_third_write_is_not_good():
    assert not is_good(world(flagged(1)), mails=1)
    assert not is_good(world(flagged(1)), written=3)


def test_an_event_that_carries_a_link_of_somebody_else_needs_no_meeting():
    foreign = event(1, summary="Call @zoom", description="https://teams.microsoft.com/l/meetup-join/19")
    assert is_good(world(foreign, meetings=[]))


def test_a_keyword_that_made_way_for_the_link_still_counts():
    mark = {"private": {"huddled": "hd0 e1 location:@meet"}}
    meet = event(1, hangoutLink="https://meet.google.com/abc-defg-hij", extendedProperties=mark)
    counted = score(world(meet, meetings=[]), 0, 1, 1)
    assert (counted.flagged, counted.meetings, counted.good) == (1, 1, True)


def test_a_guests_copy_is_no_event_of_its_own():
    state = world(flagged(1), copies=[flagged(1)])
    assert [link(one) for one in own_events(state)] == [URL]
