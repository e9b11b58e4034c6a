"""What to change on an Outlook event: only what is ours, and only where it differs."""

from __future__ import annotations

from dataclasses import replace

import outlook_bodies as bodies
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.details import details
from connectors.keywords import find
from connectors.location import holds
from connectors.microsoft import body, edits, notes, wire
from connectors.microsoft.edits import Patch
from connectors.model import CalendarInfo, Event, EventRef, Mark, Meeting, Native

KEY, OTHER = "hdaaaaaaaaaaaaaaaa", "hdbbbbbbbbbbbbbbbb"
MINE = CalendarInfo("ada@example.com", "Ada", "Europe/Berlin", writable=True)
AT = EventRef("ada@example.com", "AAMk-1=")
URL = "https://zoom.example.com/j/99900011122"
EARLIER = "https://zoom.example.com/j/99900011133"
ZOOM = Meeting("zoom", "Zoom", "99900011122", URL, code="999 0001 1122", passcode="Xk7Q2p")
TEAMS = Meeting("teams", "Microsoft Teams", "meeting_zmfrzq", bodies.URL, native=True)
MARK = Mark(KEY, "AAMk-1=", "title:@zoom")
NATIVE = Native("teams", "ready", bodies.URL, "meeting_zmfrzq", KEY)
LONG = "https://zoom.example.com/" + "x" * 250


def event(content="<p>Agenda</p>", *, html=True, **changes) -> Event:
    item = {
        "id": "AAMk-1=",
        "changeKey": "1",
        "isOrganizer": True,
        "start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "UTC"},
        "body": {"contentType": "html" if html else "text", "content": content},
    }
    read = wire.event(item, MINE)
    assert isinstance(read, Event)
    return replace(read, **changes)


def written(seen: Event, patch: Patch) -> Event:
    """Return the event as a Graph would have it that does what it is asked."""
    content = seen.description if patch.content is None else patch.content
    place = patch.location or {"displayName": "; ".join(one["displayName"] for one in patch.locations or ())}
    told = [
        {"id": name, "value": value}
        for name, value in ((notes.MARK, patch.mark), (notes.TEAMS, patch.teams))
        if value is not None
    ]
    after = event(content, html=patch.html if patch.content is not None else bool(seen.html))
    moved = patch.location is not None or patch.locations is not None
    mark = seen.mark if patch.mark is None else notes.properties({"singleValueExtendedProperties": told}).mark
    native = seen.native if after.native or bodies.URL not in seen.description else None
    key = "" if patch.teams == notes.NOTHING or native is None else native.key
    return replace(
        after,
        location=place["displayName"] if moved else seen.location,
        mark=mark,
        native=replace(native, key=key) if native else None,
    )


# Putting


def test_a_meeting_is_put_on_an_event():
    seen = event()
    patch = edits.put(seen, ZOOM, KEY, "title:@zoom")
    assert patch == Patch(
        content=body.put("<p>Agenda</p>", KEY, details(ZOOM), html=True),
        html=True,
        location={"displayName": URL, "locationUri": URL},
        mark=f"{KEY} AAMk-1= title:@zoom",
    )
    after = written(seen, patch)
    assert edits.shows(after, ZOOM, KEY)
    assert not edits.put(after, ZOOM, KEY, "title:@zoom")


def test_a_text_body_stays_a_text():
    patch = edits.put(event("Agenda a < b", html=False), ZOOM, KEY, "")
    assert patch.html is False
    assert patch.content is not None
    assert patch.content.startswith("Agenda a < b\n\n---- Online meeting")


def test_the_block_stands_outside_of_teams_invitation():
    seen = event(f"<p>x</p>{bodies.blob_2024()}", native=NATIVE)
    patch = edits.put(seen, ZOOM, KEY, "")
    assert patch.content is not None
    assert patch.content.startswith(f"<p>x</p>{bodies.blob_2024()}<br><br>---- Online")


