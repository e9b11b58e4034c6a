"""One call to GoTo: with the person's token, renewed once where it was refused, and judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from connectors.calling import Call, Caller, done
from connectors.goto import refusals
from connectors.http import Answer, Http
from connectors.oauth import Tokens
from connectors.settings import GoToSettings


@dataclass(frozen=True, slots=True)
class Client:
    """Makes calls for one person. Time and chance are the caller's."""

    settings: GoToSettings
    http: Http
    tokens: Tokens
    now: Callable[[], datetime]
    random: Random

    async def call(self, call: Call) -> Answer:
        """Return GoTo's answer.

        Raises the error that a refusal means, Transient where no answer came, Unauthorized where no token is
        to be had.
        """
        answer = await Caller("goto", self.http, self._base, self.tokens, _stale).send(call)
        if not done(answer, b"{["):
            raise refusals.error(refusals.read(answer), self.now(), self.random.random())
        return answer

    def _base(self) -> str:
        return f"{self.settings.api_base.rstrip('/')}/G2M/rest"


def _stale(answer: Answer) -> bool:
    return refusals.read(answer).stale
