from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import outcomes
from api.addresses import LONGEST, adding, why_not


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/settings",
        "https://app.example.com:8443/settings?tab=video&x=%20",
        "http://127.0.0.1:3000/",
        "http://[::1]/back",
        "http://localhost/back",
        "http://app.localhost/back",
    ],
)
def test_people_are_sent_back_to_https_and_to_this_machine(url):
    assert why_not(url) == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://app.example.com/", "is plain http"),
        ("http://127.0.0.1.example.com/", "is plain http"),
        ("javascript:alert(1)", "is not a web address"),
        ("data:text/html,x", "is not a web address"),
        ("//app.example.com/", "is not a web address"),
        ("https:///nowhere", "is not a web address"),
        ("https://x:0/", "is not a web address"),
        ("https://x:99999/", "is not a web address"),
        ("https://[x/", "is not a web address"),
        ("https://app.example.com/\r\nSet-Cookie: a=b", "is not a web address"),
        ("https://app.example.com/ä", "is not a web address"),
        ("https://app.example.com\\@evil.example/", "is not a web address"),
        ("https://app.example.com@evil.example/", "has a user name"),
        ("https://app.example.com/#top", "has a fragment"),
        (f"https://app.example.com/{'x' * LONGEST}", "is longer than"),
        ("", "is not a web address"),
    ],
)
def test_other_addresses_are_not_taken(url, why):
    assert why_not(url).startswith(why)


@given(st.text())
def test_whatever_is_given_as_an_address_is_judged(text):
    assert isinstance(why_not(text), str)


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://x.example/a", "https://x.example/a?error=access_denied"),
        ("https://x.example/a?", "https://x.example/a?error=access_denied"),
        ("https://x.example/a?b=%2f", "https://x.example/a?b=%2f&error=access_denied"),
        ("https://x.example/a?b=1&", "https://x.example/a?b=1&error=access_denied"),
    ],
)
def test_what_is_added_leaves_the_rest_as_it_is(url, whole):
    assert adding(url, error="access_denied") == whole


def test_what_is_added_cannot_add_more():
    assert adding("https://x.example/", error="a&b=c d") == "https://x.example/?error=a%26b%3Dc+d"


def test_every_end_says_what_to_do_or_whose_turn_it_is():
    ends = [
        outcomes.declined("Zoom"),
        outcomes.lacking("Zoom", ("user:read",)),
        outcomes.unregistered("Zoom", ("user:read",)),
        outcomes.stranger("ada@example.com"),
        outcomes.broken("Zoom"),
        outcomes.silent("Zoom"),
        *(one for one in vars(outcomes).values() if isinstance(one, outcomes.Stop)),
    ]
    assert len(ends) > 10
    assert [one for one in ends if not (one.title and one.text and 400 <= one.status < 600)] == []
    assert outcomes.lacking("Zoom", ("user:read",)).scopes == ("user:read",)
