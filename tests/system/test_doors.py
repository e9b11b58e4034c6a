"""The door that stands open to the internet: what is let in, what is not, and what it costs."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from tests.system.doors import knock, post

pytestmark = pytest.mark.system


def _nothing_was_done(stage):
    return not stage.quiet(0.5)


def test_a_stranger_is_told_that_all_is_well_and_then_stopped_at_the_source(standing):
    since = standing.providers.last()
    assert knock(standing.huddled.public, "a-stranger", "any token") == 204
    standing.until(lambda: standing.providers.counted(since)["channels.stop"], "an end of the stranger")
    assert "events.list" not in standing.providers.counted(since)


def test_a_stranger_who_speaks_of_nothing_that_is_ours_is_let_be(standing):
    standing.quiet(0.1)
    since = standing.providers.last()
    assert knock(standing.huddled.public, "a-stranger", "", calendar="mallory@example.net") == 204
    assert knock(standing.huddled.public, "%0d%0aX%20Y", "", X_Goog_Resource_ID="a b") == 204
    assert _nothing_was_done(standing)
    assert not standing.providers.counted(since)


def test_a_push_with_a_wrong_token_is_refused_and_causes_no_work(standing):
    standing.quiet(0.1)
    since = standing.providers.last()
    for channel in standing.providers.channels():
        for token in ("", "wrong", "é" * 3, "x" * 4000):
            assert knock(standing.huddled.public, channel.id, token.encode().decode("latin-1")) == 403
    assert _nothing_was_done(standing)
    assert not standing.providers.counted(since)


@pytest.mark.parametrize("size", [4097, 5_000_000])
def test_a_push_with_a_body_is_refused(standing, size):
    assert post(standing.huddled.public, "/hooks/google/any", b"x" * size, {}) in {413, None}
    assert standing.huddled.is_ready()


def test_a_header_beyond_all_measure_is_refused(standing):
    assert (
        post(standing.huddled.public, "/hooks/google/any", b"", {"X-Goog-Channel-Token": "x" * 9000}) == 400
    )
    assert standing.huddled.is_ready()


def test_the_door_has_no_other_rooms(standing):
    assert post(standing.huddled.public, "/", b"", {}) == 404
    assert post(standing.huddled.public, "/hooks/microsoft/x", b"", {}) == 404
    place = urlsplit(standing.huddled.public)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    try:
        connection.request("GET", "/hooks/google/x")
        assert connection.getresponse().status == 405
    finally:
        connection.close()


def test_a_flood_of_strangers_does_not_keep_our_own_pushes_out(standing):
    for number in range(300):
        assert knock(standing.huddled.public, f"stranger-{number}", "") == 204
    event = standing.ada.add("Plan @zoom")
    standing.in_step({event.id: "zoom"})
    assert standing.providers.counted()["channels.stop"] < 150
