"""Daily's refusals: a status, a word, and mostly a sentence as `info`.

https://docs.daily.co/reference/rest-api
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web


class Refused(Exception):
    """Daily answers with an error."""

    def __init__(
        self, status: int, error: str, info: str = "", *, headers: Mapping[str, str] | None = None
    ) -> None:
        """Keep what the answer needs."""
        super().__init__(info or error)
        self.status = status
        self.error = error
        self.info = info
        self.headers = dict(headers or {})


def invalid(info: str) -> Refused:
    """Return the refusal of a request that cannot be."""
    return Refused(400, "invalid-request-error", info)


def not_found(name: str) -> Refused:
    """Return the refusal for a room that is not there."""
    return Refused(404, "not-found", f"room {name} not found")


def response(refused: Refused) -> web.Response:
    """Write a refusal."""
    body = {"error": refused.error} | ({"info": refused.info} if refused.info else {})
    return web.json_response(body, status=refused.status, headers=refused.headers)
