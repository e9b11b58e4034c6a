"""The simulated Zoom against Zoom's published description and against recorded requests and answers."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from sandbox.zoom import schema
from tests.sandbox.zoom_caller import ADA, REVIEW, calling

SHARED = Path(__file__).resolve().parents[3] / "shared"
DESCRIPTION = SHARED / "contracts" / "openapi" / "zoom_openapi_trimmed.json"
SAMPLES = SHARED / "fixtures" / "conferencing" / "zoom"

described = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason="Zoom's OpenAPI description is not beside the repository"
)
sampled = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recorded Zoom answers are not beside the repository"
)

WEEKLY = {"type": 8, "recurrence": {"type": 2, "repeat_interval": 1, "weekly_days": "3", "end_times": 3}}
CREATES: list[dict[str, Any]] = [
    {},
    {"type": 3},
    {"agenda": ""},
    WEEKLY,
    {"settings": {"alternative_hosts": "bob@example.com", "meeting_invitees": [{"email": "x@example.com"}]}},
]


@pytest.fixture
async def caller():
    async with calling() as made:
        yield made


@cache
def description() -> Any:
    return json.loads(DESCRIPTION.read_text())


def body_schema(path: str, method: str, status: str | None = None) -> dict[str, Any]:
    """Return the schema of a request body, or of the answer with that status, with what it refers to."""
    operation = description()["paths"][path][method]
    holder = operation["responses"][status] if status else operation["requestBody"]
    return holder["content"]["application/json"]["schema"] | {"components": description()["components"]}


def faults(schema_: dict[str, Any], body: Any) -> list[str]:
    checker = FormatChecker(["email"])
    checker.checks("date-time", ValueError)(lambda text: datetime.fromisoformat(text).tzinfo is not None)
    return [
        error.message for error in Draft202012Validator(schema_, format_checker=checker).iter_errors(body)
    ]


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def shape(value: Any) -> Any:
    """Return the keys and types of a JSON value; of a list, those of its first item."""
    if isinstance(value, dict):
        return {key: shape(element) for key, element in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@described
@pytest.mark.parametrize("changes", CREATES)
async def test_create_and_get_answer_as_described(caller, changes):
    made = await caller.create(**changes)
    assert faults(body_schema("/users/{userId}/meetings", "post", "201"), made) == []
    got = (await caller.zoom("GET", f"meetings/{made['id']}")).body
    assert faults(body_schema("/meetings/{meetingId}", "get", "200"), got) == []


@described
async def test_lists_and_invitations_answer_as_described(caller):
    for changes in CREATES:
        made = await caller.create(**changes)
    answer = (await caller.zoom("GET", f"users/{ADA}/meetings?page_size=3")).body
    assert faults(body_schema("/users/{userId}/meetings", "get", "200"), answer) == []
    answer = (await caller.zoom("GET", f"meetings/{made['id']}/invitation")).body
    assert faults(body_schema("/meetings/{meetingId}/invitation", "get", "200"), answer) == []


@described
@pytest.mark.parametrize(
    ("path", "method", "check"),
    [
        ("/users/{userId}/meetings", "post", schema.CREATE),
        ("/meetings/{meetingId}", "patch", schema.UPDATE),
    ],
)
def test_every_described_field_is_known_and_no_other(path, method, check):
    fields = resolved(body_schema(path, method))["properties"]
    settings = resolved(fields["settings"])["properties"]

    def unknown(body: dict[str, Any]) -> list[str]:
        return [
            problem.field for problem in schema.problems(check, body) if problem.message == "Unknown field."
        ]

    assert unknown(dict.fromkeys(fields)) == []
    assert unknown({"settings": dict.fromkeys(settings)}) == []
    assert unknown({"another": 1, "settings": {"another": 1}}) == ["another", "settings.another"]


def resolved(schema_: dict[str, Any]) -> Any:
    return (
        description()["components"]["schemas"][schema_["$ref"].rsplit("/", 1)[1]]
        if "$ref" in schema_
        else schema_
    )


@sampled
@pytest.mark.parametrize(
    "name", ["create_scheduled", "create_recurring_no_fixed_time", "create_recurring_fixed"]
)
async def test_a_recorded_create_is_answered_with_the_recorded_shape(caller, name):
    recorded = sample(name)
    answer = await caller.zoom("POST", f"users/{ADA}/meetings", recorded["request"]["json"])
    assert answer.status == recorded["response"]["status"]
    mine, theirs = shape(answer.body), shape(recorded["response"]["body"])
    invitees = {"meeting_invitees"} & recorded["request"]["json"]["settings"].keys()
    assert mine["settings"].keys() - theirs["settings"].keys() <= invitees | {"calendar_type"}
    assert (
        theirs["settings"].items()
        <= {k: v for k, v in mine["settings"].items() if k in theirs["settings"]}.items()
    )
    del mine["settings"], theirs["settings"]
    assert mine == theirs


@sampled
@pytest.mark.parametrize("name", ["patch_time", "patch_occurrence", "delete", "delete_occurrence"])
async def test_a_recorded_change_is_answered_with_204_and_nothing(caller, name):
    recorded = sample(name)["request"]
    rule = WEEKLY["recurrence"] | {"end_times": 3}
    made = (
        await caller.create(type=8, recurrence=rule, start_time="2026-12-01T14:00:00Z")
        if "occ" in name
        else None
    )
    made = made or await caller.create()
    query = recorded["url"].partition("?")[2]
    answer = await caller.zoom(recorded["method"], f"meetings/{made['id']}?{query}", recorded.get("json"))
    assert (answer.status, answer.body) == (204, "")


@sampled
async def test_a_list_item_has_the_recorded_shape(caller):
    await caller.create()
    await caller.create(type=3)
    mine = (await caller.zoom("GET", f"users/{ADA}/meetings?type=scheduled&page_size=2")).body
    theirs = sample("list_scheduled_p1")["response"]["body"]
    assert shape(mine) == shape(theirs)
    assert shape(mine["meetings"][1]) == shape(theirs["meetings"][1])


@sampled
@pytest.mark.parametrize(
    ("name", "method", "path", "body"),
    [
        ("401_124_invalid_token", "GET", "users/x", None),
        ("404_1001_no_user", "POST", "users/nobody@example.com/meetings", REVIEW),
        ("404_3001_no_meeting", "PATCH", "meetings/92674392836", {}),
        (
            "400_300_validation",
            "POST",
            f"users/{ADA}/meetings",
            {"settings": {"meeting_invitees": ["x@example.com"]}},
        ),
        ("429_user_create_update_100", "POST", f"users/{ADA}/meetings", REVIEW),
    ],
)
async def test_errors_have_the_recorded_body_and_headers(caller, name, method, path, body):
    await caller.control("modes", zoom_daily_limit=0 if name.startswith("429") else 100)
    if name.startswith("401"):
        caller.bearer = "x"
    answer, recorded = await caller.zoom(method, path, body), sample(f"errors/{name}")["response"]
    wanted = json.loads(json.dumps(recorded["body"]).replace("(100)", "(0)"))
    assert (answer.status, answer.body) == (recorded["status"], wanted)
    assert recorded["headers"].keys() <= set(answer.headers)


@sampled
async def test_token_answers_have_the_recorded_shape(caller):
    account = await caller.token(grant_type="account_credentials", account_id="sandbox-account")
    assert shape(account.body) == shape(sample("oauth_token_s2s")["response"]["body"])
    person = await caller.log_in_as(ADA)
    assert shape(person) == shape(sample("oauth_token_authorization_code")["response"]["body"])


@sampled
@pytest.mark.parametrize("name", ["users_me", "users_me_settings"])
async def test_users_have_keys_of_the_recorded_ones(caller, name):
    await caller.log_in_as(ADA)
    answer = await caller.zoom("GET", "users/me" if name == "users_me" else "users/me/settings")
    assert keys(answer.body) <= keys(sample(name)["response"]["body"])


def keys(value: Any, path: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {path}
    return {found for key, element in value.items() for found in keys(element, f"{path}.{key}")}
