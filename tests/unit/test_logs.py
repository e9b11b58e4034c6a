"""What stands in a log: one line per fact, and nothing that a provider or a person could slip in."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

LOGS = """
import logging, sys, structlog
from aiohttp.http_exceptions import BadHttpMessage
from daemon import logs
logs.configure("info", sys.argv[1])
log = structlog.get_logger("x")
log.info("account not linked", error="one\\nforged=line \\x1b[31m\\ud800 Authorization: Bearer canary.1")
try:
    raise ValueError("refresh_token=canary-2\\nsecond line")
except ValueError:
    log.exception("odd")
    logging.getLogger("aiohttp.server").exception("Error handling request")
logging.getLogger("aiohttp.server").error("code=canary-3")
try:
    raise BadHttpMessage("canary-4, as it stood in somebody's cookie")
except BadHttpMessage:
    logging.getLogger("aiohttp.server").exception("Error handling request")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_fact_is_a_line_and_tells_no_secret(form):
    done = subprocess.run([sys.executable, "-c", LOGS, form], capture_output=True, text=True, check=True)
    assert "canary" not in done.stdout + done.stderr
    assert "second line" in done.stderr
    told = [line for line in done.stderr.splitlines() if "forged=line" in line]
    assert ["account not linked" in line for line in told] == [True]
    assert "\x1b[31m\ufffd" not in done.stderr
    if form == "json":
        assert [json.loads(line)["level"] for line in done.stderr.splitlines()] == ["info"] + ["error"] * 3
