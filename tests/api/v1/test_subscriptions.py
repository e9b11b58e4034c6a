"""What an application may want to be told of an event, and what is said about everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.v1.calls import Refused
from api.v1.subscriptions import read, url_problem

URI = "https://example.com/notification?state=foo"


def hook(**changes):
    return {"type": "webhook", "uri": URI, "interactions": [{"type": "conferencing_assigned"}], **changes}


def moment(**changes):
    return hook(transitions=[{"before": "event_start", "offset": {"minutes": 5}, **changes}])


GOOD = [
    [],
    [hook()],
    [hook(interactions=[{"type": "conferencing_assigned"}, {"type": "conferencing_failing"}])],
    [moment()],
    [hook(), moment()],
    [hook(interactions=[])],
    [
        {
            "type": "webhook",
            "uri": "http://example.com:8080",
            "transitions": [{"after": "event_end", "offset": {"minutes": 0}}],
        }
    ],
]
BAD = [
    (None, "subscriptions", "invalid_format"),
    ({}, "subscriptions", "invalid_format"),
    ([hook()] * 17, "subscriptions", "invalid_format"),
    ([1], "subscriptions[0]", "invalid_format"),
    ([hook(type="email")], "subscriptions[0].type", "not_recognized"),
    ([{"uri": URI, "interactions": []}], "subscriptions[0].type", "required"),
    ([hook(uri=None)], "subscriptions[0].uri", "required"),
    ([hook(uri="")], "subscriptions[0].uri", "required"),
    ([hook(uri=7)], "subscriptions[0].uri", "invalid_format"),
    ([hook(uri="ftp://example.com")], "subscriptions[0].uri", "invalid_format"),
    ([{"type": "webhook", "uri": URI}], "subscriptions[0].interactions", "required"),
    ([hook(interactions="x")], "subscriptions[0].interactions", "invalid_format"),
    ([hook(interactions=["x"])], "subscriptions[0].interactions[0]", "invalid_format"),
    ([hook(interactions=[{}])], "subscriptions[0].interactions[0].type", "required"),
    (
        [hook(interactions=[{"type": "conferencing_assigned"}, {"type": "conferencing_success"}])],
        "subscriptions[0].interactions[1].type",
        "not_recognized",
    ),
    ([hook(), hook(interactions=[{"type": []}])], "subscriptions[1].interactions[0].type", "not_recognized"),
    ([hook(transitions=[5])], "subscriptions[0].transitions[0]", "invalid_format"),
    ([hook(transitions=[{"offset": {"minutes": 1}}])], "subscriptions[0].transitions[0].before", "required"),
    ([moment(after="event_end")], "subscriptions[0].transitions[0].before", "required"),
    ([moment(before="event_middle")], "subscriptions[0].transitions[0].before", "not_recognized"),
    ([moment(before={})], "subscriptions[0].transitions[0].before", "not_recognized"),
    ([moment(offset=None)], "subscriptions[0].transitions[0].offset", "required"),
    ([moment(offset=5)], "subscriptions[0].transitions[0].offset", "invalid_format"),
    ([moment(offset={})], "subscriptions[0].transitions[0].offset.minutes", "required"),
    ([moment(offset={"minutes": -1})], "subscriptions[0].transitions[0].offset.minutes", "invalid_format"),
    ([moment(offset={"minutes": True})], "subscriptions[0].transitions[0].offset.minutes", "invalid_format"),
    ([moment(offset={"minutes": 1.5})], "subscriptions[0].transitions[0].offset.minutes", "invalid_format"),
    ([moment(offset={"minutes": 10**9})], "subscriptions[0].transitions[0].offset.minutes", "invalid_format"),
]


@pytest.mark.parametrize("value", GOOD)
def test_what_is_documented_is_taken_as_it_is(value):
    assert list(read(value)) == value


@pytest.mark.parametrize(("value", "name", "key"), BAD)
def test_anything_else_is_refused_under_the_path_of_its_field(value, name, key):
    with pytest.raises(Refused) as refused:
        read(value)
    assert refused.value.status == 422
    assert {path: [one.key for one in found] for path, found in refused.value.errors.items()} == {
        name: [f"errors.{key}"]
    }


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(Refused) as refused:
        read([hook(type="x", uri=""), moment(before="x", offset={"minutes": "5"})])
    assert set(refused.value.errors) == {
        "subscriptions[0].type",
        "subscriptions[0].uri",
        "subscriptions[1].transitions[0].before",
        "subscriptions[1].transitions[0].offset.minutes",
    }


def test_what_we_do_not_know_is_left_out():
    assert read([hook(colour="red")]) == (hook(),)


@pytest.mark.parametrize(
    "url",
    [
        5,
        None,
        "",
        "/relative",
        "example.com",
        "//example.com",
        "https://",
        "https://:80/",
        "http://a:99999/",
        "http://a:0/",
        "http://a b/",
        "http://a/\r\nX: y",
        "http://a/\x00",
        "http:\\\\a",
        "file:///etc/passwd",
        "gopher://a/",
        "http://[::1",
        "javascript:x",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_a_url_that_cannot_be_called_is_refused(url):
    assert url_problem(url)


@pytest.mark.parametrize(
    "url", ["http://a", "HTTPS://A.example/ä?b=c#d", "http://1.2.3.4:8080/x", "https://user:word@a.example/"]
)
def test_a_url_that_can_be_called_is_taken(url):
    assert url_problem(url, allow_private=False) == ""


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://[::ffff:7f00:1]/"]
)
def test_a_private_address_is_refused_at_once_unless_it_is_allowed(url):
    assert url_problem(url, allow_private=False) == "on the public internet"
    assert url_problem(url) == ""
    with pytest.raises(Refused):
        read([hook(uri=url)], allow_private=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "uri", "interactions", "transitions", "before", "after", "offset", "minutes"]
            ),
            inner,
        )
    ),
)


@given(st.lists(JSON, max_size=3))
def test_whatever_comes_is_taken_or_refused_and_nothing_breaks(value):
    try:
        kept = read(value)
    except Refused as refused:
        answer = refused.answer()
    else:
        answer = None
        assert read(list(kept)) == kept
    assert answer is None or answer.body["errors"]
