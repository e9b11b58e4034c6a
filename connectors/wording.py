"""The words of our block in a description, in each language that we ship, and what an operator may say about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """What stands before each value. `{name}` is the service's, as people know it."""

    opening: str
    closing: str
    join: str
    code: str
    passcode: str
    tap: str
    dial: str
    phone_passcode: str


ENGLISH = Texts(
    opening="Online meeting",
    closing="End of online meeting",
    join="Join {name}",
    code="Meeting ID",
    passcode="Passcode",
    tap="One tap",
    dial="Dial in",
    phone_passcode="Phone passcode",
)
GERMAN = Texts(
    opening="Online-Besprechung",
    closing="Ende der Online-Besprechung",
    join="Mit {name} teilnehmen",
    code="Meeting-ID",
    passcode="Kenncode",
    tap="Direktwahl",
    dial="Einwahl",
    phone_passcode="Telefon-Kenncode",
)
SHIPPED = (ENGLISH, GERMAN)


@dataclass(frozen=True, slots=True)
class Wording:
    """How the details are written: in which words, and with which of the numbers to dial in from."""

    texts: Texts = ENGLISH
    phones: int = 3  # A block in an invitation is read on telephones: the rest is behind the join link.
    countries: tuple[str, ...] = ()  # "DE": whose numbers come first, one of each in turn


DEFAULT = Wording()
