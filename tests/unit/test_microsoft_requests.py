"""What goes out to Graph, as the SDK builds it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.errors import Rejected
from connectors.microsoft.edits import Patch
from connectors.microsoft.notes import EXPAND, MARK, TEAMS
from connectors.microsoft.requests import Requests

BASE = "https://graph.example.com/v1.0"
ADA = "ada+o'hara@example.com"
CALENDAR, EVENT = "AAMkAGI1-_calendar=", "AAMkAGI1-_event=="
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
IDS, TIMES = 'IdType="ImmutableId"', 'outlook.timezone="UTC"'


@pytest.fixture(scope="module")
def requests():
    return Requests(BASE + "/")


def every(requests):
    return [
        requests.calendars(ADA),
        requests.calendar(ADA),
        requests.delta(ADA, CALENDAR, NOON, NOON),
        requests.link(f"{BASE}/users/a/calendarView/delta?$skiptoken=x"),
        requests.link(f"{BASE}/users/a/calendars?$skip=10", "calendars.list"),
        requests.event(ADA, CALENDAR, EVENT),
        requests.patch(ADA, CALENDAR, EVENT, Patch(content="Hi"), 'W/"1"'),
        requests.subscribe("users/a/events", "https://door", "c t", NOON),
        requests.subscriptions(),
        requests.subscription("s"),
        requests.renew("s", NOON),
        requests.unsubscribe("s"),
    ]


def headers(request):
    return {name.lower(): value for name, value in request.headers.items()}


def test_immutable_ids_are_wanted_of_every_call(requests):
    assert [request.op for request in every(requests) if IDS not in headers(request)["prefer"]] == []


def test_times_are_wanted_in_utc_wherever_events_come_back(requests):
    told = {request.op for request in every(requests) if TIMES in headers(request)["prefer"]}
    assert told >= {"events.delta", "events.get", "events.patch"}


def test_every_page_of_a_listing_asks_for_the_same(requests):
    first = requests.delta(ADA, CALENDAR, NOON, NOON)
    later = requests.link(f"{BASE}/users/a/calendarView/delta?$skiptoken=x")
    assert headers(first)["prefer"] == headers(later)["prefer"]
    assert "odata.maxpagesize=50" in headers(first)["prefer"]


def test_no_call_names_its_lane_or_carries_a_token(requests):
    assert {(request.lane, request.provider) for request in every(requests)} == {("", "microsoft")}
    assert not [request for request in every(requests) if "authorization" in headers(request)]


def test_ids_and_addresses_are_quoted(requests):
    assert requests.event(ADA, CALENDAR, EVENT).url == (
        f"{BASE}/users/ada%2Bo%27hara%40example.com/calendars/AAMkAGI1-_calendar%3D/events/AAMkAGI1-_event%3D%3D"
    )


def test_a_listing_names_its_window(requests):
    url = requests.delta(ADA, CALENDAR, NOON, NOON.replace(year=2027)).url
    assert "/calendarView/delta()?" in url
    assert parse_qs(urlsplit(url).query) == {
        "startDateTime": ["2026-06-01T12:00:00Z"],
        "endDateTime": ["2027-06-01T12:00:00Z"],
    }


def test_what_is_selected_and_expanded_is_said(requests):
    url = requests.event(
        ADA, CALENDAR, EVENT, select=("id", "body"), expand=("exceptionOccurrences", EXPAND)
    ).url
    query = parse_qs(urlsplit(url).query)
    assert query == {"$select": ["id,body"], "$expand": [f"exceptionOccurrences,{EXPAND}"]}


@pytest.mark.parametrize(
    ("patch", "body"),
    [
        (Patch(content="é\r\n<p>🎉", html=True), {"body": {"contentType": "html", "content": "é\r\n<p>🎉"}}),
        (Patch(content="", html=False), {"body": {"contentType": "text", "content": ""}}),
        (
            Patch(mark="m", teams="t", online_meeting=True),
            {
                "isOnlineMeeting": True,
                "onlineMeetingProvider": "teamsForBusiness",
                "singleValueExtendedProperties": [{"id": MARK, "value": "m"}, {"id": TEAMS, "value": "t"}],
            },
        ),
        (
            Patch(location={"displayName": "", "locationUri": ""}),
            {"location": {"displayName": "", "locationUri": ""}},
        ),
    ],
)
def test_a_patch_holds_what_is_changed_and_no_more(requests, patch, body):
    request = requests.patch(ADA, CALENDAR, EVENT, patch, 'W/"1"')
    sent = json.loads(request.body)
    assert without_types(sent) == body
    assert (request.method, headers(request)["if-match"]) == ("PATCH", 'W/"1"')
    assert headers(request)["content-type"] == "application/json"


def without_types(value):
    if isinstance(value, dict):
        return {name: without_types(each) for name, each in value.items() if name != "@odata.type"}
    return [without_types(each) for each in value] if isinstance(value, list) else value


def test_a_location_goes_back_with_all_that_it_had(requests):
    place = {
        "displayName": "Room 4",
        "locationUri": "https://example.org",
        "locationEmailAddress": "room4@example.com",
        "locationType": "conferenceRoom",
        "uniqueId": "Room 4",
        "uniqueIdType": "locationStore",
        "address": {"street": "Marktplatz 1", "city": "Bonn", "postalCode": "53111"},
        "coordinates": {"latitude": 50.735, "longitude": 7.1},
    }
    sent = json.loads(requests.patch(ADA, CALENDAR, EVENT, Patch(locations=(place, place)), "").body)
    assert without_types(sent) == {"locations": [place, place]}


def test_a_write_without_a_state_has_no_condition(requests):
    assert "if-match" not in headers(requests.patch(ADA, CALENDAR, EVENT, Patch(mark="m"), ""))


def test_a_subscription_is_for_everything_at_one_address(requests):
    sent = without_types(json.loads(requests.subscribe("users/a/events", "https://door", "c t", NOON).body))
    assert datetime.fromisoformat(sent.pop("expirationDateTime")) == NOON
    assert sent == {
        "changeType": "created,updated,deleted",
        "notificationUrl": "https://door",
        "lifecycleNotificationUrl": "https://door",
        "resource": "users/a/events",
        "clientState": "c t",
    }


def test_a_renewal_moves_the_end_and_nothing_else(requests):
    request = requests.renew("s=1", NOON)
    assert (request.method, request.url) == ("PATCH", f"{BASE}/subscriptions/s%3D1")
    assert list(without_types(json.loads(request.body))) == ["expirationDateTime"]


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example.com/v1.0/me",
        "http://graph.example.com/v1.0/me",
        "https://graph.example.com:444/v1.0/me",
        "https://graph.example.com.evil.example/v1.0/me",
        "https://user@graph.example.com/v1.0/me",
        "https://graph.example.com/beta/me",
        "https://graph.example.com/v1.0",
        "//graph.example.com/v1.0/me",
        "file:///etc/passwd",
        "",
    ],
)
def test_links_are_followed_to_graph_only(requests, link):
    with pytest.raises(Rejected) as caught:
        requests.link(link)
    assert caught.value.reason == "foreign_link"
    assert "evil" not in str(caught.value)


def test_links_go_out_as_they_came(requests):
    link = f"{BASE}/users('ada')/calendarView/delta()?%24skiptoken=R0%2Bus%3D&x=a+b"
    assert requests.link(link).url == link


@pytest.mark.parametrize("module", ["connectors.registry", "connectors.google.calendar", "daemon.app"])
def test_without_microsoft_none_of_its_libraries_is_loaded(module):
    heavy = "'msal', 'msgraph', 'msgraph_core', 'kiota_abstractions', 'requests', 'httpx', 'azure'"
    code = f"import sys, {module}; print([name for name in ({heavy}) if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
