"""When to try again after a failure. Pure: the error, the number of attempts, the time and a die are arguments."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.errors import Conflict, NotFound, ProviderError, Rejected, Transient, Unauthorized
from daemon.scrub import hide

FIRST = 2.0
LONGEST_ASKED = 6 * 3600.0  # a Retry-After is not believed beyond this
LONGEST = 900.0
PARKED = 6 * 3600.0
PARKED_ACCOUNT = 3600.0
PATIENT = 4  # attempts for which a provider's own word on when to come back is enough


@dataclass(frozen=True, slots=True)
class Again:
    """Look again after `seconds`; parked work is looked at earlier when it is rung, other work is left in peace."""

    seconds: float
    parked: bool


def again(error: BaseException, attempts: int, chance: float) -> Again:
    """Decide when work that failed `attempts` times (this one included) is due; `chance` is from 0 to 1."""
    match error:
        case Rejected() | NotFound():
            return Again(_spread(PARKED, chance), parked=True)
        case Unauthorized():
            return Again(_spread(PARKED_ACCOUNT, chance), parked=True)
        case Transient(reason="daily_budget" | "daily_limit", retry_after=float() | int() as wait):
            # What waits for another day must still hear that it was cancelled, or asks for another service.
            return Again(wait + chance * 30.0, parked=True)
        case Transient(reason="unconfirmed", retry_after=float() | int() as wait):
            # What waits to hear a second time that an event is gone may hear it from the listing before.
            return Again(wait * (1 + chance * 0.1), parked=True)
        case Transient(retry_after=float() | int() as asked):
            wait = min(asked, LONGEST_ASKED)
            # Never earlier than the provider said, a little later so that not everybody comes back at once; and
            # where it says "now" again and again, at our own pace.
            patience = 0.0 if attempts < PATIENT else _pace(attempts - PATIENT, chance)
            return Again(max(wait + chance * min(wait * 0.1, 30.0), patience), parked=False)
        case Conflict():
            return Again(_spread(FIRST, chance), parked=False)
    return Again(_pace(attempts - 1, chance), parked=False)


def _pace(failures: int, chance: float) -> float:
    return _spread(min(LONGEST, FIRST * 2.0 ** min(failures, 20)), chance)


def _spread(seconds: float, chance: float) -> float:
    """Between three quarters and five quarters: jitter keeps failures from marching in step."""
    return seconds * (0.75 + chance / 2)


def reason(error: BaseException) -> str:
    """Say in one line why it failed, for people."""
    if isinstance(error, ProviderError):
        where = " ".join(part for part in (error.provider, error.reason) if part)
        return hide(f"{where}: {error}" if where else str(error))
    if isinstance(error, TimeoutError):
        return "it took too long"
    return hide(f"{type(error).__name__}: {error}")
