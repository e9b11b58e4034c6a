"""Zoom's refusals: a status, a code and a sentence, as JSON or (as the real one sometimes does) as XML.

https://developers.zoom.us/docs/api/errors/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from sandbox.zoom.fields import Problem


class Refused(Exception):
    """Zoom answers with an error."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what the answer needs; `problems` become its `errors`."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.problems = tuple(problems)
        self.headers = dict(headers or {})


def invalid(*problems: Problem) -> Refused:
    """Return the refusal of a body with fields at fault."""
    return Refused(400, 300, "Validation Failed.", problems=problems)


def bad_parameter(name: str) -> Refused:
    """Return the refusal of a query parameter."""
    return Refused(400, 300, f"Invalid parameter: {name}.")


def no_meeting(meeting_id: int) -> Refused:
    """Return the refusal for a meeting that is not there, or not any more."""
    return Refused(404, 3001, f"Meeting does not exist: {meeting_id}.")


def no_user(name: str) -> Refused:
    """Return the refusal for a user outside the account, or not the token's own."""
    return Refused(404, 1001, f"User does not exist: {name}.")


def response(refused: Refused, kind: str) -> web.Response:
    """Write a refusal as "json" or "xml"; the headers are the refusal's own."""
    if kind == "xml":
        text = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f"<error><code>{refused.code}</code><message>{escape(refused.message)}</message></error>"
        )
        headers = refused.headers | {"Content-Type": "application/xml;charset=UTF-8"}
        return web.Response(status=refused.status, text=text, headers=headers)
    body: dict[str, Any] = {"code": refused.code, "message": refused.message}
    if refused.problems:
        body["errors"] = [asdict(problem) for problem in refused.problems]
    return web.json_response(body, status=refused.status, headers=refused.headers)
