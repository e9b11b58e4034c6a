"""What happened, line by line, so that two runs can be compared and a failure can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

MOST_LINES = 200_000


@dataclass(eq=False)
class Trace:
    """Lines with the virtual second and who did it."""

    now: Callable[[], float] | None
    lines: list[tuple[float, str, str]] = field(default_factory=list)
    _digest: str = ""

    def __call__(self, who: str, what: str) -> None:
        """Note one thing."""
        if self.now is not None and len(self.lines) < MOST_LINES:
            self.lines.append((self.now(), who, what))

    def text(self, last: int | None = None) -> str:
        """Write it all down, or its `last` lines."""
        some = self.lines if last is None else self.lines[-last:]
        return "\n".join(f"{at:11.3f}  {who:<9} {what}" for at, who, what in some)

    def digest(self) -> str:
        """Return a fingerprint: equal for equal runs."""
        return self._digest or sha256(self.text().encode()).hexdigest()[:16]

    def shorten(self) -> None:
        """Keep only the fingerprint."""
        self._digest, self.now = self.digest(), None
        self.lines.clear()
