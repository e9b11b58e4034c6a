"""One call to Zoom: with a token, renewed once where it was refused, and judged."""

from __future__ import annotations

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
        # Zoom names the cluster to call beside the token; an address in the configuration goes before that.
        granted = self.tokens.granted
        if self.settings.api_base == PUBLIC and granted is not None and granted.api_url:
            return f"{granted.api_url.rstrip('/')}/v2"
        return self.settings.api_base
