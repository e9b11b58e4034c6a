"""Webex's refusals: a status and a sentence, with an id for its support; there are no numbers inside.

https://developer.webex.com/docs/basics#api-errors
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from aiohttp import web

SENTENCES: Final = {
    401: "The request requires a valid access token set in the Authorization request header.",
    403: "The access token is missing required scopes or the user is missing required roles or licenses.",
    404: "The requested resource could not be found.",
    409: "The request could not be processed because it conflicts with some established rule of the system.",
    423: "The requested resource is temporarily unavailable.",
    429: "Too many requests have been sent in a given amount of time and the request has been rate limited.",
}


class Refused(Exception):
    """Webex answers with an error."""

    def __init__(self, status: int, message: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        """Keep what the answer needs; without a message, the sentence that goes with the status."""
        super().__init__(message)
        self.status = status
        self.message = message or SENTENCES.get(status, "Something went wrong on the server.")
        self.headers = dict(headers or {})


def invalid(message: str) -> Refused:
    """Return the refusal of a request that is wrong in itself."""
    return Refused(400, message)


def response(refused: Refused, tracking: str) -> web.Response:
    """Write a refusal."""
    body = {
        "message": refused.message,
        "errors": [{"description": refused.message}],
        "trackingId": tracking,
    }
    return web.json_response(body, status=refused.status, headers=refused.headers)


def tracking(random: Random) -> str:
    """Draw the id under which Webex's support finds a request."""
    digits = f"{random.getrandbits(128):032x}"
    return f"ROUTERGW_{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
