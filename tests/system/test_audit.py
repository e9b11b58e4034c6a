"""What the comparison with Zoom's list finds, tells, and puts right when it is told to."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import pytest

from tests.system.checks import OPENING, link, words
from tests.system.timetravel import at_work, travel

pytestmark = pytest.mark.system

HOUR = 3600.0
ADA = "ada@example.com"


def ask(url, authorization, body=None):
    """Call Zoom as another app of the account would."""
    data = json.dumps(body).encode() if body is not None else b""
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    with urlopen(Request(url, data, headers)) as answer:
        return json.load(answer)


def plant(stage, agenda):
    """Make a meeting of Ada's at Zoom, past huddled; return its id."""
    zoom = f"{stage.providers.url}/zoom"
    basic = base64.b64encode(b"sandbox-zoom:sandbox-zoom-secret").decode()
    grant = "grant_type=account_credentials&account_id=sandbox-account"
    token = ask(f"{zoom}/oauth/token?{grant}", f"Basic {basic}")["access_token"]
    start = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"topic": "Planted", "type": 2, "start_time": start, "duration": 30, "agenda": agenda}
    return str(ask(f"{zoom}/v2/users/{ADA}/meetings", f"Bearer {token}", body)["id"])


def audited(stage, *words):
    """Have everything compared, and return what was found."""
    before = {one["begun"] for one in stage.huddled.told("status")["audits"]}
    assert stage.huddled.told("audit", *words)["audits"] == [f"zoom/{ADA}"]

    def ended():
        found = stage.huddled.told("status")["audits"]
        return [one for one in found if one["ended"] and one["begun"] not in before]

    (found,) = stage.until(ended, "an audit that has ended")
    return found


def ids(stage):
    return {str(one["id"]) for one in stage.providers.zoom()}


def test_an_audit_tells_what_is_wrong_at_zoom_and_mends_it_only_when_told_to(stage):
    with at_work(stage):
        stage.watching()
        event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
        over = stage.gets(stage.ada.add("Dropped @zoom"), "zoom")
        key = OPENING.search(words(over))[1]
        stage.ada.delete(over)
        stage.no_meeting(link(over))
        orphan = plant(stage, f"huddled:v1:{key}")
        others = {plant(stage, "Bring cake"), plant(stage, "huddled:v1:hd0123456789abcdef")}
        travel(stage, 2 * HOUR)
        (lost,) = ids(stage) - others - {orphan}
        stage.providers("POST", f"/zoom/meetings/{lost}/delete", {})

        told = audited(stage)
        assert (told["mode"], told["orphans"], told["dead"]) == ("report", [orphan], [event.id])
        assert (told["strange"], told["removed"], told["mended"]) == (1, 0, 0)
        assert ids(stage) == others | {orphan}
        assert "Audit of zoom/" in stage.huddled.command("status").stdout

        told = audited(stage, "--repair")
        assert (told["mode"], told["removed"], told["mended"]) == ("repair", 1, 1)
        stage.until(lambda: link(stage.ada.see(event)) != link(event), "another link")
        after = stage.gets(event, "zoom")
        (made,) = ids(stage) - others
        assert made in link(after)
        assert others < ids(stage)
