"""GoTo's refusals, which come in two shapes: `int_err_code` with `msg`, and `errorCode` with `message`."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web


class Refused(Exception):
    """GoTo answers with an error."""

    def __init__(self, status: int, body: Mapping[str, str]) -> None:
        """Keep what the answer needs."""
        super().__init__(str(body))
        self.status = status
        self.body = body


def bad_token() -> Refused:
    """Return the refusal of a token: a 403, where others say 401."""
    return Refused(403, {"int_err_code": "InvalidToken", "msg": "Invalid token passed"})


def denied(what: str) -> Refused:
    """Return the refusal of a token that is good for something else."""
    return Refused(403, {"int_err_code": "AccessDenied", "msg": f"The token does not allow {what}"})


def invalid(what: str) -> Refused:
    """Return the refusal of a body."""
    return Refused(400, {"int_err_code": "InvalidRequest", "msg": what})


def no_meeting() -> Refused:
    """Return the refusal for a meeting that is not there, not any more, or somebody else's."""
    return Refused(404, {"errorCode": "NOT_FOUND", "message": "No meeting found."})


def free_plan() -> Refused:
    """Return the refusal of a meeting to somebody who does not pay."""
    return Refused(412, {"errorCode": "PRECONDITION_FAILED", "message": "The account has no subscription"})


def too_many() -> Refused:
    """Return the refusal of more than ten calls a second, without a word of when to come back."""
    return Refused(429, {"errorCode": "TOO_MANY_REQUESTS", "message": "Too many requests"})


def response(refused: Refused) -> web.Response:
    """Write a refusal."""
    return web.json_response(dict(refused.body), status=refused.status)


def scripted(status: int, reason: str | None) -> web.Response:
    """Write a failure that a test has ordered; `reason` is a code of GoTo's, or OAuth's `invalid_grant`."""
    if reason == "invalid_grant":
        return web.json_response(
            {"error": reason, "error_description": "invalid refresh token"}, status=status
        )
    if reason:
        return response(Refused(status, {"int_err_code": reason, "msg": reason}))
    match status:
        case 401 | 403:
            return web.json_response(dict(bad_token().body), status=status)
        case 404:
            return response(no_meeting())
        case 412:
            return response(free_plan())
        case 429:
            return response(too_many())
        case _:
            return response(Refused(status, {"errorCode": "INTERNAL_ERROR", "message": "Internal error"}))
