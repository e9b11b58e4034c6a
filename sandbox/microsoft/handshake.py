"""The validation of a notification URL: it must repeat a token, exactly and soon."""

# https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import aiohttp
from yarl import URL

from sandbox.deliveries import Deliveries, is_loopback
from sandbox.microsoft.schema import invalid

if TYPE_CHECKING:
    from sandbox.state import World

PLAIN = "text/plain; charset=utf-8"
FAILED = "Subscription validation request failed."
NOT_200 = f"{FAILED} Notification endpoint must respond with 200 OK to validation request."
NOT_SAME = f"{FAILED} Response must exactly match validationToken query parameter."
NOT_THERE = "The underlying connection was closed: An unexpected error occurred on a send."
TOO_LATE = "Subscription validation request timed out."
MOST = 4_096
"""Bytes of an answer that are looked at."""


async def validate(world: World, url: str) -> None:
    """Let a URL prove that somebody is there who wants notifications; answer 400 when it does not."""
    token = f"Validation: Testing client application reachability for subscription Request-Id: {uuid.uuid4()}"
    if not is_loopback(url):
        raise invalid(NOT_THERE)
    joint = "&" if "?" in url else "?"
    asked = URL(f"{url}{joint}validationToken={quote_plus(token)}", encoded=True)
    try:
        async with (
            world.room(Deliveries)
            .session()
            .post(asked, headers={"Content-Type": PLAIN}, allow_redirects=False) as answer
        ):
            said = await answer.content.read(MOST)
            status, kind = answer.status, answer.content_type
    except TimeoutError:
        raise invalid(TOO_LATE) from None
    except (aiohttp.ClientError, OSError):
        raise invalid(NOT_THERE) from None
    _judge(status, kind, said, token)


def _judge(status: int, kind: str, said: bytes, token: str) -> None:
    if status in (401, 403):
        words = HTTPStatus(status).phrase
        raise invalid(f"{FAILED} Notification endpoint returned an error: HTTP status code is '{words}'.")
    if status != 200:
        raise invalid(NOT_200)
    if kind != "text/plain" or said != token.encode():
        raise invalid(NOT_SAME)
