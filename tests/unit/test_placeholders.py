"""Placeholders: what is filled in place comes off again, and the placeholder stands there as it was written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import marks, placeholders
from connectors.block import put, split, take
from connectors.google import edits as google
from connectors.microsoft import body
from connectors.microsoft import edits as microsoft
from connectors.model import Block, EventRef, Mark, Native
from connectors.wording import ENGLISH, GERMAN
from daemon import traces
from daemon.actions import Provision, Record, Write
from daemon.look import unmarked
from daemon.plan import plan, settled
from daemon.policy import foreign_link
from tests.unit.builders import POLICY, event, live, meeting, shown
from tests.unit.test_block import DESCRIPTIONS, FOREIGN, KEY, LINES, OTHER, TEXT

SPELLINGS = sorted(placeholders.BLOCKS.values())
HERE = "{{ conferencing.invite_block }}"
LINK = "{{ conferencing.join_url }}"
HTML = st.sampled_from([None, True, False])
NEW = ("Join Zoom: https://zoom.us/j/2", "Passcode: 17")


@given(FOREIGN, st.sampled_from(SPELLINGS), FOREIGN, HTML, st.sampled_from([ENGLISH, GERMAN]))
@example("--", HERE, "--", None, ENGLISH)
@example("\u2013", HERE, "-----", False, GERMAN)
@example("<p>A</p>- ", HERE, " - <b>x</b>", None, ENGLISH)
@example(f"{HERE} and ", HERE, "", None, ENGLISH)
def test_a_description_is_filled_changed_and_emptied_without_a_trace(before, spelling, after, html, texts):
    description = before + spelling + after
    filled = put(description, KEY, LINES, html=html, texts=texts)
    assert split(filled, html=html)[1] == Block(KEY, TEXT)
    assert put(filled, KEY, LINES, html=html, texts=texts) == filled
    assert take(filled, html=html) == description
    changed = put(filled, OTHER, NEW, html=html)
    assert changed == put(description, OTHER, NEW, html=html)
    assert split(changed, html=html)[1] == Block(OTHER, "\n".join(NEW))
    assert take(changed, html=html) == description


@given(
    st.sampled_from(sorted(DESCRIPTIONS.values())), st.sampled_from(SPELLINGS), st.sampled_from([True, False])
)
def test_a_body_of_outlook_is_filled_and_emptied_without_a_trace(frame, spelling, html):
    content = f"{frame}\n{spelling}\n{frame}"
    filled = body.put(content, KEY, LINES, html=html)
    assert body.read(filled, html=html).block == Block(KEY, TEXT)
    assert body.take(filled, html=html) == content


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    ("before", "after", "html"),
    [
        ("Agenda\n", "\n\nBring cake", None),
        ("Agenda\n", "\n\nBring cake", False),
        ("<p>Agenda</p><p>", "</p><p>Bring <b>cake</b></p>", None),
        ("<body><div>Agenda<br>", "</div></body>", True),
        ("See ", ".", None),
    ],
)
def test_the_block_stands_where_the_placeholder_stood(spelling, before, after, html):
    filled = put(before + spelling + after, KEY, LINES, html=html)
    assert filled.startswith(f"{before}-----")
    assert filled.endswith(f"-----{after}")
    assert "{{" not in filled


@pytest.mark.parametrize(
    "description",
    [
        f'<a href="https://x.example/{HERE}">x</a>',
        f"<b>x</b><!-- {HERE} -->",
        f"<style>{HERE}</style><p>x</p>",
        f"-{HERE}",
        "{{ conferencing.invite_blocks }}",
        "{{  conferencing.invite_block }}",
        "{{ Conferencing.invite_block }}",
        "{{ conferencing.join_url }}",
        "{{ invite_block }}",
    ],
)
def test_what_is_no_place_to_stand_in_is_left_as_it_is(description):
    filled = put(description, KEY, LINES)
    assert filled.startswith(description)
    assert "\n\n---- Online" in filled or "<br><br>---- Online" in filled
    assert take(filled) == description
    assert not placeholders.wants_block(description, html=None)


def test_a_placeholder_in_words_that_are_hidden_does_not_keep_the_next_from_being_filled():
    description = f"<!-- {HERE} --><style>a<b</style><p>{HERE}</p>{HERE}"
    filled = put(description, KEY, LINES, html=True)
    assert filled.startswith(f"<!-- {HERE} --><style>a<b</style><p>----- Online")
    assert filled.endswith(f"-----</p>{HERE}")


def test_nothing_after_an_unclosed_comment_is_seen():
    assert not placeholders.wants_block(f"<b>x</b><!-- {HERE}", html=True)


def test_a_block_that_is_there_stays_where_it_is():
    filled = put("Agenda", KEY, LINES)
    assert put(f"{HERE}\n{filled}", OTHER, LINES) == f"{HERE}\n{put('Agenda', OTHER, LINES)}"


def test_a_copy_of_a_filled_block_brings_no_second_placeholder():
    filled = put(f"A\n{HERE}\nB\n", KEY, LINES)
    assert take(filled + filled) == f"A\n{HERE}\nB\nA\n\nB\n"


def test_a_placeholder_comes_back_also_where_a_marker_line_is_lost():
    rows = put(f"A\n{HERE}\nB", KEY, LINES).split("\n")
    assert take("\n".join([*rows[:5], *rows[6:]])) == f"A\n{HERE}\nB"
    assert take("\n".join([*rows[:1], *rows[2:]])) == f"A\n{HERE}\nB"


def test_after_an_editor_has_made_long_dashes_the_block_still_comes_off():
    edited = put(f"A\n{HERE}\nB", KEY, LINES).replace("-----", "\u2014\u2014")
    assert take(edited) == "A\n\nB"


@pytest.mark.parametrize(
    ("location", "filled"),
    [
        (LINK, "URL"),
        (f"Online: {LINK}", "Online: URL"),
        ("{{cronofy.conferencing.join_url}}, Room 4", "URL, Room 4"),
        (f"{LINK} or {LINK}", "URL or URL"),
        ("{{ conferencing.invite_block }}", "URL"),
        ("Online: {{cronofy.conferencing.invite_block}}", "Online: URL"),
        ("{{ invite_block }}", "{{ invite_block }}"),
        ("Room 4", "Room 4"),
    ],
)
def test_the_link_stands_where_a_location_says(location, filled):
    assert placeholders.fill(location, "URL") == filled
    assert placeholders.wants_link(location) == (location != filled)
    assert not placeholders.wants_link(filled)


@pytest.mark.parametrize("edits", [google, microsoft])
@pytest.mark.parametrize("native", [False, True])
def test_a_location_is_filled_in_every_calendar(edits, native):
    made = meeting("meet" if native else "zoom")
    seen = event(location=f"Online: {LINK}, Room 4", html=False if edits is microsoft else None)
    patch = edits.put(seen, made, KEY, "title:@zoom")
    written = patch["location"] if edits is google else patch.location["displayName"]
    assert written == f"Online: {made.join_url}, Room 4"
    asked = replace(seen, mark=Mark(KEY, seen.ref.event, "title:@zoom"))
    assert not edits.shows(asked, made, KEY)


def test_a_keyword_beside_a_placeholder_goes():
    seen = event(location=f"@zoom {LINK}")
    patch = google.put(seen, meeting(), KEY, "location:@zoom")
    assert patch["location"] == meeting().join_url


def test_where_a_link_is_too_long_for_outlook_the_placeholder_goes():
    seen = event(location=f"{'x' * 240} {LINK}", html=False)
    assert microsoft.put(seen, meeting(), KEY, "").location["displayName"] == f"{'x' * 240} "


def test_a_placeholder_that_comes_later_is_filled_too():
    known = live()
    seen = replace(shown(event(title="@zoom Review"), known), location=f"Online: {LINK}")
    assert isinstance(plan(seen, known, POLICY, OTHER), Write)


def test_a_program_that_writes_its_text_anew_takes_nothing_off():
    known = live()
    seen = shown(event(title="@zoom Review"), known)
    anew = replace(seen, description=f"Agenda\n{HERE}", notes=f"Agenda\n{HERE}", block=None)
    assert isinstance(plan(anew, known, POLICY, OTHER), Write)
    bare = replace(seen, description="Agenda", notes="Agenda", block=None)
    assert isinstance(plan(bare, known, POLICY, OTHER), Record)


def test_other_words_are_no_reason_to_write():
    known = live()
    seen = shown(event(title="@zoom Review"), known)
    german = put(
        event().description, known.key, [f"Mit Zoom teilnehmen: {known.meeting.join_url}"], texts=GERMAN
    )
    notes, block = split(german)
    assert plan(replace(seen, description=german, notes=notes, block=block), known, POLICY, OTHER) is None


# The link in a description: what is owed, what is whose, on either calendar


def joined(edits, text=f"Join: {LINK}", made=None, **changes):
    """Return an event as it stands after our write, with its conference."""
    html = True if edits is microsoft else None
    known = live(meeting=made or meeting())
    seen = event(title="@zoom Review", description=text, html=html, notes=text, block=None, **changes)
    patch = edits.put(seen, known.meeting, known.key, known.source)
    content = patch["description"] if edits is google else patch.content
    told = patch["extendedProperties"]["private"]["huddled"] if edits is google else patch.mark
    location = seen.location if known.meeting.native else known.meeting.join_url
    native = Native("meet", "ready", known.meeting.join_url, "1", known.key) if known.meeting.native else None
    notes, found = split(content, html=html)
    after = replace(seen, description=content, notes=notes, block=found, mark=marks.read(told))
    after = replace(after, location=location, native=native)
    return after, known


BOTH = pytest.mark.parametrize("edits", [google, microsoft])


@BOTH
@pytest.mark.parametrize("made", [meeting(), meeting("meet")], ids=["block", "native"])
def test_a_link_in_a_description_is_filled_once_and_put_back(edits, made):
    seen, known = joined(edits, made=made)
    assert f"Join: {made.join_url}" in seen.notes
    assert edits.shows(seen, made, known.key)
    assert traces.shows(seen, known, made, known.source)
    assert not edits.put(seen, made, known.key, known.source)
    off = edits.take(seen, known.key, made.join_url)
    assert (off["description"] if edits is google else off.content) == f"Join: {LINK}"


@BOTH
def test_an_event_with_its_link_in_place_is_as_it_should_be(edits):
    seen, known = joined(edits)
    assert plan(seen, known, POLICY, OTHER) is None
    assert settled(seen, known, POLICY)


@BOTH
def test_another_link_of_the_meeting_is_owed_to_the_description(edits):
    seen, known = joined(edits, made=meeting("meet"))
    moved = replace(known, meeting=replace(known.meeting, join_url="https://meet.google.com/xyz-abcd-efg"))
    other = replace(seen, native=replace(seen.native, join_url=moved.meeting.join_url))
    assert not edits.shows(other, moved.meeting, known.key)
    assert not traces.shows(other, moved, moved.meeting, known.source)


@BOTH
@pytest.mark.parametrize("more", [LINK, f'<a href="{LINK}">Join</a>'])
def test_a_placeholder_that_comes_into_a_description_later_is_filled(edits, more):
    seen, known = joined(edits, "Agenda")
    assert plan(seen, known, POLICY, OTHER) is None
    text = f"{seen.description}<br>{more}"
    later = replace(seen, description=text, notes=f"Agenda\n{LINK}")
    assert isinstance(plan(later, known, POLICY, OTHER), Write)


@BOTH
def test_a_program_that_writes_its_text_anew_with_the_links_placeholder_takes_nothing_off(edits):
    seen, known = joined(edits)
    anew = replace(seen, description=f"New: {LINK}", notes=f"New: {LINK}", block=None)
    assert isinstance(plan(anew, known, POLICY, OTHER), Write)
    bare = replace(anew, description="New", notes="New")
    assert isinstance(plan(bare, known, POLICY, OTHER), Record)


@BOTH
def test_who_deletes_the_block_and_keeps_the_link_keeps_the_meeting(edits):
    seen, known = joined(edits)
    text = take(seen.description, html=seen.html)
    kept = replace(seen, description=text, notes=split(text, html=seen.html)[0], block=None)
    assert plan(kept, known, POLICY, OTHER) is None


@BOTH
def test_our_link_in_a_description_is_nobody_elses_also_when_the_record_is_gone(edits):
    seen, known = joined(edits)
    text = take(seen.description, html=seen.html)
    kept = replace(seen, description=text, notes=split(text, html=seen.html)[0], block=None, location="")
    for lost in (seen, kept):
        assert foreign_link(lost, None) == ""
        step = plan(lost, None, POLICY, OTHER)
        assert isinstance(step, Record)
        assert (step.conference.key, step.conference.state) == (known.key, "reserved")
    assert foreign_link(replace(kept, mark=None), None) == "zoom"


@BOTH
def test_on_a_copied_event_the_link_follows_the_meeting_of_the_copy(edits):
    seen, known = joined(edits)
    copy = unmarked(replace(seen, ref=EventRef(seen.ref.calendar, "copy")), known.key)
    assert (copy.mark.key, copy.mark.source, copy.mark.links) == ("", "", seen.mark.links)
    assert foreign_link(copy, None) == ""
    assert traces.remains(copy) == ""
    patch = edits.put(copy, meeting(number=2), OTHER, "title:@zoom")
    content = patch["description"] if edits is google else patch.content
    assert known.meeting.join_url not in content
    off = edits.take(
        replace(
            copy,
            description=content,
            mark=marks.read(
                patch["extendedProperties"]["private"]["huddled"] if edits is google else patch.mark
            ),
        ),
        OTHER,
    )
    assert (off["description"] if edits is google else off.content) == f"Join: {LINK}"
    assert unmarked(replace(seen, mark=replace(seen.mark, links="")), known.key).mark is None
    assert unmarked(seen, "other") is seen


def test_what_is_left_of_a_damaged_block_is_tidied_up_beside_a_link_of_ours():
    seen, known = joined(google)
    text = seen.description.rpartition("\n")[0]
    notes, found = split(text)
    torn = replace(seen, description=text, notes=notes, block=found)
    assert (found.key, meeting().join_url in notes) == ("", True)
    assert isinstance(plan(torn, known, POLICY, OTHER), Write)
    assert google.put(torn, known.meeting, known.key, known.source)["description"] == seen.description


def test_a_meeting_that_lives_on_a_copied_event_does_not_forget_where_the_link_stands():
    seen, known = joined(google, made=meeting("meet"))
    copy = unmarked(
        replace(seen, ref=EventRef(seen.ref.calendar, "copy"), title="@meet", native=None), known.key
    )
    first = plan(copy, None, POLICY, OTHER)
    assert isinstance(first, Record)
    assert first.conference.request.links == seen.mark.links != ""
    reserved = plan(copy, first.conference, POLICY, OTHER)
    assert isinstance(reserved, Provision)
    assert reserved.request.links == seen.mark.links