def test_a_native_meeting_is_marked_and_the_body_is_left_alone():
    seen = event(f"<p>x</p>{bodies.blob_2024()}", native=NATIVE, location="Microsoft Teams Meeting")
    patch = edits.put(seen, TEAMS, KEY, "title:@teams")
    assert patch == Patch(mark=f"{KEY} AAMk-1= title:@teams")
    assert edits.shows(replace(seen, mark=MARK), TEAMS, KEY)
    assert edits.put(event(), TEAMS, KEY, "").location is None


@pytest.mark.parametrize(
    ("location", "left"),
    [("Microsoft Teams Meeting", ""), ("Room 4; Microsoft Teams Meeting", None), ("Room 4", None)],
)
def test_what_outlook_stamped_on_an_empty_location_goes_with_our_meeting(location, left):
    seen = event(f"<p>x</p>{bodies.blob_2024()}", native=NATIVE, location=location)
    patch = edits.take(seen, KEY, NATIVE.join_url)
    assert (patch.location or {}).get("displayName") == left
    theirs = replace(seen, native=replace(NATIVE, key=""))
    assert edits.take(theirs, KEY, "https://teams.example.com/other").location is None


def test_a_block_gives_way_to_a_native_meeting_and_the_invitation_stays():
    content = f"<p>x</p>{bodies.blob_2024()}"
    both = event(body.put(content, OTHER, details(ZOOM), html=True), native=NATIVE, mark=MARK, location=URL)
    assert not edits.shows(both, TEAMS, KEY)
    patch = edits.put(both, TEAMS, KEY, "title:@zoom")
    assert patch == Patch(content=content, location={"displayName": bodies.URL, "locationUri": bodies.URL})


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({}, True),
        ({"mark": None}, False),
        ({"mark": Mark(OTHER, "AAMk-1=", "")}, False),
        ({"mark": Mark(KEY, "copied-from", "")}, False),
        ({"block": None}, False),
    ],
)
def test_it_is_known_whether_an_event_shows_a_meeting(change, shown):
    after = written(event(), edits.put(event(), ZOOM, KEY, ""))
    assert edits.shows(replace(after, **change), ZOOM, KEY) is shown
    assert not edits.shows(after, replace(ZOOM, passcode="new"), KEY)
    assert not edits.shows(after, replace(ZOOM, join_url=EARLIER), KEY)
    assert not edits.shows(written(event(), edits.put(event(), ZOOM, OTHER, "")), ZOOM, KEY)


# Places


@pytest.mark.parametrize(
    ("source", "location", "put"),
    [
        ("title:@zoom", "", {"displayName": URL, "locationUri": URL}),
        ("title:@zoom", "  ", {"displayName": URL, "locationUri": URL}),
        ("title:@zoom", "Room 4", None),
        ("title:@zoom", "@teams", None),
        ("title:@zoom", "Microsoft Teams Meeting", None),
        ("location:@zoom", "@zoom", {"displayName": URL, "locationUri": URL}),
        ("location:@zoom", "Room 4, @zoom", {"displayName": f"Room 4, {URL}", "locationUri": URL}),
        ("location:@zoom", "@zoom or @teams", {"displayName": f"{URL} or teams", "locationUri": URL}),
        ("location:@zoom", f"{URL} @zoom", {"displayName": URL, "locationUri": URL}),
        ("location:@zoom", URL, None),
        ("title:@zoom", EARLIER, {"displayName": URL, "locationUri": URL}),
        ("title:@zoom", f"Room 4, {EARLIER}", {"displayName": f"Room 4, {URL}", "locationUri": URL}),
        ("title:@zoom", f"{EARLIER}4", None),
        ("location:@zoom", f"{'x' * 220} @zoom", {"displayName": "x" * 220, "locationUri": ""}),
        ("title:@zoom", f"{'x' * 254} {EARLIER}4", None),
    ],
)
def test_the_link_goes_where_it_was_asked_for(source, location, put):
    assert edits.put(event(location=location), ZOOM, KEY, source, EARLIER).location == put


