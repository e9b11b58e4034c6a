"""What goes into a row comes out of it; what cannot come out is named with its place."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored import conference, event, info

from connectors.model import CalendarInfo, Conference, Event
from store import calendars, conferences, events
from store.codec import dump, load
from store.errors import StateCorrupt

st.register_type_strategy(
    datetime,
    st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


def anything(kind):
    """Build a strategy that sets every field, those with defaults too."""
    return st.builds(
        kind, **{field.name: st.from_type(get_type_hints(kind)[field.name]) for field in fields(kind)}
    )


@pytest.mark.parametrize("kind", [Event, Conference, CalendarInfo])
def test_all_of_it_comes_back(kind):
    @settings(deadline=None, database=None)
    @given(anything(kind))
    def comes_back(value):
        text = dump(value)
        assert load(kind, text, "somewhere") == value
        assert dump(load(kind, text, "somewhere")) == text

    comes_back()


def test_fields_that_do_not_count_for_equality_come_back_too():
    there = conference()
    there = Conference(
        **{**{f.name: getattr(there, f.name) for f in fields(there)}, "request": there.request}
    )
    object.__setattr__(there.request, "etag", '"7"')
    assert load(Conference, dump(there), "somewhere").request.etag == '"7"'


def test_times_keep_their_zone_and_their_microseconds():
    start = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
    back = load(Event, dump(event(start=start)), "somewhere").start
    assert back == start
    assert back.utcoffset() == start.utcoffset()


@pytest.mark.parametrize("title", ["\ud83d", "smile \ude00!", "\ud83d\ud83d"])
def test_half_a_character_is_kept_as_a_question_mark(title):
    """JSON can spell what neither UTF-8 nor SQLite can hold: one such event must not block its calendar."""
    back = load(Event, dump(event(title=title, notes="…")), "somewhere")
    assert back == event(title=title.encode("utf-8", "replace").decode(), notes="…")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "at its root"),
        ("{", "at its root"),
        ("[]", "at its root"),
        ("null", "at its root"),
        ('{"remote": "a", "name": "b", "zone": "UTC"}', "at writable: Field required"),
        ('{"remote": 7, "name": "b", "zone": "UTC", "writable": true}', "at remote"),
        ('{"remote": "a", "name": "b", "zone": "UTC", "writable": true, "native": [1]}', "at native.0"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text, says):
    with pytest.raises(StateCorrupt) as caught:
        load(CalendarInfo, text, "calendars/cal_1")
    assert str(caught.value).startswith("calendars/cal_1: the stored CalendarInfo is damaged")
    assert says in str(caught.value)


def test_what_is_damaged_is_not_repeated():
    secret = '{"remote": "a", "name": {"passcode": "4711"}, "zone": "UTC", "writable": true}'
    with pytest.raises(StateCorrupt) as caught:
        load(CalendarInfo, secret, "calendars/cal_1")
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize("kind", [Event, Conference, CalendarInfo])
def test_no_damage_is_guessed_at(kind):
    whole = dump({Event: event, Conference: conference, CalendarInfo: info}[kind]())

    @settings(deadline=None, database=None)
    @given(st.integers(0, len(whole) - 1), st.text(max_size=3) | st.just(None))
    def refused_or_sound(place, instead):
        text = whole[:place] if instead is None else whole[:place] + instead + whole[place + 1 :]
        try:
            value = load(kind, text, "somewhere")
        except StateCorrupt:
            return
        assert load(kind, dump(value), "somewhere") == value

    refused_or_sound()


def test_what_a_later_program_added_does_not_matter():
    text = '{"remote": "a", "name": "b", "zone": "UTC", "writable": true, "colour": "red"}'
    assert load(CalendarInfo, text, "somewhere") == CalendarInfo("a", "b", "UTC", writable=True)


def test_a_damaged_row_is_named_by_whoever_reads_it(conn):
    from stored import NOW, furnish  # noqa: PLC0415 - the only test here that needs a store

    calendar = furnish(conn)
    events.save_read(conn, calendar, event("e1"), NOW)
    conferences.save(conn, calendar, "e1", conference(), NOW)
    for table, column in [("events", "snapshot"), ("conferences", "record"), ("calendars", "info")]:
        conn.execute(f"UPDATE {table} SET {column} = '{{}}'")
    for read, place in [
        (lambda: events.get(conn, calendar, "e1"), f"events/{calendar}/e1"),
        (lambda: conferences.get(conn, calendar, "e1"), f"conferences/{calendar}/e1"),
        (lambda: calendars.get(conn, calendar), f"calendars/{calendar}"),
    ]:
        with pytest.raises(StateCorrupt) as caught:
            read()
        assert str(caught.value).startswith(f"{place}: ")
