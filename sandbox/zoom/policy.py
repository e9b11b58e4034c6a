"""What an account lets people set on their meetings: admins lock settings, and some are for those who pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.zoom.errors import Refused, invalid
from sandbox.zoom.fields import Problem
from sandbox.zoom.room import Switches


def allowed(switches: Switches, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body without what is locked, silently; raise Refused for what is refused aloud."""
    settings = body.get("settings", {})
    if named := [name for name in settings if name in switches.refused_settings]:
        raise invalid(*(Problem(f"settings.{name}") for name in named))
    if settings.keys() & set(switches.paid_settings):
        raise Refused(400, 200, "Only available for Paid account.")
    if not settings.keys() & set(switches.locked_settings):
        return body
    kept = {name: value for name, value in settings.items() if name not in switches.locked_settings}
    return {**body, "settings": kept}
