"""A sandbox on a real port, with Ada and Bob as its people, and Grace and Linus as those on Outlook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

from sandbox.app import Sandbox, serve
from tests.sandbox import graph_client
from tests.sandbox.google_client import Client, Control, Doorstep, doorstep
from tests.sandbox.graph_client import Graph, GraphDoor, graph_door
from tests.sandbox.outlook_client import GRACE, LINUS, Mailbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Serve a sandbox."""
    async with serve() as serving:
        yield serving


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Open a client session."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield session


@pytest.fixture
async def control(sandbox: Sandbox, http: aiohttp.ClientSession) -> Control:
    """Return the control API, with ada and bob as users."""
    control = Control(http, sandbox.url)
    await control("POST", "/users", {"email": "ada@example.com", "name": "Ada"})
    await control("POST", "/users", {"email": "bob@example.com", "name": "Bob"})
    return control


@pytest.fixture
async def ada(control: Control) -> Client:
    """Return Ada's Google client."""
    return await control.client("ada@example.com")


@pytest.fixture
async def bob(control: Control) -> Client:
    """Return Bob's Google client."""
    return await control.client("bob@example.com")


@pytest.fixture
async def door() -> AsyncIterator[Doorstep]:
    """Listen for pushes on a loopback port."""
    async with doorstep() as step:
        yield step


@pytest.fixture
async def outlook(sandbox: Sandbox, http: aiohttp.ClientSession) -> Control:
    """Return the control API, with grace and linus as users of Outlook."""
    control = Control(http, sandbox.url)
    for email in ("grace@contoso.example", "linus@contoso.example"):
        await control("POST", "/users", {"email": email, "home": "microsoft"})
    return control


@pytest.fixture
async def graph(outlook: Control) -> Graph:
    """Return the app's client of Graph."""
    return await graph_client.app(outlook.http, outlook.url)


@pytest.fixture
async def hook() -> AsyncIterator[GraphDoor]:
    """Listen for Graph's notifications on a loopback port."""
    async with graph_door() as door:
        yield door


@pytest.fixture
async def grace(graph: Graph, outlook: Control) -> Mailbox:
    """Return Grace's mailbox."""
    return Mailbox(graph, outlook, GRACE)


@pytest.fixture
async def linus(graph: Graph, outlook: Control) -> Mailbox:
    """Return Linus's mailbox."""
    return Mailbox(graph, outlook, LINUS)
