"""A provider that is not configured costs nothing: none of its code is loaded, nor an SDK that only it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.costs import FILES, SECTIONS, loaded, section
from bench.huddled import write

CONNECTORS = Path(__file__).resolve().parents[1] / "connectors"
SDKS = {"google": {"googleapiclient"}, "microsoft": {"msal", "msgraph"}}
CONFIGURED = [
    (),
    ("google", "zoom", "jitsi", "whereby"),
    ("microsoft", "goto", "webex", "daily", "static"),
]


@pytest.mark.parametrize("providers", CONFIGURED)
async def test_what_is_loaded_is_what_is_configured(tmp_path, providers):
    config = write(tmp_path, "".join(map(section, providers)), FILES)
    sdks = set().union(*(SDKS.get(provider, set()) for provider in providers))
    assert set(await loaded(config)) == {*providers, *sdks}


def test_every_provider_is_configured_once_and_left_out_twice():
    made_by_hand = {"explicit", "own"}  # by the calls of applications, without a section of the configuration
    folders = {path.parent.name for path in CONNECTORS.glob("*/__init__.py")}
    assert sorted(provider for providers in CONFIGURED for provider in providers) == sorted(SECTIONS)
    assert set(SECTIONS) == folders - made_by_hand
