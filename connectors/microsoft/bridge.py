"""What msal sends through: our own HTTP client, from msal's thread to our loop and back.

So that deadlines, lanes, log lines, proxies and certificate authorities are the same as for every other call.
https://msal-python.readthedocs.io/en/latest/#msal.ClientApplication (http_client)
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from requests.exceptions import RequestException

from connectors.errors import ProviderError, Transient, Unauthorized
from connectors.http import Answer, Http, Request, retry_after
from connectors.microsoft.errors import PROVIDER

# msal takes no authority but an https one; a name that can never be anybody's stands for the one of this machine.
# https://www.rfc-editor.org/rfc/rfc6761#section-6.4
STAND_IN = "https://authority.invalid"
DEADLINE = 30.0  # seconds: an answer that is lost may hold a refresh token
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Silence(RequestException):
    """The sign-in service gave no answer to go by: what is known of it stands in `known`.

    msal falls back on a token that is still good where this kind of error comes, and passes it on where not.
    """

    def __init__(self, known: ProviderError) -> None:
        """`known` is the error for the caller."""
        super().__init__(str(known))
        self.known = known


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the sign-in service is, as msal has it and as it is."""

    told: str  # for msal
    real: str

    @classmethod
    def of(cls, authority: str) -> Addresses:
        """Return both for an authority as configured. Raises Unauthorized for plain HTTP across a network."""
        real = authority.rstrip("/")
        parts = urlsplit(real)
        if parts.scheme == "https":
            return cls(real, real)
        if parts.scheme == "http" and parts.hostname in _LOOPBACK:
            return cls(STAND_IN, real)
        raise Unauthorized(
            f"the authority {real} must be an https address", provider=PROVIDER, reason="not_configured"
        )

    def out(self, text: str) -> str:
        """Put the real address in the place of msal's."""
        return text.replace(self.told, self.real)

    def back(self, text: str) -> str:
        """Put msal's address in the place of the real one."""
        return text.replace(self.real, self.told)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the form that msal reads."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def raise_for_status(self) -> None:
        """Do nothing: what is no answer has been raised already."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Sends what msal wants to send. Its methods are called in a thread while the loop runs."""

    http: Http
    addresses: Addresses
    name: str  # of the credential
    now: Callable[[], datetime]
    loop: asyncio.AbstractEventLoop

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Reply:
        """Fetch a document about the sign-in service."""
        return self._send("GET", "openid", url, params, headers, None)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> Reply:
        """Ask for a token."""
        body = data if isinstance(data, str) else urlencode(data or {})
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", "token", url, params, {**form, **(headers or {})}, body.encode())

    def close(self) -> None:
        """Leave the session open: it is everybody's."""

    def _send(self, method: str, op: str, url: str, params: Any, headers: Any, body: bytes | None) -> Reply:
        query = f"?{urlencode(params)}" if params else ""
        request = Request(
            method=method,
            url=self.addresses.out(url) + query,
            provider=PROVIDER,
            op=op,
            headers={"Accept": "application/json", **(headers or {})},
            body=body,
            lane=f"token {self.name}",
            deadline=DEADLINE,
        )
        sent = asyncio.run_coroutine_threadsafe(self.http.send(request), self.loop)
        try:
            answer = sent.result()
        except ProviderError as error:
            raise Silence(error) from error
        return self._reply(answer)

    def _reply(self, answer: Answer) -> Reply:
        """Read the answer. What no sign-in service says (a page of a proxy, its own trouble) raises Silence."""
        text = answer.body.decode("utf-8", "replace")
        if answer.status < 500 and answer.status not in (408, 429) and _is_object(text):
            return Reply(answer.status, self.addresses.back(text), dict(answer.headers))
        raise Silence(
            Transient(
                f"the sign-in service answered {answer.status}",
                retry_after=retry_after(answer.headers, self.now()),
                provider=PROVIDER,
                status=answer.status,
                reason="token_endpoint",
            )
        )


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
