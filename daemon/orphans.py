"""Whose is a meeting that carries a key of ours: the decision by which one is removed. Pure.

It errs on the side of leaving a meeting alone. A key looks the same in every installation, a person who copies a
meeting copies our note with it, and an event that moves into the calendars of another huddled takes its key along.
So a meeting is removed only where we made up its key ourselves, where it was made just when we asked for it, and
where we have taken it away before, or have another one that stands under the same key.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from connectors.model import Conference, Found

YOUNG = 3600.0  # seconds: what was made, asked for or taken away later than this ago is left in peace
FEW = 5  # meetings that may be gone at once for whatever reason
AROUND = 900.0  # seconds between our asking for a meeting and its making, clocks that differ included

Whose = Literal["known", "orphan", "strange"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What this database knows of a key. Times are seconds since the epoch."""

    minted: bool = False  # by us
    asked: float | None = None
    ended: float | None = None
    conference: Conference | None = None  # that has the key now


def judge(found: Found, claim: Claim, standing: Collection[str], now: float) -> Whose:
    """Say whether a meeting is that of a conference, one of ours too many, or not surely ours.

    `standing` are the ids of all meetings of the provider's list.
    """
    holder = claim.conference
    if holder is not None and holder.state != "declined":
        kept = holder.meeting
        if kept is None or kept.id == found.id or holder.state not in ("live", "changing"):
            return "known"  # or about to be, or about to go
        spare = kept.id in standing
    else:
        spare = claim.ended is not None and claim.ended <= now - YOUNG
    return "orphan" if spare and _made_by_us(found, claim, now) else "strange"


def _made_by_us(found: Found, claim: Claim, now: float) -> bool:
    if not claim.minted or claim.asked is None or found.created is None:
        return False
    made = found.created.timestamp()
    return max(made, claim.asked) <= now - YOUNG and abs(made - claim.asked) <= AROUND


def too_many(dead: int, sound: int) -> bool:
    """Whether so many meetings are gone that it is rather our account that is another one."""
    return dead > FEW and dead > sound
