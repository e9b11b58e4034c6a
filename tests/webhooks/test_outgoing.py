"""What is sent to applications: compact, and signed as every client checks it."""

from __future__ import annotations

import json
import shutil
import subprocess

import pycronofy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks import outgoing

VECTORS = [  # contracts/cronofy.md, 3.4
    ("CRN_NggYusqPGLxwjw5FHOJYOqSrTPNXy8WQf14OID", "5DxentQi5YSXODEzTVv06sRwJ3pULIz1KrYv20qxEK0="),
    ("CRN_nGlYDFXwfSXgB9rvGNBJyfE454GGPtWIbNuPwr", "BmQmWVuZ70ILWjr1CAt5oC7YOolgnku4WZtlrKfx/6k="),
    ("pDY0Oi7TJSP2hfNmZNkm5", "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c="),
]
BODY = b'{"example":"well-known"}'
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(("secret", "digest"), VECTORS)
def test_the_signature_is_the_known_one(secret, digest):
    assert outgoing.signature([secret], BODY) == digest


def test_every_secret_in_force_signs_and_no_space_stands_between():
    assert outgoing.signature([secret for secret, _ in VECTORS], BODY) == ",".join(
        digest for _, digest in VECTORS
    )


def test_one_secret_makes_one_digest_so_that_whoever_compares_the_whole_header_is_served():
    assert "," not in outgoing.signature(["secret"], BODY)


@pytest.mark.parametrize("secrets", [["new"], ["new", "old"], ["old", "new"]])
def test_the_released_client_finds_a_signature_valid(secrets):
    body = outgoing.to_channel(
        {"type": "change"}, {"channel_id": "chn_1", "callback_url": "https://ä.example/"}
    )
    client = pycronofy.Client(client_id="app", client_secret="new", access_token="-")
    told = outgoing.headers(secrets, body.encode())
    assert client.hmac_valid(told["Cronofy-HMAC-SHA256"], body)
    assert not client.hmac_valid(told["Cronofy-HMAC-SHA256"], body + " ")


def test_whoever_parses_a_body_in_javascript_and_writes_it_again_signs_the_same_bytes():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not there")
    told = {
        "type": "change",
        "text": 'Grüße an „Ada“ \u2028 \U0001f600 \x7f \x01 \\ / " <b>',
        "list": [1, True, None, {}],
    }
    body = outgoing.to_channel(
        told, {"channel_id": "chn_1", "callback_url": "https://a.example/?a=b&c=d", "filters": {}}
    )
    program = (
        "const {createHmac}=require('crypto');const body=require('fs').readFileSync(0,'utf8');"
        "const again=JSON.stringify(JSON.parse(body));"
        "process.stdout.write(createHmac('sha256','secret').update(again,'utf8').digest('base64'))"
    )
    done = subprocess.run([node, "-e", program], input=body.encode(), capture_output=True, check=True)
    assert done.stdout.decode() == outgoing.signature(["secret"], body.encode())


@given(JSON)
def test_a_body_is_compact_and_reads_back_as_what_was_written(value):
    text = outgoing.compact(value)
    assert json.loads(text.encode()) == value
    assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def test_half_a_character_does_not_stop_a_notification():
    assert outgoing.compact({"summary": "a\ud800b"}).encode() == b'{"summary":"a?b"}'


def test_a_channel_is_told_in_the_documented_shape():
    body = outgoing.to_channel(
        {"type": "change", "changes_since": "2025-01-17T09:24:16Z"},
        {"channel_id": "chn_1", "callback_url": "https://a.example/", "filters": {}},
    )
    assert body == (
        '{"notification":{"type":"change","changes_since":"2025-01-17T09:24:16Z"},'
        '"channel":{"channel_id":"chn_1","callback_url":"https://a.example/","filters":{}}}'
    )


def test_an_event_is_told_of_with_what_happened_and_the_event():
    assert outgoing.interaction("conferencing_assigned", {"event_id": "e"}) == (
        '{"notification":{"type":"event_subscription","interactions":[{"type":"conferencing_assigned"}]},'
        '"event":{"event_id":"e"}}'
    )
    assert outgoing.transition({"before": "event_start", "offset": {"minutes": 5}}, {}) == (
        '{"notification":{"type":"event_subscription","transitions":'
        '[{"before":"event_start","offset":{"minutes":5}}]},"event":{}}'
    )


@pytest.mark.parametrize(
    ("moment", "text"), [(0.0, "1970-01-01T00:00:00Z"), (1_737_105_856.999, "2025-01-17T09:24:16Z")]
)
def test_times_are_whole_seconds_rounded_down(moment, text):
    assert outgoing.second(moment) == text
