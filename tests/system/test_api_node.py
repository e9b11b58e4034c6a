"""An application with Cronofy's client for Node, where it is there: its address is the only thing that changes."""

from __future__ import annotations

import base64
import hmac
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.system import machine
from tests.system.calling import CLIENT, SECRET, application, issued, moment, wanted
from tests.system.checks import ZOOM
from tests.system.homes import everywhere
from tests.system.linking import ADA, linkable
from tests.system.stage import set_up

MODULES = Path(os.environ.get("CRONOFY_NODE_MODULES", ""))
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.system,
    everywhere,
    pytest.mark.skipif(NODE is None, reason="there is no Node.js on this machine"),
    pytest.mark.skipif(
        not (MODULES / "cronofy").is_dir(),
        reason="CRONOFY_NODE_MODULES names no folder node_modules with Cronofy's client: npm install cronofy",
    ),
]


def test_an_application_for_node_lives_its_life(providers, tmp_path, home):
    stage = set_up(tmp_path, providers, home)
    stage.huddled.configure(**linkable(tmp_path, providers), applications=[application(tmp_path)])
    body = '{"example":"well-known"}'
    digest = hmac.new(SECRET.encode(), body.encode(), "sha256").digest()
    given = {
        "url": stage.huddled.public,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "event": wanted("node"),
        "later": {"start": moment(48), "end": moment(49)},
        "hook": "http://127.0.0.1:9/hook",
        "signed": {"body": body, "signature": base64.b64encode(digest).decode()},
    }
    try:
        stage.huddled.start()
        stage.watching()
        told = issued(stage)
        given |= {name: told[name] for name in ("access_token", "refresh_token")}
        script = Path(__file__).with_name("application.cjs")
        done = subprocess.run(
            [NODE, str(script), json.dumps(given)],
            env={"CRONOFY_NODE_MODULES": str(MODULES), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        saw = json.loads(done.stdout)
        assert saw.pop("conferencing")["join_url"].startswith(ZOOM)
        wrong = saw.pop("wrong")
        assert (wrong["status"], wrong["errors"].keys()) == (422, {"summary", "conferencing.profile_id"})
        assert saw == {
            "account": ADA,
            "profiles": 1,
            "created": "",
            "kept": True,
            "own": 0,
            "channels": [True],
            "page": True,
            "conferencing_profiles": [],
            "batch": [202],
            "pages": [2, 51],
            "hmac": True,
            "refreshed": True,
            "gone": {"status": 401, "errors": None},
        }
        stage.in_step({})
    finally:
        machine.end(stage.huddled.process)
        providers("POST", "/reset", {})
