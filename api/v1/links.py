"""Addresses at which people link an account, as applications are given them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from api.addresses import LONGEST, adding
from api.flow import create
from api.v1 import names
from api.v1.context import Context
from store.errors import KeyWrong

RELINK, PAGE = "/v2/relink/{provider}", "/link/{secret}"
RELINK_LIFE = 7 * 86_400.0  # seconds; every look at a disconnected profile gives another one


def invite(conn: sqlite3.Connection, context: Context, account: str, provider: str, redirect_uri: str) -> str:
    """Make a link for an account, good once and for an hour; a provider of "" leaves the choice to the person."""
    secret = context.fresh()
    create(conn, secret, account, provider, redirect_uri, context.clock())
    return context.public_url + PAGE.format(secret=secret)


def relink(context: Context, account: str, provider: str) -> str:
    """Return an address that makes such a link whenever it is opened, for a week. Nothing is kept for it."""
    ask = {"account": account, "provider": provider, "until": context.clock() + RELINK_LIFE}
    sealed = context.vault.seal(json.dumps(ask)).decode()
    path = RELINK.format(provider=names.account_name(provider))
    return adding(context.public_url + path, request=sealed)


def relinked(context: Context, sealed: str) -> tuple[str, str] | None:
    """Return account and provider of such an address, None where it is not, or no longer, good."""
    try:
        ask: Mapping[str, Any] = json.loads(context.vault.open(sealed.encode("ascii")))
    except (KeyWrong, ValueError):
        return None
    if not isinstance(ask, dict) or {"account", "provider", "until"} - ask.keys():
        return None
    return (ask["account"], ask["provider"]) if ask["until"] > context.clock() else None


def web_address(url: str) -> bool:
    """Tell whether people can be sent there: an absolute address of http or https. No secret is added to it."""
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    return good and plain and parts.scheme in {"http", "https"} and "#" not in url and len(url) <= LONGEST
