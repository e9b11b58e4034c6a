"""The real process answers as its description says, whatever it is sent: no 5xx, and everything wrong is named."""

from __future__ import annotations

import json
import random
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pycronofy.batch import BatchBuilder
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from api.v1.reference import described
from tests.system import machine
from tests.system.calling import CLIENT, SECRET, application, client, wanted
from tests.system.huddled import install
from tests.system.linking import linkable

pytestmark = pytest.mark.system

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]
EXAMPLES = 12  # of each operation, of good bodies and of bad ones
OPERATIONS = [
    (path, method)
    for path, item in described()["paths"].items()
    for method in ("get", "post", "delete")
    if method in item
]
SEED = 5


@pytest.fixture(scope="module")
def huddled(providers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("huddled")
    linked = {name: section for name, section in linkable(folder, providers).items() if name != "zoom"}
    told = [application(folder)]
    made = install(folder, providers, {}, zoom=None, flags={"video": "static"}, applications=told, **linked)
    try:
        made.start()
        yield made
    finally:
        machine.end(made.process)
        providers("POST", "/reset", {})


@pytest.fixture(scope="module")
def tester(huddled):
    """Return a calendar of our own with a few events, and who may use it."""
    own = client(huddled)
    own.application_calendar("trial")
    calendar = own.list_calendars()[0]["calendar_id"]
    for first in range(0, 100, 50):
        batch = BatchBuilder()
        for number in range(first, first + 50):
            chosen = {"profile_id": "none" if number % 2 else "default"}
            batch.upsert_event(calendar, wanted(f"event {number}", number, conferencing=chosen))
        own.batch(batch)
    own.upsert_event(calendar, wanted("series", recurrence={"rules": [{"frequency": "daily", "count": 3}]}))
    channel = own.create_notification_channel("http://127.0.0.1:9/", [calendar])["channel_id"]
    page = own.read_events().next_page_url.rpartition("/")[2]
    names = {"calendar_id": calendar, "channel_id": channel, "profile_id": "pro_x", "token": page}
    with requests.Session() as session:
        session.trust_env = False
        yield Caller(huddled.public, own.auth, names, session)


class Caller:
    def __init__(self, url, held, names, session):
        self.url, self.held, self.names, self.session = url, held, names, session

    def headers(self):
        return {"Authorization": f"Bearer {self.held.access_token}"}

    def send(self, method, path, body=b"", content_type="application/json", **headers):
        sent = {"Content-Type": content_type, **self.headers(), **headers}
        return self.session.request(
            method, self.url + path.format(**self.names), data=body, headers=sent, timeout=30
        )


def sense(case, tester):
    """Make sense of what the description cannot say: times that follow one another, addresses, zones."""
    if case.query.keys() & {"from", "to", "tzid"}:
        case.query.update({"tzid": "Europe/Berlin", "from": "2020-01-01", "to": "2099-01-01"})
        case.query.pop("last_modified", None)
        case.query.pop("calendar_ids[]", None)
    if case.method == "DELETE":
        case.query.clear()
    if isinstance(case.body, dict) and "grant_type" in case.body:
        case.body.update(grant_type="refresh_token", refresh_token=tester.held.refresh_token)
    if isinstance(case.body, dict) and "summary" in case.body:
        good = wanted("schemathesis", summary="A summary", tzid="Europe/Berlin")
        kept = {key: value for key, value in case.body.items() if key in ("event_private", "transparency")}
        case.body = {**good, **kept, "reminders": case.body.get("reminders")}
    if isinstance(case.body, dict) and {"callback_url", "redirect_uri"} & case.body.keys():
        case.body = {
            key: "https://app.example.com/?a=b" for key in case.body if key.endswith(("_url", "_uri"))
        }


def is_client(path):
    return "security" in described()["paths"][path]["post"] if "post" in described()["paths"][path] else False


@pytest.fixture(scope="module")
def schema():
    return schemathesis.openapi.from_dict(described())


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@pytest.mark.parametrize("kind", ["positive", "negative"])
def test_every_answer_is_as_the_description_says(tester, schema, path, method, kind):
    operation = schema[path][method.upper()]
    cases = operation.as_strategy(generation_mode=schemathesis.GenerationMode(kind))
    dice = random.Random(SEED)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def each(case):
        for name in tester.names:
            if name in case.path_parameters and dice.random() < 0.8:
                case.path_parameters[name] = tester.names[name]
        if is_client(path) and isinstance(case.body, dict) and dice.random() < 0.8:
            case.body = {**case.body, "client_id": CLIENT, "client_secret": SECRET}
        if kind == "positive" and dice.random() < 0.7:
            sense(case, tester)
        if path == "/oauth/token/revoke" and isinstance(case.body, dict):
            case.body.pop("sub", None)
        case.call_and_validate(
            base_url=tester.url, headers=tester.headers(), checks=CHECKS, session=tester.session, timeout=30
        )

    each()


BODIES = {
    "not UTF-8": b'{"summary": "\xff\xfe"}',
    "cut off": b'{"summary": "x',
    "half a character": b'{"summary": "\\ud800", "\\udfff": 1}',
    "a zero": b'{"summary": "a\\u0000b"}',
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "deep lists": b'{"event_id": ' + b"[" * 90_000 + b"]" * 90_000 + b"}",
    "deeper than we go": b'{"a":' * 40 + b"1" + b"}" * 40,
    "a key twice": b'{"event_id": "a", "event_id": "b"}',
    "a key twice, further in": b'{"conferencing": {"profile_id": "none", "profile_id": "default"}}',
    "a list": b"[]",
    "a text": b'"text"',
    "a number": b"12345678901234567890123456789012345678901234567890",
    "a huge number": b'{"reminders": [{"minutes": 1' + b"0" * 5000 + b"}]}",
    "a larger number": b'{"reminders": [{"minutes": 1e99999}]}',
    "no number": b'{"reminders": [{"minutes": NaN}]}',
    "1 MB": b'{"description": "' + b"x" * 1_048_500 + b'"}',
    "over 1 MB": b'{"description": "' + b"x" * 1_100_000 + b'"}',
}
WRITING = [(path, method) for path, method in OPERATIONS if method != "get"]
GOOD = {
    "/v1/userinfo",
    "/v1/profiles/{profile_id}/revoke",
    "/v1/channels/{channel_id}",
}  # which read no field


def problems(answer):
    """Return what is wrong, by field."""
    told = answer.json()["errors"]
    for name, found in told.items():
        assert name
        for one in found:
            assert one["key"].startswith("errors.")
            assert one["description"]
    return told


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize(("path", "method"), WRITING)
def test_a_body_that_cannot_be_is_refused_with_the_name_of_the_field(tester, path, method, what):
    answer = tester.send(method.upper(), path, BODIES[what])
    if path.startswith("/oauth/"):
        assert answer.status_code in (400, 401, 413), answer.text
        assert answer.json().keys() <= {"error", "errors"}
    elif what == "1 MB" and path in GOOD:  # there is nothing wrong with it
        assert answer.status_code in (200, 404)
    elif "security" in described()["paths"][path][method] and answer.status_code == 401:
        assert answer.json() == {"error": "invalid_client"}
    else:
        assert answer.status_code in (413, 422), answer.text
        assert problems(answer)


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.sampled_from(
        ["2028-04-28", "2028-04-28T10:00:00Z", "9999-12-31T23:59:59+14:00", "0001-01-01", "none"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
EVENT = wanted(
    "x",
    location={"description": "x"},
    attendees={
        "invite": [{"email": "a@example.com", "display_name": "A"}],
        "remove": [{"email": "b@example.com"}],
    },
    reminders=[{"minutes": 5}],
    transparency="opaque",
    event_private=False,
    recurrence={"rules": [{"frequency": "weekly", "interval": 1, "by_day": ["monday"], "count": 2}]},
    conferencing={
        "profile_id": "explicit",
        "provider_description": "x",
        "join_url": "https://x.example.com/",
    },
    subscriptions=[
        {
            "type": "webhook",
            "uri": "https://x.example.com/",
            "interactions": [{"type": "conferencing_failing"}],
            "transitions": [{"before": "event_start", "offset": {"minutes": 5}}],
        }
    ],
)


def places(value, path=()):
    """List where anything stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [deeper for key, below in inner for deeper in [(*path, key), *places(below, (*path, key))]]


def replaced(value, path, other):
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


def dotted(path):
    """Write a path as errors name it."""
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)[1:]


@settings(
    max_examples=400,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(where=st.sampled_from(places(EVENT)), other=ODD)
def test_whatever_stands_in_a_field_it_is_taken_or_named(tester, where, other):
    body = replaced(EVENT, where, other)
    answer = tester.send("POST", "/v1/calendars/{calendar_id}/events", json.dumps(body).encode())
    assert answer.status_code in (202, 422), (body, answer.text)
    if answer.status_code == 422:
        top = str(where[0])
        named = problems(answer)
        related = {"start": {"start", "end", "recurrence"}, "end": {"start", "end"}}.get(top, {top})
        assert {urlsplit(one).path.split(".")[0].split("[")[0] for one in named} <= related, (
            dotted(where),
            named,
        )


QUERIES = [
    "%ff",
    "%00",
    "x" * 2000,
    "-1",
    "9" * 400,
    "%F0%9F%92%A9",
    "2028-02-30",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01",
    "%0d%0aX: y",
    "[]",
]
PARAMETERS = [one["name"] for one in described()["paths"]["/v1/events"]["get"]["parameters"]]


@pytest.mark.parametrize("name", PARAMETERS)
def test_whatever_stands_in_a_query_it_is_taken_or_named(tester, name):
    for value in QUERIES:
        good = "" if name == "tzid" else "tzid=UTC&"
        answer = tester.send("GET", f"/v1/events?{good}{name}={value}")
        assert answer.status_code in (200, 404, 422), (name, value, answer.text)
        if answer.status_code == 422:
            assert problems(answer).keys() <= {name, "query", "to"}, (value, answer.text)
        many = "&".join([f"calendar_ids[]={value}"] * 200)
        assert tester.send("DELETE", f"/v1/events?{many}").status_code in (400, 404, 422)


@pytest.mark.parametrize(
    "path", ["%ff", "%00", "..%2f..%2fetc", "x" * 4000, "%F0%9F%92%A9", "a%0d%0ab", "'", "%"]
)
def test_whatever_stands_in_a_path_it_is_not_there(tester, path):
    for pattern, method in OPERATIONS:
        if "{" in pattern:
            url = pattern[: pattern.index("{")] + path + pattern[pattern.index("}") + 1 :]
            answer = tester.session.request(
                method, tester.url + url, data=b"{}", headers=tester.headers(), timeout=30
            )
            assert answer.status_code in (400, 404, 422), (url, answer.text)


def test_the_process_shows_its_description(tester):
    for path in ("/api", "/api/openapi.yaml", "/link/page/style.css"):
        answer = tester.session.get(tester.url + path, timeout=30)
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
