"""What of ours stands on an event, and in the body around Teams' invitation: the last branches, each by itself."""

from __future__ import annotations

from dataclasses import replace

import outlook_bodies as bodies
import pytest

from connectors.microsoft import body, edits
from connectors.model import Mark, Native
from daemon.traces import imprint
from tests.unit.builders import event, meeting

KEY = "hd7k2m0q9v4c1t8e5b"


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Agenda"},
        {"location": "Room 4"},
        {"native": Native("teams", "ready", "https://teams.microsoft.com/meet/1")},
    ],
)
def test_a_write_is_told_from_others_by_what_stands_on_the_event(change):
    assert imprint(event(), meeting()) != imprint(event(**change), meeting())


def test_a_write_is_told_from_others_by_what_it_puts_there():
    prints = {imprint(event(), made) for made in (None, meeting(), meeting(number=2), meeting(passcode="x"))}
    assert len(prints) == 4
    assert imprint(event(attendees=("bob@example.com",)), meeting(code="9")) == imprint(event(), meeting())


def test_a_keyword_that_asks_in_a_location_of_outlook_is_no_place_for_it_to_stay():
    seen = event(location="@zoom", html=False)
    asked = replace(seen, mark=Mark(KEY, seen.ref.event, "location:@zoom"))
    assert not edits.shows(asked, meeting(), KEY)


def test_what_sets_an_invitation_off_goes_with_it():
    made = bodies.HTML_BLOBS[0](bodies.URL)
    framed = f"<body><p>Agenda</p>\r\n<br>\r\n{made}\r\n</body>"
    assert body.cut(framed, bodies.URL, html=True) == "<body><p>Agenda</p></body>"
