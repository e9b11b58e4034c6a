"""The scopes that docs/zoom.md asks for are enough for all that huddled does with Zoom, and each is needed."""

from __future__ import annotations

import re

import pytest

from tests.system import machine
from tests.system.checks import of, traces

pytestmark = pytest.mark.system

PAGE = machine.ROOT / "docs" / "zoom.md"
USES = {
    "meeting:write:meeting": "zoom.create",
    "meeting:update:meeting": "zoom.update",
    "meeting:delete:meeting": "zoom.delete",
    "meeting:read:list_meetings": "zoom.list",
    "meeting:read:meeting": "zoom.get",
}


def test_an_app_with_the_scopes_of_the_page_does_the_whole_job(stage):
    scopes = re.findall(r"^\| `([\w:]+):admin` \|", PAGE.read_text(), re.MULTILINE)
    stage.providers("POST", "/zoom/switches", {"scopes": scopes})
    stage.huddled.start()
    stage.watching()
    stage.providers.fault("zoom.create", drop="after")
    event = stage.ada.add("Plan @zoom")
    stage.until(lambda: of(stage.ada.see(event)) == "zoom", "the meeting whose answer was lost")
    stage.ada.change(event, title="Another name @zoom")
    stage.rest()
    stage.ada.change(event, title="Another name")
    stage.rest()
    assert traces(stage.ada.see(event)) == []
    assert stage.providers.zoom() == []
    assert {op for op in stage.providers.counted() if op.startswith("zoom.")} == {
        USES[scope] for scope in scopes
    }
