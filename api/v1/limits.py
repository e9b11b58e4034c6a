"""How often an application may call: so many times in any second, and in any minute."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from api.v1.application import Application

SECOND, MINUTE = 1.0, 60.0


@dataclass(slots=True)
class Limits:
    """Remembers the calls of the last minute."""

    _calls: dict[str, deque[float]] = field(default_factory=dict)

    def take(self, application: Application, now: float) -> int:
        """Count a call at `now` (monotonic seconds). Returns 0, or after how many seconds to come again."""
        most = max(application.per_minute, application.per_second)
        calls = self._calls.setdefault(application.client_id, deque(maxlen=most))
        wait = max(
            _wait(calls, application.per_second, SECOND, now),
            _wait(calls, application.per_minute, MINUTE, now),
        )
        if wait > 0:
            return math.ceil(wait)
        calls.append(now)
        return 0


def _wait(calls: deque[float], most: int, span: float, now: float) -> float:
    """Return in how many seconds the call that has to be over first is `span` ago."""
    return calls[-most] + span - now if len(calls) >= most else 0.0
