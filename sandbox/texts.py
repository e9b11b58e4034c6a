"""How services measure the texts that they are sent."""

from __future__ import annotations

from typing import Any
from unicodedata import category


def units(text: str) -> int:
    """Return the length as Java and JavaScript count, where a character beyond the first 65,536 is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_line(value: Any, longest: int) -> bool:
    """Tell whether this is a text of one line, of 1 to so many units: no control characters, no half characters."""
    if not isinstance(value, str) or not 0 < units(value) <= longest:
        return False
    return not {"Cc", "Cs"} & {category(one) for one in value}