def test_a_link_that_is_too_long_for_a_location_is_not_put_there():
    meeting = replace(ZOOM, join_url=LONG)
    assert edits.put(event(), meeting, KEY, "").location is None
    asked = edits.put(event(location="@zoom"), meeting, KEY, "location:@zoom")
    assert asked.location == {"displayName": "", "locationUri": ""}
    old = edits.put(event(location=f"Room, {EARLIER}"), meeting, KEY, "", EARLIER)
    assert old.location == {"displayName": "Room", "locationUri": ""}


ROOM = {
    "displayName": "Room 4, @zoom",
    "locationUri": "",
    "locationType": "conferenceRoom",
    "uniqueId": "Room 4, @zoom",
    "uniqueIdType": "private",
    "address": {"street": "Main", "city": "Berlin"},
    "coordinates": {"latitude": 52.5, "longitude": 13.4},
}
OPERA = {
    "displayName": "Opera",
    "locationUri": "https://maps.example.com/1",
    "uniqueId": "https://maps.example.com/1",
    "uniqueIdType": "bing",
    "coordinates": {"latitude": 1, "longitude": 2},
}


def test_what_is_known_of_a_place_is_kept():
    read = {"location": ROOM, "locations": [ROOM]}
    patch = edits.put(event(location=ROOM["displayName"]), ZOOM, KEY, "location:@zoom", read=read)
    name = f"Room 4, {URL}"
    assert patch.location == {**ROOM, "displayName": name, "uniqueId": name, "locationUri": URL}
    assert patch.locations is None
    placed = event(location=name, mark=MARK)
    off = edits.take(placed, KEY, URL, read={"location": patch.location})
    assert off.location == {**ROOM, "displayName": "Room 4", "uniqueId": "Room 4"}


def test_a_place_with_an_address_of_its_own_keeps_it():
    place = {**OPERA, "displayName": "Opera @zoom"}
    patch = edits.put(event(location="Opera @zoom"), ZOOM, KEY, "location:@zoom", read={"location": place})
    assert patch.location == {**place, "displayName": f"Opera {URL}"}


def test_of_several_places_only_the_one_that_asks_changes():
    read = {"location": {**ROOM, "displayName": "Opera; Room 4, @zoom"}, "locations": [OPERA, ROOM]}
    seen = event(location="Opera; Room 4, @zoom")
    patch = edits.put(seen, ZOOM, KEY, "location:@zoom", read=read)
    name = f"Room 4, {URL}"
    assert patch.location is None
    assert patch.locations == (OPERA, {**ROOM, "displayName": name, "uniqueId": name, "locationUri": URL})
    off = edits.take(
        event(location=f"Opera; {name}"),
        KEY,
        URL,
        read={"location": ROOM, "locations": list(patch.locations)},
    )
    assert off.locations == (OPERA, {**ROOM, "displayName": "Room 4", "uniqueId": "Room 4"})


def test_a_place_that_was_nothing_but_our_link_goes_with_it():
    ours, unnamed = (
        {"displayName": URL, "locationUri": URL},
        {"displayName": "", "coordinates": {"latitude": 1}},
    )
    seen = event(location=f"Opera; {URL}")
    assert edits.take(seen, KEY, URL, read={"locations": [OPERA, ours, unnamed]}).locations == (
        OPERA,
        unnamed,
    )
    only = edits.take(event(location=f"{URL}; {URL}"), KEY, URL, read={"locations": [ours, ours]})
    assert only.location == {"displayName": "", "locationUri": ""}
    assert edits.take(event(location="a; b"), KEY, URL, read={"locations": [OPERA, ROOM]}) == Patch()


def test_of_several_keywords_in_several_places_one_is_answered():
    two = [{"displayName": "@zoom"}, {"displayName": "Room @zoom"}, "odd"]
    patch = edits.put(
        event(location="@zoom; Room @zoom"), ZOOM, KEY, "location:@zoom", read={"locations": two}
    )
    assert [one["displayName"] for one in patch.locations or ()] == [URL, "Room"]


