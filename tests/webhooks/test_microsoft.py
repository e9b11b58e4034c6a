"""What a batch of Graph's says, read without believing any of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.microsoft import LONGEST_TOKEN, MOST_NOTICES, NOTHING, Notice, read, repeatable

RECORDED = (
    Path(__file__).resolve().parents[2]
    / ".."
    / "shared"
    / "fixtures"
    / "microsoft"
    / "webhook_event_notification.json"
)


def batch(*items):
    return json.dumps({"value": items}).encode()


def test_a_recorded_batch_is_read():
    if not RECORDED.exists():
        pytest.skip("the recorded notification is kept beside the repository, and is not here")
    assert read(RECORDED.read_bytes()) == [NOTHING]
    told = json.loads(RECORDED.read_text())
    told["value"][0]["clientState"] = "chan-1 secret"
    assert read(json.dumps(told).encode()) == [Notice("chan-1", "secret", "")]


def test_the_notices_of_a_batch_are_read_in_its_order():
    items = [{"clientState": f"chan-{number} token", "changeType": "updated"} for number in range(10)]
    assert read(batch(*items)) == [Notice(f"chan-{number}", "token", "") for number in range(10)]


@pytest.mark.parametrize(
    ("item", "trouble"),
    [
        ({"lifecycleEvent": "reauthorizationRequired"}, "reauthorizationRequired"),
        ({"lifecycleEvent": "ReauthorizationRequired"}, "reauthorizationRequired"),
        ({"LifecycleEvent": "SUBSCRIPTIONREMOVED"}, "subscriptionRemoved"),
        (
            {"lifecycleEvent": "subscriptionRemoved", "resource": "", "resourceData": None},
            "subscriptionRemoved",
        ),
        ({"lifecycleEvent": "subscriptionRemoved", "changeType": "updated"}, "subscriptionRemoved"),
        ({"lifecycleEvent": "missed"}, ""),
        ({"lifecycleEvent": "invented next year"}, ""),
        ({"lifecycleEvent": None}, ""),
        ({"lifecycleEvent": ["missed"]}, ""),
        ({"changeType": "deleted"}, ""),
        ({}, ""),
    ],
)
def test_what_warns_of_the_end_of_a_subscription_is_told_apart(item, trouble):
    assert read(batch({"clientState": "chan-1 secret", **item})) == [Notice("chan-1", "secret", trouble)]


@pytest.mark.parametrize("name", ["clientState", "ClientState", "CLIENTSTATE", "clientstate"])
def test_the_capitals_of_a_name_do_not_matter(name):
    assert read(json.dumps({"Value": [{name: "chan-1 secret"}]}).encode()) == [Notice("chan-1", "secret", "")]


@pytest.mark.parametrize("state", ["chan-1", "chan-1 ", "", " secret", "chan-1 two words"])
def test_a_state_that_is_not_ours_is_taken_apart_all_the_same(state):
    channel, _, token = state.partition(" ")
    assert read(batch({"clientState": state})) == [Notice(channel, token, "")]


@pytest.mark.parametrize(
    "item",
    [
        None,
        1,
        "clientState",
        [],
        ["clientState"],
        {},
        {"clientState": None},
        {"clientState": 1},
        {"clientState": ["chan-1 secret"]},
        {"clientState": "chan-1 é"},
        {"clientState": "chan-1 \ud800"},
        {"clientState": "x" * 129},
        {"lifecycleEvent": "subscriptionRemoved"},
    ],
)
def test_an_item_that_says_nothing_spoils_none_of_its_neighbours(item):
    ours = {"clientState": "chan-1 secret"}
    assert read(batch(ours, item, ours)) == [
        Notice("chan-1", "secret", ""),
        NOTHING,
        Notice("chan-1", "secret", ""),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"null",
        b"[]",
        b"3",
        b"{}",
        b'{"value": null}',
        b'{"value": {"clientState": "x"}}',
        b'{"value": "clientState"}',
        b'{"value": [',
        b'{"value": [{"clientState": "\xff"}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"value":' * 100_000,
        b'{"value": [' + b"9" * 5000 + b"]}",
        b'{"value": [' + b"0," * MOST_NOTICES + b"0]}",
    ],
)
def test_what_is_no_batch_is_said_to_be_none(body):
    with pytest.raises(ValueError, match=r".") as caught:
        read(body)
    assert not isinstance(caught.value, RecursionError)


def test_a_batch_may_be_as_long_as_a_real_one_can_get():
    assert len(read(batch(*[{}] * MOST_NOTICES))) == MOST_NOTICES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("chan-1 secret"),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["value", "clientState", "lifecycleEvent", "changeType"]) | st.text(), inner
        )
    ),
)


@given(JSON | st.lists(JSON).map(lambda items: {"value": items}))
def test_no_batch_is_too_strange_to_read(told):
    try:
        notices = read(json.dumps(told).encode())
    except ValueError:
        return
    assert len(notices) == len(
        told.get("value", ()) or next(v for k, v in told.items() if k.lower() == "value")
    )
    assert all(notice.channel.isascii() and notice.token.isascii() for notice in notices)
    assert {notice.trouble for notice in notices} <= {"", "reauthorizationRequired", "subscriptionRemoved"}


@pytest.mark.parametrize(
    ("token", "good"),
    [
        ("Validation: Testing client application reachability for subscription Request-Id: 877cb92e", True),
        ("<b>bold</b>", True),  # as plain text it is harmless, and only the exact token will do
        ("", True),
        ("é", True),
        ("x" * LONGEST_TOKEN, True),
        ("x" * (LONGEST_TOKEN + 1), False),
        ("two\nlines", False),
        ("\r", False),
        ("\0", False),
        ("\x1b[2J", False),
        ("\ud800", False),
    ],
)
def test_only_a_line_of_text_is_repeated(token, good):
    assert repeatable(token) is good
