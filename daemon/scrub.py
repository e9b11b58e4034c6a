"""Hide what looks like a credential: what a provider says may quote what it was told. Pure."""

from __future__ import annotations

import re

SECRET = re.compile(
    r"(?i)(pwd|passcode|password|token|secret|assertion|code|verifier|zak|authorization|cookie)"
    r"""(["']?\s?(?:=|%3D|:) ?["']?(?:bearer |basic )?)[^\s&"',}]+"""
)
# What is a secret wherever it stands: what follows the name of a scheme, an address of our link pages, a JWT.
BARE = re.compile(
    r"(?i)(\b(?:bearer|basic) (?=[a-z._~+/-]*[0-9=])|/link/(?=[\w-]{43}(?![\w-]))|\beyJ)[\w.~+/=-]+", re.ASCII
)
LONGEST = 10_000  # characters: who answers with megabytes is quoted with the first of them
# Of what cannot be shown, lines and tabs stay; a lone surrogate could not even be written down.
ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def hide(text: str) -> str:
    """Return the text with the values of secrets left out, and without characters that only a machine reads."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    # Each search is made only where what it looks for can be: there is a line in the log for every call of the API.
    if not text.isprintable():
        text = ODD.sub("\N{REPLACEMENT CHARACTER}", text)
    if "=" in text or ":" in text or "%3" in text:
        text = SECRET.sub(r"\1\2…", text)
    if " " in text or any(sign in text.lower() for sign in ("/link/", "eyj")):
        text = BARE.sub(r"\1…", text)
    return text
