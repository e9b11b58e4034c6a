"""Writes the lines by which people join a meeting. Says nothing that only the host may know."""

from __future__ import annotations

import re

from connectors.model import Meeting, Phone

PHONES = 3  # A block in an invitation is read on telephones: the rest is behind the join link.

TEXTS = {
    "join": "Join {name}",
    "code": "Meeting ID",
    "passcode": "Passcode",
    "phone_passcode": "Phone passcode",
    "tap": "One tap",
    "dial": "Dial in",
}
_VALUES = {
    "join": r"https?://\S+(?: <\S+>)?",  # an editor may have made a link of it
    "code": r"[\w .-]{1,60}",
    "passcode": r"\S{1,128}",
    "phone_passcode": r"[0-9 ]{1,40}",
    "tap": r"\+[0-9]+(?:,+[0-9*#]+)*",
    "dial": r"\+?[0-9][0-9 ()./-]{2,40}(?: \(\w{2}\))?",
}
_DETAIL = re.compile(
    "|".join(
        re.escape(TEXTS[kind]).replace(r"\{name\}", r"[^:\n]{1,60}") + rf":\s?(?:{value})"
        for kind, value in _VALUES.items()
    )
)


def details(meeting: Meeting) -> tuple[str, ...]:
    """Return the lines for an event's description, for example `Join Zoom: https://…`, `Passcode: Xk7Q2p`."""
    phones = meeting.phones[:PHONES]
    own_passcode = meeting.phone_passcode if phones and meeting.phone_passcode != meeting.passcode else ""
    values = [
        ("join", meeting.join_url),
        ("code", meeting.code),
        ("passcode", meeting.passcode),
        *(("tap", _tap(meeting, phone)) for phone in phones),
        *(("dial", _dial(phone)) for phone in phones),
        ("phone_passcode", own_passcode),
    ]
    return tuple(
        " ".join(f"{TEXTS[kind].format(name=meeting.name)}: {value}".split())
        for kind, value in values
        if value
    )


def is_detail(line: str) -> bool:
    """Tell whether this whole readable line could be one of ours."""
    return _DETAIL.fullmatch(line.strip()) is not None


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
