"""How the details of a meeting are written on events."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from connectors.wording import ENGLISH, GERMAN, Wording
from daemon.config.kinds import LISTED
from daemon.config.secret_files import wrong
from daemon.config.sections import Section

LONGEST = 60  # characters of what stands before a value

_LANGUAGES = {"en": ENGLISH, "de": GERMAN}
_NAME = "{name}"


def label(value: str) -> str:
    """Return words that may stand before a value. Raises PydanticCustomError where they could not be told from it."""
    text = " ".join(value.split())
    if not text or len(text) > LONGEST:
        raise wrong(f"has {len(text)} characters", f"Give it 1 to {LONGEST}.")
    found = re.search(r"[:@<>&{}\x00-\x1f\x7f]", text)
    if found:
        fix = "Leave it out; huddled writes the colon itself." if found[0] == ":" else "Leave it out."
        raise wrong(f"has {found[0]!r} in it, which means something else on an event", fix)
    return text


def _join(value: str) -> str:
    if value.count(_NAME) != 1:
        raise wrong("has to name the service once", 'Write for example "Join {name}".')
    label(value.replace(_NAME, "x"))
    return " ".join(value.split())


def _country(value: str) -> str:
    if not re.fullmatch("[A-Za-z]{2}", value):
        raise wrong("is not a country", 'Write its code of two letters, for example "DE".')
    return value.upper()


Label = Annotated[str, AfterValidator(label)]
Join = Annotated[str, AfterValidator(_join)]
Country = Annotated[str, AfterValidator(_country), Field(json_schema_extra={"pattern": "^[A-Za-z]{2}$"})]


class TextSettings(Section):
    """Words of your own before each value; those that are left out are in the language of `language`."""

    join: Annotated[Join | None, Field(examples=["Join {name}"])] = None
    """Before the link. {name} is what the service is called, and has to stay in it."""
    code: Annotated[Label | None, Field(examples=["Meeting ID"])] = None
    """Before the number or name of the meeting."""
    passcode: Annotated[Label | None, Field(examples=["Passcode"])] = None
    """Before the passcode."""
    tap: Annotated[Label | None, Field(examples=["One tap"])] = None
    """Before a number that dials into the meeting at once."""
    dial: Annotated[Label | None, Field(examples=["Dial in"])] = None
    """Before a number to dial in from."""
    phone_passcode: Annotated[Label | None, Field(examples=["Phone passcode"])] = None
    """Before the passcode for telephones."""


class Details(Section):
    """How the details of a meeting are written on events."""

    language: Literal["en", "de"] = "en"
    """English or German."""
    phones: Annotated[int, Field(ge=0, le=20)] = 3
    """How many numbers to dial in from are written, at most."""
    countries: Annotated[tuple[Country, ...], LISTED] = ()
    """Countries whose numbers come first, one of each in turn."""
    texts: TextSettings = Field(default_factory=TextSettings)
    """Words of your own."""

    def wording(self) -> Wording:
        """Return how the connectors write the details."""
        own = {kind: text for kind, text in self.texts.model_dump().items() if text is not None}
        return Wording(
            texts=replace(_LANGUAGES[self.language], **own),
            phones=self.phones,
            countries=tuple(dict.fromkeys(self.countries)),
        )
