"""What chance contributes to a meeting: ids, awkward uuids and passcodes."""

from __future__ import annotations

import base64
from random import Random
from typing import Final

from sandbox.zoom.rules import Fresh

PLAIN: Final = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"
SPECIAL: Final = "!@#$%^&*(){}[]<>+-=_"


def fresh(random: Random) -> Fresh:
    """Draw a new meeting's id (over 32 bits), uuid and passcodes."""
    return Fresh(
        id=random.randint(91_000_000_000, 99_999_999_999),
        uuid=_uuid(random),
        password=_password(random),
        phone_password="".join(random.choices("0123456789", k=6)),
    )


def start_token(random: Random) -> str:
    """Draw the secret of a start link."""
    return "eyJ." + "".join(random.choices(PLAIN, k=40))


def _uuid(random: Random) -> str:
    """Draw a uuid; some begin with a slash or hold two, and must be URL-encoded twice."""
    text = base64.b64encode(random.randbytes(16)).decode()
    match random.randrange(4):
        case 0:
            return "/" + text[1:]
        case 1:
            return text[:6] + "//" + text[8:]
        case _:
            return text


def _password(random: Random) -> str:
    """Draw a passcode; one in four has characters to escape in HTML and URLs, as Basic accounts see."""
    letters = PLAIN + SPECIAL if random.randrange(4) == 0 else PLAIN
    return "".join(random.choices(letters, k=8))
