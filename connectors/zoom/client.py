"""One call to Zoom: with a token, renewed once where it was refused, and judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from connectors.calling import Call, Caller, done
from connectors.errors import ProviderError
from connectors.http import Answer, Http
from connectors.oauth import Tokens
from connectors.settings import ZoomSettings
from connectors.zoom import refusals
from connectors.zoom.refusals import Refusal

PUBLIC = "https://api.zoom.us/v2"
CLUSTER = re.compile(r"(https://(?:[a-z0-9-]+\.)+zoom\.us)/?", re.IGNORECASE)


def base(settings: ZoomSettings, api_url: str) -> str:
    """Return the address to call: that of the configuration, else of the cluster which Zoom names beside a token.

    Whoever is named there gets the token, so that a name which is not Zoom's is passed over.
    """
    cluster = CLUSTER.fullmatch(api_url) if settings.api_base == PUBLIC else None
    return f"{cluster[1]}/v2" if cluster else settings.api_base


@dataclass(frozen=True, slots=True)
class Client:
    """Makes calls. Time and chance are the caller's."""

    settings: ZoomSettings
    http: Http
    tokens: Tokens
    now: Callable[[], datetime]
    random: Random

    async def call(self, call: Call) -> Answer | Refusal:
        """Return Zoom's answer, or its refusal as data.

        Raises Transient where no answer came, Unauthorized where no token is to be had.
        """
        answer = await Caller("zoom", self.http, self._base, self.tokens).send(call)
        return answer if done(answer) else refusals.read(answer)

    async def ask(self, call: Call) -> Any:
        """Return the JSON of the answer. Raises the error that the refusal means."""
        outcome = await self.call(call)
        if isinstance(outcome, Refusal):
            raise self.error(outcome)
        return outcome.json()

    def error(self, refusal: Refusal) -> ProviderError:
        """Return the error that the refusal means."""
        return refusals.error(refusal, self.now(), self.random.random())

    def _base(self) -> str:
        granted = self.tokens.granted
        return base(self.settings, granted.api_url if granted else "")
