"""The registry gives what is configured, and loads no provider before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from connectors.errors import Rejected
from connectors.registry import Credentials, Registry
from connectors.settings import DailySettings, JitsiSettings, StaticSettings, WherebySettings

ROOT = Path(__file__).resolve().parents[2]
ADA = Credentials("google", "ada@example.com")
SETTINGS = {
    "jitsi": JitsiSettings("secret"),
    "whereby": WherebySettings("key"),
    "daily": DailySettings("key"),
    "static": StaticSettings("https://meet.example.org/{key}"),
}


def registry(**settings):
    return Registry(None, lambda: datetime(2026, 11, 22, tzinfo=UTC), Random(1), **settings)


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_is_there_where_the_settings_name_it(service):
    made = registry(**SETTINGS).meetings(service, ADA)
    assert type(made).__module__ == f"connectors.{service}.meetings"
    with pytest.raises(Rejected, match=f"{service} is not configured"):
        registry().meetings(service, ADA)


def test_links_of_the_caller_s_own_need_no_settings():
    assert type(registry().meetings("explicit", ADA)).__module__ == "connectors.explicit.meetings"


def test_a_provider_that_is_not_configured_is_not_loaded():
    program = (
        "import sys, connectors.registry, daemon.app, daemon.world\n"
        "print(*(name for name in sys.modules if name.startswith('connectors.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[1] for name in done.stdout.split()}
    assert loaded.isdisjoint({"daily", "explicit", "jitsi", "keyed", "static", "whereby"})
    assert "settings" in loaded
