"""Whereby's refusals: a status and a sentence.

https://docs.whereby.com/reference/whereby-rest-api-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web


class Refused(Exception):
    """Whereby answers with an error."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what the answer needs."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.data = data
        self.headers = dict(headers or {})


def response(refused: Refused) -> web.Response:
    """Write a refusal."""
    body = {"error": refused.message} | ({"data": dict(refused.data)} if refused.data else {})
    return web.json_response(body, status=refused.status, headers=refused.headers)
