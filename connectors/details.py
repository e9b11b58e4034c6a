"""Writes the lines by which people join a meeting. Says nothing that only the host may know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from connectors.model import Meeting, Phone
from connectors.wording import DEFAULT, ENGLISH, SHIPPED, Texts, Wording

_VALUES = {
    "join": r"https?://\S+(?: <\S+>)?",  # an editor may have made a link of it
    "code": r"[\w .-]{1,60}",
    "passcode": r"\S{1,128}",
    "tap": r"\+[0-9]+(?:,+[0-9*#]+)*",
    "dial": r"\+?[0-9][0-9 ()./-]{2,40}(?: \(\w{2}\))?",
    "phone_passcode": r"[0-9 ]{1,40}",
}


def details(meeting: Meeting, wording: Wording = DEFAULT) -> tuple[str, ...]:
    """Return the lines for an event's description, for example `Join Zoom: https://…`, `Passcode: Xk7Q2p`."""
    phones = _chosen(meeting.phones, wording)
    own_passcode = meeting.phone_passcode if phones and meeting.phone_passcode != meeting.passcode else ""
    texts = wording.texts
    values = [
        (texts.join.replace("{name}", meeting.name), meeting.join_url),
        (texts.code, meeting.code),
        (texts.passcode, meeting.passcode),
        *((texts.tap, _tap(meeting, phone)) for phone in phones),
        *((texts.dial, _dial(phone)) for phone in phones),
        (texts.phone_passcode, own_passcode),
    ]
    return tuple(" ".join(f"{text}: {value}".split()) for text, value in values if value)


def is_detail(line: str, texts: Texts = ENGLISH) -> bool:
    """Tell whether this whole readable line could be one of ours, in these words or in a language that we ship."""
    found = line.strip()
    return any(re.fullmatch(_pattern(words), found) for words in dict.fromkeys((*SHIPPED, texts)))


def _pattern(texts: Texts) -> str:
    return "|".join(
        re.escape(getattr(texts, kind)).replace(r"\{name\}", r"[^:\n]{1,60}") + rf":\s?(?:{value})"
        for kind, value in _VALUES.items()
    )


def _chosen(phones: Sequence[Phone], wording: Wording) -> list[Phone]:
    """Take one number of each country that comes first in turn, then the others as the service lists them."""
    countries = wording.countries
    first = [[phone for phone in phones if phone.country.upper() == country] for country in countries]
    in_turn = [phone for row in zip_longest(*first) for phone in row if phone is not None]
    others = [phone for phone in phones if phone.country.upper() not in countries]
    return [*in_turn, *others][: wording.phones]


def _tap(meeting: Meeting, phone: Phone) -> str:
    """Dial the number, wait, type the meeting and then its passcode: a comma is a pause of two seconds."""
    if phone.tap:
        return phone.tap
    number = _digits(phone.number)
    code, passcode = _digits(meeting.code), _digits(meeting.phone_passcode)
    if not phone.number.strip().startswith("+") or not number or not (code or passcode):
        return ""
    steps = f",,{code}#" if code else ""
    if passcode:
        steps += f",,,,*{passcode}#" if code else f",,{passcode}#"
    return f"+{number}{steps}"


def _dial(phone: Phone) -> str:
    return f"{phone.number} ({phone.country})" if phone.country else phone.number


def _digits(text: str) -> str:
    """Return the digits of a number in the form that people type, "" where it is no number."""
    bare = re.sub(r"[\s()./+-]", "", text)
    return bare if bare.isascii() and bare.isdigit() else ""
