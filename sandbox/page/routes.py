"""Serve the page and its assets, with a policy that lets it talk to nobody but this sandbox."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from sandbox.state import World

KINDS: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes of the page: / and /page/<asset>."""
    del world  # the page sees it as everybody does, through the control API
    return [web.get("/", _index), web.get("/page/{name}", _asset)]


def assets() -> dict[str, str]:
    """Return every file of the page by its name."""
    room = files("sandbox.page")
    return {file.name: file.read_text("utf-8") for file in room.iterdir() if _kind(file.name)}


async def _index(_: web.Request) -> web.Response:
    return _answer("index.html")


async def _asset(request: web.Request) -> web.Response:
    return _answer(request.match_info["name"])


def _answer(name: str) -> web.Response:
    text = assets().get(name)
    if text is None:
        raise web.HTTPNotFound(headers=HEADERS)
    return web.Response(text=text, content_type=_kind(name), charset="utf-8", headers=HEADERS)


def _kind(name: str) -> str:
    return KINDS.get(name.rpartition(".")[2], "")
