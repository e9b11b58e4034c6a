"""What an event wants: tables of flags, rules and reasons against."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, POLICY, SERVICES, event, live, meeting, shown

from connectors.model import Mark, Native
from daemon.policy import judge, request, topic
from daemon.rules import Flags, Rule
from daemon.terms import Leave, Service, Unwanted, Wanted


def with_flags(**changes):
    return replace(POLICY, flags=replace(POLICY.flags, **changes))


@pytest.mark.parametrize(
    ("changes", "service", "source"),
    [
        ({"title": "@zoom Review"}, "zoom", "title:@zoom"),
        ({"title": "Review (@Meet)"}, "meet", "title:@meet"),
        ({"location": "@zoom"}, "zoom", "location:@zoom"),
        ({"description": "see you @static"}, "static", "description:@static"),
        ({"location": "@meet", "title": "@zoom"}, "zoom", "title:@zoom"),
        ({"location": "@meet", "description": "@zoom"}, "zoom", "description:@zoom"),
        ({"title": "@zoom or @meet"}, "zoom", "title:@zoom"),
        ({"title": "@video"}, "zoom", "title:@video"),
        ({"ask": "zoom"}, "zoom", "property:zoom"),
        ({"ask": "integrated"}, "meet", "property:integrated"),
        ({"ask": "default"}, "zoom", "property:default"),
        ({"ask": "zoom", "asked_by": "category"}, "zoom", "category:zoom"),
        ({"ask": "meet", "title": "@zoom"}, "zoom", "title:@zoom"),
    ],
)
def test_a_flag_asks_for_its_service(changes, service, source):
    assert judge(event(**changes), None, POLICY) == Wanted(SERVICES[service], source)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "nothing asks for a conference"),
        ({"title": "@none @zoom"}, "title:@none asks for no conference"),
        ({"title": "@teams"}, "title:@teams asks for teams, which is not configured"),
        ({"title": "ada@zoom.us and @zoomers"}, "nothing asks for a conference"),
        ({"title": "@zoom", "own": False}, "only the organizer's copy of an event is given a meeting"),
        ({"title": "@zoom", "start": NOW - timedelta(hours=2)}, "the event is over"),
        (
            {"title": "@zoom", "location": "https://acme.webex.com/meet/ada"},
            "it already carries a link of somebody else (webex)",
        ),
        (
            {"title": "@zoom", "native": Native("meet", "ready", "https://meet.google.com/abc-defg-hij")},
            "it already carries a link of somebody else (meet)",
        ),
        ({"title": "@zoom", "start": NOW + timedelta(days=400)}, "it is more than 365 days ahead"),
    ],
)
def test_there_is_a_plain_reason_against(changes, why):
    verdict = judge(event(**changes), None, POLICY)
    assert isinstance(verdict, Unwanted)
    assert verdict.why == why


def test_an_event_that_is_gone_wants_nothing():
    assert isinstance(judge(None, live(), POLICY), Unwanted)


def test_an_event_far_ahead_is_looked_at_when_its_time_has_come():
    far = event(title="@zoom", start=NOW + timedelta(days=400))
    assert judge(far, None, POLICY).again == NOW + timedelta(days=35)


def test_a_series_is_within_the_window_however_far_it_goes():
    weekly = event(title="@zoom", recurrence=("RRULE:FREQ=WEEKLY",), ends=None)
    assert isinstance(judge(weekly, None, POLICY), Wanted)


def test_an_occurrence_shares_the_meeting_of_its_series():
    assert isinstance(judge(event(title="@zoom", series="s"), None, replace(POLICY, covered=True)), Unwanted)


def test_an_occurrence_that_is_flagged_alone_gets_its_own():
    assert isinstance(judge(event(title="@zoom", series="s"), None, POLICY), Wanted)


def test_what_is_over_is_left_as_it_is():
    over = event(title="@zoom", start=NOW - timedelta(hours=2))
    assert judge(over, live(), POLICY) == Leave("the event is over")


def test_an_existing_meeting_survives_a_foreign_link_that_comes_later():
    linked = shown(event(title="@zoom", description="or https://acme.webex.com/meet/ada"), live())
    assert isinstance(judge(linked, live(), POLICY), Wanted)


def test_an_existing_meeting_moves_with_its_event_beyond_the_window():
    assert isinstance(judge(event(title="@zoom", start=NOW + timedelta(days=500)), live(), POLICY), Wanted)


def test_a_service_that_is_configured_no_more_leaves_its_meetings_alone():
    only_meet = {name: SERVICES[name] for name in ("meet",)}
    verdict = judge(event(title="@zoom"), live(), replace(POLICY, services=only_meet))
    assert verdict == Leave("zoom is no longer configured")


def test_a_link_to_a_server_of_the_operator_s_own_is_a_meeting_too():
    ours = replace(POLICY, flags=replace(POLICY.flags, hosts=("meet.example.org",)))
    link = "https://meet.example.org/standup"
    taken = Unwanted("it already carries a link of somebody else (other)")
    assert judge(event(title="@zoom", location=link), None, ours) == taken
    assert isinstance(judge(event(title="@zoom", location=link), None, POLICY), Wanted)
    room = live(meeting=meeting(join_url=link))
    again = replace(shown(event(title="@zoom"), room), location=link)
    assert isinstance(judge(again, room, ours), Wanted)
    assert isinstance(judge(again, None, ours), Wanted)


def test_our_own_link_is_not_a_foreign_one():
    restored = shown(event(title="@zoom"), live())
    assert isinstance(judge(restored, None, POLICY), Wanted)


def test_a_consumed_keyword_is_remembered_by_the_record():
    known = live(source="location:@zoom")
    assert judge(shown(event(), known), known, POLICY) == Wanted(SERVICES["zoom"], "location:@zoom")


def test_a_consumed_keyword_is_remembered_by_the_mark():
    marked = event(mark=Mark("hd0000000000000001", "e1", "location:@zoom"))
    assert judge(marked, None, POLICY) == Wanted(SERVICES["zoom"], "location:@zoom")


def test_a_later_keyword_beats_a_consumed_one():
    known = live(source="location:@zoom")
    verdict = judge(shown(event(title="Review @none"), known), known, POLICY)
    assert verdict.why == "title:@none asks for no conference"


def test_the_mark_on_a_copied_event_asks_for_nothing():
    assert isinstance(
        judge(event(mark=Mark("hd0000000000000001", "other", "location:@zoom")), None, POLICY), Unwanted
    )


def test_the_rest_of_a_split_series_remembers_the_keyword():
    mark = Mark("hd0000000000000001", "e0", "location:@zoom")
    rest = event(mark=mark)
    assert isinstance(judge(rest, None, POLICY), Unwanted)
    rest = replace(rest, ref=replace(rest.ref, event="e0_R20261201T090000"))
    assert isinstance(judge(rest, None, POLICY), Wanted)


def test_a_title_keyword_is_not_remembered():
    known = live()
    assert isinstance(judge(shown(event(title="Review"), known), known, POLICY), Unwanted)


@pytest.mark.parametrize(
    ("look_in", "asks"), [(("title",), False), (("location",), True), (("location", "title"), True)]
)
def test_keywords_count_only_where_the_operator_says(look_in, asks):
    verdict = judge(event(location="@zoom"), None, with_flags(look_in=look_in))
    assert isinstance(verdict, Wanted) is asks


@pytest.mark.parametrize(
    ("flags", "native", "service"),
    [
        ({"video": "meet"}, ("meet",), "meet"),
        ({"default": "integrated"}, ("meet",), "meet"),
        ({"default": "static"}, ("meet",), "static"),
        ({"default": "auto"}, ("meet",), "zoom"),
        ({"default": "none"}, ("meet",), None),
        ({"default": "integrated"}, (), None),
        ({"video": "meet"}, (), None),
    ],
)
def test_video_follows_the_configuration_and_is_never_swapped(flags, native, service):
    verdict = judge(event(title="@video"), None, replace(with_flags(**flags), native=native))
    assert (verdict.service.name if isinstance(verdict, Wanted) else None) == service


def test_auto_without_zoom_is_what_the_calendar_makes():
    policy = replace(POLICY, services={"meet": SERVICES["meet"]})
    assert judge(event(title="@video"), None, policy).service.name == "meet"


RULES = [
    (Rule("zoom"), {}, True),
    (Rule("zoom", calendars=("cal_1",)), {}, True),
    (Rule("zoom", calendars=("Ad?",)), {}, True),
    (Rule("zoom", calendars=("Bob",)), {}, False),
    (Rule("zoom", organizers=("*@example.com",)), {"organizer": "Ada@Example.com"}, True),
    (Rule("zoom", organizers=("bob@*",)), {}, False),
    (Rule("zoom", attendee_domains=("client.test",)), {"attendees": ("eve@CLIENT.test",)}, True),
    (Rule("zoom", attendee_domains=("client.test",)), {"attendees": ("bob@example.com",)}, False),
    (Rule("zoom", external_guests=True), {"attendees": ("eve@client.test",)}, True),
    (Rule("zoom", external_guests=True), {"attendees": ("bob@example.com",)}, False),
    (Rule("zoom", external_guests=False), {"attendees": ("bob@example.com",)}, True),
    (Rule("zoom", external_guests=False), {"attendees": ("eve@client.test",)}, False),
    (Rule("zoom", title=re.compile("re.iew", re.IGNORECASE)), {}, True),
    (Rule("zoom", title=re.compile("lunch")), {}, False),
    (Rule("zoom", min_minutes=60), {}, True),
    (Rule("zoom", min_minutes=61), {}, False),
    (Rule("zoom", max_minutes=60), {}, True),
    (Rule("zoom", max_minutes=59), {}, False),
    (Rule("none"), {}, False),
]


@pytest.mark.parametrize(("rule", "changes", "asks"), RULES)
def test_a_rule_asks_where_all_its_conditions_hold(rule, changes, asks):
    verdict = judge(event(**changes), None, with_flags(rules=(rule,)))
    assert isinstance(verdict, Wanted) is asks


def test_the_first_rule_that_fits_decides():
    rules = (Rule("none", name="lunch", title=re.compile("Review")), Rule("zoom"))
    assert judge(event(), None, with_flags(rules=rules)).why == "rule:lunch asks for no conference"


def test_a_keyword_beats_a_rule():
    verdict = judge(event(title="@meet"), None, with_flags(rules=(Rule("zoom"),)))
    assert verdict.source == "title:@meet"


def test_a_rule_may_add_a_link_beside_a_foreign_one():
    linked = event(location="https://acme.webex.com/meet/ada")
    assert isinstance(judge(linked, None, with_flags(rules=(Rule("zoom"),))), Unwanted)
    assert isinstance(judge(linked, None, with_flags(rules=(Rule("zoom", even_if_linked=True),))), Wanted)


def test_no_rule_puts_a_native_conference_in_the_place_of_somebody_elses():
    linked = event(native=Native("meet", "ready", "https://meet.google.com/abc-defg-hij"))
    assert isinstance(judge(linked, None, with_flags(rules=(Rule("meet", even_if_linked=True),))), Unwanted)
    assert isinstance(judge(linked, None, with_flags(rules=(Rule("zoom", even_if_linked=True),))), Wanted)


@pytest.mark.parametrize(
    ("title", "left"),
    [("@zoom Review", "Review"), ("Review @ZOOM now", "Review now"), ("@zoom", ""), ("a  b", "a  b")],
)
def test_the_keyword_does_not_become_part_of_the_topic(title, left):
    assert topic(title) == left


def test_a_request_holds_only_what_the_service_follows():
    seen = event(title="@zoom A", attendees=("bob@example.com",))
    assert request(seen, Wanted(SERVICES["zoom"], ""), POLICY).invitees == ("bob@example.com",)
    still = request(seen, Wanted(SERVICES["static"], ""), POLICY)
    assert (still.title, still.start, still.minutes, still.invitees) == ("", None, 0, ())
    assert request(seen, Wanted(SERVICES["meet"], ""), POLICY).host == ""


def test_a_series_has_no_time_of_its_own():
    weekly = event(recurrence=("RRULE:FREQ=WEEKLY",), ends=None)
    asked = request(weekly, Wanted(SERVICES["zoom"], ""), POLICY)
    assert (asked.recurring, asked.start, asked.minutes, asked.zone) == (True, None, 0, "UTC")
    assert asked.recurrence == ()


def test_a_service_whose_series_have_times_is_told_the_rule_and_not_the_exceptions():
    lines = ("RRULE:FREQ=WEEKLY", "RDATE;VALUE=DATE:20261224", "EXDATE:20261203T090000Z")
    weekly, webex = event(recurrence=lines), Service("webex", follows=frozenset({"time", "recurrence"}))
    asked = request(weekly, Wanted(webex, ""), POLICY)
    assert (asked.recurring, asked.recurrence) == (True, lines[:2])
    assert (asked.start, asked.minutes, asked.zone) == (weekly.start, 60, weekly.zone)


def test_minutes_are_rounded_up_and_never_nothing():
    seconds = event(end=NOW + timedelta(days=1, minutes=30, seconds=1))
    nothing = event(end=NOW + timedelta(days=1))
    assert request(seconds, Wanted(SERVICES["zoom"], ""), POLICY).minutes == 31
    assert request(nothing, Wanted(SERVICES["zoom"], ""), POLICY).minutes == 1


def test_the_meetings_of_a_shared_calendar_are_hosted_by_its_account():
    shared = event(organizer="team@group.calendar.google.com")
    assert request(shared, Wanted(SERVICES["zoom"], ""), POLICY).host == "ada@example.com"


def test_a_failed_conference_of_the_calendar_is_no_link():
    failed = event(title="@zoom", native=Native("meet", "failed"))
    assert isinstance(judge(failed, None, POLICY), Wanted)


def test_a_meet_that_we_asked_for_is_ours_even_when_google_forgets_who_asked():
    mine = event(
        title="@meet",
        native=Native("meet", "ready", meeting("meet").join_url),
        mark=Mark("hd0000000000000001", "e1", ""),
    )
    known = live(state="reserved", service="meet", meeting=None, written=False)
    assert isinstance(judge(mine, known, POLICY), Wanted)


def test_flags_have_defaults():
    assert Flags().look_in == ("location", "title", "description")


def test_a_draft_gets_no_meeting_and_keeps_the_one_that_its_guests_know():
    draft = event(title="@zoom", draft=True)
    assert isinstance(judge(draft, None, POLICY), Unwanted)
    assert isinstance(judge(draft, live(state="reserved", meeting=None), POLICY), Unwanted)
    assert isinstance(judge(replace(draft, title="Review"), live(), POLICY), Leave)


@pytest.mark.parametrize(
    ("changes", "flags", "asks"),
    [
        ({"title": "@zoom"}, {"beside_integrated": True}, True),
        ({"title": "@zoom"}, {}, False),
        ({"title": "@video"}, {"beside_integrated": True, "default": "integrated"}, False),
        ({"title": "Customer"}, {"beside_integrated": True, "rules": (Rule("zoom"),)}, False),
    ],
)
def test_a_keyword_may_count_beside_what_the_calendar_made_by_itself(changes, flags, asks):
    native = Native("meet", "ready", "https://meet.google.com/abc-defg-hij", "abc-defg-hij")
    verdict = judge(event(native=native, **changes), None, with_flags(**flags))
    assert isinstance(verdict, Wanted) is asks


def test_no_keyword_counts_beside_a_link_that_somebody_wrote():
    linked = event(title="@zoom", location="https://us02web.zoom.us/j/92674392836")
    assert isinstance(judge(linked, None, with_flags(beside_integrated=True)), Unwanted)
