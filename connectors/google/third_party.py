"""Whether Google lets our OAuth client write conference data of other services. Found out once, by writing.

Ordinary clients are refused, or the data is dropped without a word; some large ones are not.
https://developers.google.com/workspace/calendar/api/v3/reference/events#conferenceData.conferenceSolution.key.type
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

OnCapability = Callable[[str, bool], Awaitable[None]]
"""Keeps what was found out: called with the OAuth client's id and whether it may."""


@dataclass(slots=True)
class ThirdParty:
    """What is known of one OAuth client, shared by all its connectors."""

    client: str
    supported: bool | None = None  # None: not known yet, so the next write tries
    on_capability: OnCapability | None = None

    @property
    def worth_trying(self) -> bool:
        """Say whether a write should carry conference data."""
        return self.supported is not False

    async def learn(self, *, supported: bool) -> None:
        """Take note of how a write ended. A refusal ends all attempts."""
        if self.supported is not supported:
            self.supported = supported
            if self.on_capability is not None:
                await self.on_capability(self.client, supported)
