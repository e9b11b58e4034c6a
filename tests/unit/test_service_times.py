"""Times as services write them."""

from datetime import UTC, datetime

import pytest

from connectors.moments import moment

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-12-01T12:00:00Z", NOON),
        ("2026-12-01T13:00:00+01:00", NOON),
        ("2026-12-01T12:00:00", NOON),
        ("2026-12-01T12:00:00.5Z", NOON.replace(microsecond=500_000)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (12, None),
    ],
)
def test_a_time_is_read_in_utc_and_what_is_none_is_none(text, found):
    assert moment(text) == found
