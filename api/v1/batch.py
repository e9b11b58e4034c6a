"""Many calls in one. Each is made as if it had come alone, one after the other, and answered for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.v1.calls import Answer, Call, Query, Refused, Route, required, unprocessable

MOST = 50
METHODS = frozenset({"DELETE", "GET", "POST"})
DONE = 202  # of whatever went well: pycronofy takes 200 for an error

Find = Callable[[str, str], tuple[Route, Mapping[str, str]]]


def routes(find: Find) -> Sequence[Route]:
    """Return the route; `find` knows all others."""
    return [Route("POST", "/v1/batch", _Batch(find).run)]


@dataclass(frozen=True, slots=True)
class _Batch:
    find: Find

    async def run(self, call: Call) -> Answer:
        """Make the calls."""
        entries = call.body.get("batch")
        if entries in (None, ""):
            raise required("batch")
        if not isinstance(entries, list):
            raise unprocessable("batch", "invalid_format", "batch must be a list")
        if len(entries) > MOST:
            raise unprocessable("batch", "too_many", f"batch must not have more than {MOST} entries")
        calls = [_entry(at, entry) for at, entry in enumerate(entries)]
        return Answer(200, {"batch": [await self._one(call, *one) for one in calls]})

    async def _one(self, call: Call, method: str, url: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        path, _, query = url.partition("?")
        try:
            route, parts = self.find(method, path)
            if route.access != "token" or route.pattern == "/v1/batch":
                raise Refused(404)  # noqa: TRY301 - both ways a call is refused meet below
            if route.scope and route.scope not in call.scopes:
                raise Refused(403)  # noqa: TRY301
            body = {} if method == "GET" else data
            answer = await route.handler(replace(call, path=parts, query=Query.of(query), body=body))
        except Refused as refused:
            answer = refused.answer()
        status = DONE if 200 <= answer.status < 300 else answer.status
        return {"status": status} if answer.body is None else {"status": status, "data": answer.body}


def _entry(at: int, entry: Any) -> tuple[str, str, Mapping[str, Any]]:
    """Read one entry. Raises Refused: a batch that cannot be understood is not half done."""
    where = f"batch[{at}]"
    if not isinstance(entry, dict):
        raise unprocessable(where, "invalid_format", f"{where} must be an object")
    method, url, data = entry.get("method"), entry.get("relative_url"), entry.get("data")
    if not isinstance(method, str) or method.upper() not in METHODS:
        raise unprocessable(
            f"{where}.method", "not_recognized", f"{where}.method must be POST, DELETE or GET"
        )
    if not isinstance(url, str) or not url.startswith("/"):
        raise unprocessable(
            f"{where}.relative_url", "invalid_format", f"{where}.relative_url must begin with /"
        )
    if data is not None and not isinstance(data, dict):
        raise unprocessable(f"{where}.data", "invalid_format", f"{where}.data must be an object")
    return method.upper(), url, data or {}
