"""The way out to addresses that strangers have given us: never to a private one, unless that is allowed.

What is checked is the address that a connection is made to, at that moment: a name may be resolved anew and
differently at any time. Nothing goes through a proxy, which would resolve names where we cannot see it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from connectors import surroundings
from connectors.errors import Rejected, Transient
from connectors.http import retry_after, user_agent
from connectors.networks import is_public

ANSWER = 4096  # bytes of an answer's body that are taken from the network before it is let go, about
LOOKUPS = 4  # names that are looked up at a time, apart from those of the providers
CONNECTIONS = 32

AddrInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
Permit = Callable[[str], bool]


class Forbidden(OSError):
    """The address is not on the public internet."""


@dataclass(slots=True)
class Guarded:
    """Posts to addresses that are not ours to trust."""

    closed: aiohttp.ClientSession = field(repr=False)
    open: aiohttp.ClientSession = field(repr=False)  # where private addresses are allowed

    async def post(
        self, url: str, headers: dict[str, str], body: bytes, deadline: float, *, allow_private: bool = False
    ) -> int:
        """Return the status of the answer, whatever it is; a redirection is not followed.

        Raises Transient where none came within `deadline` seconds, or where it asks for patience (429 and 503 with
        Retry-After); Rejected where the address is private.
        """
        session = self.open if allow_private else self.closed
        try:
            async with (
                asyncio.timeout(deadline),
                session.post(_url(url), headers=headers, data=body, allow_redirects=False) as answer,
            ):
                return _judged(answer)
        except TimeoutError:
            raise Transient(f"no answer within {deadline:.0f} seconds", reason="deadline") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if _is_forbidden(error):
                message = "the address is not on the public internet, and the application may not use others"
                raise Rejected(message, reason="private_address") from None
            raise Transient(f"the connection failed ({type(error).__name__})", reason="connection") from None


def _url(url: str) -> URL:
    """Leave an address as it was given, wherever it can be sent so."""
    return URL(url, encoded=url.isascii())


def _judged(answer: aiohttp.ClientResponse) -> int:
    wait = retry_after(answer.headers, datetime.now(UTC)) if answer.status in {429, 503} else None
    if wait is not None:
        raise Transient(
            f"the answer was {answer.status}", retry_after=wait, status=answer.status, reason="busy"
        )
    return answer.status


def _is_forbidden(error: BaseException) -> bool:
    """Find out whether a connection failed because we would not make it."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    grouped = cause.exceptions if isinstance(cause, BaseExceptionGroup) else (cause,)
    return any(isinstance(one, Forbidden) for one in grouped)


@asynccontextmanager
async def guard(
    permit: Permit = is_public, resolver: Callable[[], AbstractResolver] | None = None
) -> AsyncIterator[Guarded]:
    """Open the way out; it ends with the block. `permit` tells of a numeric address whether it may be used."""
    make, tls = resolver or Names, surroundings.tls()
    async with (
        _session(_check(permit), make(), tls) as closed,
        _session(_check(lambda _: True), make(), tls) as opened,
    ):
        yield Guarded(closed, opened)


def _session(
    factory: Callable[[AddrInfo], socket.socket], resolver: AbstractResolver, tls: ssl.SSLContext
) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        ssl=tls,
        limit=CONNECTIONS,
        keepalive_timeout=15,
        resolver=resolver,
        socket_factory=factory,
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # a small answer may unpack to a large one
        read_bufsize=ANSWER,
        trust_env=False,
        headers={"User-Agent": user_agent()},
    )


def _check(permit: Permit) -> Callable[[AddrInfo], socket.socket]:
    """Return what makes sockets, for permitted addresses only: the last step before the connection."""

    def make(info: AddrInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if not permit(str(address[0])):
            raise Forbidden
        return socket.socket(family, kind, protocol)

    return make


class Names(AbstractResolver):
    """Looks names up with threads of its own: a name server that is slow for one of them holds up no provider."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._pool = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises OSError."""
        found = await asyncio.get_running_loop().run_in_executor(self._pool, _look_up, host, port, family)
        return [_result(host, one) for one in found]

    async def close(self) -> None:
        """Wait for nothing."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: int) -> list[AddrInfo]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)


def _result(host: str, info: AddrInfo) -> ResolveResult:
    family, _, protocol, _, address = info
    return ResolveResult(
        hostname=host,
        host=str(address[0]),
        port=int(address[1]),
        family=int(family),
        proto=protocol,
        flags=int(socket.AI_NUMERICHOST | socket.AI_NUMERICSERV),
    )
