"""What must never be passed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.scrub import BARE, LONGEST, ODD, SECRET, hide


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("https://zoom.us/j/1?pwd=Sesame8&x=1", "https://zoom.us/j/1?pwd=…&x=1"),
        ("Passcode: Sesame8 is too short", "Passcode: … is too short"),
        ('{"access_token": "abc", "expires_in": 1}', '{"access_token": "…", "expires_in": 1}'),
        ("assertion=abc.def", "assertion=…"),
        ("Authorization: Bearer abc.def sent", "Authorization: Bearer … sent"),
        ("{'refresh_token': 'abc', 'a': 1}", "{'refresh_token': '…', 'a': 1}"),
        ('{"client_secret" : "abc"}', '{"client_secret" : "…"}'),
        ("client_secret = abc", "client_secret = …"),
        ("state=x&code%3Dabc", "state=x&code%3D…"),
        ("sent Basic Zm9vOmJhcg== there", "sent Basic … there"),
        ("bearer ya29.a0Af is no good", "bearer … is no good"),
        (f"GET /link/{'aB-_9' * 8}xyz HTTP/1.1", "GET /link/… HTTP/1.1"),
        ("it was eyJhbGci.eyJzdWIi.c2ln", "it was eyJ…"),
        ("Basic authentication, and /link/callback/zoom", "Basic authentication, and /link/callback/zoom"),
        ("the token endpoint answered 503", "the token endpoint answered 503"),
        ("one\ntwo\x1b[2J\ud800\u202e", "one\ntwo\ufffd[2J\ufffd\ufffd"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_the_value_of_a_secret_is_left_out(said, told):
    assert hide(said) == told


def test_nobody_is_quoted_without_end():
    assert len(hide("x" * 1_000_000)) <= LONGEST + 1


SIGNS = (
    "token",
    "code",
    "=",
    ":",
    "%3D",
    "Bearer ",
    "basic ",
    "x1",
    "/link/",
    "/LINK/",
    "a" * 43,
    "eyJ",
    " ",
    "\n",
    "K",
)


@given(st.lists(st.sampled_from(SIGNS), max_size=8).map("".join))
def test_a_search_that_is_spared_would_have_found_nothing(said):
    plain = ODD.sub("\N{REPLACEMENT CHARACTER}", said)
    assert hide(said) == BARE.sub(r"\1…", SECRET.sub(r"\1\2…", plain))
