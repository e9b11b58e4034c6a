"""JSON of which nothing is certain: each value as the kind that is expected, or as nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object as it is, and {} for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return a JSON array as it is, and [] for anything else."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a JSON string as it is, and "" for anything else."""
    return value if isinstance(value, str) else ""
