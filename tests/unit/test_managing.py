"""What is owed to an event that an application asks for, one state at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, POLICY, SERVICES, event, live, meeting, request, shown

from connectors.model import Conference, Draft, EventRef, Guest, Native
from daemon import placing
from daemon.actions import Forget, Provision, Put, Record, Remove, Withdraw, Write
from daemon.managing import drawn, owe
from daemon.policy import judge
from daemon.rules import Flags, Rule
from daemon.terms import Desired, Policy, Service, Unwanted, Wanted

FRESH = "hd0000000000000002"
KEY = "hd0000000000000001"
TOMORROW = NOW + timedelta(days=1)
DRAFT = Draft(
    "Review",
    TOMORROW,
    TOMORROW + timedelta(hours=1),
    zone="Europe/Berlin",
    attendees=(Guest("bob@example.net"),),
)
WISH = Desired(DRAFT, EventRef("ada@example.com", "e1"), "hdm1", "zoom", owed=True)
APPS = replace(POLICY, services={**SERVICES, "explicit": Service("explicit")})
ZOOM = live(source="api:zoom", request=request())
RESERVED = Conference(KEY, "reserved", "zoom", "api:zoom", request(), tried=NOW)
MEET = Conference(
    KEY, "reserved", "meet", "api:meet", request(host="", title="", start=None, minutes=0, zone="UTC")
)


def wishing(**changes):
    return replace(APPS, desired=replace(WISH, **changes))


def decide(seen, known=None, **changes):
    return owe(seen, known, wishing(**changes), FRESH)


def test_without_an_application_it_is_the_decision_for_any_event():
    assert isinstance(owe(event(title="@zoom Review"), None, POLICY, FRESH), Record)


def test_a_new_event_waits_for_its_meeting_and_is_then_written_with_it():
    action = decide(None)
    assert isinstance(action, Record)
    assert (action.conference.service, action.conference.source) == ("zoom", "api:zoom")
    assert isinstance(decide(None, RESERVED), Provision)
    assert decide(None, ZOOM) == Put(WISH, None, ZOOM)


def test_an_event_waits_no_longer_than_told():
    hurried = replace(WISH, hurry=True)
    assert decide(None, RESERVED, hurry=True) == Put(hurried, None, RESERVED)


def test_what_the_calendar_makes_is_asked_for_with_the_event():
    assert decide(None, MEET, profile_id="meet") == Put(replace(WISH, profile_id="meet"), None, MEET)


def test_what_an_unanswered_insert_may_have_made_is_found_before_it_is_given_up():
    assert isinstance(decide(None, MEET, profile_id="none", asked=True), Put)
    assert isinstance(decide(None, MEET, profile_id="none"), Record)
    leaving = replace(RESERVED, state="leaving")
    assert isinstance(decide(None, leaving, profile_id="none", asked=True), Withdraw)


def test_without_conferencing_it_is_written_at_once():
    assert decide(None, profile_id="") == Put(replace(WISH, profile_id=""), None, None)
    assert isinstance(decide(None, profile_id="none"), Put)


def test_an_event_that_is_there_follows_first_and_its_meeting_after_it():
    assert decide(event(), ZOOM) == Put(WISH, event(), ZOOM)


def test_what_was_declined_before_is_let_go_before_the_event_is_written():
    gone = replace(ZOOM, state="declined", source="title:@zoom", meeting=None)
    assert isinstance(decide(event(), gone, profile_id="none"), Forget)


def test_when_the_calendar_has_followed_it_is_the_decision_for_any_event():
    assert isinstance(decide(event(), owed=False), Record)
    assert isinstance(decide(event(), replace(ZOOM, written=False), owed=False), Write)
    standing = shown(event(), ZOOM)
    assert decide(standing, replace(ZOOM, written=True), owed=False) is None


def test_what_people_deleted_takes_its_meeting_with_it():
    assert isinstance(decide(None, ZOOM, owed=False), Record)


def test_a_deletion_takes_the_event_first_and_its_meeting_after_it():
    assert decide(event(), ZOOM, gone=True) == Remove(event(), ZOOM)
    assert isinstance(decide(None, ZOOM, gone=True), Record)
    assert isinstance(decide(None, replace(ZOOM, state="leaving"), gone=True), Withdraw)
    assert decide(None, None, gone=True) is None


def test_what_an_unanswered_insert_left_behind_is_found_before_it_is_deleted():
    asked = replace(WISH, gone=True, asked=True)
    assert decide(None, None, gone=True, asked=True) == Put(asked, None, None)


def test_what_people_took_off_comes_back_where_the_application_names_it_again():
    declined = replace(ZOOM, state="declined", meeting=None)
    assert decide(event(), declined) == Put(WISH, event(), declined)
    assert decide(event(), declined, again=True) == Forget(declined)
    assert isinstance(decide(event(), ZOOM, again=True), Put)


def test_an_event_is_drawn_with_what_others_have_added_to_it():
    stands = event(
        location="Room 4",
        attendees=("carol@example.org", "dave@example.org"),
        recurrence=("RRULE:FREQ=DAILY;COUNT=2",),
    )
    draft = replace(DRAFT, title="New", removed=("dave@example.org",))
    seen = drawn(stands, APPS, replace(WISH, draft=draft))
    assert (seen.title, seen.location) == ("New", "Room 4")
    assert seen.attendees == ("bob@example.net", "carol@example.org")
    assert seen.recurrence == stands.recurrence
    assert seen.ends == DRAFT.end + timedelta(days=1)
    assert drawn(None, APPS, WISH).ends == DRAFT.end


def test_whose_calendar_it_is_is_no_guest_there():
    draft = replace(DRAFT, attendees=(Guest(APPS.account), Guest("bob@example.net")))
    assert drawn(None, APPS, replace(WISH, draft=draft)).attendees == ("bob@example.net",)


@pytest.mark.parametrize(
    ("known", "there"),
    [
        (None, False),
        (RESERVED, False),
        (ZOOM, True),
        (replace(ZOOM, state="changing"), True),
        (replace(ZOOM, state="leaving"), False),
    ],
)
def test_an_event_is_written_with_the_details_that_stand(known, there):
    assert (placing._details(known) is not None) == there


# What an application asks for, as the policy sees it.


@pytest.mark.parametrize(
    ("profile_id", "service"),
    [("zoom", "zoom"), ("integrated", "meet"), ("default", "zoom"), ("explicit", "explicit")],
)
def test_the_application_says_which_service(profile_id, service):
    verdict = judge(event(), None, wishing(profile_id=profile_id, owed=False))
    assert isinstance(verdict, Wanted)
    assert (verdict.service.name, verdict.source) == (service, f"api:{profile_id}")


def test_the_application_goes_before_keywords_and_rules():
    ruled = replace(
        APPS, flags=Flags(services=("zoom",), rules=(Rule("zoom"),)), desired=replace(WISH, profile_id="none")
    )
    assert isinstance(judge(event(title="@zoom Review"), None, ruled), Unwanted)


def test_without_a_word_of_the_application_keywords_count():
    verdict = judge(event(title="@zoom Review"), None, wishing(profile_id=""))
    assert isinstance(verdict, Wanted)
    assert verdict.source == "title:@zoom"


def test_an_account_that_is_not_linked_gives_no_meeting():
    verdict = judge(event(), None, wishing(profile_id="pro_0123456789abcdef"))
    assert isinstance(verdict, Unwanted)
    assert "no account" in verdict.why


def test_an_application_gets_its_meeting_beside_somebodys_link():
    assert isinstance(judge(event(location="https://zoom.us/j/5551234567"), None, wishing()), Wanted)


def test_what_the_calendar_makes_takes_the_place_of_nobodys_meeting():
    taken = event(native=Native("meet", "ready", "https://meet.google.com/aaa-bbbb-ccc"))
    assert isinstance(judge(taken, None, wishing(profile_id="meet")), Unwanted)


@pytest.mark.parametrize(
    ("start", "recurrence", "wanted"), [(-1, (), False), (-1, ("RRULE:FREQ=DAILY",), True)]
)
def test_what_has_begun_gets_none_unless_it_repeats(start, recurrence, wanted):
    begun = event(start=NOW + timedelta(minutes=start), recurrence=recurrence)
    assert isinstance(judge(begun, None, wishing()), Wanted if wanted else Unwanted)


def test_a_meeting_that_stands_stays_when_its_event_begins():
    begun = event(start=NOW - timedelta(minutes=1), end=NOW + timedelta(hours=1))
    assert isinstance(judge(begun, ZOOM, wishing()), Wanted)


def test_the_applications_own_link_is_what_its_conference_holds():
    policy = replace(
        APPS, desired=replace(WISH, profile_id="explicit", link="https://own.example/1", link_name="Own")
    )
    action = owe(None, None, policy, FRESH)
    assert isinstance(action, Record)
    assert (action.conference.request.link, action.conference.request.link_name) == (
        "https://own.example/1",
        "Own",
    )
    known = live(
        service="explicit",
        source="api:explicit",
        meeting=meeting("explicit"),
        request=action.conference.request,
    )
    other = replace(policy, desired=replace(policy.desired, link="https://own.example/2", owed=False))
    changed = owe(shown(event(), known), replace(known, written=True), other, FRESH)
    assert isinstance(changed, Record)
    assert changed.conference.state == "changing"


def test_policies_of_other_calendars_know_no_application():
    assert Policy(NOW, Flags(), {}).desired is None
