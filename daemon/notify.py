"""Tell systemd how we are, over its notification socket; where there is none, say nothing.

The protocol: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Systemd:
    """The service manager that started us, if one did."""

    address: str = ""  # of its datagram socket; "" where nobody listens
    watchdog: float | None = None  # seconds between two pings; None where none are expected

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], pid: int) -> Systemd:
        """Read what systemd told the process `pid`; a malformed watchdog counts as none."""
        usec, wanted = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(pid))
        ours = usec.isdecimal() and int(usec) > 0 and wanted == str(pid)
        # Half of the time allowed, as sd_watchdog_enabled(3) recommends.
        return cls(environ.get("NOTIFY_SOCKET", ""), int(usec) / 2_000_000 if ours else None)

    def ready(self) -> None:
        """Say that start-up is over."""
        self._send("READY=1")

    def alive(self) -> None:
        """Ping the watchdog."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the shutdown has begun."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Show one line of text in `systemctl status`."""
        self._send(f"STATUS={' '.join(text.split())}")

    def _send(self, message: str) -> None:
        if not self.address.startswith(("/", "@")):
            return
        # An abstract socket is written with "@" and addressed with a zero byte. Losing a message is never
        # a reason to stop working, and nobody may hold up the loop.
        address = "\0" + self.address[1:] if self.address[0] == "@" else self.address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(1)
            sock.sendto(message.encode(), address)
