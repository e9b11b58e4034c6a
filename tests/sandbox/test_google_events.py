"""Events over real HTTP: what a client writes, what it reads back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client, Control

EVENT = {
    "summary": "Plan",
    "start": {"dateTime": "2030-05-06T10:00:00Z"},
    "end": {"dateTime": "2030-05-06T11:00:00Z"},
}


async def test_an_inserted_event_comes_back_whole(ada: Client) -> None:
    made = await ada.insert(id="abcde12345", description="x", location="y")
    assert await ada.get("abcde12345") == made
    assert made["organizer"] == {"email": "ada@example.com", "displayName": "Ada", "self": True}
    assert made["iCalUID"] == "abcde12345@google.com"
    assert made["start"] == {"dateTime": "2030-05-06T10:00:00Z", "timeZone": "UTC"}
