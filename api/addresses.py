"""The address that a person is sent back to: which ones are taken, and what is added to them. Pure."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlencode, urlsplit

LONGEST = 2000  # characters


def why_not(url: str) -> str:
    """Return why people are not sent to this address, "" where they are."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return "is not a web address"
    if (
        not re.fullmatch(r"[!-\[\]-~]+", url)
        or parts.scheme not in {"http", "https"}
        or not (host and port_is_good)
    ):
        return "is not a web address"
    if "@" in parts.netloc:
        return "has a user name or password in it"
    if "#" in url:
        return "has a fragment, which would hide what is added"
    if len(url) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if parts.scheme == "http" and not _loopback(host):
        return "is plain http; only addresses of this machine itself may be"
    return ""


def adding(url: str, **more: str) -> str:
    """Return the address with more in its query; what is there stays as it is, letter for letter."""
    separator = "" if url.endswith(("?", "&")) else "&" if "?" in url else "?"
    return f"{url}{separator}{urlencode(more)}"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
