"""How a key of ours looks, so that it is known again at a provider. Pure."""

from __future__ import annotations

import re

START = "hd"  # what every key begins with
_KEY = re.compile(rf"{START}[0-9a-v]{{16}}")


def key_in(text: str) -> str:
    """Return the key that a text begins with; "" where it begins with something else."""
    found = _KEY.match(text)
    return found[0] if found else ""
