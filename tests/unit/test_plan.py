"""The decision, one state at a time; and, over arbitrary data, that it ends and agrees with `settled`."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, POLICY, event, live, meeting, request, shown
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import Block, Conference, EventRef, Mark, Native
from daemon.actions import Forget, Provision, Record, Update, Withdraw, Write
from daemon.plan import LONG_AGO, goes_on, plan, settled
from daemon.policy import judge
from daemon.rules import Rule
from daemon.terms import Wanted

KEY = "hd0000000000000001"
FRESH = "hd0000000000000002"
FLAGGED = event(title="@zoom Review")
MEET = live(
    service="meet",
    source="title:@meet",
    meeting=meeting("meet"),
    request=request(host="", title="", start=None, minutes=0, zone="UTC"),
)


def decide(seen, known=None, policy=POLICY):
    return plan(seen, known, policy, FRESH)


def test_a_flag_reserves_a_fresh_key_before_anything_else():
    action = decide(FLAGGED)
    assert isinstance(action, Record)
    assert action.conference == Conference(FRESH, "reserved", "zoom", "title:@zoom", request(), tried=None)


def test_our_mark_on_the_event_is_taken_up_again_and_searched_for():
    action = decide(replace(FLAGGED, mark=Mark(KEY, "e1", "title:@zoom")))
    assert (action.conference.key, action.conference.tried) == (KEY, LONG_AGO)


def test_the_mark_of_another_event_is_not_taken_up():
    assert decide(replace(FLAGGED, mark=Mark(KEY, "e2", "title:@zoom"))).conference.key == FRESH


def test_an_event_that_asks_for_nothing_is_owed_nothing():
    assert decide(event()) is None
    assert decide(None) is None


def test_a_reservation_is_provisioned():
    reserved = live(state="reserved", meeting=None, written=False)
    assert decide(FLAGGED, reserved) == Provision(reserved, request())


def test_a_reservation_that_nobody_wants_any_more_is_withdrawn():
    reserved = live(state="reserved", meeting=None, written=False)
    leaving = decide(event(), reserved).conference
    assert leaving.state == "leaving"
    assert decide(event(), leaving) == Withdraw(leaving, request(etag='"1"'))


def test_a_meeting_is_written_on_its_event():
    known = live(written=False)
    assert decide(FLAGGED, known) == Write(FLAGGED, known, known.meeting)


def test_details_that_are_there_are_noted_and_not_written_again():
    known = live(written=False)
    assert decide(shown(FLAGGED, known), known) == Record(
        replace(known, written=True), "the details are on the event"
    )


def test_all_is_well():
    assert decide(shown(FLAGGED, live()), live()) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "@zoom Renamed"},
        {"start": NOW + timedelta(days=2)},
        {"end": NOW + timedelta(days=1, hours=2)},
        {"zone": "America/New_York"},
        {"attendees": ("bob@example.com",)},
        {"recurrence": ("RRULE:FREQ=DAILY",), "ends": None},
    ],
)
def test_a_change_is_an_intention_first_then_an_update(changes):
    seen = shown(event(**{"title": "@zoom Review", **changes}), live())
    changing = decide(seen, live())
    assert (changing.conference.state, changing.conference.meeting) == ("changing", live().meeting)
    action = decide(seen, changing.conference)
    assert isinstance(action, Update)
    assert decide(seen, replace(changing.conference, state="live", request=action.request)) is None


def test_an_update_that_may_have_happened_is_repeated_even_if_the_event_changed_back():
    known = live(state="changing")
    assert isinstance(decide(shown(FLAGGED, known), known), Update)


@pytest.mark.parametrize("changes", [{"description": "Bring more cake."}, {"etag": '"2"'}, {"uid": "x"}])
def test_a_change_that_the_meeting_does_not_repeat_is_owed_nothing(changes):
    assert decide(shown(event(title="@zoom Review", **changes), live()), live()) is None


def test_a_link_that_nobody_has_yet_comes_before_keeping_the_meeting_in_step():
    found = live(state="changing", written=False, request=request(title="Old"))
    assert isinstance(decide(FLAGGED, found), Write)
    assert isinstance(decide(shown(FLAGGED, found), found), Update)


def test_what_is_no_longer_wanted_leaves_the_event_first_and_then_the_provider():
    seen = shown(event(), live())
    leaving = decide(seen, live()).conference
    assert leaving.state == "leaving"
    assert decide(seen, leaving) == Write(seen, leaving, None)
    assert isinstance(decide(event(), leaving), Withdraw)


def test_of_a_cancelled_event_only_the_meeting_is_taken_away():
    leaving = decide(None, live()).conference
    assert isinstance(decide(None, leaving), Withdraw)


def test_an_event_that_is_no_longer_ours_is_not_written_to():
    seen = replace(shown(FLAGGED, live()), own=False)
    assert isinstance(decide(seen, decide(seen, live()).conference), Withdraw)


@pytest.mark.parametrize(
    "trace",
    [
        {"block": Block(KEY, "")},
        {"mark": Mark(KEY, "e1", "")},
        {"native": Native("meet", "ready", "https://meet.google.com/x", key=KEY)},
        {"location": live().meeting.join_url},
        {"native": Native("meet", "ready", live().meeting.join_url)},
    ],
)
def test_every_trace_of_ours_is_taken_off(trace):
    assert isinstance(decide(event(**trace), live(state="leaving")), Write)


def test_somebody_elses_details_are_left_on_the_event():
    others = event(block=Block(FRESH, "x"), mark=Mark(FRESH, "e1", ""), location="https://zoom.us/j/1")
    assert isinstance(decide(others, live(state="leaving")), Withdraw)
    reserved = live(state="leaving", meeting=None)
    assert isinstance(decide(others, reserved), Withdraw)


def test_a_longer_address_that_begins_like_ours_is_not_ours():
    room = live(state="leaving", meeting=meeting("static", join_url="https://video.example.com/room"))
    assert isinstance(decide(event(location="https://video.example.com/room2"), room), Withdraw)


def test_details_taken_off_by_hand_are_an_opt_out():
    action = decide(FLAGGED, live())
    assert (action.conference.state, action.conference.by_hand) == ("leaving", True)


def test_details_that_were_never_seen_on_the_event_cannot_have_been_taken_off():
    assert isinstance(decide(FLAGGED, live(written=False)), Write)


def test_an_opt_out_sticks_while_the_same_thing_asks():
    assert decide(FLAGGED, live(state="declined", meeting=None)) is None


@pytest.mark.parametrize("seen", [event(), event(title="@static"), event(location="@zoom"), None])
def test_an_opt_out_ends_when_nothing_or_something_else_asks(seen):
    assert isinstance(decide(seen, live(state="declined", meeting=None)), Forget)


def test_another_service_means_another_meeting():
    assert decide(shown(event(title="@static"), live()), live()).conference.state == "leaving"


def test_another_organizer_means_another_meeting():
    seen = shown(event(title="@zoom Review", organizer="bob@example.com"), live())
    assert decide(seen, live()).conference.state == "leaving"


def test_a_keyword_in_the_location_gives_way_to_the_link():
    known = live(source="location:@zoom")
    seen = replace(shown(event(title="Review"), known), location="@zoom")
    assert isinstance(decide(seen, known), Write)


def test_a_keyword_in_the_location_does_not_count_where_the_title_asked():
    policy = replace(POLICY, flags=replace(POLICY.flags, look_in=("title",)))
    seen = replace(shown(FLAGGED, live()), location="@zoom")
    assert decide(seen, live(), policy) is None


def test_a_link_left_without_its_markers_is_not_doubled():
    bare = replace(FLAGGED, description="x", notes=f"Join {live().meeting.join_url}")
    assert decide(bare, live()) is None


def test_a_wrong_link_or_passcode_in_our_block_is_put_right():
    seen = replace(FLAGGED, block=Block(KEY, "https://zoom.us/j/1"))
    assert isinstance(decide(seen, live()), Write)
    known = live(meeting=replace(live().meeting, passcode="secret"))
    assert isinstance(decide(shown(FLAGGED, live()), known), Write)


def test_what_is_over_is_left_alone_in_every_state_but_on_its_way_out():
    over = event(title="@zoom New", start=NOW - timedelta(hours=2))
    assert decide(over, live()) is None
    assert decide(over, live(state="changing")) is None
    assert isinstance(decide(over, live(state="leaving")), Withdraw)
    assert decide(over, live(state="declined", meeting=None)) is None


def test_a_meeting_that_was_never_made_is_not_made_after_the_event():
    over = event(title="@zoom New", start=NOW - timedelta(hours=2))
    assert decide(over, live(state="reserved", meeting=None)).conference.state == "leaving"


def test_the_source_is_kept_up_to_date():
    known = live(source="description:@zoom")
    assert decide(shown(FLAGGED, known), known).conference.source == "title:@zoom"


def test_a_native_conference_is_settled_once_it_shows():
    assert decide(shown(event(title="@meet"), MEET), MEET) is None


def test_a_native_conference_that_is_pending_is_waited_for():
    seen = event(title="@meet", native=Native("meet", "pending", key=KEY))
    assert decide(seen, MEET) is None
    assert settled(seen, MEET, POLICY)


def test_a_native_conference_taken_off_by_hand_is_an_opt_out():
    assert decide(event(title="@meet"), MEET).conference.by_hand
    other = event(title="@meet", native=Native("meet", "ready", "https://meet.google.com/other"))
    assert decide(other, MEET).conference.by_hand


def test_a_native_conference_goes_with_its_event():
    seen = shown(event(title="x"), MEET)
    leaving = decide(seen, MEET).conference
    assert isinstance(decide(seen, leaving), Write)
    assert decide(event(title="x"), leaving) == Forget(leaving)
    assert decide(None, leaving) == Forget(leaving)


def test_a_native_reservation_is_looked_for_before_it_is_forgotten():
    leaving = replace(MEET, state="leaving", meeting=None)
    assert isinstance(decide(event(title="x"), leaving), Withdraw)


def test_a_keyword_in_the_location_gives_way_to_a_native_link_too():
    known = replace(MEET, source="location:@meet")
    seen = replace(shown(event(), known), location="@meet")
    assert isinstance(decide(seen, known), Write)


def test_an_occurrence_with_an_old_copy_of_the_details_gets_the_new_ones():
    old = shown(event(series="s"), live(meeting=meeting(number=2)))
    policy = replace(POLICY, covered=True, series=live())
    assert decide(old, None, policy) == Write(old, live(), live().meeting)
    assert decide(shown(event(series="s"), live()), None, policy) is None
    assert decide(event(series="s"), None, policy) is None
    assert decide(old, None, replace(policy, series=live(written=False))) is None


def test_an_occurrence_loses_the_details_of_a_series_that_has_none_any_more():
    left = replace(shown(event(series="s"), live()), mark=Mark(KEY, "s", "title:@zoom"))
    assert decide(left).meeting is None
    assert decide(replace(left, own=False)) is None
    assert decide(replace(left, block=None)) is None
    assert decide(left, None, replace(POLICY, covered=True)) is None


def test_an_occurrence_loses_what_it_has_of_its_series_when_somebody_took_that_off_by_hand():
    master = live(request=request(at=EventRef("ada@example.com", "s")))
    left = replace(shown(event(series="s"), master), mark=Mark(KEY, "s", "title:@zoom"))
    taken_off = replace(POLICY, covered=True, declined=True)
    action = decide(left, None, taken_off)
    assert isinstance(action, Write)
    assert action.meeting is None
    assert decide(event(title="@zoom Review", series="s"), None, taken_off) is None


def test_what_a_restored_event_brings_back_is_taken_off():
    restored = shown(event(), live())
    action = decide(restored)
    assert isinstance(action, Write)
    assert (action.meeting, action.conference.key) == (None, KEY)
    assert decide(replace(restored, ends=NOW)) is None


def test_a_native_conference_does_not_stand_beside_a_copied_block():
    seen = replace(
        shown(event(title="@meet"), MEET), block=Block(FRESH, "Join Zoom: https://zoom.us/j/912345678")
    )
    assert isinstance(decide(seen, MEET), Write)


def test_another_service_begins_with_a_clean_event():
    restored = shown(event(title="@zoom"), MEET)
    action = decide(restored)
    assert isinstance(action, Write)
    assert (action.meeting, action.conference.key) == (None, KEY)


def test_our_own_native_link_in_the_location_is_nobody_elses():
    known = replace(MEET, source="location:@meet")
    restored = replace(shown(event(), known), location=known.meeting.join_url)
    assert decide(restored).conference.source == "location:@meet"


def test_an_opt_out_outlasts_other_reasons_against():
    declined = live(state="declined", meeting=None)
    assert decide(event(title="@zoom Review", start=NOW + timedelta(days=500)), declined) is None
    assert decide(event(title="@zoom Review", location="https://acme.webex.com/meet/ada"), declined) is None
    assert isinstance(decide(event(title="@zoom Review", own=False), declined), Forget)


TITLES = ["Review", "@zoom Review", "@meet Review", "@static", "@none", "@zoom Other", "@webex"]
STATES = ["reserved", "live", "changing", "leaving", "declined"]


@st.composite
def situations(draw):
    known = draw(st.sampled_from([None, *STATES]))
    service = draw(st.sampled_from(["zoom", "meet", "static"]))
    conference = None
    if known:
        source = draw(st.sampled_from([f"title:@{service}", f"location:@{service}", "rule:zoom"]))
        made = None if known in {"reserved", "declined"} else meeting(service, draw(st.integers(1, 2)))
        conference = live(
            state=known, service=service, source=source, meeting=made, written=draw(st.booleans()) and made is not None,
            by_hand=draw(st.booleans()), request=draw(st.sampled_from([request(), request(title="Old")])),
        )  # fmt: skip
    seen = event(
        title=draw(st.sampled_from(TITLES)),
        location=draw(st.sampled_from(["", "Room 4", "@zoom", "https://acme.webex.com/meet/ada"])),
        start=NOW + timedelta(days=draw(st.sampled_from([-2, 1, 2, 400]))),
        own=draw(st.sampled_from([True, True, True, False])),
        recurrence=draw(st.sampled_from([(), (), ("RRULE:FREQ=DAILY",)])),
        mark=draw(st.sampled_from([None, Mark(KEY, "e1", "location:@zoom"), Mark(FRESH, "e1", "")])),
    )
    if conference and conference.meeting and draw(st.booleans()):
        seen = shown(seen, conference)
    if draw(st.integers(0, 9)) == 0:
        seen = None
    rules = draw(st.sampled_from([(), (Rule("zoom"),), (Rule("none"),)]))
    policy = replace(POLICY, flags=replace(POLICY.flags, rules=rules), covered=draw(st.booleans()))
    return seen, conference, policy


@given(situations())
def test_nothing_is_owed_exactly_when_all_is_settled(situation):
    seen, known, policy = situation
    assert (plan(seen, known, policy, FRESH) is None) == settled(seen, known, policy)


@given(situations())
def test_acting_on_the_plan_ends_with_what_is_wanted(situation):
    seen, known, policy = situation
    for _ in range(12):
        action = plan(seen, known, policy, "hd0000000000000003")
        if action is None:
            break
        seen, known = act(seen, known, action)
    assert action is None
    wanted = judge(seen, known, policy)
    if known is None:
        assert not isinstance(wanted, Wanted)


def act(seen, known, action):
    """What happens when every call succeeds."""
    match action:
        case Record(conference):
            return seen, conference
        case Forget(gone) | Withdraw(gone):
            left = replace(gone, state="declined", meeting=None, written=False)
            return seen, left if gone.by_hand and gone.state == "leaving" else None
        case Provision(conference, asked):
            made = replace(conference, state="live", meeting=meeting(conference.service, 7), request=asked)
            if not made.meeting.native:
                return seen, made
            return shown(replace(seen, native=None), made), replace(made, written=True)
        case Update(conference, _, asked):
            return seen, replace(conference, state="live", request=asked)
        case Write(at, conference, made):
            clean = replace(at, description="x", notes="x", block=None, mark=None, native=None)
            if made is None:
                url = conference.meeting.join_url if conference.meeting else "?"
                return replace(clean, location=at.location.replace(url, "")), known
            location = (
                at.location.replace("@zoom", made.join_url)
                if conference.source.startswith("location:")
                else at.location
            )
            return shown(replace(clean, location=location), conference), replace(conference, written=True)
    raise AssertionError(action)


def test_only_another_service_or_account_goes_on_while_the_meeting_before_cannot_be_taken_away():
    leaving = replace(live(), state="leaving")
    assert goes_on(event(title="@meet Review"), leaving, POLICY)
    assert not goes_on(event(title="@zoom Review"), leaving, POLICY)
    assert not goes_on(event(title="Review"), leaving, POLICY)
    assert not goes_on(event(title="@meet Review"), replace(leaving, by_hand=True), POLICY)


def test_a_link_can_be_read_once_it_is_written_and_until_it_is_taken_off():
    known = live(written=True)
    assert known.link == known.meeting.join_url
    assert [
        replace(known, **one).link for one in ({"written": False}, {"state": "leaving"}, {"meeting": None})
    ] == [""] * 3