@pytest.mark.parametrize(
    ("location", "source", "needed"),
    [
        ("", "title:@zoom", False),
        ("Room 4", "location:@zoom", False),
        ("@zoom", "location:@zoom", True),
        ("@zoom", "title:@zoom", False),
        ("Room 4, @zoom", "title:@zoom", False),
        ("Room 4, @zoom", "location:@zoom", True),
        (EARLIER, "title:@zoom", True),
        (f"Room 4; {EARLIER}", "title:@zoom", True),
        (URL, "title:@zoom", False),
    ],
)
def test_places_are_only_read_where_something_of_others_is_in_them(location, source, needed):
    assert edits.needs_places(event(location=location), ZOOM, source, EARLIER) is needed


def test_places_are_read_before_our_link_is_taken_out_from_among_others():
    filled, asked = replace(MARK, source="title:@zoom"), replace(MARK, source="location:@zoom")
    for location, mark, needed in (
        (f"Room 4; {URL}", filled, True),
        ("Room 4", asked, False),
        (URL, filled, False),
        (URL, asked, True),
        (URL, None, True),
    ):
        assert edits.needs_places(event(location=location, mark=mark), None, earlier=URL) is needed


# Taking


def test_what_was_put_is_taken_off():
    seen = event()
    on = written(seen, edits.put(seen, ZOOM, KEY, "title:@zoom"))
    assert not edits.bare(on, KEY)
    patch = edits.take(on, KEY, URL)
    assert patch == Patch(
        content="<p>Agenda</p>",
        location={"displayName": "", "locationUri": ""},
        mark="none",
        teams="none",
    )
    off = written(on, patch)
    assert edits.bare(off, KEY, URL)
    assert not edits.take(off, KEY, URL)


@pytest.mark.parametrize(
    ("native", "key", "earlier", "ours"),
    [
        (NATIVE, KEY, "", True),
        (NATIVE, KEY, bodies.URL, True),
        (NATIVE, "", "", True),
        (NATIVE, OTHER, "", False),
        (NATIVE, KEY, bodies.SHORT, False),
        (replace(NATIVE, key=""), KEY, "", False),
        (replace(NATIVE, key=""), "", "", False),
        (replace(NATIVE, key=""), KEY, bodies.URL, True),
        (replace(NATIVE, key=OTHER), KEY, bodies.URL, True),
    ],
)
def test_only_a_teams_meeting_of_ours_is_cut_out(native, key, earlier, ours):
    seen = event(f"<p>x</p>{bodies.blob_2024()}<p>y</p>", native=native)
    patch = edits.take(seen, key, earlier)
    assert patch.content == ("<p>x</p><p>y</p>" if ours else None)
    assert patch.teams == ("none" if native.key else None)
    assert edits.is_own(native, key, earlier) is ours
    assert edits.bare(written(seen, patch), key, earlier)


def test_a_teams_meeting_that_people_put_in_the_place_of_ours_is_let_be_but_is_no_more_called_ours():
    theirs = event(f"<p>x</p>{bodies.blob_2024()}", native=NATIVE, location=bodies.URL)
    assert not edits.bare(theirs, KEY, bodies.SHORT)
    assert edits.take(theirs, KEY, bodies.SHORT) == Patch(teams="none")


def test_a_teams_link_in_the_location_goes_with_the_meeting():
    seen = event(native=replace(NATIVE, join_url=bodies.SHORT), location=f"Room 4, {bodies.SHORT}")
    place = {"location": {"displayName": f"Room 4, {bodies.SHORT}"}}
    assert edits.take(seen, KEY, read=place).location == {"displayName": "Room 4", "locationUri": ""}


def test_an_event_without_anything_of_ours_is_left_alone():
    assert edits.take(event(location="Room 4"), KEY, URL) == Patch()
    assert edits.bare(event(), KEY)


# Teams


