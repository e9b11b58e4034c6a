"""The program `huddled`: every command in one place."""

from __future__ import annotations

from daemon.cli import asking, changing, running
from daemon.cli.common import main

COMMANDS = (running, changing, asking)  # importing them has made their commands known

__all__ = ["COMMANDS", "main"]
