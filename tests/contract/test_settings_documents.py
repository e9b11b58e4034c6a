"""Every setting that we send stands in the providers' own descriptions, for a create and for an update."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.webex import options as webex
from connectors.zoom import options as zoom

DESCRIPTIONS = Path(__file__).resolve().parents[2] / ".." / "shared" / "contracts" / "openapi"
CALLS = {
    "zoom": [("/users/{userId}/meetings", "post"), ("/meetings/{meetingId}", "patch")],
    "webex": [("/meetings", "post"), ("/meetings/{meetingId}", "patch")],
}
SENT = [("zoom", pair) for pair in zoom.TABLE] + [("webex", pair) for pair in webex.TABLE]
TYPES = {"boolean": bool, "string": str}


def described(name):
    file = DESCRIPTIONS / f"{name}_openapi_trimmed.json"
    if not file.is_file():
        pytest.skip("the descriptions are not beside the repository")
    return json.loads(file.read_text())


def resolved(document, schema):
    while "$ref" in schema:
        found = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


@pytest.mark.parametrize(
    ("name", "pair"), SENT, ids=lambda value: value if isinstance(value, str) else value[0]
)
def test_the_description_has_the_setting_with_this_value(name, pair):
    document = described(name)
    path, value = (zoom.TABLE if name == "zoom" else webex.TABLE)[pair]
    for address, method in CALLS[name]:
        body = resolved(document, document["paths"][address][method]["requestBody"])
        schema = resolved(document, next(iter(body["content"].values()))["schema"])
        for step in path:
            schema = resolved(document, schema["properties"][step])
        assert isinstance(value, TYPES[schema["type"]])
        assert "enum" not in schema or value in schema["enum"]
