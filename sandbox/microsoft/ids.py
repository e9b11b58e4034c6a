"""Identifiers as Exchange makes them: of events, ordinary or immutable, of calendars and of change states."""

# https://learn.microsoft.com/graph/outlook-immutable-id

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import date
from typing import TYPE_CHECKING

from sandbox.microsoft.errors import GraphError

if TYPE_CHECKING:
    from random import Random

IMMUTABLE = base64.b64decode("AAkALgAAAAAAHYQDEapmEc2byACqAC/EWg0A")
ORDINARY = base64.b64decode("AAMkAGI2")
ITEM, FOLDER = 16, 8
TENANT = "5e1b1e5e-0000-4000-a000-0000005a9db0"
"""The one organisation there is."""
NOTIFIED = bytes((15, 0, 0, 0, 22, 0, 0, 0))
"""What the change key of a notification or of a skeleton begins with: the item's kind, and a length."""


def fresh(random: Random) -> str:
    """Return the key of a new item: 32 hexadecimal digits."""
    return f"{random.getrandbits(128):032x}"


def guid(random: Random) -> str:
    """Return a new object id."""
    text = fresh(random)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def calendar_id(random: Random) -> str:
    """Return the id of a new calendar."""
    return _text(ORDINARY + random.randbytes(34) + b"\x01")


def occurrence(series: str, day: date) -> str:
    """Return the key of the occurrence of a series on that day of its own zone."""
    return f"{series}.{day:%Y%m%d}"


def parts(key: str) -> tuple[str, date | None]:
    """Return the item's key, and the day if the key is that of an occurrence."""
    item, _, day = key.partition(".")
    return item, date(int(day[:4]), int(day[4:6]), int(day[6:])) if day else None


def immutable(key: str) -> str:
    """Return the id that survives a move to another calendar of the mailbox."""
    return _text(IMMUTABLE + _item(key))


def ordinary(key: str, oid: str, calendar: str) -> str:
    """Return the id under which an event goes while it is on that calendar."""
    return _text(ORDINARY + bytes.fromhex(oid.replace("-", "")) + _folder(calendar) + _item(key))


def read(text: str) -> tuple[str, bytes | None]:
    """Return the key that an id stands for, with the mark of the calendar if it is an ordinary one."""
    try:
        raw = base64.b64decode(text.replace("-", "/").replace("_", "+"), validate=True)
    except (binascii.Error, ValueError):
        raise malformed() from None
    for prefix, between in ((IMMUTABLE, 0), (ORDINARY, ITEM + FOLDER)):
        if raw.startswith(prefix) and len(raw) == len(prefix) + between + ITEM + 4:
            folder = raw[len(prefix) + ITEM : len(prefix) + between] if between else None
            return _key(raw[len(prefix) + between :]), folder
    raise malformed()


def belongs(folder: bytes | None, calendar: str) -> bool:
    """Say whether an id with that mark of a calendar is good on this one; an immutable id always is."""
    return folder is None or folder == _folder(calendar)


def change_key(oid: str, stamp: int) -> str:
    """Return the change key of an item of that mailbox, last changed at that moment (microseconds)."""
    return base64.b64encode(_state(oid, stamp)).decode()


def notified_key(oid: str, stamp: int) -> str:
    """Return the same state as notifications and skeletons write it."""
    return base64.b64encode(NOTIFIED + _state(oid, stamp)).decode()


def malformed() -> GraphError:
    """Return the error for an id that cannot be read."""
    return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def _state(oid: str, stamp: int) -> bytes:
    return bytes.fromhex(oid.replace("-", "")) + (stamp % 2**48).to_bytes(6, "big")


def _item(key: str) -> bytes:
    item, _, day = key.partition(".")
    return bytes.fromhex(item) + int(day or 0).to_bytes(4, "big")


def _key(raw: bytes) -> str:
    day = int.from_bytes(raw[ITEM:], "big")
    return raw[:ITEM].hex() + (f".{day:08d}" if day else "")


def _folder(calendar: str) -> bytes:
    return hashlib.blake2b(calendar.encode(), digest_size=FOLDER).digest()


def _text(raw: bytes) -> str:
    # Base64 in which the slash is a hyphen and the plus an underscore, and the padding stays.
    return base64.b64encode(raw).decode().replace("/", "-").replace("+", "_")
