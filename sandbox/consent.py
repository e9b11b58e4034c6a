"""The page where a person says yes or no to an app, as plain as can be, and the way back from it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from aiohttp import web


def page(title: str, rest: str = "", *, status: int = 200) -> web.Response:
    """Return a page with that title; `rest` is HTML."""
    html = f"<!doctype html><title>{escape(title)}</title><h1>{escape(title)}</h1>{rest}"
    return web.Response(status=status, text=html, content_type="text/html")


def back(asked: Mapping[str, str], **answer: str) -> web.Response:
    """Send the browser back to the app with the answer, and the state that it came with."""
    query = answer | ({"state": asked["state"]} if "state" in asked else {})
    separator = "&" if "?" in asked["redirect_uri"] else "?"
    location = asked["redirect_uri"] + separator + urlencode(query)
    return web.Response(status=302, headers={"Location": location})
