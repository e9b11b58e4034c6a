"""People who link accounts of their own: they open our page and go through it, as a browser would."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Sequence
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from tests.system.checks import link
from tests.system.huddled import secret
from tests.system.providers import Providers
from tests.system.seen import Json, Seen
from tests.system.stage import Stage

ADA = "ada@example.com"
_HOSTS = {"zoom": "host_email", "goto": "host_email", "webex": "host"}
_URLS = {"zoom": "join_url", "goto": "join_url", "webex": "webLink"}


def linkable(folder: Path, providers: Providers) -> dict[str, Any]:
    """Return the settings of the apps that people link."""
    base = providers.url
    return {
        "zoom": {
            "user_client_id": "sandbox-zoom-app",
            "user_client_secret_file": secret(folder / "zoom-app.secret", "sandbox-zoom-app-secret"),
        },
        "goto": {
            "client_id": "sandbox-goto",
            "client_secret_file": secret(folder / "goto.secret", "sandbox-goto-secret"),
            "api_base": f"{base}/goto",
            "oauth_base": f"{base}/goto/oauth",
            "list_lag_seconds": 1,
        },
        "webex": {
            "client_id": "sandbox-webex",
            "client_secret_file": secret(folder / "webex.secret", "sandbox-webex-secret"),
            "api_base": f"{base}/webex/v1",
            "list_lag_seconds": 1,
        },
    }


def agree(url: str, provider: str, who: str, *, deny: bool = False) -> str:
    """Go through a link in a fresh browser as `who` at the provider, who agrees or not. Returns the last page."""
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
    )

    def read(address: str, form: dict[str, str] | None = None) -> str:
        with browser.open(address, urlencode(form).encode() if form else None, timeout=60) as answer:
            return answer.read().decode()

    page = read(url)
    action, proof = (
        re.search(pattern, page)[1] for pattern in (r'action="([^"]+)"', r'name="proof" value="([^"]+)"')
    )
    left = read(urljoin(url, action), {"proof": proof, "provider": provider})
    onward = re.search(r'content="0; ?url=([^"]+)"', left)[1].replace("&amp;", "&")
    answer = "&sandbox_answer=deny&decline=1" if deny else ""  # as the simulated Microsoft and Zoom know it
    return read(f"{onward}&as={who}{answer}")


def link_account(stage: Stage, provider: str, who: str) -> str:
    """Have Ada link `who`'s account at a provider, and return the profile."""
    give(stage, provider, who, ADA)
    (profile,) = (one["id"] for one in accounts(stage) if (one["provider"], one["name"]) == (provider, who))
    return profile


def give(stage: Stage, provider: str, who: str, to: str) -> None:
    """Have a person link `who`'s account at a provider."""
    told = stage.huddled.told("link", provider, "--account", to)
    assert "is connected" in agree(told["url"], provider, who)


def accounts(stage: Stage) -> Sequence[Json]:
    """Return the linked accounts as the status tells of them."""
    return stage.huddled.told("status")["conferencing"]


def all_meetings(stage: Stage) -> list[tuple[str, str, str]]:
    """Return provider, host and link of every meeting at the providers where people have accounts."""
    state = stage.providers.state()
    return [
        (provider, one[_HOSTS[provider]], one[_URLS[provider]])
        for provider in _HOSTS
        for one in state[provider]["meetings"]
    ]


def made_at(stage: Stage, event: Seen) -> tuple[str, str]:
    """Wait until an event has a meeting of its own, and return the provider and the host."""

    def found() -> tuple[str, str] | None:
        if any(event.id in one for one in stage.huddled.owed()):
            return None
        url = link(stage.ada.see(event))
        there = [(provider, host) for provider, host, join in all_meetings(stage) if join == url]
        assert len(there) < 2
        return there[0] if there else None

    return stage.until(found, f"a meeting of {event.title}")
