"""One line per fact: for people on a terminal, JSON everywhere else. No secrets, no passcodes, no bodies."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from daemon.scrub import LONGEST, hide

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
NOISY = ("apscheduler", "asyncio", "aiohttp.access", "googleapiclient")


def configure(level: str, form: Literal["auto", "console", "json"]) -> None:
    """Set up structlog, and what libraries say through the standard library, for this process."""
    people = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if people else "iso", utc=not people),
        structlog.processors.format_exc_info,
        _hide_secrets,
    ]
    last: Any = structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=last))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(_is_ours)


def _is_ours(record: logging.LogRecord) -> bool:
    """Tell whether it may be about a fault of ours: a broken request is a stranger's, quoted with its cookies."""
    error = record.exc_info[1] if record.exc_info else None
    return type(error).__module__ != "aiohttp.http_exceptions"


def _hide_secrets(_: Any, __: str, fact: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in fact.items():
        if isinstance(value, str) and key not in {"level", "timestamp", "title"}:
            # Of a traceback the end tells most, and its lines stay.
            trace = key == "exception"
            fact[key] = hide(value[-LONGEST:]) if trace else " ".join(hide(value).splitlines())
    return fact
