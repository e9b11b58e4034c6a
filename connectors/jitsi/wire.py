"""Jitsi's rooms, and what its dial-in services answer. No I/O.

https://jitsi.github.io/handbook/docs/user-guide/user-guide-advanced
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from connectors.model import Phone

ROOM = 26  # characters of five bits each: 130 bits, which nobody guesses


def room(secret: str, key: str) -> str:
    """Return the room of a key: always the same one, and not to be told from the key without the secret.

    Letters and digits only, in lower case, as Jitsi itself writes names before it compares them.
    """
    digest = hmac.new(secret.encode(), key.encode(), sha256).digest()
    return base64.b32encode(digest).decode().lower()[:ROOM]


def join_url(base_url: str, name: str, subject: str = "") -> str:
    """Return the link of a room; a subject, which people see in the room, goes into the fragment as JSON."""
    title = " ".join(subject.split())
    told = f"#config.subject={quote(json.dumps(title, ensure_ascii=False), safe='')}" if title else ""
    return f"{base_url.rstrip('/')}/{name}{told}"


def code_url(url: str, base_url: str, name: str, rooms: str = "") -> str:
    """Return where the number of a room is asked for.

    `rooms` is the domain of the server's rooms, by default `conference.` and its host.
    https://jitsi.github.io/handbook/docs/devops-guide/devops-guide-docker
    """
    domain = rooms or f"conference.{urlsplit(base_url).hostname}"
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'conference': f'{name}@{domain}'})}"


def pin(body: Any) -> str:
    """Return the number by which people who dial in name the room; "" where the answer has none."""
    id_ = body.get("id") if isinstance(body, dict) else None
    text = str(id_) if isinstance(id_, int | str) else ""
    return text if text.isascii() and text.isdigit() and int(text) else ""


def phones(body: Any) -> tuple[Phone, ...]:
    """Return the numbers to dial, in either form of the list that there is."""
    return tuple(dict.fromkeys(_old(body) if isinstance(body, dict) else _new(body)))


def _new(body: Any) -> Iterator[Phone]:
    for one in body if isinstance(body, list) else ():
        if isinstance(one, dict) and isinstance(one.get("formattedNumber"), str):
            yield Phone(one["formattedNumber"], str(one.get("countryCode") or ""))


def _old(body: dict[str, Any]) -> Iterator[Phone]:
    numbers = body.get("numbers")
    if not body.get("numbersEnabled") or not isinstance(numbers, dict):
        return
    for country, listed in numbers.items():
        for number in listed if isinstance(listed, list) else ():
            if isinstance(number, str):
                yield Phone(number, str(country))