def test_teams_is_asked_for_with_our_name_and_never_with_a_body():
    patch = edits.create_teams(KEY, AT)
    assert patch == Patch(mark=f"{KEY} AAMk-1=", teams=f"{KEY} AAMk-1=", online_meeting=True)
    assert patch


def test_an_invitation_that_came_back_is_cut_out_once_more():
    seen = event(
        f"<p>x</p>{bodies.blob_2020(bodies.SHORT)}", native=replace(NATIVE, join_url=bodies.SHORT, key="")
    )
    assert edits.cut(seen) == Patch(content="<p>x</p>")
    assert not edits.cut(event(native=NATIVE))
    assert not edits.cut(event())


def test_a_lost_meeting_is_restored_with_its_invitation():
    before = event(f"<p>x</p>{bodies.blob_2024()}", native=NATIVE)
    after = event(body.put("<p>x</p>", KEY, details(ZOOM), html=True), native=None)
    patch = edits.restore(before, after)
    assert patch.online_meeting
    assert patch.content is not None
    seen = body.read(patch.content, html=True)
    assert (seen.join_url, seen.block) == (bodies.URL, after.block)
    unchanged = edits.restore(before, before)
    assert (unchanged.content, unchanged.online_meeting) == (before.description, True)


@pytest.mark.parametrize(
    ("had", "has", "lost"),
    [
        (None, None, False),
        (None, NATIVE, False),
        (NATIVE, NATIVE, False),
        (NATIVE, replace(NATIVE, key=""), False),
        (NATIVE, None, True),
        (NATIVE, replace(NATIVE, join_url=bodies.SHORT, id="2345678901234"), True),
        (NATIVE, replace(NATIVE, join_url="", state="pending"), True),
        (NATIVE, replace(NATIVE, id=""), True),  # only the text in the body still tells of it
        (replace(NATIVE, id=""), None, False),
        (replace(NATIVE, join_url="", state="pending"), NATIVE, False),
    ],
)
def test_a_link_that_is_gone_or_another_is_lost(had, has, lost):
    assert edits.lost_link(event(native=had), event(native=has)) is lost


@pytest.mark.parametrize(
    ("patch", "owed"),
    [
        (Patch(), False),
        (Patch(html=False), False),
        (Patch(content=""), True),
        (Patch(mark="none"), True),
        (Patch(locations=()), True),
        (Patch(online_meeting=True), True),
    ],
)
def test_a_patch_tells_whether_anything_is_owed(patch, owed):
    assert bool(patch) is owed


# All together


LOCATIONS = st.lists(
    st.sampled_from(
        [
            "Room 4",
            "@zoom",
            ", ",
            "; ",
            URL,
            EARLIER,
            "@none",
            " ",
            "@teams",
            "x" * 200,
            "{{conferencing.join_url}}",
        ]
    ),
    max_size=4,
).map("".join)


@given(
    frame=st.sampled_from(sorted(bodies.HTML.values())),
    made=st.none() | st.sampled_from(bodies.HTML_BLOBS),
    location=LOCATIONS,
    source=st.sampled_from(["title:@zoom", "location:@zoom", "rule:all"]),
)
def test_putting_and_taking_settle_on_any_event(frame, made, location, source):
    before, _, after = frame.partition("%s")
    content = before + (made() if made else "") + after
    keyword = find(location)
    assume(not source.startswith("location:") or keyword is None or keyword.word != "none")
    seen = event(content, native=NATIVE if made else None, location=location)
    on = written(seen, edits.put(seen, ZOOM, KEY, source, EARLIER))
    assert edits.shows(on, ZOOM, KEY)
    assert not edits.put(on, ZOOM, KEY, source, EARLIER)
    assert not edits.lost_link(seen, on)
    off = written(on, edits.take(on, OTHER, URL))
    assert off.description == content
    assert not edits.lost_link(seen, off)
    assert off.block is None
    assert not holds(off.location, URL)
    assert not edits.take(off, OTHER, URL)
