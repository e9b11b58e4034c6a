"""What holds for all tests."""

import structlog
from hypothesis import HealthCheck, settings

# No test fails because a machine is slow.
settings.register_profile("huddled", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("huddled")

# Tracebacks as Python writes them: a coloured one with all values takes longer than most tests.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
