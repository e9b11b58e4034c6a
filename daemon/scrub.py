"""Hide what looks like a credential: what a provider says may quote what it was told. Pure."""

from __future__ import annotations

import re

SECRET = re.compile(
    r"(?i)(pwd|passcode|password|token|secret|assertion|code|zak|authorization)(=|: |\":\s*\")[^\s&\"',]+"
)


def hide(text: str) -> str:
    """Return the text with the values of secrets left out."""
    return SECRET.sub(r"\1\2…", text)
