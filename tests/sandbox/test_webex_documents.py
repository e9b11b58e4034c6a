"""The simulated Webex against Webex's published description and against recorded requests and answers."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.sandbox.webex_caller import calling

SHARED = Path(__file__).resolve().parents[3] / "shared"
DESCRIPTION = SHARED / "contracts" / "openapi" / "webex_openapi_trimmed.json"
SAMPLES = SHARED / "fixtures" / "conferencing" / "webex"

described = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason="Webex's OpenAPI description is not beside the repository"
)
sampled = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recorded Webex answers are not beside the repository"
)


@pytest.fixture
async def caller():
    async with calling() as made:
        yield made


@cache
def description() -> Any:
    return json.loads(DESCRIPTION.read_text())


def faults(path: str, method: str, body: Any) -> list[str]:
    """Say what in an answer is not as described."""
    answers = description()["paths"][path][method]["responses"]["200"]["content"]
    schema = next(iter(answers.values()))["schema"] | {"components": description()["components"]}
    return [
        f"{list(error.path)}: {error.message}" for error in Draft202012Validator(schema).iter_errors(body)
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
@pytest.mark.parametrize("changes", [{}, {"recurrence": "FREQ=WEEKLY;COUNT=3"}, {"integrationTags": ["hd1"]}])
async def test_meetings_answer_as_described(caller, changes):
    made = await caller.create(invitees=[{"email": "ben@example.net"}], **changes)
    assert faults("/meetings", "post", made) == []
    assert (
        faults("/meetings/{meetingId}", "get", (await caller.webex("GET", f"meetings/{made['id']}")).body)
        == []
    )
    # A series has no series of its own: the recorded answers do without, whatever the description says.
    unknown = "'meetingSeriesId' is a required property"
    patched = await caller.webex("PATCH", f"meetings/{made['id']}", {"title": "x", "sendEmail": False})
    listed = await caller.webex("GET", "meetings")
    found = faults("/meetings/{meetingId}", "patch", patched.body) + faults("/meetings", "get", listed.body)
    assert [fault for fault in found if not fault.endswith(unknown)] == []


@described
async def test_invitees_and_sites_answer_as_described(caller):
    made = await caller.create(invitees=[{"email": "ben@example.net"}])
    listed = await caller.webex("GET", f"meetingInvitees?meetingId={made['id']}")
    assert faults("/meetingInvitees", "get", listed.body) == []
    one = {"meetingId": made["id"], "email": "carol@example.net", "sendEmail": False}
    assert faults("/meetingInvitees", "post", (await caller.webex("POST", "meetingInvitees", one)).body) == []
    many = {"meetingId": made["id"], "items": [{"email": "dan@example.net", "sendEmail": False}]}
    answer = await caller.webex("POST", "meetingInvitees/bulkInsert", many)
    assert faults("/meetingInvitees/bulkInsert", "post", answer.body) == []
    sites = await caller.webex("GET", "meetingPreferences/sites")
    assert faults("/meetingPreferences/sites", "get", sites.body) == []


@sampled
async def test_a_recorded_create_and_move_are_answered_with_the_recorded_shape(caller):
    made = None
    for name in ("create", "patch_time"):
        recorded = sample(name)
        body = recorded["request"]["json"] | _soon(caller)
        method, path = ("PATCH", f"meetings/{made}") if made else ("POST", "meetings")
        answer = await caller.webex(method, path, body)
        made = answer.body["id"]
        assert answer.status == recorded["response"]["status"]
        theirs = shape(recorded["response"]["body"])
        mine = {key: one for key, one in shape(answer.body).items() if key in theirs}
        assert {key: one for key, one in theirs.items() if mine.get(key) != one} in ({}, {"agenda": "str"})


@sampled
@pytest.mark.parametrize("name", ["oauth_token", "oauth_refresh"])
async def test_tokens_have_the_recorded_shape(caller, name):
    granted = await caller.log_in()
    if name == "oauth_refresh":
        granted = (
            await caller.token(grant_type="refresh_token", refresh_token=granted["refresh_token"])
        ).body
    assert shape(granted) == shape(sample(name)["response"]["body"])


@sampled
@pytest.mark.parametrize(
    ("name", "status"), [("errors_401", 401), ("errors_403_scope", 403), ("errors_429", 429)]
)
async def test_refusals_have_the_recorded_shape_and_words(caller, name, status):
    await caller.control("faults", provider="webex", op="webex.create", status=status)
    answer, recorded = await caller.webex("POST", "meetings", caller.review()), sample(name)["response"]
    assert shape(answer.body) == shape(recorded["body"])
    assert answer.body["message"] == recorded["body"]["message"]


@sampled
async def test_a_delete_answers_with_nothing(caller):
    made = await caller.create()
    answer = await caller.webex("DELETE", f"meetings/{made['id']}?sendEmail=false")
    assert (answer.status, answer.body) == (sample("delete")["response"]["status"], "")


def _soon(caller: Any) -> dict[str, str]:
    body = caller.review()
    assert datetime.fromisoformat(body["start"]) > caller.sandbox.world.now()
    return {"start": body["start"], "end": body["end"]}
