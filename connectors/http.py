"""The one way out: a client session with deadlines, lanes and a log line for each call. Knows no provider.

Status codes are not judged here; each provider's `wire` module does that. What is judged is silence.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import metadata
from typing import Any

import aiohttp
import structlog
from yarl import URL

from connectors import surroundings
from connectors.errors import Rejected, Transient
from connectors.lanes import Lanes, Limits

LARGEST = 16 * 1024 * 1024  # bytes of one answer, unpacked
CONNECT_SECONDS = 10.0
DEADLINE = 30.0  # seconds
LONGEST_WAIT = 7 * 86_400.0  # seconds that a Retry-After is believed

log = structlog.get_logger("connectors.http")

OnCall = Callable[[str, str, int, float], None]
"""Called after each call with provider, op, status (0 where no answer came) and seconds."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `url` is percent-encoded already; `lane` names the mailbox or host whose turn it takes."""

    method: str
    url: str = field(repr=False)
    provider: str
    op: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    lane: str = ""
    deadline: float | None = None  # seconds, waiting for a turn included; None for what the client was given


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` are looked up in any case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    provider: str = ""

    def json(self) -> Any:
        """Return the body as JSON. For anything else raises Rejected on a 4xx, and Transient if not."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            kind = self.headers.get("Content-Type", "no type")
            refused = Rejected if 400 <= self.status < 500 else Transient
            message = f"answer {self.status} is not JSON but {kind}, {len(self.body)} bytes"
            raise refused(message, provider=self.provider, status=self.status, reason="not_json") from None


@dataclass(slots=True)
class Http:
    """Sends requests, each in its lane and within its deadline."""

    session: aiohttp.ClientSession
    lanes: Lanes
    on_call: OnCall | None = None
    deadline: float = DEADLINE
    largest: int = LARGEST
    lane: str = ""  # in the place of those that the requests name
    _proxies: dict[URL, URL | None] = field(default_factory=dict)

    def within(self, lane: str) -> Http:
        """Return the same, with all requests in one lane."""
        return replace(self, lane=lane)

    async def send(self, request: Request) -> Answer:
        """Return the answer, whatever its status.

        Raises Transient where none came: its `reason` is "not_sent" when the provider cannot have seen the
        request, "outcome_unknown" when it may have acted on it. Raises Rejected for too large an answer.
        """
        call = _Call(request)
        try:
            async with (
                asyncio.timeout(request.deadline or self.deadline),
                self.lanes.turn(request.provider, self.lane or request.lane),
            ):
                call.start()
                return await self._exchange(request, call)
        except (aiohttp.ClientError, OSError) as error:
            raise call.silence(error) from error
        finally:
            call.report(self.on_call)

    async def _exchange(self, request: Request, call: _Call) -> Answer:
        url = URL(request.url, encoded=True)
        async with self.session.request(
            request.method,
            url,
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
            proxy=self._proxy(url),
        ) as response:
            body = await self._read(response, request)
            call.status = response.status
            return Answer(response.status, response.headers, body, request.provider)

    async def _read(self, response: aiohttp.ClientResponse, request: Request) -> bytes:
        chunks, size = [], 0
        async for chunk in response.content.iter_any():
            chunks.append(chunk)
            size += len(chunk)
            if size > self.largest:
                message = f"answer is larger than {self.largest} bytes"
                raise Rejected(message, provider=request.provider, status=response.status, reason="too_large")
        return b"".join(chunks)

    def _proxy(self, url: URL) -> URL | None:
        origin = url.origin()
        if origin not in self._proxies:
            self._proxies[origin] = surroundings.proxy(url)
        return self._proxies[origin]


@dataclass(slots=True)
class _Call:
    """What is to be told of one call once it is over: no query strings, no bodies, no secrets."""

    request: Request
    status: int = 0
    started: float | None = None
    error: str | None = None

    def start(self) -> None:
        self.started = asyncio.get_running_loop().time()

    def silence(self, error: Exception) -> Transient:
        self.error = type(error).__name__
        what = "no answer in time" if isinstance(error, TimeoutError) else "the connection failed"
        if self.started is None or isinstance(error, _NEVER_SENT):
            message, reason = f"{what}; the request was not sent ({self.error})", "not_sent"
        else:
            message, reason = f"{what}; the provider may have acted on it ({self.error})", "outcome_unknown"
        return Transient(message, provider=self.request.provider, reason=reason)

    def report(self, on_call: OnCall | None) -> None:
        if self.started is None:
            return
        seconds = asyncio.get_running_loop().time() - self.started
        trouble = {"error": self.error} if self.error else {}
        log.info(
            "provider call",
            provider=self.request.provider,
            op=self.request.op,
            status=self.status,
            ms=round(seconds * 1000, 1),
            **trouble,
        )
        if on_call is not None:
            on_call(self.request.provider, self.request.op, self.status, seconds)


_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


@asynccontextmanager
async def connect(
    limits: Mapping[str, Limits] | None = None,
    on_call: OnCall | None = None,
    *,
    deadline: float = DEADLINE,
    connections: int = 128,
) -> AsyncIterator[Http]:
    """Open the session; it ends with the block. `limits` are per provider name."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=surroundings.tls(), limit=connections, keepalive_timeout=30),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"{user_agent()} (gzip)"},  # Google packs answers only for those who say so.
    ) as session:
        yield Http(session, Lanes(limits or {}), on_call, deadline)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds from `now` the answer asks to wait: given as seconds, HTTP date or ISO 8601."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_WAIT)
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            until = parse(value)
        except ValueError:
            continue
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT)
    return None


def user_agent() -> str:
    """Name ourselves to those whom we call."""
    try:
        return f"huddled/{metadata.version('huddled')}"
    except metadata.PackageNotFoundError:
        return "huddled/0"
