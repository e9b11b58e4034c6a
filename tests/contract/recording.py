"""The one HTTP client, with an ear at what goes out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from connectors.http import Answer, Http, Request


@dataclass
class Recorder:
    """Sends through `http`, and remembers the last body of each operation."""

    http: Http
    heard: dict[str, dict[str, Any]] = field(default_factory=dict)

    def within(self, lane: str) -> Recorder:
        return Recorder(self.http.within(lane), self.heard)

    async def send(self, request: Request) -> Answer:
        if request.body and request.op.startswith("events."):
            self.heard[request.op] = json.loads(request.body)
        return await self.http.send(request)
